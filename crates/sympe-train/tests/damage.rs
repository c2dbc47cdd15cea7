//! Runs that are damaged, incomplete, wanted by two programs, or end with what is no number: every case is refused or
//! reported by name, or changes nothing.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const RUN: &str = "egnn-sympe-exact-depth-first-seed0";

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sympe-train"));
    command
        .args(arguments)
        .env("CANDLE_NUM_THREADS", "1")
        .stdin(Stdio::null());
    command
}

fn train(runs: &Path, experiment: &str, more: &[&str]) -> Command {
    let mut command = program(&[
        "train", experiment, "--preset", "smoke", "--only", "--device", "cpu", "--name", "one",
    ]);
    command.arg("--runs-dir").arg(runs);
    for set in more {
        command.args(["--set", set]);
    }
    command
}

fn resume(folder: &Path) -> Command {
    let mut command = program(&["train", "--device", "cpu", "--resume"]);
    command.arg(folder);
    command
}

/// Whether it ended well, and what it said.
fn said(command: &mut Command) -> (bool, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert!(
        matches!(status.code(), Some(0 | 1)) && !text.contains("panicked"),
        "{command:?}: {text}"
    );
    (status.success(), text)
}

fn succeed(command: &mut Command) -> String {
    let (well, text) = said(command);
    assert!(well, "{command:?}: {text}");
    text
}

fn fail(command: &mut Command) -> String {
    let (well, text) = said(command);
    assert!(!well, "{command:?}: {text}");
    text
}

/// All files below a folder that a run reads again, by path.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            found.extend(files(&path));
        } else if name != "lock" && !name.starts_with("events.out") {
            found.push(path);
        }
    }
    found.sort();
    found
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

/// A run of two epochs, and its session.
fn finished(runs: &Path) -> (PathBuf, PathBuf) {
    succeed(&mut train(runs, "graph-autoencoder", &["training.epochs=2"]));
    let session = runs.join("graph-autoencoder/one");
    (session.join(RUN), session)
}

/// What a kill after the metrics of the last epoch leaves behind.
fn interrupt(run: &Path) {
    fs::remove_file(run.join("results.json")).unwrap();
    fs::remove_dir_all(run.join("checkpoints/best")).unwrap();
    fs::remove_dir_all(run.join("checkpoints/last")).unwrap();
    fs::rename(run.join("checkpoints/previous"), run.join("checkpoints/last")).unwrap();
    let sums = fs::read_to_string(run.join("SHA256SUMS")).unwrap();
    let of_start = sums
        .lines()
        .filter(|line| line.ends_with("config.toml") || line.ends_with("run.json"));
    let of_start: Vec<String> = of_start.map(|line| format!("{line}\n")).collect();
    fs::write(run.join("SHA256SUMS"), of_start.concat()).unwrap();
}

/// The file with one bit changed, some number of times.
fn flips(bytes: &[u8], count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<u8>> {
    let bits = 8 * bytes.len();
    let chosen = [0, bits - 1]
        .into_iter()
        .chain((2..count).map(|_| rng.random_range(0..bits)));
    let flip = |bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    chosen.map(flip).collect()
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn flips_in_every_file_of_a_finished_run_are_reported_and_nothing_is_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let (run, session) = finished(folder.path());
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let mut tried = files(&run);
    tried.push(session.join("session.json"));
    assert_eq!(tried.len(), 6 + 1 + 4 + 4 + 1, "{tried:?}");
    let trained = [run.join("metrics.jsonl"), run.join("results.json")];
    for path in tried {
        let whole = fs::read(&path).unwrap();
        for bytes in flips(&whole, 4, &mut rng) {
            fs::write(&path, &bytes).unwrap();
            let before = trained.each_ref().map(|path| fs::read(path).unwrap());
            let (well, text) = said(&mut resume(&session));
            // A line of the timings without its end is one that a kill cut off.
            let is_cut = name(&path) == "timing.jsonl" && bytes.last() != Some(&b'\n');
            assert!(is_cut || text.contains(name(&path)), "{}: {text}", path.display());
            assert!(
                is_cut || !well || text.contains("warning: "),
                "{}: {text}",
                path.display()
            );
            assert_eq!(
                trained.each_ref().map(|path| fs::read(path).unwrap()),
                before,
                "{}",
                path.display()
            );
            // What says how good the run is, and its weights, are never taken as they are.
            let decides = ["config.toml", "run.json", "results.json", "session.json"].contains(&name(&path));
            assert!(!(well && decides), "{}: {text}", path.display());
        }
        fs::write(&path, &whole).unwrap();
    }
    let text = succeed(&mut resume(&session));
    assert!(!text.contains("warning"), "{text}");
}

#[test]
fn flips_in_every_file_of_an_interrupted_run_are_reported_or_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (run, _) = finished(folder.path());
    let expected = ["metrics.jsonl", "results.json"].map(|name| fs::read(run.join(name)).unwrap());
    interrupt(&run);
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let tried = files(&run);
    assert_eq!(tried.len(), 5 + 4, "{tried:?}");
    for path in tried {
        let relative = path.strip_prefix(&run).unwrap();
        for bytes in flips(&fs::read(&path).unwrap(), 3, &mut rng) {
            let copied = folder.path().join("copy");
            copy(&run, &copied);
            fs::write(copied.join(relative), &bytes).unwrap();
            let (well, text) = said(&mut resume(&copied));
            if well {
                let found =
                    ["metrics.jsonl", "results.json"].map(|name| fs::read(copied.join(name)).unwrap());
                assert_eq!(found, expected, "{}", relative.display());
                // Lines after the checkpoint are written again, and a line without its end is one that a kill cut off.
                let is_cut = name(relative) == "timing.jsonl" && bytes.last() != Some(&b'\n');
                let is_silent = name(relative) == "metrics.jsonl" || is_cut;
                assert!(
                    is_silent || text.contains(name(relative)),
                    "{}: {text}",
                    relative.display()
                );
            } else {
                assert!(text.contains(name(relative)), "{}: {text}", relative.display());
            }
            fs::remove_dir_all(copied).unwrap();
        }
    }
}

#[test]
fn every_missing_file_of_a_finished_run_is_named_and_nothing_is_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let (run, session) = finished(folder.path());
    for path in files(&run) {
        let whole = fs::read(&path).unwrap();
        let metrics = fs::read(run.join("metrics.jsonl")).unwrap();
        fs::remove_file(&path).unwrap();
        let (well, text) = said(&mut resume(&session));
        assert!(text.contains(name(&path)), "{}: {text}", path.display());
        assert!(!well || text.contains("warning: "), "{}: {text}", path.display());
        if name(&path) != "metrics.jsonl" {
            assert_eq!(
                fs::read(run.join("metrics.jsonl")).unwrap(),
                metrics,
                "{}",
                path.display()
            );
        }
        fs::write(&path, &whole).unwrap();
    }
    // Results that are lost are made again, the same ones; `evaluate` does not do that.
    let whole = fs::read(run.join("results.json")).unwrap();
    fs::remove_file(run.join("results.json")).unwrap();
    let text = fail(program(&["evaluate"]).arg(&run));
    assert!(
        text.contains("results.json: is missing, but the run had finished"),
        "{text}"
    );
    succeed(&mut resume(&run));
    assert_eq!(fs::read(run.join("results.json")).unwrap(), whole);
    let text = succeed(&mut resume(&session));
    assert!(!text.contains("warning"), "{text}");
}

#[test]
fn a_lost_configuration_is_refused_unless_nothing_was_trained() {
    let folder = tempfile::tempdir().unwrap();
    let (run, session) = finished(folder.path());
    let config = fs::read(run.join("config.toml")).unwrap();
    fs::remove_file(run.join("config.toml")).unwrap();
    for folder in [&session, &run] {
        let text = fail(&mut resume(folder));
        assert!(
            text.contains("config.toml: is missing, but a run has been trained there"),
            "{text}"
        );
    }
    fs::remove_dir_all(run.join("checkpoints/best")).unwrap();
    for left in ["results.json", "metrics.jsonl", "timing.jsonl"] {
        fs::remove_file(run.join(left)).unwrap();
        let text = fail(&mut resume(&session));
        assert!(text.contains("config.toml: is missing"), "{text}");
    }
    // Only a first checkpoint: what a kill while it starts leaves.
    fs::remove_dir_all(run.join("checkpoints/previous")).unwrap();
    succeed(&mut resume(&session));
    assert_eq!(fs::read(run.join("config.toml")).unwrap(), config);
    assert_eq!(
        fs::read_to_string(run.join("metrics.jsonl"))
            .unwrap()
            .lines()
            .count(),
        2
    );
}

#[test]
fn damaged_timings_cost_only_the_timings() {
    let folder = tempfile::tempdir().unwrap();
    let (run, session) = finished(folder.path());
    let whole = fs::read_to_string(run.join("timing.jsonl")).unwrap();
    let other_digit = whole.replacen("\"epoch\":1", "\"epoch\":3", 1);
    assert_ne!(other_digit, whole);
    for damaged in [
        other_digit,
        "{".to_owned() + &whole,
        "?\n".to_owned(),
        String::new(),
    ] {
        fs::write(run.join("timing.jsonl"), &damaged).unwrap();
        let output = resume(&session).output().unwrap();
        let (table, text) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert!(output.status.success(), "{text}");
        assert!(
            text.contains("warning: ") && text.contains("timing.jsonl"),
            "{text}"
        );
        assert!(table.contains("| unknown "), "{table}");
    }
    // Runs of earlier versions have no checksums in the lines.
    let old = r#"{"breaking_seconds":0.5,"epoch":0,"seconds":2.0}"#;
    fs::write(run.join("timing.jsonl"), format!("{old}\n")).unwrap();
    assert_eq!(sympe_train::run::breaking_share(&run).unwrap(), 0.25);
}

/// Ends with the test, however it ends.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn of_two_programs_with_one_name_the_second_says_who_is_first() {
    let folder = tempfile::tempdir().unwrap();
    let long = ["training.epochs=100000"];
    let start = |mut command: Command| {
        Started(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        )
    };
    let mut both = [0, 1].map(|_| start(train(folder.path(), "graph-autoencoder", &long)));
    // One of them ends, the other does not.
    let ended = loop {
        let ended = both
            .iter_mut()
            .position(|one| one.0.try_wait().unwrap().is_some());
        if let Some(ended) = ended {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(both[ended].0.wait().unwrap().code(), Some(1));
    let first = both[1 - ended].0.id();
    let session = folder.path().join("graph-autoencoder/one");
    while !session.join(RUN).join("config.toml").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let expected = format!("is in use by process {first} (");
    for folder in [&session, &session.join(RUN)] {
        let text = fail(&mut resume(folder));
        assert!(
            text.contains(&expected) && text.contains("training.epochs=100000"),
            "{text}"
        );
    }
    let text = fail(&mut train(folder.path(), "graph-autoencoder", &[]));
    assert!(text.contains(&expected), "{text}");
    assert!(both[1 - ended].0.try_wait().unwrap().is_none());
    drop(both);
    let text = fail(&mut train(folder.path(), "graph-autoencoder", &[]));
    assert!(text.contains("holds a session already"), "{text}");
    // Whoever held it is gone: so is the lock.
    let mut next = resume(&session)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Started)
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(next.0.try_wait().unwrap().is_none());
}

#[test]
fn a_refused_configuration_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (experiment, sets, expected) in [
        (
            "graph-autoencoder",
            &["data.kind=published", "data.folder=/none"][..],
            "egnn_er025_train.txt",
        ),
        (
            "graph-autoencoder",
            &["training.epochs=9223372036854775807"],
            "less than 2⁶⁴ steps",
        ),
        ("graph-autoencoder", &["training.seed=-1"], "training.seed"),
        (
            "graph-diffusion",
            &["data.kind=qm9", "data.folder=/none"],
            "QM9 is not there",
        ),
        (
            "graph-diffusion",
            &["data.heavy-atoms=1"],
            "expected a number from 3 to 7",
        ),
    ] {
        let text = fail(&mut train(folder.path(), experiment, sets));
        assert!(text.contains(expected), "{text}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{sets:?}");
    }
}

#[test]
fn a_run_of_another_experiment_is_not_continued_as_the_one_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (run, session) = finished(folder.path());
    for (experiment, folder) in [
        ("ising", &run),
        ("ising", &session),
        ("graph-diffusion", &session),
    ] {
        let text = fail(program(&["train", experiment, "--resume"]).arg(folder));
        let expected = format!("is a run of graph-autoencoder, expected one of {experiment}");
        assert!(text.contains(&expected), "{text}");
    }
    succeed(program(&["train", "graph-autoencoder", "--resume"]).arg(&session));
}

#[test]
fn a_run_that_ends_with_an_infinite_metric_is_evaluated_sampled_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut train(folder.path(), "graph-diffusion", &["data.train=5"]));
    let session = folder.path().join("graph-diffusion/one");
    let run = fs::read_dir(&session)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let read = |name: &str| fs::read_to_string(run.join(name)).unwrap();
    let json = |name: &str| serde_json::from_str::<Value>(&read(name)).unwrap();
    assert_eq!(json("results.json")["validation"], "inf");
    assert_eq!(json("checkpoints/last/state.json")["progress"]["best"][1], "inf");
    for line in read("metrics.jsonl").lines() {
        assert_eq!(
            serde_json::from_str::<Value>(line).unwrap()["nll"],
            "inf",
            "{line}"
        );
    }
    let results = sympe_train::run::read_results(&run).unwrap().unwrap();
    assert_eq!(
        (results.validation, results.test["nll"]),
        (f64::INFINITY, f64::INFINITY)
    );
    succeed(program(&["evaluate", "--json"]).arg(&run));
    succeed(program(&["sample", "-n", "2"]).arg(&run));
    let text = succeed(&mut resume(&session));
    assert!(
        text.contains("finished before") && !text.contains("warning"),
        "{text}"
    );

    // Killed before its results are written.
    let whole = read("results.json");
    fs::remove_file(run.join("results.json")).unwrap();
    fs::remove_dir_all(run.join("checkpoints/last")).unwrap();
    fs::rename(run.join("checkpoints/previous"), run.join("checkpoints/last")).unwrap();
    succeed(&mut resume(&session));
    assert_eq!(read("results.json"), whole);

    // As earlier versions wrote it.
    fs::remove_file(run.join("SHA256SUMS")).unwrap();
    let mut info = json("run.json");
    info.as_object_mut().unwrap().remove("checksums");
    fs::write(run.join("run.json"), info.to_string()).unwrap();
    for name in ["results.json", "metrics.jsonl"] {
        fs::write(run.join(name), read(name).replace("\"inf\"", "null")).unwrap();
    }
    let results = sympe_train::run::read_results(&run).unwrap().unwrap();
    assert!(results.validation.is_nan() && results.test["nll"].is_nan());
    succeed(program(&["evaluate"]).arg(&run));
    succeed(program(&["sample", "-n", "2"]).arg(&run));
    succeed(&mut resume(&session));
}
