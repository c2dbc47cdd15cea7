//! What is symmetric in a graph.

use super::summary::Sample;
use super::text::{Options, join};
use crate::InspectError;
use crate::terminal::print;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry};
use sympe_canon::relaxed::RefinementOrder;
use sympe_canon::{CanonError, Canonicalized, InversionKernel};
use sympe_data::formats::FileGraph;
use sympe_data::key::{self, Purpose};
use sympe_groups::Permutation;

/// What is printed of a graph.
#[derive(Serialize)]
pub(crate) struct Description {
    n: usize,
    m: usize,
    directed: bool,
    order: String,
    ln_order: f64,
    /// `ln (n!/|Aut|)`: of the entropy `ln n!` of uniform draws what those of an exact kernel lack, and so what they tell.
    ln_labellings: f64,
    first_vertex: u32,
    /// What the file calls the vertices, if these are not numbers that follow each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
    orbits: Vec<Vec<u32>>,
    generators: Vec<String>,
    canonical_form: String,
    labelling: Vec<u32>,
    draws: Vec<Vec<u32>>,
    /// For each model, the largest distance of embeddings within an orbit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) orbit_spread: BTreeMap<String, f64>,
}

/// What a graph adds to a summary.
pub(crate) fn sample(graph: &ColoredGraph, symmetry: &GraphSymmetry) -> Result<Sample, CanonError> {
    let ln_order = ln(&symmetry.order().to_bytes_le());
    Ok(Sample {
        parts: graph.n(),
        interchangeable: Sample::interchangeable(&symmetry.group().orbit_representatives()),
        ln_order,
        entropies: vec![
            ("exact".into(), Some(ln_order)),
            ("refinement".into(), RefinementOrder::default().entropy(graph)?),
            ("haar".into(), Some(Permutation::ln_count(graph.n()))),
        ],
        class: None,
    })
}

impl Description {
    /// Describes graph number `index`, its vertices numbered as in its file.
    pub(crate) fn new(read: FileGraph, index: usize, symmetry: &GraphSymmetry, options: Options) -> Self {
        let FileGraph {
            graph,
            first_vertex,
            names,
            ..
        } = read;
        let images = |g: &Permutation| g.images().iter().map(|v| v + first_vertex).collect::<Vec<u32>>();
        let order = symmetry.order();
        let ln_order = ln(&order.to_bytes_le());
        let orbits = shift(&symmetry.orbits(), first_vertex);
        let generators = symmetry
            .generators()
            .iter()
            .map(|g| g.display_from(first_vertex).to_string())
            .collect();
        let mut rng = key::stream(options.seed, 0, index as u64, Purpose::Transform);
        let draws = if options.samples == 0 {
            Vec::new()
        } else {
            let canonicalized = Canonicalized::from(symmetry.clone());
            (0..options.samples)
                .map(|_| images(&canonicalized.sample(&mut rng)))
                .collect()
        };
        Self {
            n: graph.n(),
            m: graph.edge_count(),
            directed: graph.is_directed(),
            ln_order,
            ln_labellings: Permutation::ln_count(graph.n()) - ln_order,
            order: order.to_string(),
            first_vertex,
            names,
            orbits,
            generators,
            canonical_form: symmetry.digest(),
            labelling: images(symmetry.labelling()),
            draws,
            orbit_spread: BTreeMap::new(),
        }
    }

    /// It for a program to read, or for a person to whom it is graph `number`; without the end of the last line.
    pub(crate) fn text(&self, number: usize, as_json: bool) -> Result<String, InspectError> {
        if as_json {
            return Ok(serde_json::to_string(self).expect("a description is JSON"));
        }
        let mut bytes = Vec::new();
        self.write(number, &mut bytes)?;
        bytes.truncate(bytes.trim_ascii_end().len());
        Ok(String::from_utf8(bytes).expect("what is written is text"))
    }

    fn write(&self, number: usize, output: &mut dyn Write) -> Result<(), InspectError> {
        let direction = if self.directed { "directed " } else { "" };
        let (n, m, first) = (self.n, self.m, self.first_vertex);
        print(
            output,
            format_args!("graph {number}: {n} vertices, {m} {direction}edges, numbered from {first}"),
        )?;
        if !self.names.is_empty() {
            let names = self
                .names
                .iter()
                .enumerate()
                .map(|(v, name)| format!("{v} is {name}"));
            print(output, format_args!("  names           {}", join(names)))?;
        }
        print(
            output,
            format_args!("  order           {} (ln {:.6})", self.order, self.ln_order),
        )?;
        print(
            output,
            format_args!(
                "  orbits          {}",
                join(self.orbits.iter().map(|orbit| braces(orbit)))
            ),
        )?;
        print(
            output,
            format_args!("  generators      {}", join(self.generators.iter().cloned())),
        )?;
        print(output, format_args!("  canonical form  {}", self.canonical_form))?;
        print(output, format_args!("  labelling       {:?}", self.labelling))?;
        for draw in &self.draws {
            print(output, format_args!("  draw            {draw:?}"))?;
        }
        for (name, spread) in &self.orbit_spread {
            print(
                output,
                format_args!("  spread of embeddings within orbits, {name}: {spread:.3e}"),
            )?;
        }
        Ok(())
    }
}

pub(crate) fn braces(orbit: &[u32]) -> String {
    let names: Vec<String> = orbit.iter().map(ToString::to_string).collect();
    format!("{{{}}}", names.join(" "))
}

/// Natural logarithm of a positive integer of any size, little-endian.
pub(crate) fn ln(bytes: &[u8]) -> f64 {
    // The leading 8 bytes carry all the precision of an f64.
    let rest = bytes.len().saturating_sub(8);
    let head = bytes[rest..]
        .iter()
        .rev()
        .fold(0u64, |head, &byte| head << 8 | u64::from(byte));
    (head as f64).ln() + rest as f64 * 256f64.ln()
}

/// Vertices under other numbers.
pub(crate) fn shift(lists: &[Vec<u32>], by: u32) -> Vec<Vec<u32>> {
    lists
        .iter()
        .map(|list| list.iter().map(|v| v.wrapping_add(by)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ln;

    #[test]
    fn logarithms_of_big_integers() {
        assert_eq!(ln(&[1]), 0.0);
        assert!((ln(&[120]) - 120f64.ln()).abs() < 1e-15);
        let mut power = vec![0; 200];
        power.push(1); // 256²⁰⁰
        assert!((ln(&power) - 200.0 * 256f64.ln()).abs() < 1e-9);
    }
}
