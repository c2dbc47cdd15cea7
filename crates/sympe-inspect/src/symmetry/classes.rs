//! Classes of isomorphic graphs, each known by 16 bytes.

use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use sympe_canon::graph::ColoredGraph;

/// Half of a SHA-256 of a canonical form: different for different classes, but for a chance of 2⁻⁶⁰ or so among 2³⁴ classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The set of the classes that were met.
pub(crate) type Classes = HashSet<Fingerprint, BuildHasherDefault<Itself>>;

/// Something about each class that was met.
pub(crate) type OfClass<T> = HashMap<Fingerprint, T, BuildHasherDefault<Itself>>;

thread_local! {
    static BYTES: RefCell<Vec<u8>> = RefCell::default();
}

impl Fingerprint {
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
