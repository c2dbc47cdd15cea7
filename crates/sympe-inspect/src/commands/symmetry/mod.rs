//! `symmetry`: what is symmetric in the graphs, fields or point clouds of a file, and what a draw from the inversion kernel makes of it.

use super::judge::HydrogenChoice;
use crate::InspectError;
use crate::error::Cause;
use crate::symmetry::classes::{Classes, Fingerprint, OfClass};
use crate::symmetry::graphs::Description;
use crate::symmetry::stream::{self, Counts};
use crate::symmetry::{Options, clouds, fields};
use crate::terminal::{note, print};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};
use sympe_canon::points::Tolerance;
use sympe_data::DataError;
use sympe_data::formats::clouds::NamedCloud;
use sympe_data::formats::lattice::LatticeFormat;
use sympe_data::formats::{self, Content, FileGraph, Format, Graphs, Reading, VertexColors, lattice};
use sympe_data::input::{self, Input};
use sympe_data::molecule::{Hydrogens, Molecule, smiles};
use sympe_groups::GroupError;
use sympe_groups::lattice::{LatticeGroup, Wallpaper};

/// Find the symmetries of the graphs, molecules, lattice fields or point clouds in a file: order, orbits, generators, canonical
/// form, draws from the inversion kernel.
///
/// FILE is a file, a pipe, or - for the standard input, packed by gzip or zstd or not. What it holds is decided by --format, by
/// its name, or by its content.
///
/// Graphs: graph6, digraph6, sparse6, DIMACS, pairs of vertices, 'n bits', 'n m i-j ...', Matrix Market, METIS, GML, GraphML,
/// node-link JSON, dreadnaut, tables of edges (CSV, TSV) and adjacency matrices. Vertices are numbered as in the file: from 1 in
/// DIMACS, from 0 in graph6; `first_vertex` says which. `labelling` and `draws` are lists of images: the entry at position p is
/// the vertex at position p of the canonical form. A bad line does not spoil the other graphs; the exit code is then 1.
///
/// Molecules: SMILES, SDF and XYZ, as graphs of their atoms, hydrogens among them unless --hydrogens none says otherwise; elements
/// and charges are colours of vertices, kinds of bonds those of edges. Bonds of aromatic rings are one kind, so that it does not
/// matter where double bonds are written. Vertices are numbered from 0, and `names` are their elements. Stereo marks, isotopes
/// and radicals are passed over. --canonical writes canonical SMILES.
///
/// Point clouds: JSON with `positions` (and `types`), PDB, and with --points XYZ and SDF: the point group of each, by both of
/// its symbols; `order` and `proper_order`, null where infinite; permutations of the points; `residual`, how far images are off at
/// most. Isometries are counted within --tolerance, in the unit of the positions.
///
/// Fields of spins or couplings on a torus: one entry for each field and group, with its `name`, the `order` of its
/// stabilizer, and group elements as maps of (row, column). Other JSON and NPY files are fields; text is, with --group.
#[derive(Debug, Args)]
pub struct SymmetryArgs {
    /// A file of graphs, of molecules, of fields on a torus or of point clouds; - is the standard input
    file: PathBuf,
    /// One JSON object per graph, per point cloud, or per field and group, and nothing else
    #[arg(long)]
    json: bool,
    /// Draws from the inversion kernel of each input
    #[arg(long, default_value_t = 0, value_name = "N")]
    samples: u64,
    /// Seed of the draws
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Fields: wallpaper groups, any of p1, p2, pm, p2mm, p4, p4m (default: the largest that the torus has)
    #[arg(long, value_delimiter = ',', value_name = "GROUP")]
    group: Vec<Wallpaper>,
    /// Fields: also under the spin flip, which negates values on sites
    #[arg(long)]
    spin_flip: bool,
    /// Fields: values that round to the same multiple of this are equal (default: equal values are). Point clouds: how far
    /// isometries may leave a point from another one (default: 0.002 of the radius)
    #[arg(long)]
    tolerance: Option<f64>,
    /// The format of the file, one of those below (default: by its name or its content)
    #[arg(long, hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Content::names()).try_map(|name| name.parse::<Content>()))]
    format: Option<Content>,
    /// Molecules: not their graphs, but their atoms as points in space
    #[arg(long)]
    points: bool,
    /// Molecules: hydrogens are vertices (default), or none is and atoms are coloured by how many they have
    #[arg(long, value_enum)]
    hydrogens: Option<HydrogenChoice>,
    /// Graphs: colours of vertices, integers or names: a line for each graph, or for one graph a line for each vertex
    #[arg(long, value_name = "FILE")]
    colors: Option<PathBuf>,
    /// Graphs with attributes: the attribute that colours vertices
    #[arg(long, value_name = "ATTRIBUTE")]
    vertex_colors: Option<String>,
    /// Graphs with attributes: the attribute that colours edges, as weight, also of pairs and of DIMACS 'p sp'
    #[arg(long, value_name = "ATTRIBUTE")]
    edge_colors: Option<String>,
    /// Graphs with attributes: parallel edges are allowed, and their number is a colour
    #[arg(long)]
    multigraph: bool,
    /// Graphs with attributes: edges have a direction, in files that do not say it
    #[arg(long)]
    directed: bool,
    /// Graphs: write the canonical graph of each instead, as graph6 and digraph6, and molecules as SMILES, unless FORMAT is given
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, conflicts_with_all = ["json", "samples"],
          value_parser = PossibleValuesParser::new(WRITTEN.map(Format::name)).try_map(|name| name.parse::<Format>()))]
    canonical: Option<Option<Format>>,
    /// Graphs: only the first of each class of isomorphic ones: written as it stands in the file, or as --json or --canonical say
    #[arg(long)]
    unique: bool,
    /// Graphs: the classes of isomorphic ones, each with its number of graphs, the first of them and its form; with --unique
    /// only how many classes there are
    #[arg(long, conflicts_with = "canonical")]
    count: bool,
    /// Graphs: search-tree nodes before giving up
    #[arg(long, value_name = "NODES", default_value_t = SymmetrySearch::default().budget)]
    budget: u64,
}

/// Asks networks, by name, about a graph and its orbits: how far the embeddings of interchangeable vertices lie apart at most. The
/// number is the seed of draws.
pub type Spreads = Box<dyn Fn(&ColoredGraph, &[Vec<u32>], u64) -> Result<BTreeMap<String, f64>, Cause>>;

/// Networks that have something to say about graphs: this crate knows none.
#[derive(Clone, Copy)]
pub struct Networks<'a> {
    /// The flag that asks for them.
    pub flag: &'static str,
    /// Loads them, once it is clear that the file holds graphs.
    pub load: &'a dyn Fn() -> Result<Spreads, Cause>,
}

impl fmt::Debug for Networks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Networks").field(&self.flag).finish()
    }
}

/// Formats in which canonical graphs are written.
const WRITTEN: [Format; 5] = [
    Format::Graph6,
    Format::Digraph6,
    Format::Sparse6,
    Format::EdgeList,
    Format::Dimacs,
];

impl SymmetryArgs {
    fn options(&self) -> Options {
        Options {
            samples: self.samples,
            seed: self.seed,
        }
    }

    fn reading(&self) -> Reading {
        Reading {
            directed: self.directed.then_some(true),
            multigraph: self.multigraph,
            vertex_colors: self.vertex_colors.clone(),
            edge_colors: self.edge_colors.clone(),
        }
    }

    /// Whether there is a flag that only fields have.
    fn is_for_fields(&self) -> bool {
        self.spin_flip || self.tolerance.is_some() || !self.group.is_empty()
    }

    /// The first flag given that only graphs have.
    fn flag_of_graphs(&self, networks: Option<Networks<'_>>) -> Option<String> {
        let format = match self.format {
            Some(Content::Graphs(format)) => Some(format!("--format {format}")),
            Some(Content::Molecules(format)) => Some(format!("--format {format}")),
            Some(Content::Fields(_) | Content::Clouds(_)) | None => None,
        };
        format.or_else(|| self.given_for_graphs(networks).map(str::to_owned))
    }

    /// The first flag given, but for the format, that only graphs have.
    fn given_for_graphs(&self, networks: Option<Networks<'_>>) -> Option<&'static str> {
        let flags = [
            (networks.map_or("", |networks| networks.flag), networks.is_some()),
            ("--canonical", self.canonical.is_some()),
            ("--unique", self.unique),
            ("--count", self.count),
            ("--hydrogens", self.hydrogens.is_some()),
            ("--colors", self.colors.is_some()),
            ("--vertex-colors", self.vertex_colors.is_some()),
            ("--edge-colors", self.edge_colors.is_some()),
            ("--multigraph", self.multigraph),
            ("--directed", self.directed),
        ];
        flags.into_iter().find_map(|(flag, given)| given.then_some(flag))
    }

    /// Refuses flags that mean nothing for points.
    fn check_points(&self, networks: Option<Networks<'_>>) -> Result<(), InspectError> {
        let fields = [
            ("--group", !self.group.is_empty()),
            ("--spin-flip", self.spin_flip),
        ];
        let of_fields = fields.iter().find_map(|(flag, given)| given.then_some(*flag));
        match self.given_for_graphs(networks).or(of_fields) {
            Some(flag) => Err(InspectError::flag(flag, "is not for point clouds")),
            None => Ok(()),
        }
    }

    /// The first flag given that is for graphs and not for molecules.
    fn flag_of_plain_graphs(&self, networks: Option<Networks<'_>>) -> Option<&'static str> {
        let flags = [
            (networks.map_or("", |networks| networks.flag), networks.is_some()),
            ("--colors", self.colors.is_some()),
            ("--vertex-colors", self.vertex_colors.is_some()),
            ("--edge-colors", self.edge_colors.is_some()),
            ("--multigraph", self.multigraph),
            ("--directed", self.directed),
        ];
        flags.into_iter().find_map(|(flag, given)| given.then_some(flag))
    }
}

/// Prints what is symmetric in the graphs or fields of a file, and what `networks` make of graphs.
///
/// # Errors
///
/// When the file cannot be read, a flag does not go with what it holds, or some of its graphs or fields fail, which are named on
/// standard error while the others are answered.
pub fn symmetry(
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    if args.is_for_fields()
        && !args.points
        && let Some(flag) = args.flag_of_graphs(networks)
    {
        return Err(InspectError::flag(
            flag,
            "is for graphs, expected none with a field's flags",
        ));
    }
    let mut input = input::open(&args.file)?;
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
        Content::Graphs(_) => {
            if args.hydrogens.is_some() {
                return Err(InspectError::flag(
                    "--hydrogens",
                    "is for molecules, expected none with graphs",
                ));
            }
            // Where nobody has said the format, the reader says what it has made of it.
            let format = args.format.and(match content {
                Content::Graphs(format) => Some(format),
                _ => None,
            });
            let mut graphs = Graphs::open_as(input, format, &args.reading())?;
            if let Some(file) = &args.colors {
                graphs = graphs.with_vertex_colors(VertexColors::read(input::open(file)?)?);
            }
            of_graphs(graphs, args, networks, output)
        }
        Content::Clouds(format) => {
            args.check_points(networks)?;
            of_clouds(formats::clouds::read_input(input, format)?, args, output)
        }
        Content::Molecules(format) if args.points => {
            args.check_points(networks)?;
            of_clouds(formats::clouds::read_molecules(input, format)?, args, output)
        }
        Content::Molecules(format) => {
            if let Some(flag) = args.flag_of_plain_graphs(networks) {
                return Err(InspectError::flag(
                    flag,
                    "is for graphs, expected none with molecules",
                ));
            }
            let hydrogens = args.hydrogens.map_or(Hydrogens::Explicit, Hydrogens::from);
            of_graphs(
                Graphs::of_molecules(input, format, hydrogens)?,
                args,
                None,
                output,
            )
        }
        Content::Fields(_) => of_fields(input, args, networks, output),
    }
}

fn of_graphs(
    mut graphs: Graphs,
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    let search = SymmetrySearch { budget: args.budget };
    let graphs = &mut graphs;
    let counts = match (args.canonical, args.count, args.json) {
        (_, true, as_json) => count_classes(graphs, &search, args.unique, as_json, output),
        (Some(format), ..) => write_graphs(graphs, &search, args.unique, Written::Canonical(format), output),
        (None, false, false) if args.unique => {
            let format = WRITTEN
                .into_iter()
                .find(|format| Some(*format) == graphs.format());
            write_graphs(graphs, &search, true, Written::AsTheyStand(format), output)
        }
        _ => describe(graphs, &search, args, networks, output),
    };
    counts?.check()
}

/// Prints orders, orbits, generators and the rest.
fn describe(
    graphs: &mut Graphs,
    search: &SymmetrySearch,
    args: &SymmetryArgs,
    networks: Option<Networks<'_>>,
    output: &mut dyn Write,
) -> Result<Counts, InspectError> {
    let spreads = networks.map(|networks| (networks.load)()).transpose();
    let spreads = spreads.map_err(InspectError::Network)?;
    let has_networks = spreads.is_some();
    let mut classes = Classes::default();
    let work = |number, read: FileGraph, symmetry: &GraphSymmetry| {
        let class = args.unique.then(|| Fingerprint::of(symmetry.form()));
        // Networks are asked one by one, where the description is printed.
        let for_networks = has_networks.then(|| (read.graph.clone(), symmetry.orbits()));
        Ok((
            class,
            for_networks,
            Description::new(read, number, symmetry, args.options()),
        ))
    };
    stream::each(
        graphs,
        search,
        false,
        work,
        |number, (class, for_networks, mut description)| {
            if class.is_some_and(|class| !classes.insert(class)) {
                return Ok(());
            }
            if let (Some(spreads), Some((graph, orbits))) = (&spreads, &for_networks) {
                let found = spreads(graph, orbits, args.seed);
                description.orbit_spread = found.map_err(InspectError::Network)?;
            }
            if args.json {
                let text = serde_json::to_string(&description).expect("a description is JSON");
                print(output, text)
            } else {
                description.write(number + 1, output)
            }
        },
    )
}

/// Which graph is written, and in which format: graph6 and digraph6 for canonical ones, and DIMACS for others, if none is given.
#[derive(Clone, Copy)]
enum Written {
    Canonical(Option<Format>),
    AsTheyStand(Option<Format>),
}

/// Writes the graphs, or the first of each class.
fn write_graphs(
    graphs: &mut Graphs,
    search: &SymmetrySearch,
    is_unique: bool,
    written: Written,
    output: &mut dyn Write,
) -> Result<Counts, InspectError> {
    let mut classes = Classes::default();
    let work = |_, read: FileGraph, symmetry: &GraphSymmetry| {
        let class = is_unique.then(|| Fingerprint::of(symmetry.form()));
        let text = match (written, read.record) {
            (Written::Canonical(None), Some(_)) => {
                Molecule::from_delocalized_graph(symmetry.form()).map(|molecule| smiles::write(&molecule))
            }
            (Written::AsTheyStand(_), Some(record)) => Ok(record),
            (Written::Canonical(format), _) => format.unwrap_or(Format::Graph6).write(symmetry.form()),
            // McKay's encodings may be mixed in a file, and a graph is written as what it is.
            (Written::AsTheyStand(Some(Format::Digraph6)), None) => Format::Graph6.write(&read.graph),
            (Written::AsTheyStand(format), None) => format.unwrap_or(Format::Dimacs).write(&read.graph),
        };
        Ok((class, text?))
    };
    stream::each(graphs, search, false, work, |_, (class, text)| {
        if class.is_some_and(|class| !classes.insert(class)) {
            return Ok(());
        }
        print(output, text.trim_end())
    })
}

/// A class of isomorphic graphs, as it is printed.
#[derive(Serialize)]
struct Class {
    graphs: u64,
    /// The number of the first of them, from 1.
    first: usize,
    canonical_form: String,
}

/// Prints the classes, or only how many there are.
fn count_classes(
    graphs: &mut Graphs,
    search: &SymmetrySearch,
    is_total_only: bool,
    as_json: bool,
    output: &mut dyn Write,
) -> Result<Counts, InspectError> {
    let (mut set, mut table) = (Classes::default(), OfClass::<Class>::default());
    let mut counted = 0u64;
    let work = |_, _, symmetry: &GraphSymmetry| {
        let form = (!is_total_only).then(|| symmetry.digest());
        Ok((Fingerprint::of(symmetry.form()), form))
    };
    let counts = stream::each(graphs, search, true, work, |number, (class, form)| {
        counted += 1;
        match form {
            None => {
                set.insert(class);
            }
            Some(canonical_form) => {
                let first = number + 1;
                let new = || Class {
                    graphs: 0,
                    first,
                    canonical_form,
                };
                table.entry(class).or_insert_with(new).graphs += 1;
            }
        }
        Ok(())
    })?;
    let classes = set.len().max(table.len());
    let mut table: Vec<Class> = table.into_values().collect();
    table.sort_unstable_by_key(|class| class.first);
    for class in table {
        if as_json {
            print(output, serde_json::to_string(&class).expect("a class is JSON"))?;
        } else {
            let Class {
                graphs,
                first,
                canonical_form,
            } = class;
            print(
                output,
                format_args!("{graphs:>9} as graph {first}, form {canonical_form}"),
            )?;
        }
    }
    if as_json {
        print(output, json!({"classes": classes, "graphs": counted}))?;
    } else {
        print(output, format_args!("{classes} classes of {counted} graphs"))?;
    }
    Ok(counts)
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

fn of_clouds(
    clouds: Vec<Result<NamedCloud, DataError>>,
    args: &SymmetryArgs,
    output: &mut dyn Write,
) -> Result<(), InspectError> {
    let tolerance = args.tolerance.map_or(Tolerance::default(), Tolerance::Absolute);
    let (total, mut failed) = (clouds.len(), 0);
    for (index, cloud) in (0..).zip(clouds) {
        let of = |named: NamedCloud| {
            let described = clouds::describe(&named, index, tolerance, args.options());
            let described =
                described.map_err(|error| format!("{}, {}: {error}", args.file.display(), named.name));
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
    match (total, failed) {
        (0, _) => Err(InspectError::Missing {
            path: args.file.clone(),
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
    let format = match args.format {
        Some(Content::Fields(format)) => Some(format),
        _ => None,
    };
    let (named_fields, _) = lattice::read_input(input, format)?;
    let (mut described, mut failed) = (0, 0);
    for (index, named) in named_fields.iter().enumerate() {
        let name = format!("{}, {}", args.file.display(), named.name);
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
