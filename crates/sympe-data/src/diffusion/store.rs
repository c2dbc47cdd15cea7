//! Graphs in a file, read one by one as they are asked for: data sets that do not fit into memory.
//!
//! The file is `MAGIC`, the key (what it was made of: length and text), blocks, and an end. A block is its number of graphs, its length
//! and the CRC-32 of what follows, then the start of each graph in it and the graphs; the end looks like a block of no
//! graphs, and has the totals. All numbers are little-endian. Invariants: every block but the last has [`BLOCK`] graphs, so the block of
//! a graph follows from its index; a file without an end is one that is being written, and its whole blocks are good.
//!
//! A graph is its number of nodes, their classes, and of each edge `i < j` the ends and the class: about 100 bytes
//! for a molecule of 24 heavy atoms, of which nothing stays in memory but the pages that the system caches. Positional reads do what a
//! memory map would, and a file that becomes shorter is an error, not a signal.

use super::CategoricalGraph;
use crate::dataset::check_index;
use crate::{DataError, Dataset};
use flate2::Crc;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const MAGIC: &[u8; 8] = b"sympeG01";
/// Graphs per block.
const BLOCK: usize = 1024;
/// Length of what precedes the graphs of a block: their number, the length and the checksum.
const HEAD: usize = 12;
/// What a block of a damaged file may claim to have, at most.
const LONGEST: usize = 1 << 30;

/// What the end of a file says of all graphs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreTotals {
    /// How many there are.
    pub graphs: u64,
    /// Nodes of each class.
    pub node_classes: Vec<u64>,
    /// Graphs of each number of nodes, from 0.
    pub sizes: Vec<u64>,
    /// CRC-32 of the checksums of all blocks: two files with the same key differ in it if their graphs do.
    pub checksum: u32,
}

impl StoreTotals {
    fn add(&mut self, graph: &CategoricalGraph) {
        let count = |counts: &mut Vec<u64>, place: usize| {
            if counts.len() <= place {
                counts.resize(place + 1, 0);
            }
            counts[place] += 1;
        };
        self.graphs += 1;
        count(&mut self.sizes, graph.n());
        graph
            .nodes()
            .iter()
            .for_each(|&class| count(&mut self.node_classes, usize::from(class)));
    }
}

/// A data set of graphs in a file, each read when it is asked for. A thousand graphs take 9 bytes of memory.
///
/// A block is checked by its checksum when a graph of it is first asked for.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("graphs");
/// use sympe_data::Dataset;
/// use sympe_data::diffusion::{CategoricalGraph, GraphStore, StoreWriter};
/// let edge = CategoricalGraph::new(vec![0, 1], vec![0, 2, 2, 0])?;
/// let mut writer = StoreWriter::open(&path, "two of the same")?;
/// writer.extend([&edge, &edge])?;
/// let store = writer.finish()?;
/// assert_eq!((store.len(), store.get(1)?), (2, edge));
/// assert_eq!(store.totals().node_classes, [2, 2]);
/// assert_eq!(GraphStore::open(&path, "two of the same")?.len(), 2);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct GraphStore {
    file: File,
    path: PathBuf,
    /// Where each block starts, and where the last one ends.
    starts: Vec<u64>,
    /// Which blocks were checked, by bits.
    checked: Vec<AtomicU64>,
    totals: StoreTotals,
    /// The class that a node of class `c` in the file has; empty if it is `c`.
    renumbered: Vec<u8>,
}

impl GraphStore {
    /// Opens a file that was made of `key`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is of another key or damaged, or was not finished.
    pub fn open(path: &Path, key: &str) -> Result<Self, DataError> {
        let in_file = |error: DataError| error.in_file(path);
        let file = File::open(path).map_err(|error| in_file(error.into()))?;
        let (scan, totals) = Scan::of(&file, key).map_err(in_file)?;
        let totals = totals.ok_or_else(|| {
            let graphs = scan.graphs();
            in_file(DataError::byte(
                scan.end() as usize,
                format!("the end of the file after {graphs} graphs"),
                "all of them",
            ))
        })?;
        if totals.graphs != scan.graphs() {
            let what = format!("{} graphs in blocks", scan.graphs());
            return Err(in_file(DataError::byte(
                0,
                what,
                format!("{} as the end says", totals.graphs),
            )));
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            checked: (0..scan.starts.len().div_ceil(64))
                .map(|_| AtomicU64::new(0))
                .collect(),
            starts: scan.starts,
            totals,
            renumbered: Vec::new(),
        })
    }

    /// What there is in all.
    #[must_use]
    pub fn totals(&self) -> &StoreTotals {
        &self.totals
    }

    /// The same graphs, whose nodes of class `c` in the file have class `renumbered[c]`.
    #[must_use]
    pub fn with_classes(self, renumbered: Vec<u8>) -> Self {
        Self { renumbered, ..self }
    }

    /// Checks a block, unless it was.
    fn check(&self, block: usize) -> Result<(), DataError> {
        let (word, bit) = (&self.checked[block / 64], 1 << (block % 64));
        if word.load(Ordering::Relaxed) & bit != 0 {
            return Ok(());
        }
        let length = (self.starts[block + 1] - self.starts[block]) as usize;
        let mut bytes = vec![0; length];
        read_at(&self.file, &mut bytes, self.starts[block])?;
        let head = Head::parse(&bytes);
        if head.checksum != checksum(&bytes[HEAD..]) {
            let offset = self.starts[block] as usize;
            return Err(DataError::byte(
                offset,
                "a block that is damaged",
                "one whose checksum is right",
            ));
        }
        // Others may have checked it meanwhile, with the same result.
        word.fetch_or(bit, Ordering::Relaxed);
        Ok(())
    }

    fn read(&self, index: usize) -> Result<CategoricalGraph, DataError> {
        let (block, place) = (index / BLOCK, index % BLOCK);
        self.check(block)?;
        let graphs = (self.totals.graphs as usize - block * BLOCK).min(BLOCK);
        let start = self.starts[block] + HEAD as u64;
        let mut ends = [0; 8];
        read_at(&self.file, &mut ends, start + 4 * place as u64)?;
        let [from, to] = [&ends[..4], &ends[4..]].map(|bytes| u64::from(number(bytes)));
        let mut bytes = vec![0; (to - from) as usize];
        read_at(&self.file, &mut bytes, start + 4 * (graphs as u64 + 1) + from)?;
        let mut graph = decode(&bytes)?;
        if !self.renumbered.is_empty() {
            graph.renumber_nodes(&self.renumbered);
        }
        Ok(graph)
    }
}

impl Dataset for GraphStore {
    type Item = CategoricalGraph;

    fn len(&self) -> usize {
        self.totals.graphs as usize
    }

    fn get(&self, index: usize) -> Result<CategoricalGraph, DataError> {
        check_index(index, self.len())?;
        self.read(index).map_err(|error| error.in_file(&self.path))
    }
}

/// Writes a [`GraphStore`]. What was written before the program was stopped is kept, in whole blocks.
///
/// The file has the name `NAME.part` until it is whole.
#[derive(Debug)]
pub struct StoreWriter {
    path: PathBuf,
    part: PathBuf,
    key: String,
    file: BufWriter<File>,
    /// Graphs of the block that is being filled, and where each ends.
    block: Vec<u8>,
    ends: Vec<u32>,
    totals: StoreTotals,
    checksums: Crc,
}

impl StoreWriter {
    /// Starts a file that is made of `key`, or goes on with one that was not finished.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn open(path: &Path, key: &str) -> Result<Self, DataError> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let start = || -> Result<Self, DataError> {
            let mut options = OpenOptions::new();
            let mut file = options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&part)?;
            let mut totals = StoreTotals::default();
            let mut checksums = Crc::new();
            // What is no beginning of this file is overwritten.
            let end = match Scan::of(&file, key) {
                Ok((scan, None)) => scan.replay(&file, &mut totals, &mut checksums)?,
                _ => 0,
            };
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end))?;
            if end == 0 {
                (totals, checksums) = (StoreTotals::default(), Crc::new());
                file.write_all(MAGIC)?;
                file.write_all(&(key.len() as u32).to_le_bytes())?;
                file.write_all(key.as_bytes())?;
            }
            Ok(Self {
                path: path.to_owned(),
                part: part.clone(),
                key: key.to_owned(),
                file: BufWriter::with_capacity(1 << 18, file),
                block: Vec::new(),
                ends: Vec::new(),
                totals,
                checksums,
            })
        };
        start().map_err(|error| error.in_file(&part))
    }

    /// How many graphs there are already: those that are to come start with the next one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.totals.graphs as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.totals.graphs == 0
    }

    /// Adds graphs.
    ///
    /// # Errors
    ///
    /// When they cannot be written, or one has more than 65 535 nodes.
    pub fn extend<'a>(
        &mut self,
        graphs: impl IntoIterator<Item = &'a CategoricalGraph>,
    ) -> Result<(), DataError> {
        for graph in graphs {
            encode(graph, &mut self.block)?;
            self.ends.push(self.block.len() as u32);
            self.totals.add(graph);
            if self.ends.len() == BLOCK {
                self.end_block()?;
            }
        }
        Ok(())
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<GraphStore, DataError> {
        if !self.ends.is_empty() {
            self.end_block()?;
        }
        self.totals.checksum = self.checksums.sum();
        let totals = serde_json::to_vec(&self.totals).expect("totals are JSON");
        let mut end = || -> Result<(), DataError> {
            write_block(&mut self.file, 0, &totals)?;
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            std::fs::rename(&self.part, &self.path)?;
            Ok(())
        };
        end().map_err(|error| error.in_file(&self.part))?;
        GraphStore::open(&self.path, &self.key)
    }

    fn end_block(&mut self) -> Result<(), DataError> {
        let mut bytes = Vec::with_capacity(4 * (self.ends.len() + 1) + self.block.len());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(self.ends.iter().flat_map(|end| end.to_le_bytes()));
        bytes.append(&mut self.block);
        let written = write_block(&mut self.file, self.ends.len(), &bytes);
        let checksum = written.map_err(|error| DataError::from(error).in_file(&self.part))?;
        self.checksums.update(&checksum.to_le_bytes());
        self.ends.clear();
        Ok(())
    }
}

/// What precedes a block.
#[derive(Clone, Copy)]
struct Head {
    graphs: usize,
    length: usize,
    checksum: u32,
}

impl Head {
    /// # Panics
    ///
    /// When there are fewer than [`HEAD`] bytes.
    fn parse(bytes: &[u8]) -> Self {
        Self {
            graphs: number(&bytes[..4]) as usize,
            length: number(&bytes[4..8]) as usize,
            checksum: number(&bytes[8..12]),
        }
    }
}

/// The whole blocks of a file.
struct Scan {
    starts: Vec<u64>,
    last: usize,
}

impl Scan {
    /// The blocks of a file, and what its end says if it has one. The heads of blocks are read, not the graphs.
    fn of(mut file: &File, key: &str) -> Result<(Self, Option<StoreTotals>), DataError> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        let mut start = [0; MAGIC.len() + 4];
        file.read_exact(&mut start)
            .map_err(|_| DataError::byte(0, "the end of the file", "a store of graphs"))?;
        if !start.starts_with(MAGIC) {
            return Err(DataError::byte(0, "another kind of file", "a store of graphs"));
        }
        let named = number(&start[MAGIC.len()..]) as usize;
        let mut made_of = vec![0; named.min(key.len() + 1)];
        let read = file.read_exact(&mut made_of);
        if read.is_err() || made_of != key.as_bytes() {
            let what = format!(
                "a store of '{}'",
                crate::error::shorten(&String::from_utf8_lossy(&made_of))
            );
            return Err(DataError::byte(MAGIC.len(), what, format!("one of '{key}'")));
        }
        let mut scan = Self {
            starts: vec![(start.len() + named) as u64],
            last: BLOCK,
        };
        loop {
            let at = scan.end();
            let mut bytes = [0; HEAD];
            if at + HEAD as u64 > length {
                return Ok((scan, None));
            }
            read_at(file, &mut bytes, at)?;
            let head = Head::parse(&bytes);
            let end = at + (HEAD + head.length) as u64;
            if end > length || head.length > LONGEST {
                return Ok((scan, None));
            }
            if head.graphs == 0 {
                let mut totals = vec![0; head.length];
                read_at(file, &mut totals, at + HEAD as u64)?;
                let wrong =
                    |what: String| DataError::byte(at as usize, what, "the totals of a store of graphs");
                if checksum(&totals) != head.checksum {
                    return Err(wrong("an end that is damaged".to_owned()));
                }
                let totals = serde_json::from_slice(&totals).map_err(|error| wrong(error.to_string()))?;
                return Ok((scan, Some(totals)));
            }
            if head.graphs > BLOCK || scan.last < BLOCK || head.length < 4 * (head.graphs + 1) {
                let what = format!("a block of {} graphs in {} bytes", head.graphs, head.length);
                return Err(DataError::byte(
                    at as usize,
                    what,
                    format!("one of up to {BLOCK} graphs"),
                ));
            }
            scan.last = head.graphs;
            scan.starts.push(end);
        }
    }

    fn end(&self) -> u64 {
        *self.starts.last().expect("there is always the first")
    }

    fn graphs(&self) -> u64 {
        let blocks = self.starts.len() - 1;
        if blocks == 0 {
            0
        } else {
            ((blocks - 1) * BLOCK + self.last) as u64
        }
    }

    /// Adds what the full blocks hold, up to the first that is not whole, and where they end.
    fn replay(&self, file: &File, totals: &mut StoreTotals, checksums: &mut Crc) -> Result<u64, DataError> {
        for pair in self.starts.windows(2) {
            let mut bytes = vec![0; (pair[1] - pair[0]) as usize];
            read_at(file, &mut bytes, pair[0])?;
            let (head, content) = (Head::parse(&bytes), &bytes[HEAD..]);
            if head.graphs != BLOCK || checksum(content) != head.checksum {
                return Ok(pair[0]);
            }
            let (ends, graphs) = content.split_at(4 * (BLOCK + 1));
            let ends: Vec<usize> = ends.chunks_exact(4).map(|end| number(end) as usize).collect();
            for pair in ends.windows(2) {
                totals.add(&decode(graphs.get(pair[0]..pair[1]).unwrap_or_default())?);
            }
            checksums.update(&head.checksum.to_le_bytes());
        }
        Ok(self.end())
    }
}

/// Writes a block; returns the checksum of its content.
fn write_block(file: &mut impl Write, graphs: usize, content: &[u8]) -> io::Result<u32> {
    let sum = checksum(content);
    file.write_all(&(graphs as u32).to_le_bytes())?;
    file.write_all(&(content.len() as u32).to_le_bytes())?;
    file.write_all(&sum.to_le_bytes())?;
    file.write_all(content)?;
    Ok(sum)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A number of 4 bytes.
fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(*bytes.first_chunk().expect("four bytes"))
}

fn encode(graph: &CategoricalGraph, bytes: &mut Vec<u8>) -> Result<(), DataError> {
    let n = u16::try_from(graph.n()).map_err(|_| {
        DataError::invalid(
            "graph to store",
            format!("one of {} nodes", graph.n()),
            "at most 65 535",
        )
    })?;
    bytes.extend(n.to_le_bytes());
    bytes.extend_from_slice(graph.nodes());
    for (i, j) in graph.pairs() {
        let class = graph.edge(i, j);
        if class == 0 {
            continue;
        }
        match u8::try_from(n) {
            Ok(_) => bytes.extend([i as u8, j as u8, class]),
            Err(_) => {
                bytes.extend([i, j].map(|end| (end as u16).to_le_bytes()).as_flattened());
                bytes.push(class);
            }
        }
    }
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<CategoricalGraph, DataError> {
    let wrong = || DataError::byte(0, "a graph that is damaged", "nodes and edges");
    let (n, rest) = bytes.split_first_chunk::<2>().ok_or_else(wrong)?;
    let n = usize::from(u16::from_le_bytes(*n));
    let (nodes, rest) = rest.split_at_checked(n).ok_or_else(wrong)?;
    let mut graph = CategoricalGraph::without_edges(nodes.to_vec());
    let small = n <= usize::from(u8::MAX);
    for edge in rest.chunks_exact(if small { 3 } else { 5 }) {
        let (i, j) = match *edge {
            [i, j, _] => (usize::from(i), usize::from(j)),
            [i, i_high, j, j_high, _] => (
                usize::from(u16::from_le_bytes([i, i_high])),
                usize::from(u16::from_le_bytes([j, j_high])),
            ),
            _ => return Err(wrong()),
        };
        if i >= j || j >= n {
            return Err(wrong());
        }
        graph.set_edge(i, j, edge[edge.len() - 1]);
    }
    Ok(graph)
}

/// Fills `bytes` from a place in a file, without moving where others read.
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<(), DataError> {
    #[cfg(unix)]
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)?;
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < bytes.len() {
            match std::os::windows::fs::FileExt::seek_read(file, &mut bytes[done..], offset + done as u64)? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                read => done += read,
            }
        }
    }
    Ok(())
}
