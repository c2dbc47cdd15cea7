//! Node features from the graph's matrices: the common, deterministic halves of rival symmetry breakers.
//!
//! Edges count once, whatever their colour and direction; loops do not count.

use crate::graph::ColoredGraph;
use nalgebra::{DMatrix, SymmetricEigen};

/// The `dim` eigenvectors of the Laplacian `L = D − A` after the first, by ascending eigenvalue: row-major `[n, dim]`,
/// entries of unit mean square, zero columns where there are no more.
///
/// Signs, and bases of repeated eigenvalues, are arbitrary and depend on the numbering: draw signs at random before use
/// as an encoding. O(n³).
///
/// ```
/// use sympe_canon::{features::laplacian_eigenvectors, graph::ColoredGraph};
///
/// let edge = ColoredGraph::from_edges(2, false, [(0, 1)])?;
/// let x = laplacian_eigenvectors(&edge, 1); // (1, −1), up to sign
/// assert!((x[0].abs() - 1.0).abs() < 1e-6 && (x[0] + x[1]).abs() < 1e-6);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
///
/// # References
///
/// V. P. Dwivedi et al., "Benchmarking graph neural networks", JMLR 24 (2023).
#[must_use]
pub fn laplacian_eigenvectors(graph: &ColoredGraph, dim: usize) -> Vec<f32> {
    let n = graph.n();
    if n == 0 {
        return Vec::new(); // which nalgebra cannot decompose
    }
    let all: Vec<u32> = (0..n as u32).collect();
    let eigen = SymmetricEigen::new(laplacian(graph, &all));
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
    let mut features = vec![0.0; n * dim];
    for (column, &which) in order.iter().skip(1).take(dim).enumerate() {
        for i in 0..n {
            features[i * dim + column] = (eigen.eigenvectors[(i, which)] * (n as f64).sqrt()) as f32;
        }
    }
    features
}

/// Probabilities that a uniform random walk is back after 1, …, `dim` steps: row-major `[n, dim]`; isolated nodes stay
/// where they are. O(dim · n³).
///
/// Equivariant: nodes of one automorphism orbit have equal rows, so these features break no symmetry.
///
/// ```
/// use sympe_canon::{features::return_probabilities, graph::ColoredGraph};
///
/// let triangle = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2), (2, 0)])?;
/// assert_eq!(return_probabilities(&triangle, 3)[..3], [0.0, 0.5, 0.25]);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
///
/// # References
///
/// V. P. Dwivedi et al., "Graph neural networks with learnable structural and positional representations", ICLR 2022.
#[must_use]
pub fn return_probabilities(graph: &ColoredGraph, dim: usize) -> Vec<f32> {
    let n = graph.n();
    let all: Vec<u32> = (0..n as u32).collect();
    let mut walk = -laplacian(graph, &all);
    for i in 0..n {
        let degree = -std::mem::replace(&mut walk[(i, i)], 0.0);
        if degree == 0.0 {
            walk[(i, i)] = 1.0;
        } else {
            walk.row_mut(i).scale_mut(1.0 / degree);
        }
    }
    let mut power = walk.clone();
    let mut features = vec![0.0; n * dim];
    for step in 0..dim {
        for i in 0..n {
            features[i * dim + step] = power[(i, i)] as f32;
        }
        power = &power * &walk;
    }
    features
}

/// `L = D − A` of the simple undirected graph on `component`, a union of connected components.
pub(crate) fn laplacian(graph: &ColoredGraph, component: &[u32]) -> DMatrix<f64> {
    let mut index = vec![usize::MAX; graph.n()];
    for (i, &v) in component.iter().enumerate() {
        index[v as usize] = i;
    }
    let mut laplacian = DMatrix::zeros(component.len(), component.len());
    for (i, &v) in component.iter().enumerate() {
        for j in graph
            .neighbors(v)
            .iter()
            .map(|&u| index[u as usize])
            .filter(|&j| j != i)
        {
            (laplacian[(i, j)], laplacian[(j, i)]) = (-1.0, -1.0);
        }
    }
    for i in 0..component.len() {
        laplacian[(i, i)] = -laplacian.row(i).sum();
    }
    laplacian
}

#[cfg(test)]
mod tests {
    use super::*;
    use sympe_groups::{Action, Permutation};

    fn path() -> ColoredGraph {
        ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)]).unwrap()
    }

    #[test]
    fn laplacian_ignores_direction_loops_and_other_components() {
        let graph = ColoredGraph::from_edges(4, true, [(3, 1), (1, 3), (1, 1), (1, 0)]).unwrap();
        let expected = DMatrix::from_row_slice(3, 3, &[2.0, -1.0, -1.0, -1.0, 1.0, 0.0, -1.0, 0.0, 1.0]);
        assert_eq!(laplacian(&graph, &[1, 3, 0]), expected);
    }

    #[test]
    fn eigenvectors_of_a_path_are_known() {
        let features = laplacian_eigenvectors(&path(), 4);
        // Eigenvalue 1: (1, 0, −1)/√2; eigenvalue 3: (1, −2, 1)/√6; times √3, up to sign.
        let column = |c: usize| (0..3).map(|i| features[i * 4 + c]).collect::<Vec<_>>();
        let (first, second) = (column(0), column(1));
        assert!((first[0] + first[2]).abs() < 1e-6 && (first[0].abs() - 1.5f32.sqrt()).abs() < 1e-6);
        assert!((second[1] + 2.0 * second[0]).abs() < 1e-6);
        assert_eq!([column(2), column(3)].concat(), [0.0; 6]);
    }

    #[test]
    fn walks_return_to_the_middle_of_a_path_every_other_step() {
        let features = return_probabilities(&path(), 4);
        assert_eq!(&features[4..8], &[0.0, 1.0, 0.0, 1.0]);
        assert_eq!(&features[..4], &[0.0, 0.5, 0.0, 0.5]);
    }

    #[test]
    fn return_probabilities_are_equivariant_and_isolated_nodes_stay() {
        let graph = ColoredGraph::from_edges(5, false, [(0, 1), (1, 2), (2, 0), (2, 3)]).unwrap();
        let k = Permutation::parse("(0 3 1)(2 4)", 5).unwrap();
        let rows = |graph: &ColoredGraph| -> Vec<Vec<f32>> {
            return_probabilities(graph, 3)
                .chunks(3)
                .map(<[f32]>::to_vec)
                .collect()
        };
        let (at_x, at_kx) = (rows(&graph), rows(&k.act(&graph)));
        assert_eq!(at_x[4], [1.0; 3]);
        for v in 0..5 {
            for (a, b) in at_x[v].iter().zip(&at_kx[k.apply(v as u32) as usize]) {
                assert!((a - b).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_graph_without_vertices_has_no_features() {
        let empty = ColoredGraph::from_edges(0, false, []).unwrap();
        assert!(laplacian_eigenvectors(&empty, 2).is_empty() && return_probabilities(&empty, 2).is_empty());
    }
}
