//! Formats of other programs: their own files, round trips, mutations, and errors that say what is wrong and where.

use proptest::prelude::*;
use std::path::Path;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_data::DataError;
use sympe_data::formats::{
    Format, Graphs, Named, Reading, Record, adjacency, csv, dreadnaut, gml, graph6, graphml, matrix_market,
    metis, node_link,
};
use sympe_data::input::Input;

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}

/// A file of another program, beside the tests.
fn bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/others");
    std::fs::read(folder.join(name)).unwrap()
}

fn plain() -> Reading {
    Reading::default()
}

fn colored(vertices: &str, edges: &str) -> Reading {
    let key = |key: &str| (!key.is_empty()).then(|| key.to_owned());
    Reading {
        vertex_colors: key(vertices),
        edge_colors: key(edges),
        ..Reading::default()
    }
}

fn multigraph() -> Reading {
    Reading {
        multigraph: true,
        ..Reading::default()
    }
}

fn only(graphs: Result<Vec<Named>, DataError>) -> Named {
    let mut graphs = graphs.unwrap();
    assert_eq!(graphs.len(), 1);
    graphs.remove(0)
}

fn order(graph: &ColoredGraph) -> u64 {
    let order = SymmetrySearch::default().run(graph).unwrap().order();
    order.to_string().parse().unwrap()
}

fn names(named: &Named) -> Vec<String> {
    (0..named.graph.n() as u32)
        .map(|v| named.names.name(v).into_owned())
        .collect()
}

/// The inputs of the public reports, and further ones of their kinds.
#[test]
fn orders_of_reported_files() {
    let p3 = matrix_market::parse(&text("07_p3.mtx"), &plain()).unwrap();
    assert_eq!(
        (order(&p3.graph), names(&p3)),
        (2, vec!["1".to_owned(), "2".into(), "3".into()])
    );
    assert_eq!(order(&only(gml::parse(&text("07_k2.gml"), &plain())).graph), 2);
    assert_eq!(
        order(&only(node_link::parse(&text("06_node_link.json"), &plain())).graph),
        2
    );
    let cycle =
        "%%MatrixMarket matrix coordinate real general\n% as arcs\n\n3 3 3\n1 2 1.5\n2 3 1.5\n3 1 -1\n";
    let directed = matrix_market::parse(cycle, &plain()).unwrap();
    assert_eq!(
        (order(&directed.graph), directed.unused),
        (3, vec!["edge weight".to_owned()])
    );
    let weighted = matrix_market::parse(cycle, &colored("", "weight")).unwrap();
    assert_eq!(
        (order(&weighted.graph), weighted.graph.edge_color(2, 0)),
        (1, Some(0))
    );
    let square = "Creator \"x\" graph [ # no comment\n";
    assert!(gml::parse(square, &plain()).is_err());
    let square = "Creator \"]\"\n# a comment ]\nVersion 1\ngraph [ comment \"[\" directed 1 node [ id -1 graphics [ x 1.5 \
                  fill [ ] ] ] node [ id 4 ] node [ id 5 ] edge [ target 4 source -1 ] edge [ source 4 target 5 ]\n edge [ source \
                  5 target -1 ] ]";
    let square = only(gml::parse(square, &plain()));
    assert_eq!(
        (order(&square.graph), names(&square).concat()),
        (3, "-145".to_owned())
    );
    assert_eq!(square.unused, ["vertex graphics"]);
    let star =
        r#"[{"links": [{"source": 1, "target": 0}, {"source": 2, "target": 0}], "nodes": [{}, {}, {}]}]"#;
    assert_eq!(order(&only(node_link::parse(star, &plain())).graph), 2);
}

#[test]
fn files_of_other_programs() {
    let petersen = graph6::parse("IheA@GUAo", 1).unwrap();
    let read = [
        only(gml::parse(&text("petersen.gml"), &plain())),
        only(graphml::parse(&text("petersen.graphml"), &plain())),
        only(node_link::parse(&text("petersen.json"), &plain())),
        matrix_market::parse(&text("petersen.mtx"), &plain()).unwrap(),
        matrix_market::parse(&text("petersen_array.mtx"), &plain()).unwrap(),
        metis::parse(&text("petersen.graph"), &plain()).unwrap(),
        only(adjacency::parse(&text("petersen.txt"), &plain())),
        only(adjacency::parse(&text("petersen_int.csv"), &plain())),
        only(adjacency::parse_npy(&bytes("petersen_f2.npy"), &plain())),
        only(adjacency::parse_npy(&bytes("petersen_bool.npy"), &plain())),
        only(adjacency::parse_npy(&bytes("petersen_i8.npy"), &plain())),
    ];
    for (index, named) in read.iter().enumerate() {
        assert_eq!(named.graph, petersen, "{index}");
        assert_eq!(named.unused, [""; 0], "{index}");
    }
    // Vertices come in another order, under the same names.
    let edges = csv::parse(&text("petersen_edges.csv"), &plain()).unwrap();
    let number = |v: u32| edges.names.name(v).parse::<u32>().unwrap();
    let renamed = edges.graph.edges().map(|(u, v, _)| (number(u), number(v)));
    assert_eq!(ColoredGraph::from_edges(10, false, renamed).unwrap(), petersen);
}

#[test]
fn names_and_colours_of_networkx() {
    let expected =
        ColoredGraph::from_colored_edges(4, true, [(0, 1, 1), (1, 2, 0), (2, 3, 1), (3, 3, 0)]).unwrap();
    let expected = expected.with_node_colors(vec![1, 0, 1, 0]).unwrap();
    let reading = colored("kind", "weight");
    let read = [
        (
            only(gml::parse(&text("names.gml"), &reading)),
            ["ü & \"x\"", "<a>", "7", "n7"],
        ),
        (
            only(graphml::parse(&text("names.graphml"), &reading)),
            ["ü & \"x\"", "<a>", "7", "n7"],
        ),
        (
            only(node_link::parse(&text("names.json"), &reading)),
            ["ü & \"x\"", "[0,1]", "\"7\"", "7"],
        ),
    ];
    for (named, expected_names) in read {
        assert_eq!(
            (&named.graph, names(&named).as_slice()),
            (&expected, &expected_names.map(String::from)[..])
        );
        assert!(named.unused.is_empty());
    }
    for named in [
        only(gml::parse(&text("names.gml"), &plain())),
        only(graphml::parse(&text("names.graphml"), &plain())),
        only(node_link::parse(&text("names.json"), &plain())),
    ] {
        assert_eq!(named.unused, ["edge weight", "vertex kind"]);
        assert!(named.graph.edges().all(|(.., color)| color == 0));
    }
}

#[test]
fn parallel_edges_are_counted_or_refused() {
    let expected = ColoredGraph::from_colored_edges(3, false, [(0, 1, 1), (1, 2, 0)]).unwrap();
    let table = "from;to\na;b\nb;a\nb;c\n";
    let matrix = "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 3\n2 1\n1 2\n3 2\n";
    type Read<'a> = &'a dyn Fn(&Reading) -> Result<Vec<Named>, DataError>;
    let readers: [(Read<'_>, &str); 5] = [
        (&|reading| gml::parse(&text("parallel.gml"), reading), "'0' – '1'"),
        (
            &|reading| graphml::parse(&text("parallel.graphml"), reading),
            "'0' – '1'",
        ),
        (
            &|reading| node_link::parse(&text("parallel.json"), reading),
            "'0' – '1'",
        ),
        (&|reading| Ok(vec![csv::parse(table, reading)?]), "'a' – 'b'"),
        (
            &|reading| Ok(vec![matrix_market::parse(matrix, reading)?]),
            "(1, 2)",
        ),
    ];
    for (read, named) in readers {
        assert_eq!(only(read(&multigraph())).graph, expected);
        let error = read(&plain()).unwrap_err().to_string();
        assert!(
            error.contains(named) && error.contains("again (it is on line"),
            "{error}"
        );
    }
    let counts = only(adjacency::parse("0 2 0\n2 0 1\n0 1 0\n", &plain()));
    assert_eq!(counts.graph, expected);
}

#[test]
fn weights_and_labels_colour_on_request() {
    let table = "Source,note,Target,weight\na,x,b,3\nb,y,\"c,\nd\",4294967295\n";
    let read = csv::parse(table, &colored("", "weight")).unwrap();
    assert_eq!(
        read.graph.edges().map(|edge| edge.2).collect::<Vec<_>>(),
        [3, u32::MAX]
    );
    assert_eq!(
        (read.unused, read.names.name(2).into_owned()),
        (vec!["edge note".to_owned()], "c,\nd".into())
    );
    let labels = csv::parse(table, &colored("", "note")).unwrap();
    assert_eq!(
        labels.graph.edges().map(|edge| edge.2).collect::<Vec<_>>(),
        [0, 1]
    );
    let arcs = Reading {
        directed: Some(true),
        ..plain()
    };
    assert!(
        csv::parse("u\tv\n1\t2\n2\t1\n", &arcs)
            .unwrap()
            .graph
            .is_directed()
    );
    let weights = "% all three\n3 2 111 2\n 5 1 2 2 7\n 6 1 2 1 7 3 8\n\n";
    assert!(metis::parse(weights, &plain()).is_err());
    let weights = "3 2 111 2\n 5 1 2 2 7\n 6 1 2 1 7 3 8\n5 2 1 2 8\n";
    let read = metis::parse(weights, &colored("weight", "weight")).unwrap();
    assert_eq!(
        (read.graph.node_colors(), read.graph.edge_color(0, 1)),
        (&[0, 0, 1][..], Some(7))
    );
    assert_eq!(read.unused, ["vertex size"]);
    let read = metis::parse(weights, &colored("size", "")).unwrap();
    assert_eq!(
        (read.graph.node_colors(), read.unused),
        (&[5, 6, 5][..], vec!["edge weight".into(), "vertex weight".into()])
    );
    let entries = only(adjacency::parse("0 -1.5\n-1.5 2\n", &plain()));
    assert_eq!(
        (entries.graph.edge_color(0, 1), entries.graph.edge_color(1, 1)),
        (Some(0), Some(1))
    );
    let defaults = "<graphml><key id='a' for='edge'><default>7</default></key><key id='b' for='node' attr.name='a'/>\
                    <graph edgedefault='undirected'><node id='x'/><node id='y'/><node id='z'/><edge source='x' target='y'/>\
                    <edge source='y' target='z'><data key='a'> &#56; </data></edge></graph></graphml>";
    let read = only(graphml::parse(defaults, &colored("", "a")));
    assert_eq!(read.graph.edges().map(|edge| edge.2).collect::<Vec<_>>(), [7, 8]);
}

/// A colour means the same in all graphs of a file.
#[test]
fn colours_are_those_of_the_file() {
    let text = "graph [ node [ id 0 kind \"O\" ] ] graph [ node [ id 0 kind \"C\" ] ]";
    let graphs = gml::parse(text, &colored("kind", "")).unwrap();
    assert_eq!(
        graphs
            .iter()
            .map(|named| named.graph.node_color(0))
            .collect::<Vec<_>>(),
        [1, 0]
    );
}

#[test]
fn dreadnaut_as_its_guide_writes_it() {
    let read = |text: &str| {
        dreadnaut::parse(text, &plain())
            .map(|graphs| graphs.into_iter().map(|named| named.graph).collect::<Vec<_>>())
    };
    // The cube, a wheel with its hub fixed, and a directed cycle.
    let cube = "n=8 g\n1 3 4;\n2 5;\n3 6;\n7;\n5 7;\n6;\n7.\nx o b";
    assert_eq!(read(cube).unwrap().iter().map(order).collect::<Vec<_>>(), [48]);
    let session = "! a comment\nAs -m l=72 k = 1 10 \"echo\" n=5, $=1 g 1: 2 4; 3: 2, 4; 5: 1 2 3 4. x\nf=[1 3|2,4] x f = 2 x $$ d n 3 g 1;2;0; x";
    let graphs = read(session).unwrap();
    assert_eq!(graphs.iter().map(order).collect::<Vec<_>>(), [8, 4, 2, 3]);
    assert_eq!(graphs[1].node_colors(), [0, 1, 0, 1, 2]);
    assert_eq!(graphs[2].node_colors(), [1, 0, 1, 1, 1]);
    assert!(graphs[3].is_directed() && graphs[3].has_edge(2, 0));
    assert_eq!(
        read("n=3 g 0:1 2; 0; 0 1. f=[0:1]").unwrap()[0].node_colors(),
        [0, 0, 1]
    );
}

fn error<T: std::fmt::Debug>(result: Result<T, DataError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn errors_name_line_value_and_expectation() {
    let mtx = |text: &str| error(matrix_market::parse(text, &plain()));
    let json = |text: &str| error(node_link::parse(text, &plain()));
    let xml = |text: &str| error(graphml::parse(text, &plain()));
    let gml_of = |text: &str| error(gml::parse(text, &plain()));
    let metis_of = |text: &str| error(metis::parse(text, &plain()));
    let dread = |text: &str| error(dreadnaut::parse(text, &plain()));
    let matrix = |text: &str| error(adjacency::parse(text, &plain()));
    let table = |text: &str| error(csv::parse(text, &plain()));
    let head = "%%MatrixMarket matrix coordinate pattern";
    let errors = [
        mtx("3 3 1\n"),
        mtx("%%MatrixMarket matrix coordinate complex general\n1 1 0\n"),
        mtx(&format!("{head} general\n2 3 0\n")),
        mtx(&format!("{head} general\n1000000000000 1000000000000 1\n1 1\n")),
        mtx(&format!("{head} general\n1000000000 1000000000 1\n1 1\n")),
        mtx(&format!("{head} general\n2 2 2\n1 2\n")),
        mtx(&format!("{head} general\n2 2 1\n1 3\n")),
        mtx("%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 9007199254740993\n"),
        metis_of("3 2\n2\n1 3\n"),
        metis_of("1000000000000 2\n"),
        metis_of("4000000000 2\n2\n"),
        metis_of("2 1\n2\n\n"),
        metis_of("2 1\n2\n2\n"),
        metis_of("3 2\n2\n1\n1 2\n"),
        xml("<html/>"),
        xml(
            "<graphml>\n<graph edgedefault='directed'>\n<node id='a'/><edge source='a' target='b'/></graph></graphml>",
        ),
        xml("<graphml>\n<graph><node id='a'></graph></graphml>"),
        xml("<graphml><graph edgedefault='undirected'><node id='a'/>"),
        gml_of("graph [\n node [ id 0 ]\n node [ id 0 ] ]"),
        gml_of("graph [ node [ id 0 ]\n edge [ source 0 target 1 ] ]"),
        gml_of("graph [ node [ id 0"),
        gml_of("graph [ node [ id zero ] ]"),
        gml_of("0 1\n1 2\n"),
        json("{\"shape\": [2, 2]}"),
        json(
            "{\"nodes\": [{\"id\": 0}],\n \"links\": [{\"source\": 0,\n \"target\": 0}, \n {\"source\": 0}]}",
        ),
        json("{\"nodes\": [{\"id\": 0}],\n \"links\": [{\"source\": \"0\", \"target\": 0}]}"),
        json("{\"nodes\": [{\"id\": 0}], \"links\": [],\n \"edges\": []}"),
        json("{\"nodes\": [1,\n 2], \"links\": []}"),
        json("{\"nodes\": [\n"),
        dread("n=3 g 0:3."),
        dread("n=3 x"),
        dread("n=1000000000 g . x"),
        dread("n=3 g 1; . f=[0|0] x"),
        dread("n=3\ns"),
        matrix("0 1\n1 0 0\n"),
        matrix("0 1\n"),
        matrix("0 1\nx 0\n"),
        matrix("0,,1\n"),
        table("a,b\n1,2\n"),
        table("source,target\n1\n"),
        table("source,target\n1,\n"),
        table("source,target,from,to\n"),
        error(csv::parse("u,v\n", &colored("", "weight"))),
        error(csv::parse("u,v\n", &colored("weight", ""))),
        error(gml::parse("graph [ node [ id 0 ] ]", &colored("kind", ""))),
        error(graphml::parse(
            "<graphml><graph edgedefault='directed'/></graphml>",
            &colored("kind", ""),
        )),
        error(gml::parse(
            "graph [ directed 0 ]",
            &Reading {
                directed: Some(true),
                ..plain()
            },
        )),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r#"
    line 1: '3 3 1', expected '%%MatrixMarket matrix …'
    line 1: 'complex', expected pattern (of coordinates), integer or real
    line 2: 2 rows and 3 columns, expected a square matrix: rows and columns are vertices
    line 2: 1000000000000 rows, expected less than 2³² rows
    line 2: 1000000000 vertices in a text of 77 bytes, expected a number of vertices in proportion to the text
    line 2: 1 entry of 2, expected as many as announced
    line 3: row or column 3, expected one from 1 to 2
    line 3: '9007199254740993', expected an integer below 2⁵³
    line 1: 2 lines after it, expected 3, one per vertex
    line 1: '1000000000000', expected a number of vertices
    line 1: 1 line after it, expected 4000000000, one per vertex
    line 1: 1 neighbour in all, expected two for each of 1 edge
    line 3: neighbour 2 of vertex 2, expected another vertex from 1 to 2
    line 4: entry (3, 1) without its mirror image, expected a symmetric matrix, as an undirected graph has
    line 1: <html>, expected one <graphml>
    line 3: an edge of 'b', expected a vertex of the graph
    line 2: edgedefault '', expected directed or undirected
    line 1: the end of the file, expected '</graphml>'
    line 3: vertex '0' again (it is on line 2), expected each vertex once
    line 2: an edge of '1', expected a vertex of the graph
    line 1: the end of the file, expected a key or ']'
    line 1: 'zero', expected a number, a string or '[' after 'id'
    line 1: '0', expected a key of GML, as 'graph ['
    line 1: an object without 'nodes', expected a graph in node-link JSON
    line 4: a link with 1 key, expected 'source' and 'target'
    line 2: an edge of '"0"', expected a vertex of the graph
    line 1: both 'links' and 'edges', expected one of them
    line 1: invalid type: integer `1`, expected a map
    line 2: EOF while parsing a list, expected node-link JSON
    line 1: vertex 3, expected one from 0 to 2
    line 1: no graph, expected its edges: 'g …'
    line 1: 1000000000 vertices in a text of 18 bytes, expected a number of vertices in proportion to the text
    line 1: vertex 0 again, expected each vertex in one cell
    line 2: 's', expected a command n, $, d, g, f, x, or one that changes no graph
    line 2: 3 entries, expected 2 as on line 1
    line 1: 1 row of 2 entries, expected a square matrix
    line 2: 'x', expected a finite number
    line 1: an empty entry, expected a number
    line 1: 'a,b', expected a header with columns 'source' and 'target'
    line 2: 1 column, expected 2 as in the header
    line 2: an empty 'target', expected the name of a vertex
    line 1: columns 'source' and 'from', expected one column for each end of the edges, and each name once
    line 1: a header without 'weight', expected the column that colours edges
    'weight': asked for as colour of vertices, expected no attribute: a table of edges has none of vertices
    line 1: vertex '0' without 'kind', expected a value for each vertex
    line 1: no key 'kind' of nodes, expected the name of a key
    line 1: an undirected graph, expected a directed graph, as asked for
    "#);
}

/// A graph of up to six vertices with colours: of vertices, if `nodes`, and of edges, if `edges`.
fn graph(directed: bool, loops: bool, nodes: u32, edges: u32) -> impl Strategy<Value = ColoredGraph> {
    (0..=6u32).prop_flat_map(move |n| {
        let pairs: Vec<(u32, u32)> = (0..n)
            .flat_map(|u| (0..n).map(move |v| (u, v)))
            .filter(|&(u, v)| u < v || (directed && u != v) || (loops && u == v))
            .collect();
        let chosen = proptest::collection::vec(proptest::option::of(0..edges), pairs.len());
        (chosen, proptest::collection::vec(0..nodes, n as usize)).prop_map(move |(chosen, colors)| {
            let edges = pairs
                .iter()
                .zip(chosen)
                .filter_map(|(&(u, v), color)| Some((u, v, color?)));
            let graph = ColoredGraph::from_colored_edges(n as usize, directed, edges).unwrap();
            graph.with_node_colors(colors).unwrap()
        })
    })
}

fn any_graph() -> impl Strategy<Value = ColoredGraph> {
    any::<bool>().prop_flat_map(|directed| graph(directed, true, 3, 3))
}

/// The same graph with the least colours that have the same order.
fn ranked(graph: &ColoredGraph) -> Vec<u32> {
    let mut distinct = graph.node_colors().to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    graph
        .node_colors()
        .iter()
        .map(|color| distinct.binary_search(color).unwrap() as u32)
        .collect()
}

/// Everything a reader can make of a text and its bytes; a panic fails the test.
fn read_all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let both = colored("color", "color");
    let weights = colored("", "weight");
    for reading in [
        &plain(),
        &multigraph(),
        &both,
        &weights,
        &colored("weight", "weight"),
    ] {
        _ = matrix_market::parse(&text, reading);
        _ = metis::parse(&text, reading);
        _ = graphml::parse(&text, reading);
        _ = gml::parse(&text, reading);
        _ = node_link::parse(&text, reading);
        _ = dreadnaut::parse(&text, reading);
        _ = adjacency::parse(&text, reading);
        _ = adjacency::parse_npy(bytes, reading);
        _ = csv::parse(&text, reading);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read_back(graph in any_graph()) {
        let (has_nodes, has_edges) =
            (graph.node_colors().iter().any(|&c| c != 0), graph.edges().any(|edge| edge.2 != 0));
        let reading = colored(if has_nodes { "color" } else { "" }, if has_edges { "color" } else { "" });
        prop_assert_eq!(&only(gml::parse(&gml::write(&graph), &reading)).graph, &graph);
        prop_assert_eq!(&only(graphml::parse(&graphml::write(&graph), &reading)).graph, &graph);
        prop_assert_eq!(&only(node_link::parse(&node_link::write(&graph), &reading)).graph, &graph);
    }

    #[test]
    fn structure_is_read_back(graph in any::<bool>().prop_flat_map(|directed| graph(directed, true, 3, 1)),
                              simple in graph(false, false, 1, 1), counted in graph(false, true, 1, 4)) {
        let read = only(dreadnaut::parse(&dreadnaut::write(&graph), &plain())).graph;
        prop_assert_eq!(&read, &graph.clone().with_node_colors(ranked(&graph)).unwrap());
        let bare = graph.clone().with_node_colors(vec![0; graph.n()]).unwrap();
        let reading = Reading { directed: graph.is_directed().then_some(true), ..plain() };
        prop_assert_eq!(&matrix_market::parse(&matrix_market::write(&bare), &reading).unwrap().graph, &bare);
        prop_assert_eq!(&metis::parse(&metis::write(&simple).unwrap(), &plain()).unwrap().graph, &simple);
        if counted.n() > 0 {
            // As many parallel edges as have two digits.
            let many = counted.edges().map(|(u, v, color)| (u, v, 10 * color));
            let many = ColoredGraph::from_colored_edges(counted.n(), false, many).unwrap();
            prop_assert_eq!(&only(adjacency::parse(&adjacency::write(&many), &plain())).graph, &many);
            prop_assert_eq!(&only(adjacency::parse(&adjacency::write(&counted), &plain())).graph, &counted);
        }
    }

    #[test]
    fn mutated_files_are_graphs_or_errors(
        graph in any_graph(), which in 0..10usize,
        mutations in proptest::collection::vec((any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 1..6)
    ) {
        let simple = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)]).unwrap();
        let mut file = match which {
            0 => gml::write(&graph).into_bytes(),
            1 => graphml::write(&graph).into_bytes(),
            2 => node_link::write(&graph).into_bytes(),
            3 => dreadnaut::write(&graph).into_bytes(),
            4 => matrix_market::write(&graph).into_bytes(),
            5 => metis::write(&simple).unwrap().into_bytes(),
            6 => adjacency::write(&graph).into_bytes(),
            7 => bytes("petersen_f2.npy"),
            8 => bytes("names.graphml"),
            _ => bytes("petersen_edges.csv"),
        };
        for (place, kind, byte) in mutations {
            if file.is_empty() {
                break;
            }
            let at = place.index(file.len());
            match kind {
                0 => file[at] = byte,
                1 => _ = file.remove(at),
                _ => file.insert(at, byte),
            }
        }
        read_all(&file);
    }

    #[test]
    fn arbitrary_words_are_graphs_or_errors(
        words in proptest::collection::vec(
            "(graph|node|edge|id|source|target|\\[|\\]|n=3|g|f=\\[|x|\\$=1|;|:|\\.|[0-4]|<graphml>|<graph edgedefault=\"directed\">|\
             <node id=\"0\"/>|</graph>|</graphml>|&|\"|%%MatrixMarket|matrix|coordinate|pattern|general|,|\n|\\{\"nodes\"|\\{|\\}|\
             \"links\"|\"id\")", 0..40)
    ) {
        read_all(words.join(" ").as_bytes());
    }
}

/// Inputs of a mebibyte that would be slow if something took quadratic time.
#[test]
fn what_comes_before_an_error_is_read() {
    let read = |text: &str, format| {
        let input = Input::new("some", std::io::Cursor::new(text.to_owned())).unwrap();
        let graphs = Graphs::open(input, Some(format));
        let record = |record: Record| {
            record
                .read()
                .map(|file| file.graph.n())
                .map_err(|error| error.to_string())
        };
        graphs
            .map(|graphs| graphs.map(record).collect::<Vec<_>>())
            .map_err(|error| error.to_string())
    };
    let found = read("n=2 g 1. x n=3 g 1 2. x g 4; x", Format::Dreadnaut).unwrap();
    assert_eq!(found[..2], [Ok(2), Ok(3)]);
    assert_eq!(
        found[2].as_ref().unwrap_err(),
        "some: line 1: vertex 4, expected one from 0 to 2"
    );
    assert_eq!(found.len(), 3);
    let found = read("01\n10\n\n\n0\n\n011\n1", Format::Adjacency).unwrap();
    assert_eq!(found[..2], [Ok(2), Ok(1)]);
    assert_eq!(
        found[2].as_ref().unwrap_err(),
        "some: line 8: 1 entry, expected 3 as on line 7"
    );
    assert_eq!(found.len(), 3);
    // A file that starts wrong is refused.
    assert_eq!(
        read("g 1", Format::Dreadnaut).unwrap_err(),
        "some: line 1: no number of vertices, expected 'n=…' before anything else"
    );
    assert_eq!(
        read("\n", Format::Adjacency).unwrap_err(),
        "some: line 1: no rows, expected rows of an adjacency matrix"
    );
}

#[test]
fn long_inputs_take_linear_time() {
    let long = |piece: &str| piece.repeat((1 << 20) / piece.len());
    let inputs = [
        format!("graph [ node [ id 0 color \"{}\" ] ]", long("&")),
        format!(
            "<graphml><graph edgedefault='directed'><node {}/></graph></graphml>",
            long("a='b' ")
        ),
        long("<a>"),
        long("["),
        long("a [ "),
        format!("n=1000000 g . {}", long("f x ")),
        format!("n=1000000 g . {}", long("f=[0:999999] ")),
        format!("{{\"nodes\": [{}{{}}], \"links\": []}}", long("{},\n")),
        format!("[{}{{}}]", long("{\"links\":[],\n\"nodes\":[]},")),
        format!("source,target\n{}", long("0,1\n")),
        long("\"source"),
        long("1 0\n"),
    ];
    for input in inputs {
        let start = std::time::Instant::now();
        read_all(input.as_bytes());
        let seconds = start.elapsed().as_secs_f64();
        assert!(seconds < 20.0, "{seconds} s for {}…", &input[..40]);
    }
}
