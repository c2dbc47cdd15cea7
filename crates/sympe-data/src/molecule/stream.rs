//! Molecules of an input, one after the other, in memory for one of them.

use super::smiles::Header;
use super::{Dropped, Element, Molecule, MoleculeFormat, sdf, smiles, xyz};
use crate::DataError;
use crate::input::Lines;
use std::collections::HashSet;

/// The lines of one molecule, as they stand in the input; they are parsed when the molecule is asked for, which may be in
/// another thread.
#[derive(Debug)]
pub(crate) struct MoleculeLines {
    /// The number of the first line, from 1.
    first: usize,
    text: String,
    format: MoleculeFormat,
    header: Option<Header>,
}

impl MoleculeLines {
    /// The lines.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The lines as they stand in a file, with what ends the molecule there.
    pub(crate) fn record(&self) -> String {
        match self.format {
            MoleculeFormat::Sdf => format!("{}{}", self.text, sdf::DELIMITER),
            _ => self.text.clone(),
        }
    }

    /// What the lines call the molecule: the title of SDF, the comment of XYZ.
    pub(crate) fn title(&self) -> Option<&str> {
        let line = match self.format {
            MoleculeFormat::Smiles => None,
            MoleculeFormat::Sdf => self.text.lines().next(),
            MoleculeFormat::Xyz => self.text.lines().nth(1),
        };
        line.map(str::trim).filter(|title| !title.is_empty())
    }

    /// The molecule of the atoms that the lines list, and of no others, with their places.
    pub(crate) fn placed(&self) -> Result<(Molecule, Vec<[f64; 3]>), DataError> {
        let molecule = match self.format {
            MoleculeFormat::Sdf => sdf::record(&self.text, self.first)?.0,
            _ => self.read()?.0,
        };
        Ok((molecule, self.places()?.1))
    }

    /// The molecule with all its hydrogens, and what of its lines it does not have. Atoms of SMILES and SDF have the hydrogens that
    /// their valences imply; XYZ frames those that they list, since their bonds are perceived from all atoms.
    pub(crate) fn read(&self) -> Result<(Molecule, Dropped), DataError> {
        match self.format {
            MoleculeFormat::Smiles => smiles::record(&self.text, self.first, self.header),
            MoleculeFormat::Sdf => {
                let (molecule, dropped) = sdf::record(&self.text, self.first)?;
                Ok((molecule.with_hydrogens(), dropped))
            }
            MoleculeFormat::Xyz => Ok((xyz::record(&self.text, self.first)?, Dropped::default())),
        }
    }

    /// The elements that the lines list, and their places; SMILES have none.
    pub(crate) fn places(&self) -> Result<(Vec<Element>, Vec<[f64; 3]>), DataError> {
        match self.format {
            MoleculeFormat::Smiles => Ok((Vec::new(), Vec::new())),
            MoleculeFormat::Sdf => sdf::places(&self.text, self.first),
            MoleculeFormat::Xyz => xyz::places(&self.text, self.first),
        }
    }
}

/// Gives each record a name of its own: its title, or else its number, which follows a title that was met before.
#[derive(Default)]
pub(crate) struct Names {
    met: HashSet<String>,
    count: usize,
}

impl Names {
    /// The name of the next record.
    pub(crate) fn next(&mut self, title: Option<&str>) -> String {
        self.count += 1;
        let name = match title {
            None => self.count.to_string(),
            Some(title) if self.met.contains(title) => format!("{title} ({})", self.count),
            Some(title) => title.to_owned(),
        };
        self.met.insert(name.clone());
        name
    }
}

/// The molecules of an input in a format, each as its lines.
#[derive(Debug)]
pub(crate) struct Molecules {
    lines: Lines,
    format: MoleculeFormat,
    /// Where a table has its molecules.
    header: Option<Header>,
    /// Whether the first line, which may be a header, was met.
    started: bool,
    /// Whether nobody knows where the next molecule starts.
    ended: bool,
}

impl Molecules {
    pub(crate) fn new(lines: Lines, format: MoleculeFormat) -> Self {
        Self {
            lines,
            format,
            header: None,
            started: false,
            ended: false,
        }
    }

    fn of(&self, first: usize, text: String) -> MoleculeLines {
        MoleculeLines {
            first,
            text,
            format: self.format,
            header: self.header,
        }
    }

    /// The next line with something on it.
    fn next_filled(&mut self) -> Option<Result<(usize, String), DataError>> {
        loop {
            match self.lines.next_owned()? {
                Ok((_, line)) if line.trim().is_empty() => {}
                line => return Some(line),
            }
        }
    }

    fn next_smiles(&mut self) -> Option<Result<MoleculeLines, DataError>> {
        let (number, line) = match self.next_filled()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        if !std::mem::replace(&mut self.started, true) {
            self.header = Header::of(&line);
            if self.header.is_some() {
                return self.next_smiles();
            }
        }
        Some(Ok(self.of(number, line)))
    }

    fn next_sdf(&mut self) -> Option<Result<MoleculeLines, DataError>> {
        let (mut text, mut first, mut bad) = (String::new(), 0, None);
        while let Some(line) = self.lines.next_line() {
            let (number, line) = match line {
                Ok(line) => line,
                // The rest of the record goes with the line that is no text.
                Err(error) => {
                    bad.get_or_insert(error);
                    continue;
                }
            };
            if first == 0 {
                first = number;
            }
            if line.trim_end() == sdf::DELIMITER {
                return Some(bad.map_or_else(|| Ok(self.of(first, text)), Err));
            }
            text += line;
            text.push('\n');
        }
        if let Some(error) = bad {
            return Some(Err(error));
        }
        // What follows the last delimiter is a record only if it says something.
        (!text.trim().is_empty()).then(|| Ok(self.of(first, text)))
    }

    fn next_xyz(&mut self) -> Option<Result<MoleculeLines, DataError>> {
        let (first, count) = match self.next_filled()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        let Ok(atoms) = count.trim().parse::<usize>() else {
            self.ended = true;
            return Some(Ok(self.of(first, count)));
        };
        let (mut text, mut rest) = (count + "\n", atoms.saturating_add(1));
        let mut bad = None;
        let mut at_comment = true;
        while rest > 0
            && let Some(line) = self.lines.next_line()
        {
            rest -= 1;
            let (_, line) = match line {
                Ok(line) => line,
                Err(error) => {
                    bad.get_or_insert(error);
                    continue;
                }
            };
            if std::mem::take(&mut at_comment) {
                rest = rest.saturating_add(xyz::trailing(atoms, line));
            }
            // Lines of a frame that is refused for its size are passed over.
            if atoms <= xyz::MAX_ATOMS {
                text += line;
                text.push('\n');
            }
        }
        Some(bad.map_or_else(|| Ok(self.of(first, text)), Err))
    }
}

impl Iterator for Molecules {
    type Item = Result<MoleculeLines, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.format {
            MoleculeFormat::Smiles => self.next_smiles(),
            MoleculeFormat::Sdf => self.next_sdf(),
            MoleculeFormat::Xyz => self.next_xyz(),
        }
    }
}
