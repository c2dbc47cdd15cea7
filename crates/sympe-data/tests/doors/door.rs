//! Every reader of the crate as a function of bytes, and what must hold of all that it reads. The test beside it runs them on
//! the seeds, the targets of `checks/fuzz` on what libFuzzer makes of the seeds.

use peak_alloc::PeakAlloc;
use std::io::{self, Cursor, Read};
use std::time::Duration;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::points::{PointCloud, PointSearch};
use sympe_data::formats::clouds::{self, Cloud, CloudFormat};
use sympe_data::formats::lattice::{self, LatticeFormat, NamedField};
use sympe_data::formats::{
    Content, FileGraph, Format, Graphs, Reading, adjacency, dreadnaut, matrix_market, metis,
};
use sympe_data::input::{Input, Lines};
use sympe_data::molecule::{self, Hydrogens, Molecule, MoleculeFormat, sdf, smiles};
use sympe_groups::lattice::Reach;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory that a reader may take: 20 times the input, its buffers, and what there is to each graph, field or molecule and to each
/// of their vertices, sites or atoms: an isolated vertex costs no text, methane one letter.
const TIMES: usize = 20;
const BUFFERS: usize = 1 << 19;
const OBJECT: usize = 256;
const VERTEX: usize = 64;

/// Time that a reader may take: a second per MiB, and what a busy machine adds.
const START: Duration = Duration::from_millis(50);

/// What bytes are read as.
#[derive(Clone, Copy)]
pub(crate) enum Door {
    Graphs(Format),
    Fields(LatticeFormat),
    Molecules(MoleculeFormat),
    Clouds(CloudFormat),
    /// What they say themselves that they are.
    Content,
    /// Lines and texts.
    Text,
}

/// All doors; the folder of seeds and the fuzz target have the same name.
pub(crate) const DOORS: [(&str, Door); 25] = [
    ("graph6", Door::Graphs(Format::Graph6)),
    ("digraph6", Door::Graphs(Format::Digraph6)),
    ("sparse6", Door::Graphs(Format::Sparse6)),
    ("bits", Door::Graphs(Format::Bits)),
    ("edge_list", Door::Graphs(Format::EdgeList)),
    ("pairs", Door::Graphs(Format::Pairs)),
    ("dimacs", Door::Graphs(Format::Dimacs)),
    ("matrix_market", Door::Graphs(Format::MatrixMarket)),
    ("metis", Door::Graphs(Format::Metis)),
    ("adjacency", Door::Graphs(Format::Adjacency)),
    ("csv", Door::Graphs(Format::Csv)),
    ("gml", Door::Graphs(Format::Gml)),
    ("graphml", Door::Graphs(Format::Graphml)),
    ("node_link", Door::Graphs(Format::NodeLink)),
    ("dreadnaut", Door::Graphs(Format::Dreadnaut)),
    ("lattice_json", Door::Fields(LatticeFormat::Json)),
    ("lattice_npy", Door::Fields(LatticeFormat::Npy)),
    ("lattice_text", Door::Fields(LatticeFormat::Text)),
    ("smiles", Door::Molecules(MoleculeFormat::Smiles)),
    ("sdf", Door::Molecules(MoleculeFormat::Sdf)),
    ("xyz", Door::Molecules(MoleculeFormat::Xyz)),
    ("clouds", Door::Clouds(CloudFormat::Json)),
    ("pdb", Door::Clouds(CloudFormat::Pdb)),
    ("content", Door::Content),
    ("text", Door::Text),
];

/// Reads bytes, in one of the [`WAYS`], and checks all that must hold; `clock` tells the time of this thread.
///
/// # Panics
///
/// When something does not hold.
pub(crate) fn run(door: Door, bytes: &[u8], way: usize, clock: fn() -> Duration) {
    let length = unpacked_length(bytes);
    let (mut size, mut count) = (0, 0);
    let start = clock();
    let memory = peak(door, bytes, way, &mut |vertices| {
        size += vertices;
        count += 1;
    });
    let (size, time) = (size.max(free_vertices(bytes)), clock() - start);
    assert!(
        memory <= TIMES * length + BUFFERS + OBJECT * count + VERTEX * size,
        "{memory} bytes of memory for {length} bytes"
    );
    let share = (length + VERTEX * size) as f64 / f64::from(1 << 20);
    assert!(
        time <= START + Duration::from_secs_f64(share),
        "{time:?} for {length} bytes"
    );
    if count > 0 {
        door.read(bytes, way, &mut |found| found.check());
    }
    if matches!(door, Door::Text) {
        texts(bytes, way);
    }
}

/// The most memory that reading takes at any time, in bytes; of all that is found, `found` is told how many vertices, sites or
/// atoms it has.
pub(crate) fn peak(door: Door, bytes: &[u8], way: usize, found: &mut dyn FnMut(usize)) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    door.read(bytes, way, &mut |read| found(read.size()));
    MEMORY.peak_usage() - before
}

/// What is read.
enum Found {
    Graph(FileGraph, Format),
    GraphOfMolecule(FileGraph),
    Field(NamedField),
    Molecule(Molecule),
    Cloud(Cloud),
}

/// How many choices of a user change what is read.
pub(crate) const WAYS: usize = 4;

/// The most vertices that may be announced in any text, without edges, and then be refused for another reason.
pub(crate) fn free_vertices(bytes: &[u8]) -> usize {
    const FREE: usize = 1 << 20;
    let (mut most, mut number, mut before) = (0, 0, 0);
    for &byte in bytes {
        number = match byte {
            b'0'..=b'9' => (10 * number + usize::from(byte - b'0')).min(FREE),
            // How large sizes of sparse6 begin.
            b'~' if before == b':' => FREE,
            // In UTF-16 there are zeros between digits.
            0 => number,
            _ => 0,
        };
        most = most.max(number);
        before = byte;
    }
    if is_packed(bytes) { FREE } else { most }
}

fn input(bytes: &[u8]) -> Option<Input> {
    Input::new("bytes", Cursor::new(bytes.to_vec())).ok()
}

fn reading(format: Format, way: usize) -> Reading {
    let chosen = |name: &str| Some(name.to_owned());
    let has_attributes = !matches!(
        format,
        Format::Graph6 | Format::Digraph6 | Format::Sparse6 | Format::Bits | Format::EdgeList
    );
    let mut reading = Reading::default();
    match way {
        _ if !has_attributes => {}
        1 => reading.multigraph = true,
        2 => reading.edge_colors = chosen("weight"),
        3 => {
            reading.directed = Some(true);
            reading.vertex_colors = chosen(if format == Format::Dreadnaut {
                "partition"
            } else {
                "weight"
            });
        }
        _ => {}
    }
    reading
}

/// First bytes of what is packed.
const PACKED: [&[u8]; 5] = [
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\0",
    b"BZh",
    b"7z\xbc\xaf\x27\x1c",
];

fn is_packed(bytes: &[u8]) -> bool {
    PACKED.iter().any(|magic| bytes.starts_with(magic))
}

/// Length of what is read: unpacked, if the bytes are packed.
fn unpacked_length(bytes: &[u8]) -> usize {
    if !is_packed(bytes) {
        return bytes.len();
    }
    let unpacked = input(bytes).and_then(|input| input.read_to_bytes().ok());
    unpacked.map_or(0, |unpacked| unpacked.len()).max(bytes.len())
}

impl Door {
    /// Reads bytes, in one of the [`WAYS`], and hands over all that is found.
    fn read(self, bytes: &[u8], way: usize, found: &mut dyn FnMut(Found)) {
        let Some(mut input) = input(bytes) else { return };
        match self {
            Self::Graphs(format) => graphs(input, Some(format), way, found),
            Self::Fields(format) => fields(input, Some(format), found),
            Self::Molecules(format) if way % 2 == 1 => graphs_of_molecules(input, format, way, found),
            Self::Molecules(format) => {
                if let Ok(text) = input.read_to_text_lossy() {
                    let records = format.parse(&text);
                    molecules(records, found);
                }
            }
            Self::Clouds(format) => clouds_of(input, format, found),
            Self::Content => match Content::of(&mut input) {
                Ok(Content::Graphs(_)) => graphs(input, None, 0, found),
                Ok(Content::Fields(format)) => fields(input, Some(format), found),
                Ok(Content::Clouds(format)) => clouds_of(input, format, found),
                Ok(Content::Molecules(_)) => {
                    if let Ok(records) = molecule::read_input(input) {
                        molecules(records, found);
                    }
                }
                Err(error) => says_something(&error),
            },
            Self::Text => {
                if let Ok(mut lines) = input.into_lines() {
                    while let Some(line) = lines.next_line() {
                        if let Err(error) = line {
                            says_something(&error);
                        }
                    }
                }
            }
        }
    }
}

fn says_something(error: &dyn std::error::Error) {
    let text = error.to_string();
    assert!(text.len() > 10 && text.len() < 1000, "{text}");
}

fn graphs(input: Input, format: Option<Format>, way: usize, found: &mut dyn FnMut(Found)) {
    let reading = format.map_or_else(Reading::default, |format| reading(format, way));
    let mut graphs = match Graphs::open_as(input, format, &reading) {
        Ok(graphs) => graphs,
        Err(error) => return says_something(&error),
    };
    while let Some(record) = graphs.next() {
        match record.read() {
            Ok(graph) => {
                let format = graphs.format().expect("graphs have a format");
                found(Found::Graph(graph, format));
            }
            Err(error) => says_something(&error),
        }
    }
    assert!(graphs.notes().iter().all(|note| note.count > 0));
}

fn graphs_of_molecules(input: Input, format: MoleculeFormat, way: usize, found: &mut dyn FnMut(Found)) {
    let hydrogens = if way == 1 {
        Hydrogens::Explicit
    } else {
        Hydrogens::Omitted
    };
    match Graphs::of_molecules(input, format, hydrogens) {
        Ok(graphs) => graphs.for_each(|record| match record.read() {
            Ok(graph) => found(Found::GraphOfMolecule(graph)),
            Err(error) => says_something(&error),
        }),
        Err(error) => says_something(&error),
    }
}

fn fields(input: Input, format: Option<LatticeFormat>, found: &mut dyn FnMut(Found)) {
    match lattice::read_input(input, format) {
        Ok((fields, _)) => fields.into_iter().for_each(|field| found(Found::Field(field))),
        Err(error) => says_something(&error),
    }
}

fn clouds_of(input: Input, format: CloudFormat, found: &mut dyn FnMut(Found)) {
    match clouds::read_input(input, format) {
        Ok(clouds) => clouds.into_iter().for_each(|cloud| match cloud {
            Ok(named) => found(Found::Cloud(named.cloud)),
            Err(error) => says_something(&error),
        }),
        Err(error) => says_something(&error),
    }
}

fn molecules(records: molecule::Records, found: &mut dyn FnMut(Found)) {
    records.errors.iter().for_each(|error| says_something(error));
    for molecule in records.molecules.into_iter().flatten() {
        found(Found::Molecule(molecule));
    }
}

impl Found {
    /// Vertices, sites or atoms.
    fn size(&self) -> usize {
        match self {
            Self::Graph(file, _) | Self::GraphOfMolecule(file) => file.graph.n(),
            Self::Field(field) => field.field.shape().map(|side| side as usize).iter().product(),
            Self::Molecule(molecule) => molecule.len(),
            Self::Cloud(Cloud::Plane(cloud)) => cloud.len(),
            Self::Cloud(Cloud::Space(cloud)) => cloud.len(),
        }
    }

    /// What is written is read back as the same, and clouds have a group.
    fn check(&self) {
        match self {
            Self::Graph(file, format) => {
                assert!(file.names.is_empty() || file.names.len() == file.graph.n());
                read_back(&file.graph, *format);
            }
            Self::GraphOfMolecule(file) => {
                assert!(file.names.len() == file.graph.n() && file.record.is_some());
            }
            Self::Field(named) => field_read_back(named),
            Self::Molecule(molecule) => molecule_read_back(molecule),
            Self::Cloud(Cloud::Plane(cloud)) => has_group(cloud),
            Self::Cloud(Cloud::Space(cloud)) => has_group(cloud),
        }
    }
}

/// Isometries of a cloud permute its points; a tolerance that joins what is too far apart is refused.
fn has_group<const D: usize>(cloud: &PointCloud<D>) {
    /// Larger clouds take too long.
    const LARGE: usize = 200;
    if cloud.len() <= LARGE {
        match PointSearch::default().run(cloud) {
            Ok(symmetry) => assert_eq!(symmetry.permutations().degree(), cloud.len()),
            Err(error) => says_something(&error),
        }
    }
}

/// Writes a graph in the format in which it was read, as far as that can say it, and reads it.
fn read_back(graph: &ColoredGraph, format: Format) {
    /// Matrices of larger graphs take too long.
    const LARGE: usize = 200;
    let is_matrix = [Format::Graph6, Format::Digraph6, Format::Bits, Format::Adjacency];
    if graph.n() > LARGE && is_matrix.contains(&format) {
        return;
    }
    let has_vertex_colors = graph.node_colors().iter().any(|&color| color != 0);
    let has_edge_colors = graph.edges().any(|(.., color)| color != 0);
    let color = |there: bool| there.then(|| "color".to_owned());
    let mut reading = Reading::default();
    let mut wanted = graph.clone();
    let bare = || {
        let edges = graph.edges().map(|(u, v, _)| (u, v));
        ColoredGraph::from_edges(graph.n(), graph.is_directed(), edges).expect("the same edges")
    };
    let text = match format {
        Format::Gml | Format::Graphml | Format::NodeLink => {
            reading.vertex_colors = color(has_vertex_colors);
            reading.edge_colors = color(has_edge_colors);
            format.write(graph).ok()
        }
        Format::MatrixMarket => {
            wanted = bare();
            reading.directed = graph.is_directed().then_some(true);
            Some(matrix_market::write(graph))
        }
        Format::Metis => {
            wanted = bare();
            metis::write(graph).ok()
        }
        Format::Adjacency => {
            reading.directed = Some(graph.is_directed());
            let is_said = graph.n() > 0 && !has_vertex_colors;
            is_said.then(|| adjacency::write(graph))
        }
        Format::Dreadnaut => {
            let colors: Vec<u32> = graph.node_colors().to_vec();
            wanted = bare()
                .with_node_colors(ranks(&colors))
                .expect("a colour per vertex");
            Some(dreadnaut::write(graph))
        }
        Format::Pairs | Format::Csv => None,
        _ => format.write(graph).ok(),
    };
    let Some(text) = text else { return };
    let again = Input::new("written", Cursor::new(text.clone()))
        .and_then(|input| Graphs::open_as(input, Some(format), &reading));
    let again: Vec<_> = again
        .expect("what was written")
        .map(|record| record.read().map(|file| file.graph))
        .collect();
    match &again[..] {
        [Ok(graph)] if *graph == wanted => {}
        other => panic!("{format} {text:?} is read as {other:?}"),
    }
}

/// The place of each colour among those there are.
fn ranks(colors: &[u32]) -> Vec<u32> {
    let mut distinct = colors.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |color: &u32| distinct.partition_point(|other| other < color) as u32;
    colors.iter().map(rank).collect()
}

/// Writes a field of sites or of bonds as JSON, and reads it.
fn field_read_back(NamedField { field, .. }: &NamedField) {
    let numbers = |values: &[lattice::Finite]| {
        let values: Vec<String> = values
            .iter()
            .map(|&value| format!("{:?}", f64::from(value)))
            .collect();
        format!("[{}]", values.join(","))
    };
    let sites: Vec<_> = field.site_channels().map(|(_, values)| numbers(values)).collect();
    let bonds: Vec<_> = field.bond_channels().collect();
    let channels = match (&sites[..], &bonds[..]) {
        ([values], []) => format!("\"field\":\"node\",\"values\":{values}"),
        ([], [_, ..]) => {
            let channel = |&(reach, [first, second]): &(Reach, [&[lattice::Finite]; 2])| {
                let [first_key, second_key] = match reach {
                    Reach::Nearest => ["v", "h"],
                    Reach::Diagonal => ["falling", "rising"],
                    Reach::Second => ["v2", "h2"],
                };
                let (first, second) = (numbers(first), numbers(second));
                format!(",\"{first_key}\":{first},\"{second_key}\":{second}")
            };
            let channels: String = bonds.iter().map(channel).collect();
            format!("\"field\":\"bond\"{channels}")
        }
        _ => return,
    };
    let text = format!("{{\"shape\":{:?},{channels}}}", field.shape());
    let again = lattice::json::parse(&text).expect("what was written");
    assert!(again.len() == 1 && again[0].field == *field, "{text}");
}

/// Writes a molecule as SMILES and as SDF, and reads it.
fn molecule_read_back(molecule: &Molecule) {
    /// Canonical forms of larger molecules take longer than reading them.
    const LARGE: usize = 100;
    if let Ok(text) = sdf::write(molecule, "name") {
        let again = sdf::parse(&text);
        assert!(again.molecules == [Some(molecule.clone())], "{text}");
    }
    if !molecule.is_empty() && molecule.len() < LARGE {
        let text = smiles::write(molecule);
        let again = smiles::parse(&text, 1).unwrap_or_else(|error| panic!("{text}: {error}"));
        let digests = [molecule, &again].map(|molecule| molecule.digest().expect("a small molecule"));
        assert!(digests[0] == digests[1], "{text}");
    }
}

/// Gives one byte at a time, as a slow pipe does.
struct Slow(Cursor<Vec<u8>>);

impl Read for Slow {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = into.len().min(1);
        self.0.read(&mut into[..len])
    }
}

/// The lines without the blanks at their ends and without the empty ones at the end of all, and whether all can be read.
fn all_lines(mut lines: Lines) -> (Vec<String>, bool) {
    let (mut all, mut is_good) = (Vec::new(), true);
    while let Some(line) = lines.next_owned() {
        match line {
            Ok((number, line)) => {
                assert!(number == all.len() + 1);
                all.push(line.trim_end().to_owned());
            }
            Err(_) => {
                is_good = false;
                all.push(String::new());
            }
        }
    }
    while all.last().is_some_and(String::is_empty) {
        all.pop();
    }
    (all, is_good)
}

/// Texts are the same as lines and as a whole, from slow sources, packed, and in UTF-16.
fn texts(bytes: &[u8], way: usize) {
    let Some(whole) = input(bytes).map(Input::read_to_text) else {
        return;
    };
    let lines =
        |input: Option<Input>| all_lines(input.expect("the same source").into_lines().expect("lines"));
    let (found, is_good) = lines(input(bytes));
    match (&whole, is_good) {
        (Ok(text), true) => {
            let mut other: Vec<&str> = text.split('\n').map(str::trim_end).collect();
            while other.last().is_some_and(|line| line.is_empty()) {
                other.pop();
            }
            assert!(found == other, "{found:?} are no lines of {text:?}");
        }
        (Err(_), false) => {}
        (whole, _) => panic!("{found:?}, good {is_good}, as a whole {whole:?}"),
    }
    let other = match way {
        0 => Input::new("slow", Slow(Cursor::new(bytes.to_vec()))).ok(),
        1 if !is_packed(bytes) => {
            let mut packed = Vec::new();
            let level = flate2::Compression::fast();
            let mut packer = flate2::read::GzEncoder::new(bytes, level);
            packer.read_to_end(&mut packed).expect("packing in memory");
            input(&packed)
        }
        2 if !is_packed(bytes) => input(&zstd::encode_all(bytes, 1).expect("packing in memory")),
        3 => match &whole {
            // Two marks are one character too many, and a zero at the start says that there are two bytes to each.
            Ok(text) if !text.starts_with(['\u{feff}', '\0']) => {
                let wide = format!("\u{feff}{text}");
                input(
                    &wide
                        .encode_utf16()
                        .flat_map(u16::to_be_bytes)
                        .collect::<Vec<u8>>(),
                )
            }
            _ => None,
        },
        _ => None,
    };
    if let Some(other) = other {
        let other = lines(Some(other));
        // Of a damaged file more or less is unpacked before the damage shows.
        let is_same = other.0 == found || (is_packed(bytes) && !is_good);
        assert!(other.1 == is_good && is_same, "in way {way}: {other:?}");
    }
}
