//! Files of molecules: which format they are in, and what they hold.

use super::{Records, sdf, smiles, xyz};
use crate::DataError;
use crate::input::{self, Input};
use std::path::Path;

sympe_groups::named! {
    "format of molecules"
    /// A format of files of molecules.
    pub enum MoleculeFormat {
        /// One [`smiles`] per line.
        Smiles = "smiles",
        /// Records of [`sdf`], V2000 or V3000.
        Sdf = "sdf",
        /// Frames of [`xyz`].
        Xyz = "xyz",
    }
}

impl MoleculeFormat {
    /// The format that the extension of a file says, in small letters: `smi`, `smiles`, `cxsmiles`, `ism`,
    /// `can`; `sdf`, `sd`, `mol`; `xyz`.
    ///
    /// ```
    /// use sympe_data::molecule::MoleculeFormat;
    /// assert_eq!(MoleculeFormat::of_extension("sdf"), Some(MoleculeFormat::Sdf));
    /// assert_eq!(MoleculeFormat::of_extension("txt"), None);
    /// ```
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "smi" | "smiles" | "cxsmiles" | "ism" | "can" => Some(Self::Smiles),
            "sdf" | "sd" | "mol" => Some(Self::Sdf),
            "xyz" => Some(Self::Xyz),
            _ => None,
        }
    }

    /// The format that a text is certainly in: SDF has a line `M  END`, XYZ a number, a comment and an atom. SMILES cannot be
    /// told from words.
    ///
    /// ```
    /// use sympe_data::molecule::MoleculeFormat;
    /// assert_eq!(MoleculeFormat::of_text("1\n\nHe 0 0 0\n"), Some(MoleculeFormat::Xyz));
    /// assert_eq!(MoleculeFormat::of_text("CCO\n"), None);
    /// ```
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        if text.lines().any(|line| line.trim_end() == "M  END") {
            Some(Self::Sdf)
        } else {
            xyz::is_xyz(text).then_some(Self::Xyz)
        }
    }

    /// The format of a text from a source with this extension. A structure is stronger than a name that says SMILES, which every
    /// word may be; a text that says nothing is SMILES.
    #[must_use]
    pub fn of_named(extension: Option<&str>, text: &str) -> Self {
        let named = extension
            .and_then(Self::of_extension)
            .filter(|&format| format != Self::Smiles);
        named.or_else(|| Self::of_text(text)).unwrap_or(Self::Smiles)
    }

    /// As [`parse`](Self::parse), of a text from this source, which errors name.
    #[must_use]
    pub fn parse_named(self, text: &str, name: &Path) -> Records {
        let mut records = self.parse(text);
        records.errors = records
            .errors
            .into_iter()
            .map(|error| error.in_file(name))
            .collect();
        records
    }

    /// The molecules of a text in this format. Sets of SDF records and of XYZ frames without any hydrogen get those that
    /// valences imply, as those of SMILES have them.
    #[must_use]
    pub fn parse(self, text: &str) -> Records {
        let mut records = match self {
            Self::Smiles => return smiles::parse_lines(text),
            Self::Sdf => sdf::parse(text),
            Self::Xyz => xyz::parse(text),
        };
        records.complete_hydrogens();
        records
    }
}

/// The molecules of a file, a pipe, or the standard input (`-`), packed or not, in the format that its name says, or else its
/// content, or else SMILES lines. What is no text spoils its record only.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("samples.smi");
/// std::fs::write(&path, "C#N\nC#\n")?;
/// let records = sympe_data::molecule::read(&path)?;
/// assert_eq!(records.good().count(), 1);
/// assert!(records.errors[0].to_string().starts_with(&format!("{}: line 2: ", path.display())));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the file cannot be read. What is wrong with single records is in [`Records::errors`], each naming file and line.
pub fn read(path: &Path) -> Result<Records, DataError> {
    read_input(input::open(path)?)
}

/// As [`read`], of a source that is open.
///
/// # Errors
///
/// As [`read`].
pub fn read_input(input: Input) -> Result<Records, DataError> {
    let (name, extension) = (input.name().to_owned(), input.extension());
    let text = input.read_to_text_lossy()?;
    Ok(MoleculeFormat::of_named(extension.as_deref(), &text).parse_named(&text, &name))
}
