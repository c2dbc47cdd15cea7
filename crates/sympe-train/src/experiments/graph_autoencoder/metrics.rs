//! Metrics of reconstructed graphs.

use crate::report::{Curve, Table, percentages, short_names};
use serde_json::{Value, json};
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
    /// Of graphs with classes.
    classes: Option<ClassErrors>,
    /// Whether a graph was rebuilt without any wrong entry, in the order of the graphs.
    exact: Vec<bool>,
}

/// How well classes were reconstructed.
#[derive(Clone, Debug, Default, PartialEq)]
struct ClassErrors {
    /// Cross-entropy of nodes and ordered pairs.
    nats: f64,
    wrong_nodes: u64,
    nodes: u64,
    wrong_pairs: u64,
    pairs: u64,
}

/// Cross-entropy of a class in nats, and whether the likeliest one is another.
fn cross_entropy(logits: &[f32], class: u32) -> (f64, bool) {
    let target = f64::from(logits[class as usize]);
    let partition = log_sum_exp(logits);
    let likeliest = logits.iter().copied().enumerate().fold((0, f32::NEG_INFINITY), |best, (class, logit)| {
        if logit > best.1 { (class, logit) } else { best }
    });
    (partition - target, likeliest.0 != class as usize)
}

fn log_sum_exp(logits: &[f32]) -> f64 {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    largest + logits.iter().map(|&l| (f64::from(l) - largest).exp()).sum::<f64>().ln()
}

impl Reconstruction {
    /// Adds a graph: logits and targets of its ordered pairs.
    pub(super) fn add_graph(&mut self, logits: &[f32], targets: &[f32]) {
        let before = self.wrong;
        self.graphs += 1;
        for (&logit, &target) in logits.iter().zip(targets) {
            self.add_pair(f64::from(logit), target > 0.5);
        }
        self.exact.push(self.wrong == before);
    }

    /// Adds a graph with classes: logits and class of each node, and of each ordered pair, where class 0 is no edge. Whether there
    /// is an edge counts as in bare graphs, its logit being that of some class but 0 against 0.
    pub(super) fn add_classes<'a>(
        &mut self,
        nodes: impl Iterator<Item = (&'a [f32], u32)>,
        pairs: impl Iterator<Item = (&'a [f32], u32)>,
    ) {
        self.graphs += 1;
        let mut found = self.classes.take().unwrap_or_default();
        let before = found.wrong_nodes + found.wrong_pairs;
        for (logits, class) in nodes {
            let (nats, wrong) = cross_entropy(logits, class);
            found.nats += nats;
            found.nodes += 1;
            found.wrong_nodes += u64::from(wrong);
        }
        for (logits, class) in pairs {
            let (nats, wrong) = cross_entropy(logits, class);
            found.nats += nats;
            found.pairs += 1;
            found.wrong_pairs += u64::from(wrong);
            self.add_pair(log_sum_exp(&logits[1..]) - f64::from(logits[0]), class > 0);
        }
        self.exact.push(found.wrong_nodes + found.wrong_pairs == before);
        self.classes = Some(found);
    }

    /// Adds an ordered pair.
    fn add_pair(&mut self, logit: f64, actual: bool) {
        let target = f64::from(u8::from(actual));
        self.nats += logit.max(0.0) - logit * target + (-logit.abs()).exp().ln_1p();
        let predicted = logit > 0.0;
        self.entries += 1;
        self.wrong += u64::from(predicted != actual);
        self.true_positive += u64::from(predicted && actual);
        self.false_positive += u64::from(predicted && !actual);
        self.false_negative += u64::from(!predicted && actual);
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

    /// All of them as named numbers; those of classes come first, where there are any.
    #[must_use]
    pub(super) fn named(&self) -> Vec<(&'static str, f64)> {
        let mut named = Vec::new();
        if let Some(classes) = &self.classes {
            let percent = |wrong: u64, all: u64| 100.0 * wrong as f64 / all.max(1) as f64;
            named.extend([
                ("cross_entropy", classes.nats / self.graphs.max(1) as f64),
                ("wrong_nodes_percent", percent(classes.wrong_nodes, classes.nodes)),
                ("wrong_pairs_percent", percent(classes.wrong_pairs, classes.pairs)),
            ]);
        }
        named.extend([
            ("bce", self.bce()),
            ("error_percent", self.error_percent()),
            ("f1", self.f1()),
            ("exact_percent", self.exact_percent()),
        ]);
        named
    }
}

/// Orders of automorphism groups that are told apart: from here to below the next.
const ORDERS: [u64; 6] = [1, 2, 3, 9, 65, 1025];

/// Exact reconstructions by the number of automorphisms of the graph.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BySymmetry {
    /// For each class of orders that occurs, by its place in [`ORDERS`]: how many graphs there are.
    classes: Vec<(usize, usize)>,
    /// For each setting: its name, the share of exact reconstructions of each class in percent, and that of all graphs.
    settings: Vec<(String, Vec<f64>, f64)>,
}

impl BySymmetry {
    /// Of settings, whose runs say for every graph whether it was rebuilt without any wrong entry. Of graphs with classes the
    /// automorphisms are those that keep them.
    ///
    /// # Errors
    ///
    /// When a search for symmetries exceeds its budget.
    pub(super) fn new<'a>(
        graphs: impl IntoIterator<Item = &'a ColoredGraph>,
        settings: &[(String, Vec<Vec<bool>>)],
    ) -> Result<Self, CanonError> {
        let search = SymmetrySearch::default();
        let mut members: [Vec<usize>; ORDERS.len()] = Default::default();
        for (index, graph) in graphs.into_iter().enumerate() {
            let order = search.run(graph)?.group().order_u64().unwrap_or(u64::MAX);
            members[ORDERS.partition_point(|&least| least <= order) - 1].push(index);
        }
        let all = members.concat();
        let share = |runs: &[Vec<bool>], graphs: &[usize]| {
            let exact = |run: &Vec<bool>| graphs.iter().filter(|&&graph| run[graph]).count();
            let count: usize = runs.iter().map(exact).sum();
            100.0 * count as f64 / (runs.len() * graphs.len()) as f64
        };
        let occur = || members.iter().enumerate().filter(|(_, graphs)| !graphs.is_empty());
        let setting = |(name, runs): &(String, Vec<Vec<bool>>)| {
            let shares = occur().map(|(_, graphs)| share(runs, graphs)).collect();
            (name.clone(), shares, share(runs, &all))
        };
        Ok(Self {
            classes: occur().map(|(class, graphs)| (class, graphs.len())).collect(),
            settings: settings.iter().map(setting).collect(),
        })
    }

    /// A row for each class, a column for each setting.
    pub(super) fn table(&self) -> Table {
        let name = |class: usize| match (ORDERS[class], ORDERS.get(class + 1)) {
            (least, Some(next)) if least + 1 == *next => least.to_string(),
            (least, Some(next)) => format!("{least} to {}", next - 1),
            (least, None) => format!("{least} and more"),
        };
        let row = |label: String, count: usize, shares: Vec<f64>| -> Vec<String> {
            let shares = shares.iter().map(|share| format!("{share:.1}"));
            [label, count.to_string()].into_iter().chain(shares).collect()
        };
        let classes = self.classes.iter().enumerate();
        let of_class = |place: usize| self.settings.iter().map(|(_, shares, _)| shares[place]).collect();
        let mut rows: Vec<Vec<String>> = classes
            .map(|(place, &(class, count))| row(name(class), count, of_class(place)))
            .collect();
        if rows.len() > 1 {
            let count = self.classes.iter().map(|(_, count)| count).sum();
            let shares = self.settings.iter().map(|(.., all)| *all).collect();
            rows.push(row("all".to_owned(), count, shares));
        }
        let head = ["automorphisms", "graphs"].map(str::to_owned).into_iter();
        Table {
            head: head
                .chain(self.settings.iter().map(|(name, ..)| name.clone()))
                .collect(),
            rows,
        }
    }

    /// A curve for each setting, at the least order of each class.
    pub(super) fn picture(&self) -> String {
        let names: Vec<&str> = self.settings.iter().map(|(name, ..)| name.as_str()).collect();
        let orders = || self.classes.iter().map(|&(class, _)| ORDERS[class] as u32);
        let curve = |(name, (_, shares, _)): (String, &(String, Vec<f64>, f64))| Curve {
            name,
            points: orders().zip(shares.iter().copied()).collect(),
        };
        let curves: Vec<Curve> = short_names(&names).into_iter().zip(&self.settings).map(curve).collect();
        percentages("exact graphs, %", "automorphisms, from this number to the next", &curves)
    }

    /// A JSON object per setting: the classes with the least order of each, and the share of all graphs.
    pub(super) fn json(&self) -> String {
        let line = |(name, shares, all): &(String, Vec<f64>, f64)| {
            let class = |(&(class, count), share): (&(usize, usize), &f64)| {
                json!({"automorphisms": ORDERS[class], "graphs": count, "exact_percent": share})
            };
            let classes: Vec<Value> = self.classes.iter().zip(shares).map(class).collect();
            let object = json!({"setting": name, "exact_percent": all, "by_automorphisms": classes});
            format!("{object}\n")
        };
        self.settings.iter().map(line).collect()
    }
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
    fn of_classes_a_node_or_a_pair_may_be_wrong_while_all_edges_are_right() {
        let mut found = Reconstruction::default();
        let (carbon, oxygen) = (&[2.0, 0.0][..], &[0.0, 2.0][..]);
        let (none, single, double) = (&[0.0, -4.0, -5.0][..], &[0.0, 4.0, -1.0][..], &[0.0, 1.0, 6.0][..]);
        found.add_classes([(carbon, 0), (oxygen, 1)].into_iter(), [(double, 2), (none, 0)].into_iter());
        found.add_classes([(carbon, 0), (oxygen, 1)].into_iter(), [(single, 2), (none, 0)].into_iter());
        found.add_classes([(carbon, 1)].into_iter(), [].into_iter());
        assert_eq!(found.exact(), [true, false, false]);
        let named = |name: &str| found.named().iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!((named("error_percent"), named("f1")), (0.0, 1.0));
        assert!((named("wrong_nodes_percent") - 20.0).abs() < 1e-12);
        assert!((named("wrong_pairs_percent") - 25.0).abs() < 1e-12);
        // ln(1 + e⁻²) of each node that is right, and so on; three graphs.
        let node = (-2f64).exp().ln_1p();
        let pair = |logits: &[f64], class: usize| logits.iter().map(|l| l.exp()).sum::<f64>().ln() - logits[class];
        let pairs = pair(&[0.0, 1.0, 6.0], 2) + pair(&[0.0, 4.0, -1.0], 2) + 2.0 * pair(&[0.0, -4.0, -5.0], 0);
        let expected = (4.0 * node + (2.0 + node) + pairs) / 3.0;
        assert!((named("cross_entropy") - expected).abs() < 1e-9);
        // With two classes of pairs the edges' cross-entropy is that of bare graphs.
        let [mut bare, mut classes] = [(); 2].map(|()| Reconstruction::default());
        bare.add_graph(&[1.5, -0.5], &[1.0, 1.0]);
        classes.add_classes([].into_iter(), [(&[0.0, 1.5][..], 1), (&[0.0, -0.5][..], 1)].into_iter());
        assert!((classes.named()[0].1 - bare.bce()).abs() < 1e-9);
        assert_eq!((classes.bce(), classes.f1()), (bare.bce(), bare.f1()));
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
        let found = BySymmetry::new(&graphs, &settings).unwrap();
        insta::assert_snapshot!(found.table().markdown(), @r"
        | automorphisms | graphs | two runs | one |
        |---------------|--------|----------|-----|
        | 1             | 1      | 100.0    | 0.0 |
        | 2             | 2      | 75.0     | 0.0 |
        | 3 to 8        | 1      | 100.0    | 0.0 |
        | 1025 and more | 1      | 50.0     | 0.0 |
        | all           | 5      | 80.0     | 0.0 |
        ");
        let lines: Vec<Value> = (found.json().lines()).map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines.len(), &lines[0]["exact_percent"]), (2, &json!(80.0)));
        let class = json!({"automorphisms": 2, "graphs": 2, "exact_percent": 75.0});
        assert_eq!(lines[0]["by_automorphisms"].as_array().unwrap()[1], class);
        let picture = found.picture();
        assert!(["two runs", "one", "1025"].iter().all(|text| picture.contains(text)), "{picture}");
    }
}
