//! The sparse engine: what needs no search is set aside, the rest is searched part by part.
//!
//! Two vertices concern each other if the join of their cells is neither empty nor full and they are joined, or, where
//! more than half of the pairs are, they are not. The components of this relation take the place of those of the graph,
//! of its complement, and of mixtures. Equal parts are exchanged by automorphisms, so that the search never meets the
//! `k!` orders of `k` equal parts.

mod partition;
mod reduction;
mod search;
mod stabilizer;
mod surroundings;

use super::ColoredGraph;
use super::dense;
use super::found::Found;
use super::trace::NoTrace;
use crate::CanonError;
use partition::{Arcs, Partition};
use reduction::{Join, Joins, reduce};
use search::{search, weighted_arcs};
use std::cmp::Ordering;
use std::collections::HashMap;
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

/// Parts of no more vertices are looked up: among many equal ones, some are numbered alike.
const SMALL: usize = 8;

/// Canonical order and group of `graph` with its vertices coloured by `colors`, which tell loops apart; `nodes` of the
/// budget are spent already. `found` is empty.
pub(super) fn solve(
    graph: &ColoredGraph,
    colors: &[u32],
    nodes: u64,
    budget: u64,
    found: &mut Found,
) -> Result<(), CanonError> {
    let n = graph.n();
    let arcs = weighted_arcs(graph);
    let mut partition = Partition::new(colors);
    partition.refine(&arcs, &mut NoTrace);
    let mut layers = reduce(&arcs, &mut partition);
    let mut positions = partition.pos.clone();
    let parts = concerned(&arcs, &partition);
    match &parts[..] {
        [] => {}
        [whole] if whole.len() == n => return search(graph, &arcs, partition, nodes, budget, found),
        _ => {
            let mut searched = Vec::with_capacity(parts.len());
            let mut local = vec![u32::MAX; n];
            let mut nodes = nodes;
            let mut known: HashMap<ColoredGraph, Rc<Searched>> = HashMap::new();
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
    fn cmp_forms(self: &Rc<Self>, other: &Rc<Self>) -> Ordering {
        if Rc::ptr_eq(self, other) {
            return Ordering::Equal;
        }
        self.form.cmp(&other.form)
    }
}

/// Searches the graph induced on the vertices of a part, which are coloured by their cells.
fn search_part(induced: &ColoredGraph, nodes: u64, budget: u64) -> Result<Searched, CanonError> {
    let mut found = Found::default();
    let colors = induced.node_colors();
    match dense::search(induced, colors, nodes, budget, &mut found) {
        Some(done) => done?,
        None => {
            // Equitable: to other parts and to what was set aside, vertices of a cell have the same arcs.
            let partition = Partition::new(colors);
            search(
                induced,
                &weighted_arcs(induced),
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

/// Positions and group of all parts, which are sorted by form. Parts fill their cells in this order.
fn join(parts: &[Part], positions: &mut [u32], found: &mut Found) {
    let vertices = |part: &Part| -> Vec<u32> {
        let vertex = |&v: &u32| part.vertices[v as usize];
        part.searched.found.order.iter().map(vertex).collect()
    };
    let mut filled = HashMap::new();
    for run in parts.chunk_by(|a, b| a.searched.cmp_forms(&b.searched).is_eq()) {
        let mut points = Vec::new();
        for part in run {
            let order = vertices(part);
            for (&v, &cell) in order.iter().zip(part.searched.form.node_colors()) {
                let next = filled.entry(cell).or_insert(cell);
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
            // Some vertex that is kept, where no base is needed inside: it tells equal parts apart.
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

/// The vertices of open cells, by whom they concern: each part sorted, by least vertex. O(n + m).
fn concerned(arcs: &Arcs, partition: &Partition) -> Vec<Vec<u32>> {
    let n = arcs.n();
    let mut joins = Joins::new(n);
    let mut found = Vec::new();
    // The vertices of each cell that may be new, in place of the cell.
    let mut waiting = partition.lab.clone();
    let mut waiting_len: Vec<u32> = (0..n as u32).map(|start| partition.len(start)).collect();
    let mut join_of = vec![Join::Other; n];
    let mut seen = vec![false; n];
    let mut joined_to = vec![u32::MAX; n];
    let mut parts = Vec::new();
    let mut part: Vec<u32> = Vec::new();
    for root in 0..n as u32 {
        if seen[root as usize] || partition.len(partition.cell_of(root)) == 1 {
            continue;
        }
        seen[root as usize] = true;
        part.clear();
        part.push(root);
        let mut head = 0;
        while head < part.len() {
            let v = part[head];
            head += 1;
            joins.of(v, arcs, partition, &mut found);
            for &(cell, join) in &found {
                join_of[cell as usize] = join;
            }
            for &u in arcs.targets_of(v) {
                let cell = partition.cell_of(u);
                if partition.len(cell) == 1 {
                    continue;
                }
                if join_of[cell as usize] == Join::Most {
                    joined_to[u as usize] = v;
                } else if join_of[cell as usize] == Join::Other
                    && !std::mem::replace(&mut seen[u as usize], true)
                {
                    part.push(u);
                }
            }
            for &(cell, _) in found.iter().filter(|(_, join)| *join == Join::Most) {
                // Those that stay are neighbours, so that every step is paid for by an arc or a vertex.
                let mut stay = cell;
                for position in cell..cell + waiting_len[cell as usize] {
                    let u = waiting[position as usize];
                    if seen[u as usize] {
                        continue;
                    }
                    if joined_to[u as usize] == v {
                        waiting[stay as usize] = u;
                        stay += 1;
                    } else {
                        seen[u as usize] = true;
                        part.push(u);
                    }
                }
                waiting_len[cell as usize] = stay - cell;
            }
        }
        part.sort_unstable();
        parts.push(part.clone());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
    use std::collections::{BTreeSet, HashSet};
    use sympe_groups::{Action, PermGroup};

    fn parts(n: usize, edges: impl IntoIterator<Item = (u32, u32)>) -> Vec<Vec<u32>> {
        let graph = ColoredGraph::from_edges(n, false, edges).unwrap();
        let arcs = weighted_arcs(&graph);
        let mut partition = Partition::new(graph.node_colors());
        partition.refine(&arcs, &mut NoTrace);
        concerned(&arcs, &partition)
    }

    #[test]
    fn parts_are_those_of_the_graph_of_its_complement_and_of_mixtures() {
        // Two five-cycles, and their complement.
        let joined = |u: u32, v: u32| u / 5 == v / 5 && [1, 4].contains(&((v + 5 - u) % 5));
        let edges = |n: u32, joined: fn(u32, u32) -> bool| {
            (0..n).flat_map(move |v| (0..v).map(move |u| (u, v)).filter(move |&(u, v)| joined(u, v)))
        };
        let two = [(0..5).collect::<Vec<u32>>(), (5..10).collect()];
        assert_eq!(parts(10, edges(10, joined)), two);
        assert_eq!(
            parts(
                10,
                edges(10, |u, v| !(u / 5 == v / 5
                    && [1, 4].contains(&((v + 5 - u) % 5))))
            ),
            two
        );
        // A cycle whose vertices are all joined to all of another one is a part nevertheless, told apart by a leaf each.
        let leaves = (0..5).map(|v| (v, v + 10));
        let mixed = edges(10, |u, v| u / 5 != v / 5 || [1, 4].contains(&((v + 5 - u) % 5))).chain(leaves);
        let found = parts(15, mixed);
        assert_eq!(
            found,
            [(0..5).chain(10..15).collect::<Vec<u32>>(), (5..10).collect()]
        );
    }

    /// Form and order by a search, from its order and group.
    fn outcome(graph: &ColoredGraph, search: impl Fn(&mut Found)) -> (ColoredGraph, BigUint) {
        let mut found = Found::default();
        search(&mut found);
        let order = Permutation::from_images(found.order.clone()).unwrap();
        let mut form = ColoredGraph::empty();
        graph.move_back(&order, &mut form);
        let mut group = PermGroup::trivial(0);
        found.group_into(graph.n(), &mut group);
        assert!(group.generators().iter().all(|g| graph.has_automorphism(g)));
        (form, group.order())
    }

    /// By the dense engine, by the search of the sparse one alone, and by all of the sparse one.
    fn outcomes(graph: &ColoredGraph) -> [(ColoredGraph, BigUint); 3] {
        let colors = graph.node_colors();
        [
            outcome(graph, |found| {
                dense::search(graph, colors, 0, u64::MAX, found).unwrap().unwrap()
            }),
            outcome(graph, |found| {
                let arcs = weighted_arcs(graph);
                let mut partition = Partition::new(colors);
                partition.refine(&arcs, &mut NoTrace);
                search(graph, &arcs, partition, 0, u64::MAX, found).unwrap()
            }),
            outcome(graph, |found| solve(graph, colors, 0, u64::MAX, found).unwrap()),
        ]
    }

    #[test]
    fn engines_agree_on_all_small_graphs() {
        let pairs: Vec<(u32, u32)> = (0..6).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
        let mut known: HashMap<ColoredGraph, [(ColoredGraph, BigUint); 3]> = HashMap::new();
        for mask in 0..1u32 << pairs.len() {
            let edges = pairs.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
            let graph = ColoredGraph::from_edges(6, false, edges.map(|(_, &pair)| pair)).unwrap();
            let found = outcomes(&graph);
            assert!(found.iter().all(|(_, order)| *order == found[0].1), "{graph:?}");
            assert_eq!(
                known.entry(found[0].0.clone()).or_insert(found.clone()),
                &found,
                "{graph:?}"
            );
        }
        assert_eq!(known.len(), 156);
        for engine in 1..3 {
            let forms: HashSet<&ColoredGraph> = known.values().map(|found| &found[engine].0).collect();
            assert_eq!(forms.len(), 156);
        }
    }

    #[test]
    fn engines_do_not_look_at_the_numbering() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for round in 0..300 {
            let n = rng.random_range(17..100u32);
            let circulant = |step: u32| (0..n).map(move |v| (v, (v + step) % n));
            let edges: BTreeSet<(u32, u32)> = match round % 4 {
                // Of few symmetries, and one class to colour refinement, mostly: a cycle with a random matching.
                0 => {
                    let matching = Permutation::random(n as usize / 2 * 2, &mut rng);
                    let pairs = matching.images().chunks_exact(2).map(|pair| (pair[0], pair[1]));
                    circulant(1).chain(pairs).collect()
                }
                1 => circulant(1).chain(circulant(rng.random_range(2..8))).collect(),
                2 => (1..n).map(|v| (rng.random_range(0..v), v)).collect(),
                _ => (0..n)
                    .map(|_| (rng.random_range(0..n), rng.random_range(0..n)))
                    .collect(),
            };
            let simple: BTreeSet<(u32, u32)> = edges
                .into_iter()
                .filter(|(u, v)| u != v)
                .map(|(u, v)| (u.min(v), u.max(v)))
                .collect();
            let graph = ColoredGraph::from_edges(n as usize, false, simple).unwrap();
            let found = outcomes(&graph);
            assert!(found.iter().all(|(_, order)| *order == found[0].1), "{graph:?}");
            for _ in 0..3 {
                let moved = Permutation::random(n as usize, &mut rng).act(&graph);
                assert_eq!(outcomes(&moved), found, "{graph:?}");
            }
        }
    }

    #[test]
    fn latin_squares_with_a_few_switches_are_told_apart() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for round in 0..60 {
            let order = rng.random_range(4..12u32);
            let at = |row: u32, column: u32| (row * order + column) as usize;
            let mut square: Vec<u32> = (0..order * order)
                .map(|cell| (cell / order + cell % order) % order)
                .collect();
            for _ in 0..round % 6 {
                // Exchanges two rows along a cycle of columns.
                let (a, mut column) = (rng.random_range(1..order), rng.random_range(0..order));
                let first = square[at(a, column)];
                loop {
                    square.swap(at(0, column), at(a, column));
                    let entry = square[at(a, column)];
                    if entry == first {
                        break;
                    }
                    let mut others = (0..order).filter(|&other| other != column);
                    column = others.find(|&other| square[at(a, other)] == entry).unwrap();
                }
            }
            let agree = |u: u32, v: u32| {
                u / order == v / order || u % order == v % order || square[u as usize] == square[v as usize]
            };
            let pairs = (0..order * order).flat_map(|v| (0..v).map(move |u| (u, v)));
            let edges = pairs.filter(|&(u, v)| agree(u, v));
            let graph = ColoredGraph::from_edges(square.len(), false, edges).unwrap();
            let found = outcomes(&graph);
            assert!(found.iter().all(|(_, order)| *order == found[0].1), "{graph:?}");
            let moved = Permutation::random(square.len(), &mut rng).act(&graph);
            assert_eq!(outcomes(&moved), found, "{graph:?}");
        }
    }

    #[test]
    fn large_cells_keep_few_candidates_and_the_same_form() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let n = 6000;
        let matching = Permutation::random(n as usize, &mut rng);
        let pairs = matching.images().chunks_exact(2).map(|pair| (pair[0], pair[1]));
        let edges: BTreeSet<(u32, u32)> = (0..n)
            .map(|v| (v, (v + 1) % n))
            .chain(pairs)
            .map(|(u, v)| (u.min(v), u.max(v)))
            .collect();
        let graph = ColoredGraph::from_edges(n as usize, false, edges).unwrap();
        let solved = |graph: &ColoredGraph| {
            outcome(graph, |found| {
                solve(graph, graph.node_colors(), 0, 100, found).unwrap()
            })
        };
        let found = solved(&graph);
        assert_eq!(found.1, 1u32.into());
        for _ in 0..3 {
            let moved = Permutation::random(n as usize, &mut rng).act(&graph);
            assert_eq!(solved(&moved), found);
        }
    }

    #[test]
    fn trees_leave_nothing_to_search() {
        let graph = ColoredGraph::from_edges(200, false, (1..200).map(|v| (v / 3, v))).unwrap();
        let arcs = weighted_arcs(&graph);
        let mut partition = Partition::new(graph.node_colors());
        partition.refine(&arcs, &mut NoTrace);
        assert!(partition.open_cells().next().is_some());
        reduce(&arcs, &mut partition);
        assert_eq!(partition.open_cells().next(), None);
    }
}
