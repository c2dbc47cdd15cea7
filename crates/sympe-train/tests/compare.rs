//! The command `compare`: what it prints, keeps and refuses.

use serde_json::{Map, Value};
use std::path::Path;
use sympe_train::TrainError;
use sympe_train::commands::Cli;
use sympe_train::experiments::ALL;

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
    let result = Cli::parse_from(ALL, arguments).run(&mut output);
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
    {"bce":"measured","best_epoch":0,"breaker":"none","breaking_share":"measured","epochs":1,"error_percent":"measured","exact_percent":"measured","f1":"measured","kernel":null,"network":"gnn","parameters":761,"seed":0}
    {"bce":"measured","best_epoch":0,"breaker":"none","breaking_share":"measured","epochs":1,"error_percent":"measured","exact_percent":"measured","f1":"measured","kernel":null,"network":"gnn","parameters":761,"seed":1}
    {"bce":"measured","best_epoch":0,"breaker":"sympe","breaking_share":"measured","epochs":1,"error_percent":"measured","exact_percent":"measured","f1":"measured","kernel":"exact","network":"gnn","parameters":1401,"seed":0}
    {"bce":"measured","best_epoch":0,"breaker":"sympe","breaking_share":"measured","epochs":1,"error_percent":"measured","exact_percent":"measured","f1":"measured","kernel":"exact","network":"gnn","parameters":1401,"seed":1}
    {"bce":{"mean":"measured","sd":"measured"},"breaker":"none","breaking_share":{"mean":"measured","sd":"measured"},"difference":{"bce":{"mean":"measured","se":"measured","seeds":2},"error_percent":{"mean":"measured","se":"measured","seeds":2},"exact_percent":{"mean":"measured","se":"measured","seeds":2},"f1":{"mean":"measured","se":"measured","seeds":2}},"epochs":1,"error_percent":{"mean":"measured","sd":"measured"},"exact_percent":{"mean":"measured","sd":"measured"},"f1":{"mean":"measured","sd":"measured"},"kernel":null,"network":"gnn","reference":"gnn-sympe-exact","row":true,"seeds":2}
    {"bce":{"mean":"measured","sd":"measured"},"breaker":"sympe","breaking_share":{"mean":"measured","sd":"measured"},"epochs":1,"error_percent":{"mean":"measured","sd":"measured"},"exact_percent":{"mean":"measured","sd":"measured"},"f1":{"mean":"measured","sd":"measured"},"kernel":"exact","network":"gnn","row":true,"seeds":2}
    "#);
    let folder = runs.path().join("graph-autoencoder/compare");
    assert_eq!(
        std::fs::read_to_string(folder.join("table.jsonl")).unwrap(),
        output
    );
    assert!(folder.join("report.html").exists());
}

#[test]
fn what_is_named_twice_is_trained_once_and_more_settings_join_the_folder() {
    let runs = tempfile::tempdir().unwrap();
    let folder = runs.path().join("graph-autoencoder/compare");
    let (output, result) = compare(runs.path(), &["--kernels", "exact,exact", "--seeds", "1"]);
    result.unwrap();
    assert_eq!(output.matches("| gnn ").count(), 2, "{output}");
    for heading in ["data: generated", "test BCE", "parameters"] {
        assert!(output.contains(heading), "{output}");
    }
    let trained = || {
        let file = folder.join("gnn-none-seed0/results.json");
        std::fs::metadata(file).unwrap().modified().unwrap()
    };
    let before = trained();
    let (output, result) = compare(runs.path(), &["--kernels", "orbits", "--seeds", "1"]);
    result.unwrap();
    assert!(
        output.contains("| orbits ") && !output.contains("| exact  "),
        "{output}"
    );
    assert_eq!(trained(), before);
    // The session knows all of them.
    let session = std::fs::read_to_string(folder.join("session.json")).unwrap();
    assert!(session.contains("gnn-sympe-exact-seed0") && session.contains("gnn-sympe-orbits-seed0"));
}

#[test]
fn other_settings_in_the_same_folder_are_refused_before_anything_is_written() {
    let runs = tempfile::tempdir().unwrap();
    let file = runs.path().join("graph-autoencoder/compare/session.json");
    let arguments = ["--kernels", "exact", "--seeds", "1"];
    compare(runs.path(), &arguments).1.unwrap();
    let before = std::fs::read(&file).unwrap();
    let (output, result) = compare(
        runs.path(),
        &[&arguments[..], &["--set", "training.epochs=2"]].concat(),
    );
    let message = result.unwrap_err().to_string();
    assert_eq!(output, "");
    assert!(
        message.contains("it has epochs = 1, asked for is epochs = 2; choose another --name"),
        "{message}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn one_seed_has_no_deviation() {
    let runs = tempfile::tempdir().unwrap();
    let arguments = ["--kernels", "exact", "--seeds", "1"];
    let (table, result) = compare(runs.path(), &arguments);
    result.unwrap();
    assert!(table.contains("| gnn ") && !table.contains('±'), "{table}");
    let folder = runs.path().join("graph-autoencoder/compare");
    for file in ["table.md", "report.html"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(!text.contains('±'), "{file}");
    }
    let (json, result) = compare(runs.path(), &[&arguments[..], &["--json"]].concat());
    result.unwrap();
    let rows: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let rows: Vec<&Value> = rows.iter().filter(|row| row["row"] == true).collect();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert!(row["bce"]["mean"].is_f64() && row["bce"]["sd"].is_null(), "{row}");
    }
    // With a second seed there is one.
    let (table, result) = compare(runs.path(), &["--kernels", "exact", "--seeds", "2"]);
    result.unwrap();
    assert!(table.contains('±'), "{table}");
}

#[test]
fn a_setting_that_is_refused_is_refused_before_anything_is_written() {
    let runs = tempfile::tempdir().unwrap();
    for set in ["data.kind=published", "training.epochs=9223372036854775807"] {
        let (output, result) = compare(
            runs.path(),
            &["--seeds", "1", "--set", "data.folder=/none", "--set", set],
        );
        let message = result.unwrap_err().to_string();
        assert!(
            message.contains("egnn_er025_train.txt") || message.contains("training.epochs"),
            "{message}"
        );
        assert_eq!(output, "");
        assert_eq!(std::fs::read_dir(runs.path()).unwrap().count(), 0, "{set}");
    }
}

#[test]
fn a_run_that_fails_does_not_hide_the_others() {
    let runs = tempfile::tempdir().unwrap();
    // The folder of one run is taken by a file.
    let folder = runs.path().join("graph-autoencoder/compare");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("gnn-sympe-exact-seed1"), "").unwrap();
    let (output, result) = compare(runs.path(), &["--kernels", "exact", "--seeds", "2", "--json"]);
    assert_eq!(result.unwrap_err().to_string(), "1 of 4 runs failed");
    let lines: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3 + 2);
    assert_eq!([&lines[3]["seeds"], &lines[4]["seeds"]], [2, 1]);
    // Once the reason is gone, the same command does the rest.
    std::fs::remove_file(folder.join("gnn-sympe-exact-seed1")).unwrap();
    let (output, result) = compare(runs.path(), &["--kernels", "exact", "--seeds", "2", "--json"]);
    result.unwrap();
    assert_eq!(output.lines().count(), 4 + 2);
}
