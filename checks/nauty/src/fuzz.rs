//! Random graphs through `sympe-canon` and an oracle: nauty, or brute force for directed graphs on few vertices.

use crate::brute_force::{self, Matrix};
use crate::peers::Nauty;
use crate::random::{Dress, Shape, Sketch};
use anyhow::{Context, Result, anyhow};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;
use std::fmt::{Display, Formatter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};
use sympe_groups::{Action, Permutation};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Number of random graphs; two more are made of each and canonicalized too
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Seed of the first
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    first: u64,
    /// Threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
}

/// Seeds taken at once by a thread.
const CHUNK: u64 = 1024;

/// Checks `count` graphs.
///
/// # Errors
///
/// The first disagreement.
pub(crate) fn run(args: &Args) -> Result<()> {
    let end = args
        .first
        .checked_add(args.count)
        .context("--first plus COUNT exceeds 2^64 - 1")?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.into())
        .build()?;
    let progress = Mutex::new(Progress {
        tally: Tally::default(),
        start: Instant::now(),
        shown: Instant::now(),
        of: args.count,
    });
    let chunks = 0..args.count.div_ceil(CHUNK);
    pool.install(|| {
        chunks.into_par_iter().try_for_each(|chunk| {
            let first = args.first + chunk * CHUNK;
            let mut checker = Checker::new();
            for seed in first..end.min(first + CHUNK) {
                checker.check(seed)?;
            }
            progress
                .lock()
                .map_err(|_| anyhow!("another thread panicked"))?
                .add(&checker.tally);
            Ok::<(), anyhow::Error>(())
        })
    })?;
    let progress = progress.into_inner().map_err(|_| anyhow!("a thread panicked"))?;
    println!("{}", progress.tally);
    println!(
        "no disagreement: {} graphs canonicalized, a third of them random, a third relabelled, a third look-alikes ({} \
         separated); {}",
        3 * args.count,
        progress.tally.separated,
        progress.pace()
    );
    Ok(())
}

struct Progress {
    tally: Tally,
    start: Instant,
    shown: Instant,
    of: u64,
}

impl Progress {
    fn add(&mut self, tally: &Tally) {
        self.tally.add(tally);
        if self.shown.elapsed() > Duration::from_secs(5) {
            self.shown = Instant::now();
            eprintln!(
                "{} of {} random graphs, {}",
                self.tally.total(),
                self.of,
                self.pace()
            );
        }
    }

    fn pace(&self) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let slowest = &self.tally.slowest;
        format!(
            "{:.1} µs for three, the slowest {:.1} ms (seed {})",
            seconds * 1e6 / self.tally.total() as f64,
            slowest.0.as_secs_f64() * 1e3,
            slowest.1
        )
    }
}

/// Graphs by kind.
#[derive(Default)]
struct Tally {
    counts: [[u64; Dress::ALL.len()]; Shape::ALL.len()],
    separated: u64,
    /// Time and seed.
    slowest: (Duration, u64),
}

impl Tally {
    fn add(&mut self, other: &Self) {
        for (counts, more) in self.counts.iter_mut().zip(&other.counts) {
            counts
                .iter_mut()
                .zip(more)
                .for_each(|(count, more)| *count += more);
        }
        self.separated += other.separated;
        self.slowest = self.slowest.max(other.slowest);
    }

    fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "| |")?;
        Dress::ALL.iter().try_for_each(|dress| write!(f, " {dress} |"))?;
        write!(f, "\n|---|{}", "---|".repeat(Dress::ALL.len()))?;
        for (shape, counts) in Shape::ALL.iter().zip(&self.counts) {
            write!(f, "\n| {shape} |")?;
            counts.iter().try_for_each(|count| write!(f, " {count} |"))?;
        }
        writeln!(f)
    }
}

/// The memory of one thread.
struct Checker {
    tally: Tally,
    sketch: Sketch,
    varied: Sketch,
    theirs: Nauty,
    theirs_varied: Nauty,
}

impl Checker {
    fn new() -> Self {
        Self {
            tally: Tally::default(),
            sketch: Sketch::default(),
            varied: Sketch::default(),
            theirs: Nauty::new(),
            theirs_varied: Nauty::new(),
        }
    }

    /// Checks the graph of `seed`, its relabelled copy and a look-alike.
    fn check(&mut self, seed: u64) -> Result<()> {
        let start = Instant::now();
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let (shape, dress) = self.sketch.draw(rng);
        let x = self.sketch.build();
        let copy = Permutation::random(x.n(), rng).act(&x);
        self.sketch.vary(&x, &mut self.varied, rng);
        let other = Permutation::random(x.n(), rng).act(&self.varied.build());
        let graphs = [x, copy, other];
        let verdict = catch_unwind(AssertUnwindSafe(|| self.compare(&graphs, rng)))
            .unwrap_or_else(|_| Err("a panic".into()));
        let same = verdict.map_err(|reason| {
            let [x, copy, other] = graphs.each_ref().map(paste);
            anyhow!("seed {seed}: {reason}\ngraph: {x}\nrelabelled copy: {copy}\nlook-alike: {other}")
        })?;
        self.tally.counts[shape as usize][dress as usize] += 1;
        self.tally.separated += u64::from(!same);
        self.tally.slowest = self.tally.slowest.max((start.elapsed(), seed));
        Ok(())
    }

    /// Whether the last graph is isomorphic to the first.
    fn compare(
        &mut self,
        [x, copy, other]: &[ColoredGraph; 3],
        rng: &mut ChaCha8Rng,
    ) -> Result<bool, String> {
        let search = |graph: &ColoredGraph| {
            SymmetrySearch::default()
                .run(graph)
                .map_err(|error| error.to_string())
        };
        let [ours, ours_copy, ours_other] = [search(x)?, search(copy)?, search(other)?];
        consistent(x, &ours, rng)?;
        if ours_copy.form() != ours.form() || ours_copy.order() != ours.order() {
            return Err("the relabelled copy has another form or order".into());
        }
        let same = ours_other.form() == ours.form();
        let digits = ours.order().to_string();
        let expected = if x.is_directed() && x.n() <= brute_force::MAX {
            let matrix = Matrix::new(x);
            let (order, orbits) = matrix.automorphisms();
            if digits != order.to_string() {
                return Err(format!("order {digits}, brute force says {order}"));
            }
            agree_on_orbits(&ours, &orbits)?;
            matrix.is_isomorphic(&Matrix::new(other))
        } else {
            let status = |status| format!("nauty's error {status}");
            let order = self.theirs.run(x).map_err(status)?;
            if !order.agrees(&digits) {
                return Err(format!("order {digits}, nauty says {order:?}"));
            }
            agree_on_orbits(&ours, self.theirs.orbits())?;
            self.theirs_varied.run(other).map_err(status)?;
            self.theirs.same_form(&self.theirs_varied)
        };
        if same != expected {
            return Err(format!("look-alike isomorphic: {same}, should be {expected}"));
        }
        Ok(same)
    }
}

/// What needs no second opinion: the labelling maps the form to the graph, generators and draws are automorphisms.
fn consistent(x: &ColoredGraph, ours: &GraphSymmetry, rng: &mut ChaCha8Rng) -> Result<(), String> {
    let (form, h) = (ours.form(), ours.labelling());
    let colors = (0..x.n() as u32).all(|v| form.node_color(v) == x.node_color(h.apply(v)));
    let edges = form
        .edges()
        .all(|(u, v, color)| x.edge_color(h.apply(u), h.apply(v)) == Some(color));
    if !(colors && edges && form.is_directed() == x.is_directed() && form.edge_count() == x.edge_count()) {
        return Err("the labelling does not map the form to the graph".into());
    }
    if !ours.generators().iter().all(|g| x.has_automorphism(g)) {
        return Err("a generator is no automorphism".into());
    }
    if !x.has_automorphism(&ours.group().sample(rng)) {
        return Err("a draw is no automorphism".into());
    }
    Ok(())
}

/// Against the least vertex in the orbit of each.
fn agree_on_orbits(ours: &GraphSymmetry, least: &[i32]) -> Result<(), String> {
    let ours = ours.orbits();
    let differs = |orbit: &&Vec<u32>| orbit.iter().any(|&v| least[v as usize] != orbit[0] as i32);
    match ours.iter().find(differs) {
        Some(orbit) => Err(format!("orbit {orbit:?}, should be {least:?}")),
        None => Ok(()),
    }
}

/// The graph as graph6, or as an expression if that cannot say it.
fn paste(x: &ColoredGraph) -> String {
    let uncolored = x.node_colors().iter().all(|&color| color == 0);
    if uncolored && !x.is_directed() && x.edges().all(|(u, v, color)| color == 0 && u != v) {
        return graph6(x);
    }
    let (n, directed) = (x.n(), x.is_directed());
    let edges: Vec<_> = x.edges().collect();
    let mut text = format!("ColoredGraph::from_colored_edges({n}, {directed}, {edges:?})?");
    if !uncolored {
        let colors = x.node_colors();
        write!(text, ".with_node_colors(vec!{colors:?})?").expect("writing to a string cannot fail");
    }
    text
}

/// McKay's graph6 for fewer than 2^18 vertices.
fn graph6(x: &ColoredGraph) -> String {
    let n = x.n() as u32;
    let mut sixes = match n {
        0..63 => vec![n],
        _ => vec![63, n >> 12, n >> 6 & 63, n & 63],
    };
    let mut free = 0;
    for v in 0..n {
        for u in 0..v {
            if free == 0 {
                sixes.push(0);
                free = 6;
            }
            free -= 1;
            if let (true, Some(last)) = (x.has_edge(u, v), sixes.last_mut()) {
                *last |= 1 << free;
            }
        }
    }
    sixes
        .into_iter()
        .map(|six| char::from(six as u8 + b'?'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::data;

    #[test]
    fn graph6_comes_back() {
        let mut sketch = Sketch::default();
        let mut plain = 0;
        for seed in 0..2000 {
            let (.., dress) = sketch.draw(&mut ChaCha8Rng::seed_from_u64(seed));
            let x = sketch.build();
            let uncolored = x.node_colors().iter().all(|&color| color == 0);
            assert_eq!(
                paste(&x).starts_with("ColoredGraph"),
                !uncolored || is_dressed(&x),
                "seed {seed}"
            );
            if matches!(dress, Dress::Plain) && uncolored && x.n() < 63 {
                assert_eq!(data::graph6(&paste(&x)), x, "seed {seed}");
                plain += 1;
            }
        }
        assert!(plain > 100);
        let large = ColoredGraph::from_edges(63, false, []).unwrap();
        assert!(graph6(&large).starts_with("~??~?"));
        assert_eq!(graph6(&large).len(), 4 + (63 * 62 / 2usize).div_ceil(6));
    }

    fn is_dressed(x: &ColoredGraph) -> bool {
        x.is_directed() || x.edges().any(|(u, v, color)| color != 0 || u == v)
    }

    #[test]
    fn cubic_graphs_are_cubic() {
        let mut sketch = Sketch::default();
        let mut cubic = 0;
        for seed in 0..2000 {
            let (shape, dress) = sketch.draw(&mut ChaCha8Rng::seed_from_u64(seed));
            let x = sketch.build();
            if matches!((shape, dress), (Shape::Cubic, Dress::Plain)) && x.n() >= 4 {
                let even = x.n() as u32 & !1;
                assert!((0..even).all(|v| x.degree(v) == 3), "seed {seed}");
                cubic += 1;
            }
        }
        assert!(cubic > 20);
    }
}
