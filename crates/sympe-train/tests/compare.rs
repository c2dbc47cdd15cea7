//! The command `compare`: what it prints, keeps and refuses.

use clap::Parser;
use serde_json::{Map, Value};
use std::path::Path;
use sympe_train::TrainError;
use sympe_train::commands::Cli;

/// Two settings of small graphs, one seed each.
fn compare(runs: &Path, more: &[&str]) -> (String, Result<(), TrainError>) {
    let mut arguments = vec![
        "sympe-train",
        "compare",
        "graph-autoencoder",
        "--preset",
        "smoke",
        "--device",
        "cpu",
    ];
    arguments.extend(["--set", "training.epochs=1", "--runs-dir", runs.to_str().unwrap()]);
    arguments.extend(["--networks", "gnn", "--breakers", "none,sympe"]);
    arguments.extend(more);
    let mut output = Vec::new();
    let result = Cli::parse_from(arguments).run(&mut output);
    (String::from_utf8(output).unwrap(), result)
}

/// Measurements by what they are; everything else as it is.
fn shape(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => "measured".into(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[test]
fn json_has_one_object_per_run_then_one_per_row() {
    let runs = tempfile::tempdir().unwrap();
    let (output, result) = compare(runs.path(), &["--kernels", "exact", "--seeds", "2", "--json"]);
    result.unwrap();
    let lines: Vec<String> = output
        .lines()
        .map(|line| shape(&serde_json::from_str(line).unwrap()).to_string())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"bce":"measured","best_epoch":0,"breaker":"none","breaking_share":"measured","epochs":1,"error_percent":"measured","f1":"measured","kernel":null,"network":"gnn","parameters":761,"seed":0}
    {"bce":"measured","best_epoch":0,"breaker":"none","breaking_share":"measured","epochs":1,"error_percent":"measured","f1":"measured","kernel":null,"network":"gnn","parameters":761,"seed":1}
    {"bce":"measured","best_epoch":0,"breaker":"sympe","breaking_share":"measured","epochs":1,"error_percent":"measured","f1":"measured","kernel":"exact","network":"gnn","parameters":1401,"seed":0}
    {"bce":"measured","best_epoch":0,"breaker":"sympe","breaking_share":"measured","epochs":1,"error_percent":"measured","f1":"measured","kernel":"exact","network":"gnn","parameters":1401,"seed":1}
    {"bce":{"mean":"measured","sd":"measured"},"breaker":"none","breaking_share":{"mean":"measured","sd":"measured"},"epochs":1,"error_percent":{"mean":"measured","sd":"measured"},"f1":{"mean":"measured","sd":"measured"},"kernel":null,"network":"gnn","row":true,"seeds":2}
    {"bce":{"mean":"measured","sd":"measured"},"breaker":"sympe","breaking_share":{"mean":"measured","sd":"measured"},"epochs":1,"error_percent":{"mean":"measured","sd":"measured"},"f1":{"mean":"measured","sd":"measured"},"kernel":"exact","network":"gnn","row":true,"seeds":2}
    "#);
    let folder = runs.path().join("graph-autoencoder/compare");
    assert_eq!(std::fs::read_to_string(folder.join("table.jsonl")).unwrap(), output);
    assert!(folder.join("report.html").exists());
}
