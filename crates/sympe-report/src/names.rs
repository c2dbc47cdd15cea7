//! Short names of runs.

use std::collections::BTreeSet;

/// Names of runs in few words that tell them apart, in the order of the input.
///
/// A word is what stands between hyphens. The words with which all names begin or end are left out, but never a whole
/// name. Where some names part, the next word of each stays; of the words from it to where names part again, a single one
/// stays too, as two words are often one term, such as "random-walk", and several are left out, but for the one after a word of
/// one or two letters, as in "by-rank". Names that differ stay different: up to where two of them part, they keep the same words. Equal names stay whole. O(n²·w) for w words each.
///
/// ```
/// use sympe_report::short_names;
/// let names = ["egnn-none-seed0", "egnn-sympe-exact-depth-first-seed0"];
/// assert_eq!(short_names(&names), ["none", "sympe"]);
/// ```
#[must_use]
pub fn short_names<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let split = names.iter().map(|name| name.as_ref().split('-').collect());
    let mut names: Vec<Vec<&str>> = split.collect();
    if names.iter().any(|name| *name != names[0]) {
        while (names.iter()).all(|name| name.len() > 1 && name.last() == names[0].last()) {
            names.iter_mut().for_each(|name| name.truncate(name.len() - 1));
        }
        names = names.iter().map(|name| shortened(name, &names)).collect();
    }
    names.iter().map(|name| name.join("-")).collect()
}

fn shortened<'a>(name: &[&'a str], names: &[Vec<&str>]) -> Vec<&'a str> {
    let common = |other: &Vec<&str>| name.iter().zip(other).take_while(|(a, b)| a == b).count();
    // Where another name parts from this one, which parts from itself at its end.
    let mut parts: BTreeSet<usize> = names.iter().map(common).collect();
    // One that is the beginning of all others keeps a word, and so do they.
    let shortest = names.iter().map(Vec::len).min().unwrap_or(0);
    parts.extend(parts.first().map(|&first| first.min(shortest - 1)));
    let kept = parts.iter().zip(parts.iter().skip(1)).flat_map(|(&from, &to)| {
        let words = if name[from].len() < 3 { 2 } else { 1 };
        &name[from..if to - from > 2 { from + words } else { to }]
    });
    kept.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_no_names_apart_is_left_out() {
        for (names, short) in [
            ("a-sympe-exact-seed0", "a-sympe-exact-seed0"),
            ("same-seed0 same-seed0", "same-seed0 same-seed0"),
            ("none-seed3 none-seed4", "seed3 seed4"),
            // One name is the beginning of another.
            ("ising-cnn-seed0 ising-cnn-augmented-seed0", "cnn cnn-augmented"),
            ("one one-four-more-words", "one one-four"),
            ("by-rank-exact-heavy-depth-first-seed0 none-seed0", "by-rank none"),
            // One kernel, some seeds.
            (
                "none-seed0 none-seed1 sympe-exact-walks-seed0 sympe-exact-walks-seed1",
                "none-seed0 none-seed1 sympe-seed0 sympe-seed1",
            ),
            // All ways of breaking, one of them in two words, one with several kernels.
            (
                "gnn-none-seed0 gnn-random-walk-seed0 gnn-sympe-exact-seed0 gnn-sympe-exact-depth-first-seed0 gnn-sympe-random-depth-first-seed0",
                "none random-walk sympe-exact sympe-exact-depth-first sympe-random",
            ),
        ] {
            let names: Vec<&str> = names.split(' ').collect();
            assert_eq!(short_names(&names).join(" "), short, "{names:?}");
        }
        assert!(short_names::<&str>(&[]).is_empty());
    }

    #[test]
    fn names_that_differ_stay_different() {
        // All pairs and many triples of names of up to five words out of two.
        let name = |code: u32| {
            let length = code.ilog2();
            let words = (0..length).map(|place| if code >> place & 1 == 0 { "a" } else { "b" });
            words.collect::<Vec<_>>().join("-")
        };
        let all: Vec<String> = (2..64).map(name).collect();
        let check = |names: &[&String]| {
            let short = short_names(names);
            for (index, one) in short.iter().enumerate() {
                let same = |other: usize| (names[index] == names[other]) == (*one == short[other]);
                let right = (0..index).all(same) && !one.is_empty() && one.len() <= names[index].len();
                assert!(right, "{names:?}: {short:?}");
            }
        };
        for (index, one) in all.iter().enumerate() {
            for other in &all {
                check(&[one, other]);
                let thirds = all[..index].iter().step_by(3);
                thirds.for_each(|third| check(&[one, other, third]));
            }
        }
    }
}
