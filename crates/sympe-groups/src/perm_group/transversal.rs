//! The forms of transversals that replace Schreier trees: transpositions, tables, and trees of depth one.
//!
//! # Data
//!
//! See [`Transversal`]: levels and tables refer to words of the builder, which come after the generators.
//!
//! # Invariants
//!
//! The elements of a transversal, and the order in which they are listed, are those of the Schreier tree that it
//! replaces: the same random integers draw the same elements.
//!
//! # Cost
//!
//! Transpositions are listed in time linear in the orbit, or share the words of a generator or of the level before. A
//! table takes time and memory `orbit · points moved`, a tree of depth one `orbit · degree` at most.

use super::{
    build::{ChainBuilder, LOADED},
    chain::{Chain, Level, MAX_TABLE_WIDTH, Node, Transversal},
    words::{Budget, Form, Span, append_product, point_of, transposition},
};

/// What explicit transversals may take, for draws: trees of more words than this are walked.
const BUDGET: Budget = Budget {
    per_level: 1 << 20,
    in_all: 1 << 22,
};

/// Transversals are tabled if they move at most this many times as many points as the generator that moves fewest: rows
/// of a table are all as long, and generators that move few points are multiplied faster than such rows.
const TABLE_PADDING: usize = 4;

impl ChainBuilder {
    /// The level of two points of an involution that no other generator meets: what a search would find.
    pub(super) fn push_pair(&mut self, base: u32, cycles: Span) {
        let width = cycles.to - cycles.from;
        let (start, transversal) = if width == 2 {
            self.begin_with(base, cycles);
            (cycles.from, Transversal::Swaps)
        } else {
            let start = self.words.len();
            self.words.extend([base, base]);
            // The points; their images under the identity; their images under the involution, the other of each pair.
            for turn in [0, 0, 1] {
                for at in cycles.from..cycles.to {
                    let other = cycles.from + ((at - cycles.from) ^ turn);
                    self.words.push(point_of(self.words[other as usize]));
                }
            }
            for at in cycles.range().step_by(2) {
                let [a, b] = [at, at + 1].map(|at| point_of(self.words[at]));
                if a == base || b == base {
                    self.words[start + 1] = a ^ b ^ base;
                }
            }
            (start as u32, Transversal::Table { width })
        };
        self.levels.push(Level::new(base, start, 2, transversal));
    }

    /// Makes the cycle of a transposition begin with the given one of its points.
    fn begin_with(&mut self, first: u32, cycle: Span) {
        if let [a, b] = &mut self.words[cycle.range()]
            && *a != first
        {
            [*a, *b] = transposition(first, *a);
        }
    }

    /// The level of `base`, if the last level is one of transpositions and `base` is a point of it: the stabilizer of its
    /// base point permutes its other points at will. The two levels share their words.
    pub(super) fn within_swaps(&mut self, base: u32) -> Option<Level> {
        let last = *self.levels.last()?;
        if !matches!(last.transversal, Transversal::Swaps) || last.len < 3 {
            return None;
        }
        let others = &mut self.words[last.range()][1..];
        let at = others.iter().position(|&point| point == base)?;
        others.swap(0, at);
        Some(Level::new(base, last.start + 1, last.len - 1, Transversal::Swaps))
    }

    /// The level of the nodes from `start` on, whose edges are transpositions: their points replace them.
    pub(super) fn push_swaps(&mut self, base: u32, start: usize) {
        let len = (self.nodes.len() - start) as u32;
        let words = if let &[_, Node { edge, .. }] = &self.nodes[start..] {
            // The words of the generator are the two points already.
            self.begin_with(base, edge);
            edge.from
        } else {
            let words = self.words.len() as u32;
            self.words
                .extend(self.nodes[start..].iter().map(|node| node.point));
            words
        };
        self.nodes.truncate(start);
        self.levels.push(Level::new(base, words, len, Transversal::Swaps));
    }

    /// The chain with explicit transversals instead of trees, where memory allows: for many draws.
    pub(crate) fn explicit(chain: &Chain, degree: usize) -> Chain {
        let mut builder = Self::take(degree, &[]);
        builder.form = chain.form;
        builder.words.extend_from_slice(&chain.words);
        for level in &chain.levels {
            let mut level = *level;
            if let Transversal::Tree = level.transversal {
                let (old, new) = (level.start, builder.nodes.len() as u32);
                let moved_here = chain.nodes[level.range()].iter().map(|&node| Node {
                    parent: node.parent - old + new,
                    ..node
                });
                builder.nodes.extend(moved_here);
                (level.start, level.transversal) = builder.explicit_transversal(new as usize);
            }
            builder.levels.push(level);
        }
        let mut explicit = Chain::default();
        builder.copy_into(chain.generator_words, &mut explicit);
        (explicit.part_levels, explicit.twin_levels) = (chain.part_levels, chain.twin_levels);
        explicit.anchors.extend_from_slice(&chain.anchors);
        builder.put_back();
        explicit
    }

    /// Replaces the tree of the nodes from `start` on by a table or, if memory allows, by a tree of depth one.
    fn explicit_transversal(&mut self, start: usize) -> (u32, Transversal) {
        let edges = self.nodes[start + 1..].iter().map(|node| node.edge.len());
        let fewest = edges.min().unwrap_or_default();
        // Images are as many as there are points, few enough for a table.
        if let Some(table) = self.table(start, MAX_TABLE_WIDTH.min(fewest * TABLE_PADDING)) {
            return table;
        }
        let len = self.nodes.len() - start;
        if BUDGET.allows(len.saturating_mul(self.degree), self.words.len()) {
            self.flatten(start);
        }
        (start as u32, Transversal::Tree)
    }

    /// Replaces each path to the root by one edge. Parents come before children, so a path has at most two edges.
    fn flatten(&mut self, start: usize) {
        debug_assert_eq!(self.form, Form::Cycles, "trees of images are tabled");
        for node in start + 1..self.nodes.len() {
            let Node { parent, edge, .. } = self.nodes[node];
            if parent as usize == start {
                continue;
            }
            let above = self.nodes[parent as usize].edge;
            self.nodes[node].edge = append_product(&mut self.words, edge, above, &mut self.scratch.images);
            self.nodes[node].parent = start as u32;
        }
    }

    /// Replaces the nodes from `start` on by a table, unless they move more points than `width`.
    fn table(&mut self, start: usize, width: usize) -> Option<(u32, Transversal)> {
        // Every point of the orbit is moved.
        if self.nodes.len() - start > width {
            return None;
        }
        let begin = self.words.len();
        self.words
            .extend(self.nodes[start..].iter().map(|node| node.point));
        let points = self.words.len();
        self.append_moved_points(start, width);
        let moved = self.words.len() - points;
        if moved > width {
            self.words.truncate(begin);
            return None;
        }
        self.append_rows(start, points, moved);
        self.nodes.truncate(start);
        let width = moved as u32;
        Some((begin as u32, Transversal::Table { width }))
    }

    /// Appends the points that the nodes from `start` on move, or more than `most` of them.
    fn append_moved_points(&mut self, start: usize, most: usize) {
        let points = self.words.len();
        let mut last = Span::default();
        for node in &self.nodes[start + 1..] {
            if self.words.len() - points > most {
                break;
            }
            // Generators often come in runs.
            if node.edge == std::mem::replace(&mut last, node.edge) {
                continue;
            }
            for at in node.edge.range() {
                let point = point_of(self.words[at]);
                let is_fixed = self.form == Form::Images && point as usize == at - node.edge.from as usize;
                if !is_fixed && !std::mem::replace(&mut self.scratch.visited[point as usize], true) {
                    self.words.push(point);
                }
            }
        }
        for &point in &self.words[points..] {
            self.scratch.visited[point as usize] = false;
        }
    }

    /// Appends the images of the `moved` words from `points` on, the last ones so far, under each element of the
    /// transversal of the nodes from `start` on.
    fn append_rows(&mut self, start: usize, points: usize, moved: usize) {
        self.words.reserve(moved * (self.nodes.len() - start));
        self.words.extend_from_within(points..);
        // For u = s·u_parent, the row is that of the parent, mapped by the generator s, which is loaded into images of its
        // own.
        let images = &mut self.scratch.loaded;
        for images in images.iter_mut() {
            let known = images.len();
            images.extend(known as u32..self.degree as u32);
        }
        let mut loaded = [Span::default(); LOADED];
        let mut oldest = 0;
        for node in start + 1..self.nodes.len() {
            let Node { parent, edge, .. } = self.nodes[node];
            let slot = loaded.iter().position(|&other| other == edge).unwrap_or_else(|| {
                let slot = oldest;
                oldest = (slot + 1) % LOADED;
                let element = |span: Span| self.form.read(&self.words[span.range()]);
                element(loaded[slot]).reset(&mut images[slot]);
                element(edge).multiply(&mut images[slot]);
                loaded[slot] = edge;
                slot
            });
            let generator = &images[slot];
            let above = points + (parent as usize - start + 1) * moved;
            let row = self.words.len();
            self.words.extend_from_within(above..above + moved);
            for image in &mut self.words[row..] {
                *image = generator[*image as usize];
            }
        }
        for (images, span) in images.iter_mut().zip(loaded) {
            self.form.read(&self.words[span.range()]).reset(images);
        }
    }
}

impl Chain {
    /// Whether a transversal is a tree of more than one layer.
    pub(crate) fn has_deep_trees(&self) -> bool {
        let is_tree = |level: &Level| matches!(level.transversal, Transversal::Tree) && level.len > 2;
        self.levels.iter().any(is_tree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permutation::{Permutation, identity_images};
    use rand::{SeedableRng, rngs::ChaCha8Rng};

    #[test]
    fn explicit_transversals_are_those_of_the_trees() {
        // 70 are more points than a table may have.
        for degree in [7usize, 70] {
            let rotation: Vec<u32> = (0..degree as u32).map(|i| (i + 1) % degree as u32).collect();
            let mut builder = ChainBuilder::take(degree, &[0]);
            builder.push_images(&rotation);
            let deep = builder.finish();
            assert!(deep.has_deep_trees());
            let explicit = ChainBuilder::explicit(&deep, degree);
            assert!(explicit.nodes.iter().all(|node| node.parent == 0));
            explicit.assert_invariants(degree);
            let elements: Vec<Permutation> = explicit.elements(degree).collect();
            assert_eq!(elements.len(), degree);
            assert_eq!(deep.elements(degree).collect::<Vec<_>>(), elements);
            assert!(elements.iter().all(|g| deep.contains(g) && explicit.contains(g)));
            for seed in 0..10 {
                let draw = |chain: &Chain| {
                    let mut images = identity_images(degree);
                    chain.multiply_by_random(&mut images, &mut ChaCha8Rng::seed_from_u64(seed));
                    images
                };
                assert_eq!(draw(&deep), draw(&explicit));
            }
        }
    }
}
