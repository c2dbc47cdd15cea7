//! What a search finds.

use super::layers::Layers;
use sympe_groups::{Bundles, PermGroup};

/// A canonical order of the vertices, and the automorphism group as a product: exchanges of equal parts, then the group
/// of the searches, then permutations of twins.
#[derive(Default)]
pub(super) struct Found {
    /// Vertices by canonical position.
    pub(super) order: Vec<u32>,
    /// Equal parts, outermost first.
    pub(super) parts: Bundles,
    /// A base of the group of the searches.
    pub(super) base: Vec<u32>,
    /// Generators, strong relative to it: the points moved, with their images, …
    moves: Vec<(u32, u32)>,
    /// … and where each generator ends.
    ends: Vec<u32>,
    /// Twins with all that hangs on them, outermost first.
    pub(super) twins: Bundles,
    /// Search-tree nodes visited, those visited before included.
    pub(super) nodes: u64,
    spare: Spare,
}

/// Memory for what is replaced.
#[derive(Default)]
struct Spare {
    from: Vec<u32>,
    to: Vec<u32>,
    bundles: Bundles,
    moves: Vec<(u32, u32)>,
    ends: Vec<u32>,
}

impl Found {
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
            // All are written; the place of one that stays is taken by the next.
            if let Some(place) = self.moves.get_mut(at) {
                *place = (v, u32::from(image));
            }
            at += usize::from(v != u32::from(image));
        }
        self.moves.truncate(at);
        self.ends.push(at as u32);
    }

    pub(super) fn push_generator(&mut self, moves: impl Iterator<Item = (u32, u32)>) {
        self.moves.extend(moves);
        self.ends.push(self.moves.len() as u32);
    }

    fn generators(&self) -> impl Iterator<Item = &[(u32, u32)]> + Clone {
        let mut from = 0;
        self.ends.iter().map(move |&end| {
            let from = std::mem::replace(&mut from, end);
            &self.moves[from as usize..end as usize]
        })
    }

    /// Adds the group of a part, whose vertices are `vertices`.
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

    /// Completes what was found on the vertices kept by those set aside: the order, from the positions of those kept, and
    /// the group.
    pub(super) fn complete(&mut self, positions: &mut [u32], layers: &mut Layers) {
        layers.extend_positions(positions);
        self.order.resize(positions.len(), 0);
        for (v, &position) in (0u32..).zip(&*positions) {
            self.order[position as usize] = v;
        }
        self.extend_group(positions.len(), layers);
    }

    /// Extends the group of the vertices kept to those set aside, and adds the twins among these.
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

    /// Makes `group` the group of all of it.
    pub(super) fn group_into(&self, n: usize, group: &mut PermGroup) {
        group.assign(n, &self.base, self.generators(), &self.parts, &self.twins);
    }
}
