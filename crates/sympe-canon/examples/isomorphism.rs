//! Which of these graphs are the same, and how symmetric are they?

use std::collections::BTreeMap;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};

fn main() -> Result<(), CanonError> {
    let ring = |steps: &[u32]| {
        let edges = (0..16u32).flat_map(|v| {
            let (row, column) = (v / 4, v % 4);
            steps
                .iter()
                .map(move |step| (v, (row + step / 4) % 4 * 4 + (column + step % 4) % 4))
        });
        ColoredGraph::from_edges(16, false, edges.collect::<Vec<_>>())
    };
    let cube = (0..16u32)
        .flat_map(|v| (0..4).map(move |bit| (v, v ^ 1 << bit)))
        .filter(|(u, v)| u < v);
    let rook = (0..16u32)
        .flat_map(|v| (0..v).map(move |u| (u, v)))
        .filter(|(u, v)| u / 4 == v / 4 || u % 4 == v % 4);
    let graphs = [
        (
            "4-dimensional cube",
            ColoredGraph::from_edges(16, false, cube.collect::<Vec<_>>())?,
        ),
        ("4 × 4 torus", ring(&[1, 4])?),
        (
            "rook's graph",
            ColoredGraph::from_edges(16, false, rook.collect::<Vec<_>>())?,
        ),
        ("Shrikhande graph", ring(&[1, 4, 5])?),
    ];
    let mut classes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, graph) in &graphs {
        let symmetry = SymmetrySearch::default().run(graph)?;
        println!(
            "{name}: {} automorphisms, {} orbit(s)",
            symmetry.order(),
            symmetry.orbits().len()
        );
        classes.entry(symmetry.digest()).or_default().push(name);
    }
    for names in classes.values() {
        println!("one class: {}", names.join(", "));
    }
    assert_eq!(classes.len(), 3);
    Ok(())
}
