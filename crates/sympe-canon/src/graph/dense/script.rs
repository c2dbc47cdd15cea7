//! Scripts: what a refinement did, kept so that it can be done again from another vertex.
//!
//! On the first path every refinement is written down. If an automorphism maps the first path to another path, it
//! maps every cell of the one to the cell of the other at the same position. Replaying a script forms these cells
//! without any of what makes refinement dear: no order of splitters is looked for, no trace is compared, no sizes are
//! counted. Whether the labelling that a replay ends with is the image of the first leaf is proved afterwards, by
//! checking the map.
//!
//! A script is a flat list of parts; replaying takes O(1) word operations for each, and a count where a splitter or a
//! kind of arc begins.

use super::super::word::Word;
use super::counts::{Counts, Rows};

/// What a refinement did, in order. The parts of one cell are consecutive, and the one that keeps the cell's position
/// comes last, because forming it overwrites the cell.
#[derive(Default)]
pub(super) struct Script {
    parts: Vec<Part>,
    /// Splitter and kind of the parts that come next; `anew` until a part has been written for them.
    next: Part,
}

/// The vertices of a cell with a certain number of neighbours in the splitter become the cell at `start`.
#[derive(Clone, Copy, Default)]
struct Part {
    /// The neighbours have to be counted: splitter or kind of arc differ from those of the part before.
    anew: bool,
    kind: u8,
    splitter: u8,
    cell: u8,
    number: u8,
    start: u8,
}

/// What a refinement tells about its course.
pub(super) trait Scribe {
    /// Cells are split by their numbers of arcs of a kind into the cell at `splitter` from now on.
    fn turn_to(&mut self, _splitter: usize, _kind: usize) {}
    /// The cell at `cell` falls into parts: numbers of neighbours, and starts. The first part starts at `cell`.
    fn split(&mut self, _cell: usize, _parts: impl Iterator<Item = (u8, usize)>) {}
}

/// A scribe that writes nothing.
pub(super) struct NoScript;

impl Scribe for NoScript {}

impl Scribe for Script {
    fn turn_to(&mut self, splitter: usize, kind: usize) {
        self.next = Part {
            anew: true,
            kind: kind as u8,
            splitter: splitter as u8,
            ..self.next
        };
    }

    fn split(&mut self, cell: usize, parts: impl Iterator<Item = (u8, usize)>) {
        let from = self.parts.len();
        self.parts.extend(parts.map(|(number, start)| Part {
            anew: false,
            cell: cell as u8,
            number,
            start: start as u8,
            ..self.next
        }));
        self.parts[from..].reverse();
        self.parts[from].anew = std::mem::take(&mut self.next.anew);
    }
}

impl Script {
    pub(super) fn clear(&mut self) {
        self.parts.clear();
    }

    /// Splits the same cells by the same splitters, into parts of the same numbers of neighbours. If an automorphism
    /// maps the cells that the script began with to `cells`, it maps those that the script ended with to what `cells`
    /// becomes.
    pub(super) fn replay<W: Word, const N: usize>(&self, kinds: &[Rows<W, N>], cells: &mut [W; N]) {
        let mut counts = Counts::default();
        for part in &self.parts {
            if part.anew {
                counts = Counts::of(&kinds[part.kind as usize], cells[part.splitter as usize % N]);
            }
            let mut members = cells[part.cell as usize % N];
            for (bit, &count) in counts.bits().iter().enumerate() {
                members = members
                    & if part.number >> bit & 1 == 1 {
                        count
                    } else {
                        !count
                    };
            }
            cells[part.start as usize % N] = members;
        }
    }
}
