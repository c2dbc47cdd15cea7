//! Discrete diffusion against enumeration: every law over all graphs of two or three nodes.

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sympe_canon::graph::ColoredGraph;
use sympe_data::diffusion::{
    Bound, CategoricalGraph, Chain, CosineSchedule, EvaluationNoise, ExtraFeatures, Limit, MoleculeClasses,
    NodeCounts, Prediction, Process, Spacing,
};
use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics};
use sympe_data::molecule::{Hydrogens, Marginals, Molecule, SmallMolecules, smiles};
use sympe_data::random_graphs::ErdosRenyi;
use sympe_data::{DataError, Dataset};
use sympe_groups::laws::check_action;
use sympe_groups::{Action, ChiSquare, Group, Permutation};

type Matrix = Vec<Vec<f64>>;

fn process(steps: usize, nodes: &[f64], edges: &[f64]) -> Process {
    Process::new(
        CosineSchedule::new(steps).unwrap(),
        Limit::new(nodes.to_vec(), edges.to_vec()).unwrap(),
    )
}

/// All graphs of `n` nodes.
fn all_graphs(n: usize, dx: u8, de: u8) -> Vec<CategoricalGraph> {
    let pairs: Vec<_> = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).collect();
    let count = usize::from(dx).pow(n as u32) * usize::from(de).pow(pairs.len() as u32);
    let graph = |mut code: usize| {
        let mut digit = |base: u8| {
            let digit = code % usize::from(base);
            code /= usize::from(base);
            digit as u8
        };
        let nodes = (0..n).map(|_| digit(dx)).collect();
        let mut edges = vec![0; n * n];
        for &(i, j) in &pairs {
            edges[i * n + j] = digit(de);
            edges[j * n + i] = edges[i * n + j];
        }
        CategoricalGraph::new(nodes, edges).unwrap()
    };
    (0..count).map(graph).collect()
}

/// The classes of the variables: nodes, then pairs by rows, with the place of each in a prediction.
fn variables(graph: &CategoricalGraph) -> Vec<(bool, usize)> {
    let n = graph.n();
    let nodes = graph.nodes().iter().map(|&class| (false, class.into()));
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    nodes
        .chain(pairs.map(|(i, j)| (true, graph.edge(i, j).into())))
        .collect()
}

/// `Q_t` of nodes or edges, from the definition.
fn transition(process: &Process, is_edge: bool, t: usize) -> Matrix {
    let limit = if is_edge {
        process.limit().edges()
    } else {
        process.limit().nodes()
    };
    let beta = process.schedule().beta(t);
    let row = |i| {
        limit
            .iter()
            .enumerate()
            .map(|(j, m)| beta * m + if i == j { 1.0 - beta } else { 0.0 })
            .collect()
    };
    (0..limit.len()).map(row).collect()
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry = |i: usize, j: usize| (0..b.len()).map(|k| a[i][k] * b[k][j]).sum();
    (0..a.len())
        .map(|i| (0..b[0].len()).map(|j| entry(i, j)).collect())
        .collect()
}

/// `Q_0 ⋯ Q_t`.
fn accumulated(process: &Process, is_edge: bool, t: usize) -> Matrix {
    (1..=t).fold(transition(process, is_edge, 0), |sofar, s| {
        product(&sofar, &transition(process, is_edge, s))
    })
}

/// The law of whole graphs that moves every variable by its matrix.
fn lift(graphs: &[CategoricalGraph], [nodes, edges]: [Matrix; 2]) -> Matrix {
    let between = |x: &CategoricalGraph, z: &CategoricalGraph| -> f64 {
        let pairs = variables(x).into_iter().zip(variables(z));
        pairs
            .map(|((is_edge, from), (_, to))| if is_edge { edges[from][to] } else { nodes[from][to] })
            .product()
    };
    graphs
        .iter()
        .map(|x| graphs.iter().map(|z| between(x, z)).collect())
        .collect()
}

fn step_matrix(process: &Process, graphs: &[CategoricalGraph], t: usize) -> Matrix {
    lift(
        graphs,
        [false, true].map(|is_edge| transition(process, is_edge, t)),
    )
}

fn noise_matrix(process: &Process, graphs: &[CategoricalGraph], t: usize) -> Matrix {
    lift(
        graphs,
        [false, true].map(|is_edge| accumulated(process, is_edge, t)),
    )
}

fn index_of(graphs: &[CategoricalGraph], graph: &CategoricalGraph) -> usize {
    graphs.iter().position(|other| other == graph).unwrap()
}

/// Counts against a law; outcomes expected less than five times are pooled.
fn chi_square(counts: &[u64], law: &[f64]) -> ChiSquare {
    let total = counts.iter().sum::<u64>() as f64;
    let (mut cells, mut rare) = (Vec::new(), (0.0, 0.0));
    for (&count, &p) in counts.iter().zip(law) {
        if p * total < 5.0 {
            rare = (rare.0 + count as f64, rare.1 + p * total);
        } else {
            cells.push((count as f64, p * total));
        }
    }
    if rare.1 > 1.0 {
        cells.push(rare);
    } else {
        assert!(
            rare.0 <= 8.0 + rare.1,
            "{} outcomes that are expected {} times",
            rare.0,
            rare.1
        );
    }
    ChiSquare {
        statistic: cells
            .iter()
            .map(|(count, expected)| (count - expected).powi(2) / expected)
            .sum(),
        degrees: cells.len() - 1,
    }
}

fn assert_law(counts: &[u64], law: &[f64]) {
    assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let test = chi_square(counts, law);
    assert!(
        test.p_value() > 1e-3,
        "{test}: {counts:?}, expected shares {law:?}"
    );
}

/// Probabilities of every variable, as rows of nodes and of ordered pairs.
#[derive(Clone)]
struct Rows {
    n: usize,
    nodes: Vec<f32>,
    edges: Vec<f32>,
}

impl Rows {
    fn get(&self) -> Prediction<'_> {
        Prediction::new(self.n, &self.nodes, &self.edges)
    }

    /// From the law of each variable, pairs mirrored.
    fn new(n: usize, de: usize, laws: &[Vec<f64>]) -> Self {
        let nodes = laws[..n].concat().iter().map(|&p| p as f32).collect();
        let mut edges = vec![0.0; n * n * de];
        let mut law = laws[n..].iter();
        for i in 0..n {
            for j in i + 1..n {
                for (k, &p) in law.next().unwrap().iter().enumerate() {
                    edges[(i * n + j) * de + k] = p as f32;
                    edges[(j * n + i) * de + k] = p as f32;
                }
            }
        }
        Self { n, nodes, edges }
    }

    fn random(n: usize, dx: usize, de: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut draw = |len: usize| (0..len).map(|_| rng.random::<f32>() + 0.05).collect();
        Self {
            n,
            nodes: draw(n * dx),
            edges: draw(n * n * de),
        }
    }

    /// The normalized law of each variable, by the definition of a prediction.
    fn laws(&self, dx: usize, de: usize) -> Vec<Vec<f64>> {
        let n = self.n;
        let scaled = |row: Vec<f64>| {
            let total: f64 = row.iter().sum();
            row.iter().map(|p| p / total).collect::<Vec<f64>>()
        };
        let node = |i: usize| scaled((0..dx).map(|k| self.nodes[i * dx + k].into()).collect());
        let at = |i: usize, j: usize, k: usize| f64::from(self.edges[(i * n + j) * de + k]);
        let edge = |i, j| scaled((0..de).map(|k| at(i, j, k) + at(j, i, k)).collect());
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        (0..n).map(node).chain(pairs.map(|(i, j)| edge(i, j))).collect()
    }

    fn permuted(&self, g: &Permutation, dx: usize, de: usize) -> Self {
        let mut moved = self.clone();
        let image = |v: usize| g.apply(v as u32) as usize;
        for i in 0..self.n {
            moved.nodes[image(i) * dx..][..dx].copy_from_slice(&self.nodes[i * dx..][..dx]);
            for j in 0..self.n {
                let (from, to) = ((i * self.n + j) * de, (image(i) * self.n + image(j)) * de);
                moved.edges[to..][..de].copy_from_slice(&self.edges[from..][..de]);
            }
        }
        moved
    }
}

/// `p(z_{t−1} | z_t)` of the proper bound, from the matrices: a mixture of posteriors by Bayes' rule per variable.
fn reverse_matrix(
    process: &Process,
    graphs: &[CategoricalGraph],
    t: usize,
    prediction: impl Fn(usize) -> Rows,
) -> Matrix {
    let [dx, de] = [process.nodes(), process.edges()].map(|chain| chain.classes());
    let matrices = [false, true].map(|is_edge| {
        let before = accumulated(process, is_edge, t - 1);
        (
            transition(process, is_edge, t),
            accumulated(process, is_edge, t),
            before,
        )
    });
    let row = |index: usize| -> Vec<f64> {
        let laws = prediction(index).laws(dx, de);
        let steps: Vec<Vec<f64>> = variables(&graphs[index])
            .into_iter()
            .zip(&laws)
            .map(|((is_edge, z), law)| {
                let (q, bar, before) = &matrices[usize::from(is_edge)];
                let mixed = |s: usize| {
                    (0..law.len())
                        .map(|x| law[x] * q[s][z] * before[x][s] / bar[x][z])
                        .sum()
                };
                (0..law.len()).map(mixed).collect()
            })
            .collect();
        let probability = |s: &CategoricalGraph| -> f64 {
            variables(s)
                .iter()
                .zip(&steps)
                .map(|(&(_, class), step)| step[class])
                .product()
        };
        graphs.iter().map(probability).collect()
    };
    (0..graphs.len()).map(row).collect()
}

#[test]
fn the_schedule_has_the_published_numbers() {
    let schedule = CosineSchedule::new(500).unwrap();
    assert!((schedule.beta(0) - 8.723e-5).abs() < 0.5e-8);
    assert!((schedule.alpha_bar(250) - 0.492288).abs() < 0.5e-6);
    assert!((schedule.alpha_bar(499) - 9.676e-6).abs() < 0.5e-9);
    assert_eq!(schedule.beta(500), 0.9999);
    let short = CosineSchedule::new(6).unwrap();
    let lines: Vec<String> = (0..=6)
        .map(|t| format!("{t}: {:.6} {:.6}", short.beta(t), short.alpha_bar(t)))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    0: 0.054107 0.945893
    1: 0.149101 0.804859
    2: 0.249063 0.604398
    3: 0.365324 0.383597
    4: 0.516401 0.185507
    5: 0.737189 0.048753
    6: 0.999900 0.000005
    ");
}

#[test]
fn a_respaced_schedule_has_the_noise_of_the_times_that_it_keeps() {
    let schedule = CosineSchedule::new(100).unwrap();
    assert_eq!(schedule.respaced(100, Spacing::Time).unwrap(), schedule);
    for steps in [1, 3, 7, 10, 64, 99] {
        let fast = schedule.respaced(steps, Spacing::Time).unwrap();
        assert_eq!(fast.steps(), steps);
        let mut product = 1.0;
        for t in 0..=steps {
            let kept = (t as f64 * 100.0 / steps as f64).round() as usize;
            assert_eq!(fast.alpha_bar(t), schedule.alpha_bar(kept), "{t} of {steps}");
            assert_eq!(fast.progress(t), kept as f32 / 100.0);
            product *= 1.0 - fast.beta(t);
            assert!((product / fast.alpha_bar(t) - 1.0).abs() < 1e-9, "{t} of {steps}");
        }
    }
    let log_snr = |t: usize| (schedule.alpha_bar(t) / (1.0 - schedule.alpha_bar(t))).ln();
    for steps in [1, 2, 3, 10, 30, 99] {
        let fast = schedule.respaced(steps, Spacing::LogSnr).unwrap();
        let kept: Vec<usize> = (0..=steps)
            .map(|t| (fast.progress(t) * 100.0).round() as usize)
            .collect();
        assert!(
            kept[0] == 0 && kept[steps] == 100 && kept.is_sorted_by(|a, b| a < b),
            "{kept:?}"
        );
        // No other time is nearer to its part of the way, as long as the times are not crowded.
        if steps <= 10 {
            let part = (log_snr(0) - log_snr(99)) / steps as f64;
            for (k, &t) in kept.iter().enumerate().take(steps) {
                let off = |t: usize| (log_snr(0) - part * k as f64 - log_snr(t)).abs();
                assert!(
                    (0..100).all(|other| off(t) <= off(other)),
                    "{k} of {steps}: {kept:?}"
                );
            }
        }
    }
    // Fewer steps of fewer steps: times are still those of the first schedule.
    let twice = schedule
        .respaced(50, Spacing::Time)
        .unwrap()
        .respaced(5, Spacing::Time)
        .unwrap();
    assert_eq!(twice, schedule.respaced(5, Spacing::Time).unwrap());
}

#[test]
fn the_marginal_is_the_product_of_the_steps() {
    let process = process(40, &[0.5, 0.2, 0.3, 0.0], &[0.9, 0.1]);
    for (is_edge, chain) in [(false, process.nodes()), (true, process.edges())] {
        for t in 0..=40 {
            let (step, bar) = (
                transition(&process, is_edge, t),
                accumulated(&process, is_edge, t),
            );
            for from in 0..chain.classes() {
                for to in 0..chain.classes() {
                    assert!((chain.transition(t, from, to) - step[from][to]).abs() < 1e-15);
                    assert!(
                        (chain.marginal(t, from, to) - bar[from][to]).abs() < 1e-14,
                        "t = {t}"
                    );
                }
            }
        }
    }
}

#[test]
fn posteriors_are_bayes_rule_on_whole_graphs() {
    for (n, nodes, edges) in [
        (3, &[0.6, 0.4][..], &[0.75, 0.25][..]),
        (2, &[0.5, 0.2, 0.3], &[0.7, 0.2, 0.1]),
    ] {
        let process = process(5, nodes, edges);
        let graphs = all_graphs(n, nodes.len() as u8, edges.len() as u8);
        for t in 0..=5 {
            let (step, bar) = (
                step_matrix(&process, &graphs, t),
                noise_matrix(&process, &graphs, t),
            );
            let before = t.checked_sub(1).map(|s| noise_matrix(&process, &graphs, s));
            for (x, clean) in graphs.iter().enumerate() {
                for (z, noisy) in graphs.iter().enumerate() {
                    let of_variable: Vec<[f64; 3]> = variables(clean)
                        .into_iter()
                        .zip(variables(noisy))
                        .map(|((is_edge, x), (_, z))| {
                            let chain = if is_edge { process.edges() } else { process.nodes() };
                            let mut law = [0.0; 3];
                            chain.posterior(t, x, z, &mut law[..chain.classes()]);
                            law
                        })
                        .collect();
                    for (s, former) in graphs.iter().enumerate() {
                        let reached = before.as_ref().map_or(f64::from(x == s), |before| before[x][s]);
                        let bayes = reached * step[s][z] / bar[x][z];
                        let factors = variables(former).into_iter().zip(&of_variable);
                        let got: f64 = factors.map(|((_, class), law)| law[class]).product();
                        assert!((got - bayes).abs() < 1e-12, "t = {t}: {got}, {bayes}");
                    }
                }
            }
        }
    }
}

/// `Σ_x p̂(x) q(z_{t−1} | z_t, x)` over the `x` that can become `z`.
fn mixed(chain: Chain<'_>, t: usize, prediction: &[f64], z: usize) -> Vec<f64> {
    let d = chain.classes();
    let (mut sum, mut mass, mut posterior) = (vec![0.0; d], 0.0, vec![0.0; d]);
    for x in (0..d).filter(|&x| chain.marginal(t, x, z) > 0.0) {
        chain.posterior(t, x, z, &mut posterior);
        mass += prediction[x];
        sum.iter_mut()
            .zip(&posterior)
            .for_each(|(sum, p)| *sum += prediction[x] * p);
    }
    sum.iter().map(|sum| sum / mass).collect()
}

proptest! {
    #[test]
    fn a_denoising_step_mixes_posteriors(
        weights in prop::collection::vec(0.0..1.0f64, 4),
        limit in prop::collection::vec(0.01..1.0f64, 4),
        t in 0usize..=20,
        z in 0usize..4,
        excluded in 0usize..8,
    ) {
        let mut limit = limit;
        if excluded < 4 {
            limit[excluded] = 0.0;
        }
        let process = process(20, &limit, &[1.0]);
        prop_assume!(weights.iter().sum::<f64>() > 0.1 && weights[z] > 1e-3);
        let total: f64 = weights.iter().sum();
        let prediction: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        let mut got = [0.0; 4];
        process.nodes().mixture(t, &prediction, z, &mut got);
        for (got, want) in got.iter().zip(mixed(process.nodes(), t, &prediction, z)) {
            prop_assert!((got - want).abs() < 1e-12);
        }
    }

    #[test]
    fn relabelling_changes_no_term_of_the_bound(seed in any::<u64>(), n in 1usize..7, t in 1usize..=20) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let process = process(20, &[0.5, 0.3, 0.2], &[0.7, 0.2, 0.05, 0.05]);
        let x = process.prior(n, &mut rng);
        let z = process.noise(&x, t, &mut rng).unwrap();
        let rows = Rows::random(n, 3, 4, &mut rng);
        let g = Permutation::random(n, &mut rng);
        let (gx, gz, moved) = (g.act(&x), g.act(&z), rows.permuted(&g, 3, 4));
        prop_assert_eq!(gz.to_colored_graph(), g.act(&z.to_colored_graph()));
        for bound in [Bound::Proper, Bound::Published] {
            for (one, other) in [
                (process.prior_kl(&x, bound), process.prior_kl(&gx, bound)),
                (
                    process.step_kl(&x, &z, t, &rows.get(), bound),
                    process.step_kl(&gx, &gz, t, &moved.get(), bound),
                ),
                (
                    process.reconstruction(&x, &z, &rows.get(), bound),
                    process.reconstruction(&gx, &gz, &moved.get(), bound),
                ),
            ] {
                let (one, other) = (one.unwrap(), other.unwrap());
                prop_assert!((one - other).abs() <= 1e-12 * (1.0 + one.abs()), "{one}, {other}");
            }
        }
    }

    #[test]
    fn relabelling_is_a_left_action(seed in any::<u64>(), n in 1usize..7) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let graph = process(2, &[0.5, 0.5], &[0.5, 0.5]).prior(n, &mut rng);
        let [g, h] = [Permutation::random(n, &mut rng), Permutation::random(n, &mut rng)];
        check_action(&g, &h, &graph)?;
    }

    #[test]
    fn padding_is_not_read(seed in any::<u64>(), n in 1usize..6, more in 0usize..4) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let process = process(20, &[0.5, 0.5], &[0.5, 0.25, 0.25]);
        let (z, rows) = (process.prior(n, &mut rng), Rows::random(n, 2, 3, &mut rng));
        let p = n + more;
        let (mut nodes, mut edges) = (vec![f32::NAN; p * 2], vec![f32::NAN; p * p * 3]);
        nodes[..n * 2].copy_from_slice(&rows.nodes);
        for i in 0..n {
            edges[i * p * 3..][..n * 3].copy_from_slice(&rows.edges[i * n * 3..][..n * 3]);
        }
        let step = |prediction: &Prediction<'_>| {
            process.step(&z, 7, prediction, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
        };
        prop_assert_eq!(step(&rows.get()), step(&Prediction::new(p, &nodes, &edges)));
    }
}

#[test]
fn predictions_without_mass_have_a_law() {
    let process = process(20, &[0.6, 0.4, 0.0], &[1.0]);
    let nodes = process.nodes();
    let mut law = [0.0; 3];
    // Nothing predicted, or something impossible: as if the clean class had the likelihood of z_t as its law.
    let mut uninformed = vec![0.0; 3];
    for (prediction, z) in [([0.0; 3], 0), ([0.0; 3], 2), ([0.5, 0.5, 0.0], 2)] {
        nodes.mixture(9, &prediction, z, &mut law);
        (0..3).for_each(|x| uninformed[x] = nodes.marginal(9, x, z));
        let want = mixed(nodes, 9, &uninformed, z);
        assert!(
            law.iter()
                .zip(&want)
                .all(|(got, want)| (got - want).abs() < 1e-12),
            "{law:?}, {want:?}"
        );
    }
    // The excluded class can only have been there from the start.
    assert_eq!(law, [0.0, 0.0, 1.0]);
    for (prediction, z) in [([0.0; 3], 0), ([0.5, 0.5, 0.0], 2)] {
        nodes.plug_in(9, &prediction, z, &mut law);
        assert_eq!(law[z], 1.0);
        assert_eq!(law.iter().sum::<f64>(), 1.0);
    }
}

#[test]
fn noise_has_the_law_of_the_accumulated_transitions() {
    let process = process(10, &[0.6, 0.4], &[0.75, 0.25]);
    let graphs = all_graphs(3, 2, 2);
    let g = Permutation::parse("(0 2 1)", 3).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (x, t) in [(5, 0), (37, 3), (62, 6), (11, 10)] {
        let law = &noise_matrix(&process, &graphs, t)[x];
        let mut counts = vec![[0; 2]; graphs.len()];
        for _ in 0..20_000 {
            let z = process.noise(&graphs[x], t, &mut rng).unwrap();
            counts[index_of(&graphs, &z)][0] += 1;
            // Relabelled, noised, and relabelled back: the same law.
            let moved = process.noise(&g.act(&graphs[x]), t, &mut rng).unwrap();
            counts[index_of(&graphs, &g.inverse().act(&moved))][1] += 1;
        }
        for sample in 0..2 {
            assert_law(&counts.iter().map(|count| count[sample]).collect::<Vec<_>>(), law);
        }
    }
    let mut counts = vec![0; graphs.len()];
    for _ in 0..20_000 {
        counts[index_of(&graphs, &process.prior(3, &mut rng))] += 1;
    }
    let of_limit = |graph: &CategoricalGraph| {
        let limit = |(is_edge, class): (bool, usize)| [[0.6, 0.4], [0.75, 0.25]][usize::from(is_edge)][class];
        variables(graph).into_iter().map(limit).product()
    };
    assert_law(&counts, &graphs.iter().map(of_limit).collect::<Vec<_>>());
}

/// Stars with the hub at rank 0, which is of a kind of its own, and one triangle.
fn ranked_process() -> Process {
    let star = CategoricalGraph::new(vec![1, 0, 0], vec![0, 1, 1, 1, 0, 0, 1, 0, 0]).unwrap();
    let triangle = CategoricalGraph::new(vec![0; 3], vec![0, 1, 1, 1, 0, 1, 1, 1, 0]).unwrap();
    let graphs = [star.clone(), star.clone(), star, triangle];
    let limit = Limit::marginal(&graphs, 2, 2)
        .unwrap()
        .by_rank(&graphs, 1.0)
        .unwrap();
    Process::new(CosineSchedule::new(10).unwrap(), limit)
}

/// The chain of each variable of three nodes.
fn chains(process: &Process) -> Vec<Chain<'_>> {
    let nodes = (0..3).map(|i| process.node(3, i));
    nodes
        .chain([(0, 1), (0, 2), (1, 2)].map(|(i, j)| process.pair(3, i, j)))
        .collect()
}

#[test]
fn trajectories_that_end_at_a_graph_have_the_posterior_law_and_weights_whose_means_are_the_divergences() {
    let process = ranked_process();
    let graphs = all_graphs(3, 2, 2);
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for (x, z, t) in [(5, 37, 1), (62, 11, 6), (20, 20, 10)] {
        let (x, z) = (&graphs[x], &graphs[z]);
        let law_of = |before: &CategoricalGraph| -> f64 {
            let classes = [x, z, before].map(variables);
            let of_variable = |(v, chain): (usize, Chain<'_>)| {
                let [x, z, before] = [0, 1, 2].map(|k| classes[k][v].1);
                let mut law = vec![0.0; chain.classes()];
                chain.posterior(t, x, z, &mut law);
                law[before]
            };
            chains(&process)
                .into_iter()
                .enumerate()
                .map(of_variable)
                .product()
        };
        let law: Vec<f64> = graphs.iter().map(law_of).collect();
        let mut counts = vec![0; graphs.len()];
        for _ in 0..20_000 {
            let before = process.posterior_step(x, z, t, &mut rng).unwrap();
            counts[index_of(&graphs, &before)] += 1;
        }
        assert_law(&counts, &law);
        let rows = Rows::random(3, 2, 2, &mut rng);
        let ratio = |before| process.step_ratio(x, before, z, t, &rows.get()).unwrap();
        let mean: f64 = graphs
            .iter()
            .zip(&law)
            .map(|(before, p)| -p * ratio(before))
            .sum();
        let expected = process.step_kl(x, z, t, &rows.get(), Bound::Proper).unwrap();
        assert!((mean - expected).abs() < 1e-9, "{mean}, not {expected}");
        // And the law of sampling is one: the mean of the ratio itself.
        let total: f64 = graphs
            .iter()
            .zip(&law)
            .map(|(before, p)| p * ratio(before).exp())
            .sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
    }
    let x = &graphs[41];
    let noise = |z: &CategoricalGraph| -> f64 {
        let classes = [x, z].map(variables);
        let chains = chains(&process).into_iter().enumerate();
        chains
            .map(|(v, chain)| chain.marginal(process.steps(), classes[0][v].1, classes[1][v].1))
            .product()
    };
    let term = |z| -noise(z) * process.prior_ratio(x, z).unwrap();
    let (mean, expected) = (
        graphs.iter().map(term).sum::<f64>(),
        process.prior_kl(x, Bound::Proper).unwrap(),
    );
    assert!((mean - expected).abs() < 1e-12, "{mean}, not {expected}");
}

#[test]
fn limits_by_rank_are_shares_with_the_shared_one_as_a_graph_more() {
    let process = ranked_process();
    let limit = process.limit();
    // Nodes: 3 of 12 are hubs; edges: 9 of 12 pairs.
    assert_eq!(
        (limit.nodes(), limit.edges()),
        (&[0.75, 0.25][..], &[0.25, 0.75][..])
    );
    let close = |law: &[f64], second: f64| {
        assert!(
            (law[1] - second).abs() < 1e-15 && (law[0] + law[1] - 1.0).abs() < 1e-15,
            "{law:?}"
        );
    };
    close(limit.node(3, 0), (3.0 + 0.25) / 5.0);
    close(limit.node(3, 2), 0.25 / 5.0);
    close(limit.pair(3, 0, 1), (4.0 + 0.75) / 5.0);
    close(limit.pair(3, 1, 2), (1.0 + 0.75) / 5.0);
    assert_eq!(
        (limit.node(4, 0), limit.pair(2, 0, 1)),
        (limit.nodes(), limit.edges())
    );
}

#[test]
fn limits_by_rank_noise_every_variable_by_its_own_law() {
    let process = ranked_process();
    let graphs = all_graphs(3, 2, 2);
    let law_of = |law: &dyn Fn(Chain<'_>, usize, usize) -> f64, x: &CategoricalGraph| -> Vec<f64> {
        let probability = |z: &CategoricalGraph| {
            let classes = variables(x).into_iter().zip(variables(z));
            let factors = chains(&process).into_iter().zip(classes);
            factors
                .map(|(chain, ((_, x), (_, z)))| law(chain, x, z))
                .product()
        };
        graphs.iter().map(probability).collect()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    for (x, t) in [(9, 2), (40, 6)] {
        let mut counts = vec![0; graphs.len()];
        for _ in 0..20_000 {
            counts[index_of(&graphs, &process.noise(&graphs[x], t, &mut rng).unwrap())] += 1;
        }
        assert_law(
            &counts,
            &law_of(&|chain, x, z| chain.marginal(t, x, z), &graphs[x]),
        );
    }
    let mut counts = vec![0; graphs.len()];
    for _ in 0..20_000 {
        counts[index_of(&graphs, &process.prior(3, &mut rng))] += 1;
    }
    let mut limits = vec![Vec::new(); 6];
    for (v, law) in limits.iter_mut().enumerate() {
        let (limit, pairs) = (process.limit(), [(0, 1), (0, 2), (1, 2)]);
        *law = match v {
            0..3 => limit.node(3, v),
            _ => limit.pair(3, pairs[v - 3].0, pairs[v - 3].1),
        }
        .to_vec();
    }
    let of_limit = |z: &CategoricalGraph| -> f64 {
        variables(z)
            .iter()
            .zip(&limits)
            .map(|((_, class), law)| law[*class])
            .product()
    };
    assert_law(&counts, &graphs.iter().map(of_limit).collect::<Vec<_>>());
    // Steps and terms of the bound, one variable after the other.
    let rows = Rows::random(3, 2, 2, &mut rng);
    let (x, z, t) = (&graphs[9], &graphs[22], 4);
    let mut counts = vec![0; graphs.len()];
    for _ in 0..20_000 {
        counts[index_of(&graphs, &process.step(z, t, &rows.get(), &mut rng).unwrap())] += 1;
    }
    let (mut steps, mut kl, mut prior) = (Vec::new(), 0.0, 0.0);
    let classes = variables(x).into_iter().zip(variables(z));
    for ((chain, ((_, x), (_, z))), (law, limit)) in chains(&process)
        .into_iter()
        .zip(classes)
        .zip(rows.laws(2, 2).iter().zip(&limits))
    {
        let (mut model, mut truth) = (vec![0.0; 2], vec![0.0; 2]);
        chain.mixture(t, law, z, &mut model);
        chain.posterior(t, x, z, &mut truth);
        kl += truth
            .iter()
            .zip(&model)
            .map(|(q, p)| q * (q / p).ln())
            .sum::<f64>();
        prior += (0..2)
            .map(|k| chain.marginal(10, x, k))
            .zip(limit)
            .map(|(q, p)| q * (q / p).ln())
            .sum::<f64>();
        steps.push(model);
    }
    let of_step = |s: &CategoricalGraph| -> f64 {
        variables(s)
            .iter()
            .zip(&steps)
            .map(|((_, class), law)| law[*class])
            .product()
    };
    assert_law(&counts, &graphs.iter().map(of_step).collect::<Vec<_>>());
    let found = process.step_kl(x, z, t, &rows.get(), Bound::Proper).unwrap();
    assert!((found - kl).abs() < 1e-12, "{found}, {kl}");
    assert!((process.prior_kl(x, Bound::Proper).unwrap() - prior).abs() < 1e-12);
}

/// A law of graphs of three nodes whose variables depend on each other, and what a perfect network knows of it.
struct Oracle {
    graphs: Vec<CategoricalGraph>,
    data: Vec<f64>,
    process: Process,
}

impl Oracle {
    fn new(steps: usize) -> Self {
        let graphs = all_graphs(3, 2, 2);
        let mut data = vec![0.0_f64; graphs.len()];
        // A triangle of one kind, paths whose middle is of the other, and three nodes of the other without edges.
        let triangle = CategoricalGraph::new(vec![0; 3], vec![0, 1, 1, 1, 0, 1, 1, 1, 0]).unwrap();
        let path = CategoricalGraph::new(vec![0, 1, 0], vec![0, 1, 0, 1, 0, 1, 0, 1, 0]).unwrap();
        let empty = CategoricalGraph::new(vec![1; 3], vec![0; 9]).unwrap();
        data[index_of(&graphs, &triangle)] = 0.4;
        data[index_of(&graphs, &empty)] = 0.15;
        for g in ["()", "(0 1)", "(1 2)"] {
            data[index_of(&graphs, &Permutation::parse(g, 3).unwrap().act(&path))] += 0.15;
        }
        let support: Vec<CategoricalGraph> = graphs
            .iter()
            .zip(&data)
            .flat_map(|(graph, p)| vec![graph.clone(); (p * 20.0).round() as usize])
            .collect();
        let limit = Limit::marginal(&support, 2, 2).unwrap();
        let process = Process::new(CosineSchedule::new(steps).unwrap(), limit);
        Self {
            graphs,
            data,
            process,
        }
    }

    /// The posterior mean of the clean graph, for each noisy one at time `t`.
    fn predictions(&self, t: usize) -> Vec<Rows> {
        let noise = noise_matrix(&self.process, &self.graphs, t);
        let mean = |z: usize| {
            let mut laws = vec![vec![0.0; 2]; 6];
            for (x, graph) in self.graphs.iter().enumerate() {
                for (law, (_, class)) in laws.iter_mut().zip(variables(graph)) {
                    law[class] += self.data[x] * noise[x][z];
                }
            }
            let total: f64 = laws[0].iter().sum();
            laws.iter_mut().flatten().for_each(|p| *p /= total);
            Rows::new(3, 2, &laws)
        };
        (0..self.graphs.len()).map(mean).collect()
    }

    /// The law of `z_0` given the data, and that of sampling by `predictions[t]`, exactly.
    fn laws(&self, predictions: &[Vec<Rows>]) -> (Vec<f64>, Vec<f64>) {
        let noisy = product(
            &vec![self.data.clone()],
            &noise_matrix(&self.process, &self.graphs, 0),
        )
        .remove(0);
        let of_limit = |graph: &CategoricalGraph| -> f64 {
            let limit = |(is_edge, class): (bool, usize)| {
                if is_edge {
                    self.process.limit().edges()[class]
                } else {
                    self.process.limit().nodes()[class]
                }
            };
            variables(graph).into_iter().map(limit).product()
        };
        let mut law = vec![self.graphs.iter().map(of_limit).collect::<Vec<f64>>()];
        for t in (1..=self.process.steps()).rev() {
            let step = reverse_matrix(&self.process, &self.graphs, t, |z| predictions[t][z].clone());
            law = product(&law, &step);
        }
        (noisy, law.remove(0))
    }
}

fn total_variation(a: &[f64], b: &[f64]) -> f64 {
    0.5 * a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>()
}

#[test]
fn a_perfect_network_samples_the_data_as_steps_get_small() {
    let distance = |steps| {
        let oracle = Oracle::new(steps);
        let predictions: Vec<_> = (0..=steps).map(|t| oracle.predictions(t)).collect();
        let (noisy, sampled) = oracle.laws(&predictions);
        (
            total_variation(&noisy, &sampled),
            total_variation(&oracle.data, &sampled),
        )
    };
    let distances = [8, 32, 128].map(distance);
    // Variables that change in one step do so independently: the error is of first order in the size of the steps.
    for pair in distances.windows(2) {
        assert!(
            pair[1].0 < pair[0].0 / 3.0 && pair[1].1 < pair[0].1 / 3.0,
            "{distances:?}"
        );
    }
    assert!(distances[2].1 < 0.02, "{distances:?}");
}

#[test]
fn samples_have_the_law_of_the_steps_and_nearly_that_of_the_data() {
    let steps = 128;
    let oracle = Oracle::new(steps);
    let predictions: Vec<_> = (0..=steps).map(|t| oracle.predictions(t)).collect();
    let (_, law) = oracle.laws(&predictions);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut counts = vec![0; oracle.graphs.len()];
    let samples = 2000;
    for _ in 0..samples {
        let mut z = oracle.process.prior(3, &mut rng);
        for t in (1..=steps).rev() {
            let prediction = predictions[t][index_of(&oracle.graphs, &z)].get();
            z = oracle.process.step(&z, t, &prediction, &mut rng).unwrap();
        }
        counts[index_of(&oracle.graphs, &z)] += 1;
    }
    assert_law(&counts, &law);
    // As far from the data as chance allows, and the error of the steps.
    let shares: Vec<f64> = counts
        .iter()
        .map(|&count| count as f64 / f64::from(samples))
        .collect();
    assert!(total_variation(&shares, &oracle.data) < 0.05);
}

#[test]
fn the_step_before_time_zero_draws_from_the_prediction() {
    let process = process(4, &[0.5, 0.5], &[0.5, 0.5]);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let rows = Rows::random(2, 2, 2, &mut rng);
    let laws = rows.laws(2, 2);
    let graphs = all_graphs(2, 2, 2);
    let mut counts = vec![0; graphs.len()];
    for _ in 0..5000 {
        counts[index_of(
            &graphs,
            &process.step(&graphs[3], 0, &rows.get(), &mut rng).unwrap(),
        )] += 1;
    }
    let law = |graph| {
        variables(graph)
            .iter()
            .zip(&laws)
            .map(|(&(_, class), law)| law[class])
            .product()
    };
    assert_law(&counts, &graphs.iter().map(law).collect::<Vec<f64>>());
}

/// A denoiser without any sense: fixed random predictions for each time and noisy graph.
fn arbitrary_model(steps: usize, states: usize) -> Vec<Vec<Rows>> {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let mut of_time = || (0..states).map(|_| Rows::random(2, 2, 3, &mut rng)).collect();
    (0..=steps).map(|_| of_time()).collect()
}

#[test]
fn the_proper_bound_is_the_variational_bound_of_the_sampled_law() {
    let steps = 2;
    let process = process(steps, &[0.6, 0.4], &[0.5, 0.3, 0.2]);
    let graphs = all_graphs(2, 2, 3);
    let model = arbitrary_model(steps, graphs.len());
    let reverse: Vec<Matrix> = (1..=steps)
        .map(|t| reverse_matrix(&process, &graphs, t, |z| model[t][z].clone()))
        .collect();
    let decode = |z: usize, x: &CategoricalGraph| -> f64 {
        let laws = model[0][z].laws(2, 3);
        variables(x)
            .iter()
            .zip(&laws)
            .map(|(&(_, class), law)| law[class])
            .product()
    };
    let forward: Vec<Matrix> = (0..=steps).map(|t| step_matrix(&process, &graphs, t)).collect();
    let prior = |z: &CategoricalGraph| -> f64 {
        let limit = |(is_edge, class): (bool, usize)| {
            if is_edge {
                process.limit().edges()[class]
            } else {
                process.limit().nodes()[class]
            }
        };
        variables(z).into_iter().map(limit).product()
    };
    let mut evidence_total = 0.0;
    for (index, x) in graphs.iter().enumerate() {
        // E_q ln(q(z_0, z_1, z_2 | x) / p(x, z_0, z_1, z_2)) and p(x), over all trajectories.
        let (mut bound, mut evidence) = (0.0, 0.0);
        for z0 in 0..graphs.len() {
            for z1 in 0..graphs.len() {
                for z2 in 0..graphs.len() {
                    let q = forward[0][index][z0] * forward[1][z0][z1] * forward[2][z1][z2];
                    let p = prior(&graphs[z2]) * reverse[1][z2][z1] * reverse[0][z1][z0] * decode(z0, x);
                    bound += q * (q / p).ln();
                    evidence += p;
                }
            }
        }
        evidence_total += evidence;
        let mut terms = process.prior_kl(x, Bound::Proper).unwrap();
        for t in 0..=steps {
            let noise = noise_matrix(&process, &graphs, t);
            for (z, noisy) in graphs.iter().enumerate() {
                let prediction = model[t][z].get();
                let term = if t == 0 {
                    process.reconstruction(x, noisy, &prediction, Bound::Proper)
                } else {
                    process.step_kl(x, noisy, t, &prediction, Bound::Proper)
                };
                terms += noise[index][z] * term.unwrap();
            }
        }
        assert!((terms - bound).abs() < 1e-9, "{terms}, {bound}");
        assert!(bound >= -evidence.ln());
    }
    assert!((evidence_total - 1.0).abs() < 1e-9);
}

#[test]
fn the_published_figure_counts_pairs_twice_and_plugs_the_prediction_in() {
    let steps = 6;
    let process = process(steps, &[0.6, 0.4], &[0.5, 0.3, 0.2]);
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    for _ in 0..50 {
        let (x, rows) = (process.prior(2, &mut rng), Rows::random(2, 2, 3, &mut rng));
        let t = rng.random_range(1..=steps);
        let z = process.noise(&x, t, &mut rng).unwrap();
        let (mut kl, mut reconstruction, mut prior) = (0.0, 0.0, 0.0);
        for (((is_edge, x), (_, z)), law) in variables(&x).into_iter().zip(variables(&z)).zip(rows.laws(2, 3))
        {
            let weight = if is_edge { 2.0 } else { 1.0 };
            let [q, before, last] = [
                transition(&process, is_edge, t),
                accumulated(&process, is_edge, t - 1),
                accumulated(&process, is_edge, steps),
            ];
            let law_of = |clean: &[f64]| {
                let row = product(&vec![clean.to_vec()], &before).remove(0);
                let joint: Vec<f64> = row.iter().enumerate().map(|(s, p)| p * q[s][z]).collect();
                let total: f64 = joint.iter().sum();
                joint.iter().map(|p| p / total).collect::<Vec<f64>>()
            };
            let one_hot: Vec<f64> = (0..law.len()).map(|k| f64::from(k == x)).collect();
            let divergence =
                |q: &[f64], p: &[f64]| q.iter().zip(p).map(|(q, p)| q * (q / p).ln()).sum::<f64>();
            kl += weight * divergence(&law_of(&one_hot), &law_of(&law));
            reconstruction -= weight * law[x].ln();
            let limit = if is_edge {
                process.limit().edges()
            } else {
                process.limit().nodes()
            };
            prior += weight * divergence(&last[x], limit);
        }
        let published = Bound::Published;
        for (got, want) in [
            (process.step_kl(&x, &z, t, &rows.get(), published), kl),
            (
                process.reconstruction(&x, &z, &rows.get(), published),
                reconstruction,
            ),
            (process.prior_kl(&x, published), prior),
        ] {
            assert!((got.unwrap() - want).abs() < 1e-12);
        }
    }
}

/// With absorbing noise a hidden variable comes into sight in step `t` with probability `(ᾱ_{t−1} − ᾱ_t)/(1 − ᾱ_t)`, as the
/// prediction has it, and stays as it is from then on: the closed form of Austin et al. (2021) against the laws of chains.
#[test]
fn absorbing_noise_reveals_what_is_predicted_and_its_bound_is_that_of_the_sampled_law() {
    let steps = 2;
    let limit = Limit::absorbing(2, 2).unwrap();
    let process = Process::new(CosineSchedule::new(steps).unwrap(), limit);
    let (clean, noisy) = (all_graphs(2, 2, 2), all_graphs(2, 3, 3));
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let mut of_time = || -> Vec<Rows> { noisy.iter().map(|_| Rows::random(2, 2, 2, &mut rng)).collect() };
    let model: Vec<Vec<Rows>> = (0..=steps).map(|_| of_time()).collect();
    const HIDDEN: usize = 2;
    // The law of a step to time t − 1, given the law of the clean class of each variable; before time 0 all are in sight.
    let step = |t: usize, laws: &[Vec<f64>], z: &CategoricalGraph, to: &CategoricalGraph| -> f64 {
        let bar = |t: usize| process.schedule().alpha_bar(t);
        let reveals = if t == 0 {
            1.0
        } else {
            (bar(t - 1) - bar(t)) / (1.0 - bar(t))
        };
        let pairs = variables(z).into_iter().zip(variables(to)).zip(laws);
        pairs
            .map(|(((_, from), (_, to)), law)| match (from, to) {
                (HIDDEN, HIDDEN) => 1.0 - reveals,
                (HIDDEN, class) => reveals * law[class],
                (from, to) => f64::from(from == to),
            })
            .product()
    };
    let all_hidden = index_of(&noisy, &process.prior(2, &mut ChaCha8Rng::seed_from_u64(0)));
    assert!(
        variables(&noisy[all_hidden])
            .iter()
            .all(|&(_, class)| class == HIDDEN)
    );
    let mut evidence = vec![0.0; clean.len()];
    for (index, x) in clean.iter().enumerate() {
        let one_hot = |(_, class): (bool, usize)| vec![f64::from(class == 0), f64::from(class == 1)];
        let truth: Vec<Vec<f64>> = variables(x).into_iter().map(one_hot).collect();
        let mut bound = 0.0;
        for (i, z1) in noisy.iter().enumerate() {
            for (j, z0) in noisy.iter().enumerate() {
                let q = step(2, &truth, &noisy[all_hidden], z1) * step(1, &truth, z1, z0);
                let p = step(2, &model[2][all_hidden].laws(2, 2), &noisy[all_hidden], z1)
                    * step(1, &model[1][i].laws(2, 2), z1, z0)
                    * step(0, &model[0][j].laws(2, 2), z0, x);
                bound += if q > 0.0 { q * (q / p).ln() } else { 0.0 };
                evidence[index] += p;
            }
        }
        let mut terms = process.prior_kl(x, Bound::Proper).unwrap();
        assert_eq!(terms, 0.0);
        for t in 0..=steps {
            let noise = noise_matrix(&process, &noisy, t);
            let from = index_of(&noisy, x);
            for (z, graph) in noisy.iter().enumerate().filter(|&(z, _)| noise[from][z] > 0.0) {
                let prediction = model[t][z].get();
                let term = match t {
                    0 => process.reconstruction(x, graph, &prediction, Bound::Proper),
                    _ => process.step_kl(x, graph, t, &prediction, Bound::Proper),
                };
                terms += noise[from][z] * term.unwrap();
            }
        }
        assert!((terms - bound).abs() < 1e-9, "{terms}, {bound}");
        assert!(-evidence[index].ln() <= bound + 1e-12);
    }
    let mut counts = vec![0; clean.len()];
    for _ in 0..20_000 {
        let mut z = process.prior(2, &mut rng);
        for t in (0..=steps).rev() {
            let prediction = model[t][index_of(&noisy, &z)].get();
            z = process.step(&z, t, &prediction, &mut rng).unwrap();
        }
        counts[index_of(&clean, &z)] += 1;
    }
    assert_law(&counts, &evidence);
    // What is hidden is no edge to those who look at the graph.
    let z = CategoricalGraph::new(vec![1, 2], vec![0, 2, 2, 0]).unwrap();
    let seen = process.limit().seen(&z);
    assert_eq!((seen.nodes(), seen.edge(0, 1)), (&[1, 0][..], 0));
}

#[test]
fn evaluation_noise_estimates_the_mean_over_all_times() {
    let process = process(10, &[0.6, 0.4], &[0.5, 0.3, 0.2]);
    let graphs = all_graphs(2, 2, 3);
    let x = &graphs[5];
    let counts = NodeCounts::new(vec![0, 1, 3]).unwrap();
    let model = arbitrary_model(10, graphs.len());
    let at = |t: usize, z: &CategoricalGraph| model[t][index_of(&graphs, z)].get();
    let mut exact = [0.0; 2];
    for t in 0..=10 {
        let noise = noise_matrix(&process, &graphs, t);
        for (z, noisy) in graphs.iter().enumerate() {
            exact[usize::from(t > 0)] += noise[5][z]
                * if t == 0 {
                    process
                        .reconstruction(x, noisy, &at(0, noisy), Bound::Proper)
                        .unwrap()
                } else {
                    process
                        .step_kl(x, noisy, t, &at(t, noisy), Bound::Proper)
                        .unwrap()
                };
        }
    }
    let mut met = [0; 10];
    let (mut sums, mut squares) = ([0.0; 2], [0.0; 2]);
    let draws = 4000;
    for index in 0..draws {
        let noise = EvaluationNoise::draw(&process, x, 1, index, 3).unwrap();
        noise.steps.iter().for_each(|(t, _)| met[t - 1] += 1);
        let steps: Vec<_> = noise.steps.iter().map(|(t, z)| at(*t, z)).collect();
        let terms = process
            .nll(x, &counts, &noise, &at(0, &noise.start), &steps, Bound::Proper)
            .unwrap();
        assert_eq!(terms.node_count, -0.75f64.ln());
        assert_eq!(terms.prior, process.prior_kl(x, Bound::Proper).unwrap());
        for (k, term) in [terms.reconstruction, terms.diffusion].into_iter().enumerate() {
            sums[k] += term;
            squares[k] += term * term;
        }
        let total = terms.node_count + terms.prior + terms.reconstruction + terms.diffusion;
        assert!((terms.total() - total).abs() < 1e-12);
    }
    assert_law(&met, &[0.1; 10]);
    for k in 0..2 {
        let mean = sums[k] / draws as f64;
        let error = ((squares[k] / draws as f64 - mean * mean) / draws as f64).sqrt();
        assert!(
            (mean - exact[k]).abs() < 4.0 * error,
            "{mean} ± {error}, expected {}",
            exact[k]
        );
    }
}

#[test]
fn sizes_come_out_as_often_as_they_occur() {
    let counts = NodeCounts::new(vec![0, 2, 0, 5, 3]).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut met = vec![0; 5];
    (0..5000).for_each(|_| met[counts.sample(&mut rng)] += 1);
    let law: Vec<f64> = (0..5).map(|n| counts.ln_probability(n).exp()).collect();
    assert_eq!(
        law.iter().map(|p| (p * 10.0).round() as u64).collect::<Vec<_>>(),
        counts.counts()
    );
    assert_eq!((met[0], met[2], counts.max()), (0, 0, 4));
    assert_law(&met, &law);
    let certain = NodeCounts::new(vec![0, 1, 0]).unwrap();
    assert_eq!(
        (
            certain.max(),
            certain.ln_probability(1),
            certain.ln_probability(5)
        ),
        (1, 0.0, f64::NEG_INFINITY)
    );
}

#[test]
fn molecules_survive_but_for_their_charges() {
    let set = SmallMolecules::new(4).unwrap();
    for hydrogens in [Hydrogens::Explicit, Hydrogens::Omitted] {
        let molecules: Vec<Molecule> = set.all(hydrogens).collect();
        let graphs: Vec<_> = molecules
            .iter()
            .map(|one| MoleculeClasses::QM9.encode(one).unwrap())
            .collect();
        for (molecule, graph) in molecules.iter().zip(&graphs) {
            assert_eq!(
                MoleculeClasses::QM9.decode(graph).unwrap().as_ref(),
                Some(molecule)
            );
            // Interchangeable atoms are interchangeable nodes.
            assert_eq!(graph.to_colored_graph().edge_count(), molecule.bond_count());
        }
        let (marginals, classes) = (
            Marginals::of(&molecules),
            4 + usize::from(hydrogens == Hydrogens::Explicit),
        );
        let limit = Limit::marginal(&graphs, classes, 4).unwrap();
        assert_eq!(limit.nodes(), &marginals.element_shares()[..classes]);
        assert_eq!(limit.edges(), marginals.bond_shares());
        assert_eq!(NodeCounts::of(&graphs).unwrap().counts(), marginals.sizes);
    }
    let charged = smiles::parse("[NH3+]CC([O-])=O.C", 1).unwrap();
    let blind = MoleculeClasses::QM9
        .decode(&MoleculeClasses::QM9.encode(&charged).unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(blind, charged.without_charges());
    // Noise is seldom a molecule, but always something that the metrics can judge.
    let limit = Limit::uniform(5, 4).unwrap();
    let noise = Process::new(CosineSchedule::new(5).unwrap(), limit);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let samples: Vec<_> = (0..20)
        .map(|n| MoleculeClasses::QM9.decode(&noise.prior(n, &mut rng)).unwrap())
        .collect();
    let metrics = MoleculeMetrics::of(&samples, &KnownMolecules::default()).unwrap();
    assert_eq!((metrics.samples, metrics.atoms), (20, 190));
}

#[test]
fn coloured_graphs_survive() {
    let plain = ErdosRenyi::new(40, 0..=9, 0.3, 4).unwrap();
    for index in 0..plain.len() {
        let graph = plain.get(index).unwrap();
        let classes = CategoricalGraph::from_colored_graph(&graph).unwrap();
        assert!(
            classes.nodes().iter().all(|&class| class == 0) && classes.edges().iter().all(|&class| class < 2)
        );
        assert_eq!(classes.to_colored_graph(), graph);
    }
    for graph in all_graphs(3, 2, 3) {
        assert_eq!(
            CategoricalGraph::from_colored_graph(&graph.to_colored_graph()).unwrap(),
            graph
        );
    }
}

fn all_features(max_nodes: usize) -> ExtraFeatures {
    ExtraFeatures {
        cycles: true,
        spectrum: true,
        eigenvectors: true,
        rrwp: 0,
        molecular: Some(MoleculeClasses::QM9),
        max_nodes,
    }
}

/// Features of nodes, as rows, of pairs, and of the graph.
fn all_features_of(
    features: &ExtraFeatures,
    graph: &CategoricalGraph,
) -> (Vec<Vec<f32>>, Vec<f32>, Vec<f32>) {
    let width = features.node_names().len();
    let mut nodes = vec![f32::NAN; graph.n() * width];
    let mut pairs = vec![f32::NAN; graph.n() * graph.n() * features.pair_names().len()];
    let mut global = vec![f32::NAN; features.graph_names().len()];
    features
        .write(graph, &mut nodes, &mut pairs, &mut global)
        .unwrap();
    let rows = (0..graph.n()).map(|i| nodes[i * width..][..width].to_vec());
    (rows.collect(), pairs, global)
}

/// The same without pairs.
fn features_of(features: &ExtraFeatures, graph: &CategoricalGraph) -> (Vec<Vec<f32>>, Vec<f32>) {
    let (nodes, _, global) = all_features_of(features, graph);
    (nodes, global)
}

#[test]
fn features_of_a_molecule_and_an_ion() {
    // A ring of three and a hydroxide, as heavy atoms.
    let molecule = smiles::parse("C1CO1.[OH-]", 1).unwrap();
    let graph = MoleculeClasses::QM9
        .encode(&molecule.without_hydrogens())
        .unwrap();
    let features = all_features(8);
    let (nodes, global) = features_of(&features, &graph);
    let mut lines = Vec::new();
    for (k, name) in features.node_names().into_iter().enumerate() {
        let column: Vec<f32> = nodes.iter().map(|row| row[k]).collect();
        if name.starts_with("eigenvector") {
            // Repeated eigenvalue: any basis of the vectors on the ring that sum to zero.
            assert!((column.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(column.iter().sum::<f32>().abs() < 1e-6);
            assert_eq!(column[3], 0.0);
        } else {
            lines.push(format!("{name}: {column:?}"));
        }
    }
    for (name, value) in features.graph_names().into_iter().zip(global) {
        lines.push(format!("{name}: {value:.6}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    3-cycles: [0.1, 0.1, 0.1, 0.0]
    4-cycles: [0.0, 0.0, 0.0, 0.0]
    5-cycles: [0.0, 0.0, 0.0, 0.0]
    outside largest component: [0.0, 0.0, 0.0, 1.0]
    charge: [2.0, 2.0, 0.0, 2.0]
    valency: [2.0, 2.0, 2.0, 0.0]
    size: 0.500000
    3-cycles: 0.100000
    4-cycles: 0.000000
    5-cycles: 0.000000
    6-cycles: 0.000000
    components: 2.000000
    eigenvalue 1: 0.750000
    eigenvalue 2: 0.750000
    eigenvalue 3: 2.000000
    eigenvalue 4: 2.000000
    eigenvalue 5: 2.000000
    weight: 0.560200
    ");
    let dense = CategoricalGraph::new(vec![0; 8], (0..64).map(|k| u8::from(k % 9 != 0)).collect()).unwrap();
    let (nodes, global) = features_of(
        &ExtraFeatures {
            cycles: true,
            ..ExtraFeatures::none(8)
        },
        &dense,
    );
    assert_eq!((&nodes[0][..], &global[..]), (&[1.0; 3][..], &[1.0; 5][..]));
    assert_eq!(
        features_of(&ExtraFeatures::none(4), &graph),
        (vec![vec![]; 4], vec![1.0])
    );
    let empty = CategoricalGraph::new(Vec::new(), Vec::new()).unwrap();
    assert_eq!(features_of(&all_features(0), &empty).1[..2], [0.0; 2]);
}

proptest! {
    #[test]
    fn features_are_equivariant_but_for_eigenvectors(seed in any::<u64>(), n in 1usize..9, groups in 0u8..8) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let graph = process(2, &[0.2; 5], &[0.7, 0.1, 0.1, 0.1]).prior(n, &mut rng);
        let g = Permutation::random(n, &mut rng);
        let features = ExtraFeatures {
            cycles: groups & 1 > 0,
            spectrum: groups & 2 > 0,
            eigenvectors: false,
            rrwp: 0,
            molecular: (groups & 4 > 0).then_some(MoleculeClasses::QM9),
            max_nodes: 9,
        };
        let ((nodes, global), (moved, moved_global)) =
            (features_of(&features, &graph), features_of(&features, &g.act(&graph)));
        prop_assert_eq!(g.act(&nodes[..]), moved);
        prop_assert!(global.iter().zip(&moved_global).all(|(a, b)| (a - b).abs() < 1e-5));
        // Each group has the same columns, whatever else is asked for.
        let (all, all_global) = features_of(&all_features(9), &graph);
        let all_names = all_features(9);
        for (k, name) in features.node_names().into_iter().enumerate() {
            let column = all_names.node_names().iter().position(|other| *other == name).unwrap();
            prop_assert!((0..n).all(|i| nodes[i][k] == all[i][column]));
        }
        for (k, name) in features.graph_names().into_iter().enumerate() {
            let column = all_names.graph_names().iter().position(|other| *other == name).unwrap();
            prop_assert!((global[k] - all_global[column]).abs() < 1e-5);
        }
    }

    #[test]
    fn probabilities_of_walks_are_equivariant_and_add_up(seed in any::<u64>(), n in 1usize..9) {
        const STEPS: usize = 4;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let graph = process(2, &[0.2; 5], &[0.6, 0.2, 0.1, 0.1]).prior(n, &mut rng);
        let g = Permutation::random(n, &mut rng);
        let features = ExtraFeatures { rrwp: STEPS, ..ExtraFeatures::none(9) };
        let ((nodes, pairs, _), (moved, moved_pairs, _)) =
            (all_features_of(&features, &graph), all_features_of(&features, &g.act(&graph)));
        let degrees: Vec<f64> = (0..n)
            .map(|i| (0..n).filter(|&j| j != i && graph.edge(i, j) > 0).count() as f64)
            .collect();
        let image = |i: usize| g.images()[i] as usize;
        for i in 0..n {
            for k in 0..STEPS {
                prop_assert!((nodes[i][k] - moved[image(i)][k]).abs() < 1e-5);
                // The probabilities of the ends of a walk from i, each a geometric mean times the root of a ratio of degrees.
                let mut total = f64::from(nodes[i][k]);
                for j in 0..n {
                    let [here, there] = [(i, j), (j, i)].map(|(i, j)| pairs[(i * n + j) * STEPS + k]);
                    prop_assert_eq!(here, there);
                    prop_assert!((here - moved_pairs[(image(i) * n + image(j)) * STEPS + k]).abs() < 1e-5);
                    if i == j {
                        prop_assert_eq!(here, 0.0);
                    } else if here > 0.0 {
                        total += f64::from(here) * (degrees[j] / degrees[i]).sqrt();
                    }
                }
                prop_assert!((total - 1.0).abs() < 1e-5, "{total}");
            }
        }
    }
}

#[test]
fn bad_input_is_named() {
    fn message<T: std::fmt::Debug>(result: Result<T, DataError>) -> String {
        result.unwrap_err().to_string()
    }
    let process = process(10, &[0.5, 0.5], &[0.5, 0.5]);
    let graph = |nodes: &[u8], edges: &[u8]| CategoricalGraph::new(nodes.to_vec(), edges.to_vec());
    let pair = graph(&[0, 1], &[0, 1, 1, 0]).unwrap();
    let triple = graph(&[0; 3], &[0; 9]).unwrap();
    let unknown = graph(&[0, 2], &[0, 1, 1, 0]).unwrap();
    let colored = |edges: &[(u32, u32, u32)], directed| {
        CategoricalGraph::from_colored_graph(
            &ColoredGraph::from_colored_edges(2, directed, edges.iter().copied()).unwrap(),
        )
    };
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut step = |padded, nodes: &[f32], edges: &[f32]| {
        message(process.step(&pair, 3, &Prediction::new(padded, nodes, edges), &mut rng))
    };
    let mut errors = vec![
        step(1, &[0.5; 2], &[0.5; 2]),
        step(2, &[0.5; 3], &[0.5; 8]),
        step(2, &[0.5; 4], &[0.5; 7]),
        step(2, &[0.5, 0.5, f32::NAN, 0.5], &[0.5; 8]),
        step(2, &[0.5; 4], &[0.5, 0.5, 0.5, -1.0, 0.5, 2.0, 0.5, 0.5]),
    ];
    let half = ([0.5; 4], [0.5; 8]);
    let prediction = Prediction::new(2, &half.0, &half.1);
    let noise = EvaluationNoise::draw(&process, &pair, 0, 0, 1).unwrap();
    let counts = NodeCounts::new(vec![0, 0, 1]).unwrap();
    errors.extend([
        message(graph(&[0, 0], &[0, 1, 1])),
        message(graph(&[0, 0], &[0, 1, 2, 0])),
        message(graph(&[0, 0], &[0, 1, 1, 3])),
        message(
            (MoleculeClasses::QM9.decode(&unknown))
                .and_then(|_| MoleculeClasses::QM9.decode(&graph(&[5], &[0])?)),
        ),
        message(colored(&[(0, 1, 0)], true)),
        message(colored(&[(1, 1, 0)], false)),
        message(colored(&[(0, 1, 255)], false)),
        message(CosineSchedule::new(0)),
        message(Limit::uniform(0, 2)),
        message(Limit::new(vec![0.5, -0.5], vec![1.0])),
        message(Limit::new(vec![0.0], vec![1.0])),
        message(Limit::new(vec![1.0], vec![1.0; 300])),
        message(Limit::marginal([&unknown], 2, 2)),
        message(Limit::marginal(&[], 2, 2)),
        message(Limit::uniform(2, 2).unwrap().by_rank([&unknown], 1.0)),
        message(Limit::uniform(2, 2).unwrap().by_rank([&pair], 0.0)),
        message(Limit::absorbing(2, 256)),
        message(Limit::absorbing(2, 2).unwrap().by_rank([&pair], 1.0)),
        message(process.respaced(0, Spacing::Time)),
        message(process.respaced(11, Spacing::Time)),
        message(NodeCounts::of(&[])),
        message(process.noise(&pair, 11, &mut rng)),
        message(process.noise(&unknown, 1, &mut rng)),
        message(process.step_kl(&pair, &pair, 0, &prediction, Bound::Proper)),
        message(process.step_kl(&pair, &triple, 1, &prediction, Bound::Proper)),
        message(process.posterior_step(&pair, &pair, 0, &mut rng)),
        message(process.posterior_step(&pair, &triple, 1, &mut rng)),
        message(process.step_ratio(&pair, &triple, &pair, 1, &prediction)),
        message(process.prior_ratio(&pair, &unknown)),
        message(process.nll(&pair, &counts, &noise, &prediction, &[], Bound::Proper)),
        message(EvaluationNoise::draw(&process, &pair, 0, 0, 0)),
        message(ExtraFeatures::none(1).write(&pair, &mut [], &mut [], &mut [0.0])),
        message(all_features(2).write(&pair, &mut [0.0; 5], &mut [], &mut [0.0; 12])),
        message(all_features(2).write(&pair, &mut [0.0; 16], &mut [], &mut [])),
        message(all_features(2).write(&pair, &mut [0.0; 16], &mut [0.0; 4], &mut [0.0; 12])),
        message(all_features(2).write(
            &graph(&[0, 5], &[0; 4]).unwrap(),
            &mut [0.0; 16],
            &mut [],
            &mut [0.0; 12],
        )),
    ]);
    insta::assert_snapshot!(errors.join("\n"), @r"
    prediction is one of 1 nodes for a graph of 2, expected [n, dx] and [n, n, de] probabilities, n at least the graph's
    prediction is 3 node probabilities where 4 belong to 2 nodes, expected [n, dx] and [n, n, de] probabilities, n at least the graph's
    prediction is 7 edge probabilities where 8 belong to 2 nodes, expected [n, dx] and [n, n, de] probabilities, n at least the graph's
    predicted probability is NaN for node 1, expected a finite number that is not negative
    predicted probability is -1 for the pair (0, 1), expected a finite number that is not negative
    matrix of edge classes is 3 entries for 2 nodes, expected one entry per pair of nodes, n × n
    matrix of edge classes is 2 at (1, 0) and 1 at (0, 1), expected a symmetric matrix
    matrix of edge classes is 3 at (1, 1), expected zeros on the diagonal
    node class is 5 where there are 5, expected a class below the number of classes
    graph to diffuse is directed, expected an undirected graph without self-loops, node colours up to 255, edge colours up to 254
    graph to diffuse is one with a self-loop at node 1, expected an undirected graph without self-loops, node colours up to 255, edge colours up to 254
    graph to diffuse is one with edge colour 255, expected an undirected graph without self-loops, node colours up to 255, edge colours up to 254
    number of diffusion steps is 0, expected a number from 1 to 1000000
    number of node classes is 0, expected a number from 1 to 256
    limit distribution of nodes is [0.5, -0.5], expected 1 to 256 finite weights, none negative, one positive
    limit distribution of nodes is [0.0], expected 1 to 256 finite weights, none negative, one positive
    limit distribution of edges is a list of 300 weights, expected 1 to 256 finite weights, none negative, one positive
    node class is 2 where there are 2, expected a class below the number of classes
    number of nodes in a data set is 0, expected at least one node to estimate from
    node class is 2 where there are 2, expected a class below the number of classes
    weight of the shared limit distribution is 0, expected a positive number
    number of edge classes is 256, expected a number from 1 to 255
    limit to tell apart by rank is one that hides classes, expected one that shows what clean graphs have
    number of diffusion steps is 0 of a process of 10, expected at least 1, and no more than the process was made with
    number of diffusion steps is 11 of a process of 10, expected at least 1, and no more than the process was made with
    number of graphs is 0, expected at least one graph to count the nodes of
    diffusion time is 11 of a process of 10 steps, expected a time from 0 to the number of steps
    node class is 2 where there are 2, expected a class below the number of classes
    diffusion time of a step is 0, expected at least 1: before time 0 is the clean graph
    noisy graph is 3 nodes for a graph of 2, expected as many nodes as the clean graph
    diffusion time of a step is 0, expected at least 1: before time 0 is the clean graph
    noisy graph is 3 nodes for a graph of 2, expected as many nodes as the clean graph
    noisy graph is 3 nodes for a graph of 2, expected as many nodes as the clean graph
    node class is 2 where there are 2, expected a class below the number of classes
    number of predictions is 0 for 1 noisy graphs, expected one per noisy graph, and at least one
    number of times is 0, expected at least 1
    number of nodes is 2 where the largest is said to have 1, expected at most max_nodes
    slice of node features is 5 long where there are 16 features, expected one entry per feature
    slice of graph features is 0 long where there are 12 features, expected one entry per feature
    slice of pair features is 4 long where there are 0 features, expected one entry per feature
    node class is 5 where there are 5, expected a class below the number of classes
    ");
}
