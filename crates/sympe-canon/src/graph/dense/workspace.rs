//! One workspace per thread, and the choice of its word.

use super::super::budget::Budget;
use super::super::colored_graph::ColoredGraph;
use super::super::found::Found;
use super::super::word::Word;
use super::engine::Engine;
use super::load::Scratch;
use crate::CanonError;
use std::cell::RefCell;

/// The most vertices of a graph that this engine takes: bits of its largest word.
const MOST_VERTICES: usize = 128;

/// Engines by the number of vertices that fit.
#[derive(Default)]
struct Workspace {
    upto16: Engine<u32, 16>,
    upto32: Box<Engine<u32, 32>>,
    upto64: Box<Engine<u64, 64>>,
    upto128: Box<Engine<u128, 128>>,
    scratch: Scratch,
}

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Canonical order and group of `graph`, its vertices coloured by `colors`, if it is small enough for this engine;
/// `None` if it is not. `nodes` of the budget are spent already.
pub(in super::super) fn search(
    graph: &ColoredGraph,
    colors: &[u32],
    nodes: u64,
    budget: &Budget,
    found: &mut Found,
) -> Option<Result<(), CanonError>> {
    let n = graph.n();
    if n > MOST_VERTICES {
        return None;
    }
    WORKSPACE.with_borrow_mut(|workspace| {
        let scratch = &mut workspace.scratch;
        if !scratch.collect_edge_colors(graph) {
            return None;
        }
        found.clear();
        Some(match n {
            0..=16 => workspace
                .upto16
                .search_graph(graph, colors, scratch, nodes, budget, found),
            17..=32 => workspace
                .upto32
                .search_graph(graph, colors, scratch, nodes, budget, found),
            33..=64 => workspace
                .upto64
                .search_graph(graph, colors, scratch, nodes, budget, found),
            _ => workspace
                .upto128
                .search_graph(graph, colors, scratch, nodes, budget, found),
        })
    })
}

impl<W: Word, const N: usize> Engine<W, N> {
    fn search_graph(
        &mut self,
        graph: &ColoredGraph,
        colors: &[u32],
        scratch: &mut Scratch,
        nodes: u64,
        budget: &Budget,
        found: &mut Found,
    ) -> Result<(), CanonError> {
        self.load(graph, colors, scratch);
        self.run(nodes, budget)?;
        self.report(found);
        Ok(())
    }
}
