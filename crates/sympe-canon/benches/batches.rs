//! Least time per graph for canonical form, orbits, exact order and a group ready for draws, in the batches of small
//! graphs of the data set (`$SYMPE_DATA/canon/batches`), on one thread.
//!
//! ```text
//! cargo bench -p sympe-canon --bench batches -- [PART OF A NAME]
//! ```
//!
//! The least of all rounds counts, hundred graphs at a time, so that other load on the machine does not. Orders are
//! compared with the truth of the data set first. The last column is a checksum of the forms' digests: equal before
//! and after a change that leaves the forms alone.

#[path = "../tests/common/mod.rs"]
mod common;

use common::data;
use common::measure::{Answers, form_orbits_order};
use std::hint::black_box;
use std::time::{Duration, Instant};
use sympe_canon::graph::SymmetrySearch;

const ROUNDS: usize = 20;

fn main() {
    let Some(folder) = data::folder() else { return };
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    println!("| batch | graphs | µs per graph | forms |\n|---|---|---|---|");
    for path in data::batches(&folder) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        if wanted.as_ref().is_some_and(|part| !stem.contains(part.as_str())) {
            continue;
        }
        let graphs = data::batch(&path);
        let (rows, _) = data::truth(&folder, stem);
        let mut checksum = 0u64;
        for (i, (graph, [order, ..])) in graphs.iter().zip(&rows).enumerate() {
            let symmetry = SymmetrySearch::default().run(graph).expect("within budget");
            assert_eq!(symmetry.order().to_string(), *order, "{stem} graph {i}");
            let word = u64::from_str_radix(&symmetry.digest()[..16], 16).expect("hexadecimal digits");
            checksum = checksum.rotate_left(1) ^ word;
        }
        let mut answers = Answers::default();
        let mut least = vec![Duration::MAX; graphs.len().div_ceil(100)];
        for _ in 0..ROUNDS {
            for (chunk, least) in graphs.chunks(100).zip(&mut least) {
                let start = Instant::now();
                for graph in chunk {
                    black_box(form_orbits_order(graph, &mut answers).expect("within budget"));
                }
                *least = start.elapsed().min(*least);
            }
        }
        let total: Duration = least.iter().sum();
        let micros = total.as_secs_f64() * 1e6 / graphs.len() as f64;
        println!("| {stem} | {} | {micros:.2} | {checksum:016x} |", graphs.len());
    }
}
