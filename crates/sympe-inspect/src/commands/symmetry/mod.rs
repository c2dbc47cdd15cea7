//! `symmetry`: what is symmetric in the graphs, fields or point clouds of a file, and what a draw from the inversion kernel makes of it.

mod args;
mod graphs;
mod networks;

pub use args::SymmetryArgs;
pub use networks::{Networks, Spreads};

use crate::InspectError;
use crate::processes::Processes;
use crate::symmetry::summary::{Summary, Words};
use crate::symmetry::{clouds, fields, permutations};
use crate::terminal::note;
use graphs::of_graphs;
use std::io::Write;
use sympe_canon::points::Tolerance;
use sympe_data::DataError;
use sympe_data::formats::clouds::NamedCloud;
use sympe_data::formats::lattice::LatticeFormat;
use sympe_data::formats::{self, Content, Format, Graphs, VertexColors, lattice};
use sympe_data::input::{self, Input};
use sympe_data::molecule::{Hydrogens, MoleculeFormat};
use sympe_groups::GroupError;
use sympe_groups::lattice::{LatticeGroup, Wallpaper};

/// Prints what is symmetric in the graphs or fields of a file, and what `networks` make of graphs. Of several `processes` each
/// searches a share of the graphs, and the first prints what one alone would print; of fields and point clouds it does all.
///
/// # Errors
///
/// When the file cannot be read, a flag does not go with what it holds, or some of its graphs or fields fail, which are named on
/// standard error while the others are answered; when several processes are to read one pipe, or one of them is gone.
pub fn symmetry(
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    processes: &dyn Processes,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    let Some(file) = &args.file else {
        return match processes.is_first() {
            true => of_generators(args, networks, output),
            false => Ok(()),
        };
    };
    if args.is_for_fields()
        && !args.points
        && let Some(flag) = args.flag_of_graphs(networks)
    {
        return Err(InspectError::flag(
            flag,
            "is for graphs, expected none with a field's flags",
        ));
    }
    let mut input = input::open(file)?;
    if processes.size() > 1 && !file.is_file() {
        let message = "is no file that several processes can read, each by itself: expected one on a disk";
        return Err(InspectError::differs(file, message));
    }
    let content = match args.format {
        Some(content) => content,
        // A field of rows of numbers says nothing of itself.
        None if args.is_for_fields() && !args.points => match Content::of(&mut input) {
            Ok(content @ Content::Clouds(_)) => content,
            _ => Content::Fields(LatticeFormat::Text),
        },
        None => Content::of(&mut input)?,
    };
    match content {
        Content::Graphs(_) | Content::Fields(_) if args.points => Err(InspectError::flag(
            "--points",
            "is for molecules, expected XYZ or SDF",
        )),
        Content::Graphs(format) => {
            of_graphs(graphs_in(input, format, args)?, args, networks, processes, output)
        }
        Content::Clouds(_) | Content::Fields(_) if !processes.is_first() => Ok(()),
        Content::Molecules(_) if args.points && !processes.is_first() => Ok(()),
        Content::Clouds(format) => {
            args.check_points(networks)?;
            of_clouds(formats::clouds::read_input(input, format)?, args, output)
        }
        Content::Molecules(format) if args.points => {
            args.check_points(networks)?;
            of_clouds(formats::clouds::read_molecules(input, format)?, args, output)
        }
        Content::Molecules(format) => {
            let graphs = molecules_in(input, format, args, networks)?;
            of_graphs(graphs, args, None, processes, output)
        }
        Content::Fields(_) => of_fields(input, args, networks, output),
    }
}

/// The graphs of a file in this format.
fn graphs_in(input: Input, format: Format, args: &SymmetryArgs) -> Result<Graphs, InspectError> {
    if args.hydrogens.is_some() {
        return Err(InspectError::flag(
            "--hydrogens",
            "is for molecules, expected none with graphs",
        ));
    }
    // Where nobody has said the format, the reader says what it has made of it.
    let format = args.format.map(|_| format);
    let graphs = Graphs::open_as(input, format, &args.reading())?;
    Ok(match &args.colors {
        Some(file) => graphs.with_vertex_colors(VertexColors::read(input::open(file)?)?),
        None => graphs,
    })
}

/// The graphs of the molecules of a file in this format.
fn molecules_in(
    input: Input,
    format: MoleculeFormat,
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
) -> Result<Graphs, InspectError> {
    if let Some(flag) = args.flag_of_plain_graphs(networks) {
        return Err(InspectError::flag(
            flag,
            "is for graphs, expected none with molecules",
        ));
    }
    let hydrogens = args.hydrogens.map_or(Hydrogens::Explicit, Hydrogens::from);
    Ok(Graphs::of_molecules(input, format, hydrogens)?)
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

/// Of a group that the command line has in place of a file.
fn of_generators(
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    if let Some(flag) = args.flag_of_files(networks) {
        return Err(InspectError::flag(
            flag,
            "is for files, expected none with --generators",
        ));
    }
    let text = args.generators.as_deref().unwrap_or_default();
    let group = permutations::parse(text, args.degree);
    let group = group.map_err(|error| InspectError::flag("--generators", error))?;
    permutations::Description::new(&group, args.options()).write(args.json, output)
}

fn of_clouds(
    clouds: Vec<Result<NamedCloud, DataError>>,
    args: &SymmetryArgs,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    let tolerance = args.tolerance.map_or(Tolerance::default(), Tolerance::Absolute);
    let (total, mut failed) = (clouds.len(), 0);
    let mut summary = Summary::new(Words {
        input: ["point cloud", "point clouds"],
        parts: "points",
        are_clouds: true,
    });
    for (index, cloud) in (0..).zip(clouds) {
        let of = |named: NamedCloud| {
            if args.is_summary() {
                let sample = clouds::sample(&named, tolerance);
                let sample =
                    sample.map_err(|error| format!("{}, {}: {error}", args.name().display(), named.name));
                return sample.map(|sample| {
                    summary.add(sample);
                    Ok(())
                });
            }
            let described = clouds::describe(&named, index, tolerance, args.options());
            let described =
                described.map_err(|error| format!("{}, {}: {error}", args.name().display(), named.name));
            described.map(|description| description.write(args.json, output))
        };
        match cloud.map_err(|error| error.to_string()).and_then(of) {
            Ok(written) => written?,
            Err(error) => {
                failed += 1;
                note(format_args!("error: {error}"));
            }
        }
    }
    if args.is_summary() && total > failed {
        args.publish(&summary, output)?;
    }
    match (total, failed) {
        (0, _) => Err(InspectError::Missing {
            path: args.name().to_owned(),
            message: "no point clouds".to_owned(),
        }),
        (_, 0) => Ok(()),
        _ => Err(InspectError::Incomplete {
            failed,
            total,
            what: "point clouds",
        }),
    }
}

fn of_fields(
    input: Input,
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    if let Some(flag) = args.flag_of_graphs(networks) {
        return Err(InspectError::flag(
            flag,
            "is for graphs, expected none with a file of fields",
        ));
    }
    if args.is_summary() {
        let flag = if args.summary { "--summary" } else { "--report" };
        return Err(InspectError::flag(
            flag,
            "is for graphs, molecules and point clouds, expected none with a file of fields",
        ));
    }
    let format = match args.format {
        Some(Content::Fields(format)) => Some(format),
        _ => None,
    };
    let (named_fields, _) = lattice::read_input(input, format)?;
    let (mut described, mut failed) = (0, 0);
    for (index, named) in named_fields.iter().enumerate() {
        let name = format!("{}, {}", args.name().display(), named.name);
        for group in groups(args, named.field.shape()) {
            match group {
                // A group that this torus lacks is no failure beside one that it has.
                Err(error) => note(format_args!("left out: {name}: {error}")),
                Ok(group) => {
                    match fields::describe(named, group, index as u64, args.tolerance, args.options()) {
                        Err(error) => {
                            failed += 1;
                            note(format_args!("error: {name}: {error}"));
                        }
                        Ok(description) => {
                            described += 1;
                            description.write(args.json, output)?;
                        }
                    }
                }
            }
        }
    }
    if failed == 0 && described > 0 {
        return Ok(());
    }
    Err(InspectError::Incomplete {
        failed: failed.max(1),
        total: failed.max(1) + described,
        what: "fields",
    })
}
