//! Colours beside graphs, weights as colours, matrices with names, and archives of arrays.

mod common;

use std::io::Cursor;
use sympe_canon::graph::SymmetrySearch;
use sympe_data::DataError;
use sympe_data::formats::lattice::{self, npy};
use sympe_data::formats::{Content, FileGraph, Format, Graphs, Reading, VertexColors, adjacency, pairs};
use sympe_data::input::{self, Input};

fn input(name: &str, text: &str) -> Input {
    Input::new(name, Cursor::new(text.to_owned().into_bytes())).unwrap()
}

fn shown(graph: Result<FileGraph, DataError>) -> String {
    match graph {
        Ok(FileGraph { graph, .. }) => {
            let order = SymmetrySearch::default().run(&graph).unwrap().order();
            format!("{:?} order {order}", graph.node_colors())
        }
        Err(error) => error.to_string(),
    }
}

fn colored(graphs: &str, colors: &str) -> String {
    match VertexColors::read(input("colours", colors)) {
        Err(error) => error.to_string(),
        Ok(colors) => {
            let graphs = Graphs::open(input("graphs", graphs), None)
                .unwrap()
                .with_vertex_colors(colors);
            graphs
                .map(|record| shown(record.read()))
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

#[test]
fn colours_of_vertices_stand_beside_graphs_of_any_format() {
    // K₃ and a path of three, then one graph as other formats have it.
    assert_eq!(
        colored("Bw\nBg\n", "7 7 1\n# the path\n1 7 7\n"),
        "[7, 7, 1] order 2\n[1, 7, 7] order 1"
    );
    assert_eq!(colored("3 111\n", "red, red, blue\n"), "[1, 1, 0] order 2");
    assert_eq!(
        colored("p edge 3 3\ne 1 2\ne 2 3\ne 1 3\n", "a\nb\n\nc\n"),
        "[0, 1, 2] order 1"
    );
    assert_eq!(colored("0 1\n1 2\n2 3\n", "5;5;5;5"), "[5, 5, 5, 5] order 2");
    // Ranks order numbers as numbers, and names are compared over the whole file.
    assert_eq!(
        colored("Bw\nBw\n", "10 9.5 -1\n-1 -1 10\n"),
        "[2, 1, 0] order 1\n[0, 0, 2] order 2"
    );
    insta::assert_snapshot!(
        [
            colored("Bw\nBg\n", "1 2 3\n"),
            colored("Bw\n", "1 2 3\n4 5 6\n"),
            colored("Bw\nBw\n", "1 2\n1 2 3\n"),
            colored("p edge 2 1\nn 1 4\ne 1 2\n", "1 2\n"),
            colored("Bw\n", "# nothing\n"),
            colored("Bw\nBw\n", "1\n2\n3\n"),
        ]
        .join("\n--\n")
    );
}

fn weights() -> Reading {
    Reading {
        edge_colors: Some("weight".into()),
        ..Reading::default()
    }
}

#[test]
fn weights_of_pairs_are_colours_when_they_are_asked_for() {
    let color = |text: &str, reading: &Reading, u, v| {
        pairs::parse(text, reading)
            .map(|(pairs, _)| pairs.graph.edge_color(u, v))
            .map_err(|error| error.to_string())
    };
    assert_eq!(color("0 1 7\n1 2 9\n2 1 9\n", &weights(), 1, 2), Ok(Some(9)));
    assert_eq!(color("0,1,0.5\n1,2,0.25\n", &weights(), 0, 1), Ok(Some(1)));
    assert_eq!(color("3 2\n0 1 4\n1 2 4\n", &weights(), 1, 2), Ok(Some(4)));
    assert_eq!(color("0 1 7\n1 2 9\n", &Reading::default(), 1, 2), Ok(Some(0)));
    let multigraph = Reading {
        multigraph: true,
        ..Reading::default()
    };
    assert_eq!(color("0 1\n1 0\n1 2\n", &multigraph, 0, 1), Ok(Some(1)));
    let directed = Reading {
        directed: Some(true),
        ..Reading::default()
    };
    assert_eq!(color("0 1\n1 2\n2 0\n", &directed, 1, 0), Ok(None));
    let both = Reading {
        multigraph: true,
        ..weights()
    };
    let vertices = Reading {
        vertex_colors: Some("age".into()),
        ..Reading::default()
    };
    let refused = [
        color("0 1 7\n1 2\n", &weights(), 0, 1),
        color("0 1 7\n1 0 8\n", &weights(), 0, 1),
        color("0 1 7\n1 0 7\n", &both, 0, 1),
        color("0 1\n", &vertices, 0, 1),
        color(
            "0 1\n",
            &Reading {
                edge_colors: Some("kind".into()),
                ..Reading::default()
            },
            0,
            1,
        ),
    ];
    insta::assert_snapshot!(refused.map(Result::unwrap_err).join("\n"));
}

#[test]
fn lengths_of_dimacs_are_colours_when_they_are_asked_for() {
    let text = "p sp 3 4\na 1 2 5\na 2 1 5\na 2 3 6\na 3 2 6\n";
    let read = |reading: &Reading| {
        let mut graphs = Graphs::open_as(input("roads.dimacs", text), None, reading)?;
        graphs.next().unwrap().read()
    };
    assert_eq!(read(&weights()).unwrap().graph.edge_color(1, 2), Some(6));
    assert_eq!(read(&Reading::default()).unwrap().graph.edge_color(1, 2), Some(0));
    let refused = [
        read(&Reading {
            directed: Some(false),
            ..Reading::default()
        }),
        read(&Reading {
            multigraph: true,
            ..Reading::default()
        }),
        read(&Reading {
            vertex_colors: Some("label".into()),
            ..Reading::default()
        }),
        Graphs::open_as(input("roads.dimacs", "p sp 2 1\na 1 2 0.5\n"), None, &weights())
            .and_then(|mut graphs| graphs.next().unwrap().read()),
    ];
    insta::assert_snapshot!(refused.map(|read| read.unwrap_err().to_string()).join("\n"));
}

#[test]
fn matrices_with_names_are_read_as_tables_have_them() {
    let read = |text: &str| adjacency::parse(text, &Reading::default());
    let named = |text: &str| {
        let graph = read(text).unwrap().remove(0);
        let names: Vec<String> = (0..graph.graph.n() as u32)
            .map(|v| graph.names.name(v).into_owned())
            .collect();
        format!(
            "{} {:?}",
            names.join(" "),
            graph.graph.edges().collect::<Vec<_>>()
        )
    };
    let path = "Ada Bob Eve [(0, 1, 0), (1, 2, 0)]";
    for text in [
        ",Ada,Bob,Eve\nAda,0,1,0\nBob,1,0,1\nEve,0,1,0\n",
        "name;Ada;Bob;Eve\nAda;0;1;0\nBob;1;0;1\nEve;0;1;0\n",
        "\tAda\tBob\tEve\nAda\t0\t1\t0\nBob\t1\t0\t1\nEve\t0\t1\t0\n",
        "     Ada  Bob  Eve\nAda    0    1    0\nBob    1    0    1\nEve    0    1    0\n",
        "\"\",\"Ada\",\"Bob\",\"Eve\"\n\"Ada\",0,1,0\n\"Bob\",1,0,1\n\"Eve\",0,1,0\n",
        "Ada,Bob,Eve\n0,1,0\n1,0,1\n0,1,0\n",
    ] {
        assert_eq!(named(text), path, "{text}");
    }
    // As pandas writes a matrix without names: its numbers are names.
    assert_eq!(named(",0,1\n0,0.0,1.0\n1,1.0,0.0\n"), "0 1 [(0, 1, 0)]");
    assert_eq!(
        Content::of(&mut input("x.csv", ",0,1\n0,0,1\n1,1,0\n")).unwrap(),
        Content::Graphs(Format::Adjacency)
    );
    let refused = [
        read(",A,B\nA,0,1\nC,1,0\n"),
        read(",A,A\nA,0,1\nA,1,0\n"),
        read(",A,B\nA,0,1\n"),
        read(",A,B\nA,0,1\nB,1,0\nC,1,0\n"),
        read(",A,B\nA,0,x\nB,1,0\n"),
        read(",A,B\nA,0\nB,1,0\n"),
    ];
    insta::assert_snapshot!(refused.map(|read| read.unwrap_err().to_string()).join("\n"));
}

#[test]
fn each_array_of_an_archive_is_a_field_or_a_graph() {
    for name in ["fields-packed.npz", "fields-stored.npz"] {
        let (fields, _) = lattice::read(&common::fixture(name), None).unwrap();
        let shown: Vec<_> = fields
            .iter()
            .map(|field| (field.name.as_str(), field.field.shape()))
            .collect();
        assert_eq!(shown, [("checkerboard", [4, 4]), ("uniform", [2, 3])]);
    }
    let content = Content::of(&mut input::open(common::fixture("fields-packed.npz")).unwrap()).unwrap();
    assert_eq!(content, "npy".parse().unwrap());
    let graphs = Graphs::open(
        input::open(common::fixture("graphs.npz")).unwrap(),
        Some(Format::Adjacency),
    )
    .unwrap();
    let orders: Vec<String> = graphs.map(|record| shown(record.read())).collect();
    assert_eq!(orders, ["[0, 0, 0] order 2", "[0, 0, 0, 0] order 8"]);
}

#[test]
fn damaged_archives_are_errors_that_say_so() {
    let good = std::fs::read(common::fixture("fields-packed.npz")).unwrap();
    let mut refused = 0;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x41;
        refused += u32::from(npy::parse_archive(&bytes).is_err());
        let _ = npy::parse_archive(&good[..at]).unwrap_err();
    }
    // Times of files and the like may be anything.
    assert!(refused * 2 > good.len() as u32, "{refused}");
    let text = std::fs::read(common::fixture("graphs.npz")).unwrap();
    let shape = Graphs::open(
        Input::new("x.npz", Cursor::new(good)).unwrap(),
        Some(Format::Adjacency),
    );
    insta::assert_snapshot!(
        [
            npy::parse_archive(&text)
                .map(|fields| fields.len().to_string())
                .unwrap(),
            shape.err().unwrap().to_string(),
            npy::parse_archive(b"PK\x03\x04").unwrap_err().to_string(),
        ]
        .join("\n")
    );
}
