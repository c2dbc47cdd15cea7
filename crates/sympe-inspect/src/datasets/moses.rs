//! MOSES: three files in a Python package.

use super::{DataFile, Fetched, fetch};
use crate::InspectError;
use crate::files::{hex, write_atomic};
use crate::terminal::Bars;
use std::fs;
use std::path::Path;
use sympe_data::molecule::Moses;
use sympe_data::{archive, input};

/// The package that MOSES is published in.
pub const MOSES: DataFile = DataFile {
    name: "molsets-0.3.1-py3-none-any.whl",
    url: "https://files.pythonhosted.org/packages/ca/04/\
          335f23e9ae95ca381ac7c3f335303dbbeb0f8a604d167891cf60c9360178/molsets-0.3.1-py3-none-any.whl",
    bytes: 51_584_291,
    sha256: "7f4450e3ebecebe79c3a2a55950c93daddee071120daf64a163d03481e811d34",
};

/// Where in it the files are, which are packed by gzip.
const MEMBERS: &str = "moses/dataset/data/";

/// SHA-256 of what the files say, however they are packed, in the order of [`Moses::FILES`].
const CONTENTS: [&str; 3] = [
    "cc9d6e8e9534e25a7a36361529ae739ddda8036e9072b2fc5cea6930a0592144",
    "0248e682a9c29ca7649184dd88a4edc83f48f0e84af6b923990069c3da4501b6",
    "86c298db856515f4b31a90805de16a580c60a6adcc0ad700ae180d88ba0b9bce",
];

/// Downloads the package from `url` and takes the files out of it, unless they are there. Broken downloads are continued
/// ([`fetch`]); the package is not kept.
///
/// # Errors
///
/// Those of [`fetch`] and of [`import_moses`].
pub fn fetch_moses(url: &str, folder: &Path, bars: &Bars) -> Result<Fetched, InspectError> {
    if Moses::FILES
        .iter()
        .zip(CONTENTS)
        .all(|(name, sha256)| published(folder, name, sha256).is_ok())
    {
        return Ok(Fetched::Present);
    }
    let fetched = fetch(&MOSES, url, folder, bars)?;
    let package = folder.join(MOSES.name);
    import_moses(&package, folder)?;
    fs::remove_file(&package).map_err(InspectError::io(&package))?;
    Ok(fetched)
}

/// Copies the files from a folder, as they are or packed by gzip, or takes them out of the package. All of them are verified
/// before the first is written.
///
/// # Errors
///
/// When one is missing or not the published one, or cannot be read or written; the error names it.
pub fn import_moses(from: &Path, folder: &Path) -> Result<(), InspectError> {
    let files = if from.is_dir() {
        let read = |(name, sha256): (&&str, &str)| published(from, name, sha256);
        Moses::FILES
            .iter()
            .zip(CONTENTS)
            .map(read)
            .collect::<Result<Vec<_>, _>>()?
    } else {
        let bytes = fs::read(from).map_err(InspectError::io(from))?;
        let wanted = |path: &str| {
            let name = path.strip_prefix(MEMBERS)?;
            Moses::FILES
                .iter()
                .any(|file| name.strip_suffix(".gz") == Some(file))
                .then(|| name.to_owned())
        };
        let kind = "the Python package molsets, a ZIP archive";
        let members = archive::members(&bytes, kind, wanted).map_err(|error| error.in_file(from))?;
        for (name, sha256) in Moses::FILES.iter().zip(CONTENTS) {
            let packed = format!("{name}.gz");
            let Some((_, bytes)) = members.iter().find(|(member, _)| *member == packed) else {
                return Err(InspectError::damaged(from, format!("has no {MEMBERS}{packed}")));
            };
            verify(&from.join(&packed), bytes, sha256)?;
        }
        members
    };
    fs::create_dir_all(folder).map_err(InspectError::io(folder))?;
    for (name, bytes) in files {
        write_atomic(&folder.join(name), &bytes)?;
    }
    Ok(())
}

/// A published file in a folder, packed or not: its name there and its bytes.
fn published(folder: &Path, name: &str, sha256: &str) -> Result<(String, Vec<u8>), InspectError> {
    let packed = format!("{name}.gz");
    let found = if folder.join(&packed).exists() {
        packed
    } else {
        name.to_owned()
    };
    let path = folder.join(&found);
    let bytes = fs::read(&path).map_err(InspectError::io(&path))?;
    verify(&path, &bytes, sha256)?;
    Ok((found, bytes))
}

/// Refuses bytes that do not say what was published.
fn verify(path: &Path, bytes: &[u8], sha256: &str) -> Result<(), InspectError> {
    let content = input::Input::new(path, std::io::Cursor::new(bytes.to_vec()))?.read_to_bytes()?;
    let found = hex(&content);
    if found == sha256 {
        return Ok(());
    }
    let message = format!(
        "not the published file: SHA-256 of the {} bytes that it says is {found}, expected {sha256}",
        content.len()
    );
    Err(InspectError::damaged(path, message))
}
