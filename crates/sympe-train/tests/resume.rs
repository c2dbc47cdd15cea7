//! Runs of the real program, killed with SIGKILL, resumed, and compared byte for byte.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The folder of the one run of a session named `name`.
const RUN: &str = "egnn-sympe-exact-depth-first-seed0";

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sympe-train"));
    command
        .args(arguments)
        .env("CANDLE_NUM_THREADS", "1")
        .stdin(Stdio::null());
    command
}

/// `train` with a configuration that writes many checkpoints.
fn train(runs: &Path, name: &str, more: &[&str]) -> Command {
    let runs = runs.to_str().unwrap();
    let mut arguments = vec![
        "train",
        "--preset",
        "smoke",
        "--only",
        "--device",
        "cpu",
        "--runs-dir",
        runs,
    ];
    arguments.extend([
        "--name",
        name,
        "--set",
        "data.train=160",
        "--set",
        "training.epochs=5",
    ]);
    for assignment in more {
        arguments.extend(["--set", assignment]);
    }
    program(&arguments)
}

fn resume(folder: &Path) -> Command {
    program(&["train", "--device", "cpu", "--resume", folder.to_str().unwrap()])
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

/// Everything a run computes: weights, optimizer state, progress, metrics, results.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = [
        "metrics.jsonl",
        "results.json",
        "checkpoints/best/weights.safetensors",
        "checkpoints/last/weights.safetensors",
        "checkpoints/last/best.safetensors",
        "checkpoints/last/optimizer.safetensors",
        "checkpoints/last/state.json",
    ];
    files
        .iter()
        .map(|file| ((*file).to_owned(), fs::read(folder.join(file)).expect(file)))
        .collect()
}

#[test]
fn a_killed_and_resumed_run_is_the_uninterrupted_one_byte_for_byte() {
    let runs = tempfile::tempdir().unwrap();
    let session = |name: &str| runs.path().join("graph-autoencoder").join(name);
    let start = Instant::now();
    succeed(&mut train(runs.path(), "whole", &[]));
    let whole = start.elapsed();
    let reference = content(&session("whole").join(RUN));
    assert_eq!(
        String::from_utf8(reference[0].1.clone()).unwrap().lines().count(),
        5
    );

    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for loader_threads in [0, 1, 3] {
        let name = format!("killed-{loader_threads}");
        let threads = format!("training.loader-threads={loader_threads}");
        let folder = session(&name);
        let (mut kills, mut share) = (0, 0.3);
        for attempt in 0.. {
            let mut command = match folder.join("session.json").exists() {
                true => resume(&folder),
                false => train(runs.path(), &name, &[&threads]),
            };
            let mut child = command
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // Later attempts live longer, so that this ends on any machine.
            let most = whole.as_secs_f64() * share * f64::from(1 + attempt / 8);
            std::thread::sleep(Duration::from_secs_f64(rng.random_range(0.0..most)));
            match child.try_wait().unwrap() {
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    kills += 1;
                }
                Some(status) => {
                    let output = child.wait_with_output().unwrap();
                    assert!(status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                    if kills >= 3 {
                        break;
                    }
                    // The machine was slower when the whole run was timed: once more, with shorter lives.
                    fs::remove_dir_all(&folder).unwrap();
                    (kills, share) = (0, share / 2.0);
                }
            }
        }
        for ((file, expected), (_, got)) in reference.iter().zip(content(&folder.join(RUN))) {
            assert!(
                got == *expected,
                "{file} differs after {kills} kills, loader threads {loader_threads}"
            );
        }
    }
}

#[test]
fn a_finished_session_is_reported_again_and_not_trained_again() {
    let runs = tempfile::tempdir().unwrap();
    let first = succeed(&mut train(runs.path(), "one", &[]));
    let folder = runs.path().join("graph-autoencoder/one");
    let before = fs::metadata(folder.join(RUN).join("results.json"))
        .unwrap()
        .modified()
        .unwrap();
    let again = succeed(&mut resume(&folder));
    assert_eq!(first.stdout, again.stdout);
    assert_eq!(
        fs::metadata(folder.join(RUN).join("results.json"))
            .unwrap()
            .modified()
            .unwrap(),
        before
    );
    let message = fail(&mut train(runs.path(), "one", &[]));
    assert!(
        message.contains("holds a session already: continue it with --resume"),
        "{message}"
    );
}

#[test]
fn a_damaged_checkpoint_falls_back_and_says_so() {
    let runs = tempfile::tempdir().unwrap();
    succeed(&mut train(runs.path(), "one", &[]));
    let session = runs.path().join("graph-autoencoder/one");
    let folder = session.join(RUN);
    let reference = content(&folder);
    let weights = folder.join("checkpoints/last/weights.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::remove_file(folder.join("results.json")).unwrap();

    fs::write(&weights, &bytes[..100]).unwrap();
    let output = succeed(&mut resume(&session));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("weights.safetensors") && message.contains("continuing from"),
        "{message}"
    );
    assert!(
        content(&folder) == reference,
        "the run after the fall-back differs"
    );

    fs::remove_file(folder.join("results.json")).unwrap();
    for checkpoint in ["last", "previous"] {
        fs::write(
            folder
                .join("checkpoints")
                .join(checkpoint)
                .join("optimizer.safetensors"),
            "?",
        )
        .unwrap();
    }
    let message = fail(&mut resume(&session));
    assert!(message.contains("holds no checkpoint that is whole"), "{message}");
    assert!(
        message.contains("previous") && message.contains("optimizer.safetensors"),
        "{message}"
    );
}

/// Files beyond 4 KiB cannot be written: what a full disk does, without filling one.
#[cfg(unix)]
fn on_a_full_disk(command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]);
    limited
        .arg(command.get_program())
        .args(command.get_args())
        .env("CANDLE_NUM_THREADS", "1");
    limited
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_that_names_the_file_and_the_run_continues_later() {
    let runs = tempfile::tempdir().unwrap();
    succeed(&mut train(runs.path(), "whole", &[]));
    let message = fail(&mut on_a_full_disk(&train(runs.path(), "full", &[])));
    assert!(
        message.contains("next/weights.safetensors: File too large"),
        "{message}"
    );
    let session = runs.path().join("graph-autoencoder");
    succeed(&mut resume(&session.join("full")));
    assert!(content(&session.join("full").join(RUN)) == content(&session.join("whole").join(RUN)));
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_printed_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("edge.g6");
    fs::write(&file, "A_\n").unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let message = fail(
        program(&["symmetry", file.to_str().unwrap()])
            .stdout(full)
            .stderr(Stdio::piped()),
    );
    assert!(
        message.contains("standard output: No space left on device"),
        "{message}"
    );
}

#[test]
fn wrong_input_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let runs = path("runs");
    let message = |arguments: &[&str]| fail(&mut program(arguments));

    let text = message(&["train", "--runs-dir", &runs, "--set", "training.epoch=3"]);
    assert!(
        text.contains("unknown key 'training.epoch' (did you mean 'training.epochs'?)"),
        "{text}"
    );
    let text = message(&["train", "--runs-dir", &runs, "--preset", "huge"]);
    assert!(
        text.contains("--preset huge: unknown preset, expected one of quick, full"),
        "{text}"
    );
    let text = message(&["train", "--runs-dir", &runs, "--config", &path("none.toml")]);
    assert!(text.contains("none.toml: "), "{text}");
    let text = message(&["train", "--resume", &path("")]);
    assert!(text.contains("is no run and no session of runs"), "{text}");
    let text = message(&[
        "train",
        "--runs-dir",
        &runs,
        "--set",
        "data.kind=published",
        "--set",
        "data.folder=/none",
    ]);
    assert!(text.contains("egnn_er025_train.txt"), "{text}");
    fs::write(path("file"), "").unwrap();
    let text = message(&["train", "--preset", "smoke", "--runs-dir", &path("file")]);
    assert!(text.contains("graph-autoencoder: "), "{text}");
    if !cfg!(feature = "cuda") {
        let text = message(&["train", "--runs-dir", &runs, "--device", "cuda:0"]);
        assert!(
            text.contains("device cuda:0 needs the cargo feature 'cuda'"),
            "{text}"
        );
    }
    fs::write(path("bad.g6"), "C~\nC~~~\n").unwrap();
    let text = message(&["symmetry", &path("bad.g6")]);
    assert!(text.contains("bad.g6") && text.contains("line 2"), "{text}");
}

#[test]
fn evaluate_reproduces_the_results_and_refuses_graphs_that_do_not_fit() {
    let runs = tempfile::tempdir().unwrap();
    succeed(&mut train(runs.path(), "one", &[]));
    let session = runs.path().join("graph-autoencoder/one");
    let folder = session.join(RUN);
    let run = folder.to_str().unwrap();
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&succeed(&mut program(arguments)).stdout).unwrap()
    };
    let metrics = fs::read_to_string(folder.join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&metrics).unwrap();
    // Other draws, same weights: near, not equal.
    let near = json(&["evaluate", run, "--json", "--draws", "20"])["bce"]
        .as_f64()
        .unwrap();
    assert!((near - results["test"]["bce"].as_f64().unwrap()).abs() < 2.0);

    let file = runs.path().join("edges.txt");
    fs::write(&file, "2 1\n3 110\n").unwrap();
    let on_file = json(&["evaluate", run, "--json", "--file", file.to_str().unwrap()]);
    assert!(on_file["bce"].as_f64().unwrap().is_finite());
    fs::write(&file, "40 1 0-1\n").unwrap();
    let message = fail(&mut program(&["evaluate", run, "--file", file.to_str().unwrap()]));
    assert!(
        message.contains("graph 1 has 40 nodes, expected at most 16"),
        "{message}"
    );
}

#[test]
fn progress_is_plain_lines_where_there_is_no_terminal_and_the_report_needs_nothing_else() {
    let runs = tempfile::tempdir().unwrap();
    let output = succeed(&mut train(runs.path(), "one", &["training.epochs=2"]));
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert!(lines[0].starts_with("runs in "), "{text}");
    assert_eq!(lines[1], format!("{RUN}: 80 steps"));
    for (line, start) in lines[2..].iter().zip([
        "epoch 1, step 40/80, train_loss ",
        "epoch 2, step 80/80, ",
        "test bce ",
    ]) {
        assert!(line.starts_with(&format!("{RUN}: {start}")), "{text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");

    let page = fs::read_to_string(runs.path().join("graph-autoencoder/one/report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("data: generated"));
    for reference in [" src=", " href=", "url(", "@import", "<link", "<script"] {
        assert!(!page.contains(reference), "{reference}");
    }
    // Namespaces are names, not places.
    assert_eq!(
        page.matches("://").count(),
        page.matches("xmlns=\"http://www.w3.org/").count()
    );
}

#[test]
fn nobody_reading_the_output_loses_no_run_and_no_report() {
    let runs = tempfile::tempdir().unwrap();
    let mut child = train(runs.path(), "one", &["training.epochs=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert!(child.wait().unwrap().success());
    let session = runs.path().join("graph-autoencoder/one");
    assert!(session.join("report.html").exists() && session.join(RUN).join("results.json").exists());
}

#[test]
fn a_line_torn_by_a_full_disk_is_written_again() {
    let runs = tempfile::tempdir().unwrap();
    succeed(&mut train(runs.path(), "one", &[]));
    let session = runs.path().join("graph-autoencoder/one");
    let folder = session.join(RUN);
    let reference = content(&folder);
    // As after the third epoch, with the line of the fourth begun.
    fs::remove_file(folder.join("results.json")).unwrap();
    let checkpoints = folder.join("checkpoints");
    fs::rename(checkpoints.join("previous"), checkpoints.join("last.older")).unwrap();
    fs::remove_dir_all(checkpoints.join("last")).unwrap();
    fs::rename(checkpoints.join("last.older"), checkpoints.join("last")).unwrap();
    let timing = folder.join("timing.jsonl");
    let text = fs::read_to_string(&timing).unwrap();
    fs::write(&timing, &text[..text.len() - 10]).unwrap();
    succeed(&mut resume(&session));
    assert!(content(&folder) == reference);
    let text = fs::read_to_string(&timing).unwrap();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect(line);
    }
    // Torn and not resumed: it can still be read.
    fs::write(&timing, &text[..text.len() - 10]).unwrap();
    succeed(&mut resume(&session));
}

#[test]
fn a_run_is_continued_and_evaluated_on_its_own_data_and_device() {
    let runs = tempfile::tempdir().unwrap();
    succeed(&mut train(
        runs.path(),
        "one",
        &["data.kind=auto", "data.folder=none", "training.epochs=1"],
    ));
    let session = runs.path().join("graph-autoencoder/one");
    let folder = session.join(RUN);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert!(
        read("config.toml").contains("kind = \"generated\""),
        "auto is not pinned"
    );
    let info: serde_json::Value = serde_json::from_str(&read("run.json")).unwrap();
    assert_eq!(info["device"], "cpu");
    assert!(
        info["data"]["description"]
            .as_str()
            .unwrap()
            .starts_with("generated Erdős–Rényi")
    );

    // Other data under the same configuration: another digest.
    let digest = info["data"]["sha256"].as_str().unwrap();
    let other = read("run.json").replace(digest, &digest.replace(char::is_alphanumeric, "0"));
    let set_info = |text: &str| {
        fs::write(folder.join("run.json"), text).unwrap();
        // Of data that have changed, not of a file that is damaged.
        let kept = read("SHA256SUMS");
        let kept: String = kept
            .lines()
            .filter(|line| !line.ends_with("run.json"))
            .fold(String::new(), |text, line| text + line + "\n");
        let sum: String = Sha256::digest(text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        fs::write(folder.join("SHA256SUMS"), format!("{kept}{sum}  run.json\n")).unwrap();
    };
    set_info(&other);
    let run = folder.to_str().unwrap();
    let message = fail(&mut program(&["evaluate", run]));
    assert!(
        message.contains("SHA-256 000000000000…") && message.contains(&digest[..12]),
        "{message}"
    );
    fs::remove_file(folder.join("results.json")).unwrap();
    let message = fail(&mut resume(&folder));
    assert!(
        message.contains("the run was made with") && message.contains(&digest[..12]),
        "{message}"
    );

    // A run whose device is not there says so, and goes where the flag says.
    let moved = info.to_string().replace("\"cpu\"", "\"cuda:7\"");
    set_info(&moved);
    if !cfg!(feature = "cuda") {
        let message = fail(&mut program(&["train", "--resume", run]));
        assert!(
            message.contains("device cuda:7 needs the cargo feature"),
            "{message}"
        );
    }
    let output = succeed(&mut resume(&folder));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("started on device cuda:7, continues on cpu"),
        "{message}"
    );
}

#[test]
fn damaged_best_weights_are_refused() {
    let runs = tempfile::tempdir().unwrap();
    succeed(&mut train(runs.path(), "one", &["training.epochs=1"]));
    let folder = runs.path().join("graph-autoencoder/one").join(RUN);
    let weights = folder.join("checkpoints/best/weights.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    let message = fail(&mut program(&["evaluate", folder.to_str().unwrap()]));
    assert!(
        message.contains("best/weights.safetensors: is damaged"),
        "{message}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_sets_the_threads_of_candle_unless_they_are_set() {
    let folder = tempfile::tempdir().unwrap();
    for (given, expected) in [
        (None, "CANDLE_NUM_THREADS=1"),
        (Some("3"), "CANDLE_NUM_THREADS=3"),
    ] {
        let mut command = train(folder.path(), expected, &["training.epochs=1000"]);
        command
            .env_remove("CANDLE_NUM_THREADS")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(threads) = given {
            command.env("CANDLE_NUM_THREADS", threads);
        }
        let mut child = command.spawn().unwrap();
        // Until it runs in earnest.
        let session = folder.path().join("graph-autoencoder").join(expected);
        while !session.join("session.json").exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended early");
            std::thread::sleep(Duration::from_millis(5));
        }
        let variables = fs::read(format!("/proc/{}/environ", child.id())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let found = variables
            .split(|&byte| byte == 0)
            .any(|variable| variable == expected.as_bytes());
        assert!(found, "{}", String::from_utf8_lossy(&variables));
    }
}
