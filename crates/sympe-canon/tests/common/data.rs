//! Graphs and fields with known answers: the fixtures of this crate, and the data set `canon` where it is present.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_canon::graph::ColoredGraph;

/// The data set: `$SYMPE_DATA/canon`, or `../shared/data/canon` beside the workspace if the variable is not set.
///
/// `None` where the folder is absent, which is said on standard error, past the capture of the test harness.
///
/// # Panics
///
/// When the folder is absent and `SYMPE_REQUIRE_DATA=1`.
pub(crate) fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("SYMPE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = data.join("canon");
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("SYMPE_REQUIRE_DATA").is_some_and(|value| value == "1");
    assert!(
        !required,
        "{} is absent, and SYMPE_REQUIRE_DATA=1",
        folder.display()
    );
    let mut stderr = std::io::stderr();
    writeln!(stderr, "skipped: {} is absent (see SYMPE_DATA)", folder.display()).expect("standard error");
    None
}

/// Small inputs of our own making, in the layout of the data set. Their answers were found by brute force, with
/// networkx.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The fixtures, and the data set where it is present.
pub(crate) fn folders() -> impl Iterator<Item = PathBuf> {
    std::iter::once(fixtures()).chain(folder())
}

/// A graph of a DIMACS file, as far as it has been read.
struct Open {
    directed: bool,
    colors: Vec<u32>,
    edges: Vec<(u32, u32, u32)>,
}

/// The DIMACS dialect of the data set, `p edge` or `p arc`, several graphs in a row. Written apart from the reader of
/// sympe-data, which this crate does not know.
pub(crate) fn dimacs(text: &str) -> Vec<ColoredGraph> {
    let mut read: Vec<Open> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |i: usize| words.get(i).map_or(0, |word| word.parse::<u32>().unwrap());
        match (words.first(), read.last_mut()) {
            (Some(&"p"), _) => {
                let colors = vec![0; number(2) as usize];
                read.push(Open {
                    directed: words[1] == "arc",
                    colors,
                    edges: Vec::new(),
                });
            }
            (Some(&"n"), Some(open)) => open.colors[number(1) as usize - 1] = number(2),
            (Some(&("e" | "a")), Some(open)) => open.edges.push((number(1) - 1, number(2) - 1, number(3))),
            _ => {}
        }
    }
    let close = |open: Open| {
        let graph = ColoredGraph::from_colored_edges(open.colors.len(), open.directed, open.edges).unwrap();
        graph.with_node_colors(open.colors).unwrap()
    };
    read.into_iter().map(close).collect()
}

/// A graph6 line of fewer than 63 vertices.
pub(crate) fn graph6(line: &str) -> ColoredGraph {
    let bytes: Vec<u32> = line.bytes().map(|b| u32::from(b) - 63).collect();
    assert!(bytes[0] < 63, "the batches have fewer than 63 vertices");
    let n = bytes[0];
    let mut edges = Vec::new();
    let mut bit = 0;
    for v in 0..n {
        for u in 0..v {
            if bytes[1 + bit / 6] >> (5 - bit % 6) & 1 == 1 {
                edges.push((u, v));
            }
            bit += 1;
        }
    }
    ColoredGraph::from_edges(n as usize, false, edges).unwrap()
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The graphs of a file of `batches`, by its extension.
pub(crate) fn batch(path: &Path) -> Vec<ColoredGraph> {
    let text = read(path);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("g6") => text.lines().map(graph6).collect(),
        _ => dimacs(&text),
    }
}

/// The files of graphs in `batches`, sorted by name.
pub(crate) fn batches(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder.join("batches")).unwrap();
    let mut files: Vec<PathBuf> = listed.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension != "tsv"));
    files.sort();
    files
}

/// The rows of the truth of a batch: order, number of orbits, class; and whether the orbits count.
///
/// The edge-coloured molecules and their subdivided twins share orders and classes, not orbits.
pub(crate) fn truth(folder: &Path, stem: &str) -> (Vec<[String; 3]>, bool) {
    let shared = stem == "qm9_edgecol";
    let file = if shared { "qm9_edgecol_subdiv" } else { stem };
    let text = read(&folder.join(format!("batches/{file}.truth.tsv")));
    let row = |line: &str| {
        let mut words = line.split('\t').map(str::to_owned);
        std::array::from_fn(|_| words.next().unwrap_or_else(|| panic!("{file}: {line:?}")))
    };
    (text.lines().skip(1).map(row).collect(), !shared)
}
