//! Members of ZIP archives: arrays in NPZ files, data sets in Python packages.

use crate::DataError;
use crate::error::shorten;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::io::{Cursor, Read};
use zip::{CompressionMethod, ZipArchive};

/// The members of an archive to which `wanted` gives a name, under these names, unpacked; checksums are right. Others are not
/// unpacked. `kind` says what the archive should be, in errors.
///
/// ```
/// let error = sympe_data::archive::members(b"PK", "a Python package", |_| None).unwrap_err();
/// assert!(error.to_string().ends_with("expected a Python package"));
/// ```
///
/// # Errors
///
/// When the archive is damaged, or such a member is, or is packed in another way than by DEFLATE.
pub fn members(
    bytes: &[u8],
    kind: &str,
    wanted: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(String, Vec<u8>)>, DataError> {
    let wrong = |what: String| DataError::byte(0, what, kind);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| wrong(error.to_string()))?;
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let file = archive
            .by_index_raw(index)
            .map_err(|error| wrong(error.to_string()))?;
        let path = file.name().map_err(|error| wrong(error.to_string()))?;
        let Some(name) = wanted(&path) else {
            continue;
        };
        let (size, sum, method) = (file.size(), file.crc32(), file.compression());
        let mut member = Vec::new();
        // One byte more than announced is enough to see that there are more.
        let limit = size.saturating_add(1);
        let read = if method == CompressionMethod::STORE {
            file.take(limit).read_to_end(&mut member)
        } else if method == CompressionMethod::DEFLATE {
            DeflateDecoder::new(file).take(limit).read_to_end(&mut member)
        } else {
            return Err(wrong(format!("'{}' packed by {method}", shorten(&name))));
        };
        read.map_err(|error| wrong(format!("'{}' ({error})", shorten(&name))))?;
        let mut crc = Crc::new();
        crc.update(&member);
        if member.len() as u64 != size || crc.sum() != sum {
            return Err(wrong(format!("'{}', which is damaged", shorten(&name))));
        }
        members.push((name, member));
    }
    Ok(members)
}
