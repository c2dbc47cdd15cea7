//! Time on families from the literature, each program in a process of its own, which can be ended.

use crate::batches::geometric_mean;
use crate::common::families::{Named, named};
use crate::common::measure::{Answers, form_orbits_order};
use crate::peers::{Input, Peer, Workspace};
use crate::plain::Plain;
use anyhow::{Context, Result, anyhow, ensure};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::fmt::{Display, Formatter};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use sympe_groups::{Action, Permutation};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only families whose name contains this
    #[arg(default_value = "")]
    part: String,
    /// Time for one program on one graph
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

/// Arguments of the process that runs one program on one graph.
#[derive(clap::Args)]
pub(crate) struct OneArgs {
    family: String,
    /// sympe-canon, if not given
    #[arg(long)]
    peer: Option<Peer>,
}

/// Vertices beyond which dense nauty is left out: a matrix of 10^8 bits, refined at every node.
const MAX_DENSE: usize = 5000;
/// Time to build a graph.
const BUILD: Duration = Duration::from_secs(60);
/// Runs are repeated until they have taken this long together; the least time counts.
const REPEAT: Duration = Duration::from_millis(300);
/// Orders agree when their decimal logarithms do.
const TOLERANCE: f64 = 1e-6;

/// Prints a table.
///
/// # Errors
///
/// Programs that disagree on an order; no such family.
pub(crate) fn run(args: &Args) -> Result<()> {
    let wanted: Vec<Named> = named()
        .into_iter()
        .filter(|family| family.name.contains(&args.part))
        .collect();
    ensure!(!wanted.is_empty(), "no family has {:?} in its name", args.part);
    let limit = Duration::from_secs(args.limit);
    println!("| ms | n | log10 order | nauty dense | nauty sparse | Traces | ours | best peer / ours |");
    println!("|---|---|---|---|---|---|---|---|");
    let (mut against_best, mut against_traces) = (Vec::new(), Vec::new());
    for Named { name, build } in wanted {
        let n = build().n();
        let theirs = Peer::ALL.map(|peer| match peer {
            Peer::Dense if n > MAX_DENSE => Ok(Outcome::LeftOut),
            _ => measure(&name, Some(peer), limit),
        });
        let [dense, sparse, traces] = theirs;
        let theirs = [dense?, sparse?, traces?];
        let ours = measure(&name, None, limit)?;
        let orders: Vec<f64> = theirs.iter().chain([&ours]).filter_map(Outcome::order).collect();
        let order = orders.last().copied();
        ensure!(
            orders
                .windows(2)
                .all(|pair| (pair[0] - pair[1]).abs() <= TOLERANCE * pair[0].abs().max(1.0)),
            "{name}: log10 orders {orders:?} of {theirs:?}, ours {ours:?}"
        );
        let ratio = |peers: &[Outcome]| {
            let best = peers
                .iter()
                .filter_map(|peer| peer.ms(limit))
                .min_by(f64::total_cmp)?;
            let solved = peers
                .iter()
                .chain([&ours])
                .any(|outcome| outcome.order().is_some());
            solved.then_some(best / ours.ms(limit)?)
        };
        let best = ratio(&theirs);
        against_best.extend(best);
        against_traces.extend(ratio(&theirs[2..]));
        print!(
            "| {name} | {n} | {} |",
            order.map_or("?".into(), |order| format!("{order:.2}"))
        );
        theirs
            .iter()
            .chain([&ours])
            .for_each(|outcome| print!(" {outcome} |"));
        println!(" {} |", best.map_or("–".into(), significant));
    }
    println!();
    for (peer, ratios) in [("best peer", against_best), ("Traces", against_traces)] {
        if !ratios.is_empty() {
            let mean = significant(geometric_mean(&ratios));
            println!("{peer} / ours, geometric mean of {} graphs: {mean}", ratios.len());
        }
    }
    println!(
        "A program that did not finish counts as {} s; graphs that none did are left out.",
        args.limit
    );
    Ok(())
}

/// How a program did.
#[derive(Debug)]
enum Outcome {
    /// Milliseconds, and the logarithm of the order.
    Done(f64, f64),
    TimedOut,
    /// An error or a crash.
    Failed,
    LeftOut,
}

impl Outcome {
    fn order(&self) -> Option<f64> {
        match *self {
            Self::Done(_, order) => Some(order),
            _ => None,
        }
    }

    /// The time, or the limit if there is no answer.
    fn ms(&self, limit: Duration) -> Option<f64> {
        match *self {
            Self::Done(ms, _) => Some(ms),
            Self::TimedOut | Self::Failed => Some(limit.as_secs_f64() * 1e3),
            Self::LeftOut => None,
        }
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done(ms, _) => f.write_str(&significant(*ms)),
            Self::TimedOut => f.write_str("time-out"),
            Self::Failed => f.write_str("failed"),
            Self::LeftOut => f.write_str("–"),
        }
    }
}

/// Three significant digits.
fn significant(x: f64) -> String {
    let decimals = (2 - x.log10().floor() as i32).clamp(0, 4);
    format!("{x:.*}", decimals as usize)
}

/// Runs one program on one graph in a process of its own.
fn measure(name: &str, peer: Option<Peer>, limit: Duration) -> Result<Outcome> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["one-family", name]);
    if let Some(peer) = peer {
        command.args(["--peer", &peer.argument()]);
    }
    let mut process = Process(
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a process")?,
    );
    let lines = process.lines()?;
    let line = match lines.recv_timeout(BUILD) {
        Ok(_) => lines.recv_timeout(limit),
        Err(error) => Err(error),
    };
    Ok(match line {
        Ok(line) => {
            let mut words = line.split(' ').map(str::parse);
            let (Some(Ok(ms)), Some(Ok(order))) = (words.next(), words.next()) else {
                return Err(anyhow!("{name}: {line:?} is not a time and an order"));
            };
            Outcome::Done(ms, order)
        }
        Err(RecvTimeoutError::Timeout) => Outcome::TimedOut,
        Err(RecvTimeoutError::Disconnected) => Outcome::Failed,
    })
}

/// A process that does not outlive its value.
struct Process(Child);

impl Process {
    /// What it prints, line by line.
    fn lines(&mut self) -> Result<Receiver<String>> {
        let output = self.0.stdout.take().context("the output is not piped")?;
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(receiver)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The other side of [`measure`]: prints a line when the graph is built, and then milliseconds and the logarithm of the
/// order.
pub(crate) fn run_one(args: &OneArgs) -> Result<()> {
    // The input ends with the process that started this one; a search in C would go on without it.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
    let family = named()
        .into_iter()
        .find(|family| family.name == args.family)
        .with_context(|| format!("no family is called {:?}", args.family))?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    // The families' own numbering is too kind to a search.
    let x = (family.build)();
    let x = Permutation::random(x.n(), &mut rng).act(&x);
    match args.peer {
        Some(peer) => {
            let mut input = Input::new(peer, &Plain::new(&x));
            let mut workspace = Workspace::default();
            repeat(|| match workspace.run(&mut input) {
                Ok(order) => Ok(order.log10()),
                Err(status) => Err(anyhow!("{peer}: error {status}")),
            })
        }
        None => repeat(|| Ok(form_orbits_order(&x, &mut Answers::default())?.log10())),
    }
}

fn repeat(mut program: impl FnMut() -> Result<f64>) -> Result<()> {
    println!("ready");
    let (mut total, mut least) = (Duration::ZERO, Duration::MAX);
    let mut order = 0.0;
    while total < REPEAT {
        let start = Instant::now();
        order = program()?;
        let time = start.elapsed();
        total += time;
        least = least.min(time);
    }
    println!("{} {order}", least.as_secs_f64() * 1e3);
    Ok(())
}
