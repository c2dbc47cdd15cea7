//! Files as people have them, from bug reports: the right graph, or a refusal that names the cause.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_data::DataError;
use sympe_data::formats::{FileGraph, Format, Graphs, Reading, graph6, sparse6};
use sympe_data::input::{self, Input};

fn report(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/reports")
        .join(name)
}

/// What the graphs of an input are, and what was passed over.
fn read(input: Input, format: Option<Format>) -> (Vec<Result<FileGraph, DataError>>, Vec<String>) {
    let mut graphs = match Graphs::open(input, format) {
        Ok(graphs) => graphs,
        Err(error) => return (vec![Err(error)], Vec::new()),
    };
    let read = graphs.by_ref().map(|record| record.read()).collect();
    (read, graphs.notes().iter().map(ToString::to_string).collect())
}

fn text(name: &str, text: &str) -> Input {
    Input::new(name, Cursor::new(text.to_owned())).unwrap()
}

fn order(graph: &ColoredGraph) -> String {
    SymmetrySearch::default().run(graph).unwrap().order().to_string()
}

/// `n m order` of each graph, and the errors of the others.
fn described(input: Input, format: Option<Format>) -> Vec<String> {
    let describe = |read: Result<FileGraph, DataError>| match read {
        Ok(FileGraph { graph, .. }) => format!("{} {} {}", graph.n(), graph.edge_count(), order(&graph)),
        Err(error) => error.to_string(),
    };
    read(input, format).0.into_iter().map(describe).collect()
}

#[test]
fn files_of_the_reports() {
    let of = |name: &str| described(input::open(report(name)).unwrap(), None);
    assert_eq!(of("01_c60.g6"), ["60 90 120"]);
    assert_eq!(of("03_star_pairs.txt"), ["5 4 24"]);
    assert_eq!(of("04_queens4_both_directions.col"), ["16 76 8"]);
    assert_eq!(of("04_repeated_line.dimacs"), ["3 2 2"]);
    assert_eq!(of("05_bom.g6"), ["3 3 6"]);
    assert_eq!(of("05_cr_only.dimacs"), ["3 2 2"]);
    assert_eq!(of("06_path_pairs.txt"), ["4 3 2"]);
    assert_eq!(of("07_k2.s6"), ["2 1 2"]);
    assert_eq!(of("07_triangle.g6.gz"), ["3 3 6"]);
    let errors = ["03_methanol.smi", "03_zero_field.txt", "08_only_comments.dimacs"].map(|name| {
        let found = of(name);
        assert_eq!(found.len(), 1, "{name}");
        found[0].rsplit('/').next().unwrap().to_owned()
    });
    insta::assert_snapshot!(errors.join("\n"), @r"
    03_methanol.smi: line 1: molecules, expected graphs
    03_zero_field.txt: line 1: rows of numbers, '0 0' first, expected to hear what they are: edges (--format pairs), or an adjacency matrix (--format adjacency), or a field on a torus (--group)
    08_only_comments.dimacs: line 1: the end of the file, expected a line 'p edge n m'
    ");
    let lines = of("09_one_bad_line.g6");
    assert_eq!((&*lines[0], &*lines[2]), ("3 3 6", "3 2 2"));
    assert!(
        lines[1].contains("09_one_bad_line.g6: line 2: graph6 data of 0 bytes"),
        "{lines:?}"
    );
}

#[test]
fn content_decides_by_its_structure_and_a_format_that_is_named_always_wins() {
    let content = |what: &str| described(text("standard input", what), None);
    // A JSON text and a graph begin with the same characters.
    for name in ["", "x.json", "x.txt"] {
        assert_eq!(described(text(name, "[????\n"), Some(Format::Graph6)).len(), 1);
    }
    let graph = format!("{{{}", "?".repeat(295));
    assert_eq!(content(&graph)[0].split(' ').next(), Some("60"));
    let fields = content("{\"shape\": [1, 2], \"field\": \"node\", \"values\": [1, 2]}");
    assert!(
        fields[0].contains("a field on a torus, expected graphs"),
        "{fields:?}"
    );

    // Two formats fit, and both are named.
    for (what, candidates) in [
        ("CO\n", ["--format graph6", "SMILES"]),
        ("CC\nCN\n", ["--format graph6", "SMILES"]),
        ("0 1\n2 3\n", ["--format pairs", "--group"]),
        ("1 0\n", ["--format edge-list", "--format pairs"]),
        ("1 2 3\n4 5 6\n", ["--group", "--format pairs"]),
        ("0.5 1\n1 2\n", ["--group", "--format pairs"]),
        ("0 1\n1 0\n", ["--group", "--format pairs"]),
        ("0 0\n0 0\n0 0\n", ["--group", "--format pairs"]),
    ] {
        let refused = content(what);
        for candidate in candidates {
            assert!(
                refused.len() == 1 && refused[0].contains(candidate),
                "{what}: {refused:?}"
            );
        }
    }
    assert_eq!(described(text("x", "CO\n"), Some(Format::Graph6)), ["4 1 4"]);
    assert_eq!(described(text("x", "0 1\n2 3\n"), Some(Format::Pairs)), ["4 2 8"]);
    assert_eq!(described(text("x", "4 0\n"), Some(Format::EdgeList)), ["4 0 24"]);
    assert_eq!(described(text("x.smi", "C~\n"), Some(Format::Graph6)), ["4 6 24"]);

    // A text that is longer than what is looked at.
    let long: String = (0..30_000).map(|v| format!("{v} {}\n", v + 1)).collect();
    assert_eq!(content(&long), ["30001 30000 2"]);
    let edges: Vec<String> = (1..20_000).map(|v| format!("{}-{v}", v - 1)).collect();
    assert_eq!(
        content(&format!("20000 19999 {}\n", edges.join(" "))),
        ["20000 19999 2"]
    );
}

#[test]
fn dimacs_as_people_write_it() {
    for (what, want, note) in [
        (
            "p col 3 2 0\ne 1 2\ne 2 3\n",
            "3 2 2",
            "line 1: '0' after n and m is passed over",
        ),
        (
            "p edge 3 4\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n",
            "3 2 2",
            "line 3: edge 2 1 again (it is on line 2): it counts once (2 times)",
        ),
        (
            "p edge 3 2\ne 1 2\ne 2 3\ne 1 2\n",
            "3 2 2",
            "line 4: edge 1 2 again (it is on line 2): it counts once",
        ),
        (
            "p edge 3 4\ne 1 2\ne 2 3\n",
            "3 2 2",
            "line 1: 4 edges are announced; there are 2 lines with 2 edges, which count",
        ),
        (
            "p edge 3 1\ne 1 2\ne 2 3\n",
            "3 2 2",
            "line 1: 1 edges are announced; there are 2 lines with 2 edges, which count",
        ),
        (
            "p edge 2 1\nn 1 4\nn 1 5\nn 2 5\ne 1 2\n",
            "2 1 2",
            "line 3: colour 5 of vertex 1 counts, not 4 on line 2",
        ),
        (
            "p sp 2 2\na 1 2 7.5\na 2 1 3\n",
            "2 2 2",
            "line 2: length 7.5 is passed over, as all lengths are (2 times)",
        ),
        (
            "p edge 2 1\nd 3 1 2\nv 1 2\ne 1 2\n",
            "2 1 2",
            "line 2: 'd' is passed over: it says where vertices lie (2 times)",
        ),
    ] {
        let (graphs, notes) = read(text("x.col", what), None);
        let graph = &graphs[0].as_ref().unwrap().graph;
        assert_eq!(
            format!("{} {} {}", graph.n(), graph.edge_count(), order(graph)),
            want,
            "{what}"
        );
        assert_eq!(notes, [note]);
    }
    // A file that was cut off is no smaller graph, and a bad graph does not spoil the others.
    let found = described(
        text(
            "x",
            "p edge 3 3\ne 1 2\np edge 2 1\ne 1 2\np edge 2 1\ne 1 3\ne 1 2\np col 1 0\n",
        ),
        None,
    );
    assert_eq!(
        found,
        [
            "x: line 1: 1 edge follows, expected the 3 announced",
            "2 1 2",
            "x: line 6: vertex 3, expected a vertex from 1 to 2",
            "1 0 1",
        ]
    );
    assert_eq!(described(text("x", "p x 1\ne 1 2\np edge 1 0\n"), None).len(), 2);
}

#[test]
fn pairs_as_people_write_them() {
    let of = |what: &str| {
        let (graphs, notes) = read(text("x.edges", what), None);
        (graphs.into_iter().next().unwrap().unwrap(), notes)
    };
    // From 1, with commas, in both directions, after comments, and with weights.
    for what in [
        "1 2\n2 3\n",
        "# SNAP\n% KONECT\n1,2\n2,3\n",
        "1\t2\n2\t1\n2\t3\n3\t2\n",
        "1 2 0.5\n2 3 7\n",
        "3 2\n1 2\n2 3\n",
    ] {
        let (graph, notes) = of(what);
        assert_eq!(
            (graph.graph.n(), graph.graph.edge_count(), graph.first_vertex),
            (3, 2, 1),
            "{what}"
        );
        assert!(graph.names.is_empty());
        assert_eq!(
            notes.len(),
            usize::from(what.len() != 8 && !what.starts_with('#')),
            "{what}: {notes:?}"
        );
    }
    let (graph, notes) = of("30 7\n7 100\n");
    assert_eq!(
        (graph.graph.degree(0), graph.names),
        (2, vec!["7".to_owned(), "30".into(), "100".into()])
    );
    assert_eq!(
        notes,
        ["line 1: 3 vertices from 7 to 100: those without a pair are left out"]
    );
    let (graph, _) = of("b a\na c\n");
    assert_eq!((graph.graph.degree(1), graph.names.concat().as_str()), (2, "bac"));
    let errors = [
        ("1 2\n3\n", "line 2: '3', expected a pair of vertices"),
        ("# none\n", "line 1: no pairs"),
    ];
    for (what, want) in errors {
        let found = described(text("x.edges", what), None);
        assert!(found[0].starts_with(&format!("x.edges: {want}")), "{found:?}");
    }
}

#[test]
fn mckays_encodings_with_headers_and_mixed() {
    for what in [
        ">>graph6<<\nBw\n&BW_\n:An\n;\n",
        ">>graph6<<Bw\r\n&BW_\r\n>>sparse6<<:An\r\n\r\n;",
        "\u{feff}>>graph6<<\rBw\r>>digraph6<<\r&BW_\r>>sparse6<<\r:An\r;\r\u{1a}",
    ] {
        let found = described(text("x", what), None);
        assert_eq!(found, ["3 3 6", "3 3 1", "2 1 2", "2 1 2"], "{what:?}");
    }
    let first = described(text("x.s6", ";a\n"), None);
    assert_eq!(
        first,
        [
            "x.s6: line 1: a line with ';' that follows none, expected an undirected graph on the line before it"
        ]
    );
    // Parallel edges and loops: the first are refused.
    assert!(described(text("x", ":Ao?\n"), None)[0].contains("line 1"));
}

#[test]
fn long_lines_are_read_as_short_ones() {
    // 4000 vertices: more than a million characters, which are not in memory together.
    let cycle = |n: u32, directed| {
        ColoredGraph::from_edges(n as usize, directed, (0..n).map(|v| (v, (v + 1) % n))).unwrap()
    };
    let (long, arcs, short) = (cycle(4000, false), cycle(2600, true), cycle(5, false));
    let line = |graph| graph6::write(graph).unwrap();
    let middle = line(&long).len() / 2;
    let damaged = |place: usize, with: &str| {
        let mut line = line(&long);
        line.replace_range(place..place + 1, with);
        line
    };
    let lines = [
        format!(">>graph6<<{}", line(&long)),
        line(&short),
        line(&arcs),
        damaged(middle, "!"),
        damaged(middle, "\u{e9}"),
        damaged(middle, " "),
        damaged(middle, ""),
        sparse6::write(&cycle(100_000, false)).unwrap(),
        line(&long),
    ];
    for end in ["\n", " \r\n", "\r"] {
        let (found, _) = read(text("x", &lines.join(end)), Some(Format::Graph6));
        let one_by_one = (1..).zip(&lines).map(|(number, line)| {
            let graph = match line.starts_with(':') {
                true => sparse6::parse(line, number, None),
                false => graph6::parse(line, number),
            };
            graph.map_err(|error| error.in_file("x"))
        });
        let found = found.into_iter().map(|read| read.map(|file| file.graph));
        assert_eq!(found.len(), lines.len());
        for (found, wanted) in found.zip(one_by_one) {
            match (found, wanted) {
                (Ok(found), Ok(wanted)) => assert!(found == wanted),
                (found, wanted) => {
                    assert_eq!(found.unwrap_err().to_string(), wanted.unwrap_err().to_string())
                }
            }
        }
    }
}

#[test]
fn formats_of_other_programs_are_known_by_name_and_by_content() {
    let file = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/others")
            .join(name)
    };
    for (name, format) in [
        ("petersen.gml", Format::Gml),
        ("petersen.graph", Format::Metis),
        ("petersen.graphml", Format::Graphml),
        ("petersen.json", Format::NodeLink),
        ("petersen.mtx", Format::MatrixMarket),
        ("petersen_array.mtx", Format::MatrixMarket),
        ("petersen_edges.csv", Format::Csv),
    ] {
        let graphs = Graphs::open(input::open(file(name)).unwrap(), None).unwrap();
        assert_eq!(graphs.format(), Some(format), "{name}");
        assert_eq!(
            described(input::open(file(name)).unwrap(), None),
            ["10 15 120"],
            "{name}"
        );
        // From a pipe, which has no name.
        let text = std::fs::read_to_string(file(name)).unwrap();
        assert_eq!(
            described(self::text("standard input", &text), None),
            ["10 15 120"],
            "{name}"
        );
        assert!(
            !Format::Graph6.parse(&text).is_ok_and(|graphs| graphs.len() == 1),
            "{name}"
        );
    }
    for (name, want) in [
        ("06_node_link.json", "3 2 2"),
        ("07_k2.gml", "2 1 2"),
        ("07_p3.mtx", "3 2 2"),
    ] {
        assert_eq!(
            described(input::open(file(name)).unwrap(), None),
            [want],
            "{name}"
        );
    }
    // A square of numbers is refused, and both that it may be are named.
    let refused = described(input::open(file("petersen.txt")).unwrap(), None);
    assert!(
        refused[0].contains("--format adjacency") && refused[0].contains("--group"),
        "{refused:?}"
    );
    assert_eq!(
        described(
            input::open(file("petersen.txt")).unwrap(),
            Some(Format::Adjacency)
        ),
        ["10 15 120"]
    );
    assert_eq!(
        described(
            input::open(file("petersen_i8.npy")).unwrap(),
            Some(Format::Adjacency)
        ),
        ["10 15 120"]
    );
    assert_eq!(described(text("x", "n=3 g 0:1;1:2.\n"), None), ["3 2 2"]);
    // The pairs of a triangle may be METIS, too.
    let refused = described(text("x", "3 3\n2 3\n1 3\n1 2\n"), None);
    assert!(
        refused[0].contains("--format metis") && refused[0].contains("--format pairs"),
        "{refused:?}"
    );
    // Names are kept unless they are numbers that follow each other.
    let (graphs, _) = read(text("x.csv", "from,to\na,b\nb,c\n"), None);
    assert_eq!(graphs[0].as_ref().unwrap().names, ["a", "b", "c"]);
    let (graphs, _) = read(text("x.csv", "from,to\n1,2\n2,3\n"), None);
    let graph = graphs[0].as_ref().unwrap();
    assert!(graph.names.is_empty() && graph.first_vertex == 1);
    // Attributes are colours when they are asked for, and only where there are any.
    let reading = Reading {
        edge_colors: Some("weight".into()),
        ..Reading::default()
    };
    let weighted = "source,target,weight\na,b,1\nb,c,2\n";
    let mut graphs = Graphs::open_as(text("x", weighted), None, &reading).unwrap();
    assert_eq!(order(&graphs.next().unwrap().read().unwrap().graph), "1");
    let (graphs, notes) = read(text("x", weighted), None);
    assert_eq!(order(&graphs[0].as_ref().unwrap().graph), "2");
    assert!(notes.len() == 1 && notes[0].contains("weight"), "{notes:?}");
    let refused = Graphs::open_as(text("x", "Bw\n"), None, &reading)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("asked of graph6"), "{refused}");
}
