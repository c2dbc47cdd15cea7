//! Graphs that fall apart: each connected component, of the graph or of its complement, is searched by itself.
//!
//! Parts with equal forms are exchanged by automorphisms, so the group is a product of wreath products, and the search
//! never meets the `k!` orders of `k` equal parts.

use super::ColoredGraph;
use super::search::{Found, search};
use crate::CanonError;
use sympe_groups::{Action, Group, Permutation};

/// Parts of at most this many vertices stay together: the search copes with many of them, and faster so.
const SMALL: usize = 8;

/// A part's vertices, its canonical form as a key that sorts, and what the search found in it.
struct Part {
    vertices: Vec<u32>,
    key: (Vec<u32>, Vec<(u32, u32, u32)>),
    found: Found,
}

/// The search, part by part where there are parts; `nodes` of the budget are spent already.
pub(super) fn search_parts(graph: &ColoredGraph, nodes: u64, budget: u64) -> Result<Found, CanonError> {
    let Some(split) = split(graph.components()).or_else(|| split(co_components(graph)?)) else {
        return search(graph, nodes, budget);
    };
    let mut nodes = nodes;
    let mut parts = Vec::with_capacity(split.len());
    for vertices in split {
        let part = graph.induced(&vertices);
        let found = search_parts(&part, nodes, budget)?;
        nodes = found.nodes;
        let labelling = Permutation::from_images(found.labelling.clone()).expect("labellings are bijections");
        let form = labelling.inverse().act(&part);
        parts.push(Part {
            key: (form.node_colors().to_vec(), form.edges().collect()),
            vertices,
            found,
        });
    }
    parts.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(join(graph, &parts, nodes))
}

/// The parts worth a search of their own, and the small ones together; `None` unless there are two of the former.
fn split(components: Vec<Vec<u32>>) -> Option<Vec<Vec<u32>>> {
    let (small, mut parts): (Vec<_>, Vec<_>) = components.into_iter().partition(|part| part.len() <= SMALL);
    if parts.len() < 2 {
        return None;
    }
    if !small.is_empty() {
        let mut rest = small.concat();
        rest.sort_unstable();
        parts.push(rest);
    }
    Some(parts)
}

/// The components of the complement, if between them all pairs are joined by edges of one colour. O(n + m).
fn co_components(graph: &ColoredGraph) -> Option<Vec<Vec<u32>>> {
    let n = graph.n();
    // Some vertex lies in a part of at most n/2 vertices and is joined to all others.
    if graph.is_directed() || (0..n as u32).all(|v| graph.degree(v) < n / 2) {
        return None;
    }
    let mut colors = graph.edges().filter(|(u, v, _)| u != v).map(|edge| edge.2);
    let color = colors.next()?;
    if colors.any(|other| other != color) {
        return None;
    }
    let mut components = Vec::new();
    let mut waiting: Vec<u32> = (0..n as u32).collect();
    while let Some(root) = waiting.pop() {
        let mut component = vec![root];
        let mut head = 0;
        while head < component.len() {
            // Those that stay are neighbours, so that every step is paid for by an edge or a vertex.
            let row = graph.neighbors(component[head]);
            let (stay, reached) = waiting.into_iter().partition(|u| row.binary_search(u).is_ok());
            waiting = stay;
            component.extend::<Vec<u32>>(reached);
            head += 1;
        }
        component.sort_unstable();
        components.push(component);
    }
    Some(components)
}

/// Labelling and group of the whole. Parts with equal keys follow each other.
fn join(graph: &ColoredGraph, parts: &[Part], nodes: u64) -> Found {
    let mut joined = Found {
        labelling: Vec::with_capacity(graph.n()),
        base: Vec::new(),
        generators: Vec::new(),
        nodes,
    };
    let identity: Vec<u32> = (0..graph.n() as u32).collect();
    for (index, part) in parts.iter().enumerate() {
        let Part { vertices, key, found } = part;
        let labelled = |part: &Part| -> Vec<u32> {
            let vertex = |&v: &u32| part.vertices[v as usize];
            part.found.labelling.iter().map(vertex).collect()
        };
        let positions = labelled(part);
        // In this order the generators stay strong: those that fix the base points of a part fix it as a whole, and
        // act on it as its own group; the exchanges that remain are those of later parts.
        joined
            .base
            .extend(found.base.iter().map(|&v| vertices[v as usize]));
        if found.base.is_empty() {
            joined.base.push(positions[0]);
        }
        for generator in &found.generators {
            let mut images = identity.clone();
            for (&v, &image) in vertices.iter().zip(generator) {
                images[v as usize] = vertices[image as usize];
            }
            joined.generators.push(images);
        }
        if let Some(next) = parts.get(index + 1).filter(|next| next.key == *key) {
            let mut images = identity.clone();
            for (&v, &w) in positions.iter().zip(&labelled(next)) {
                (images[v as usize], images[w as usize]) = (w, v);
            }
            joined.generators.push(images);
        }
        joined.labelling.extend(positions);
    }
    // Stable, so that within a colour the parts keep their order: the form stays sorted by colour.
    joined.labelling.sort_by_key(|&v| graph.node_color(v));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complements_fall_apart_where_everything_else_is_joined() {
        fn edges(n: u32) -> impl Iterator<Item = (u32, u32)> {
            let joined = |u: u32, v: u32| u % 3 != v % 3 || (u + v) % 2 == 1;
            (0..n).flat_map(move |v| (0..v).map(move |u| (u, v)).filter(move |&(u, v)| joined(u, v)))
        }
        let graph = ColoredGraph::from_edges(6, false, edges(6)).unwrap();
        // Inside a class of three, 0 and 3 are joined by their odd sum: all six are alone in the complement.
        assert_eq!(co_components(&graph).unwrap().len(), 6);
        let without = ColoredGraph::from_edges(6, false, edges(6).filter(|&edge| edge != (0, 3))).unwrap();
        let mut components = co_components(&without).unwrap();
        components.sort();
        assert_eq!(components, [vec![0, 3], vec![1], vec![2], vec![4], vec![5]]);
        let two_colors = edges(6).map(|(u, v)| (u, v, u32::from(u == 0)));
        assert!(co_components(&ColoredGraph::from_colored_edges(6, false, two_colors).unwrap()).is_none());
    }

    #[test]
    fn small_parts_stay_together() {
        let part = |from: u32, len: u32| (from..from + len).collect::<Vec<u32>>();
        assert_eq!(split(vec![part(0, 9), part(9, 3)]), None);
        let parts = vec![part(0, 3), part(3, 9), part(12, 1), part(13, 10)];
        let together = vec![part(3, 9), part(13, 10), vec![0, 1, 2, 12]];
        assert_eq!(split(parts), Some(together));
    }
}
