//! What is symmetric in a field on a torus: spins and couplings.

use super::text::{Options, join};
use crate::InspectError;
use crate::terminal::print;
use serde::Serialize;
use std::io::Write;
use sympe_canon::lattice::{LatticeField, LatticeSubgroup, LatticeSymmetry};
use sympe_canon::{CanonError, Canonicalized, Canonicalizer};
use sympe_data::formats::lattice::NamedField;
use sympe_data::key::{self, Purpose};
use sympe_groups::lattice::{LatticeElement, LatticeGroup};
use sympe_groups::{Action, FiniteSubgroup};

/// What is printed of a field under a group.
#[derive(Serialize)]
pub(crate) struct Description<'a> {
    name: &'a str,
    shape: [u32; 2],
    group: String,
    order: u64,
    /// Elements of the group over elements of the stabilizer.
    orbit: u64,
    generators: Vec<String>,
    /// Takes the canonical form to the field.
    element: String,
    draws: Vec<String>,
}

/// Describes field number `index` under a group. Values that round to the same multiple of `tolerance` are equal.
pub(crate) fn describe<'a>(
    named: &'a NamedField,
    group: LatticeGroup,
    index: u64,
    tolerance: Option<f64>,
    options: Options,
) -> Result<Description<'a>, InspectError> {
    let symmetry = LatticeSymmetry::new(group);
    let found = match tolerance {
        None => canonicalize(&symmetry, &named.field)?,
        Some(tolerance) => canonicalize(&symmetry, &named.field.quantized(tolerance)?)?,
    };
    let mut rng = key::stream(options.seed, 0, index, Purpose::Transform);
    let order = found.stabilizer.order();
    Ok(Description {
        name: &named.name,
        shape: named.field.shape(),
        group: symmetry.group().to_string(),
        order,
        orbit: symmetry.group().order() / order,
        generators: found
            .stabilizer
            .generators()
            .iter()
            .map(ToString::to_string)
            .collect(),
        element: found.element.to_string(),
        draws: (0..options.samples)
            .map(|_| found.sample(&mut rng).to_string())
            .collect(),
    })
}

fn canonicalize<T>(
    symmetry: &LatticeSymmetry,
    field: &LatticeField<T>,
) -> Result<Canonicalized<LatticeSubgroup>, CanonError>
where
    T: Copy + Ord + std::ops::Neg<Output = T> + Send + Sync,
    LatticeElement: Action<LatticeField<T>>,
{
    symmetry.canonicalize(field)
}

impl Description<'_> {
    /// Writes it, for a program or for a person to read.
    pub(crate) fn write(&self, as_json: bool, output: &mut dyn Write) -> Result<(), InspectError> {
        if as_json {
            return print(
                output,
                serde_json::to_string(self).expect("a description is JSON"),
            );
        }
        print(output, format_args!("{} under {}", self.name, self.group))?;
        print(
            output,
            format_args!("  order           {} (orbit of {})", self.order, self.orbit),
        )?;
        print(
            output,
            format_args!("  generators      {}", join(self.generators.iter().cloned())),
        )?;
        print(output, format_args!("  element         {}", self.element))?;
        for draw in &self.draws {
            print(output, format_args!("  draw            {draw}"))?;
        }
        Ok(())
    }
}
