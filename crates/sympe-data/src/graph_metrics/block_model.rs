//! The published test of stochastic block models: blocks are fitted, and the probabilities of edges that they show are compared
//! with those of the model (Martinkus et al., *SPECTRE*, 2022, and the evaluations after it).
//!
//! The fit is a partition of least description length under the degree-corrected microcanonical model (Peixoto, *Nonparametric
//! Bayesian inference of the microcanonical stochastic block model*, 2017), of the graph with both directions of each edge, as
//! the published evaluation hands it to graph-tool. Deviations from it: the search is ours (splits, merges and moves that
//! shorten the description, until many in a row do not), vertices without edges count like all others, and every sum is exact.

use super::check_simple;
use crate::DataError;
use crate::key::{Purpose, stream};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use sympe_canon::graph::ColoredGraph;
use sympe_groups::ChiSquare;

/// Probability of an edge within a block, and between blocks.
const WITHIN: f64 = 0.3;
const BETWEEN: f64 = 0.005;
/// Numbers of blocks, and of vertices in a block.
const BLOCKS: std::ops::RangeInclusive<usize> = 2..=5;
const SIZES: std::ops::RangeInclusive<u32> = 20..=40;
/// The mean p-value that a valid graph exceeds.
const LEAST: f64 = 0.9;
/// Rounds of splits and merges without success that end the search.
const PATIENCE: usize = 8;
/// What counts as shorter, in nats, beyond rounding.
const SHORTER: f64 = 1e-6;

/// Whether a graph is a valid sample of stochastic block models as they are published ([`StochasticBlockModel`]): the blocks that
/// are fitted to it are 2 to 5, of 20 to 40 vertices each, and the mean p-value of their shares of edges is above 0.9.
///
/// The p-value of a share `p̂` is that of `(p̂ − p)² / p̂(1 − p̂)` under χ² with one degree of freedom, where `p` is 0.3 within a block
/// and 0.005 between two: the published statistic, which leaves out the number of pairs, so that two blocks without an edge
/// between them have a p-value of 0. The mean is over all ordered pairs of blocks.
///
/// [`StochasticBlockModel`]: crate::random_graphs::StochasticBlockModel
///
/// ```
/// use sympe_data::Dataset;
/// use sympe_data::graph_metrics::is_block_model;
/// use sympe_data::random_graphs::{Planar, StochasticBlockModel};
/// let models = StochasticBlockModel::new(20, 0);
/// let accepted = (0..20).map(|index| is_block_model(&models.get(index)?)).collect::<Result<Vec<_>, _>>()?;
/// assert!(accepted.iter().filter(|&&is_model| is_model).count() >= 16);
/// assert!(!is_block_model(&Planar::new(1, 64, 0)?.get(0)?)?);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the graph is directed or has self-loops.
pub fn is_block_model(graph: &ColoredGraph) -> Result<bool, DataError> {
    check_simple(graph)?;
    let vertices = BLOCKS.start() * *SIZES.start() as usize..=BLOCKS.end() * *SIZES.end() as usize;
    if !vertices.contains(&graph.n()) {
        return Ok(false);
    }
    let blocks = fit_blocks(graph);
    let sizes = sizes(&blocks);
    let fits = BLOCKS.contains(&sizes.len()) && sizes.iter().all(|size| SIZES.contains(size));
    Ok(fits && mean_p_value(graph, &blocks) > LEAST)
}

/// The block of each vertex, from 0, in a partition of short description length. O(n m) and a table of 2mn numbers.
fn fit_blocks(graph: &ColoredGraph) -> Vec<u32> {
    let mut rng = stream(0, 0, 0, Purpose::Search);
    let mut partition = Partition::new(graph);
    partition.search(&mut rng);
    partition.blocks()
}

/// The mean p-value of [`is_block_model`].
fn mean_p_value(graph: &ColoredGraph, blocks: &[u32]) -> f64 {
    /// What keeps a share without edges or without pairs finite, as published.
    const TINY: f64 = 1e-6;
    let sizes = sizes(blocks);
    let count = sizes.len();
    let mut ends = vec![0u64; count * count];
    for (u, v, _) in graph.edges() {
        let [r, s] = [u, v].map(|v| blocks[v as usize] as usize);
        ends[r * count + s] += 1;
        ends[s * count + r] += 1;
    }
    let p_value = |index: usize| {
        let (r, s) = (index / count, index % count);
        let (pairs, p) = if r == s {
            (f64::from(sizes[r]) * (f64::from(sizes[r]) - 1.0), WITHIN)
        } else {
            (f64::from(sizes[r]) * f64::from(sizes[s]), BETWEEN)
        };
        let share = ends[index] as f64 / (pairs + TINY);
        let statistic = (share - p).powi(2) / (share * (1.0 - share) + TINY);
        ChiSquare {
            statistic,
            degrees: 1,
        }
        .p_value()
    };
    (0..count * count).map(p_value).sum::<f64>() / (count * count) as f64
}

/// The number of vertices of each block.
fn sizes(blocks: &[u32]) -> Vec<u32> {
    let count = blocks.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sizes = vec![0; count];
    for &block in blocks {
        sizes[block as usize] += 1;
    }
    sizes
}

/// Logarithms that description lengths are made of.
struct Tables {
    /// `ln k!`.
    factorials: Vec<f64>,
    /// `ln q(d, n)` at `n (ends + 1) + d`: the number of ways to write d as a sum of at most n positive integers.
    partitions: Vec<f64>,
    /// Ends of edges: twice the edges.
    ends: usize,
}

impl Tables {
    fn new(n: usize, ends: usize) -> Self {
        let mut factorials = vec![0.0f64];
        for k in 1..=(2 * n * n).max(ends + n * n) {
            factorials.push(factorials[k - 1] + (k as f64).ln());
        }
        // q(d, n) = q(d, n − 1) + q(d − n, n); q(d, 0) is 1 for d = 0 only. Below 10³⁰⁸ up to 70,000 ends.
        let width = ends + 1;
        let mut partitions = vec![0.0f64; (n + 1) * width];
        partitions[0] = 1.0;
        for parts in 1..=n {
            for d in 0..width {
                let less = if d >= parts {
                    partitions[parts * width + d - parts]
                } else {
                    0.0
                };
                partitions[parts * width + d] = partitions[(parts - 1) * width + d] + less;
            }
        }
        partitions.iter_mut().for_each(|count| *count = count.ln());
        Self {
            factorials,
            partitions,
            ends,
        }
    }

    fn binomial(&self, n: usize, k: usize) -> f64 {
        self.factorials[n] - self.factorials[k] - self.factorials[n - k]
    }
}

/// A partition of the vertices, and the counts that its description length depends on.
///
/// Invariants: block `r` is empty where `size[r]` is 0, and there is always an empty one at the end; `edges[r][s]` counts the edges
/// between two blocks, `edges[r][r]` those within one.
struct Partition<'a> {
    graph: &'a ColoredGraph,
    tables: Tables,
    block: Vec<usize>,
    size: Vec<usize>,
    /// Sums of degrees.
    ends: Vec<usize>,
    edges: Vec<Vec<usize>>,
    /// How many vertices of each block have each degree.
    degrees: Vec<Vec<usize>>,
    /// Blocks that are not empty.
    count: usize,
}

impl<'a> Partition<'a> {
    /// All vertices in one block.
    fn new(graph: &'a ColoredGraph) -> Self {
        let n = graph.n();
        let largest = (0..n as u32).map(|v| graph.degree(v)).max().unwrap_or(0);
        let mut partition = Self {
            graph,
            tables: Tables::new(n, 2 * graph.edge_count()),
            block: vec![0; n],
            size: vec![n],
            ends: vec![2 * graph.edge_count()],
            edges: vec![vec![graph.edge_count()]],
            degrees: vec![vec![0; largest + 1]],
            count: usize::from(n > 0),
        };
        for v in 0..n as u32 {
            partition.degrees[0][graph.degree(v)] += 1;
        }
        partition.grow();
        partition
    }

    /// Adds an empty block.
    fn grow(&mut self) {
        self.size.push(0);
        self.ends.push(0);
        self.edges.iter_mut().for_each(|row| row.push(0));
        self.edges.push(vec![0; self.size.len()]);
        self.degrees.push(vec![0; self.degrees[0].len()]);
    }

    /// A block that is empty.
    fn empty(&mut self) -> usize {
        match self.size.iter().position(|&size| size == 0) {
            Some(block) => block,
            None => {
                self.grow();
                self.size.len() - 1
            }
        }
    }

    /// The blocks that are not empty.
    fn filled(&self) -> Vec<usize> {
        (0..self.size.len()).filter(|&r| self.size[r] > 0).collect()
    }

    fn members(&self, blocks: &[usize]) -> Vec<u32> {
        let is_member = |&v: &u32| blocks.contains(&self.block[v as usize]);
        (0..self.graph.n() as u32).filter(is_member).collect()
    }

    /// The part of the description length that depends on blocks `r` and `s` and on how many blocks there are, in nats. What
    /// depends on the graph alone is left out.
    fn length(&self, r: usize, s: usize) -> f64 {
        let Tables {
            factorials,
            partitions,
            ends,
        } = &self.tables;
        let (n, count) = (self.graph.n(), self.count);
        let own = |r: usize| {
            let degrees: f64 = self.degrees[r].iter().map(|&equal| factorials[equal]).sum();
            let edges = 2.0 * factorials[self.ends[r]] - factorials[2 * self.edges[r][r]];
            // The multinomials of the partition and of the degrees share `ln size!`, with opposite signs.
            edges + 2.0 * partitions[self.size[r] * (ends + 1) + self.ends[r]] - degrees
        };
        let between = |r: usize, other: usize| -2.0 * factorials[self.edges[r][other]];
        let others = (0..self.size.len()).filter(|&other| other != r && other != s);
        let to_others: f64 = others.map(|other| between(r, other) + between(s, other)).sum();
        let model =
            self.tables.binomial(count * count + ends - 1, *ends) + self.tables.binomial(n - 1, count - 1);
        own(r) + own(s) + between(r, s) + to_others + model
    }

    /// Moves a vertex into another block.
    fn put(&mut self, v: u32, to: usize) {
        let from = std::mem::replace(&mut self.block[v as usize], to);
        let degree = self.graph.degree(v);
        for &u in self.graph.neighbors(v) {
            let other = self.block[u as usize];
            self.edges[from][other] -= 1;
            self.edges[to][other] += 1;
            if other != from {
                self.edges[other][from] -= 1;
            }
            if other != to {
                self.edges[other][to] += 1;
            }
        }
        self.size[from] -= 1;
        self.size[to] += 1;
        self.count = self.count + usize::from(self.size[to] == 1) - usize::from(self.size[from] == 0);
        self.ends[from] -= degree;
        self.ends[to] += degree;
        self.degrees[from][degree] -= 1;
        self.degrees[to][degree] += 1;
    }

    /// Moves a vertex if that makes the description shorter, and by how much it does.
    fn try_put(&mut self, v: u32, to: usize) -> f64 {
        let from = self.block[v as usize];
        if from == to {
            return 0.0;
        }
        let before = self.length(from, to);
        self.put(v, to);
        let gain = before - self.length(from, to);
        if gain > SHORTER {
            return gain;
        }
        self.put(v, from);
        0.0
    }

    /// Moves vertices among these blocks, each to where the description is shortest, until none moves; what is gained.
    fn settle(&mut self, vertices: &mut [u32], among: &[usize], rng: &mut impl Rng) -> f64 {
        let mut total = 0.0;
        loop {
            vertices.shuffle(rng);
            let mut gained = 0.0;
            for &v in &*vertices {
                for &to in among {
                    gained += self.try_put(v, to);
                }
            }
            total += gained;
            if gained == 0.0 {
                return total;
            }
        }
    }

    /// Divides the vertices of one or two blocks anew between two, and keeps that if the description gets shorter.
    fn divide(&mut self, r: usize, s: usize, rng: &mut impl Rng) -> bool {
        let mut vertices = self.members(&[r, s]);
        if vertices.len() < 2 {
            return false;
        }
        let before: Vec<usize> = vertices.iter().map(|&v| self.block[v as usize]).collect();
        let old = vertices.clone();
        let length = self.length(r, s);
        vertices.shuffle(rng);
        // Either a random half, or what is next to a random vertex.
        if rng.random() {
            for (index, &v) in vertices.iter().enumerate() {
                self.put_if_elsewhere(v, if index % 2 == 0 { r } else { s });
            }
        } else {
            let center = vertices[0];
            for &v in &vertices {
                let is_near = v == center || self.graph.has_edge(center, v);
                self.put_if_elsewhere(v, if is_near { s } else { r });
            }
        }
        self.settle(&mut vertices, &[r, s], rng);
        if length - self.length(r, s) > SHORTER {
            return true;
        }
        for (&v, &block) in old.iter().zip(&before) {
            self.put_if_elsewhere(v, block);
        }
        false
    }

    fn put_if_elsewhere(&mut self, v: u32, to: usize) {
        if self.block[v as usize] != to {
            self.put(v, to);
        }
    }

    /// Makes one block of two if that makes the description shorter.
    fn merge(&mut self, r: usize, s: usize) -> bool {
        let before = self.length(r, s);
        let moved = self.members(&[s]);
        moved.iter().for_each(|&v| self.put(v, r));
        if before - self.length(r, s) > SHORTER {
            return true;
        }
        moved.iter().for_each(|&v| self.put(v, s));
        false
    }

    /// Splits, merges and moves until nothing makes the description shorter for a while.
    fn search(&mut self, rng: &mut impl Rng) {
        let mut failures = 0;
        while failures < PATIENCE && self.graph.n() > 1 {
            let mut gained = false;
            for r in self.filled() {
                let empty = self.empty();
                gained |= self.size[r] > 1 && self.divide(r, empty, rng);
            }
            let mut all: Vec<u32> = (0..self.graph.n() as u32).collect();
            let mut among = self.filled();
            among.push(self.empty());
            gained |= self.settle(&mut all, &among, rng) > 0.0;
            let filled = self.filled();
            for (index, &r) in filled.iter().enumerate() {
                for &s in &filled[index + 1..] {
                    if self.size[r] > 0 && self.size[s] > 0 {
                        gained |= self.merge(r, s) || self.divide(r, s, rng);
                    }
                }
            }
            failures = if gained { 0 } else { failures + 1 };
        }
    }

    /// The block of each vertex, numbered from 0 by their first vertices.
    fn blocks(&self) -> Vec<u32> {
        let mut numbers = vec![None; self.size.len()];
        let mut next = 0;
        let mut number = |r: usize| {
            *numbers[r].get_or_insert_with(|| {
                next += 1;
                next - 1
            })
        };
        self.block.iter().map(|&r| number(r)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dataset;
    use crate::random_graphs::{ErdosRenyi, StochasticBlockModel};

    /// `ln k!`.
    fn factorial(k: usize) -> f64 {
        (1..=k).map(|k| (k as f64).ln()).sum()
    }

    /// The number of ways to write d as a sum of at most n positive integers, by recursion on the largest of them.
    fn partitions(d: usize, n: usize, most: usize) -> u64 {
        if d == 0 {
            return 1;
        }
        if n == 0 {
            return 0;
        }
        (1..=most.min(d))
            .map(|part| partitions(d - part, n - 1, part))
            .sum()
    }

    /// The description length as the formulas have it, from the graph with both directions of each edge; in nats.
    fn length(graph: &ColoredGraph, blocks: &[u32]) -> f64 {
        let (n, ends) = (graph.n(), 2 * graph.edge_count());
        let sizes = sizes(blocks);
        let count = sizes.len();
        let degree = |v: usize| graph.degree(v as u32);
        let mut edges = vec![vec![0; count]; count];
        for v in 0..n {
            for &u in graph.neighbors(v as u32) {
                edges[blocks[v] as usize][blocks[u as usize] as usize] += 1;
            }
        }
        let mut length = 0.0;
        for r in 0..count {
            let members: Vec<usize> = (0..n).filter(|&v| blocks[v] as usize == r).collect();
            let sum: usize = members.iter().map(|&v| degree(v)).sum();
            // Of the edges, given the degrees: out of the block and into it.
            length += 2.0 * factorial(sum);
            length -= edges[r].iter().map(|&count| factorial(count)).sum::<f64>();
            length -= 2.0 * members.iter().map(|&v| factorial(degree(v))).sum::<f64>();
            // Of the degrees, given their sums.
            length += 2.0 * (partitions(sum, members.len(), sum) as f64).ln() + factorial(members.len());
            for k in 0..n {
                length -= factorial(members.iter().filter(|&&v| degree(v) == k).count());
            }
            // Of the partition, given the sizes.
            length -= factorial(members.len());
        }
        let binomial = |n: usize, k: usize| factorial(n) - factorial(k) - factorial(n - k);
        // Of the counts of edges, of the sizes, and of the number of blocks.
        length
            + binomial(count * count + ends - 1, ends)
            + factorial(n)
            + binomial(n - 1, count - 1)
            + (n as f64).ln()
    }

    /// The graph `index` of the published model, and the blocks it was drawn with.
    fn planted(index: usize) -> (ColoredGraph, Vec<u32>) {
        use rand::RngExt;
        let graph = StochasticBlockModel::new(index + 1, 3).get(index).unwrap();
        let mut rng = stream(3, 0, index as u64, Purpose::Generate);
        let mut blocks = Vec::new();
        for block in 0..rng.random_range(2..=5u32) {
            let size = rng.random_range(20..=40u32);
            blocks.extend((0..size).map(|_| block));
        }
        (graph, blocks)
    }

    #[test]
    fn moves_change_the_length_by_what_the_formulas_say() {
        let graph = ErdosRenyi::new(1, 9..=9, 0.4, 5).unwrap().get(0).unwrap();
        let mut partition = Partition::new(&graph);
        partition.grow();
        partition.grow();
        let mut rng = stream(0, 0, 0, Purpose::Search);
        for _ in 0..200 {
            let (v, to) = (rng.random_range(0..9u32), rng.random_range(0..3usize));
            let from = partition.block[v as usize];
            if from == to {
                continue;
            }
            let before = (partition.length(from, to), length(&graph, &partition.blocks()));
            partition.put(v, to);
            let after = (partition.length(from, to), length(&graph, &partition.blocks()));
            assert!(
                ((after.0 - before.0) - (after.1 - before.1)).abs() < 1e-9,
                "{before:?} {after:?}"
            );
        }
    }

    #[test]
    fn the_fit_is_the_shortest_of_all_partitions_of_small_graphs() {
        for seed in 0..30 {
            let graph = ErdosRenyi::new(1, 8..=8, 0.4, seed).unwrap().get(0).unwrap();
            // Restricted growth strings are all partitions.
            let mut strings = vec![vec![0u32]];
            for _ in 1..8 {
                let grown = |string: &Vec<u32>| {
                    let string = string.clone();
                    let last = *string.iter().max().unwrap();
                    (0..=last + 1).map(move |next| [&string[..], &[next]].concat())
                };
                strings = strings.iter().flat_map(grown).collect();
            }
            let least = strings
                .iter()
                .map(|blocks| length(&graph, blocks))
                .fold(f64::INFINITY, f64::min);
            let found = length(&graph, &fit_blocks(&graph));
            assert!(found < least + 1e-6, "{found}, least {least}, of {graph:?}");
        }
    }

    #[test]
    fn planted_blocks_are_found() {
        for index in 0..8 {
            let (graph, blocks) = planted(index);
            let found = fit_blocks(&graph);
            let (ours, theirs) = (length_of(&graph, &found), length_of(&graph, &blocks));
            assert!(ours < theirs + 1e-6, "{ours}, planted {theirs}");
            let agree = (0..graph.n())
                .flat_map(|v| (0..v).map(move |u| (u, v)))
                .filter(|&(u, v)| (found[u] == found[v]) != (blocks[u] == blocks[v]))
                .count();
            assert!(agree <= 2 * graph.n(), "{agree} pairs differ in graph {index}");
        }
    }

    /// The length up to what depends on the graph alone, by the tables.
    fn length_of(graph: &ColoredGraph, blocks: &[u32]) -> f64 {
        let mut partition = Partition::new(graph);
        let mut total = partition.length(0, 1);
        for (v, &block) in (0..).zip(blocks) {
            while partition.size.len() <= block as usize + 1 {
                partition.grow();
            }
            if block > 0 {
                let before = partition.length(0, block as usize);
                partition.put(v, block as usize);
                total += partition.length(0, block as usize) - before;
            }
        }
        total
    }

    #[test]
    fn p_values_by_hand() {
        // Two blocks of two: one edge within each, none between them.
        let graph = ColoredGraph::from_edges(4, false, [(0, 1), (2, 3)]).unwrap();
        // Shares of 1 within: 0.49 / 10⁻⁶; shares of 0 between: 25.
        let between = ChiSquare {
            statistic: 25.0,
            degrees: 1,
        }
        .p_value();
        assert!((mean_p_value(&graph, &[0, 0, 1, 1]) - between / 2.0).abs() < 1e-9);
        assert!((between - 5.733e-7).abs() < 1e-10);
    }
}
