//! Checksums of canonical forms: no form changes unnoticed.
//!
//! Digests are stored as keys by users. If forms change on purpose, `FORM_VERSION` in `src/graph/symmetry.rs` has to
//! be raised, and the lines that this test prints replace those of `tests/fixtures/forms.tsv`.

mod common;

use common::data::{self, batch, batches, dimacs, read};
use common::families::{named, random_colored, with_loops};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Permutation};

/// The first 16 hexadecimal digits of the SHA-256 of the digests of all forms.
fn checksum(graphs: impl IntoIterator<Item = ColoredGraph>) -> String {
    let mut hasher = Sha256::new();
    for graph in graphs {
        hasher.update(SymmetrySearch::default().run(&graph).unwrap().digest());
    }
    let bytes = hasher.finalize();
    bytes[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The checksums of `tests/fixtures/forms.tsv` by name.
fn pinned() -> BTreeMap<String, String> {
    let text = read(&data::fixtures().join("forms.tsv"));
    let pin = |line: &str| {
        let (name, checksum) = line.split_once('\t').expect("a name and a checksum");
        (name.to_owned(), checksum.to_owned())
    };
    text.lines().map(pin).collect()
}

/// Compares with the checksums pinned under these names.
fn assert_pinned(found: impl IntoIterator<Item = (String, String)>) {
    let pinned = pinned();
    let found: Vec<(String, String)> = found.into_iter().collect();
    assert!(!found.is_empty());
    let changed: Vec<String> = found
        .into_iter()
        .filter(|(name, checksum)| pinned.get(name) != Some(checksum))
        .map(|(name, checksum)| format!("{name}\t{checksum}"))
        .collect();
    assert!(
        changed.is_empty(),
        "canonical forms have changed:\n{}",
        changed.join("\n")
    );
}

/// The checksums of the batches of a folder, and of all its single graphs together.
fn checksums(folder: &Path, prefix: &str) -> Vec<(String, String)> {
    let of_batch = |path: &std::path::PathBuf| {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        (format!("{prefix} {stem}"), checksum(batch(path)))
    };
    let mut found: Vec<(String, String)> = batches(folder).iter().map(of_batch).collect();
    let manifest: serde_json::Value = serde_json::from_str(&read(&folder.join("manifest.json"))).unwrap();
    for kind in ["graphs", "digraphs"] {
        let entries = manifest[kind].as_array().unwrap().iter();
        let graphs = entries.flat_map(|entry| dimacs(&read(&folder.join(entry["file"].as_str().unwrap()))));
        found.push((format!("{prefix} {kind}"), checksum(graphs)));
    }
    found
}

#[test]
fn forms_of_fixtures_and_of_the_data_set_are_as_ever() {
    assert_pinned(checksums(&data::fixtures(), "fixture"));
    if let Some(folder) = data::folder() {
        assert_pinned(checksums(&folder, "data"));
    }
}

#[test]
fn forms_of_families_are_as_ever() {
    let families = named().into_iter().map(|family| (family.name, (family.build)()));
    let small = families.filter(|(_, graph)| graph.n() <= 700);
    assert_pinned(small.map(|(name, graph)| (format!("family {name}"), checksum([graph]))));
}

#[test]
fn forms_of_random_coloured_graphs_are_as_ever() {
    let of_size = |sizes: std::ops::Range<u32>| {
        let name = format!("random {}..{}", sizes.start, sizes.end);
        let plain = sizes.flat_map(|n| (0..8).map(move |seed| random_colored(n, u64::from(8 * n + seed))));
        let graphs: Vec<ColoredGraph> = plain.collect();
        let looped = graphs
            .iter()
            .zip(0..)
            .map(|(graph, seed)| with_loops(graph, seed));
        (name, checksum(graphs.iter().cloned().chain(looped)))
    };
    let sizes = [0..17, 17..33, 33..65, 65..80, 125..135];
    assert_pinned(sizes.map(of_size));
}

#[test]
fn a_checksum_depends_on_forms_and_not_on_the_numbering() {
    let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)]).unwrap();
    let moved = Permutation::parse("(0 1)", 3).unwrap().act(&path);
    assert_eq!(checksum([path.clone()]), checksum([moved]));
    let other = ColoredGraph::from_edges(3, false, [(0, 1)]).unwrap();
    assert_ne!(checksum([path]), checksum([other]));
}
