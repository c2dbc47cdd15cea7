//! `evaluate --samples`: judges molecules or graphs, whichever program made them.

use crate::InspectError;
use crate::datasets;
use crate::terminal::{note, print};
use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use sympe_canon::graph::ColoredGraph;
use sympe_data::DataError;
use sympe_data::formats::{Content, Format, Graphs};
use sympe_data::graph_metrics::{
    Descriptor, Distance, ValidUniqueNovel, check_simple, compare, is_block_model, is_connected,
    is_connected_planar, is_tree,
};
use sympe_data::input::{self, Input};
use sympe_data::molecule::benchmark::{Distribution, KnownScaffolds};
use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics};
use sympe_data::molecule::{Element, Hydrogens, Molecule, MoleculeFormat, Records};
use sympe_data::published::Split;
use sympe_report::Table;

/// Judge molecules or graphs that any program made.
///
/// With --samples, a file of molecules (SMILES, one per line or in a table with a column `smiles`; SDF V2000 or V3000; XYZ,
/// whose bonds follow from distances) or of graphs (graph6, text with one graph per line, DIMACS) is judged, `-` being the
/// standard input. It holds molecules unless it says otherwise by its content, its name (`.g6`, `.graph6`) or a flag that
/// is for graphs. All figures are fractions of 1.
///
/// Every line or record that is not empty is a sample. A line `None` is an invalid one, and so is a record of molecules that is
/// none (`unreadable`, as RDKit has it). What may be right but is not known here, as any atom `*`, is `unsupported`, and a graph
/// that cannot be read `unreadable`: no figure is about them, and the exit code is 1 if they are more than 1 % (unless
/// --lenient). All are named on standard error with file and line. Stereo marks and isotopes are not compared.
///
/// Molecules are valid if the bond orders of every atom sum to at most its valence, C 4, N 3, O 2, F 1, H 1, those of RDKit
/// for other elements, changed by a charge; nitro and azide groups are valid without charges, too. `relaxed_validity` allows N
/// and O one bond more. Molecules are the same whichever Kekulé structure and charges of nitro groups they are written with.
/// `uniqueness` is different molecules per valid one, `novelty` those per different one that are not among the training
/// molecules, with or without their charges; of several fragments the largest counts. SDF and XYZ without any hydrogen get
/// those that valences imply. Stability is the share of atoms with exactly their valence, and of molecules that have only
/// such atoms; it needs hydrogens.
///
/// With --reference, valid molecules are compared as in the benchmark MOSES, each as often as it occurs and with all its fragments:
/// `internal_diversity` (IntDiv, and `…_2` IntDiv2) is one less their mean similarity to each other; `nearest_similarity` (SNN) their
/// mean similarity to the nearest molecule of the reference, both by circular fingerprints of radius 2 in 1024 bits;
/// `fragment_similarity` (Frag) and `scaffold_similarity` (Scaf) are cosines of counts of BRICS fragments and of Bemis–Murcko
/// scaffolds of two or more rings; `scaffold_novelty` is the share of their different scaffolds that no training molecule has.
///
/// Graphs are valid by --valid, which also has the published test of stochastic block models: blocks are fitted, and have to be 2
/// to 5, of 20 to 40 vertices, with shares of edges near 0.3 within and 0.005 between them. All shares are of the graphs that were read; `uniqueness` and `novelty` are up to isomorphism, `valid_unique_novel` is the
/// share that is all three. `mmd_…` are squared maximum mean discrepancies from the graphs of --reference.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// Judge the molecules or graphs of this file
    #[arg(long, value_name = "FILE")]
    samples: Option<PathBuf>,
    /// What is not novel: a file like that of the samples, or a folder of QM9 (default: for molecules, QM9's training part
    /// if it was downloaded)
    #[arg(long, value_name = "PATH")]
    train: Option<PathBuf>,
    /// Molecules: with their hydrogens (default; in SDF those of the file), or without, when stability means nothing
    #[arg(long, value_enum)]
    hydrogens: Option<HydrogenChoice>,
    /// What the samples are compared with: molecules by the metrics of MOSES, graphs by their statistics
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Graphs: which are valid (default: connected)
    #[arg(long, value_enum)]
    valid: Option<Criterion>,
    /// Print figures and succeed, although more than 1 % of the samples are not supported
    #[arg(long)]
    lenient: bool,
    /// Graphs: the distance of histograms, total variation (default) or the earth mover's
    #[arg(long, value_enum, requires = "reference")]
    distance: Option<DistanceChoice>,
}

sympe_groups::named! {
    clap
    pub(super) enum HydrogenChoice {
        /// Atoms like any other.
        Explicit = "explicit",
        /// Heavy atoms only.
        None = "none",
    }
}

impl From<HydrogenChoice> for Hydrogens {
    fn from(choice: HydrogenChoice) -> Self {
        match choice {
            HydrogenChoice::Explicit => Self::Explicit,
            HydrogenChoice::None => Self::Omitted,
        }
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
        /// A stochastic block model by the published test.
        Sbm = "sbm",
    }
}

impl Criterion {
    fn holds(self, graph: &ColoredGraph) -> Result<bool, DataError> {
        match self {
            Self::Connected => Ok(is_connected(graph)),
            Self::Planar => is_connected_planar(graph),
            Self::Tree => is_tree(graph),
            Self::Sbm => is_block_model(graph),
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

/// Judges the samples, as molecules or, if `format` is given, as graphs in it, unless they say themselves what they are.
///
/// # Errors
///
/// When a file cannot be read, flags for molecules and for graphs meet, or too many samples cannot be judged.
pub fn judge(
    args: &JudgeArgs,
    format: Option<Content>,
    as_json: bool,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    let Some(file) = &args.samples else {
        return Err(InspectError::flag("--samples", "is not given, expected a file"));
    };
    let (of_graphs, of_molecules) = match format {
        None => (None, None),
        Some(Content::Graphs(format)) => (Some(format), None),
        Some(Content::Molecules(format)) => (None, Some(format)),
        Some(Content::Fields(_) | Content::Clouds(_)) => {
            return Err(InspectError::flag(
                "--format",
                "is for fields or points, expected a format of graphs or molecules",
            ));
        }
    };
    let flag = |flags: &[(&'static str, bool)]| flags.iter().find_map(|&(flag, given)| given.then_some(flag));
    let for_graphs = flag(&[
        ("--format", of_graphs.is_some()),
        ("--distance", args.distance.is_some()),
        ("--valid", args.valid.is_some()),
    ]);
    let for_molecules = flag(&[
        ("--hydrogens", args.hydrogens.is_some()),
        ("--format", of_molecules.is_some()),
    ]);
    let source = Source::read(file)?;
    let reference = args.reference.as_deref().map(Source::read).transpose()?;
    let reference = reference.as_ref();
    let hold_graphs = || source.holds_graphs() || reference.is_some_and(Source::holds_graphs);
    let judged = match (for_graphs, for_molecules) {
        (Some(graphs), Some(molecules)) => {
            return Err(InspectError::flag(
                molecules,
                format!("is for molecules, {graphs} for graphs"),
            ));
        }
        (Some(_), None) => graphs(&source, reference, args, of_graphs)?,
        (None, Some(_)) => molecules(&source, reference, args, of_molecules)?,
        (None, None) if hold_graphs() => graphs(&source, reference, args, None)?,
        (None, None) => molecules(&source, reference, args, None)?,
    };
    if as_json {
        print(
            output,
            serde_json::to_string(&judged.figures()).expect("numbers by name are JSON"),
        )?;
    } else {
        print(output, judged.table().markdown().trim_end())?;
    }
    // More than 1 %.
    if judged.left_out * 100 > judged.samples && !args.lenient {
        let (left_out, samples) = (judged.left_out, judged.samples);
        let what =
            format!("{left_out} of {samples} samples cannot be judged, expected at most 1 % (or --lenient)");
        return Err(InspectError::missing(&source.name, what));
    }
    Ok(())
}
/// A file, a pipe or the standard input, read once.
struct Source {
    name: PathBuf,
    extension: Option<String>,
    text: String,
}

impl Source {
    fn read(path: &Path) -> Result<Self, InspectError> {
        let input = input::open(path)?;
        Ok(Self {
            name: input.name().to_owned(),
            extension: input.extension(),
            text: input.read_to_text_lossy()?,
        })
    }

    /// The format of graphs that the name says.
    fn named_format(&self) -> Option<Format> {
        let extension = self.extension.as_deref()?;
        matches!(extension, "g6" | "graph6").then_some(Format::Graph6)
    }

    /// Whether these are graphs, as far as can be said: short graph6 lines may be SMILES just as well.
    fn holds_graphs(&self) -> bool {
        if self.named_format().is_some() {
            return true;
        }
        // The title of a record, often a number, is no graph.
        let is_named = self
            .extension
            .as_deref()
            .is_some_and(|extension| MoleculeFormat::of_extension(extension).is_some());
        if is_named || MoleculeFormat::of_text(&self.text).is_some() {
            return false;
        }
        self.text.starts_with(">>")
            || Format::detect(&self.text).is_some_and(|format| format != Format::Graph6)
    }

    fn molecules(&self, format: Option<MoleculeFormat>) -> Records {
        let format =
            format.unwrap_or_else(|| MoleculeFormat::of_named(self.extension.as_deref(), &self.text));
        format.parse_named(&self.text, &self.name)
    }

    /// Each graph or what is wrong with it, after saying what the reader has passed over.
    fn graphs(&self, format: Option<Format>) -> Result<Vec<Result<ColoredGraph, DataError>>, InspectError> {
        let format = format
            .or_else(|| self.named_format())
            .or_else(|| Format::detect(&self.text));
        let Some(format) = format else {
            return Err(InspectError::missing(
                &self.name,
                "the text is in no known format of graphs",
            ));
        };
        let input = Input::new(&self.name, Cursor::new(self.text.clone()))?;
        let mut graphs = match Graphs::open(input, Some(format)) {
            Ok(graphs) => graphs,
            Err(error) => return Ok(vec![Err(error)]),
        };
        let read = graphs.by_ref().map(|record| Ok(record.read()?.graph)).collect();
        for passed_over in graphs.notes() {
            note(format_args!("note: {}: {passed_over}", self.name.display()));
        }
        Ok(read)
    }

    /// All graphs, of which there must be one.
    fn all_graphs(&self) -> Result<Vec<ColoredGraph>, InspectError> {
        let none = || InspectError::missing(&self.name, "no graphs, expected at least one");
        if self.text.trim().is_empty() {
            return Err(none());
        }
        let graphs = self.graphs(None)?.into_iter().collect::<Result<Vec<_>, _>>()?;
        if graphs.is_empty() {
            Err(none())
        } else {
            Ok(graphs)
        }
    }

    /// All molecules, of which there must be one.
    fn all_molecules(&self, hydrogens: Hydrogens) -> Result<Vec<Molecule>, InspectError> {
        let records = self.molecules(None);
        // A damaged training set would make everything novel, and so would an empty one.
        if let Some(error) = records.errors.into_iter().next() {
            return Err(error.into());
        }
        let molecules = records.molecules.into_iter().flatten();
        let molecules: Vec<Molecule> = match hydrogens {
            Hydrogens::Explicit => molecules.collect(),
            Hydrogens::Omitted => molecules.map(|molecule| molecule.without_hydrogens()).collect(),
        };
        if molecules.is_empty() {
            let what = "no molecules, expected at least one that is known";
            return Err(InspectError::missing(&self.name, what));
        }
        Ok(molecules)
    }
}

/// Names what cannot be read; repeated warnings of a kind are counted where they are printed.
fn report(errors: &[impl std::fmt::Display]) {
    for error in errors {
        note(format_args!("warning: {error}"));
    }
}

fn no_samples(file: &Path) -> InspectError {
    InspectError::missing(file, "no samples, expected at least one")
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// What is printed: figures by name, in order; null is one that is not known.
struct Judged {
    figures: Vec<(&'static str, Value)>,
    samples: u64,
    /// Samples that no figure is about.
    left_out: u64,
}

impl Judged {
    fn figures(&self) -> impl Serialize + '_ {
        Figures(&self.figures)
    }

    fn table(&self) -> Table {
        let cell = |value: &Value| match value {
            Value::Number(number) if number.is_u64() => number.to_string(),
            Value::Number(number) => format!("{:.4}", number.as_f64().unwrap_or(f64::NAN)),
            _ => "-".to_owned(),
        };
        let rows = self
            .figures
            .iter()
            .map(|(name, value)| vec![(*name).to_owned(), cell(value)]);
        Table {
            head: vec!["metric".into(), "value".into()],
            rows: rows.collect(),
        }
    }
}

struct Figures<'a>(&'a [(&'static str, Value)]);

impl Serialize for Figures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn molecules(
    source: &Source,
    reference: Option<&Source>,
    args: &JudgeArgs,
    format: Option<MoleculeFormat>,
) -> Result<Judged, InspectError> {
    let hydrogens = args.hydrogens.map_or(Hydrogens::Explicit, Hydrogens::from);
    let records = source.molecules(format);
    let unsupported = records.unsupported();
    let Records {
        molecules,
        errors,
        dropped,
    } = records;
    report(&errors);
    if molecules.is_empty() && errors.is_empty() {
        return Err(no_samples(&source.name));
    }
    let unreadable = errors.len() - unsupported;
    // A file of something else, of which every line would be a wrong SMILES.
    if unreadable == molecules.len() && unsupported == 0 {
        let what = format!(
            "none of {unreadable} records is a molecule (SMILES, SDF, XYZ) or, by its name or content, a graph"
        );
        return Err(InspectError::missing(&source.name, what));
    }
    if !dropped.is_empty() {
        note(format_args!(
            "note: {}: not compared: {dropped}",
            source.name.display()
        ));
    }
    if hydrogens == Hydrogens::Explicit {
        say_lacking(&molecules, &source.name);
    }
    let train = training_molecules(args.train.as_deref(), hydrogens)?;
    if let (Hydrogens::Explicit, Some((train, name))) = (hydrogens, &train) {
        check_presentation(&molecules, &source.name, train, name)?;
    }
    let train = train.map(|(molecules, _)| molecules);
    let reference = reference
        .map(|reference| reference.all_molecules(hydrogens))
        .transpose()?;
    let heavy = |molecule: Molecule| match hydrogens {
        Hydrogens::Explicit => molecule,
        Hydrogens::Omitted => molecule.without_hydrogens(),
    };
    let molecules: Vec<_> = molecules.into_iter().map(|sample| sample.map(heavy)).collect();
    let known = known_molecules(train.as_deref().unwrap_or_default())?;
    let metrics = MoleculeMetrics::of(&molecules, &known).map_err(|error| error.in_file(&source.name))?;
    let stability = |share: f64| (hydrogens == Hydrogens::Explicit).then_some(share);
    let samples = metrics.samples + unsupported as u64;
    let mut figures = vec![
        ("samples", json!(samples)),
        ("unreadable", json!(unreadable)),
        ("unsupported", json!(unsupported)),
        ("validity", json!(metrics.validity())),
        ("relaxed_validity", json!(metrics.relaxed_validity())),
        ("uniqueness", json!(metrics.uniqueness())),
        ("novelty", json!(train.is_some().then(|| metrics.novelty()))),
        ("atom_stability", json!(stability(metrics.atom_stability()))),
        (
            "molecule_stability",
            json!(stability(metrics.molecule_stability())),
        ),
    ];
    if let Some(reference) = reference {
        let found = of_distribution(&molecules, &reference, train.as_deref());
        figures.extend(found.map_err(|error| error.in_file(&source.name))?);
    }
    Ok(Judged {
        figures,
        samples,
        left_out: unsupported as u64,
    })
}

/// What is not novel. Models that know no charges can repeat a charged molecule without them only.
fn known_molecules(train: &[Molecule]) -> Result<KnownMolecules, DataError> {
    let charged = |molecule: &&Molecule| molecule.atoms().iter().any(|atom| atom.charge != 0);
    let bare: Vec<Molecule> = (train.iter().filter(charged))
        .map(Molecule::without_charges)
        .collect();
    KnownMolecules::new(train.iter().chain(&bare))
}

/// The metrics of MOSES: how the valid samples are distributed, beside those of a reference.
fn of_distribution(
    samples: &[Option<Molecule>],
    reference: &[Molecule],
    train: Option<&[Molecule]>,
) -> Result<[(&'static str, Value); 6], DataError> {
    let samples = Distribution::of_samples(samples)?;
    let found = samples.compare(&Distribution::new(reference)?);
    let known = train.map(KnownScaffolds::new).transpose()?;
    let novelty = known.and_then(|known| samples.scaffold_novelty(&known));
    Ok([
        ("internal_diversity", json!(found.internal_diversity)),
        ("internal_diversity_2", json!(found.internal_diversity_2)),
        ("nearest_similarity", json!(found.nearest_similarity)),
        ("fragment_similarity", json!(found.fragment_similarity)),
        ("scaffold_similarity", json!(found.scaffold_similarity)),
        ("scaffold_novelty", json!(novelty)),
    ])
}

fn has_hydrogen(molecule: &Molecule) -> bool {
    molecule.atoms().iter().any(|atom| atom.element == Element::H)
}

/// Whether a molecule has no hydrogen, although its valences imply some.
fn lacks_hydrogens(molecule: &Molecule) -> bool {
    !has_hydrogen(molecule) && molecule.with_hydrogens().len() > molecule.len()
}

/// Says how many molecules have no hydrogens, which their valences imply, in a set where others have them.
fn say_lacking(molecules: &[Option<Molecule>], name: &Path) {
    let good = || molecules.iter().flatten();
    let lacking = good().filter(|molecule| lacks_hydrogens(molecule)).count();
    if lacking > 0 && good().any(has_hydrogen) {
        note(format_args!(
            "note: {}: {lacking} of {} molecules have no hydrogens, although others have: they are judged as they are",
            name.display(),
            molecules.len()
        ));
    }
}

/// Refuses to compare molecules without any hydrogen, which their atoms lack, with molecules that have them.
fn check_presentation(
    samples: &[Option<Molecule>],
    of_samples: &Path,
    train: &[Molecule],
    of_train: &Path,
) -> Result<(), InspectError> {
    fn lack<'a>(mut molecules: impl Iterator<Item = &'a Molecule> + Clone) -> bool {
        !molecules.clone().any(has_hydrogen) && molecules.any(lacks_hydrogens)
    }
    let (samples_lack, train_lack) = (lack(samples.iter().flatten()), lack(train.iter()));
    let (without, with) = match (samples_lack, train_lack) {
        (true, false) => (of_samples, of_train),
        (false, true) => (of_train, of_samples),
        _ => return Ok(()),
    };
    let what = format!(
        "no molecule has hydrogens, expected them as in {} (or --hydrogens none, which compares heavy atoms)",
        with.display()
    );
    Err(InspectError::missing(without, what))
}

/// The molecules that are not novel, and what they were read from, if any are known.
fn training_molecules(
    path: Option<&Path>,
    hydrogens: Hydrogens,
) -> Result<Option<(Vec<Molecule>, PathBuf)>, InspectError> {
    let folder = match path {
        Some(path) if path.is_dir() => path.to_owned(),
        Some(path) => {
            let molecules = Source::read(path)?.all_molecules(hydrogens)?;
            return Ok(Some((molecules, path.to_owned())));
        }
        None => {
            let folder = datasets::folder("qm9");
            if !datasets::holds_qm9(&folder) {
                note(format_args!(
                    "note: no novelty: QM9 is not in {} (`data qm9` downloads it), and there is no --train",
                    folder.display()
                ));
                return Ok(None);
            }
            folder
        }
    };
    let molecules = datasets::qm9(&folder)?.part(Split::Train, hydrogens)?;
    Ok(Some((molecules.items().to_vec(), folder)))
}

fn graphs(
    source: &Source,
    reference: Option<&Source>,
    args: &JudgeArgs,
    format: Option<Format>,
) -> Result<Judged, InspectError> {
    let file = source.name.as_path();
    if source.text.trim().is_empty() {
        return Err(no_samples(file));
    }
    let read = source.graphs(format)?;
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
    let train = args.train.as_deref().map(Source::read).transpose()?;
    let train = train.as_ref().map(Source::all_graphs).transpose()?;
    if train.is_none() {
        note("note: no novelty: there is no --train");
    }
    let criterion = args.valid.unwrap_or(Criterion::Connected);
    let found = ValidUniqueNovel::of(&graphs, train.as_deref().unwrap_or_default(), |graph| {
        criterion.holds(graph)
    })
    .map_err(|error| error.in_file(file))?;
    let unreadable = errors.len() as u64;
    let per_sample = |count: u64| share(count, found.samples);
    let reference = reference.map(Source::all_graphs).transpose()?;
    let distance = match args.distance {
        Some(DistanceChoice::Emd) => Distance::EarthMover,
        Some(DistanceChoice::Tv) | None => Distance::TotalVariation,
    };
    let mmd = |descriptor| match &reference {
        Some(reference) if !graphs.is_empty() => compare(descriptor, reference, &graphs, distance).map(Some),
        _ => Ok(None),
    };
    let new = |count: u64| train.is_some().then(|| per_sample(count));
    let figures = vec![
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
    ];
    Ok(Judged {
        figures,
        samples: found.samples + unreadable,
        left_out: unreadable,
    })
}
