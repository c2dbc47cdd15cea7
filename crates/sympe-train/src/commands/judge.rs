//! `evaluate --samples`: judges molecules or graphs, whichever program made them.

use crate::TrainError;
use crate::datasets;
use crate::observe::note;
use crate::output::print;
use crate::report::Table;
use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_canon::graph::ColoredGraph;
use sympe_data::formats::{self, Format};
use sympe_data::graph_metrics::{
    Descriptor, Distance, ValidUniqueNovel, check_simple, compare, is_connected, is_connected_planar, is_tree,
};
use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics};
use sympe_data::molecule::{self, Hydrogens, Molecule};
use sympe_data::published::Split;
use sympe_data::{DataError, molecule::Records};

#[derive(Debug, Args)]
pub(super) struct JudgeArgs {
    /// Judge the molecules or graphs of this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "split", "draws", "device"])]
    samples: Option<PathBuf>,
    /// What is not novel: a file like that of the samples, or a folder of QM9 (default: for molecules, QM9's training part
    /// if it was downloaded)
    #[arg(long, value_name = "PATH", conflicts_with = "run")]
    train: Option<PathBuf>,
    /// Molecules: with their hydrogens (default; in SDF those of the file), or without
    #[arg(long, value_enum, conflicts_with = "run")]
    hydrogens: Option<HydrogenChoice>,
    /// Graphs: what their statistics are compared with
    #[arg(long, value_name = "FILE", conflicts_with = "run")]
    reference: Option<PathBuf>,
    /// Graphs: which are valid (default: connected)
    #[arg(long, value_enum, conflicts_with = "run")]
    valid: Option<Criterion>,
    /// Graphs: the distance of histograms, total variation (default) or the earth mover's
    #[arg(long, value_enum, requires = "reference")]
    distance: Option<DistanceChoice>,
}

sympe_groups::named! {
    clap
    enum HydrogenChoice {
        /// Atoms like any other.
        Explicit = "explicit",
        /// Heavy atoms only; stability means nothing.
        None = "none",
    }
}

sympe_groups::named! {
    clap
    enum Criterion {
        /// Connected.
        Connected = "connected",
        /// Connected and planar.
        Planar = "planar",
        /// Connected and without cycles.
        Tree = "tree",
    }
}

impl Criterion {
    fn holds(self, graph: &ColoredGraph) -> Result<bool, DataError> {
        match self {
            Self::Connected => Ok(is_connected(graph)),
            Self::Planar => is_connected_planar(graph),
            Self::Tree => is_tree(graph),
        }
    }
}

sympe_groups::named! {
    clap
    enum DistanceChoice {
        /// Total variation: planar graphs, trees, stochastic block models.
        Tv = "tv",
        /// Earth mover's: community graphs.
        Emd = "emd",
    }
}

/// Judges the samples, as molecules or as graphs.
///
/// # Panics
///
/// When there is no file of samples: the command line has made sure.
pub(super) fn judge(
    args: &JudgeArgs,
    format: Option<Format>,
    as_json: bool,
    output: &mut dyn Write,
) -> Result<(), TrainError> {
    let file = args.samples.as_deref().expect("no run, so there are samples");
    let graph_flag = [
        ("--format", format.is_some()),
        ("--reference", args.reference.is_some()),
        ("--valid", args.valid.is_some()),
    ]
    .into_iter()
    .find_map(|(flag, given)| given.then_some(flag));
    let judged = match (graph_flag, args.hydrogens) {
        (Some(flag), Some(_)) => {
            return Err(TrainError::config(
                "--hydrogens",
                format!("is for molecules, {flag} for graphs"),
            ));
        }
        (Some(_), None) => graphs(file, args, format)?,
        (None, Some(_)) => molecules(file, args)?,
        (None, None) if holds_graphs(file) => graphs(file, args, format)?,
        (None, None) => molecules(file, args)?,
    };
    if as_json {
        return print(
            output,
            serde_json::to_string(&judged).expect("numbers by name are JSON"),
        );
    }
    let cell = |value: &Value| match value {
        Value::Number(number) if number.is_u64() => number.to_string(),
        Value::Number(number) => format!("{:.4}", number.as_f64().unwrap_or(f64::NAN)),
        _ => "-".to_owned(),
    };
    let table = Table {
        head: vec!["metric".into(), "value".into()],
        rows: judged
            .0
            .iter()
            .map(|(name, value)| vec![(*name).to_owned(), cell(value)])
            .collect(),
    };
    print(output, table.markdown().trim_end())
}

/// The format that the name of a file says.
fn named_format(file: &Path) -> Option<Format> {
    let extension = file.extension()?.to_ascii_lowercase();
    (extension == "g6" || extension == "graph6").then_some(Format::Graph6)
}

/// Whether a file is one of graphs, as far as can be said: short graph6 lines may be SMILES just as well.
fn holds_graphs(file: &Path) -> bool {
    if named_format(file).is_some() {
        return true;
    }
    // A file that cannot be read is reported by whoever reads it next.
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    // The title of a record, often a number, is no graph.
    if molecule::is_sdf(file, &text) {
        return false;
    }
    text.starts_with(">>graph6<<") || Format::detect(&text).is_some_and(|format| format != Format::Graph6)
}

/// Names what cannot be read, all of it but the end of a long list.
fn report(errors: &[impl std::fmt::Display]) {
    const SHOWN: usize = 20;
    for error in errors.iter().take(SHOWN) {
        note(format_args!("warning: {error}"));
    }
    if errors.len() > SHOWN {
        note(format_args!(
            "warning: {} more samples cannot be read",
            errors.len() - SHOWN
        ));
    }
}

fn no_samples(file: &Path) -> TrainError {
    TrainError::missing(file, "no samples, expected at least one")
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// What is printed: figures by name, in order; null is one that is not known.
struct Judged(Vec<(&'static str, Value)>);

impl Serialize for Judged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn molecules(file: &Path, args: &JudgeArgs) -> Result<Judged, TrainError> {
    let hydrogens = match args.hydrogens {
        Some(HydrogenChoice::None) => Hydrogens::Omitted,
        Some(HydrogenChoice::Explicit) | None => Hydrogens::Explicit,
    };
    let Records { molecules, errors } = molecule::read(file)?;
    report(&errors);
    if molecules.is_empty() {
        return Err(no_samples(file));
    }
    let heavy = |molecule: Molecule| match hydrogens {
        Hydrogens::Explicit => molecule,
        Hydrogens::Omitted => molecule.without_hydrogens(),
    };
    let molecules: Vec<_> = molecules.into_iter().map(|sample| sample.map(heavy)).collect();
    let train = training_molecules(args.train.as_deref(), hydrogens)?;
    // Models that know no charges can repeat a charged molecule without them only.
    let charged = |molecule: &&Molecule| molecule.atoms().iter().any(|atom| atom.charge != 0);
    let bare = train
        .iter()
        .flatten()
        .filter(charged)
        .map(Molecule::without_charges);
    let bare: Vec<Molecule> = bare.collect();
    let known = KnownMolecules::new(train.iter().flatten().chain(&bare))?;
    let metrics = MoleculeMetrics::of(&molecules, &known).map_err(|error| error.in_file(file))?;
    let stability = |share: f64| (hydrogens == Hydrogens::Explicit).then_some(share);
    Ok(Judged(vec![
        ("samples", json!(metrics.samples)),
        ("unreadable", json!(errors.len())),
        ("validity", json!(metrics.validity())),
        ("relaxed_validity", json!(metrics.relaxed_validity())),
        ("uniqueness", json!(metrics.uniqueness())),
        ("novelty", json!(train.is_some().then(|| metrics.novelty()))),
        ("atom_stability", json!(stability(metrics.atom_stability()))),
        (
            "molecule_stability",
            json!(stability(metrics.molecule_stability())),
        ),
    ]))
}

/// The molecules that are not novel, if any are known.
fn training_molecules(
    path: Option<&Path>,
    hydrogens: Hydrogens,
) -> Result<Option<Vec<Molecule>>, TrainError> {
    let folder = match path {
        Some(path) if path.is_dir() => path.to_owned(),
        Some(path) => {
            let records = molecule::read(path)?;
            // A damaged training set would make everything novel.
            if let Some(error) = records.errors.into_iter().next() {
                return Err(error.into());
            }
            let molecules = records.molecules.into_iter().flatten();
            return Ok(Some(match hydrogens {
                Hydrogens::Explicit => molecules.collect(),
                Hydrogens::Omitted => molecules.map(|molecule| molecule.without_hydrogens()).collect(),
            }));
        }
        None => {
            let folder = datasets::folder("qm9");
            if !datasets::holds_qm9(&folder) {
                note(format_args!(
                    "note: no novelty: QM9 is not in {} (`cargo xtask data qm9`), and there is no --train",
                    folder.display()
                ));
                return Ok(None);
            }
            folder
        }
    };
    Ok(Some(
        datasets::qm9(&folder)?
            .part(Split::Train, hydrogens)?
            .items()
            .to_vec(),
    ))
}

fn graphs(file: &Path, args: &JudgeArgs, format: Option<Format>) -> Result<Judged, TrainError> {
    let (read, _) = formats::read_each(file, format.or_else(|| named_format(file)))?;
    let (mut graphs, mut errors) = (Vec::new(), Vec::new());
    for (number, graph) in (1..).zip(read) {
        let graph = graph
            .map_err(|error| error.to_string())
            .and_then(|graph| match check_simple(&graph) {
                Ok(()) => Ok(graph),
                Err(error) => Err(format!("{}: graph {number}: {error}", file.display())),
            });
        match graph {
            Ok(graph) => graphs.push(graph),
            Err(error) => errors.push(error),
        }
    }
    report(&errors);
    if graphs.is_empty() && errors.is_empty() {
        return Err(no_samples(file));
    }
    let known = |path: &PathBuf| Ok::<_, TrainError>(formats::read(path, named_format(path))?.0);
    let train = args.train.as_ref().map(known).transpose()?;
    if train.is_none() {
        note("note: no novelty: there is no --train");
    }
    let criterion = args.valid.unwrap_or(Criterion::Connected);
    let found = ValidUniqueNovel::of(&graphs, train.as_deref().unwrap_or_default(), |graph| {
        criterion.holds(graph)
    })
    .map_err(|error| error.in_file(file))?;
    let unreadable = errors.len() as u64;
    let per_sample = |count: u64| share(count, found.samples + unreadable);
    let reference = args.reference.as_ref().map(known).transpose()?;
    let distance = match args.distance {
        Some(DistanceChoice::Emd) => Distance::EarthMover,
        Some(DistanceChoice::Tv) | None => Distance::TotalVariation,
    };
    let mmd = |descriptor| match &reference {
        Some(reference) if !graphs.is_empty() => compare(descriptor, reference, &graphs, distance).map(Some),
        _ => Ok(None),
    };
    let new = |count: u64| train.is_some().then(|| per_sample(count));
    Ok(Judged(vec![
        ("samples", json!(found.samples + unreadable)),
        ("unreadable", json!(unreadable)),
        ("validity", json!(per_sample(found.valid))),
        ("uniqueness", json!(per_sample(found.unique))),
        ("novelty", json!(new(found.novel))),
        ("valid_unique_novel", json!(new(found.valid_unique_novel))),
        ("mmd_degree", json!(mmd(Descriptor::Degree)?)),
        ("mmd_clustering", json!(mmd(Descriptor::Clustering)?)),
        ("mmd_spectrum", json!(mmd(Descriptor::Spectrum)?)),
        ("mmd_orbits", json!(mmd(Descriptor::Orbits)?)),
    ]))
}
