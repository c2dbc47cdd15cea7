//! What holds for every experiment of the registry.

mod common;

use sympe_train::experiments::ALL;

#[test]
fn every_experiment_keeps_the_laws_of_tasks() {
    for experiment in ALL {
        experiment.check("smoke").unwrap();
    }
}

/// `train`, `compare` of every row without flags, `evaluate`, and all of it again, which trains nothing.
#[test]
fn every_experiment_trains_compares_and_evaluates_from_the_command_line() {
    for experiment in ALL {
        let name = experiment.name();
        for preset in ["quick", "smoke"] {
            let known = experiment.presets().iter().any(|(known, ..)| *known == preset);
            assert!(known, "{name} has no preset {preset}");
        }
        let runs = tempfile::tempdir().unwrap();
        let place = runs.path().to_str().unwrap();
        let common = [
            "--preset",
            "smoke",
            "--device",
            "cpu",
            "--runs-dir",
            place,
            "--name",
        ];
        let train: Vec<&str> = ["train", name]
            .into_iter()
            .chain(common)
            .chain(["first"])
            .collect();
        let (table, result) = common::run(&train);
        result.unwrap();
        let folder = runs.path().join(name).join("first");
        assert!(
            table.contains("seed0") && folder.join("report.html").exists(),
            "{table}"
        );
        let message = common::run(&train).1.unwrap_err().to_string();
        assert!(message.contains("holds a session already"), "{message}");
        let path = folder.to_str().unwrap();
        let resumed = common::run(&["train", "--resume", path, "--device", "cpu"]);
        resumed.1.unwrap();
        assert_eq!(resumed.0, table);
        let (metrics, result) = common::run(&["evaluate", path, "--device", "cpu"]);
        result.unwrap();
        assert!(metrics.contains("seed0"), "{metrics}");

        let compare: Vec<&str> = ["compare", name]
            .into_iter()
            .chain(common)
            .chain(["all", "--seeds", "1", "--json"])
            .collect();
        let (lines, result) = common::run(&compare);
        result.unwrap();
        let rows = lines.lines().filter(|line| line.contains("\"row\":true")).count();
        assert!(rows > 1 && lines.lines().count() == 2 * rows, "{lines}");
        let (again, result) = common::run(&compare);
        result.unwrap();
        assert_eq!(again, lines);
    }
}
