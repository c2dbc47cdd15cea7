//! Runs that were made by version 0.1.0 before experiments became tasks: they open, evaluate and resume.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use sympe_train::domain::GraphEncoding;
use sympe_train::experiments::graph_autoencoder::GraphAutoencoderConfig;
use sympe_train::run;
use sympe_train::run::Results;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/runs-of-0.1.0")
        .join(name)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Equal to what another processor rounds in another way.
fn assert_near(found: f64, expected: f64, what: &str) {
    let close = (found - expected).abs() <= 1e-3 * (1.0 + expected.abs());
    assert!(close, "{what} is {found}, it was {expected}");
}

#[test]
fn finished_runs_open_on_the_same_data_and_have_the_metrics_that_they_had() {
    for (experiment, metrics) in [
        ("graph-autoencoder", &["bce", "error_percent", "f1"][..]),
        ("graph-diffusion", &["nll", "nll_published"]),
        ("ising", &["gap", "solved_percent"]),
    ] {
        let folder = fixture(experiment);
        assert_eq!(run::experiment(&folder).unwrap(), experiment);
        let expected = run::read_results(&folder).unwrap().unwrap();
        let path = folder.to_str().unwrap();
        let (output, result) = common::run(&["evaluate", path, "--json", "--device", "cpu"]);
        result.unwrap();
        let found: serde_json::Value = serde_json::from_str(&output).unwrap();
        for metric in metrics {
            // Draws of `evaluate` are others than those of training: what does not depend on them is the same, the rest near.
            let (found, expected) = (found[metric].as_f64().unwrap(), expected.test[*metric]);
            let near =
                (found - expected).abs() <= 0.2 * (1.0 + expected.abs()) || *metric == "solved_percent";
            assert!(near, "{experiment}: {metric} is {found}, it was {expected}");
        }
    }
}

#[test]
fn options_that_have_come_since_are_what_was_the_case_then() {
    let then: GraphAutoencoderConfig = run::read_config(&fixture("graph-autoencoder")).unwrap();
    assert_eq!(
        (then.model.bias_gain, then.encoding(), then.breaking.pair_dim),
        (1.0, GraphEncoding::Table, 0)
    );
    let now = GraphAutoencoderConfig::default();
    assert_eq!(
        (now.model.bias_gain, now.encoding(), now.breaking.pair_dim),
        (10.0, GraphEncoding::Smoothed, 8)
    );
}

#[test]
fn an_interrupted_run_ends_as_if_it_had_not_been_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture("interrupted"), folder.path());
    let path = folder.path().to_str().unwrap();
    let (_, result) = common::run(&["train", "--resume", path, "--device", "cpu"]);
    result.unwrap();
    let [found, expected]: [Results; 2] = [folder.path(), &fixture("graph-autoencoder")]
        .map(|folder| run::read_results(folder).unwrap().unwrap());
    assert_eq!(
        (found.epochs, found.steps, found.parameters, found.best_epoch),
        (
            expected.epochs,
            expected.steps,
            expected.parameters,
            expected.best_epoch
        )
    );
    assert_near(found.validation, expected.validation, "the validation metric");
    for (metric, value) in &expected.test {
        assert_near(found.test[metric], *value, metric);
    }
}
