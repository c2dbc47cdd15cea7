//! The seeds of the fuzz targets in `checks/fuzz`: every reader on whole files, on files that are cut off and on long ones.

mod door;

use door::{DOORS, WAYS, run};
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
