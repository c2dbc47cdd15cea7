//! The seeds of the fuzz targets in `checks/fuzz`: every reader on whole files, on files that are cut off and on long ones.

mod door;

use door::{DOORS, WAYS, peak, run};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// One test: all memory is counted together.
#[test]
fn seeds_are_read_and_what_is_read_is_written() {
    // The time is looked at on a machine that does nothing else.
    let no_clock = || Duration::ZERO;
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doors/seeds");
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../checks/fuzz/fuzz_targets");
    for (name, door) in DOORS {
        // A packed crate is tested without the targets.
        assert!(
            !targets.exists() || targets.join(format!("{name}.rs")).exists(),
            "{name}"
        );
        let files: Vec<_> = fs::read_dir(seeds.join(name)).unwrap().collect();
        assert!(files.len() >= 3, "{name}");
        for file in files {
            let path = file.unwrap().path();
            println!("{}", path.display());
            let bytes = fs::read(&path).unwrap();
            for way in 0..WAYS {
                let step = bytes.len() / 16 + 1;
                for end in (0..bytes.len()).step_by(step).chain([bytes.len()]) {
                    run(door, &bytes[..end], way, no_clock);
                }
            }
            if !bytes.is_empty() {
                run(door, &bytes.repeat((1 << 18) / bytes.len()), 0, no_clock);
            }
        }
    }
}

/// What is beyond the memory that the fuzz targets allow, or was: bytes for a byte of a file of a MiB.
///
/// cargo test --release -p sympe-data --test doors -- --ignored --nocapture memory
#[test]
#[ignore = "prints figures, of this test alone"]
fn memory_for_a_byte_of_a_mebibyte() {
    let repeated = |unit: &str| unit.repeat((1 << 20) / unit.len());
    let lines = |line: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        (0..)
            .map(line)
            .take_while(|line| {
                text += line;
                text.len() < 1 << 20
            })
            .for_each(drop);
        text
    };
    let ones = vec!["1"; 1 << 19].join(",");
    let files = [
        ("dreadnaut", "graphs of one vertex", repeated("n=1g.x\n")),
        ("adjacency", "matrices of one entry", repeated("1\n\n")),
        ("gml", "graph[]", repeated("graph[]\n")),
        (
            "bits",
            "a complete graph",
            format!("1448 {}", "1".repeat(1448 * 1447 / 2)),
        ),
        (
            "adjacency",
            "a full matrix without blanks",
            format!("{}\n", "1".repeat(1024)).repeat(1024),
        ),
        (
            "lattice_json",
            "a field",
            format!(r#"{{"field":"node","shape":[512,1024],"values":[{ones}]}}"#),
        ),
        (
            "pairs",
            "edges of vertices with names",
            lines(&|line| format!("a{line} b{line}\n")),
        ),
        (
            "csv",
            "the same in a table",
            format!("source,target\n{}", lines(&|line| format!("a{line},b{line}\n"))),
        ),
        ("smiles", "caffeine", repeated("CN1C=NC2=C1C(=O)N(C(=O)N2C)C\n")),
        ("smiles", "benzoic acid", repeated("c1ccccc1C(=O)O\n")),
        ("smiles", "methane", repeated("C\n")),
        ("smiles", "no SMILES", repeated("x\n")),
    ];
    for (name, what, text) in files {
        let (_, door) = DOORS.into_iter().find(|(door, _)| *door == name).unwrap();
        let mut count = 0;
        let memory = peak(door, text.as_bytes(), 0, &mut |_| count += 1);
        println!(
            "{name}, {what}: {:.1}, {count} read",
            memory as f64 / text.len() as f64
        );
    }
}
