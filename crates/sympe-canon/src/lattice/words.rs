//! Fields as words, and the least of all translates of a word.

use super::subgroup::{LatticeSubgroup, Translations};
use crate::graph::StopFlag;
use crate::{CanonError, Canonicalized};
use std::ops::Neg;
use sympe_groups::torus::TorusElement;

/// The rank of a value among all values and their negatives, and the rank of its negative.
#[derive(Clone, Copy)]
pub(super) struct Rank(pub(super) u32, u32);

impl Neg for Rank {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.1, self.0)
    }
}

/// Ranks values among all of `values` and their negatives: ranks compare as these do, and faster.
pub(super) fn ranking<'a, T: Copy + Ord + Neg<Output = T> + 'a>(
    values: impl Iterator<Item = &'a T>,
) -> impl Fn(&Vec<T>) -> Vec<Rank> {
    let mut sorted: Vec<T> = values.flat_map(|&value| [value, -value]).collect();
    sorted.sort_unstable();
    sorted.dedup();
    move |values| {
        let rank = |value: T| sorted.partition_point(|other| *other < value) as u32;
        values
            .iter()
            .map(|&value| Rank(rank(value), rank(-value)))
            .collect()
    }
}

/// Each field, given by its channels, as one letter per site, which stands for the values of all channels there: letters
/// are equal, in the same or in different fields, where all values are.
pub(super) fn words(fields: &[Vec<Vec<Rank>>], sites: usize) -> Vec<Vec<u32>> {
    let count = fields.first().map_or(0, Vec::len);
    let mut letters = vec![0; fields.len() * sites];
    let mut keyed = Vec::with_capacity(letters.len());
    for channel in 0..count {
        let values = fields.iter().flat_map(|channels| &channels[channel]);
        keyed.clear();
        keyed.extend(
            letters
                .iter()
                .zip(values)
                .zip(0..)
                .map(|((&letter, value), index)| (key(letter, value.0), index)),
        );
        rank(&mut keyed, &mut letters);
    }
    letters.chunks_exact(sites.max(1)).map(<[u32]>::to_vec).collect()
}

/// The canonical form of the field whose images under `elements`, one for each coset of the translations, have these
/// words: the least of all their translates. What is found leads to it, and fixes the field.
pub(super) fn canonicalized<E: TorusElement>(
    elements: &[E],
    words: &[Vec<u32>],
    stop: &StopFlag,
) -> Result<Canonicalized<LatticeSubgroup<E>>, CanonError> {
    let shape @ [rows, columns] = elements[0].shape();
    let (rows_of, columns_of) = (rows as usize, columns as usize);
    let mut least: Vec<u32> = Vec::new();
    let mut found: Vec<(E, Vec<[u32; 2]>)> = Vec::new();
    for (index, (point, word)) in (0..).zip(elements.iter().zip(words)) {
        stop.check(index)?;
        let starts = least_translates(word, rows_of, columns_of);
        let image = translate(word, rows_of, columns_of, starts[0]);
        if found.is_empty() || image < least {
            least = image;
            found = vec![(*point, starts)];
        } else if image == least {
            found.push((*point, starts));
        }
    }
    // A shift by −s moves the translate that starts at site s to the origin.
    let to_form = |point: &E, [i, j]: [u32; 2]| point.with_shift([rows - i, columns - j]);
    let (point, starts) = &found[0];
    let first = to_form(point, starts[0]);
    let translations = Translations::new(shape, starts);
    // If g and g₀ both reach the form, g₀⁻¹·g fixes the field. Elements that reach it with one point part differ by
    // translations that fix the field.
    let translations = translations.conjugated(&first);
    let representatives = found
        .iter()
        .map(|(point, starts)| first.inverse().compose(&to_form(point, starts[0])))
        .collect();
    Ok(Canonicalized {
        element: first.inverse(),
        stabilizer: LatticeSubgroup::new(translations, representatives),
    })
}

/// Two ranks as one number that compares by the first, then by the second.
fn key(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// Writes the dense rank of each key to its place in `ranks`; returns how many different keys there are.
fn rank(keyed: &mut [(u64, u32)], ranks: &mut [u32]) -> u32 {
    keyed.sort_unstable();
    let mut classes = 0;
    for index in 0..keyed.len() {
        classes += u32::from(index == 0 || keyed[index].0 != keyed[index - 1].0);
        ranks[keyed[index].1 as usize] = classes - 1;
    }
    classes
}

/// The starts of the translates that are lexicographically least, read row by row, in increasing order. O(N log²N).
fn least_translates(word: &[u32], rows: usize, columns: usize) -> Vec<[u32; 2]> {
    let mut ranks = word.to_vec();
    // After a doubling, ranks compare twice as many columns, and then likewise rows. Doubling beyond the size of the
    // torus compares some letters twice, which changes nothing.
    double(&mut ranks, columns, |site, length| {
        site / columns * columns + (site % columns + length) % columns
    });
    double(&mut ranks, rows, |site, length| {
        (site + length * columns) % (rows * columns)
    });
    let least = ranks.iter().min().copied().unwrap_or(0);
    let start = |site: usize| [(site / columns) as u32, (site % columns) as u32];
    (0..ranks.len())
        .filter(|&site| ranks[site] == least)
        .map(start)
        .collect()
}

/// Replaces ranks of single letters by ranks of words of at least `size` letters; `next(site, k)` is the site `k`
/// letters on.
fn double(ranks: &mut [u32], size: usize, next: impl Fn(usize, usize) -> usize) {
    let mut keyed = Vec::with_capacity(ranks.len());
    let (mut length, mut before) = (1, 0);
    while length < size {
        keyed.clear();
        keyed.extend((0..ranks.len()).map(|site| (key(ranks[site], ranks[next(site, length)]), site as u32)));
        let classes = rank(&mut keyed, ranks);
        // As many classes as before mean that longer words tell no more apart.
        if classes == before || classes as usize == ranks.len() {
            return;
        }
        before = classes;
        length *= 2;
    }
}

/// The translate of a word that starts at a site.
fn translate(word: &[u32], rows: usize, columns: usize, [i, j]: [u32; 2]) -> Vec<u32> {
    let at = |r: usize, c: usize| word[(r + i as usize) % rows * columns + (c + j as usize) % columns];
    (0..rows)
        .flat_map(|r| (0..columns).map(move |c| (r, c)))
        .map(|(r, c)| at(r, c))
        .collect()
}
