//! Distinct words, numbered in the order in which they come.

use hashbrown::HashTable;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

/// Distinct words, numbered from 0, in one piece of memory. Finding a word is O(its length).
///
/// ```
/// use sympe_data::formats::Words;
/// let words: Words = ["a", "b", "a"].into_iter().collect();
/// assert_eq!((words.len(), words.get(1), words.find("b"), words.find("c")), (2, "b", Some(1), None));
/// ```
#[derive(Clone, Default)]
pub struct Words {
    text: String,
    /// Where each word ends in the text; the next one starts there.
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Words {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The word with this number.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn get(&self, number: u32) -> &str {
        word(&self.text, &self.ends, number)
    }

    /// The number of a word.
    #[must_use]
    pub fn find(&self, sought: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(sought);
        self.table
            .find(hash, |&number| self.get(number) == sought)
            .copied()
    }

    /// All words, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|number| self.get(number))
    }

    /// The number of a word, which becomes one of these if it is not yet.
    ///
    /// # Panics
    ///
    /// When there are 2³² words.
    pub(super) fn add(&mut self, new: &str) -> u32 {
        let Self {
            text,
            ends,
            table,
            hasher,
        } = self;
        let hash = hasher.hash_one(new);
        if let Some(&number) = table.find(hash, |&number| word(text, ends, number) == new) {
            return number;
        }
        let number = u32::try_from(ends.len()).expect("2³² words");
        text.push_str(new);
        ends.push(text.len());
        table.insert_unique(hash, number, |&number| hasher.hash_one(word(text, ends, number)));
        number
    }
}

fn word<'a>(text: &'a str, ends: &[usize], number: u32) -> &'a str {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &text[start..ends[number]]
}

impl<'a> FromIterator<&'a str> for Words {
    fn from_iter<I: IntoIterator<Item = &'a str>>(all: I) -> Self {
        let mut words = Self::default();
        for word in all {
            words.add(word);
        }
        words
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends && self.text == other.text
    }
}

impl Eq for Words {}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
