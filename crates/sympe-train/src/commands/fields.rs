//! `symmetry` of fields on a torus: spins and couplings.

use super::print;
use super::symmetry::{SymmetryArgs, join};
use crate::TrainError;
use crate::observe::note;
use serde::Serialize;
use std::io::Write;
use sympe_canon::lattice::{LatticeField, LatticeSubgroup, LatticeSymmetry};
use sympe_canon::{CanonError, Canonicalized, Canonicalizer};
use sympe_data::formats::lattice::{self, NamedField};
use sympe_data::key::{self, Purpose};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::{Action, FiniteSubgroup, GroupError};

/// What is printed of a field under a group.
#[derive(Serialize)]
struct Description<'a> {
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

/// The groups asked for, or the largest there is.
fn groups(args: &SymmetryArgs, [rows, columns]: [u32; 2]) -> Vec<Result<LatticeGroup, GroupError>> {
    let largest = if rows == columns {
        Wallpaper::P4m
    } else {
        Wallpaper::P2mm
    };
    let asked = if args.group.is_empty() {
        &[largest][..]
    } else {
        &args.group
    };
    let group = |&wallpaper: &Wallpaper| {
        let group = LatticeGroup::new(wallpaper, rows, columns)?;
        Ok(if args.spin_flip {
            group.with_spin_flip()
        } else {
            group
        })
    };
    asked.iter().map(group).collect()
}

pub(super) fn fields(args: &SymmetryArgs, output: &mut dyn Write) -> Result<(), TrainError> {
    if args.model.is_some() {
        let message = "is for graphs, expected none with a file of fields";
        return Err(TrainError::config("--model", message));
    }
    if let Some(format) = args.format {
        let message = "is a format of graphs, expected none with a file of fields";
        return Err(TrainError::config(format!("--format {format}"), message));
    }
    let (fields, _) = lattice::read(&args.file, None)?;
    let (mut described, mut failed) = (0, 0);
    for (index, named) in fields.iter().enumerate() {
        let name = format!("{}, {}", args.file.display(), named.name);
        for group in groups(args, named.field.shape()) {
            match group {
                // A group that this torus lacks is no failure beside one that it has.
                Err(error) => note(format_args!("left out: {name}: {error}")),
                Ok(group) => match describe(named, group, index as u64, args) {
                    Err(error) => {
                        failed += 1;
                        note(format_args!("error: {name}: {error}"));
                    }
                    Ok(description) => {
                        described += 1;
                        description.write(args.json, output)?;
                    }
                },
            }
        }
    }
    if failed == 0 && described > 0 {
        return Ok(());
    }
    Err(TrainError::Incomplete {
        failed: failed.max(1),
        total: failed.max(1) + described,
        what: "fields",
    })
}

fn describe<'a>(
    named: &'a NamedField,
    group: LatticeGroup,
    index: u64,
    args: &SymmetryArgs,
) -> Result<Description<'a>, TrainError> {
    let symmetry = LatticeSymmetry::new(group);
    let found = match args.tolerance {
        None => canonicalize(&symmetry, &named.field)?,
        Some(tolerance) => canonicalize(&symmetry, &named.field.quantized(tolerance)?)?,
    };
    let mut rng = key::stream(args.seed, 0, index, Purpose::Transform);
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
        draws: (0..args.samples)
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
    fn write(&self, as_json: bool, output: &mut dyn Write) -> Result<(), TrainError> {
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
