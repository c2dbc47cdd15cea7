//! Rows of neighbours, and numbers of neighbours of all vertices at once.

use super::super::word::Word;

/// Sets of neighbours by vertex, for one kind of arc: a colour and a direction.
pub(super) type Rows<W, const N: usize> = [W; N];

/// The most bits of a number of neighbours in a splitter of at most 128 vertices.
const COUNT_BITS: usize = 8;

/// Numbers of neighbours in a splitter, bit-sliced: bit `b` of the number of vertex `v` is bit `v` of word `b`.
#[derive(Clone, Copy)]
pub(super) struct Counts<W> {
    words: [W; COUNT_BITS],
    used: usize,
}

impl<W: Word> Default for Counts<W> {
    fn default() -> Self {
        Self {
            words: [W::EMPTY; COUNT_BITS],
            used: 1,
        }
    }
}

impl<W: Word> Counts<W> {
    /// Counts neighbours in `splitter`: its rows are added up by carry-save adders, O(|splitter| log |splitter|)
    /// operations on words for all vertices together.
    #[inline(always)]
    pub(super) fn of<const N: usize>(rows: &Rows<W, N>, splitter: W) -> Self {
        let mut counts = Self::default();
        let (mut added, mut full) = (0usize, 2usize);
        for v in splitter.elements() {
            added += 1;
            if added == full {
                counts.used += 1;
                full *= 2;
            }
            let mut carry = rows[v % N];
            for count in &mut counts.words[..counts.used] {
                let next = *count & carry;
                *count = *count ^ carry;
                carry = next;
            }
        }
        counts
    }

    /// The words, lowest bits first.
    #[inline(always)]
    pub(super) fn bits(&self) -> &[W] {
        &self.words[..self.used]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_numbers_of_neighbours() {
        // Vertex v is joined to v others of the 128, from the first on; transposed, each row says who is joined to it.
        let rows: Rows<u128, 128> =
            std::array::from_fn(|u| u128::union((u + 1..128).map(<u128 as Word>::bit)));
        for splitter in [u128::EMPTY, 1, 0b1011, !0, !0 << 100] {
            let counts = Counts::of(&rows, splitter);
            for v in 0..128 {
                let bits = (0..).zip(counts.bits());
                let number: usize = bits.map(|(bit, word)| usize::from(word.has(v)) << bit).sum();
                assert_eq!(number, (splitter & <u128 as Word>::below(v)).count());
            }
        }
    }
}
