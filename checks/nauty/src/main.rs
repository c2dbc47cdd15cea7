//! Compares `sympe-canon` with nauty. See README.md.

use nauty_Traces_sys::{ADDONEEDGE, FALSE, SETWORDSNEEDED, TRUE, densenauty, graph, optionblk, statsblk};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::process::ExitCode;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Permutation};

/// What nauty says.
struct Opinion {
    /// `mantissa·10^exponent`.
    order: (f64, i32),
    orbits: Vec<u32>,
    form: Vec<graph>,
}

fn nauty(x: &ColoredGraph) -> Opinion {
    let n = x.n();
    let m = SETWORDSNEEDED(n);
    let mut adjacency: Vec<graph> = vec![0; n * m];
    let mut form: Vec<graph> = vec![0; n * m];
    for (u, v, _) in x.edges() {
        ADDONEEDGE(&mut adjacency, u as usize, v as usize, m);
    }
    let mut lab: Vec<i32> = (0..n as i32).collect();
    lab.sort_by_key(|&v| x.node_color(v as u32));
    let mut ptn: Vec<i32> = lab
        .windows(2)
        .map(|pair| i32::from(x.node_color(pair[0] as u32) == x.node_color(pair[1] as u32)))
        .collect();
    ptn.push(0);
    let mut orbits = vec![0; n];
    let mut options = optionblk {
        getcanon: TRUE,
        defaultptn: FALSE,
        ..optionblk::default()
    };
    let mut stats = statsblk::default();
    // SAFETY: every array has the length that n and m promise.
    unsafe {
        densenauty(
            adjacency.as_mut_ptr(),
            lab.as_mut_ptr(),
            ptn.as_mut_ptr(),
            orbits.as_mut_ptr(),
            &mut options,
            &mut stats,
            m as i32,
            n as i32,
            form.as_mut_ptr(),
        );
    }
    Opinion {
        order: (stats.grpsize1, stats.grpsize2),
        orbits: orbits.iter().map(|&v| v as u32).collect(),
        form,
    }
}

/// A graph of one of several kinds.
fn random(rng: &mut ChaCha8Rng) -> ColoredGraph {
    let n = rng.random_range(1..=60u32);
    let kind = rng.random_range(0..5);
    let mut edges = std::collections::BTreeSet::new();
    let mut join = |u: u32, v: u32| {
        if u != v {
            edges.insert((u.min(v), u.max(v)));
        }
    };
    match kind {
        // Erdős–Rényi, sparse to dense.
        0 | 1 => {
            let p = if kind == 0 {
                2.5 / f64::from(n.max(3))
            } else {
                rng.random_range(0.05..0.95)
            };
            for v in 0..n {
                (0..v)
                    .filter(|_| rng.random_bool(p))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .for_each(|u| join(u, v));
            }
        }
        // A random tree.
        2 => (1..n).for_each(|v| join(rng.random_range(0..v), v)),
        // A circulant graph: transitive.
        3 => {
            let steps: Vec<u32> = (1..=n / 2).filter(|_| rng.random_bool(0.3)).collect();
            (0..n).for_each(|v| steps.iter().for_each(|step| join(v, (v + step) % n)));
        }
        // Copies of one small graph, with a few edges between them.
        _ => {
            let part = rng.random_range(1..=n.min(8));
            let pattern: Vec<bool> = (0..part * part).map(|_| rng.random_bool(0.4)).collect();
            for copy in 0..n / part {
                for (index, _) in pattern.iter().enumerate().filter(|(_, joined)| **joined) {
                    let (u, v) = (index as u32 / part, index as u32 % part);
                    join(copy * part + u, copy * part + v);
                }
            }
            for _ in 0..rng.random_range(0..3) {
                join(rng.random_range(0..n), rng.random_range(0..n));
            }
        }
    }
    let x = ColoredGraph::from_edges(n as usize, false, edges).expect("a simple graph");
    let colors = if rng.random_bool(0.3) { 3 } else { 1 };
    x.with_node_colors((0..n).map(|_| rng.random_range(0..colors)).collect())
        .expect("a colour per vertex")
}

/// The same graph with the ends of two edges exchanged: same degrees, often another graph.
fn switched(x: &ColoredGraph, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let mut edges: Vec<(u32, u32)> = x.edges().map(|(u, v, _)| (u, v)).collect();
    if edges.len() >= 2 {
        let (i, j) = (rng.random_range(0..edges.len()), rng.random_range(0..edges.len()));
        let ((a, b), (c, d)) = (edges[i], edges[j]);
        let fresh = |u: u32, v: u32| u != v && !x.has_edge(u, v);
        if i != j && fresh(a, d) && fresh(c, b) {
            edges[i] = (a, d);
            edges[j] = (c, b);
        }
    }
    let y = ColoredGraph::from_edges(x.n(), false, edges).expect("a simple graph");
    y.with_node_colors(x.node_colors().to_vec())
        .expect("a colour per vertex")
}

fn compare(rng: &mut ChaCha8Rng) -> Result<bool, String> {
    let x = random(rng);
    let n = x.n();
    let ours = SymmetrySearch::default()
        .run(&x)
        .map_err(|error| error.to_string())?;
    let theirs = nauty(&x);
    let digits = ours.order().to_string();
    let ln = |mantissa: f64, exponent: i32| mantissa.log10() + f64::from(exponent);
    let leading: f64 = digits[..digits.len().min(15)].parse().expect("digits");
    let ours_log = ln(leading, digits.len() as i32 - digits.len().min(15) as i32);
    if (ours_log - ln(theirs.order.0, theirs.order.1)).abs() > 1e-9 {
        return Err(format!("order {digits}, nauty says {:?}", theirs.order));
    }
    for orbit in ours.orbits() {
        if orbit.iter().any(|&v| theirs.orbits[v as usize] != orbit[0]) {
            return Err(format!("orbit {orbit:?}, nauty says {:?}", theirs.orbits));
        }
    }
    if ours.generators().iter().any(|g| g.act(&x) != x) {
        return Err("a generator is no automorphism".into());
    }
    // A relabelled copy must agree in both; a switched one as nauty decides.
    let copy = Permutation::random(n, rng).act(&x);
    let other = Permutation::random(n, rng).act(&switched(&x, rng));
    let mut isomorphic = false;
    for (y, must) in [(&copy, true), (&other, false)] {
        let form = SymmetrySearch::default()
            .run(y)
            .map_err(|error| error.to_string())?;
        let (ours_same, theirs_same) = (form.form() == ours.form(), nauty(y).form == theirs.form);
        if ours_same != theirs_same || (must && !ours_same) {
            return Err(format!("isomorphic: {ours_same}, nauty says {theirs_same}"));
        }
        isomorphic = ours_same;
    }
    Ok(isomorphic)
}

fn main() -> ExitCode {
    let count: u64 = std::env::args()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(20_000);
    let mut separated = 0;
    for seed in 0..count {
        match compare(&mut ChaCha8Rng::seed_from_u64(seed)) {
            Ok(isomorphic) => separated += u64::from(!isomorphic),
            Err(reason) => {
                eprintln!("seed {seed}: {reason}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "{count} random graphs to 60 vertices: orders, orbits and {separated} separated look-alikes agree with nauty"
    );
    ExitCode::SUCCESS
}
