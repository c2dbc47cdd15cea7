Creator "us"
graph [ directed 1 node [ id 1 weight 2 label "a &amp; b" graphics [ x 1.5 y -2e3 ] ] node [ id 2 weight 3 ] edge [ source 1 target 2 weight 4 ] edge [ source 2 target 2 weight 1 ] ]
graph [ ]
