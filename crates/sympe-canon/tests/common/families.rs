//! Builders of graphs from the literature, and a list of named ones, most of them hard for some program.

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeSet, HashMap};
use sympe_canon::graph::ColoredGraph;

pub(crate) fn graph(n: u32, joined: impl Fn(u32, u32) -> bool) -> ColoredGraph {
    let edges = (0..n)
        .flat_map(|v| (0..v).map(move |u| (u, v)))
        .filter(|&(u, v)| joined(u, v));
    from_edges(n, edges)
}

pub(crate) fn from_edges(n: u32, edges: impl IntoIterator<Item = (u32, u32)>) -> ColoredGraph {
    ColoredGraph::from_edges(n as usize, false, edges).expect("a simple graph")
}

pub(crate) fn union(parts: &[ColoredGraph]) -> ColoredGraph {
    let (mut n, mut edges) = (0, Vec::new());
    for part in parts {
        edges.extend(part.edges().map(|(u, v, _)| (u + n, v + n)));
        n += part.n() as u32;
    }
    from_edges(n, edges)
}

pub(crate) fn complement(of: &ColoredGraph) -> ColoredGraph {
    graph(of.n() as u32, |u, v| !of.has_edge(u, v))
}

pub(crate) fn cycle(n: u32) -> ColoredGraph {
    from_edges(n, (0..n).map(|v| (v, (v + 1) % n)))
}

pub(crate) fn complete(n: u32) -> ColoredGraph {
    graph(n, |_, _| true)
}

pub(crate) fn bipartite(a: u32, b: u32) -> ColoredGraph {
    graph(a + b, |u, v| (u < a) != (v < a))
}

pub(crate) fn hypercube(d: u32) -> ColoredGraph {
    graph(1 << d, |u, v| (u ^ v).is_power_of_two())
}

/// Words of `length` letters out of `letters`; joined when they differ in one place.
fn hamming(length: u32, letters: u32) -> ColoredGraph {
    let digit = |v: u32, place: u32| v / letters.pow(place) % letters;
    graph(letters.pow(length), |u, v| {
        (0..length)
            .filter(|&place| digit(u, place) != digit(v, place))
            .count()
            == 1
    })
}

pub(crate) fn rook(rows: u32, columns: u32) -> ColoredGraph {
    graph(rows * columns, |u, v| {
        (u / columns == v / columns) != (u % columns == v % columns)
    })
}

fn subsets(n: u32, k: u32) -> Vec<u32> {
    (0..1 << n)
        .filter(|subset: &u32| subset.count_ones() == k)
        .collect()
}

/// Subsets of size `k` of `n` points; joined when disjoint.
pub(crate) fn kneser(n: u32, k: u32) -> ColoredGraph {
    let subsets = subsets(n, k);
    graph(subsets.len() as u32, |u, v| {
        subsets[u as usize] & subsets[v as usize] == 0
    })
}

/// Subsets of size `k` of `n` points; joined when they share all points but one.
fn johnson(n: u32, k: u32) -> ColoredGraph {
    let subsets = subsets(n, k);
    graph(subsets.len() as u32, |u, v| {
        (subsets[u as usize] & subsets[v as usize]).count_ones() == k - 1
    })
}

pub(crate) fn paley(q: u32) -> ColoredGraph {
    let squares: Vec<u32> = (1..q).map(|x| x * x % q).collect();
    graph(q, |u, v| squares.contains(&(v - u)))
}

fn petersen() -> ColoredGraph {
    kneser(5, 2)
}

/// Cubic, asymmetric, and one class to colour refinement.
pub(crate) fn frucht() -> ColoredGraph {
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
    from_edges(12, ring.chain(chords))
}

/// Points of an integer lattice of these sides, joined by the steps, with or without wrapping around.
fn lattice<const D: usize>(sides: [u32; D], steps: &[[u32; D]], wraps: bool) -> ColoredGraph {
    let n = sides.iter().product();
    let mut edges = Vec::new();
    for v in 0..n {
        for step in steps {
            let (mut rest, mut stride, mut target, mut inside) = (v, 1, 0, true);
            for (side, move_by) in sides.iter().zip(step) {
                let moved = rest % side + move_by;
                inside &= moved < *side;
                target += moved % side * stride;
                rest /= side;
                stride *= side;
            }
            if inside || wraps {
                edges.push((v, target));
            }
        }
    }
    from_edges(n, edges)
}

const SQUARE: [[u32; 2]; 2] = [[0, 1], [1, 0]];
const TRIANGULAR: [[u32; 2]; 3] = [[0, 1], [1, 0], [1, 1]];

fn grid(rows: u32, columns: u32) -> ColoredGraph {
    lattice([columns, rows], &SQUARE, false)
}

fn torus(rows: u32, columns: u32) -> ColoredGraph {
    lattice([columns, rows], &SQUARE, true)
}

/// The hexagonal lattice on a torus: two sites per cell.
fn honeycomb_torus(side: u32) -> ColoredGraph {
    let cells = (0..side).flat_map(|row| (0..side).map(move |column| (row, column)));
    let site = move |row: u32, column: u32| 2 * (row % side * side + column % side);
    let edges = cells.flat_map(|(row, column)| {
        [(row, column), (row + 1, column), (row, column + 1)]
            .map(|(r, c)| (site(row, column), site(r, c) + 1))
    });
    from_edges(2 * side * side, edges)
}

/// The 4 × 4 torus with one diagonal: strongly regular as the rook's graph, but another graph.
pub(crate) fn shrikhande() -> ColoredGraph {
    lattice([4, 4], &TRIANGULAR, true)
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

/// Robertson's pentagons and pentagrams.
fn hoffman_singleton() -> ColoredGraph {
    let mut edges = Vec::new();
    for i in 0..5 {
        for j in 0..5 {
            edges.push((5 * i + j, 5 * i + (j + 1) % 5));
            edges.push((25 + 5 * i + j, 25 + 5 * i + (j + 2) % 5));
            edges.extend((0..5).map(|k| (5 * i + j, 25 + 5 * k + (i * k + j) % 5)));
        }
    }
    from_edges(50, edges)
}

/// The 27 lines of a cubic surface, joined when skew.
fn schlaefli() -> ColoredGraph {
    // Schläfli's double six aᵢ, bᵢ as ([i], 0) and ([i], 1), and the lines cᵢⱼ as ([i, j], 2).
    let mut lines: Vec<(u32, u32)> = (0..6).flat_map(|i| [(1 << i, 0), (1 << i, 1)]).collect();
    lines.extend(subsets(6, 2).into_iter().map(|pair| (pair, 2)));
    graph(27, |u, v| {
        let ((a, kind_a), (b, kind_b)) = (lines[u as usize], lines[v as usize]);
        let meet = match (kind_a, kind_b) {
            (2, 2) => a & b == 0,
            (2, _) | (_, 2) => a & b != 0,
            _ => kind_a != kind_b && a != b,
        };
        !meet
    })
}

/// The symplectic generalized quadrangle over a prime field: points of projective 3-space, joined when orthogonal.
fn symplectic_quadrangle(q: u32) -> ColoredGraph {
    let vectors = (0..q.pow(4)).map(|index| [1, q, q * q, q.pow(3)].map(|place| index / place % q));
    let points: Vec<[u32; 4]> = vectors
        .filter(|vector| vector.iter().find(|&&x| x != 0) == Some(&1))
        .collect();
    graph(points.len() as u32, |u, v| {
        let (x, y) = (points[u as usize], points[v as usize]);
        (x[0] * y[1] + x[2] * y[3]) % q == (x[1] * y[0] + x[3] * y[2]) % q
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
    from_edges(points + lines.len() as u32, edges)
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

/// The lines of the affine plane over a prime field.
fn affine_prime(q: u32) -> Vec<Vec<u32>> {
    affine(q, |x, y| (x + y) % q, |x, y| x * y % q)
}

/// The lines of the affine plane over the field of 16 elements, polynomials modulo `x⁴ + x + 1`.
fn affine_16() -> Vec<Vec<u32>> {
    let times = |x: u32, y: u32| {
        let product = (0..4).fold(0, |sum, bit| sum ^ ((x << bit) * (y >> bit & 1)));
        (4..7).rev().fold(product, |rest, bit| {
            rest ^ ((0b10011 << (bit - 4)) * (rest >> bit & 1))
        })
    };
    affine(16, |x, y| x ^ y, times)
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
    projective(9, affine(9, add, times))
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

fn sylvester_hadamard(n: u32) -> ColoredGraph {
    hadamard(n, |a, b| (a & b).count_ones() % 2 == 1)
}

/// Of order `q + 1`.
fn paley_hadamard(q: u32) -> ColoredGraph {
    let squares: Vec<bool> = (0..q).map(|x| (1..q).any(|y| y * y % q == x)).collect();
    hadamard(q + 1, |row, column| {
        row > 0 && column > 0 && (row == column || !squares[((row + q - column) % q) as usize])
    })
}

/// The edges of a random regular graph: stubs paired at random, ends exchanged until there are no loops and no edges
/// twice.
fn random_regular(n: u32, degree: u32, rng: &mut ChaCha8Rng) -> Vec<(u32, u32)> {
    let sorted = |a: u32, b: u32| (a.min(b), a.max(b));
    let mut stubs: Vec<u32> = (0..n * degree).map(|stub| stub / degree).collect();
    stubs.shuffle(rng);
    let mut edges: Vec<(u32, u32)> = stubs
        .chunks_exact(2)
        .map(|pair| sorted(pair[0], pair[1]))
        .collect();
    let mut times: HashMap<(u32, u32), u32> = HashMap::new();
    edges
        .iter()
        .for_each(|edge| *times.entry(*edge).or_default() += 1);
    loop {
        let bad = |edge: &(u32, u32)| edge.0 == edge.1 || times[edge] > 1;
        let Some(i) = edges.iter().position(bad) else {
            return edges;
        };
        let j = rng.random_range(0..edges.len());
        if i != j {
            let ((a, b), (c, d)) = (edges[i], edges[j]);
            for edge in [edges[i], edges[j]] {
                *times.entry(edge).or_default() -= 1;
            }
            (edges[i], edges[j]) = (sorted(a, c), sorted(b, d));
            for edge in [edges[i], edges[j]] {
                *times.entry(edge).or_default() += 1;
            }
        }
    }
}

/// `n` vertices and `m` edges, each such graph equally likely.
fn gnm(n: u32, m: usize, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let mut edges = BTreeSet::new();
    while edges.len() < m {
        let (u, v) = (rng.random_range(0..n), rng.random_range(0..n));
        if u < v {
            edges.insert((u, v));
        }
    }
    from_edges(n, edges)
}

fn gnp(n: u32, p: f64, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let pairs = (0..n).flat_map(|v| (0..v).map(move |u| (u, v)));
    from_edges(n, pairs.filter(|_| rng.random_bool(p)).collect::<Vec<_>>())
}

/// A labelled tree, each equally likely: by Prüfer's code.
fn random_tree(n: u32, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let code: Vec<u32> = (2..n).map(|_| rng.random_range(0..n)).collect();
    let mut degrees = vec![1; n as usize];
    code.iter().for_each(|&v| degrees[v as usize] += 1);
    let mut leaves: BTreeSet<u32> = (0..n).filter(|&v| degrees[v as usize] == 1).collect();
    let mut edges = Vec::new();
    for v in code {
        edges.extend(leaves.pop_first().map(|leaf| (leaf, v)));
        degrees[v as usize] -= 1;
        if degrees[v as usize] == 1 {
            leaves.insert(v);
        }
    }
    edges.extend(leaves.pop_first().zip(leaves.pop_first()));
    from_edges(n, edges)
}

/// Barabási and Albert's: each new vertex is joined to `m` old ones, drawn by degree.
fn preferential(n: u32, m: u32, rng: &mut ChaCha8Rng) -> ColoredGraph {
    let mut ends: Vec<u32> = (0..m).collect();
    let mut edges = Vec::new();
    for v in m..n {
        let mut targets = BTreeSet::new();
        while targets.len() < m as usize {
            targets.insert(ends[rng.random_range(0..ends.len())]);
        }
        edges.extend(targets.iter().map(|&u| (u, v)));
        ends.extend(targets);
        ends.extend(std::iter::repeat_n(v, m as usize));
    }
    from_edges(n, edges)
}

/// All vertices above depth `depth` have two children.
fn binary_tree(depth: u32) -> ColoredGraph {
    from_edges((2 << depth) - 1, (1..(2 << depth) - 1).map(|v| ((v - 1) / 2, v)))
}

/// The subsets of even size of three things, as three bits.
fn even_subsets() -> [[u32; 3]; 4] {
    [[0, 0, 0], [1, 0, 1], [0, 1, 1], [1, 1, 0]]
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
        for (inner, bits) in even_subsets().into_iter().enumerate() {
            for (slot, &e) in around.iter().enumerate() {
                let twist = u32::from(twisted && v == n - 1 && slot == 0);
                joined.push((2 * pairs + 4 * v + inner as u32, 2 * e + (bits[slot] ^ twist)));
            }
        }
    }
    from_edges(2 * pairs + 4 * n, joined)
}

fn random_cfi(n: u32, twisted: bool) -> ColoredGraph {
    cfi(n, &random_regular(n, 3, &mut stream()), twisted)
}

/// [`cfi`] with a colour for each vertex and edge of the graph below.
fn colored_cfi(n: u32) -> ColoredGraph {
    let pairs = 3 * n / 2;
    let color = |v: u32| {
        if v < 2 * pairs {
            v / 2
        } else {
            pairs + (v - 2 * pairs) / 4
        }
    };
    let x = random_cfi(n, false);
    let colors = (0..x.n() as u32).map(color).collect();
    x.with_node_colors(colors).expect("a colour per vertex")
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
fn multipede(k: u32) -> ColoredGraph {
    let rng = &mut stream();
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
        for (inner, bits) in even_subsets().into_iter().enumerate() {
            for (side, bit) in sides.iter().zip(bits) {
                edges.push((2 * k + 4 * w + inner as u32, 2 * side[w as usize] + bit));
            }
        }
    }
    from_edges(6 * k, edges)
}

/// A random coloured graph without loops, directed or not, with few colours, where ties are likely, or with so many
/// that the refinement hashes them.
pub(crate) fn random_colored(n: u32, seed: u64) -> ColoredGraph {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let directed = rng.random();
    let density = [0.1, 0.3, 0.7][rng.random_range(0..3)];
    let colors = [1, 2, 3, 5, 40][rng.random_range(0..5)];
    let mut edges = Vec::new();
    for u in 0..n {
        for v in 0..n {
            if (u < v || (directed && u != v)) && rng.random_bool(density) {
                edges.push((u, v, rng.random_range(0..colors)));
            }
        }
    }
    let graph = ColoredGraph::from_colored_edges(n as usize, directed, edges).unwrap();
    graph
        .with_node_colors((0..n).map(|_| rng.random_range(0..colors)).collect())
        .unwrap()
}

/// The same graph with loops at some vertices, in colours of its edges and in others.
pub(crate) fn with_loops(graph: &ColoredGraph, seed: u64) -> ColoredGraph {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut edges: Vec<_> = graph.edges().collect();
    for v in 0..graph.n() as u32 {
        if rng.random_bool(0.5) {
            edges.push((v, v, rng.random_range(0..3)));
        }
    }
    let looped =
        ColoredGraph::from_colored_edges(graph.n(), graph.is_directed(), edges).expect("no edge twice");
    looped
        .with_node_colors(graph.node_colors().to_vec())
        .expect("a colour per vertex")
}

/// The random numbers of one random graph.
fn stream() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

/// A graph with a name, built when it is needed.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) build: Box<dyn Fn() -> ColoredGraph>,
}

/// A family of large sparse graphs: a name, and a graph of about so many vertices.
pub(crate) type Large = (&'static str, fn(u32) -> ColoredGraph);

/// Families of large sparse graphs.
pub(crate) fn large() -> [Large; 5] {
    [
        ("grid", |n| {
            let side = f64::from(n).sqrt() as u32;
            grid(side, side)
        }),
        ("random tree", |n| random_tree(n, &mut stream())),
        ("G(n, n)", |n| gnm(n, n as usize, &mut stream())),
        ("random 3-regular", |n| {
            from_edges(n, random_regular(n, 3, &mut stream()))
        }),
        ("n/10 Petersen", |n| union(&vec![petersen(); n as usize / 10])),
    ]
}

/// Seventy to a hundred graphs of 16 to 20,000 vertices, always the same ones.
pub(crate) fn named() -> Vec<Named> {
    let mut all = Vec::new();
    let mut add = |name: String, build: Box<dyn Fn() -> ColoredGraph>| all.push(Named { name, build });
    macro_rules! add {
        ($name:literal, $graph:expr) => {
            add(format!($name), Box::new(move || $graph))
        };
    }
    // Lattices, cubes, designs: vertex-transitive, most of them.
    for n in [64, 200] {
        add!("K{n}", complete(n));
    }
    for (rows, columns) in [(20, 20), (100, 120)] {
        add!("grid_{rows}x{columns}", grid(rows, columns));
    }
    for side in [16, 64] {
        add!("torus_{side}x{side}", torus(side, side));
    }
    add!("torus_16x16_marked", {
        let colors = (0..256).map(|v| u32::from(v == 0)).collect();
        torus(16, 16)
            .with_node_colors(colors)
            .expect("a colour per vertex")
    });
    add!(
        "torus3_10",
        lattice([10; 3], &[[1, 0, 0], [0, 1, 0], [0, 0, 1]], true)
    );
    add!("tritorus_12", lattice([12; 2], &TRIANGULAR, true));
    add!("honeytorus_25", honeycomb_torus(25));
    for d in [6, 9, 10, 12] {
        add!("Q{d}", hypercube(d));
    }
    add!("H_4_3", hamming(4, 3));
    add!("kneser_11_4", kneser(11, 4));
    add!("johnson_10_3", johnson(10, 3));
    add!("paley_149", paley(149));
    for side in [4, 12, 26] {
        add!("rook_{side}x{side}", rook(side, side));
    }
    add!("hoffman_singleton", hoffman_singleton());
    add!("chang_2", chang(2));
    add!("schlaefli", schlaefli());
    add!("gq_w5", symplectic_quadrangle(5));
    for q in [11, 17] {
        add!("ag2_{q}", incidence(q * q, &affine_prime(q)));
        add!("pg2_{q}", projective(q, affine_prime(q)));
    }
    add!("pg2_16", projective(16, affine_16()));
    add!("hall_plane_9", hall());
    for n in [32, 64, 128] {
        add!("hadamard_sylvester_{n}", sylvester_hadamard(n));
    }
    for n in [44, 84, 140] {
        add!("hadamard_paley_{n}", paley_hadamard(n - 1));
    }
    for n in [16, 20, 26] {
        add!("latin_cyclic_{n}", latin(&cyclic_square(n)));
        add!("latin_random_{n}", latin(&random_square(n, &mut stream())));
    }
    add!("latin_elementary_16", {
        let square: Vec<Vec<u32>> = (0..16).map(|a| (0..16).map(|b| a ^ b).collect()).collect();
        latin(&square)
    });
    // Random graphs.
    add!("gnp_64_0.5", gnp(64, 0.5, &mut stream()));
    add!("gnp_1000_0.01", gnp(1000, 0.01, &mut stream()));
    for (n, m) in [(1000, 2000), (20_000, 16_000)] {
        add!("gnm_{n}_{m}", gnm(n, m, &mut stream()));
    }
    for (degree, n) in [(3, 500), (3, 700), (3, 5000), (8, 700), (8, 1000)] {
        add!(
            "regular{degree}_{n}",
            from_edges(n, random_regular(n, degree, &mut stream()))
        );
    }
    for n in [2000, 20_000] {
        add!("tree_{n}", random_tree(n, &mut stream()));
    }
    for depth in [8, 10] {
        add!("binary_tree_{depth}", binary_tree(depth));
    }
    for (m, n) in [(1, 2000), (3, 10_000)] {
        add!("ba{m}_{n}", preferential(n, m, &mut stream()));
    }
    // Many equal or similar parts.
    for k in [3, 5, 8, 20, 58, 200] {
        add!("{k}xfrucht", union(&vec![frucht(); k]));
    }
    for k in [20, 70] {
        add!("{k}xpetersen", union(&vec![petersen(); k]));
        add!("co_{k}xpetersen", complement(&union(&vec![petersen(); k])));
    }
    for k in [50, 140] {
        add!("{k}xC5", union(&vec![cycle(5); k]));
    }
    for k in [7, 10] {
        add!("{k}xQ6", union(&vec![hypercube(6); k]));
    }
    for k in [5, 20] {
        add!("{k}xshrikhande_{k}xrook", {
            union(&[vec![shrikhande(); k], vec![rook(4, 4); k]].concat())
        });
    }
    for k in [1, 2, 6] {
        add!("{k}xchang", {
            union(&[1, 2, 3, 0].map(|which| vec![chang(which); k]).concat())
        });
    }
    // Hard for individualization and refinement.
    for n in [40, 100, 200] {
        for (twist, twisted) in [(0, false), (1, true)] {
            add!("cfi_{n}_t{twist}", random_cfi(n, twisted));
        }
    }
    add!("cfi_colored_80", colored_cfi(80));
    for k in [20, 35, 50] {
        add!("miyazaki_{k}", miyazaki(k));
    }
    for k in [24, 48, 72, 96, 116] {
        add!("multipede_{k}", multipede(k));
    }
    all
}
