//! Sets of up to 128 small numbers as machine words.
//!
//! The dense engine keeps every set of vertices and of positions as one [`Word`]: bit `i` says whether `i` is in it.
//! Union, intersection and size are single instructions, and no operation here branches on the contents of a set.

use std::ops::{BitAnd, BitOr, BitXor, Not};

/// A machine word as a set of its bits.
pub(super) trait Word:
    Copy
    + Ord
    + Send
    + 'static
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + Not<Output = Self>
{
    const EMPTY: Self;

    /// The set with these bits; those that do not fit are dropped.
    fn of(bits: u64) -> Self;
    /// The set of `i` alone.
    fn bit(i: usize) -> Self;
    /// The set of `i` alone if `present`, or the empty set.
    fn bit_if(i: usize, present: bool) -> Self;
    /// Whether this subset of `whole` is neither empty nor the whole.
    fn splits(self, whole: Self) -> bool;
    /// The set of the numbers below `i`.
    fn below(i: usize) -> Self;
    /// The least element; the number of bits for the empty set.
    fn first(self) -> usize;
    /// The set of the least element alone.
    fn lowest(self) -> Self;
    /// The set without its least element.
    fn rest(self) -> Self;
    fn count(self) -> usize;
    /// A number that stands for the set in a trace: its bits where they fit into 64, a hash of them otherwise.
    fn digest(self) -> u64;

    fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    fn has(self, i: usize) -> bool {
        !(self & Self::bit(i)).is_empty()
    }

    /// `self` without `other`.
    fn without(self, other: Self) -> Self {
        self & !other
    }

    /// The union of some sets.
    #[inline(always)]
    fn union(sets: impl IntoIterator<Item = Self>) -> Self {
        sets.into_iter().fold(Self::EMPTY, |all, set| all | set)
    }

    /// The elements, increasing.
    fn elements(self) -> Elements<Self> {
        Elements(self)
    }
}

macro_rules! words {
    ($($word:ty),*) => {$(
        impl Word for $word {
            const EMPTY: Self = 0;

            #[inline(always)]
            #[allow(clippy::cast_lossless, reason = "for some of the words")]
            fn of(bits: u64) -> Self {
                bits as Self
            }
            #[inline(always)]
            fn bit(i: usize) -> Self {
                1 << i
            }
            #[inline(always)]
            #[allow(clippy::cast_lossless, reason = "for some of the words")]
            fn bit_if(i: usize, present: bool) -> Self {
                (present as Self) << i
            }
            #[inline(always)]
            fn splits(self, whole: Self) -> bool {
                // One comparison does, because a subset is no greater than the whole as a number, and the subtraction
                // turns the empty set into the greatest number.
                self.wrapping_sub(1) < whole.wrapping_sub(1)
            }
            #[inline(always)]
            fn below(i: usize) -> Self {
                if i == Self::BITS as usize { !0 } else { (1 << i) - 1 }
            }
            #[inline(always)]
            fn first(self) -> usize {
                self.trailing_zeros() as usize
            }
            #[inline(always)]
            fn lowest(self) -> Self {
                self & self.wrapping_neg()
            }
            #[inline(always)]
            fn rest(self) -> Self {
                self & self.wrapping_sub(1)
            }
            #[inline(always)]
            fn count(self) -> usize {
                self.count_ones() as usize
            }
            #[inline(always)]
            #[allow(clippy::cast_lossless, reason = "for some of the words")]
            fn digest(self) -> u64 {
                let wide = self as u128;
                wide as u64 ^ ((wide >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            }
        }
    )*};
}

words!(u16, u32, u64, u128);

/// The elements of a set, increasing.
pub(super) struct Elements<W>(W);

impl<W: Word> Iterator for Elements<W> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.0.is_empty() {
            return None;
        }
        let first = self.0.first();
        self.0 = self.0.rest();
        Some(first)
    }
}
