//! What an engine finds: a canonical order, and the automorphism group as a product.
//!
//! The group is kept in three factors, because two of them would need very many generators otherwise: permutations of
//! equal parts, the group of the searches inside the parts, and permutations of twins. Bundles are lists of vertices
//! that move as wholes; those of equal parts come outermost first, as do those of twins.
//!
//! Invariants: `order` holds every vertex once; a generator lists the vertices it moves with their images, and these
//! are the same set; the generators are strong relative to `base`.

use super::layers::Layers;
use sympe_groups::{Bundles, PermGroup};

/// A canonical order of the vertices, and the automorphism group: exchanges of equal parts, then the group of the
/// searches, then permutations of twins.
#[derive(Default)]
pub(super) struct Found {
    /// Vertices by canonical position.
    pub(super) order: Vec<u32>,
    /// Classes of equal parts.
    pub(super) parts: Bundles,
    /// A base of the group of the searches.
    pub(super) base: Vec<u32>,
    /// The vertices moved by each generator of this group, with their images, one generator after the other.
    moves: Vec<(u32, u32)>,
    /// Where each generator ends in `moves`.
    ends: Vec<u32>,
    /// Classes of twins, with all that hangs on them.
    pub(super) twins: Bundles,
    /// The number of search-tree nodes visited, those visited before this engine began included.
    pub(super) nodes: u64,
    spare: Spare,
}

/// Memory for what is replaced when a group is extended.
#[derive(Default)]
struct Spare {
    from: Vec<u32>,
    to: Vec<u32>,
    bundles: Bundles,
    moves: Vec<(u32, u32)>,
    ends: Vec<u32>,
}

impl Found {
    /// Forgets everything but the number of nodes; memory is kept.
    pub(super) fn clear(&mut self) {
        self.order.clear();
        self.parts.clear();
        self.base.clear();
        self.moves.clear();
        self.ends.clear();
        self.twins.clear();
    }

    /// Adds the generator with these images.
    pub(super) fn push_images(&mut self, images: &[u8]) {
        let mut at = self.moves.len();
        self.moves.resize(at + images.len(), (0, 0));
        for (v, &image) in (0u32..).zip(images) {
            // All pairs are written, and the place of one that stays is taken by the next, without a branch.
            if let Some(place) = self.moves.get_mut(at) {
                *place = (v, u32::from(image));
            }
            at += usize::from(v != u32::from(image));
        }
        self.moves.truncate(at);
        self.ends.push(at as u32);
    }

    /// Adds the generator that moves these vertices to these images.
    pub(super) fn push_generator(&mut self, moves: impl Iterator<Item = (u32, u32)>) {
        self.moves.extend(moves);
        self.ends.push(self.moves.len() as u32);
    }

    /// The generators, each as the vertices it moves with their images.
    fn generators(&self) -> impl Iterator<Item = &[(u32, u32)]> + Clone {
        let mut from = 0;
        self.ends.iter().map(move |&end| {
            let from = std::mem::replace(&mut from, end);
            &self.moves[from as usize..end as usize]
        })
    }

    /// Adds the group of a part whose vertices, in its own numbering, are `vertices`.
    pub(super) fn append_group(&mut self, part: &Self, vertices: &[u32]) {
        let vertex = |v: u32| vertices[v as usize];
        for (ours, theirs) in [(&mut self.parts, &part.parts), (&mut self.twins, &part.twins)] {
            for (width, points) in theirs.classes() {
                ours.push_class(width, points.iter().map(|&v| vertex(v)));
            }
        }
        self.base.extend(part.base.iter().map(|&v| vertex(v)));
        for moves in part.generators() {
            self.push_generator(moves.iter().map(|&(v, image)| (vertex(v), vertex(image))));
        }
    }

    /// Extends what was found on the vertices kept to those set aside: the order, from the positions of those kept,
    /// and the group.
    pub(super) fn complete(&mut self, positions: &mut [u32], layers: &mut Layers) {
        layers.extend_positions(positions);
        self.order.resize(positions.len(), 0);
        for (v, &position) in (0u32..).zip(&*positions) {
            self.order[position as usize] = v;
        }
        self.extend_group(positions.len(), layers);
    }

    /// Extends the group of the vertices kept to those set aside, which follow their bundles, and adds the
    /// permutations of twins.
    fn extend_group(&mut self, n: usize, layers: &mut Layers) {
        if layers.is_empty() {
            return;
        }
        if self.ends.is_empty() && self.parts.is_empty() && self.twins.is_empty() && layers.are_flat() {
            layers.flat_factors(&mut self.twins);
            return;
        }
        layers.link(n);
        let Spare {
            from,
            to,
            bundles: kept,
            moves,
            ends,
        } = &mut self.spare;
        for bundles in [&mut self.parts, &mut self.twins] {
            std::mem::swap(bundles, kept);
            bundles.clear();
            for (width, points) in kept.classes() {
                from.clear();
                for &v in points {
                    layers.bundle(v, layers.count(), from);
                }
                bundles.push_class(from.len() * width / points.len(), from.iter().copied());
            }
        }
        std::mem::swap(&mut self.moves, moves);
        std::mem::swap(&mut self.ends, ends);
        self.moves.clear();
        self.ends.clear();
        let mut start = 0;
        for &end in &*ends {
            for &(v, image) in &moves[start..end as usize] {
                from.clear();
                to.clear();
                layers.bundle(v, layers.count(), from);
                layers.bundle(image, layers.count(), to);
                self.moves.extend(from.iter().copied().zip(to.iter().copied()));
            }
            self.ends.push(self.moves.len() as u32);
            start = end as usize;
        }
        layers.symmetric_factors(&mut self.twins);
    }

    /// Makes `group` the automorphism group of the graph, which has `n` vertices.
    pub(super) fn group_into(&self, n: usize, group: &mut PermGroup) {
        group.assign(n, &self.base, self.generators(), &self.parts, &self.twins);
    }
}
