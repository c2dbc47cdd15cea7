# first
graph[node[id 0]
# inside
node[id 1]edge[source 0 target 1]]