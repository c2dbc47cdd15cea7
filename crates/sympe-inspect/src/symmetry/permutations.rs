//! What there is to say of a permutation group that is given by generators.

use super::graphs::{braces, ln};
use super::text::{Options, join};
use crate::InspectError;
use crate::terminal::print;
use serde::Serialize;
use std::io::Write;
use sympe_data::key::{self, Purpose};
use sympe_groups::{GroupError, PermGroup, Permutation};

/// The most points of a group.
const MOST_POINTS: usize = 1 << 20;
/// Pairs of more points are not listed.
const MOST_FOR_PAIRS: usize = 4096;
/// Of a larger group, no more is said than needs no stabilizer of a point.
const MOST_FOR_BLOCKS: usize = 20_000;

/// What is printed of a group.
#[derive(Serialize)]
pub(crate) struct Description {
    degree: usize,
    order: String,
    ln_order: f64,
    generators: Vec<String>,
    /// Points such that only the identity fixes them all.
    base: Vec<u32>,
    orbits: Vec<Vec<u32>>,
    is_transitive: bool,
    /// Whether no blocks are moved as wholes; none if the group is too large to be asked.
    is_primitive: Option<bool>,
    /// The number of orbits on ordered pairs of points, and their sizes; none if there are too many pairs.
    orbitals: Option<usize>,
    orbital_sizes: Option<Vec<usize>>,
    draws: Vec<String>,
}

/// The generators in a text: products of cycles, separated by commas, semicolons or ends of lines; points from 0.
///
/// # Errors
///
/// What is wrong with one, which is named by its number.
pub(crate) fn parse(text: &str, degree: Option<usize>) -> Result<PermGroup, String> {
    // A point takes memory, and so do all before it.
    let mut labels = text
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|label| !label.is_empty());
    let is_large = |label: &&str| label.parse().is_ok_and(|point: u64| point >= MOST_POINTS as u64);
    if let Some(label) = labels.find(is_large) {
        return Err(format!("point {label}, expected points below {MOST_POINTS}"));
    }
    if let Some(degree) = degree.filter(|&degree| degree > MOST_POINTS) {
        return Err(format!("{degree} points, expected at most {MOST_POINTS}"));
    }
    let words = split(text);
    let read = |(number, word): (usize, &&str)| {
        let parsed = match degree {
            Some(degree) => Permutation::parse(word, degree),
            None => word.parse(),
        };
        parsed.map_err(|error: GroupError| format!("generator {number}: {error}"))
    };
    let read: Vec<Permutation> = (1..).zip(&words).map(read).collect::<Result<_, _>>()?;
    let most = read.iter().map(Permutation::degree).max().unwrap_or(0);
    let degree = degree.unwrap_or(most);
    let widened = |g: Permutation| {
        let images = g.images().iter().copied().chain(g.degree() as u32..degree as u32);
        Permutation::from_images(images.collect()).expect("points beyond the last one stay")
    };
    let generators = read.into_iter().map(widened).collect();
    PermGroup::new(degree, generators).map_err(|error| error.to_string())
}

/// Separated outside of parentheses; what is left open is for the parser to complain of.
fn split(text: &str) -> Vec<&str> {
    let (mut words, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | ';' | '\n' if depth == 0 => {
                words.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&text[start..]);
    words
        .into_iter()
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}

impl Description {
    pub(crate) fn new(group: &PermGroup, options: Options) -> Self {
        let (degree, order) = (group.degree(), group.order());
        let orbitals = (degree <= MOST_FOR_PAIRS).then(|| group.orbitals());
        let mut rng = key::stream(options.seed, 0, 0, Purpose::Transform);
        Self {
            degree,
            ln_order: ln(&order.to_bytes_le()),
            order: order.to_string(),
            generators: group.generators().iter().map(Permutation::to_string).collect(),
            base: group.base().to_vec(),
            orbits: group.orbits(),
            is_transitive: group.is_transitive(),
            is_primitive: (degree <= MOST_FOR_BLOCKS).then(|| group.is_primitive()),
            orbitals: orbitals.as_ref().map(Vec::len),
            orbital_sizes: orbitals.map(|orbitals| orbitals.iter().map(Vec::len).collect()),
            draws: (0..options.samples)
                .map(|_| group.sample(&mut rng).to_string())
                .collect(),
        }
    }

    /// Writes it, for a program or for a person to read.
    pub(crate) fn write(&self, as_json: bool, output: &mut dyn Write) -> Result<(), InspectError> {
        if as_json {
            return print(
                output,
                serde_json::to_string(self).expect("a description is JSON"),
            );
        }
        print(
            output,
            format_args!("permutation group on {} points, numbered from 0", self.degree),
        )?;
        print(
            output,
            format_args!("  order           {} (ln {:.6})", self.order, self.ln_order),
        )?;
        let kind = match (self.is_transitive, self.is_primitive) {
            (false, _) => "not transitive",
            (true, Some(true)) => "primitive",
            (true, Some(false)) => "transitive, not primitive",
            (true, None) => "transitive",
        };
        print(output, format_args!("  action          {kind}"))?;
        let orbits = join(self.orbits.iter().map(|orbit| braces(orbit)));
        print(output, format_args!("  orbits          {orbits}"))?;
        if let (Some(count), Some(sizes)) = (self.orbitals, &self.orbital_sizes) {
            let sizes = join(sizes.iter().map(ToString::to_string));
            print(
                output,
                format_args!("  orbitals        {count}, of sizes {sizes}"),
            )?;
        }
        let base = join(self.base.iter().map(ToString::to_string));
        print(output, format_args!("  base            {base}"))?;
        let generators = join(self.generators.iter().cloned());
        print(output, format_args!("  generators      {generators}"))?;
        for draw in &self.draws {
            print(output, format_args!("  draw            {draw}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, split};

    #[test]
    fn generators_are_separated_outside_of_cycles() {
        assert_eq!(
            split("(0 1 2)(3 4), (0,1)\n(2 3);"),
            ["(0 1 2)(3 4)", "(0,1)", "(2 3)"]
        );
        let group = parse("(0 1 2)(3 4),(0 1)", None).unwrap();
        assert_eq!((group.degree(), group.order().to_string().as_str()), (5, "12"));
        assert_eq!(parse("(0 1)", Some(7)).unwrap().degree(), 7);
        assert_eq!(parse("", None).unwrap().degree(), 0);
        let error = parse("(0 1),(0 1 0)", None).unwrap_err();
        assert_eq!(
            error,
            "generator 2: cycle notation \"(0 1 0)\", byte 5: point 0 occurs twice"
        );
        for text in ["(0 1", "0 1", "(0 x)", "(0 -1)"] {
            assert!(
                parse(text, None).unwrap_err().starts_with("generator 1: "),
                "{text}"
            );
        }
        assert!(parse("(0 5)", Some(3)).is_err());
        for text in ["(0 99999999999)", "(0 1)(4294967294)"] {
            assert!(
                parse(text, None)
                    .unwrap_err()
                    .ends_with("expected points below 1048576"),
                "{text}"
            );
        }
        assert!(
            parse("()", Some(usize::MAX))
                .unwrap_err()
                .contains("expected at most 1048576")
        );
    }
}
