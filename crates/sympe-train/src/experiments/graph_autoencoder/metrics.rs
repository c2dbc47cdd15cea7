//! Metrics of reconstructed graphs.

use crate::report::Table;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};

/// How well graphs were reconstructed (Satorras et al. 2021, section 5.2).
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reconstruction {
    graphs: u64,
    nats: f64,
    wrong: u64,
    entries: u64,
    true_positive: u64,
    false_positive: u64,
    false_negative: u64,
    /// Whether a graph was rebuilt without any wrong entry, in the order of the graphs.
    exact: Vec<bool>,
}

impl Reconstruction {
    /// Adds a graph: logits and targets of its ordered pairs.
    pub(super) fn add_graph(&mut self, logits: &[f32], targets: &[f32]) {
        let before = self.wrong;
        self.graphs += 1;
        for (&logit, &target) in logits.iter().zip(targets) {
            let (l, t) = (f64::from(logit), f64::from(target));
            self.nats += l.max(0.0) - l * t + (-l.abs()).exp().ln_1p();
            let (predicted, actual) = (logit > 0.0, target > 0.5);
            self.entries += 1;
            self.wrong += u64::from(predicted != actual);
            self.true_positive += u64::from(predicted && actual);
            self.false_positive += u64::from(predicted && !actual);
            self.false_negative += u64::from(!predicted && actual);
        }
        self.exact.push(self.wrong == before);
    }

    /// Whether each graph was rebuilt without any wrong entry.
    pub(super) fn exact(&self) -> &[bool] {
        &self.exact
    }

    /// Graphs rebuilt without any wrong entry, in percent.
    fn exact_percent(&self) -> f64 {
        let exact = self.exact.iter().filter(|&&exact| exact).count();
        100.0 * exact as f64 / self.graphs.max(1) as f64
    }

    /// Binary cross-entropy, summed over the ordered pairs of a graph, mean over graphs, in nats.
    #[must_use]
    pub(super) fn bce(&self) -> f64 {
        self.nats / self.graphs.max(1) as f64
    }

    /// Wrong entries in percent, threshold ½, pooled over graphs.
    #[must_use]
    pub(super) fn error_percent(&self) -> f64 {
        100.0 * self.wrong as f64 / self.entries.max(1) as f64
    }

    /// F1 of edges, pooled over graphs; 1 when there are none and none is predicted.
    #[must_use]
    pub(super) fn f1(&self) -> f64 {
        let errors = self.false_positive + self.false_negative;
        if self.true_positive + errors == 0 {
            return 1.0;
        }
        let hits = self.true_positive as f64;
        hits / (hits + 0.5 * errors as f64)
    }

    /// All of them as named numbers.
    #[must_use]
    pub(super) fn named(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("bce", self.bce()),
            ("error_percent", self.error_percent()),
            ("f1", self.f1()),
            ("exact_percent", self.exact_percent()),
        ]
    }
}

/// Orders of automorphism groups that are told apart: from here to below the next.
const ORDERS: [u64; 6] = [1, 2, 3, 9, 65, 1025];

/// Exact reconstructions by the number of automorphisms of the graph: a row for each class of orders that occurs, a column for
/// each setting, whose runs say for every graph whether it was rebuilt without any wrong entry.
///
/// # Errors
///
/// When a search for symmetries exceeds its budget.
pub(super) fn by_symmetry<'a>(
    graphs: impl IntoIterator<Item = &'a ColoredGraph>,
    settings: &[(String, Vec<Vec<bool>>)],
) -> Result<Table, CanonError> {
    let search = SymmetrySearch::default();
    let mut classes: [Vec<usize>; ORDERS.len()] = Default::default();
    for (index, graph) in graphs.into_iter().enumerate() {
        let order = search.run(graph)?.group().order_u64().unwrap_or(u64::MAX);
        classes[ORDERS.partition_point(|&least| least <= order) - 1].push(index);
    }
    let name = |class: usize| match (ORDERS[class], ORDERS.get(class + 1)) {
        (least, Some(next)) if least + 1 == *next => least.to_string(),
        (least, Some(next)) => format!("{least} to {}", next - 1),
        (least, None) => format!("{least} and more"),
    };
    let row = |label: String, graphs: &[usize]| {
        let share = |(_, runs): &(String, Vec<Vec<bool>>)| {
            let exact = |run: &Vec<bool>| graphs.iter().filter(|&&graph| run[graph]).count();
            let count: usize = runs.iter().map(exact).sum();
            format!("{:.1}", 100.0 * count as f64 / (runs.len() * graphs.len()) as f64)
        };
        [label, graphs.len().to_string()]
            .into_iter()
            .chain(settings.iter().map(share))
            .collect()
    };
    let mut rows: Vec<Vec<String>> = (0..ORDERS.len())
        .filter(|&class| !classes[class].is_empty())
        .map(|class| row(name(class), &classes[class]))
        .collect();
    let all: Vec<usize> = classes.concat();
    if rows.len() > 1 {
        rows.push(row("all".to_owned(), &all));
    }
    let head = ["automorphisms", "graphs"].map(str::to_owned).into_iter();
    Ok(Table {
        head: head
            .chain(settings.iter().map(|(name, _)| name.clone()))
            .collect(),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_counts_as_exact_only_without_any_wrong_entry() {
        let mut found = Reconstruction::default();
        found.add_graph(&[1.0, -1.0], &[1.0, 0.0]);
        found.add_graph(&[1.0, -1.0], &[1.0, 1.0]);
        found.add_graph(&[], &[]);
        assert_eq!(found.exact(), [true, false, true]);
        let named = found.named();
        let exact = named.iter().find(|(name, _)| *name == "exact_percent").unwrap();
        assert!((exact.1 - 200.0 / 3.0).abs() < 1e-12);
        let wrong = named.iter().find(|(name, _)| *name == "error_percent").unwrap();
        assert!((wrong.1 - 25.0).abs() < 1e-12);
    }

    #[test]
    fn exact_reconstructions_are_counted_by_the_number_of_automorphisms() {
        let graph = |n, edges: &[(u32, u32)]| ColoredGraph::from_edges(n, false, edges.iter().copied()).unwrap();
        let graphs = [
            graph(1, &[]),
            graph(2, &[(0, 1)]),
            graph(3, &[(0, 1)]),
            graph(4, &[(0, 1), (0, 2), (0, 3)]),
            graph(25, &[]), // more automorphisms than a machine word counts
        ];
        let run = vec![true, true, false, true, false];
        let settings = [
            ("two runs".to_owned(), vec![run, vec![true; 5]]),
            ("one".to_owned(), vec![vec![false; 5]]),
        ];
        insta::assert_snapshot!(by_symmetry(&graphs, &settings).unwrap().markdown(), @r"
        | automorphisms | graphs | two runs | one |
        |---------------|--------|----------|-----|
        | 1             | 1      | 100.0    | 0.0 |
        | 2             | 2      | 75.0     | 0.0 |
        | 3 to 8        | 1      | 100.0    | 0.0 |
        | 1025 and more | 1      | 50.0     | 0.0 |
        | all           | 5      | 80.0     | 0.0 |
        ");
    }
}
