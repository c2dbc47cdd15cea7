//! QM9: 130 831 molecules of up to nine heavy atoms (Ramakrishnan et al., *Quantum chemistry structures and properties of
//! 134 kilo molecules*, 2014), with the split of the published graph diffusion models, from a folder.

use super::{Element, Hydrogens, Molecule, smiles};
use crate::error::{count, shorten};
use crate::mersenne_twister::MersenneTwister;
use crate::published::Split;
use crate::{DataError, InMemory};
use std::fs;
use std::path::{Path, PathBuf};

/// Rows of the published table.
const ROWS: usize = 133_885;

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
    record: Record,
    split: Split,
}

/// A molecule as its file gives it.
#[derive(Clone, Debug)]
enum Record {
    Smiles { line: usize, text: String },
    Parsed(Molecule),
}

impl Qm9 {
    /// Reads the molecules, the list of those to drop, and the split:
    ///
    /// * `qm9.csv`, a header `smiles`, then a SMILES per line; or, where it is absent, `gdb9.sdf`, a V2000 record per row,
    ///   whose bonds, hydrogens and charges are taken as they are;
    /// * `uncharacterized.txt`, nine header lines, then lines that start with the row, from 1, of a molecule to drop;
    /// * `split.txt`, per row `t`, `v` or `s` for train, validation or test, followed by `x` if it is dropped. Where it is
    ///   absent, the published split is computed: `pandas.DataFrame.sample(frac=1, random_state=42)` of all rows, cut at
    ///   100 000 and 120 497 (Vignac et al., *DiGress*, 2023).
    ///
    /// SDF records are parsed here, about 1 kB and 20 µs each, SMILES by [`part`](Self::part).
    ///
    /// # Errors
    ///
    /// When a file cannot be read, a line does not say what it should, or the files contradict each other; the error
    /// names file and line.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let open = |name: &str| {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => Ok((path, text)),
                Err(error) => Err(DataError::from(error).in_file(path)),
            }
        };
        let (path, records) = if !folder.join("qm9.csv").exists() && folder.join("gdb9.sdf").exists() {
            read_sdf(folder.join("gdb9.sdf"))?
        } else {
            let (path, table) = open("qm9.csv")?;
            let records = read_table(&table).map_err(|error| error.in_file(&path))?;
            (path, records)
        };
        let (dropped_path, dropped) = open("uncharacterized.txt")?;
        let is_dropped =
            read_dropped(&dropped, records.len()).map_err(|error| error.in_file(&dropped_path))?;
        let splits = if records.len() == ROWS && !folder.join("split.txt").exists() {
            published_split()
        } else {
            let (path, text) = open("split.txt")?;
            read_split(&text, &is_dropped).map_err(|error| error.in_file(path))?
        };
        let mut rows = Vec::new();
        for ((record, split), is_dropped) in records.into_iter().zip(splits).zip(is_dropped) {
            if !is_dropped {
                rows.push(Row {
                    record: record?,
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

    /// The molecules of a part, in the order of the rows. About 1 kB and 5 µs each.
    ///
    /// # Errors
    ///
    /// When a SMILES is wrong or has other elements than C, N, O, F, H: a published set with a bad line is a damaged copy. [`super::read`] reads what is good of
    /// any file.
    pub fn part(&self, split: Split, hydrogens: Hydrogens) -> Result<InMemory<Molecule>, DataError> {
        let rows = self.rows.iter().filter(|row| row.split == split);
        let molecules = rows.map(|row| {
            let molecule = match &row.record {
                Record::Smiles { line, text } => {
                    smiles::parse(text, *line).map_err(|error| error.in_file(&self.path))?
                }
                Record::Parsed(molecule) => molecule.clone(),
            };
            check_elements(&molecule).map_err(|error| error.in_file(&self.path))?;
            Ok(match hydrogens {
                Hydrogens::Explicit => molecule,
                Hydrogens::Omitted => molecule.without_hydrogens(),
            })
        });
        Ok(InMemory::new(molecules.collect::<Result<_, DataError>>()?))
    }
}

/// Refuses elements that QM9 does not have, and graph models of its molecules no classes for.
fn check_elements(molecule: &Molecule) -> Result<(), DataError> {
    let other = molecule
        .atoms()
        .iter()
        .find(|atom| !Element::QM9.contains(&atom.element));
    let Some(atom) = other else {
        return Ok(());
    };
    let got = format!("{} (of {})", atom.element, molecule.formula());
    Err(DataError::invalid(
        "element of a molecule of QM9",
        got,
        "C, N, O, F or H",
    ))
}

/// A row, or what is wrong with it; it matters only if the row is kept.
type Records = Vec<Result<Record, DataError>>;

fn read_table(text: &str) -> Result<Records, DataError> {
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, "smiles")) => {}
        other => {
            let what = format!("'{}'", shorten(other.map_or("", |(_, line)| line)));
            return Err(DataError::syntax(1, what, "the header 'smiles'"));
        }
    }
    let record = |(index, line): (usize, &str)| Record::Smiles {
        line: index + 1,
        text: line.trim().to_owned(),
    };
    Ok(lines.map(record).map(Ok).collect())
}

fn read_sdf(path: PathBuf) -> Result<(PathBuf, Records), DataError> {
    let records = super::read(&path)?;
    let (unsupported, errors): (Vec<_>, Vec<_>) =
        records.errors.into_iter().partition(DataError::is_unsupported);
    // Rows are counted, so none may be left out.
    if let Some(error) = unsupported.into_iter().next() {
        return Err(error);
    }
    // In an SDF file every record without a molecule has an error.
    let mut errors = errors.into_iter();
    let record = |molecule: Option<Molecule>| match molecule {
        Some(molecule) => Some(Ok(Record::Parsed(molecule))),
        None => errors.next().map(Err),
    };
    let records = records.molecules.into_iter().filter_map(record).collect();
    Ok((path, records))
}

/// The part of each row, by the lines of a file.
fn read_split(text: &str, is_dropped: &[bool]) -> Result<Vec<Split>, DataError> {
    let marks: Vec<&str> = text.lines().map(str::trim).collect();
    if marks.len() != is_dropped.len() {
        let what = count(marks.len(), ["line", "lines"]);
        let lines = count(is_dropped.len(), ["line", "lines"]);
        let expected = format!("{lines}, one per row of the molecules");
        return Err(DataError::syntax(marks.len() + 1, what, expected));
    }
    let mut splits = Vec::with_capacity(marks.len());
    for (index, (mark, &is_dropped)) in marks.into_iter().zip(is_dropped).enumerate() {
        let wrong = |expected: &str| {
            Err(DataError::syntax(
                index + 1,
                format!("'{}'", shorten(mark)),
                expected,
            ))
        };
        let (letter, crossed) = match mark.strip_suffix('x') {
            Some(letter) => (letter, true),
            None => (mark, false),
        };
        splits.push(match letter {
            "t" => Split::Train,
            "v" => Split::Validation,
            "s" => Split::Test,
            _ => return wrong("t, v or s, and x if the molecule is dropped"),
        });
        match (is_dropped, crossed) {
            (true, false) => return wrong("an x, as the row is in uncharacterized.txt"),
            (false, true) => return wrong("no x, as the row is not in uncharacterized.txt"),
            _ => {}
        }
    }
    Ok(splits)
}

/// The published part of each row: `numpy.random.RandomState(42).permutation` of the rows, then a cut.
fn published_split() -> Vec<Split> {
    const TRAIN: usize = 100_000;
    const VALIDATION: usize = 20_497;
    let mut rows: Vec<usize> = (0..ROWS).collect();
    MersenneTwister::numpy(42).shuffle(&mut rows);
    let mut splits = vec![Split::Test; ROWS];
    for (place, row) in rows.into_iter().enumerate().take(TRAIN + VALIDATION) {
        splits[row] = if place < TRAIN {
            Split::Train
        } else {
            Split::Validation
        };
    }
    splits
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_split_is_that_of_numpy() {
        let splits = published_split();
        let count = |split| splits.iter().filter(|&&other| other == split).count();
        assert_eq!(Split::ALL.map(count), [100_000, 20_497, 13_388]);
        // In NumPy: places 0, 99 999, 100 000 and the last of RandomState(42).permutation(133885).
        for (row, split) in [
            (3115, Split::Train),
            (19_806, Split::Train),
            (110_087, Split::Validation),
            (121_958, Split::Test),
        ] {
            assert_eq!(splits[row], split, "{row}");
        }
    }
}
