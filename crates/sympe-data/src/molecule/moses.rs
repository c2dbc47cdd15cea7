//! MOSES: 1 936 962 drug-like molecules of up to 27 heavy atoms (Polykovskiy et al., *Molecular sets (MOSES)*, 2020), from a
//! folder, with the published split.

use super::{Molecule, smiles};
use crate::DataError;
use crate::error::shorten;
use crate::input;
use crate::published::Split;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Molecules that are read at a time.
const AT_A_TIME: usize = 1 << 14;

/// MOSES from the files of its Python package `molsets`: `train.csv`, `test.csv` and `test_scaffolds.csv`, plain or packed
/// (`train.csv.gz`), each a header `SMILES` and a molecule per line.
///
/// 1 584 663 molecules to train. `test.csv` (176 074) validates, `test_scaffolds.csv` (176 225), whose scaffolds occur in
/// neither of the others, tests: as in the published diffusion models (Vignac et al., *DiGress*, 2023).
///
/// ```
/// use sympe_data::molecule::Moses;
/// use sympe_data::published::Split;
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// # for name in ["train.csv", "test.csv", "test_scaffolds.csv"] {
/// #     std::fs::write(folder.join(name), "SMILES\nCCO\nCc1ccccc1Br\n").unwrap();
/// # }
/// // Here a copy of two molecules per file.
/// let moses = Moses::open(folder)?;
/// let sizes = moses.map(Split::Train, |molecule| Ok(molecule.without_hydrogens().len()))?;
/// assert_eq!(sizes, [3, 8]);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Moses {
    /// The file of each part.
    paths: [PathBuf; 3],
}

impl Moses {
    /// The names of its files without `.gz`, by part.
    pub const FILES: [&'static str; 3] = ["train.csv", "test.csv", "test_scaffolds.csv"];

    /// Looks for the files in a folder.
    ///
    /// # Errors
    ///
    /// When one is missing; the error names it.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        let path = |name: &str| {
            let packed = folder.join(format!("{name}.gz"));
            let path = if packed.exists() {
                packed
            } else {
                folder.join(name)
            };
            match path.try_exists() {
                Ok(true) => Ok(path),
                Ok(false) => {
                    Err(DataError::from(std::io::Error::from(std::io::ErrorKind::NotFound)).in_file(path))
                }
                Err(error) => Err(DataError::from(error).in_file(path)),
            }
        };
        let [train, validation, test] = Self::FILES;
        Ok(Self {
            paths: [path(train)?, path(validation)?, path(test)?],
        })
    }

    /// The file of a part.
    #[must_use]
    pub fn path(&self, split: Split) -> &Path {
        &self.paths[split as usize]
    }

    /// What `f` makes of each molecule of a part, in the order of the file, hydrogens explicit; in parallel, 20 µs each or less.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, has another header or a line that is no molecule, which the error names, and those of `f`.
    pub fn map<T, F>(&self, split: Split, f: F) -> Result<Vec<T>, DataError>
    where
        T: Send,
        F: Fn(Molecule) -> Result<T, DataError> + Sync,
    {
        let mut found = Vec::new();
        self.stream(split, 0, f, |mut some| {
            found.append(&mut some);
            Ok(())
        })?;
        Ok(found)
    }

    /// The same from molecule `first` on, of which `take` gets some thousands at a time: neither text nor molecules are ever all in
    /// memory.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map), and those of `take`.
    pub fn stream<T, F>(
        &self,
        split: Split,
        first: usize,
        f: F,
        mut take: impl FnMut(Vec<T>) -> Result<(), DataError>,
    ) -> Result<(), DataError>
    where
        T: Send,
        F: Fn(Molecule) -> Result<T, DataError> + Sync,
    {
        let path = &self.paths[split as usize];
        let mut lines = input::open(path)?.into_lines()?;
        let header = lines
            .next_owned()
            .transpose()?
            .map_or(String::new(), |(_, line)| line);
        if header.trim() != "SMILES" {
            let what = format!("'{}'", shorten(&header));
            return Err(DataError::syntax(1, what, "the header 'SMILES'").in_file(path));
        }
        for _ in 0..first {
            if lines.next_line().transpose()?.is_none() {
                return Ok(());
            }
        }
        loop {
            let mut some = Vec::with_capacity(AT_A_TIME);
            while some.len() < AT_A_TIME {
                match lines.next_owned().transpose()? {
                    Some(line) => some.push(line),
                    None => break,
                }
            }
            if some.is_empty() {
                return Ok(());
            }
            let of_line = |(number, line): &(usize, String)| f(smiles::parse(line.trim(), *number)?);
            let found: Result<Vec<T>, DataError> = some.par_iter().map(of_line).collect();
            take(found.map_err(|error| error.in_file(path))?)?;
        }
    }
}
