//! The flags of `symmetry`, and which of them go with what.

use super::super::judge::HydrogenChoice;
use super::networks::Networks;
use crate::symmetry::Options;
use crate::symmetry::summary::Summary;
use crate::{InspectError, files};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_canon::graph::SymmetrySearch;
use sympe_data::formats::{Content, Format, Reading};
use sympe_groups::lattice::Wallpaper;

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
/// Permutation groups: with --generators "(0 1 2)(3 4),(0 1)", order, orbits, orbits of ordered pairs, a base, whether blocks are moved
/// as wholes, and uniform elements with --samples.
///
/// Fields of spins or couplings on a torus: one entry for each field and group, with its `name`, the `order` of its
/// stabilizer, and group elements as maps of (row, column). Other JSON and NPY files are fields; text is, with --group.
#[derive(Debug, Args)]
pub struct SymmetryArgs {
    /// A file of graphs, of molecules, of fields on a torus or of point clouds; - is the standard input
    #[arg(required_unless_present = "generators")]
    pub(super) file: Option<PathBuf>,
    /// Instead of a file, a permutation group: products of cycles of points from 0, separated by commas
    #[arg(
        long,
        value_name = "CYCLES",
        conflicts_with = "file",
        allow_hyphen_values = true
    )]
    pub(super) generators: Option<String>,
    /// With --generators: the number of points (default: as many as are named)
    #[arg(long, value_name = "POINTS", requires = "generators")]
    pub(super) degree: Option<usize>,
    /// Graphs, molecules, point clouds: not each of them, but all of them together: how many are symmetric, how much of them can be
    /// exchanged, the entropy of each kernel, and what to break symmetry on
    #[arg(long, conflicts_with_all = ["samples", "canonical", "unique", "count"])]
    pub(super) summary: bool,
    /// The same as a page with pictures, and the summary on the output
    #[arg(long, value_name = "HTML", conflicts_with_all = ["samples", "canonical", "unique", "count"])]
    pub(super) report: Option<PathBuf>,
    /// One JSON object per graph, per point cloud, or per field and group, and nothing else
    #[arg(long)]
    pub(super) json: bool,
    /// Draws from the inversion kernel of each input
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(super) samples: u64,
    /// Seed of the draws
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Fields: wallpaper groups, any of p1, p2, pm, p2mm, p4, p4m (default: the largest that the torus has)
    #[arg(long, value_delimiter = ',', value_name = "GROUP")]
    pub(super) group: Vec<Wallpaper>,
    /// Fields: also under the spin flip, which negates values on sites
    #[arg(long)]
    pub(super) spin_flip: bool,
    /// Fields: values that round to the same multiple of this are equal (default: equal values are). Point clouds: how far
    /// isometries may leave a point from another one (default: 0.002 of the radius)
    #[arg(long)]
    pub(super) tolerance: Option<f64>,
    /// The format of the file, one of those below (default: by its name or its content)
    #[arg(long, hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Content::names()).try_map(|name| name.parse::<Content>()))]
    pub(super) format: Option<Content>,
    /// Molecules: not their graphs, but their atoms as points in space
    #[arg(long)]
    pub(super) points: bool,
    /// Molecules: hydrogens are vertices (default), or none is and atoms are coloured by how many they have
    #[arg(long, value_enum)]
    pub(super) hydrogens: Option<HydrogenChoice>,
    /// Graphs: colours of vertices, integers or names: a line for each graph, or for one graph a line for each vertex
    #[arg(long, value_name = "FILE")]
    pub(super) colors: Option<PathBuf>,
    /// Graphs with attributes: the attribute that colours vertices
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(super) vertex_colors: Option<String>,
    /// Graphs with attributes: the attribute that colours edges, as weight, also of pairs and of DIMACS 'p sp'
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(super) edge_colors: Option<String>,
    /// Graphs with attributes: parallel edges are allowed, and their number is a colour
    #[arg(long)]
    pub(super) multigraph: bool,
    /// Graphs with attributes: edges have a direction, in files that do not say it
    #[arg(long)]
    pub(super) directed: bool,
    /// Graphs: write the canonical graph of each instead, as graph6 and digraph6, and molecules as SMILES, unless FORMAT is given
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, conflicts_with_all = ["json", "samples"],
          value_parser = PossibleValuesParser::new(WRITTEN.map(Format::name)).try_map(|name| name.parse::<Format>()))]
    pub(super) canonical: Option<Option<Format>>,
    /// Graphs: only the first of each class of isomorphic ones: written as it stands in the file, or as --json or --canonical say
    #[arg(long)]
    pub(super) unique: bool,
    /// Graphs: the classes of isomorphic ones, each with its number of graphs, the first of them and its form; with --unique
    /// only how many classes there are
    #[arg(long, conflicts_with = "canonical")]
    pub(super) count: bool,
    /// Graphs: search-tree nodes before giving up
    #[arg(long, value_name = "NODES", default_value_t = SymmetrySearch::default().budget)]
    pub(super) budget: u64,
}

/// Formats in which canonical graphs are written.
pub(super) const WRITTEN: [Format; 5] = [
    Format::Graph6,
    Format::Digraph6,
    Format::Sparse6,
    Format::EdgeList,
    Format::Dimacs,
];

impl SymmetryArgs {
    pub(super) fn options(&self) -> Options {
        Options {
            samples: self.samples,
            seed: self.seed,
        }
    }

    pub(super) fn reading(&self) -> Reading {
        Reading {
            directed: self.directed.then_some(true),
            multigraph: self.multigraph,
            vertex_colors: self.vertex_colors.clone(),
            edge_colors: self.edge_colors.clone(),
        }
    }

    /// Whether all inputs are to be looked at together.
    pub(super) fn is_summary(&self) -> bool {
        self.summary || self.report.is_some()
    }

    /// Writes a summary of all inputs, and a page if there is to be one.
    pub(super) fn publish(&self, summary: &Summary, output: &mut dyn Write) -> Result<(), InspectError> {
        if let Some(path) = &self.report {
            let page = summary.page(&self.name().display().to_string());
            files::write_atomic(path, page.as_bytes())?;
        }
        summary.write(self.json, output)
    }

    /// The name of the file, for errors.
    pub(super) fn name(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new("-"))
    }

    /// The first flag given that means nothing for a permutation group.
    pub(super) fn flag_of_files(&self, networks: Option<Networks<'_>>) -> Option<&'static str> {
        let flags = [
            ("--format", self.format.is_some()),
            ("--points", self.points),
            ("--tolerance", self.tolerance.is_some()),
            ("--group", !self.group.is_empty()),
            ("--spin-flip", self.spin_flip),
            ("--summary", self.summary),
            ("--report", self.report.is_some()),
        ];
        let of_files = flags.into_iter().find_map(|(flag, given)| given.then_some(flag));
        of_files.or_else(|| self.given_for_graphs(networks))
    }

    /// Whether there is a flag that only fields have.
    pub(super) fn is_for_fields(&self) -> bool {
        self.spin_flip || self.tolerance.is_some() || !self.group.is_empty()
    }

    /// The first flag given that only graphs have.
    pub(super) fn flag_of_graphs(&self, networks: Option<Networks<'_>>) -> Option<String> {
        let format = match self.format {
            Some(Content::Graphs(format)) => Some(format!("--format {format}")),
            Some(Content::Molecules(format)) => Some(format!("--format {format}")),
            Some(Content::Fields(_) | Content::Clouds(_)) | None => None,
        };
        format.or_else(|| self.given_for_graphs(networks).map(str::to_owned))
    }

    /// The first flag given, but for the format, that only graphs have.
    pub(super) fn given_for_graphs(&self, networks: Option<Networks<'_>>) -> Option<&'static str> {
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
    pub(super) fn check_points(&self, networks: Option<Networks<'_>>) -> Result<(), InspectError> {
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
    pub(super) fn flag_of_plain_graphs(&self, networks: Option<Networks<'_>>) -> Option<&'static str> {
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
