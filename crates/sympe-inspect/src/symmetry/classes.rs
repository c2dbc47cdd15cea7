//! Classes of isomorphic graphs, each known by 16 bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use sympe_canon::graph::ColoredGraph;

/// Half of a SHA-256 of a canonical form: different for different classes, but for a chance of 2⁻⁶⁰ or so among 2³⁴ classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Fingerprint(u128);

impl std::hash::Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0 as u64);
    }
}

/// A fingerprint is as good as a hash of itself.
#[derive(Default)]
pub(crate) struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a fingerprint is one number");
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// The set of the classes that were met, in at most 16 bytes for each of many, and half a megabyte.
///
/// All but the latest are one ascending list, 15 bytes each. The latest wait in a hash table for a 64th of them at most, and are
/// then merged into the list from its end, where room for them is added: the list is never there twice. A hash table of all would take twice the
/// memory, as it is at most 7/8 full, doubles, and is there twice while it does.
#[derive(Debug)]
pub(crate) struct Classes {
    sorted: Sorted,
    latest: HashSet<Fingerprint, BuildHasherDefault<Itself>>,
}

impl Default for Classes {
    fn default() -> Self {
        Self {
            sorted: Sorted::default(),
            latest: HashSet::with_capacity_and_hasher(FEWEST_LATEST, BuildHasherDefault::default()),
        }
    }
}

/// Fingerprints that wait to be merged, at least: a table of 4096 places.
const FEWEST_LATEST: usize = 3584;
/// Among so many, one may wait to be merged: an insertion moves this many to twice as many.
const SORTED_PER_LATEST: usize = 64;

impl Classes {
    /// Whether the class was not met before.
    pub(crate) fn insert(&mut self, class: Fingerprint) -> bool {
        if self.sorted.contains(class) || !self.latest.insert(class) {
            return false;
        }
        if self.latest.len() == self.latest.capacity() {
            self.sorted.merge(self.latest.drain());
            let doubled = 2 * self.latest.capacity();
            if SORTED_PER_LATEST * doubled <= self.sorted.len {
                self.latest.reserve(doubled);
            }
        }
        true
    }

    /// The number of classes.
    pub(crate) fn len(&self) -> usize {
        self.sorted.len + self.latest.len()
    }
}

/// A fingerprint without its first byte, which its place in the list tells; the largest byte first, so that order is that of numbers.
type Rest = [u8; 15];
/// Fingerprints of a segment, a power of two.
const SEGMENT: usize = 1 << 14;

/// Fingerprints in ascending order, in segments, so that the list grows where it is.
#[derive(Debug)]
struct Sorted {
    segments: Vec<Box<[Rest]>>,
    len: usize,
    /// Those that start with byte `p` are at `starts[p]..starts[p + 1]`.
    starts: [usize; 257],
}

impl Default for Sorted {
    fn default() -> Self {
        Self {
            segments: Vec::new(),
            len: 0,
            starts: [0; 257],
        }
    }
}

impl Sorted {
    fn at(&self, place: usize) -> &Rest {
        &self.segments[place / SEGMENT][place % SEGMENT]
    }

    fn put(&mut self, place: usize, rest: Rest) {
        self.segments[place / SEGMENT][place % SEGMENT] = rest;
    }

    /// Fingerprints are spread evenly: the next one is looked for where it should be, and farther off in steps that double.
    fn contains(&self, class: Fingerprint) -> bool {
        let (first, rest) = class.split();
        let (mut low, mut high) = (self.starts[first], self.starts[first + 1]);
        let leading = u64::from_be_bytes(*rest.first_chunk().expect("15 bytes"));
        let guess = low + ((u128::from(leading) * (high - low) as u128) >> 64) as usize;
        let (mut step, mut probe) = (1, guess);
        // Whatever may be equal is in `low..high`, which is closed in on from the side that the guess is on.
        while low < high {
            match self.at(probe).cmp(&rest) {
                Ordering::Equal => return true,
                Ordering::Less => {
                    low = probe + 1;
                    probe = low + step;
                }
                Ordering::Greater => {
                    high = probe;
                    probe = high.saturating_sub(step);
                }
            }
            step *= 2;
            if !(low..high).contains(&probe) {
                probe = low + (high - low) / 2;
            }
        }
        false
    }

    /// Adds fingerprints that are not there, each once.
    fn merge(&mut self, new: impl Iterator<Item = Fingerprint>) {
        let mut new: Vec<Fingerprint> = new.collect();
        new.sort_unstable();
        let mut free = self.len + new.len();
        while self.segments.len() * SEGMENT < free {
            self.segments.push(vec![Rest::default(); SEGMENT].into());
        }
        self.len = free;
        // From the end: what is moved goes to places that were free, or whose fingerprint was moved before.
        for first in (0..256).rev() {
            let (start, mut end) = (self.starts[first], self.starts[first + 1]);
            self.starts[first + 1] = free;
            while let Some((_, rest)) = new
                .last()
                .map(|class| class.split())
                .filter(|&(byte, _)| byte == first)
            {
                while end > start && *self.at(end - 1) > rest {
                    (end, free) = (end - 1, free - 1);
                    self.put(free, *self.at(end));
                }
                free -= 1;
                self.put(free, rest);
                new.pop();
            }
            if free == end {
                // Whatever is before it stays where it is.
                return;
            }
            while end > start {
                (end, free) = (end - 1, free - 1);
                self.put(free, *self.at(end));
            }
        }
    }
}

/// Something about each class that was met.
pub(crate) type OfClass<T> = HashMap<Fingerprint, T, BuildHasherDefault<Itself>>;

thread_local! {
    static BYTES: RefCell<Vec<u8>> = RefCell::default();
}

impl Fingerprint {
    /// Its first byte, and the rest.
    fn split(self) -> (usize, Rest) {
        let [first, rest @ ..] = self.0.to_be_bytes();
        (first.into(), rest)
    }

    /// The fingerprint of the class whose canonical form this is.
    pub(crate) fn of(form: &ColoredGraph) -> Self {
        /// Below this, asking for each pair is quicker than making lists.
        const FEW: usize = 24;
        BYTES.with_borrow_mut(|bytes| {
            bytes.clear();
            let put = |bytes: &mut Vec<u8>, value: u64| {
                // Seven bits to a byte, so that no two lists of numbers are the same bytes.
                let mut value = value;
                while value >= 0x80 {
                    bytes.push(value as u8 | 0x80);
                    value >>= 7;
                }
                bytes.push(value as u8);
            };
            put(bytes, form.n() as u64);
            put(bytes, u64::from(form.is_directed()));
            for &color in form.node_colors() {
                put(bytes, u64::from(color));
            }
            if form.n() <= FEW {
                let n = form.n() as u32;
                for u in 0..n {
                    for v in if form.is_directed() { 0 } else { u }..n {
                        put(
                            bytes,
                            form.edge_color(u, v).map_or(0, |color| u64::from(color) + 1),
                        );
                    }
                }
            } else {
                for (u, v, color) in form.edges() {
                    put(bytes, u64::from(u));
                    put(bytes, u64::from(v));
                    put(bytes, u64::from(color));
                }
            }
            let digest = Sha256::digest(&*bytes);
            let half = digest.first_chunk().expect("32 bytes");
            Self(u128::from_le_bytes(*half))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are spread evenly.
    fn mixed(i: u64) -> u128 {
        let half = |i: u64| {
            let x = (i ^ i >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let x = (x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x ^ x >> 32
        };
        u128::from(half(2 * i)) << 64 | u128::from(half(2 * i + 1))
    }

    #[test]
    fn each_class_is_new_once() {
        // Spread evenly; alike in their leading bytes; in ascending and in descending order.
        let laws: [fn(u64) -> u128; 4] = [
            |i| mixed(i % 30_000),
            |i| u128::from(i * i % 29_989) * 0x9e37_79b9 + (u128::from(i % 3) << 118),
            |i| u128::from(i) << 107,
            |i| u128::MAX - u128::from(i / 2),
        ];
        for law in laws {
            let (mut classes, mut set) = (Classes::default(), HashSet::new());
            for value in (0..50_000).map(law) {
                assert_eq!(classes.insert(Fingerprint(value)), set.insert(value));
                assert_eq!(classes.len(), set.len());
            }
            assert!((20_000..=50_000).contains(&set.len()));
            assert!((0..50_000).all(|i| !classes.insert(Fingerprint(law(i)))));
        }
    }

    #[test]
    fn sixteen_bytes_a_class() {
        let mut classes = Classes::default();
        for i in 0..1 << 20 {
            assert!(classes.insert(Fingerprint(mixed(i))));
            let places = classes.latest.capacity() / 7 * 8;
            // A hash table keeps a byte for each place. What is merged is a list, too.
            let waiting = places * 17 + classes.latest.capacity() * 16;
            let held = classes.sorted.segments.len() * SEGMENT * size_of::<Rest>() + waiting;
            assert!(
                held <= 16 * classes.len() + (1 << 19),
                "{held} for {}",
                classes.len()
            );
        }
        assert!(classes.latest.capacity() >= 8 * FEWEST_LATEST / 2);
    }

    #[test]
    fn different_forms_have_different_fingerprints() {
        let mut seen = Classes::default();
        // Every graph on up to four vertices as it stands, in both kinds, and colours that could be mistaken for edges.
        for n in 0..5u32 {
            let pairs: Vec<_> = (0..n).flat_map(|u| (u + 1..n).map(move |v| (u, v))).collect();
            for directed in [false, true] {
                for chosen in 0u32..1 << pairs.len() {
                    let edges = pairs.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1);
                    let graph =
                        ColoredGraph::from_edges(n as usize, directed, edges.map(|(_, &pair)| pair)).unwrap();
                    assert!(seen.insert(Fingerprint::of(&graph)));
                    if n > 0 {
                        let colored = graph
                            .with_node_colors((0..n).rev().map(|v| 200 * v + 1).collect())
                            .unwrap();
                        assert!(seen.insert(Fingerprint::of(&colored)));
                    }
                }
            }
        }
        let long = |color| ColoredGraph::from_colored_edges(40, false, [(0, 1, color)]).unwrap();
        assert!(seen.insert(Fingerprint::of(&long(1))) && seen.insert(Fingerprint::of(&long(2))));
        assert!(!seen.insert(Fingerprint::of(&long(2))));
    }
}
