//! Training in several processes, which are threads here: whichever number of them there is, it is the same network.

mod common;

use common::{Stop, config};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use sympe_nn::device::DeviceSpec;
use sympe_train::commands::Cli;
use sympe_train::communicator::{Communicator, Threads};
use sympe_train::experiments;
use sympe_train::experiments::graph_autoencoder::GraphAutoencoder;
use sympe_train::experiments::graph_diffusion::GraphDiffusion;
use sympe_train::experiments::ising::Ising;
use sympe_train::experiments::point_cloud::Clouds;
use sympe_train::harness::Trained;
use sympe_train::observe::Observer;
use sympe_train::run::{Results, RunInfo};
use sympe_train::task::Task;
use sympe_train::{TrainError, trainer};

/// What `work` gives in each of `size` processes, by rank; `None` where it panics.
fn among<R: Send>(size: usize, work: impl Fn(Arc<dyn Communicator>) -> R + Sync) -> Vec<Option<R>> {
    let work = &work;
    thread::scope(|scope| {
        let start = |process| scope.spawn(move || work(Arc::new(process)));
        let processes: Vec<_> = Threads::new(size).into_iter().map(start).collect();
        processes.into_iter().map(|process| process.join().ok()).collect()
    })
}

type Ended = Vec<Option<Result<Results, TrainError>>>;

/// Trains in `size` processes, of which the first has the folder, or resumes what is there; process `lost` panics before step 3.
fn train<T: Task<Config: Sync>>(sets: &[&str], size: usize, folder: &Path, lost: Option<usize>) -> Ended {
    let config: T::Config = config(sets);
    let resumed = folder.join("config.toml").exists();
    among(size, |world| {
        let rank = world.rank();
        let run = Trained::<T>::among(config.clone(), &DeviceSpec::Cpu.open()?, world)?;
        let mut stop = Stop(3);
        let observer: &mut dyn Observer = if lost == Some(rank) { &mut stop } else { &mut () };
        // Nothing can be written there.
        let folder = if rank == 0 {
            folder
        } else {
            Path::new("/dev/null/run")
        };
        match resumed {
            true => trainer::resume(&run, folder, observer),
            false => trainer::train(&run, folder, &RunInfo::new(&run, DeviceSpec::Cpu), observer),
        }
    })
}

/// The one result of all processes.
fn agreed(ended: Ended) -> Results {
    let mut results = ended.into_iter().map(|ended| ended.unwrap().unwrap());
    let first = results.next().unwrap();
    assert!(results.all(|other| other == first));
    first
}

/// All numbers that were recorded, epoch by epoch.
fn recorded(folder: &Path) -> Vec<f64> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .flat_map(|line| {
            let numbers = line
                .as_object()
                .unwrap()
                .values()
                .map(|value| value.as_f64().unwrap());
            numbers.collect::<Vec<_>>()
        })
        .collect()
}

fn weights(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("checkpoints/last/weights.safetensors")).unwrap()
}

/// Trains with 1, 2, 3 and 7 processes, twice each: the numbers are the same bit for bit for one number of processes, and to rounding
/// for all.
fn trains_alike<T: Task<Config: Sync>>(sets: &[&str], tolerance: f64) {
    let mut alone: Option<Vec<f64>> = None;
    for size in [1, 2, 3, 7] {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [one, other] = folders.each_ref().map(|folder| {
            let results = agreed(train::<T>(sets, size, folder.path(), None));
            (results, recorded(folder.path()), weights(folder.path()))
        });
        assert!(one == other, "{size} processes: two runs differ");
        let found = one.1;
        let alone = alone.get_or_insert_with(|| found.clone());
        assert_eq!(found.len(), alone.len());
        for (found, expected) in found.iter().zip(alone) {
            let error = (found - *expected).abs() / expected.abs().max(1.0);
            assert!(error < tolerance, "{size} processes: {found}, one: {expected}");
        }
    }
}

// The first step after rounding is where they differ, and further steps widen it: a wrong share or count shows as percents.

#[test]
fn autoencoders_are_the_same_from_any_number_of_processes() {
    // The last of seven batches has three graphs.
    trains_alike::<GraphAutoencoder>(&["data.train=27", "training.epochs=2"], 1e-4);
}

#[test]
fn denoisers_are_the_same_from_any_number_of_processes() {
    // Molecules have different numbers of atoms and of pairs, over which the two terms of the loss are means. A mask of dropout is of a
    // batch, and a share is another batch.
    trains_alike::<GraphDiffusion>(&["model.dropout=0", "evaluation.samples=1"], 1e-3);
}

#[test]
fn magnets_are_the_same_from_any_number_of_processes() {
    trains_alike::<Ising>(&["data.train=50"], 1e-3);
}

#[test]
fn clouds_are_the_same_from_any_number_of_processes() {
    trains_alike::<Clouds>(&["data.train=36"], 1e-3);
}

#[test]
fn a_run_goes_on_with_another_number_of_processes() {
    let sets = ["data.train=27", "training.epochs=2"];
    let whole = tempfile::tempdir().unwrap();
    agreed(train::<GraphAutoencoder>(&sets, 1, whole.path(), None));
    let expected = recorded(whole.path());
    for (lost, sizes) in [(0, [2, 3]), (1, [2, 1]), (2, [3, 2])] {
        let folder = tempfile::tempdir().unwrap();
        let ended = train::<GraphAutoencoder>(&sets, sizes[0], folder.path(), Some(lost));
        for (rank, ended) in ended.into_iter().enumerate() {
            match ended {
                None => assert_eq!(rank, lost),
                Some(ended) => {
                    assert!(rank != lost);
                    let error = ended.unwrap_err().to_string();
                    assert!(
                        error.contains("is gone: what is left is the last checkpoint"),
                        "{error}"
                    );
                }
            }
        }
        agreed(train::<GraphAutoencoder>(&sets, sizes[1], folder.path(), None));
        for (found, expected) in recorded(folder.path()).iter().zip(&expected) {
            assert!(
                (found - expected).abs() < 1e-3 * expected.abs().max(1.0),
                "{found}, {expected}"
            );
        }
    }
}

#[test]
fn processes_of_other_data_or_another_configuration_are_refused() {
    for (set, said) in [
        ("data.seed=9", "process 1: has seed = 9, process 0 has seed = 1"),
        ("training.batch-size=5", "process 1: has batch-size = 5"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ended = among(2, |world| {
            let sets: &[&str] = if world.rank() == 1 { &[set] } else { &[] };
            let run = Trained::<GraphAutoencoder>::among(config(sets), &DeviceSpec::Cpu.open()?, world)?;
            trainer::train(&run, folder.path(), &RunInfo::new(&run, DeviceSpec::Cpu), &mut ())
        });
        let error = ended[1].as_ref().unwrap().as_ref().unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
        assert!(ended[0].as_ref().unwrap().is_err());
    }
}

#[test]
fn sums_and_messages_arrive_in_any_number_of_processes() {
    for size in 1..=9 {
        let ended = among(size, |world| -> Result<_, TrainError> {
            let rank = world.rank();
            // Of several messages from one to another each comes in its turn.
            let mut values: Vec<f32> = (0..40)
                .map(|index| ((rank * 37 + index * 11) as f32).sin() * 1e3)
                .collect();
            let own = values.clone();
            world.sum(&mut values)?;
            let mut message = if rank == 0 {
                b"configuration".to_vec()
            } else {
                Vec::new()
            };
            world.broadcast(&mut message)?;
            let gathered = world.gather(vec![rank as u8; rank])?;
            Ok((own, values, message, gathered))
        });
        let ended: Vec<_> = ended.into_iter().map(|ended| ended.unwrap().unwrap()).collect();
        for index in 0..40 {
            let exact: f64 = ended.iter().map(|(own, ..)| f64::from(own[index])).sum();
            assert!((f64::from(ended[0].1[index]) - exact).abs() < 1e-2);
        }
        for (rank, (_, values, message, gathered)) in ended.iter().enumerate() {
            assert_eq!(values, &ended[0].1);
            assert_eq!(message, b"configuration");
            let expected: Vec<Vec<u8>> = (0..size).map(|rank| vec![rank as u8; rank]).collect();
            assert_eq!(*gathered, if rank == 0 { expected } else { Vec::new() });
        }
    }
}

#[test]
fn values_of_another_number_are_refused() {
    let ended = among(2, |world| {
        world
            .sum(&mut vec![0.0; 3 + world.rank()])
            .unwrap_err()
            .to_string()
    });
    assert_eq!(
        ended[0].as_deref(),
        Some("process 1: sent 16 bytes, expected those of 3 values")
    );
}

#[test]
#[cfg(not(feature = "mpi"))]
fn a_program_without_mpi_says_so_where_several_are_started() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_sympe-train"));
    let output = program
        .args(["leakage", "/nowhere"])
        .env("OMPI_COMM_WORLD_SIZE", "4")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "error: OMPI_COMM_WORLD_SIZE: says that this is one of several processes, which needs the cargo feature 'mpi': rebuild with \
         --features mpi, or start the program without mpirun\n"
    );
}

/// What `symmetry` prints, and how it ends, in each of `size` processes.
fn symmetry(size: usize, file: &str, flags: &[&str]) -> Vec<(String, Result<(), String>)> {
    let looked = among(size, |world| {
        let words = ["sympe-train", "symmetry", file];
        let words = words.iter().chain(flags);
        let mut output = Vec::new();
        let ended = Cli::parse_from(experiments::ALL, words).run_among(&world, &mut output);
        (
            String::from_utf8(output).unwrap(),
            ended.map_err(|error| error.to_string()),
        )
    });
    looked.into_iter().map(Option::unwrap).collect()
}

#[test]
fn however_many_processes_share_a_file_the_first_prints_what_one_prints() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // Paths, cycles and what is between, in numbers that no number of processes divides, some of them lines that are no graph.
    let graph = |i: usize| {
        let (n, m) = (5 + i % 17, 2 + i * i % 11);
        let edges: Vec<String> = (0..m.min(n))
            .map(|v| format!("{}-{}", v, (v + 1 + i % 2) % n))
            .collect();
        match i % 1500 {
            1499 => "3 9 0-1\n".to_owned(),
            _ => format!("{n} {} {}\n", edges.len(), edges.join(" ")),
        }
    };
    let graphs = file("graphs.txt", (0..5003).map(graph).collect());
    let smiles = ["CCO\n", "F/C=C/F\n", "c1ccccc1\n", "C[C@H](N)O\n", "CC(C)(C)C\n"];
    let molecules = file("molecules.smi", (0..3001).map(|i| smiles[i % 5]).collect());
    let flags: [&[&str]; 7] = [
        &["--json", "--samples", "1"],
        &[],
        &["--summary"],
        &["--summary", "--json"],
        &["--count"],
        &["--canonical", "--unique"],
        &["--unique", "--count", "--json"],
    ];
    for (file, fails) in [(&graphs, true), (&molecules, false)] {
        for flags in flags {
            let alone = symmetry(1, file, flags).remove(0);
            assert_eq!(alone.1.is_err(), fails, "{alone:?}");
            assert!(!alone.0.is_empty());
            for size in [2, 3, 5] {
                let mut found = symmetry(size, file, flags);
                assert!(found.remove(0) == alone, "{size} processes, {flags:?}");
                assert!(found.iter().all(|other| *other == (String::new(), Ok(()))));
            }
        }
    }
    let alone = symmetry(1, &graphs, &["--json"]).remove(0);
    assert_eq!(alone.1.unwrap_err(), "3 of 5003 graphs failed");
}

#[test]
fn processes_that_cannot_read_one_file_together_say_so() {
    let folder = tempfile::tempdir().unwrap();
    // A file that another process sees before it is written to its end.
    let [whole, part] = ["whole.txt", "part.txt"].map(|name| folder.path().join(name));
    fs::write(&whole, "2 1 0-1\n".repeat(10)).unwrap();
    fs::write(&part, "2 1 0-1\n".repeat(7)).unwrap();
    let ended = among(2, |world| {
        let file = if world.rank() == 0 { &whole } else { &part };
        let words = ["sympe-train", "symmetry", file.to_str().unwrap(), "--count"];
        Cli::parse_from(experiments::ALL, words).run_among(&world, &mut Vec::new())
    });
    let error = ended[0].as_ref().unwrap().as_ref().unwrap_err().to_string();
    assert_eq!(
        error,
        "process 1 has read 7 graphs where process 0 has read 10: expected the same file"
    );
    let [(_, ended), _] = symmetry(2, "/dev/null", &[]).try_into().unwrap();
    assert!(
        ended
            .unwrap_err()
            .contains("/dev/null: is no file that several processes can read")
    );
}
