//! `rmsd`: how far apart conformers are, of all matches of their atoms the best.

use super::judge::HydrogenChoice;
use crate::InspectError;
use crate::terminal::{note, print};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_data::DataError;
use sympe_data::formats::Content;
use sympe_data::formats::clouds::CloudFormat;
use sympe_data::input;
use sympe_data::molecule::{Conformer, Fit, Match};
use sympe_groups::OrthogonalGroup;

/// Symmetry-corrected distances of conformers: the root mean square over atoms, the least over all matches of the atoms that keep
/// elements and bonds.
///
/// Records of A and B are compared pair by pair; if one of the files has a single record, that one with all of the other. Atoms may
/// come in any order. All automorphisms are searched, however many there are: methyl groups, phenyl rings and equal branches are
/// treated for themselves, so that 10^10 automorphisms take milliseconds, and 10^20 tens of
/// them with --superpose.
///
/// Without --superpose conformers are compared where they are, as docked poses are. Bonds are those of SDF and of PDB's CONECT; those
/// of XYZ, and of PDB without CONECT, follow from distances. Bonds of aromatic rings are alike. Distances are in the unit of the
/// files, which is ångström. A pair that fails does not spoil the others; the exit code is then 1.
#[derive(Debug, Args)]
pub struct RmsdArgs {
    /// A file of conformers: SDF, XYZ or PDB; - is the standard input
    a: PathBuf,
    /// Another one
    b: PathBuf,
    /// Move the first conformer of each pair onto the second one, by the best rotation and translation
    #[arg(long)]
    superpose: bool,
    /// With --superpose: mirror images are the same
    #[arg(long, requires = "superpose")]
    reflect: bool,
    /// All bonds are alike, and charges do not matter: the oxygens of a carboxylate can change places
    #[arg(long)]
    any_bond: bool,
    /// Hydrogens are atoms like any other (default), or none is compared
    #[arg(long, value_enum)]
    hydrogens: Option<HydrogenChoice>,
    /// One JSON object per pair: names, distance, the match of atoms, rotation and translation
    #[arg(long)]
    json: bool,
    /// The format of both files (default: by their names or their contents)
    #[arg(long, hide_possible_values = true)]
    format: Option<Content>,
}

/// What is printed of a pair.
#[derive(Serialize)]
struct Described<'a> {
    a: &'a str,
    b: &'a str,
    atoms: usize,
    rmsd: f64,
    automorphisms: &'a str,
    /// For each atom of the first conformer, from 0, that of the second one.
    matching: &'a [u32],
    /// Rows of the orthogonal matrix, and then the translation, that lay the first conformer on the second one.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<Vec<Vec<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    translation: Option<&'a [f64]>,
}

/// A record of a file, or what is wrong with it.
type Read = Result<Conformer, DataError>;

/// Prints how far apart the conformers of two files are.
///
/// # Errors
///
/// When a file cannot be read, the numbers of records do not go together, or some pairs fail, which are named on standard error
/// while the others are answered.
pub fn rmsd(args: &RmsdArgs, output: &mut dyn Write) -> Result<(), InspectError> {
    let motions = match args.reflect {
        true => OrthogonalGroup::full(),
        false => OrthogonalGroup::special(),
    };
    let fit = Fit {
        superposed: args.superpose.then_some(motions),
        any_bond: args.any_bond,
    };
    let [first, second] = [&args.a, &args.b].map(|path| conformers(path, args));
    let (first, second) = (first?, second?);
    let total = first.len().max(second.len());
    if first.len() != second.len() && first.len().min(second.len()) != 1 {
        let message = format!(
            "{} records, expected as many as in {}, which has {}, or one",
            second.len(),
            args.a.display(),
            first.len()
        );
        return Err(InspectError::differs(&args.b, message));
    }
    let of = |list: &[Read], index: usize| {
        list[if list.len() == 1 { 0 } else { index }]
            .as_ref()
            .map_err(ToString::to_string)
            .cloned()
    };
    let mut failed = 0;
    for index in 0..total {
        let compared = || {
            let (a, b) = (of(&first, index)?, of(&second, index)?);
            let found = a.compare(&b, &fit).map_err(|error| error.to_string())?;
            Ok::<_, String>((a, b, found))
        };
        match compared() {
            Ok((a, b, found)) => write(&a, &b, &found, args.json, output)?,
            Err(error) => {
                failed += 1;
                note(format_args!("error: {error}"));
            }
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(InspectError::Incomplete {
            failed,
            total,
            what: "pairs",
        }),
    }
}

/// The records of a file, with hydrogens or without.
fn conformers(path: &Path, args: &RmsdArgs) -> Result<Vec<Read>, InspectError> {
    let mut input = input::open(path)?;
    let content = match args.format {
        Some(content) => content,
        None => Content::of(&mut input)?,
    };
    let mut records = match content {
        Content::Molecules(format) => Conformer::read(input, format)?,
        Content::Clouds(CloudFormat::Pdb) => Conformer::read_pdb(input)?,
        _ => {
            return Err(InspectError::differs(
                path,
                "no molecules, expected SDF, XYZ or PDB",
            ));
        }
    };
    if records.is_empty() {
        return Err(InspectError::missing(path, "no molecules"));
    }
    if args.hydrogens == Some(HydrogenChoice::None) {
        for conformer in records.iter_mut().flatten() {
            *conformer = conformer.without_hydrogens();
        }
    }
    Ok(records)
}

fn write(
    a: &Conformer,
    b: &Conformer,
    found: &Match,
    as_json: bool,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    let (atoms, rmsd, automorphisms) = (a.places().len(), found.rmsd, found.automorphisms.as_str());
    if !as_json {
        let line = format!(
            "{} and {}: {rmsd:.6} (atoms {atoms}, automorphisms {automorphisms})",
            a.name(),
            b.name()
        );
        return print(output, line);
    }
    let motion = found.motion.as_ref();
    let rows = motion.map(|motion| {
        let rows = motion.orthogonal().matrix().row_iter();
        rows.map(|row| row.iter().copied().collect()).collect()
    });
    let described = Described {
        a: a.name(),
        b: b.name(),
        atoms,
        rmsd,
        automorphisms,
        matching: found.permutation.images(),
        rotation: rows,
        translation: motion.map(|motion| motion.translation().as_slice()),
    };
    print(
        output,
        serde_json::to_string(&described).expect("numbers and names are JSON"),
    )
}
