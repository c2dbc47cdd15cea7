graph [
  directed 1
  node [
    id 0
    label "&#252; &#38; &#34;x&#34;"
    kind "red"
  ]
  node [
    id 1
    label "<a>"
    kind "blue"
  ]
  node [
    id 2
    label "7"
    kind "red"
  ]
  node [
    id 3
    label "n7"
    kind "blue"
  ]
  edge [
    source 0
    target 1
    weight 2.5
  ]
  edge [
    source 1
    target 2
    weight 1.0
  ]
  edge [
    source 2
    target 3
    weight 2.5
  ]
  edge [
    source 3
    target 3
    weight 1.0
  ]
]
