//! The course of a graph through the sparse engine: refinement, reduction, parts, searches.

use super::super::budget::Budget;
use super::super::colored_graph::ColoredGraph;
use super::super::dense;
use super::super::found::Found;
use super::super::loops::colors_with_loops;
use super::super::trace::NoTrace;
use super::arcs::Arcs;
use super::partition::Partition;
use super::parts::parts;
use super::reduction::reduce;
use super::search::search;
use crate::CanonError;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use sympe_groups::Permutation;

/// A part: its vertices, and what was found in the graph induced on them.
struct Part {
    vertices: Vec<u32>,
    searched: Rc<Searched>,
}

/// The canonical form of a part, as a key that sorts, and what was found in it.
struct Searched {
    form: ColoredGraph,
    found: Found,
}

/// Parts of at most so many vertices are looked up before they are searched: among many equal ones, some are numbered
/// alike.
const SMALL: usize = 8;

/// Puts canonical order and group of `graph` into `found`, which is empty.
pub(in super::super) fn solve(
    graph: &ColoredGraph,
    budget: &Budget,
    found: &mut Found,
) -> Result<(), CanonError> {
    let n = graph.n();
    let arcs = Arcs::of_graph(graph);
    let mut partition = Partition::new(&colors_with_loops(graph, graph.node_colors()));
    partition.refine(&arcs, &mut NoTrace);
    let mut layers = reduce(&arcs, &mut partition);
    let mut positions = partition.pos.clone();
    let parts = parts(&arcs, &partition);
    match &parts[..] {
        [] => {}
        [whole] if whole.len() == n => return search(graph, &arcs, partition, 0, budget, found),
        _ => {
            let mut searched = Vec::with_capacity(parts.len());
            let mut local = vec![u32::MAX; n];
            let mut nodes = 0;
            let mut known: BTreeMap<ColoredGraph, Rc<Searched>> = BTreeMap::new();
            for vertices in parts {
                let cells = vertices.iter().map(|&v| partition.cell_of(v)).collect();
                let induced = graph.induced(&vertices, cells, &mut local);
                let part = match known.get(&induced) {
                    Some(part) => part.clone(),
                    None => {
                        let part = Rc::new(search_part(&induced, nodes, budget)?);
                        nodes = part.found.nodes;
                        if vertices.len() <= SMALL {
                            known.insert(induced, part.clone());
                        }
                        part
                    }
                };
                searched.push(Part {
                    vertices,
                    searched: part,
                });
            }
            searched.sort_by(|a, b| a.searched.cmp_forms(&b.searched));
            join(&searched, &mut positions, found);
            found.nodes = nodes;
        }
    }
    found.complete(&mut positions, &mut layers);
    Ok(())
}

impl Searched {
    /// Compares forms, unless it is the same part.
    fn cmp_forms(self: &Rc<Self>, other: &Rc<Self>) -> Ordering {
        if Rc::ptr_eq(self, other) {
            return Ordering::Equal;
        }
        self.form.cmp(&other.form)
    }
}

/// Searches the graph induced on the vertices of a part, which are coloured by their cells.
fn search_part(induced: &ColoredGraph, nodes: u64, budget: &Budget) -> Result<Searched, CanonError> {
    let mut found = Found::default();
    let colors = induced.node_colors();
    match dense::search(induced, colors, nodes, budget, &mut found) {
        Some(done) => done?,
        None => {
            // The cells of a part are equitable, because to other parts and to what was set aside all vertices of a
            // cell have the same arcs.
            let partition = Partition::new(colors);
            search(
                induced,
                &Arcs::of_graph(induced),
                partition,
                nodes,
                budget,
                &mut found,
            )?;
        }
    }
    let order = Permutation::from_images_unchecked(found.order.clone());
    let mut form = ColoredGraph::empty();
    induced.move_back(&order, &mut form);
    Ok(Searched { form, found })
}

/// Joins positions and groups of all parts, which are sorted by form and fill their cells in this order.
fn join(parts: &[Part], positions: &mut [u32], found: &mut Found) {
    let vertices = |part: &Part| -> Vec<u32> {
        let vertex = |&v: &u32| part.vertices[v as usize];
        part.searched.found.order.iter().map(vertex).collect()
    };
    // The next position to fill of the cell that starts at each.
    let mut filled: Vec<u32> = (0..positions.len() as u32).collect();
    for run in parts.chunk_by(|a, b| a.searched.cmp_forms(&b.searched).is_eq()) {
        let mut points = Vec::new();
        for part in run {
            let order = vertices(part);
            for (&v, &cell) in order.iter().zip(part.searched.form.node_colors()) {
                let next = &mut filled[cell as usize];
                positions[v as usize] = *next;
                *next += 1;
            }
            points.extend(order);
        }
        found.parts.push_class(run[0].vertices.len(), points);
    }
    for part in parts {
        let before = found.base.len();
        found.append_group(&part.searched.found, &part.vertices);
        if found.base.len() == before {
            // A part that needs no base gets a base point all the same, some vertex that is kept: it tells equal
            // parts apart.
            let kept = part
                .searched
                .found
                .twins
                .classes()
                .next()
                .map(|(_, points)| points[0]);
            let kept = kept.unwrap_or(part.searched.found.order[0]);
            found.base.push(part.vertices[kept as usize]);
        }
    }
}
