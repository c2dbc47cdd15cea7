//! The commands of sympe-inspect, where they meet runs.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use sympe_train::commands::Cli;
use sympe_train::experiments::ALL;

fn symmetry(file: &Path, more: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["sympe-train", "symmetry", file.to_str().unwrap()];
    arguments.extend(more);
    let mut output = Vec::new();
    let result = Cli::parse_from(ALL, arguments).run(&mut output);
    result.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(output).unwrap())
}

fn json(file: &Path, more: &[&str]) -> Vec<Value> {
    let more: Vec<&str> = more.iter().copied().chain(["--json"]).collect();
    symmetry(file, &more)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graphs");
    fs::write(&file, text).unwrap();
    (folder, file)
}

#[test]
fn embeddings_of_a_model_are_equal_on_orbits_until_sympe_breaks_them() {
    let (folder, file) = written("IheA@GUAo\nCh\n");
    let runs = folder.path().join("runs");
    let arguments = [
        "sympe-train",
        "train",
        "--preset",
        "smoke",
        "--device",
        "cpu",
        "--name",
        "one",
        "--runs-dir",
    ];
    Cli::parse_from(ALL, arguments.into_iter().chain([runs.to_str().unwrap()]))
        .run(&mut Vec::new())
        .unwrap();
    let session = runs.join("graph-autoencoder/one");
    for graph in json(&file, &["--model", session.to_str().unwrap()]) {
        let spread = |run: &str| graph["orbit_spread"][run].as_f64().expect(run);
        assert!(spread("egnn-none-seed0") < 1e-5, "{graph}");
        assert!(spread("egnn-sympe-exact-depth-first-seed0") > 1e-3, "{graph}");
    }
    let one = session.join("egnn-none-seed0");
    let text = symmetry(&file, &["--model", one.to_str().unwrap()]).unwrap();
    assert_eq!(
        text.matches("spread of embeddings within orbits, egnn-none-seed0")
            .count(),
        2,
        "{text}"
    );

    // Kernels see colours and self-loops, networks do not: such graphs are refused by name.
    let colored = folder.path().join("colored");
    fs::write(&colored, "p edge 2 1\nn 1 7\ne 1 2\n").unwrap();
    let model = [
        "sympe-train",
        "evaluate",
        one.to_str().unwrap(),
        "--file",
        colored.to_str().unwrap(),
    ];
    let refused = |model: &[&str]| {
        Cli::parse_from(ALL, model)
            .run(&mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&model).ends_with("graph 1 has nodes of several colours, expected one"));
    fs::write(&colored, "p edge 3 2\ne 1 2 1\ne 2 3\n").unwrap();
    assert!(refused(&model).ends_with("graph 1 has edges of several colours, expected one"));
    fs::write(&colored, "p edge 2 1\ne 1 2\np edge 2 1\ne 2 2\n").unwrap();
    assert!(refused(&model).ends_with("graph 2 has a self-loop at vertex 1 (counted from 0), expected none"));

    // A graph without nodes has nothing to get wrong.
    fs::write(&colored, "?\n").unwrap();
    let mut output = Vec::new();
    Cli::parse_from(ALL, model.into_iter().chain(["--json"]))
        .run(&mut output)
        .unwrap();
    let metrics: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!([&metrics["bce"], &metrics["error_percent"]], [0.0, 0.0]);
}

#[test]
fn models_are_for_graphs_and_are_there() {
    let (folder, file) = written("+-\n-+\n");
    for (more, message) in [
        (&["--group", "p1", "--model", "RUN"][..], "--model: is for graphs"),
        (
            &["--format", "bits", "--group", "p1", "--model", "RUN"],
            "--format bits: is for graphs",
        ),
    ] {
        let error = symmetry(&file, more).unwrap_err();
        assert!(error.contains(message), "{more:?}: {error}");
    }
    let graphs = folder.path().join("graphs.g6");
    fs::write(&graphs, "Bw\n").unwrap();
    let error = symmetry(&graphs, &["--model", "no/such/run"]).unwrap_err();
    assert!(error.contains("no/such/run"), "{error}");
}

#[test]
fn samples_are_judged_and_are_not_of_a_run() {
    let (_folder, file) = written("CCO\nC[CH3]\n");
    let evaluate = |words: &[&str]| {
        let words = [&["sympe-train", "evaluate"], words].concat();
        let cli = Cli::try_parse_from(ALL, words).map_err(|error| error.to_string())?;
        let mut output = Vec::new();
        cli.run(&mut output).map_err(|error| error.to_string())?;
        Ok::<_, String>(String::from_utf8(output).unwrap())
    };
    let name = file.to_str().unwrap();
    let judged = evaluate(&["--samples", name, "--hydrogens", "none", "--json"]).unwrap();
    assert!(judged.starts_with(r#"{"samples":2,"#), "{judged}");
    for (words, message) in [
        (&["--samples", name, "RUN"][..], "cannot be used with"),
        (&["--samples", name, "--file", name], "cannot be used with"),
        (&["--samples", name, "--split", "test"], "cannot be used with"),
        (&["--samples", name, "--draws", "3"], "cannot be used with"),
        (&["--samples", name, "--device", "cpu"], "cannot be used with"),
        (&[], "required"),
        (&["RUN", "--hydrogens", "none"], "cannot be used with"),
        (&["RUN", "--train", name], "cannot be used with"),
        (&["RUN", "--lenient"], "cannot be used with"),
        (&["RUN", "--valid", "tree"], "cannot be used with"),
        (&["RUN", "--reference", name], "cannot be used with"),
        (&["RUN", "--format", "bits"], "--file"),
    ] {
        let error = evaluate(words).unwrap_err();
        assert!(error.contains(message), "{words:?}: {error}");
    }
}
