//! Features of nodes and graphs from the graph's matrices: the common, deterministic halves of rival symmetry
//! breakers, and what message passing cannot count.
//!
//! Edges count once, whatever their colour and direction; loops do not count.

use crate::CanonError;
use crate::graph::ColoredGraph;
use nalgebra::{DMatrix, SymmetricEigen};

/// The `dim` eigenvectors of the Laplacian `L = D − A` after the first, by ascending eigenvalue: row-major `[n, dim]`,
/// entries of unit mean square, zero columns where there are no more.
///
/// Signs, and bases of repeated eigenvalues, are arbitrary and depend on the numbering: draw signs at random before
/// use as an encoding. O(n³).
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
    let vectors = eigenvectors(graph);
    let chosen: Vec<usize> = (0..vectors.ncols().min(dim)).collect();
    columns(&vectors, &chosen, dim)
}

/// The same with another choice of eigenvectors: while nodes have equal rows, the last ones make room for those of greater
/// eigenvalues that part them, in ascending order. O(n³ · dim).
///
/// The first eigenvectors leave nodes equal where the difference of two nodes with the same neighbours is an eigenvector of a
/// high eigenvalue, and Curie's principle binds for these nodes.
///
/// ```
/// use sympe_canon::{features::{laplacian_eigenvectors, parting_eigenvectors}, graph::ColoredGraph};
///
/// // The ends of a path of length four, and two vertices that share all five neighbours.
/// let twins = (0..5).flat_map(|v| [(v, 5), (v, 6)]);
/// let graph = ColoredGraph::from_edges(7, false, [(0, 1), (1, 2), (2, 3), (3, 4)].into_iter().chain(twins))?;
/// let equal = |x: &[f32]| (0..3).all(|k| (x[5 * 3 + k] - x[6 * 3 + k]).abs() < 1e-5);
/// assert!(equal(&laplacian_eigenvectors(&graph, 3)) && !equal(&parting_eigenvectors(&graph, 3)));
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[must_use]
pub fn parting_eigenvectors(graph: &ColoredGraph, dim: usize) -> Vec<f32> {
    let vectors = eigenvectors(graph);
    let n = graph.n();
    let all = vectors.ncols();
    let parts = |k: usize, u: usize, v: usize| (vectors[(u, k)] - vectors[(v, k)]).abs() > 1e-5;
    let equal = |chosen: &[usize]| -> usize {
        let pairs = (0..n).flat_map(|u| (0..u).map(move |v| (u, v)));
        pairs
            .filter(|&(u, v)| chosen.iter().all(|&k| !parts(k, u, v)))
            .count()
    };
    let mut chosen: Vec<usize> = (0..all.min(dim)).collect();
    let mut left = equal(&chosen);
    for candidate in dim..all {
        // The greatest eigenvalue first whose vector parts less than the candidate.
        for place in (0..chosen.len()).rev() {
            if left == 0 {
                break;
            }
            let mut other = chosen.clone();
            other[place] = candidate;
            let remaining = equal(&other);
            if remaining < left {
                (chosen, left) = (other, remaining);
                break;
            }
        }
    }
    chosen.sort_unstable();
    columns(&vectors, &chosen, dim)
}

/// The eigenvectors of the Laplacian after the first, by ascending eigenvalue: columns of unit norm.
fn eigenvectors(graph: &ColoredGraph) -> DMatrix<f64> {
    let n = graph.n();
    if n == 0 {
        return DMatrix::zeros(0, 0); // which nalgebra cannot decompose
    }
    let all: Vec<u32> = (0..n as u32).collect();
    let eigen = SymmetricEigen::new(laplacian(graph, &all));
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
    eigen.eigenvectors.select_columns(&order[1..])
}

/// Columns of eigenvectors as features `[n, dim]`, entries of unit mean square, zeros where there are no more.
fn columns(vectors: &DMatrix<f64>, chosen: &[usize], dim: usize) -> Vec<f32> {
    let n = vectors.nrows();
    let mut features = vec![0.0; n * dim];
    for (column, &which) in chosen.iter().enumerate() {
        for i in 0..n {
            features[i * dim + column] = (vectors[(i, which)] * (n as f64).sqrt()) as f32;
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

/// Relative random-walk probabilities: the powers 1, …, `dim` of `D^-½·A·D^-½`, row-major `[n, n, dim]`, symmetric; isolated
/// nodes stay where they are. O(dim · n³).
///
/// Entry `(i, j)` of power `k` is the geometric mean of the probabilities that `k` steps of a uniform random walk lead from `i`
/// to `j` and from `j` to `i`; on the diagonal they are [`return_probabilities`]. Equivariant: pairs of one orbit have equal
/// entries, so these features break no symmetry.
///
/// ```
/// use sympe_canon::{features::relative_walks, graph::ColoredGraph};
///
/// let path = ColoredGraph::from_edges(3, false, [(0, 1), (1, 2)])?;
/// let walks = relative_walks(&path, 2);
/// let entry = |i: usize, j: usize, power: usize| walks[(i * 3 + j) * 2 + power - 1];
/// assert!((entry(0, 1, 1) - 0.5f32.sqrt()).abs() < 1e-6); // there surely, back with probability ½
/// assert!((entry(0, 2, 2) - 0.5).abs() < 1e-6);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
///
/// # References
///
/// L. Ma et al., "Graph inductive biases in transformers without message passing" (RRWP), ICML 2023.
#[must_use]
pub fn relative_walks(graph: &ColoredGraph, dim: usize) -> Vec<f32> {
    let n = graph.n();
    let all: Vec<u32> = (0..n as u32).collect();
    let laplacian = laplacian(graph, &all);
    let root: Vec<f64> = (0..n).map(|i| laplacian[(i, i)].sqrt()).collect();
    let walk = DMatrix::from_fn(n, n, |i, j| match i == j {
        true => f64::from(u8::from(root[i] == 0.0)),
        // An isolated node has no neighbour to divide for.
        false if laplacian[(i, j)] == 0.0 => 0.0,
        false => -laplacian[(i, j)] / (root[i] * root[j]),
    });
    let mut power = walk.clone();
    let mut features = vec![0.0; n * n * dim];
    for step in 0..dim {
        for i in 0..n {
            // Above and below the diagonal the same number, whatever rounding does.
            for j in 0..=i {
                let value = power[(i, j)] as f32;
                features[(i * n + j) * dim + step] = value;
                features[(j * n + i) * dim + step] = value;
            }
        }
        power = &power * &walk;
    }
    features
}

/// How many simple cycles there are: [`cycle_counts`].
///
/// ```
/// use sympe_canon::{features::cycle_counts, graph::ColoredGraph};
/// // Two triangles that share an edge.
/// let graph = ColoredGraph::from_edges(4, false, [(0, 1), (1, 2), (2, 0), (1, 3), (2, 3)])?;
/// let counts = cycle_counts(&graph)?;
/// assert_eq!(counts.graph, [2, 1, 0, 0]);
/// assert_eq!(counts.nodes, [[1, 1, 0], [2, 1, 0], [2, 1, 0], [1, 1, 0]]);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleCounts {
    /// Per node, the cycles of length 3, 4 and 5 through it.
    pub nodes: Vec<[u64; 3]>,
    /// The cycles of length 3, 4, 5 and 6.
    pub graph: [u64; 4],
}

/// Counts short cycles, exactly, from the numbers of closed walks. O(n m), a microsecond for a molecule.
///
/// # Errors
///
/// [`CanonError::TooLarge`] above 1024 vertices, where numbers of walks of length 6 may overflow.
///
/// # References
///
/// C. Vignac et al., "DiGress: discrete denoising diffusion for graph generation", ICLR 2023, appendix B.2, with the
/// number of cycles of length 5 through a node corrected where there are triangles.
pub fn cycle_counts(graph: &ColoredGraph) -> Result<CycleCounts, CanonError> {
    const LIMIT: usize = 1024;
    let n = graph.n();
    if n > LIMIT {
        return Err(CanonError::TooLarge {
            what: "counting cycles",
            n,
            limit: LIMIT,
        });
    }
    let neighbors = simple_neighbors(graph);
    // The numbers of walks of length 2 and 3: A² and A³.
    let (mut squared, mut cubed) = (vec![0_i64; n * n], vec![0_i64; n * n]);
    for middle in &neighbors {
        for &i in middle {
            for &j in middle {
                squared[i * n + j] += 1;
            }
        }
    }
    for i in 0..n {
        let row = &mut cubed[i * n..(i + 1) * n];
        for &k in &neighbors[i] {
            let other = &squared[k * n..(k + 1) * n];
            row.iter_mut().zip(other).for_each(|(sum, walks)| *sum += walks);
        }
    }
    let dot = |a: &[i64], b: &[i64]| -> i64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let degree = |i: usize| neighbors[i].len() as i64;
    let triangles = |i: usize| cubed[i * n + i];
    let mut nodes = Vec::with_capacity(n);
    // The trace of A⁶ counts closed walks of length 6; those that are no cycles are subtracted.
    let mut sixes = dot(&cubed, &cubed);
    for i in 0..n {
        let (square, cube) = (&squared[i * n..(i + 1) * n], &cubed[i * n..(i + 1) * n]);
        let (d, t, fourth, fifth) = (degree(i), triangles(i), dot(square, square), dot(square, cube));
        let over = |term: &dyn Fn(usize) -> i64| -> i64 { neighbors[i].iter().map(|&j| term(j)).sum() };
        let four = fourth - d * (d - 1) - over(&degree);
        let five = fifth - 2 * t * d - 2 * over(&|j| square[j] * degree(j)) - over(&triangles) + 5 * t;
        nodes.push([t, four, five].map(|twice| (twice / 2) as u64));
        sixes += -3 * t * t + 9 * over(&|j| square[j] * square[j]) - 6 * d * fourth + 6 * fourth - 4 * t;
        sixes += 4 * d * d * d + 3 * cube.iter().sum::<i64>() - 12 * d * d + 4 * d;
    }
    let total = |k: usize| nodes.iter().map(|of_node| of_node[k]).sum::<u64>() / (k as u64 + 3);
    let graph = [total(0), total(1), total(2), (sixes / 12) as u64];
    Ok(CycleCounts { nodes, graph })
}

/// The neighbours of each vertex in the simple undirected graph.
fn simple_neighbors(graph: &ColoredGraph) -> Vec<Vec<usize>> {
    let simple = |v: u32| {
        let mut neighbors = graph.neighbors(v).to_vec();
        if graph.is_directed() {
            neighbors.extend(graph.in_neighbors(v));
            neighbors.sort_unstable();
            neighbors.dedup();
        }
        neighbors.retain(|&u| u != v);
        neighbors.into_iter().map(|u| u as usize).collect()
    };
    (0..graph.n() as u32).map(simple).collect()
}

/// Components and spectrum of the Laplacian `L = D − A`: [`laplacian_spectrum`].
///
/// ```
/// use sympe_canon::{features::laplacian_spectrum, graph::ColoredGraph};
/// let graph = ColoredGraph::from_edges(4, false, [(1, 2), (2, 3)])?; // a path and a vertex
/// let spectrum = laplacian_spectrum(&graph, 1);
/// assert_eq!(spectrum.components, 2);
/// assert_eq!(spectrum.outside_largest, [true, false, false, false]);
/// assert!((spectrum.eigenvalues[0] - 1.0).abs() < 1e-12 && (spectrum.eigenvalues[1] - 3.0).abs() < 1e-12);
/// assert!((spectrum.eigenvectors[1] + spectrum.eigenvectors[3]).abs() < 1e-12); // (0, 1, 0, −1)/√2, up to sign
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LaplacianSpectrum {
    /// The number of connected components: how often 0 is an eigenvalue.
    pub components: usize,
    /// Whether there is a component larger than that of the vertex.
    pub outside_largest: Vec<bool>,
    /// The other eigenvalues, ascending: `n − components` positive numbers.
    pub eigenvalues: Vec<f64>,
    /// Eigenvectors of the first of them, of unit norm: row-major `[n, dim]`, zero columns where there are no more.
    pub eigenvectors: Vec<f64>,
}

/// The eigenvalues of the Laplacian, and `dim` eigenvectors after its null space. Components are decomposed one by
/// one, so that the null space is exact: O(Σ m³) for components of `m` vertices, and several times less work without
/// eigenvectors.
///
/// Signs, and bases of repeated eigenvalues, are arbitrary and depend on the numbering: eigenvectors break
/// symmetries, the rest does not.
#[must_use]
pub fn laplacian_spectrum(graph: &ColoredGraph, dim: usize) -> LaplacianSpectrum {
    let components = graph.components();
    let largest = components.iter().map(Vec::len).max().unwrap_or(0);
    let mut outside_largest = vec![false; graph.n()];
    let (mut eigenvalues, mut vectors) = (Vec::new(), Vec::new());
    for component in &components {
        if component.len() < largest {
            component.iter().for_each(|&v| outside_largest[v as usize] = true);
        }
        if component.len() == 1 {
            continue;
        }
        let laplacian = laplacian(graph, component);
        let (values, basis) = if dim == 0 {
            (laplacian.symmetric_eigenvalues(), None)
        } else {
            let eigen = SymmetricEigen::new(laplacian);
            (eigen.eigenvalues, Some(eigen.eigenvectors))
        };
        let mut order: Vec<usize> = (0..component.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        // The first eigenvector is the constant one, which is left out.
        for &which in &order[1..] {
            eigenvalues.push(values[which]);
        }
        if let Some(basis) = basis {
            for &which in order[1..].iter().take(dim) {
                vectors.push((values[which], component, basis.column(which).into_owned()));
            }
        }
    }
    eigenvalues.sort_by(f64::total_cmp);
    vectors.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut eigenvectors = vec![0.0; graph.n() * dim];
    for (column, (_, component, vector)) in vectors.iter().take(dim).enumerate() {
        for (&v, &entry) in component.iter().zip(vector) {
            eigenvectors[v as usize * dim + column] = entry;
        }
    }
    LaplacianSpectrum {
        components: components.len(),
        outside_largest,
        eigenvalues,
        eigenvectors,
    }
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
    fn eigenvectors_are_exchanged_only_where_they_part_equal_nodes() {
        let rows_differ = |features: &[f32], dim: usize, u: usize, v: usize| {
            (0..dim).any(|k| (features[u * dim + k] - features[v * dim + k]).abs() > 1e-4)
        };
        // A path has a simple spectrum, and no two nodes agree in the first eigenvector.
        let edges = (0..9).map(|v| (v, v + 1));
        let path = ColoredGraph::from_edges(10, false, edges).unwrap();
        assert_eq!(parting_eigenvectors(&path, 3), laplacian_eigenvectors(&path, 3));
        // A hexagon joined to six vertices: the first five eigenvectors part those and leave the hexagon equal.
        let ring = (0..6).map(|v| (v, (v + 1) % 6));
        let twins = (0..6).flat_map(|v| (6..12).map(move |twin| (v, twin)));
        let graph = ColoredGraph::from_edges(12, false, ring.chain(twins)).unwrap();
        let (first, parting) = (laplacian_eigenvectors(&graph, 5), parting_eigenvectors(&graph, 5));
        let equal = |features: &[f32]| {
            (0..12)
                .flat_map(|u| (0..u).map(move |v| (u, v)))
                .filter(|&(u, v)| !rows_differ(features, 5, u, v))
                .count()
        };
        assert!(equal(&first) > 0, "the case shows nothing");
        assert!(equal(&parting) < equal(&first));
        // Columns are eigenvectors still: orthogonal, of unit mean square.
        for a in 0..5 {
            for b in 0..5 {
                let product: f32 = (0..12)
                    .map(|i| parting[i * 5 + a] * parting[i * 5 + b])
                    .sum::<f32>()
                    / 12.0;
                assert!((product - f32::from(u8::from(a == b))).abs() < 1e-4);
            }
        }
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
    fn relative_walks_are_geometric_means_of_both_ways_and_equivariant() {
        // A triangle with a tail, an edge of its own, an isolated node.
        let edges = [(0, 1), (1, 2), (2, 0), (2, 3), (4, 5)];
        let graph = ColoredGraph::from_edges(7, false, edges).unwrap();
        let (n, dim) = (7, 4);
        let found = relative_walks(&graph, dim);
        let degree = |i: usize| graph.neighbors(i as u32).len() as f64;
        // Step by step, as a walk goes.
        for from in 0..n {
            let mut at = vec![0.0; n];
            at[from] = 1.0;
            for step in 0..dim {
                let mut next = vec![0.0; n];
                for i in 0..n {
                    let neighbors = graph.neighbors(i as u32);
                    if neighbors.is_empty() {
                        next[i] += at[i];
                    }
                    for &j in neighbors.iter() {
                        next[j as usize] += at[i] / degree(i);
                    }
                }
                at = next;
                for to in 0..n {
                    // Walks are reversible: d(i)·p(i, j) = d(j)·p(j, i).
                    let back = if at[to] == 0.0 {
                        0.0
                    } else {
                        at[to] * degree(from).max(1.0) / degree(to).max(1.0)
                    };
                    let entry = f64::from(found[(from * n + to) * dim + step]);
                    let expected = (at[to] * back).sqrt();
                    assert!(
                        (entry - expected).abs() < 1e-6,
                        "{from}, {to}, {step}: {entry}, {expected}"
                    );
                    assert_eq!(
                        found[(from * n + to) * dim + step],
                        found[(to * n + from) * dim + step]
                    );
                }
            }
        }
        let returns = return_probabilities(&graph, dim);
        for i in 0..n {
            for step in 0..dim {
                assert!((found[(i * n + i) * dim + step] - returns[i * dim + step]).abs() < 1e-6);
            }
        }
        let k = Permutation::parse("(0 3 1)(2 4 6)", 7).unwrap();
        let moved = relative_walks(&k.act(&graph), dim);
        let image = |i: usize| k.apply(i as u32) as usize;
        for (at, value) in found.iter().enumerate() {
            let (i, j, step) = (at / dim / n, at / dim % n, at % dim);
            assert!((value - moved[(image(i) * n + image(j)) * dim + step]).abs() < 1e-6);
        }
    }

    #[test]
    fn a_graph_without_vertices_has_no_features() {
        let empty = ColoredGraph::from_edges(0, false, []).unwrap();
        assert!(laplacian_eigenvectors(&empty, 2).is_empty() && return_probabilities(&empty, 2).is_empty());
        assert!(relative_walks(&empty, 2).is_empty() && parting_eigenvectors(&empty, 2).is_empty());
    }
}
