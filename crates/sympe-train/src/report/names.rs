//! Short names of runs.

/// Names of runs in as few words as tell them apart, in the order of the input.
///
/// A word is what stands between hyphens. Left out are the words with which all names begin or end, those with which all
/// names end that begin alike, and, where names first part, all but the first of three or more words in a row that tell no
/// two names apart. Names that differ stay different. A name that stands alone stays whole. O(n²·w) for n names of w words.
///
/// ```
/// use sympe_train::report::short_names;
/// let names = ["egnn-none-seed0", "egnn-sympe-exact-depth-first-seed0"];
/// assert_eq!(short_names(&names), ["none", "sympe"]);
/// ```
#[must_use]
pub fn short_names<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let words: Vec<Vec<&str>> = names
        .iter()
        .map(|name| name.as_ref().split('-').collect())
        .collect();
    let mut short = vec![Vec::new(); names.len()];
    let mut members: Vec<Member<'_>> = words.iter().map(Vec::as_slice).enumerate().collect();
    if words.iter().all(|one| *one == words[0]) {
        return names.iter().map(|name| name.as_ref().to_owned()).collect();
    }
    // No name loses all of its words.
    let ending = common(&members, |words, place| {
        words[1..].iter().rev().nth(place).copied()
    });
    members
        .iter_mut()
        .for_each(|(_, words)| *words = &words[..words.len() - ending]);
    let beginning = common(&members, |words, place| words.get(place).copied());
    let is_name = members.iter().any(|(_, words)| words.len() == beginning);
    let dropped = beginning - usize::from(is_name);
    members
        .iter_mut()
        .for_each(|(_, words)| *words = &words[dropped..]);
    // Two words are often one term, such as "random-walk".
    branch(&members, 2, &mut short);
    short.iter().map(|words| words.join("-")).collect()
}

/// The index of a name and the words of it that are left.
type Member<'a> = (usize, &'a [&'a str]);

/// How many words in a row all members have in common, where `word` gives the word at a place.
fn common<'a>(members: &[Member<'a>], word: impl Fn(&'a [&'a str], usize) -> Option<&'a str>) -> usize {
    let first = members[0].1;
    let is_common = |&place: &usize| {
        let wanted = word(first, place);
        wanted.is_some() && members.iter().all(|&(_, words)| word(words, place) == wanted)
    };
    (0..first.len()).take_while(is_common).count()
}

/// Appends to the short names of members what tells them apart; of more than `limit` words in a row that do not, the first.
///
/// Each step keeps the first of the words by which members part, and all members of a part keep the same words: short
/// names are different lists of words, so different texts.
fn branch<'a>(members: &[Member<'a>], limit: usize, short: &mut [Vec<&'a str>]) {
    let mut parts: Vec<Vec<Member<'a>>> = Vec::new();
    for &(index, words) in members.iter().filter(|(_, words)| !words.is_empty()) {
        match parts.iter_mut().find(|part| part[0].1[0] == words[0]) {
            Some(part) => part.push((index, words)),
            None => parts.push(vec![(index, words)]),
        }
    }
    for mut part in parts {
        let beginning = common(&part, |words, place| words.get(place).copied());
        let kept = if beginning > limit { 1 } else { beginning };
        for (index, words) in &mut part {
            short[*index].extend(&words[..kept]);
            *words = &words[beginning..];
        }
        let ending = common(&part, |words, place| words.iter().rev().nth(place).copied());
        part.iter_mut()
            .for_each(|(_, words)| *words = &words[..words.len() - ending]);
        if part.iter().any(|(_, words)| !words.is_empty()) {
            branch(&part, usize::MAX, short);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_all_have_in_common_is_left_out() {
        for (names, short) in [
            (
                &["a-sympe-exact-depth-first-seed0"][..],
                &["a-sympe-exact-depth-first-seed0"][..],
            ),
            (
                &["egnn-none-seed0", "egnn-sympe-exact-depth-first-seed0"],
                &["none", "sympe"],
            ),
            (&["none-seed3", "none-seed4"], &["seed3", "seed4"]),
            (&["same", "same"], &["same", "same"]),
            (&[], &[]),
            // All ways of breaking, one of them in two words, one of them with two kernels.
            (
                &[
                    "gnn-none-seed0",
                    "gnn-random-walk-seed0",
                    "gnn-sympe-exact-depth-first-seed0",
                    "gnn-sympe-exact-refinement-seed0",
                    "gnn-sympe-random-depth-first-seed0",
                ],
                &[
                    "none",
                    "random-walk",
                    "sympe-exact-depth-first",
                    "sympe-exact-refinement",
                    "sympe-random-depth-first",
                ],
            ),
            // Several seeds.
            (
                &[
                    "none-seed0",
                    "none-seed1",
                    "sympe-exact-depth-first-seed0",
                    "sympe-exact-depth-first-seed1",
                ],
                &["none-seed0", "none-seed1", "sympe-seed0", "sympe-seed1"],
            ),
            // A name that is the beginning of another.
            (
                &["ising-cnn-seed0", "ising-cnn-augmented-seed0"],
                &["cnn", "cnn-augmented"],
            ),
            (&["a", "a-b-c-d"], &["a", "a-b-c-d"]),
            (
                &[
                    "none-seed0",
                    "sympe-exact-depth-first-seed0",
                    "sympe-nodes-exact-depth-first-seed0",
                ],
                &["none", "sympe", "sympe-nodes"],
            ),
            (&["x-seed0", "seed0"], &["x-seed0", "seed0"]),
            (&["", "-", "a"], &["", "-", "a"]),
        ] {
            assert_eq!(short_names(names), short, "{names:?}");
        }
    }

    #[test]
    fn different_names_stay_different_and_never_get_longer() {
        // All names of up to five words out of two, in sets of two and three.
        let mut all = vec!["a".to_owned(), "b".to_owned()];
        let mut start = 0;
        for _ in 1..5 {
            let end = all.len();
            for index in start..end {
                all.extend(["a", "b"].map(|word| format!("{}-{word}", all[index])));
            }
            start = end;
        }
        let check = |names: &[&str]| {
            let short = short_names(names);
            let count = |names: HashSet<&str>| names.len();
            assert_eq!(
                count(names.iter().copied().collect()),
                count(short.iter().map(String::as_str).collect()),
                "{names:?}: {short:?}"
            );
            for (name, short) in names.iter().zip(&short) {
                assert!(
                    !short.is_empty() && short.len() <= name.len(),
                    "{names:?}: {short:?}"
                );
            }
        };
        for one in &all {
            for other in &all {
                check(&[one, other]);
                all.iter()
                    .step_by(3)
                    .for_each(|third| check(&[one, other, third]));
            }
        }
    }
}
