//! nauty and Traces (McKay & Piperno) behind one safe face. All `unsafe` code is here.

use crate::common::measure::log10;
use crate::plain::{Color, Plain};
use clap::ValueEnum;
use nauty_Traces_sys::{
    ADDONEEDGE, FALSE, SETWORDSNEEDED, SG_FREE, SparseGraph, TRUE, Traces, TracesOptions, TracesStats,
    densenauty, graph, optionblk, sparsegraph, sparsenauty, statsblk,
};
use std::fmt::{Display, Formatter};

/// A program to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// nauty on adjacency matrices
    Dense,
    /// nauty on adjacency lists
    Sparse,
    /// Traces, on adjacency lists
    Traces,
}

impl Peer {
    pub(crate) const ALL: [Self; 3] = [Self::Dense, Self::Sparse, Self::Traces];

    /// The name on the command line.
    pub(crate) fn argument(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl Display for Peer {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dense => "nauty dense",
            Self::Sparse => "nauty sparse",
            Self::Traces => "Traces",
        })
    }
}

/// A group order as the peers give it: `mantissa·10^exponent`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    mantissa: f64,
    exponent: i32,
}

impl Order {
    pub(crate) fn log10(self) -> f64 {
        self.mantissa.log10() + f64::from(self.exponent)
    }

    /// Whether these decimal digits are this order: exactly below 10^10, where the peers are exact, else to nine digits
    /// of the logarithm.
    pub(crate) fn agrees(self, digits: &str) -> bool {
        if self.exponent == 0 && self.mantissa < 1e10 {
            return digits.parse() == Ok(self.mantissa);
        }
        (log10(digits) - self.log10()).abs() < 1e-9
    }
}

/// A graph in the format of a peer.
pub(crate) struct Input {
    adjacency: Adjacency,
    /// Vertices by colour, and whether the next one has the same.
    lab: Vec<i32>,
    ptn: Vec<i32>,
    /// The colours, sorted: nauty knows only where classes end.
    colors: Vec<Color>,
}

enum Adjacency {
    Dense(Vec<graph>),
    Sparse(SparseGraph),
    /// The same, for Traces.
    Traces(SparseGraph),
}

impl Input {
    /// The graph for `peer`.
    pub(crate) fn new(peer: Peer, plain: &Plain) -> Self {
        let adjacency = match peer {
            Peer::Dense => Adjacency::Dense(Vec::new()),
            Peer::Sparse => Adjacency::Sparse(SparseGraph::default()),
            Peer::Traces => Adjacency::Traces(SparseGraph::default()),
        };
        let mut input = Self {
            adjacency,
            lab: Vec::new(),
            ptn: Vec::new(),
            colors: Vec::new(),
        };
        input.fill(plain);
        input
    }

    /// Another graph for the same peer.
    pub(crate) fn fill(&mut self, plain: &Plain) {
        let colors = &plain.colors;
        self.colors.clone_from(colors);
        self.lab.clear();
        self.lab.extend(0..plain.n() as i32);
        if !colors.is_sorted() {
            self.colors.sort_unstable();
            self.lab.sort_unstable_by_key(|&v| (colors[v as usize], v));
        }
        self.ptn.clear();
        let same = self.colors.windows(2).map(|pair| i32::from(pair[0] == pair[1]));
        self.ptn.extend(same.chain([0]).take(plain.n()));
        match &mut self.adjacency {
            Adjacency::Dense(rows) => fill_rows(rows, plain),
            Adjacency::Sparse(lists) | Adjacency::Traces(lists) => fill_lists(lists, plain),
        }
    }
}

fn fill_rows(rows: &mut Vec<graph>, plain: &Plain) {
    let m = SETWORDSNEEDED(plain.n());
    rows.clear();
    rows.resize(plain.n() * m, 0);
    for &(u, v) in &plain.edges {
        ADDONEEDGE(rows, u as usize, v as usize, m);
    }
}

fn fill_lists(lists: &mut SparseGraph, plain: &Plain) {
    *lists = SparseGraph::new(plain.n(), 2 * plain.edges.len());
    for &(u, v) in &plain.edges {
        lists.d[u as usize] += 1;
        lists.d[v as usize] += 1;
    }
    for v in 1..plain.n() {
        lists.v[v] = lists.v[v - 1] + lists.d[v - 1] as usize;
    }
    let mut free = lists.v.clone();
    for &(u, v) in &plain.edges {
        for (from, to) in [(u, v), (v, u)] {
            lists.e[free[from as usize]] = to as i32;
            free[from as usize] += 1;
        }
    }
}

/// Memory that the peers write to, reused from call to call, and the last answer in it.
#[derive(Default)]
pub(crate) struct Workspace {
    lab: Vec<i32>,
    ptn: Vec<i32>,
    orbits: Vec<i32>,
    rows: Vec<graph>,
    lists: sparsegraph,
}

impl Workspace {
    /// Canonical form, orbits and order.
    ///
    /// # Errors
    ///
    /// The error status of the peer.
    pub(crate) fn run(&mut self, input: &mut Input) -> Result<Order, i32> {
        let n = input.lab.len();
        self.lab.clone_from(&input.lab);
        self.ptn.clone_from(&input.ptn);
        self.orbits.resize(n, 0);
        let (lab, ptn) = (self.lab.as_mut_ptr(), self.ptn.as_mut_ptr());
        let orbits = self.orbits.as_mut_ptr();
        let mut stats = statsblk::default();
        let options = |defaults| optionblk {
            getcanon: TRUE,
            defaultptn: FALSE,
            ..defaults
        };
        match &mut input.adjacency {
            Adjacency::Dense(rows) => {
                let m = SETWORDSNEEDED(n);
                self.rows.resize(n * m, 0);
                // SAFETY: rows are n·m words, the other arrays n numbers long, as n and m promise.
                unsafe {
                    densenauty(
                        rows.as_mut_ptr(),
                        lab,
                        ptn,
                        orbits,
                        &mut options(optionblk::default()),
                        &mut stats,
                        m as i32,
                        n as i32,
                        self.rows.as_mut_ptr(),
                    );
                }
            }
            Adjacency::Sparse(lists) => {
                let mut options = options(optionblk::default_sparse());
                // SAFETY: the lists describe their own lengths, the other arrays are n numbers long; nauty allocates
                // the lists of the form, which start empty and are freed on drop.
                unsafe {
                    let graph = &mut lists.into();
                    sparsenauty(graph, lab, ptn, orbits, &mut options, &mut stats, &mut self.lists);
                }
            }
            Adjacency::Traces(lists) => {
                let mut options = TracesOptions {
                    getcanon: TRUE,
                    defaultptn: FALSE,
                    ..TracesOptions::default()
                };
                let mut traces = TracesStats::default();
                // SAFETY: as for nauty.
                unsafe {
                    let graph = &mut lists.into();
                    Traces(
                        graph,
                        lab,
                        ptn,
                        orbits,
                        &mut options,
                        &mut traces,
                        &mut self.lists,
                    );
                }
                stats.grpsize1 = traces.grpsize1;
                stats.grpsize2 = traces.grpsize2;
                stats.errstatus = traces.errstatus;
            }
        }
        if stats.errstatus != 0 {
            return Err(stats.errstatus);
        }
        Ok(Order {
            mantissa: stats.grpsize1,
            exponent: stats.grpsize2,
        })
    }

    /// The least vertex in the orbit of each.
    pub(crate) fn orbits(&self) -> &[i32] {
        &self.orbits
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        SG_FREE(&mut self.lists);
    }
}

/// A second opinion: nauty on the [`Plain`] form of a graph. Reuses its memory.
pub(crate) struct Nauty {
    plain: Plain,
    input: Input,
    workspace: Workspace,
}

impl Nauty {
    pub(crate) fn new() -> Self {
        let plain = Plain::default();
        Self {
            input: Input::new(Peer::Dense, &plain),
            plain,
            workspace: Workspace::default(),
        }
    }

    /// The order of the automorphism group of a graph that is not empty.
    ///
    /// # Errors
    ///
    /// nauty's error status.
    pub(crate) fn run(&mut self, x: &sympe_canon::graph::ColoredGraph) -> Result<Order, i32> {
        self.plain.fill(x);
        self.input.fill(&self.plain);
        self.workspace.run(&mut self.input)
    }

    /// The least vertex in the orbit of each vertex of the last graph; vertices beyond it are copies.
    pub(crate) fn orbits(&self) -> &[i32] {
        self.workspace.orbits()
    }

    /// Whether the last graphs of the two have the same canonical form.
    pub(crate) fn same_form(&self, other: &Self) -> bool {
        self.input.colors == other.input.colors && self.workspace.rows == other.workspace.rows
    }
}
