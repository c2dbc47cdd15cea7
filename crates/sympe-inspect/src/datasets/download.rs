//! Files from the web or from a local copy, verified by SHA-256.

use crate::InspectError;
use crate::files::{hex, write_atomic};
use crate::terminal::Bars;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, StatusCode, header};

/// A file that is published somewhere.
///
/// ```
/// let [table, _] = sympe_inspect::datasets::QM9;
/// assert_eq!((table.name, table.sha256.len()), ("qm9.csv", 64));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// Its name in the folder of the data set, and on a mirror.
    pub name: &'static str,
    /// Where it is published.
    pub url: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: &'static str,
}

/// What [`fetch`] had to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Nothing: the file was there.
    Present,
    /// It was downloaded from its start.
    Downloaded,
    /// A download that had broken off was continued.
    Continued,
}

impl Fetched {
    /// What happened to the file.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Present => "there already",
            Self::Downloaded => "downloaded",
            Self::Continued => "continued and complete",
        }
    }
}

/// Downloads a file from `url` into a folder, unless it is there. It is written to `NAME.part` and renamed once its
/// SHA-256 is right; a `NAME.part` that is there is continued by an HTTP range request. A wrong part is never kept.
///
/// # Errors
///
/// When the server cannot be reached, refuses, breaks off (what came is kept) or sends another file, or the disk
/// refuses. The error names the URL or the file.
pub fn fetch(file: &DataFile, url: &str, folder: &Path, bars: &Bars) -> Result<Fetched, InspectError> {
    fs::create_dir_all(folder).map_err(InspectError::io(folder))?;
    let target = folder.join(file.name);
    if target.exists() && file.mismatch(&target)?.is_none() {
        return Ok(Fetched::Present);
    }
    let part = folder.join(format!("{}.part", file.name));
    let start = fs::metadata(&part).map_or(0, |data| data.len());
    let start = if start > file.bytes { 0 } else { start };
    let mut begun = download(file, url, &part, start, bars)?;
    let mut mismatch = file.mismatch(&part)?;
    if mismatch.is_some() && begun > 0 {
        // The beginning was of another file, or of another version of this one.
        begun = download(file, url, &part, 0, bars)?;
        mismatch = file.mismatch(&part)?;
    }
    if let Some(message) = mismatch {
        fs::remove_file(&part).map_err(InspectError::io(&part))?;
        return Err(InspectError::download(url, message));
    }
    fs::rename(&part, &target).map_err(InspectError::io(&target))?;
    Ok(match begun {
        0 => Fetched::Downloaded,
        _ => Fetched::Continued,
    })
}

/// Copies a file from a folder into another one, if its SHA-256 is right.
///
/// # Errors
///
/// When it is not, or a file cannot be read or written; the error names it.
pub fn import(file: &DataFile, from: &Path, folder: &Path) -> Result<(), InspectError> {
    let path = from.join(file.name);
    let bytes = fs::read(&path).map_err(InspectError::io(&path))?;
    if let Some(message) = file.mismatch_of(&bytes) {
        return Err(InspectError::damaged(&path, message));
    }
    fs::create_dir_all(folder).map_err(InspectError::io(folder))?;
    write_atomic(&folder.join(file.name), &bytes)
}

impl DataFile {
    /// What is wrong with the content of a file, if anything.
    fn mismatch(&self, path: &Path) -> Result<Option<String>, InspectError> {
        Ok(self.mismatch_of(&fs::read(path).map_err(InspectError::io(path))?))
    }

    fn mismatch_of(&self, bytes: &[u8]) -> Option<String> {
        let (found, expected) = (hex(bytes), self.sha256);
        let (name, len) = (self.name, bytes.len());
        (found != expected).then(|| {
            format!("not the published {name}: SHA-256 of its {len} bytes is {found}, expected {expected}")
        })
    }
}

/// The rest of a file after `start` bytes; returns where the server began, which is 0 if it knows no ranges.
fn download(file: &DataFile, url: &str, part: &Path, start: u64, bars: &Bars) -> Result<u64, InspectError> {
    if start > 0 && start == file.bytes {
        return Ok(start);
    }
    let failed = |message: String| InspectError::download(url, message);
    // A download may take any time as long as something comes.
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if start > 0 {
        request = request.header(header::RANGE, format!("bytes={start}-"));
    }
    let response = request.call().map_err(|error| failed(error.to_string()))?;
    let start = match response.status() {
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT if begin(&response) == Some(start) => start,
        // The server has no such range, or sends another one: there is only the whole file.
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if start > 0 => {
            return download(file, url, part, 0, bars);
        }
        status => return Err(failed(format!("the server answers {status}"))),
    };
    let rest = file.bytes - start;
    if let Some(announced) = response.body().content_length().filter(|&length| length != rest) {
        let message = format!(
            "not the published {}: {announced} bytes announced, expected {rest}",
            file.name
        );
        return Err(failed(message));
    }

    let mut output = match start {
        0 => File::create(part),
        _ => OpenOptions::new().append(true).open(part),
    }
    .map_err(InspectError::io(part))?;
    let bar = bars.bytes(file.name, start, file.bytes);
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    let mut done = start;
    loop {
        let reason = match body.read(&mut buffer) {
            Ok(0) if done == file.bytes => break,
            Ok(0) => "the server ended".to_owned(),
            Ok(count) if done + count as u64 > file.bytes => {
                // It would be downloaded again and again if it were kept.
                fs::remove_file(part).map_err(InspectError::io(part))?;
                let message = format!("not the published {}: more than {} bytes", file.name, file.bytes);
                return Err(failed(message));
            }
            Ok(count) => {
                output
                    .write_all(&buffer[..count])
                    .map_err(InspectError::io(part))?;
                done += count as u64;
                bar.set_position(done);
                continue;
            }
            Err(error) => error.to_string(),
        };
        let (bytes, part) = (file.bytes, part.display());
        return Err(failed(format!(
            "broke off after {done} of {bytes} bytes ({reason}): they are kept in {part}, and the same command continues there"
        )));
    }
    output.sync_all().map_err(InspectError::io(part))?;
    bar.finish();
    Ok(start)
}

/// The first byte of a partial response: `Content-Range: bytes FIRST-LAST/ALL`.
fn begin<B>(response: &Response<B>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (first, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    first.trim().parse().ok()
}
