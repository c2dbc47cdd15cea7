//! Data sets in files: where they lie, and how they come there. Each is downloaded, imported or drawn from its published
//! seed, and verified by its SHA-256; all lie in one [`folder`].

mod download;
mod generated;
mod moses;

pub use download::{DataFile, Fetched, fetch, import};
pub use generated::generate;
pub use moses::{MOSES, fetch_moses, import_moses};

use crate::InspectError;
use std::path::{Path, PathBuf};
use sympe_data::molecule::{Moses, Qm9};

/// Names the folder of all data sets; `cargo xtask` sets it to `data` in the workspace unless it is set.
pub const FOLDER_VARIABLE: &str = "SYMPE_DATA";

/// The files of QM9: its SMILES, and the list of molecules to drop. The split is computed ([`Qm9::read`]).
pub const QM9: [DataFile; 2] = [
    DataFile {
        name: "qm9.csv",
        url: "https://raw.githubusercontent.com/aspuru-guzik-group/selfies/\
              f345587e9a85c1ec81e4b657b25c8c843adbf12b/tests/test_sets/130K_QM9.txt",
        bytes: 2_171_295,
        sha256: "80c060e299a44112b89be3fc6d95145dfeda97aa3eab1e2662aafdfbb00f7929",
    },
    DataFile {
        name: "uncharacterized.txt",
        url: "https://ndownloader.figshare.com/files/3195404",
        bytes: 486_752,
        sha256: "3aa5115d540b356de94791d4a74c3bf1ed91c469ecf52a4f5d7cc0506fe02e24",
    },
];

/// The folder of a data set: below the folder that the variable [`FOLDER_VARIABLE`] names, or else below `data` in the
/// current folder. Nothing else decides where data lies, unless an option names a folder.
///
/// ```
/// assert!(sympe_inspect::datasets::folder("qm9").ends_with("qm9"));
/// ```
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    let all = std::env::var_os(FOLDER_VARIABLE).map_or_else(|| PathBuf::from("data"), PathBuf::from);
    all.join(name)
}

/// QM9 from a folder. Where there is none, the error says how to get it.
///
/// ```
/// let error = sympe_inspect::datasets::qm9("no/such/folder".as_ref()).unwrap_err();
/// assert!(error.to_string().contains("`data qm9`"));
/// ```
///
/// # Errors
///
/// When the files are not there or wrong.
pub fn qm9(folder: &Path) -> Result<Qm9, InspectError> {
    if !holds_qm9(folder) {
        return Err(InspectError::damaged(
            folder,
            format!(
                "QM9 is not there (neither qm9.csv nor gdb9.sdf): `data qm9` downloads it, \
                 {FOLDER_VARIABLE} names the folder of data sets"
            ),
        ));
    }
    Ok(Qm9::read(folder)?)
}

/// MOSES from a folder. Where it is not there, the error says how to get it.
///
/// ```
/// let error = sympe_inspect::datasets::moses("no/such/folder".as_ref()).unwrap_err();
/// assert!(error.to_string().contains("`data moses`"));
/// ```
///
/// # Errors
///
/// When a file is not there.
pub fn moses(folder: &Path) -> Result<Moses, InspectError> {
    Moses::open(folder).map_err(|error| {
        let message = format!(
            "MOSES is not there ({error}): `data moses` downloads it, {FOLDER_VARIABLE} names the folder of data sets"
        );
        InspectError::damaged(folder, message)
    })
}

/// Whether a folder has molecules that [`Qm9::read`] would read.
#[must_use]
pub fn holds_qm9(folder: &Path) -> bool {
    ["qm9.csv", "gdb9.sdf"]
        .iter()
        .any(|name| folder.join(name).exists())
}
