//! How long the search takes on families that are hard for it, up to 700 vertices.
//!
//! ```text
//! cargo bench -p sympe-canon --bench hard_families -- [PART OF A NAME]
//! ```

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::time::Instant;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Permutation};

fn graph(n: u32, joined: impl Fn(u32, u32) -> bool) -> ColoredGraph {
    let edges = (0..n)
        .flat_map(|v| (0..v).map(move |u| (u, v)))
        .filter(|&(u, v)| joined(u, v));
    ColoredGraph::from_edges(n as usize, false, edges).expect("a simple graph")
}

fn from_edges(n: u32, edges: Vec<(u32, u32)>) -> ColoredGraph {
    ColoredGraph::from_edges(n as usize, false, edges).expect("a simple graph")
}

fn union(parts: &[ColoredGraph]) -> ColoredGraph {
    let (mut n, mut edges) = (0, Vec::new());
    for part in parts {
        edges.extend(part.edges().map(|(u, v, _)| (u + n, v + n)));
        n += part.n() as u32;
    }
    from_edges(n, edges)
}

fn complement(of: &ColoredGraph) -> ColoredGraph {
    graph(of.n() as u32, |u, v| !of.has_edge(u, v))
}

fn petersen() -> ColoredGraph {
    let edges = (0..5).flat_map(|v| [(v, (v + 1) % 5), (v, v + 5), (v + 5, (v + 2) % 5 + 5)]);
    from_edges(10, edges.collect())
}

/// Cubic, asymmetric, and one class to colour refinement.
fn frucht() -> ColoredGraph {
    let ring = (0..7).map(|v| (v, (v + 1) % 7));
    let chords = [
        (0, 7),
        (1, 7),
        (2, 8),
        (3, 9),
        (4, 9),
        (5, 10),
        (6, 10),
        (7, 11),
        (8, 9),
        (8, 11),
        (10, 11),
    ];
    from_edges(12, ring.chain(chords).collect())
}

fn torus_with_steps(steps: &[(u32, u32)]) -> ColoredGraph {
    graph(16, |u, v| {
        let step = ((v / 4 + 4 - u / 4) % 4, (v % 4 + 4 - u % 4) % 4);
        steps.contains(&step) || steps.contains(&((4 - step.0) % 4, (4 - step.1) % 4))
    })
}

fn shrikhande() -> ColoredGraph {
    torus_with_steps(&[(0, 1), (1, 0), (1, 1)])
}

fn rook(side: u32) -> ColoredGraph {
    graph(side * side, |u, v| {
        (u / side == v / side) != (u % side == v % side)
    })
}

/// The triangular graph T(8) and Chang's three switchings of it: strongly regular with the same parameters.
fn chang(which: usize) -> ColoredGraph {
    let pairs: Vec<(u32, u32)> = (0..8).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
    let switched: &[(u32, u32)] = [
        &[][..],
        &[(0, 4), (1, 5), (2, 6), (3, 7)],
        &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (0, 7)],
        &[(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (5, 6), (6, 7), (3, 7)],
    ][which];
    graph(28, |u, v| {
        let (a, b) = (pairs[u as usize], pairs[v as usize]);
        let meet = a.0 == b.0 || a.0 == b.1 || a.1 == b.0 || a.1 == b.1;
        meet != (switched.contains(&a) != switched.contains(&b))
    })
}

/// The graph of a Latin square: cells, joined when they share row, column or symbol.
fn latin(square: &[Vec<u32>]) -> ColoredGraph {
    let n = square.len() as u32;
    let cell = |u: u32| (u / n, u % n, square[(u / n) as usize][(u % n) as usize]);
    graph(n * n, |u, v| {
        let (a, b) = (cell(u), cell(v));
        a.0 == b.0 || a.1 == b.1 || a.2 == b.2
    })
}

fn cyclic_square(n: u32) -> Vec<Vec<u32>> {
    (0..n)
        .map(|row| (0..n).map(|column| (row + column) % n).collect())
        .collect()
}

/// Far from any group table: random row cycles switched, rows and columns exchanged in between.
fn random_square(n: u32, rng: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
    let mut square = cyclic_square(n);
    for _ in 0..200 * n {
        let (a, b) = (rng.random_range(0..n as usize), rng.random_range(0..n as usize));
        let mut column = rng.random_range(0..n as usize);
        if a == b {
            continue;
        }
        loop {
            let (upper, lower) = (square[a][column], square[b][column]);
            (square[a][column], square[b][column]) = (lower, upper);
            // Row `a` holds `lower` twice until the cycle closes.
            match (0..n as usize).find(|&c| c != column && square[a][c] == lower) {
                Some(next) => column = next,
                None => break,
            }
        }
        // Transpose, so that column cycles are switched as well.
        square = (0..n as usize)
            .map(|c| square.iter().map(|row| row[c]).collect())
            .collect();
    }
    square
}

/// Points and lines, given as lists of points.
fn incidence(points: u32, lines: &[Vec<u32>]) -> ColoredGraph {
    let edges = (points..)
        .zip(lines)
        .flat_map(|(line, on)| on.iter().map(move |&point| (point, line)));
    from_edges(points + lines.len() as u32, edges.collect())
}

/// The lines of the affine plane over `x ∘ m`: `y = x ∘ m + b`, and the verticals.
fn affine(q: u32, add: impl Fn(u32, u32) -> u32, times: impl Fn(u32, u32) -> u32) -> Vec<Vec<u32>> {
    let (add, times) = (&add, &times);
    let slanted =
        (0..q).flat_map(|m| (0..q).map(move |b| (0..q).map(|x| x * q + add(times(x, m), b)).collect()));
    slanted
        .chain((0..q).map(|x| (0..q).map(|y| x * q + y).collect()))
        .collect()
}

/// One point more per class of parallels, and the line through them.
fn projective(q: u32, mut lines: Vec<Vec<u32>>) -> ColoredGraph {
    for (index, line) in lines.iter_mut().enumerate() {
        line.push(q * q + index as u32 / q);
    }
    lines.push((q * q..=q * q + q).collect());
    incidence(q * q + q + 1, &lines)
}

/// The Hall plane of order 9, over Hall's quasifield of 9 elements `(a, b) = 3a + b`, `f(s) = s² + 1`.
fn hall() -> ColoredGraph {
    let add = |x: u32, y: u32| (x / 3 + y / 3) % 3 * 3 + (x + y) % 3;
    let times = |x: u32, m: u32| {
        let (a, b, c, d) = (x / 3, x % 3, m / 3, m % 3);
        if d == 0 {
            return a * c % 3 * 3 + b * c % 3;
        }
        // In GF(3), d⁻¹ = d.
        let f = (c * c + 1) % 3;
        (a * c + 2 * b * d * f) % 3 * 3 + (a * d + 2 * b * c) % 3
    };
    let plane = projective(9, affine(9, add, times));
    let common = |u: u32, v: u32| {
        plane
            .neighbors(u)
            .iter()
            .filter(|&&w| plane.has_edge(v, w))
            .count()
    };
    assert!(
        (0..91).all(|u| (0..u).all(|v| common(u, v) == 1)),
        "two points, one line"
    );
    plane
}

/// Rows and columns of a Hadamard matrix, each with both signs.
fn hadamard(n: u32, sign: impl Fn(u32, u32) -> bool) -> ColoredGraph {
    let mut edges = Vec::new();
    for row in 0..n {
        edges.push((4 * row, 4 * row + 1));
        edges.push((4 * row + 2, 4 * row + 3));
        for column in 0..n {
            let flip = u32::from(sign(row, column));
            edges.push((4 * row, 4 * column + 2 + flip));
            edges.push((4 * row + 1, 4 * column + 3 - flip));
        }
    }
    from_edges(4 * n, edges)
}

fn paley_hadamard(q: u32) -> ColoredGraph {
    let squares: Vec<bool> = (0..q).map(|x| (1..q).any(|y| y * y % q == x)).collect();
    hadamard(q + 1, |row, column| {
        row > 0 && column > 0 && (row == column || !squares[((row + q - column) % q) as usize])
    })
}

/// A random regular multigraph without loops, by pairing; simple if asked.
fn random_regular(n: u32, degree: u32, simple: bool, rng: &mut ChaCha8Rng) -> Vec<(u32, u32)> {
    let mut stubs: Vec<u32> = (0..n * degree).map(|stub| stub / degree).collect();
    stubs.shuffle(rng);
    let mut edges: Vec<(u32, u32)> = stubs
        .chunks_exact(2)
        .map(|pair| (pair[0].min(pair[1]), pair[0].max(pair[1])))
        .collect();
    // Switch bad pairs away instead of starting over.
    loop {
        let bad = |edges: &[(u32, u32)], i: usize| {
            let edge = edges[i];
            edge.0 == edge.1 || (simple && edges.iter().filter(|&&other| other == edge).count() > 1)
        };
        let Some(i) = (0..edges.len()).find(|&i| bad(&edges, i)) else {
            return edges;
        };
        let j = rng.random_range(0..edges.len());
        let ((a, b), (c, d)) = (edges[i], edges[j]);
        (edges[i], edges[j]) = ((a.min(c), a.max(c)), (b.min(d), b.max(d)));
    }
}

/// Cai, Fürer and Immerman's graph over a cubic multigraph: a pair of vertices per edge, four per vertex, the last one
/// twisted or not.
fn cfi(n: u32, edges: &[(u32, u32)], twisted: bool) -> ColoredGraph {
    let pairs = edges.len() as u32;
    let mut joined = Vec::new();
    for v in 0..n {
        let around: Vec<u32> = (0..pairs)
            .filter(|&e| edges[e as usize].0 == v || edges[e as usize].1 == v)
            .collect();
        for inner in 0..4u32 {
            // Even subsets of the three edges.
            let bits = [inner & 1, inner >> 1, (inner & 1) ^ (inner >> 1)];
            for (slot, &e) in around.iter().enumerate() {
                let twist = u32::from(twisted && v == n - 1 && slot == 0);
                joined.push((2 * pairs + 4 * v + inner, 2 * e + (bits[slot] ^ twist)));
            }
        }
    }
    from_edges(2 * pairs + 4 * n, joined)
}

/// Miyazaki's: CFI over a ring whose every other edge is double.
fn miyazaki(k: u32) -> ColoredGraph {
    let edges: Vec<_> = (0..k)
        .flat_map(|i| {
            [
                (2 * i, 2 * i + 1),
                (2 * i, 2 * i + 1),
                (2 * i + 1, (2 * i + 2) % (2 * k)),
            ]
        })
        .collect();
    cfi(2 * k, &edges, true)
}

/// A multipede over a random cubic bipartite graph: pairs of feet on one side, even gadgets on the other.
fn multipede(k: u32, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let mut sides: Vec<Vec<u32>> = (0..3).map(|_| (0..k).collect()).collect();
    loop {
        sides.iter_mut().for_each(|side| side.shuffle(rng));
        if (0..k as usize)
            .all(|w| sides[0][w] != sides[1][w] && sides[0][w] != sides[2][w] && sides[1][w] != sides[2][w])
        {
            break;
        }
    }
    let mut edges = Vec::new();
    for w in 0..k {
        for inner in 0..4u32 {
            let bits = [inner & 1, inner >> 1, (inner & 1) ^ (inner >> 1)];
            for (side, bit) in sides.iter().zip(bits) {
                edges.push((2 * k + 4 * w + inner, 2 * side[w as usize] + bit));
            }
        }
    }
    from_edges(6 * k, edges)
}

fn families() -> Vec<(String, ColoredGraph)> {
    let rng = &mut ChaCha8Rng::seed_from_u64(7);
    let field = |q: u32| move |x: u32, y: u32| (x + y) % q;
    let product = |q: u32| move |x: u32, y: u32| x * y % q;
    let mut all: Vec<(String, ColoredGraph)> = Vec::new();
    let mut add = |name: String, graph: ColoredGraph| all.push((name, graph));
    for n in [16, 20, 26] {
        add(format!("latin cyclic {n}"), latin(&cyclic_square(n)));
        add(format!("latin random {n}"), latin(&random_square(n, rng)));
    }
    let square: Vec<Vec<u32>> = (0..16).map(|a| (0..16).map(|b| a ^ b).collect()).collect();
    add("latin elementary 16".into(), latin(&square));
    for q in [11, 17] {
        add(
            format!("affine plane {q}"),
            incidence(q * q, &affine(q, field(q), product(q))),
        );
        add(
            format!("projective plane {q}"),
            projective(q, affine(q, field(q), product(q))),
        );
    }
    add("Hall plane 9".into(), hall());
    for k in [5, 20] {
        add(
            format!("{k} Shrikhande, {k} rook"),
            union(&[vec![shrikhande(); k], vec![rook(4); k]].concat()),
        );
    }
    for k in [1, 2, 6] {
        add(
            format!("{k} of each Chang"),
            union(
                &[
                    vec![chang(1); k],
                    vec![chang(2); k],
                    vec![chang(3); k],
                    vec![chang(0); k],
                ]
                .concat(),
            ),
        );
    }
    for k in [40, 100] {
        for twisted in [false, true] {
            let base = random_regular(k, 3, true, rng);
            add(
                format!("CFI random cubic {k} twisted {twisted}"),
                cfi(k, &base, twisted),
            );
        }
    }
    for k in [20, 35, 50] {
        add(format!("Miyazaki {k}"), miyazaki(k));
    }
    for k in [24, 48, 72, 96, 116] {
        add(format!("multipede {k}"), multipede(k, rng));
    }
    for k in [3, 5, 8, 20, 58] {
        add(format!("{k} Frucht"), union(&vec![frucht(); k]));
    }
    for k in [20, 70] {
        add(format!("{k} Petersen"), union(&vec![petersen(); k]));
        add(
            format!("complement of {k} Petersen"),
            complement(&union(&vec![petersen(); k])),
        );
    }
    for log in [5, 6, 7] {
        add(
            format!("Hadamard Sylvester {}", 1 << log),
            hadamard(1 << log, |a, b| (a & b).count_ones() % 2 == 1),
        );
    }
    for q in [43, 83, 139] {
        add(format!("Hadamard Paley {}", q + 1), paley_hadamard(q));
    }
    for (n, degree) in [(500, 3), (700, 3), (700, 8)] {
        add(
            format!("random {degree}-regular {n}"),
            from_edges(n, random_regular(n, degree, true, rng)),
        );
    }
    add("rook 26".into(), rook(26));
    add("9-cube".into(), graph(512, |u, v| (u ^ v).is_power_of_two()));
    add(
        "10 of 6-cube".into(),
        union(&vec![graph(64, |u, v| (u ^ v).is_power_of_two()); 10]),
    );
    add("binary tree".into(), graph(511, |u, v| v > 0 && (v - 1) / 2 == u));
    add(
        "140 of 5-cycle".into(),
        union(&vec![
            from_edges(5, (0..5).map(|v| (v, (v + 1) % 5)).collect());
            140
        ]),
    );
    all
}

fn main() -> Result<(), CanonError> {
    // Cargo adds flags of its own.
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let wanted = words.next().unwrap_or_default();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    println!(
        "{:<36} {:>5} {:>7} {:>10} {:>10}",
        "family", "n", "m", "seconds", "log10 Aut"
    );
    for (name, graph) in families().into_iter().filter(|(name, _)| name.contains(&wanted)) {
        // The families' own numbering is too kind to the search.
        let graph = Permutation::random(graph.n(), &mut rng).act(&graph);
        let start = Instant::now();
        let result = SymmetrySearch::default().run(&graph);
        let seconds = start.elapsed().as_secs_f64();
        let order = result.map_or_else(
            |error| error.to_string(),
            |symmetry| {
                let digits = symmetry.order().to_string();
                format!(
                    "{:.2}",
                    digits.len() as f64 - 1.0
                        + format!("{}.{}", &digits[..1], &digits[1..digits.len().min(9)])
                            .parse::<f64>()
                            .map_or(0.0, f64::log10)
                )
            },
        );
        println!(
            "{name:<36} {:>5} {:>7} {seconds:>10.3} {order:>10}",
            graph.n(),
            graph.edge_count()
        );
    }
    Ok(())
}
