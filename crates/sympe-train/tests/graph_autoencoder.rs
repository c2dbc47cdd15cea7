//! The graph autoencoder: its data, its options, what is said of graphs with symmetries, and tuned comparisons.

mod common;

use candle_core::Device;
use common::{config, config_error};
use serde_json::Value;
use std::collections::HashSet;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_train::breakers::Breaking;
use sympe_train::config::{Config, Layers};
use sympe_train::domain::{GraphEncoding, Graphs};
use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
use sympe_train::harness::Trained;
use sympe_train::task::{Part, Splits, Task};

fn splits(sets: &[&str]) -> Splits<ColoredGraph> {
    let config: GraphAutoencoderConfig = config(sets);
    GraphAutoencoder::splits(&config.pinned()).unwrap()
}

/// The share of graphs with an automorphism.
fn symmetric(splits: &Splits<ColoredGraph>) -> f64 {
    let search = SymmetrySearch::default();
    let symmetries = splits.all().map(|graph| search.run(&graph.unwrap()).unwrap());
    let asymmetric: Vec<bool> = symmetries.map(|found| found.group().is_trivial()).collect();
    asymmetric.iter().filter(|&&trivial| !trivial).count() as f64 / asymmetric.len() as f64
}

#[test]
fn generated_kinds_have_their_sizes_and_parts_that_differ() {
    for (kind, words, least_symmetric) in [
        ("generated", "Erdős–Rényi graphs", 0.2),
        ("cographs", "random cographs", 1.0),
        ("trees", "uniform trees", 0.8),
        ("regular", "uniform regular graphs of degree 3 or 4", 0.3),
    ] {
        let set = format!("data.kind={kind}");
        let sets = [&set, "data.max-nodes=12", "data.train=60", "data.held-out=30"];
        let splits = splits(&sets);
        let description = &splits.info().description;
        assert!(
            description.contains(words) && description.contains("7 to 12 nodes"),
            "{description}"
        );
        let sizes: HashSet<usize> = splits.all().map(|graph| graph.unwrap().n()).collect();
        assert_eq!(sizes, (7..=12).collect());
        let [train, validation, test] = Part::ALL.map(|part| splits.part(part));
        assert_eq!([train.len(), validation.len(), test.len()], [60, 30, 30]);
        assert!(
            validation
                .iter()
                .zip(test.iter())
                .any(|(one, other)| one.unwrap() != other.unwrap())
        );
        let share = symmetric(&splits);
        assert!(
            share >= least_symmetric,
            "{kind}: {share} of the graphs have symmetries"
        );
    }
}

#[test]
fn molecules_are_bare_graphs_of_all_sizes_of_their_parts() {
    if common::data("qm9/qm9.csv").is_none() {
        return;
    }
    let folder = format!("data.folder={}", common::data("qm9").unwrap().display());
    let splits = splits(&[
        "data.kind=molecules",
        &folder,
        "data.train=200",
        "data.held-out=50",
    ]);
    let lengths = Part::ALL.map(|part| splits.part(part).len());
    assert_eq!(lengths, [200, 50, 50]);
    for graph in splits.all().map(Result::unwrap) {
        assert_eq!(graph.components().len(), 1);
        assert!(graph.node_colors().iter().all(|&color| color == 0));
        assert!(graph.edges().all(|(.., color)| color == 0));
        assert!(graph.n() <= 29);
    }
    // Hydrogens are there: most molecules have equal leaves.
    assert!(symmetric(&splits) > 0.8);
    let sizes: HashSet<usize> = splits
        .part(Part::Test)
        .iter()
        .map(|graph| graph.unwrap().n())
        .collect();
    assert!(sizes.len() > 5, "{sizes:?}");
}

const WITH_CLASSES: [&str; 7] = [
    "data.kind=molecules-with-classes",
    "data.train=24",
    "data.held-out=16",
    "model.hidden=8",
    "model.layers=2",
    "training.epochs=1",
    "training.batch-size=4",
];

#[test]
fn molecules_with_classes_are_the_same_ones_with_the_colours_of_elements_and_bonds() {
    let Some(folder) = common::data("qm9/qm9.csv") else {
        return;
    };
    let folder = format!("data.folder={}", folder.parent().unwrap().display());
    let [bare, classes] = ["data.kind=molecules", "data.kind=molecules-with-classes"]
        .map(|kind| splits(&[kind, &folder, "data.train=200", "data.held-out=50"]));
    let [mut nodes, mut edges] = [[0; 5], [0; 5]];
    let search = SymmetrySearch::default();
    for (bare, molecule) in bare
        .all()
        .map(Result::unwrap)
        .zip(classes.all().map(Result::unwrap))
    {
        assert_eq!(molecule.n(), bare.n());
        assert!(
            bare.edges()
                .map(|(u, v, _)| (u, v))
                .eq(molecule.edges().map(|(u, v, _)| (u, v)))
        );
        molecule
            .node_colors()
            .iter()
            .for_each(|&color| nodes[color as usize] += 1);
        molecule
            .edges()
            .for_each(|(.., color)| edges[color as usize] += 1);
        // Colours can only take symmetries away, and a hydrogen has one single bond.
        let [order, all] =
            [&*molecule, &*bare].map(|graph| search.run(graph).unwrap().group().order_u64().unwrap());
        assert!(all % order == 0, "{order} of {all}");
        for (v, _) in molecule
            .node_colors()
            .iter()
            .enumerate()
            .filter(|(_, color)| **color == 4)
        {
            assert_eq!(molecule.edge_colors_of(v as u32), [0]);
        }
    }
    assert!(
        nodes[0] > 1000 && nodes[4] > 1000 && nodes[1] > 50 && nodes[2] > 50,
        "{nodes:?}"
    );
    assert!(
        edges[0] > edges[1] && edges[1] > edges[2] && edges[2] > 0 && edges[3] == 0,
        "{edges:?}"
    );
    assert_ne!(bare.info().sha256, classes.info().sha256);
}

#[test]
fn every_way_of_breaking_rebuilds_classes_and_is_judged_by_them() {
    let Some(folder) = common::data("qm9/qm9.csv") else {
        return;
    };
    let folder = format!("data.folder={}", folder.parent().unwrap().display());
    for network in ["egnn", "gnn"] {
        for way in Breaking::<Graphs>::all() {
            let (network, breaking) = (format!("model.network={network}"), format!("breaking.kind={way}"));
            let sets = [&WITH_CLASSES[..], &[&folder[..], &network, &breaking]].concat();
            let config: GraphAutoencoderConfig = config(&sets);
            let run = Trained::<GraphAutoencoder>::new(config.pinned(), &Device::Cpu).unwrap();
            let metrics = run.evaluate(run.part(Part::Test), 0).unwrap();
            let names: Vec<&str> = metrics.iter().map(|(name, _)| *name).collect();
            let expected = [
                "cross_entropy",
                "wrong_nodes_percent",
                "wrong_pairs_percent",
                "bce",
            ];
            assert_eq!(names[..4], expected, "{way}");
            assert!(
                metrics.iter().all(|(_, value)| value.is_finite()),
                "{way}: {metrics:?}"
            );
            // Every pair has the four classes or two; the edges' part cannot cost more than the whole.
            assert!(metrics[0].1 >= metrics[3].1, "{way}: {metrics:?}");
        }
    }
}

#[test]
fn a_run_with_classes_trains_and_evaluates_molecules_of_a_file() {
    let Some(folder) = common::data("qm9/qm9.csv") else {
        return;
    };
    let folder = format!("data.folder={}", folder.parent().unwrap().display());
    let runs = tempfile::tempdir().unwrap();
    let place = runs.path().to_str().unwrap();
    let mut arguments = vec![
        "compare",
        "graph-autoencoder",
        "--preset",
        "smoke",
        "--device",
        "cpu",
        "--runs-dir",
        place,
    ];
    arguments.extend([
        "--networks",
        "egnn",
        "--breakers",
        "none,sympe",
        "--kernels",
        "exact",
        "--seeds",
        "1",
    ]);
    for set in WITH_CLASSES.iter().copied().chain([&folder[..]]) {
        arguments.extend(["--set", set]);
    }
    let (table, result) = common::run(&arguments);
    result.unwrap();
    assert!(
        table.contains("test cross-entropy") && table.contains("wrong pairs, %"),
        "{table}"
    );
    let run = runs
        .path()
        .join("graph-autoencoder/compare/egnn-sympe-exact-seed0");
    let file = runs.path().join("molecules.smi");
    let evaluate = |smiles: &str| {
        std::fs::write(&file, smiles).unwrap();
        let [run, file] = [&run, &file].map(|path| path.to_str().unwrap());
        common::run(&["evaluate", run, "--file", file, "--json", "--device", "cpu"])
    };
    let (output, result) = evaluate("CCO\nC=O\nC#N\n");
    result.unwrap();
    let found: Value = serde_json::from_str(&output).unwrap();
    assert!(found["cross_entropy"].as_f64().unwrap() > 0.0, "{found}");
    let message = evaluate("CCO\nCCl\n").1.unwrap_err().to_string();
    assert!(
        message.contains("'molecule 2': the element Cl, expected those of the data: C, N, O, F, H"),
        "{message}"
    );
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    let error = config_error::<GraphAutoencoderConfig>;
    insta::assert_snapshot!(
        error("data.max-nodes=6"),
        @"--set data.max-nodes=6: data.max-nodes is 6, expected at least 7"
    );
    insta::assert_snapshot!(
        error("model.bias-gain=0"),
        @"--set model.bias-gain=0: model.bias-gain is 0, expected a positive number"
    );
    insta::assert_snapshot!(
        error("breaking.table.init=one-hot"),
        @"--set breaking.table.init=one-hot: breaking.table.init is one-hot, but the encoding is smoothed and starts as cosines: expected breaking.encoding=table beside it"
    );
    insta::assert_snapshot!(
        error("data={kind='molecules', max-nodes=20}"),
        @"--set data={kind='molecules', max-nodes=20}: data.max-nodes is 20, but data.kind is molecules, whose sizes are given"
    );
    let mut layers = Layers::default();
    layers.set("data.kind=molecules-with-classes").unwrap();
    layers.set("model.network=radial-field").unwrap();
    insta::assert_snapshot!(layers.resolve::<GraphAutoencoderConfig>().unwrap_err(), @"--set model.network=radial-field: model.network is radial-field, which has no features of nodes, but data.kind is molecules-with-classes, whose nodes have classes: expected egnn or gnn");
    let table: GraphAutoencoderConfig = config(&["model.network=gnn", "breaking.table.init=one-hot"]);
    assert_eq!(table.encoding(), GraphEncoding::Table);
    let missing: GraphAutoencoderConfig = config(&["data.kind=molecules", "data.folder=/no/such/folder"]);
    let message = GraphAutoencoder::splits(&missing).unwrap_err().to_string();
    assert!(
        message.contains("/no/such/folder") && message.contains("`data qm9`"),
        "{message}"
    );
}

#[test]
fn a_tuned_comparison_tries_every_scale_and_reports_the_best_with_paired_differences() {
    let runs = tempfile::tempdir().unwrap();
    let place = runs.path().to_str().unwrap();
    let arguments = [
        "compare",
        "graph-autoencoder",
        "--preset",
        "smoke",
        "--device",
        "cpu",
        "--set",
        "training.epochs=1",
        "--runs-dir",
        place,
        "--networks",
        "egnn",
        "--breakers",
        "none,noise,sympe,sympe-table",
        "--kernels",
        "exact",
        "--seeds",
        "2",
        "--tune",
    ];
    let (table, result) = common::run(&arguments);
    result.unwrap();
    assert!(
        table.contains("test BCE above the reference, paired") && table.contains("| reference"),
        "{table}"
    );
    let folder = runs.path().join("graph-autoencoder/compare");
    let details = std::fs::read_to_string(folder.join("details.md")).unwrap();
    assert!(
        details.contains("| automorphisms | graphs | egnn-none | egnn-noise-"),
        "{details}"
    );
    let picture = std::fs::read_to_string(folder.join("exact-by-automorphisms.svg")).unwrap();
    assert!(
        picture.contains("automorphisms") && picture.contains("noise"),
        "{picture}"
    );
    let curves = std::fs::read_to_string(folder.join("egnn-curve-exact-percent.svg")).unwrap();
    assert!(curves.contains("training step"), "{curves}");
    let (json, result) = common::run(&[&arguments[..], &["--json"]].concat());
    result.unwrap();
    let lines: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [of_runs, rows]: [Vec<&Value>; 2] = [false, true].map(|is_row| {
        lines
            .iter()
            .filter(|line| (line["row"] == true) == is_row)
            .collect()
    });
    assert_eq!((of_runs.len(), rows.len()), (8, 4));
    assert_eq!(rows[0]["scale"], Value::Null);
    assert_eq!(rows[2]["reference"], Value::Null);
    for (row, breaker) in [(0, "none"), (1, "noise"), (3, "sympe-table")] {
        let (row, reference) = (rows[row], rows[2]["scale"].as_str().unwrap());
        assert_eq!(row["breaker"], breaker);
        assert_eq!(row["reference"], format!("egnn-sympe-exact-{reference}"));
        let difference = row["difference"]["bce"]["mean"].as_f64().unwrap();
        let means = [row, rows[2]].map(|row| row["bce"]["mean"].as_f64().unwrap());
        assert!((difference - (means[0] - means[1])).abs() < 1e-9);
        assert!(row["difference"]["bce"]["se"].as_f64().unwrap() >= 0.0);
    }
    // Of each way with a scale every choice was tried with the first seed, and the best on validation was taken.
    for (breaker, row) in [("noise", rows[1]), ("sympe-exact", rows[2])] {
        let validation = |scale: &str| {
            let run = folder.join(format!("egnn-{breaker}-{scale}-seed0"));
            sympe_train::run::read_results(&run).unwrap().unwrap().validation
        };
        let best = ["0.5", "1", "2", "4"]
            .map(validation)
            .into_iter()
            .fold(f64::INFINITY, f64::min);
        assert_eq!(validation(row["scale"].as_str().unwrap()), best);
    }
}
