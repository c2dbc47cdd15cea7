//! The real program, started by `mpirun`: as many processes as it says, killed, resumed, spread over comparisons.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The folder of the one run of a session.
const RUN: &str = "egnn-sympe-exact-depth-first-seed0";
const PROGRAM: &str = env!("CARGO_BIN_EXE_sympe-train");

fn mpirun() -> Command {
    let mut command = Command::new("mpirun");
    // Open MPI asks for these two of the superuser, and for the third where there are fewer cores than processes.
    command
        .args(["--allow-run-as-root", "--oversubscribe"])
        .env("CANDLE_NUM_THREADS", "1")
        .stdin(Stdio::null());
    command
}

fn program(size: usize, arguments: &[&str]) -> Command {
    let mut command = mpirun();
    command.args(["-n", &size.to_string(), PROGRAM]).args(arguments);
    command
}

/// `train`, and the folder of the run.
fn train(size: usize, runs: &Path, more: &[&str]) -> (Command, PathBuf) {
    let name = ["--name", "among", "--runs-dir", runs.to_str().unwrap()];
    let mut arguments = vec!["train", "--preset", "smoke", "--only", "--device", "cpu"];
    arguments.extend(name);
    arguments.extend(more);
    (
        program(size, &arguments),
        runs.join("graph-autoencoder/among").join(RUN),
    )
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
    output
}

fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && !text.contains("panicked"),
        "{command:?}: {text}"
    );
    text
}

/// Everything a run computes.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = [
        "metrics.jsonl",
        "results.json",
        "checkpoints/last/weights.safetensors",
        "checkpoints/last/optimizer.safetensors",
    ];
    let read = |name: &str| (name.to_owned(), fs::read(folder.join(name)).unwrap());
    files.map(read).into()
}

/// The training losses of the epochs.
fn losses(folder: &Path) -> Vec<f64> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let loss = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["train_loss"]
            .as_f64()
            .unwrap()
    };
    text.lines().map(loss).collect()
}

#[test]
fn runs_of_as_many_processes_are_equal_in_every_byte_and_of_others_to_rounding() {
    let mut alone = Vec::new();
    for size in 1..=3 {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [one, other] = folders.each_ref().map(|folder| {
            let (mut command, run) = train(size, folder.path(), &[]);
            let output = succeed(&mut command);
            // One process says what all have found.
            assert_eq!(String::from_utf8_lossy(&output.stdout).matches(RUN).count(), 1);
            (content(&run), losses(&run))
        });
        assert!(one == other, "two runs of {size} processes differ");
        if alone.is_empty() {
            alone = one.1;
            assert_eq!(alone.len(), 4);
            continue;
        }
        for (found, expected) in one.1.iter().zip(&alone) {
            assert!(
                (found - expected).abs() < 1e-4 * expected,
                "{size} processes: {found}, {expected}"
            );
        }
    }
}

/// The process of this rank among the children of `mpirun`.
fn process(mpirun: &Child, rank: usize) -> Option<u32> {
    let mark = format!("OMPI_COMM_WORLD_RANK={rank}");
    let is_it = |pid: &u32| {
        let parent = format!("PPid:\t{}\n", mpirun.id());
        let is_child =
            fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| status.contains(&parent));
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        is_child
            && environment
                .split(|&byte| byte == 0)
                .any(|variable| variable == mark.as_bytes())
    };
    let processes = fs::read_dir("/proc").ok()?;
    let mut processes = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.find(is_it)
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_process_ends_the_run_and_another_number_goes_on_from_the_checkpoint() {
    let more = ["--set", "training.epochs=60"];
    let whole = tempfile::tempdir().unwrap();
    let (mut command, expected) = train(3, whole.path(), &more);
    succeed(&mut command);
    for rank in [0, 2] {
        let broken = tempfile::tempdir().unwrap();
        let (mut command, run) = train(3, broken.path(), &more);
        let mut started = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while !run.join("metrics.jsonl").exists() {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing is trained");
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = process(&started, rank)
            .expect("a process of this rank")
            .to_string();
        assert!(
            Command::new("kill")
                .args(["-KILL", &pid])
                .status()
                .unwrap()
                .success()
        );
        // It ends, and does not wait for the one that is gone.
        while started.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(120), "the others wait");
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = started.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains("rank"), "{text}");
        assert!(!run.join("results.json").exists());
        succeed(&mut program(
            2,
            &["train", "--device", "cpu", "--resume", run.to_str().unwrap()],
        ));
        let (found, expected) = (losses(&run), losses(&expected));
        assert_eq!(found.len(), 60);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 2e-2 * expected, "{found}, {expected}");
        }
    }
}

#[test]
fn what_fails_in_one_process_ends_all() {
    let folder = tempfile::tempdir().unwrap();
    let said = fail(
        &mut train(
            3,
            folder.path(),
            &["--set", "data.kind=molecules", "--set", "data.folder=/nowhere"],
        )
        .0,
    );
    assert!(said.contains("error: process 0: /nowhere"), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().to_str().unwrap();
    let arguments = |scale: &'static str| {
        [
            PROGRAM,
            "compare",
            "graph-autoencoder",
            "--preset",
            "smoke",
            "--networks",
            "egnn",
            "--runs-dir",
            runs,
            "--set",
            scale,
        ]
    };
    let mut command = mpirun();
    command
        .args(["-n", "1"])
        .args(arguments("training.epochs=1"))
        .args([":", "-n", "1"])
        .args(arguments("training.epochs=2"));
    let said = fail(&mut command);
    assert!(
        said.contains("process 1: was started for other runs than process 0"),
        "{said}"
    );
}

#[test]
fn comparisons_are_spread_and_have_the_table_of_one_process() {
    let compare = |size: usize| {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().to_str().unwrap();
        let arguments = [
            "compare",
            "graph-autoencoder",
            "--preset",
            "smoke",
            "--networks",
            "egnn",
            "--breakers",
            "noise,sympe",
            "--seeds",
            "2",
            "--tune",
            "--json",
        ];
        let output =
            succeed(program(size, &arguments).args(["--set", "training.epochs=1", "--runs-dir", runs]));
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        // What depends on the clock or the folder is left out.
        let lines = lines.map(|mut line| {
            let fields = line.as_object_mut().unwrap();
            fields.retain(|name, _| !name.contains("breaking") && !name.contains("folder"));
            line
        });
        lines.collect::<Vec<_>>()
    };
    let alone = compare(1);
    assert!(alone.len() > 4);
    assert_eq!(compare(2), alone);
    assert_eq!(compare(5), alone);
}

#[test]
fn processes_share_the_graphs_of_a_file_and_print_what_one_prints() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("molecules.smi");
    let smiles = [
        "CCO\n",
        "F/C=C/F\n",
        "c1ccccc1\n",
        "[13CH4]\n",
        "CC(C)(C)C\n",
        "C[C@H](N)O\n",
        "C1=\n",
    ];
    fs::write(&file, (0..9001).map(|i| smiles[i % 7]).collect::<String>()).unwrap();
    let look = |size: usize, flags: &[&str]| {
        let output = program(size, &["symmetry", file.to_str().unwrap()])
            .args(flags)
            .output()
            .unwrap();
        let notes = String::from_utf8(output.stderr).unwrap();
        let notes: Vec<String> = notes
            .lines()
            .filter(|line| line.starts_with("note: "))
            .map(str::to_owned)
            .collect();
        (output.status.success(), output.stdout, notes)
    };
    for flags in [&["--json"][..], &["--summary"], &["--canonical", "--unique"]] {
        let alone = look(1, flags);
        // Every seventh is no molecule; what is passed over is counted wherever it was met.
        assert!(!alone.0);
        assert!(
            !alone.1.is_empty() && alone.2.len() == 1 && alone.2[0].contains("stereo marks of"),
            "{:?}",
            alone.2
        );
        assert_eq!(look(3, flags), alone, "{flags:?}");
    }
}
