//! The random numbers of CPython and NumPy that published data sets were made with: MT19937 (Matsumoto & Nishimura 1998).
//!
//! Both libraries take the same words and make the same floats of them. They differ in how a seed becomes a state, and in
//! which bits of a word are an integer; where a word is out of range, both take the next.

use rand_mt::Mt;

/// Whose numbers.
#[derive(Clone, Copy)]
enum Library {
    CPython,
    NumPy,
}

/// A stream of CPython's `random.Random` or of NumPy's `RandomState`.
pub(crate) struct MersenneTwister {
    words: Mt,
    library: Library,
}

impl MersenneTwister {
    /// `random.Random(seed)`: the seed is a key of one word.
    pub(crate) fn cpython(seed: u32) -> Self {
        Self {
            words: Mt::new_with_key([seed]),
            library: Library::CPython,
        }
    }

    /// `numpy.random.RandomState(seed)`: the seed is the first word of the state.
    pub(crate) fn numpy(seed: u32) -> Self {
        Self {
            words: Mt::new(seed),
            library: Library::NumPy,
        }
    }

    /// Uniform on the multiples of 2⁻⁵³ in [0, 1): 27 bits of one word, then 26 of the next.
    pub(crate) fn float(&mut self) -> f64 {
        let (high, low) = (self.words.next_u32() >> 5, self.words.next_u32() >> 6);
        (u64::from(high) << 26 | u64::from(low)) as f64 * 0.5f64.powi(53)
    }

    /// Uniform on `0..bound` for a bound of at least 2. CPython takes the upper bits of a word, as many as `bound` has;
    /// NumPy the lower bits, as many as `bound − 1` has.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        debug_assert!(bound >= 2, "nothing to choose");
        loop {
            let word = self.words.next_u32();
            let value = match self.library {
                Library::CPython => word >> bound.leading_zeros(),
                Library::NumPy => word & (u32::MAX >> (bound - 1).leading_zeros()),
            };
            if value < bound {
                return value;
            }
        }
    }

    /// Puts items into a random order, from the last place to the first (Fisher & Yates): `random.shuffle`, and what
    /// `RandomState.permutation` does to `0..n`.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(mut stream: MersenneTwister) -> ([f64; 2], [u32; 4], [u8; 8]) {
        let floats = [stream.float(), stream.float()];
        let integers = [2, 5, 100, 1 << 31].map(|bound| stream.below(bound));
        let mut items = [0, 1, 2, 3, 4, 5, 6, 7];
        stream.shuffle(&mut items);
        (floats, integers, items)
    }

    #[test]
    fn numbers_are_those_of_cpython() {
        // In Python 3.11: seed(2), random() twice, randrange(b) for b in (2, 5, 100, 2**31), shuffle(list(range(8))).
        let floats = [0.9560342718892494, 0.9478274870593494];
        let expected = (floats, [0, 0, 10, 1_550_730_039], [1, 0, 3, 4, 7, 6, 5, 2]);
        assert_eq!(numbers(MersenneTwister::cpython(2)), expected);
    }

    #[test]
    fn numbers_are_those_of_numpy() {
        // In NumPy 2.4: RandomState(2), rand(2), randint(b) for b in (2, 5, 100, 2**31), permutation(8).
        let floats = [0.43599490214200376, 0.025926231827891333];
        let expected = (floats, [0, 3, 82, 2_081_981_515], [4, 7, 6, 5, 3, 1, 2, 0]);
        assert_eq!(numbers(MersenneTwister::numpy(2)), expected);
    }
}
