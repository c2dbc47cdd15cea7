//! Formats: round trips, arbitrary bytes, and errors that say what is wrong and where.

use proptest::prelude::*;
use std::collections::BTreeSet;
use sympe_canon::graph::ColoredGraph;
use sympe_data::DataError;
use sympe_data::formats::{self, Format, bits, dimacs, edge_list, graph6, sparse6};

/// A graph of up to `n` vertices; without colours if `plain`.
fn graph(n: usize, directed: bool, plain: bool) -> impl Strategy<Value = ColoredGraph> {
    let colors = if plain { 0..1u32 } else { 0..3u32 };
    (1..=n).prop_flat_map(move |n| {
        let pairs: Vec<(u32, u32)> = (0..n as u32)
            .flat_map(|u| (0..n as u32).map(move |v| (u, v)))
            .filter(|&(u, v)| u < v || (directed && u != v) || (!plain && u == v))
            .collect();
        let edges = proptest::collection::vec(proptest::option::of(colors.clone()), pairs.len());
        (edges, proptest::collection::vec(colors.clone(), n)).prop_map(move |(chosen, node_colors)| {
            let edges = pairs
                .iter()
                .zip(chosen)
                .filter_map(|(&(u, v), color)| Some((u, v, color?)));
            let graph = ColoredGraph::from_colored_edges(n, directed, edges).unwrap();
            graph.with_node_colors(node_colors).unwrap()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read_back(plain in graph(9, false, true), arcs in graph(7, true, true),
                                    colored in graph(6, false, false), colored_arcs in graph(5, true, false)) {
        prop_assert_eq!(&graph6::parse(&graph6::write(&plain)?, 1)?, &plain);
        prop_assert_eq!(&graph6::parse(&graph6::write(&arcs)?, 1)?, &arcs);
        prop_assert_eq!(&sparse6::parse(&sparse6::write(&plain)?, 1, None)?, &plain);
        prop_assert_eq!(&bits::parse(&bits::write(&plain), 1)?, &plain);
        prop_assert_eq!(&edge_list::parse(&edge_list::write(&plain), 1)?, &plain);
        let several = [plain, arcs, colored, colored_arcs];
        let text: String = several.iter().map(dimacs::write).collect();
        prop_assert_eq!(dimacs::parse(&text)?, several);
    }

    #[test]
    fn graph6_sizes_of_all_lengths(n in 0usize..200) {
        let edges = (1..n as u32).map(|v| (v / 2, v));
        let tree = ColoredGraph::from_edges(n, false, edges).unwrap();
        prop_assert_eq!(&graph6::parse(&graph6::write(&tree)?, 1)?, &tree);
    }

    #[test]
    fn sparse6_with_loops_of_all_sizes(graph in graph(20, false, false)) {
        let edges = graph.edges().map(|(u, v, _)| (u, v));
        let plain = ColoredGraph::from_edges(graph.n(), false, edges).unwrap();
        prop_assert_eq!(&sparse6::parse(&sparse6::write(&plain)?, 1, None)?, &plain);
    }

    #[test]
    fn differences_of_sparse6(first in graph(9, false, true), second in graph(9, false, true)) {
        let pairs = |graph: &ColoredGraph| graph.edges().map(|(u, v, _)| (u, v)).collect::<BTreeSet<_>>();
        let n = first.n().max(second.n());
        let whole = |graph: &ColoredGraph| ColoredGraph::from_edges(n, false, pairs(graph)).unwrap();
        let (first, second) = (whole(&first), whole(&second));
        let (of_first, of_second) = (pairs(&first), pairs(&second));
        let difference = of_first.symmetric_difference(&of_second).copied();
        let difference = ColoredGraph::from_edges(n, false, difference).unwrap();
        // After ':' comes the number of vertices, in one character for so few of them.
        let line = format!(";{}", &sparse6::write(&difference)?[2..]);
        let text = format!("{}\n{line}\n", sparse6::write(&first)?);
        prop_assert_eq!(Format::Sparse6.parse(&text)?, [first, second]);
    }

    #[test]
    fn arbitrary_bytes_are_graphs_or_errors(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("graphs");
        std::fs::write(&file, &bytes).unwrap();
        for format in Format::ALL.map(Some).into_iter().chain([None]) {
            // An error names the file; a panic fails the test.
            if let Err(error) = formats::read(&file, format) {
                prop_assert!(error.to_string().starts_with(file.to_str().unwrap()), "{}", error);
            }
        }
    }

    #[test]
    fn arbitrary_lines_of_dimacs_words_are_graphs_or_errors(
        lines in proptest::collection::vec(("(p edge|p arc|n|e|a|c|q)", proptest::collection::vec(0u64..5, 0..4)), 0..8)
    ) {
        let text: String = lines.iter().map(|(kind, numbers)| {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            format!("{kind} {}\n", numbers.join(" "))
        }).collect();
        if let Ok(graphs) = dimacs::parse(&text) {
            prop_assert_eq!(graphs.len(), lines.iter().filter(|(kind, _)| kind.starts_with('p')).count());
        }
        // Comments, blanks and ends of lines change nothing.
        let other = format!("c comment\r\n{}", text.replace(' ', "  ").replace('\n', " \r\n"));
        let shown = |(graphs, _): (Vec<Result<ColoredGraph, DataError>>, _)| {
            graphs.into_iter().map(|graph| graph.map_err(drop)).collect::<Vec<_>>()
        };
        prop_assert_eq!(shown(dimacs::parse_with_notes(&text)), shown(dimacs::parse_with_notes(&other)));
    }
}

fn error<T: std::fmt::Debug>(result: Result<T, DataError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn errors_name_line_value_and_expectation() {
    let errors = [
        error(graph6::parse("C\u{7f}", 3)),
        error(graph6::parse("~??", 3)),
        error(bits::parse("3 10", 2)),
        error(bits::parse("3 102", 2)),
        error(edge_list::parse("4 1 0_1", 5)),
        error(edge_list::parse("4 2 0-1", 5)),
        error(edge_list::parse("4 1 0-4", 5)),
        error(edge_list::parse("4000000000 0", 5)),
        error(dimacs::parse("e 1 2\n")),
        error(dimacs::parse("p edge 2 1\na 1 2\n")),
        error(dimacs::parse("p edge 2 1\ne 0 2\n")),
        error(dimacs::parse("p edge 2 2\ne 1 2 1\ne 2 1 3\n")),
        error(dimacs::parse("c nothing\n")),
        error(dimacs::parse("p edge 2 1\n")),
        error(dimacs::parse("p tree 2 1\n")),
        error(dimacs::parse("p edge 2 0\nn 1 -1\n")),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r"
    line 3: character '\u{7f}' in graph6 data, expected characters from '?' to '~'
    line 3: a truncated graph6 size, expected 1, 4 or 8 bytes of it
    line 2: 2 bits, expected 3 bits for 3 vertices
    line 2: bit '2', expected 0 or 1
    line 5: '0_1', expected an edge i-j
    line 5: 1 edge, expected 2 edges
    line 5: edge names vertex 4, but the graph has vertices 0 to 3, expected a simple graph
    line 5: 4000000000 vertices in a text of 12 bytes, expected a number of vertices in proportion to the text
    line 1: 'e' before any 'p' line, expected 'p edge n m'
    line 2: 'a' in a graph with 'p' on line 1, expected 'e u v'
    line 2: vertex 0, expected a vertex from 1 to 2
    line 3: edge 2 1 of colour 3, expected colour 1 as on line 2
    line 1: the end of the file, expected a line 'p edge n m'
    line 1: 0 edges follow, expected the 1 announced
    line 1: problem 'tree', expected 'edge', 'col', 'arc' or 'sp'
    line 2: '-1', expected a colour
    ");
}
