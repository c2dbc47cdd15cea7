//! QM9: 130 831 molecules of up to nine heavy atoms (Ramakrishnan et al., *Quantum chemistry structures and properties of
//! 134 kilo molecules*, 2014), with the split of the published graph diffusion models, from a folder.

use super::{Molecule, smiles};
use crate::formats::shorten;
use crate::published::Split;
use crate::{DataError, InMemory};
use std::fs;
use std::path::{Path, PathBuf};

/// Whether hydrogens are nodes of the graph.
///
/// ```
/// use sympe_data::molecule::{Hydrogens, SmallMolecules};
/// let first = |hydrogens| SmallMolecules::new(1).unwrap().all(hydrogens).next().unwrap().len();
/// assert_eq!((first(Hydrogens::Explicit), first(Hydrogens::Omitted)), (5, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hydrogens {
    /// They are atoms like any other.
    Explicit,
    /// They are left out: heavy atoms only.
    Omitted,
}

/// QM9 without its uncharacterized molecules, in three parts: 97 734 to train, 20 042 to validate, 13 055 to test.
///
/// Bonds are those of the SMILES. Published diffusion models perceived bonds from geometries instead, so that figures
/// compare only between models on the same graphs. In 443 molecules some atoms are charged; models without charges see
/// [`Molecule::without_charges`].
///
/// ```
/// use sympe_data::molecule::{Hydrogens, Qm9};
/// use sympe_data::published::Split;
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// # std::fs::write(folder.join("qm9.csv"), "smiles\nC\nN\nCC=O\n").unwrap();
/// # std::fs::write(folder.join("uncharacterized.txt"), "\n".repeat(9) + "  2  N  N  N  0.1\n====\n").unwrap();
/// # std::fs::write(folder.join("split.txt"), "t\ntx\ns\n").unwrap();
/// // Here a copy of three rows, the second of which is uncharacterized.
/// let qm9 = Qm9::read(folder)?;
/// assert_eq!(qm9.len(), 2);
/// let test = qm9.part(Split::Test, Hydrogens::Explicit)?;
/// assert_eq!(test.items()[0].formula(), "C2H4O");
/// assert_eq!(qm9.part(Split::Test, Hydrogens::Omitted)?.items()[0].len(), 3);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Qm9 {
    /// The file of the molecules, for errors.
    path: PathBuf,
    rows: Vec<Row>,
}

/// A molecule that is kept.
#[derive(Clone, Debug)]
struct Row {
    line: usize,
    smiles: String,
    split: Split,
}

impl Qm9 {
    /// Reads `qm9.csv` (a header, then a SMILES per line), `uncharacterized.txt` (nine header lines, then lines that
    /// start with the row, from 1, of a molecule to drop) and `split.txt` (per row `t`, `v` or `s` for train, validation
    /// or test, followed by `x` if it is dropped).
    ///
    /// # Errors
    ///
    /// When a file cannot be read, a line does not say what it should, or the files contradict each other; the error
    /// names file and line. Molecules are parsed by [`part`](Self::part).
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let open = |name: &str| {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => Ok((path, text)),
                Err(error) => Err(DataError::from(error).in_file(path)),
            }
        };
        let (path, table) = open("qm9.csv")?;
        let (dropped_path, dropped) = open("uncharacterized.txt")?;
        let (split_path, split) = open("split.txt")?;

        let mut lines = table.lines().enumerate();
        match lines.next() {
            Some((_, "smiles")) => {}
            other => {
                let what = format!("'{}'", shorten(other.map_or("", |(_, line)| line)));
                return Err(DataError::syntax(1, what, "the header 'smiles'").in_file(path));
            }
        }
        let smiles: Vec<(usize, &str)> = lines.map(|(index, line)| (index + 1, line.trim())).collect();
        let is_dropped =
            read_dropped(&dropped, smiles.len()).map_err(|error| error.in_file(&dropped_path))?;
        let marks: Vec<&str> = split.lines().map(str::trim).collect();
        if marks.len() != smiles.len() {
            let what = format!("{} lines", marks.len());
            let expected = format!("{} lines, one per row of qm9.csv", smiles.len());
            return Err(DataError::syntax(marks.len() + 1, what, expected).in_file(split_path));
        }
        let mut rows = Vec::new();
        for (index, ((line, smiles), mark)) in smiles.into_iter().zip(marks).enumerate() {
            let wrong = |expected: &str| {
                DataError::syntax(index + 1, format!("'{}'", shorten(mark)), expected).in_file(&split_path)
            };
            let (letter, crossed) = match mark.strip_suffix('x') {
                Some(letter) => (letter, true),
                None => (mark, false),
            };
            let split = match letter {
                "t" => Split::Train,
                "v" => Split::Validation,
                "s" => Split::Test,
                _ => return Err(wrong("t, v or s, and x if the molecule is dropped")),
            };
            match (is_dropped[index], crossed) {
                (true, false) => return Err(wrong("an x, as the row is in uncharacterized.txt")),
                (false, true) => return Err(wrong("no x, as the row is not in uncharacterized.txt")),
                _ => {}
            }
            if !crossed {
                rows.push(Row {
                    line,
                    smiles: smiles.to_owned(),
                    split,
                });
            }
        }
        Ok(Self { path, rows })
    }

    /// Number of molecules in all parts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The SMILES of a part, as published.
    pub fn smiles(&self, split: Split) -> impl Iterator<Item = &str> {
        self.part_rows(split).map(|row| row.smiles.as_str())
    }

    fn part_rows(&self, split: Split) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.split == split)
    }

    /// The molecules of a part, in the order of the rows. About 1 kB and 5 µs each.
    ///
    /// # Errors
    ///
    /// When a SMILES is wrong: a published set with a bad line is a damaged copy. [`super::read`] reads what is good of
    /// any file.
    pub fn part(&self, split: Split, hydrogens: Hydrogens) -> Result<InMemory<Molecule>, DataError> {
        let molecules = self.part_rows(split).map(|row| {
            let molecule = smiles::parse(&row.smiles, row.line).map_err(|error| error.in_file(&self.path))?;
            Ok(match hydrogens {
                Hydrogens::Explicit => molecule,
                Hydrogens::Omitted => molecule.without_hydrogens(),
            })
        });
        Ok(InMemory::new(molecules.collect::<Result<_, DataError>>()?))
    }
}

/// Which of `rows` rows the list of uncharacterized molecules names.
fn read_dropped(text: &str, rows: usize) -> Result<Vec<bool>, DataError> {
    const HEADER: usize = 9;
    let mut dropped = vec![false; rows];
    for (index, line) in text.lines().enumerate().skip(HEADER) {
        let Some(word) = line.split_whitespace().next() else {
            continue;
        };
        // Rules above and below the list.
        if word.starts_with("==") {
            continue;
        }
        let row = word.parse().ok().filter(|row| (1..=rows).contains(row));
        let Some(row) = row else {
            let what = format!("'{}'", shorten(word));
            return Err(DataError::syntax(
                index + 1,
                what,
                format!("a row from 1 to {rows}"),
            ));
        };
        dropped[row - 1] = true;
    }
    Ok(dropped)
}
