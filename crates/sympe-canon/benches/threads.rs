//! Graphs per second of `run_batch` against the number of threads, in batches of small graphs of the data set
//! (`$SYMPE_DATA/canon/batches`).
//!
//! ```text
//! cargo bench -p sympe-canon --bench threads
//! ```
//!
//! Each batch is repeated to a hundred thousand graphs; the best of several rounds counts. Results are kept, as callers
//! keep them, so memory for each is allocated.

#[path = "../tests/common/mod.rs"]
mod common;

use common::data;
use rayon::ThreadPoolBuilder;
use std::error::Error;
use std::time::{Duration, Instant};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};

const GRAPHS: usize = 100_000;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = data::folder() else {
        return Ok(());
    };
    let most = std::thread::available_parallelism()?.get();
    let mut counts: Vec<usize> = (0..).map(|power| 1 << power).take_while(|&k| k < most).collect();
    counts.push(most);
    print!("| graphs per second |");
    counts.iter().for_each(|threads| print!(" {threads} threads |"));
    println!("\n|---|{}", "---|".repeat(counts.len()));
    for stem in ["er7_16_p25", "qm9_edgecol", "er20_50_mix"] {
        let paths = data::batches(&folder);
        let path = paths
            .iter()
            .find(|path| path.file_stem().is_some_and(|name| name == stem));
        let batch = data::batch(path.ok_or_else(|| format!("no batch {stem} in {}", folder.display()))?);
        let graphs: Vec<ColoredGraph> = batch.iter().cycle().take(GRAPHS).cloned().collect();
        print!("| {stem} |");
        for &threads in &counts {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
            let mut least = Duration::MAX;
            for _ in 0..ROUNDS {
                let start = Instant::now();
                let found = pool.install(|| SymmetrySearch::default().run_batch(&graphs));
                least = start.elapsed().min(least);
                found.into_iter().collect::<Result<Vec<_>, _>>()?;
            }
            print!(" {:.0} |", GRAPHS as f64 / least.as_secs_f64());
        }
        println!();
    }
    Ok(())
}
