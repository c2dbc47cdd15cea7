//! The memory that a program takes while it prepares and trains on more and more molecules: 10⁴ to 10⁷, those of MOSES over and
//! over, whose graphs lie in files that are mapped.
//!
//! Each number is a program of its own, which is watched until it has trained for half a minute. Linux only; MOSES is needed (`cargo
//! xtask data moses`), 2 GB of disk among temporary files, and a quarter of an hour on two cores. Writes a picture into the folder that is
//! named first, or beside other temporary files.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};
use sympe_data::input;
use sympe_data::molecule::Moses;
use sympe_data::published::Split;
use sympe_inspect::datasets;
use sympe_train::report::{Curve, Table, curves_over};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Numbers of molecules, as powers of ten.
const POWERS: std::ops::RangeInclusive<u32> = 4..=7;
const TRAINED_FOR: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Megabytes of memory: all of it, and what is no part of a mapped file, which need not be kept.
#[derive(Clone, Copy, Default)]
struct Memory {
    all: f64,
    anonymous: f64,
}

impl Memory {
    /// That of a process, or `None` once it has ended.
    fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let megabytes = |name: &str| -> Option<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1000.0)
        };
        Some(Self {
            all: megabytes("VmRSS:")?,
            anonymous: megabytes("RssAnon:")?,
        })
    }

    fn max(self, other: Self) -> Self {
        Self {
            all: self.all.max(other.all),
            anonymous: self.anonymous.max(other.anonymous),
        }
    }
}

/// What was seen with so many molecules.
struct Line {
    molecules: usize,
    preparing: Memory,
    training: Memory,
    /// Seconds until training began.
    start: f64,
}

/// A process that does not outlive its value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Puts so many training molecules into `folder`, with the parts that validate and test.
fn write_molecules(molecules: usize, moses: &Moses, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for split in [Split::Validation, Split::Test] {
        let path = moses.path(split);
        fs::copy(path, folder.join(path.file_name().ok_or("a file has a name")?))?;
    }
    let mut file = BufWriter::new(File::create(folder.join(Moses::FILES[0]))?);
    writeln!(file, "SMILES")?;
    let mut left = molecules;
    while left > 0 {
        let mut lines = input::open(moses.path(Split::Train))?.into_lines()?;
        lines.next_owned();
        while left > 0
            && let Some(line) = lines.next_owned()
        {
            writeln!(file, "{}", line?.1)?;
            left -= 1;
        }
    }
    Ok(file.flush()?)
}

/// Trains on so many molecules for a while, in `folder`, and watches the memory.
fn watch(molecules: usize, moses: &Moses, folder: &Path) -> Result<Line> {
    let data = folder.join("data");
    write_molecules(molecules, moses, &data)?;
    let of = |name: &str| folder.join(name).display().to_string();
    let start = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_sympe-train"))
        .args("train graph-diffusion --preset moses-small --only --device cpu --set data.train=0".split(' '))
        .args(["--set", "training.batch-size=16", "--runs-dir", &of("runs")])
        .args(["--set", &format!("data.folder={}", data.display())])
        .args(["--set", &format!("data.store={}", of("store"))])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut process = Process(child);
    let said = BufReader::new(process.0.stderr.take().ok_or("the errors are not piped")?);
    let trains = Arc::new(AtomicBool::new(false));
    let begun = trains.clone();
    let reader = std::thread::spawn(move || {
        let mut last = String::new();
        for line in said.lines().map_while(std::result::Result::ok) {
            if line.ends_with(" steps") {
                begun.store(true, Ordering::Relaxed);
            }
            last = line;
        }
        last
    });
    let (mut preparing, mut training) = (Memory::default(), Memory::default());
    let mut started = None;
    while started.is_none_or(|started: Instant| started.elapsed() < TRAINED_FOR) {
        sleep(BETWEEN_LOOKS);
        let Some(memory) = Memory::of(process.0.id()) else {
            let last = reader.join().unwrap_or_default();
            return Err(format!("with {molecules} molecules the program ended: {last}").into());
        };
        if trains.load(Ordering::Relaxed) {
            started.get_or_insert_with(Instant::now);
            training = training.max(memory);
        } else {
            preparing = preparing.max(memory);
        }
    }
    let start = started.map_or(0.0, |started| (started - start).as_secs_f64());
    Ok(Line {
        molecules,
        preparing,
        training,
        start,
    })
}

fn table(lines: &[Line]) -> Table {
    let head = [
        "molecules",
        "start, s",
        "preparing, MB",
        "training, MB",
        "of it no file, MB",
    ];
    let whole = |x: f64| format!("{x:.0}");
    let row = |line: &Line| {
        vec![
            line.molecules.to_string(),
            whole(line.start),
            whole(line.preparing.all),
            whole(line.training.all),
            whole(line.training.anonymous),
        ]
    };
    Table {
        head: head.map(str::to_owned).to_vec(),
        rows: lines.iter().map(row).collect(),
    }
}

fn picture(lines: &[Line]) -> String {
    let curve = |name: &str, value: fn(&Line) -> f64| Curve {
        name: name.into(),
        points: lines
            .iter()
            .map(|line| (line.molecules.ilog10(), value(line)))
            .collect(),
    };
    curves_over(
        "memory of the program, megabytes",
        "training molecules, powers of ten",
        &[
            curve("preparing", |line| line.preparing.all),
            curve("training", |line| line.training.all),
            curve("training, without mapped files", |line| line.training.anonymous),
        ],
    )
}

fn main() -> Result<()> {
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let folder = folder.map_or_else(|| std::env::temp_dir().join("sympe-memory"), PathBuf::from);
    fs::create_dir_all(&folder)?;
    let moses = datasets::moses(&datasets::folder("moses"))?;
    let mut lines = Vec::new();
    for power in POWERS {
        let work = tempfile::tempdir()?;
        lines.push(watch(10usize.pow(power), &moses, work.path())?);
    }
    println!("{}", table(&lines).markdown());
    let path = folder.join("memory.svg");
    fs::write(&path, picture(&lines))?;
    println!("{}", path.display());
    Ok(())
}
