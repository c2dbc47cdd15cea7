//! What a denoising network is told beside the classes: cycle counts, spectra, random walks, valences. All but eigenvectors are
//! equivariant.

use super::{CategoricalGraph, MoleculeClasses};
use crate::DataError;
use crate::molecule::max_valence;
use sympe_canon::features::{cycle_counts, laplacian_spectrum, relative_walks};

/// Eigenvalues after those of the null space that are told.
const EIGENVALUES: usize = 5;
/// Eigenvectors likewise.
const EIGENVECTORS: usize = 2;

/// Features of a noisy graph that networks of its kind cannot compute, or not easily (*DiGress*, appendix B.2). Edges of
/// any class but 0 count alike, but for valences.
///
/// | | per node | per pair of nodes | per graph |
/// |---|---|---|---|
/// | always | | | `n / max_nodes` |
/// | `cycles` | cycles of length 3, 4, 5 through the node | | cycles of length 3, 4, 5, 6; all divided by 10, at most 1 |
/// | `spectrum` | 1 outside the largest component, else 0 | | components; the next 5 eigenvalues of `D − A`, divided by `n`, 2 where there are no more |
/// | `eigenvectors` | 2 eigenvectors after the null space, of unit norm, 0 where there are no more | | |
/// | `rrwp` = K | probabilities that 1, …, K steps of a random walk return | [`relative_walks`] of 1, …, K steps | |
/// | `molecular` | charge: valence of the element less orders of bonds; orders of bonds, 3/2 for delocalized ones | | weight in 100 daltons |
///
/// Columns come in the order of the table, named by [`node_names`](Self::node_names), [`pair_names`](Self::pair_names) and
/// [`graph_names`](Self::graph_names). All are equivariant but the eigenvectors: their signs, and bases of repeated
/// eigenvalues, depend on the numbering, so they break symmetries without control. The time is for the caller to add.
///
/// Relative random-walk probabilities (Ma et al., ICML 2023) tell pairs apart where the other columns tell nodes and graphs apart:
/// later work on discrete diffusion has them in the place of cycles and spectrum.
///
/// ```
/// use sympe_data::diffusion::{CategoricalGraph, ExtraFeatures};
/// let triangle = CategoricalGraph::new(vec![0; 3], vec![0, 1, 1, 1, 0, 1, 1, 1, 0])?;
/// let features = ExtraFeatures { cycles: true, ..ExtraFeatures::none(6) };
/// let (mut nodes, mut graph) = ([0.0; 9], [0.0; 5]);
/// features.write(&triangle, &mut nodes, &mut [], &mut graph)?;
/// assert_eq!(features.node_names(), ["3-cycles", "4-cycles", "5-cycles"]);
/// assert_eq!(nodes[..3], [0.1, 0.0, 0.0]);
/// assert_eq!(graph, [0.5, 0.1, 0.0, 0.0, 0.0]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraFeatures {
    /// Numbers of short cycles.
    pub cycles: bool,
    /// Components and eigenvalues of the Laplacian.
    pub spectrum: bool,
    /// Eigenvectors of the Laplacian.
    pub eigenvectors: bool,
    /// Steps of random walks whose relative probabilities are told, of nodes and pairs; 0 for none.
    pub rrwp: usize,
    /// What the classes say as these elements and bonds; `None` where they are no molecules, or it is not told.
    pub molecular: Option<MoleculeClasses>,
    /// The largest number of nodes.
    pub max_nodes: usize,
}

impl ExtraFeatures {
    /// Nothing but the number of nodes.
    #[must_use]
    pub fn none(max_nodes: usize) -> Self {
        Self {
            cycles: false,
            spectrum: false,
            eigenvectors: false,
            rrwp: 0,
            molecular: None,
            max_nodes,
        }
    }

    /// The columns of the features of nodes.
    #[must_use]
    pub fn node_names(&self) -> Vec<String> {
        let walks = (1..=self.rrwp)
            .map(|steps| format!("return in {steps}"))
            .collect();
        self.names([
            Vec::new(),
            owned(&["3-cycles", "4-cycles", "5-cycles"]),
            owned(&["outside largest component"]),
            owned(&["eigenvector 1", "eigenvector 2"]),
            walks,
            owned(&["charge", "valency"]),
        ])
    }

    /// The columns of the features of pairs of nodes.
    #[must_use]
    pub fn pair_names(&self) -> Vec<String> {
        (1..=self.rrwp).map(|steps| format!("walk in {steps}")).collect()
    }

    /// The columns of the features of the graph.
    #[must_use]
    pub fn graph_names(&self) -> Vec<String> {
        let eigenvalues = (1..=EIGENVALUES).map(|k| format!("eigenvalue {k}"));
        self.names([
            owned(&["size"]),
            owned(&["3-cycles", "4-cycles", "5-cycles", "6-cycles"]),
            owned(&["components"]).into_iter().chain(eigenvalues).collect(),
            Vec::new(),
            Vec::new(),
            owned(&["weight"]),
        ])
    }

    /// The columns of the groups that are asked for, in the order of the table.
    fn names(&self, of_group: [Vec<String>; 6]) -> Vec<String> {
        let wanted = [
            true,
            self.cycles,
            self.spectrum,
            self.eigenvectors,
            self.rrwp > 0,
            self.molecular.is_some(),
        ];
        let groups = of_group.into_iter().zip(wanted);
        groups
            .filter(|(_, wanted)| *wanted)
            .flat_map(|(names, _)| names)
            .collect()
    }

    /// Writes the features of nodes, row-major `[n, k]` with a column per [name](Self::node_names), of pairs, `[n, n, p]`,
    /// symmetric and zero on the diagonal, and of the graph. For a molecule with hydrogens, tens of microseconds; the eigenvalues
    /// take most of it, or the walks, O(K n³).
    ///
    /// # Errors
    ///
    /// When a slice has another length, the graph has more than `max_nodes` nodes or too many for
    /// [`cycle_counts`], or `molecular` features are asked for classes that stand for no element or bond.
    pub fn write(
        &self,
        graph: &CategoricalGraph,
        nodes: &mut [f32],
        pairs: &mut [f32],
        global: &mut [f32],
    ) -> Result<(), DataError> {
        let n = graph.n();
        self.check(n, [nodes.len(), pairs.len(), global.len()])?;
        let mut of_nodes = Columns {
            width: self.node_names().len(),
            slice: nodes,
            next: 0,
        };
        let mut of_graph = global.iter_mut();
        let mut put = |value: f64| *of_graph.next().expect("as long as its names") = value as f32;
        put(n as f64 / self.max_nodes.max(1) as f64);
        let colored = graph.to_colored_graph();
        if self.cycles {
            let scaled = |count: u64| (count as f64 / 10.0).min(1.0);
            let counts = cycle_counts(&colored).map_err(|error| {
                DataError::invalid("graph to count the cycles of", error, "at most 1024 nodes")
            })?;
            for k in 0..3 {
                of_nodes.put(|i| scaled(counts.nodes[i][k]));
            }
            counts.graph.iter().for_each(|&count| put(scaled(count)));
        }
        if self.spectrum || self.eigenvectors {
            let spectrum = laplacian_spectrum(&colored, if self.eigenvectors { EIGENVECTORS } else { 0 });
            if self.spectrum {
                of_nodes.put(|i| f64::from(spectrum.outside_largest[i]));
                put(spectrum.components as f64);
                for k in 0..EIGENVALUES {
                    put(spectrum.eigenvalues.get(k).map_or(2.0, |value| value / n as f64));
                }
            }
            if self.eigenvectors {
                for k in 0..EIGENVECTORS {
                    of_nodes.put(|i| spectrum.eigenvectors[i * EIGENVECTORS + k]);
                }
            }
        }
        if self.rrwp > 0 {
            let walks = relative_walks(&colored, self.rrwp);
            for k in 0..self.rrwp {
                of_nodes.put(|i| walks[(i * n + i) * self.rrwp + k].into());
            }
            pairs.copy_from_slice(&walks);
            pairs
                .chunks_exact_mut(self.rrwp)
                .step_by(n + 1)
                .for_each(|own| own.fill(0.0));
        }
        if let Some(classes) = &self.molecular {
            let atoms = classes.valences(graph)?;
            of_nodes.put(|i| f64::from(max_valence(atoms[i].0.into())) - atoms[i].1);
            of_nodes.put(|i| atoms[i].1);
            put(atoms
                .iter()
                .map(|(element, _)| element.atomic_weight())
                .sum::<f64>()
                / 100.0);
        }
        Ok(())
    }

    /// Refuses a graph of more than `max_nodes` nodes, and slices of features of nodes, pairs and the graph of other lengths than
    /// theirs.
    fn check(&self, n: usize, lengths: [usize; 3]) -> Result<(), DataError> {
        if n > self.max_nodes {
            let got = format!("{n} where the largest is said to have {}", self.max_nodes);
            return Err(DataError::invalid("number of nodes", got, "at most max_nodes"));
        }
        let wanted = [
            ("slice of node features", n * self.node_names().len()),
            ("slice of pair features", n * n * self.rrwp),
            ("slice of graph features", self.graph_names().len()),
        ];
        for ((what, want), len) in wanted.into_iter().zip(lengths) {
            if len != want {
                let got = format!("{len} long where there are {want} features");
                return Err(DataError::invalid(what, got, "one entry per feature"));
            }
        }
        Ok(())
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A row-major matrix that is filled column by column.
struct Columns<'a> {
    slice: &'a mut [f32],
    width: usize,
    next: usize,
}

impl Columns<'_> {
    fn put(&mut self, value: impl Fn(usize) -> f64) {
        for (i, row) in self.slice.chunks_exact_mut(self.width).enumerate() {
            row[self.next] = value(i) as f32;
        }
        self.next += 1;
    }
}
