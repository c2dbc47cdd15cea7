//! The one door by which files come in: opened once and read as a stream, so that pipes are as good as files.
//!
//! A source is a file, a pipe, or `-`, the standard input. Gzip and Zstandard are unpacked by the first bytes, whatever the name
//! says. Text may be UTF-8 or UTF-16, with or without a byte order mark; its lines may end in LF, CR LF or CR alone, the last
//! one in nothing, and the control-Z with which DOS ended files is dropped. Only the longest line is in memory at once.
//!
//! Invariants of `Window`: `buffer[start..end]` is what was read and not yet taken, in order; nothing is read twice.

use crate::DataError;
use encoding_rs_io::DecodeReaderBytesBuilder;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Control-Z, with which DOS ended text.
const END: u8 = 0x1a;

/// What is read of the source at a time.
const BLOCK: usize = 1 << 16;

/// First bytes of compressed files, and the program that unpacks those that are not unpacked here.
const PACKED: [(&[u8], &str); 3] = [
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
];

/// Opens a file, a pipe, or the standard input, which is called `-`.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("triangle.g6");
/// std::fs::write(&path, b"\xef\xbb\xbfBw\r\nA_\x1a")?;
/// let mut lines = sympe_data::input::open(&path)?.into_lines()?;
/// assert_eq!(lines.next_line().unwrap()?, (1, "Bw"));
/// assert_eq!(lines.next_line().unwrap()?, (2, "A_"));
/// assert!(lines.next_line().is_none());
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When it cannot be read, or is packed in a way that is not unpacked here; the error names the file.
pub fn open(path: impl AsRef<Path>) -> Result<Input, DataError> {
    let path = path.as_ref();
    let in_file = |error: io::Error| DataError::from(error).in_file(path);
    // The device is the same stream, and cannot be opened again where it is a socket.
    if path == Path::new("-") || path == Path::new("/dev/stdin") {
        return Input::new("standard input", io::stdin());
    }
    let file = File::open(path).map_err(in_file)?;
    let metadata = file.metadata().map_err(in_file)?;
    if metadata.is_dir() {
        return Err(DataError::syntax(1, "a folder", "a file").in_file(path));
    }
    let mut input = Input::new(path, file)?;
    if !input.unpacked && metadata.is_file() {
        input.window.expected = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    }
    Ok(input)
}

/// A source that is being read. Errors name it.
#[derive(Debug)]
pub struct Input {
    name: PathBuf,
    window: Window,
    /// Whether the source is compressed.
    unpacked: bool,
}

impl Input {
    /// What a reader gives, under a name for errors.
    ///
    /// # Errors
    ///
    /// As [`open`].
    pub fn new(name: impl Into<PathBuf>, source: impl Read + Send + 'static) -> Result<Self, DataError> {
        let name = name.into();
        let mut window = Window::new(Box::new(source));
        let in_file = |error: io::Error| DataError::from(error).in_file(&name);
        let start = window.peek(6).map_err(in_file)?;
        if let Some((_, program)) = PACKED.iter().find(|(magic, _)| start.starts_with(magic)) {
            let what = format!("a file packed by {program}");
            let error = DataError::syntax(1, what, "text, or a file packed by gzip or zstd");
            return Err(error.in_file(name));
        }
        let (gzip, zstd) = (
            start.starts_with(b"\x1f\x8b\x08"),
            start.starts_with(b"\x28\xb5\x2f\xfd"),
        );
        if gzip {
            let packed = io::BufReader::with_capacity(BLOCK, window);
            window = Window::new(Box::new(flate2::bufread::MultiGzDecoder::new(packed)));
        } else if zstd {
            let unpacked = zstd::Decoder::new(window).map_err(in_file)?;
            window = Window::new(Box::new(unpacked));
        }
        Ok(Self {
            name,
            window,
            unpacked: gzip || zstd,
        })
    }

    /// What errors call it: the path as it was given, or `standard input`.
    #[must_use]
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The extension of its name in small letters, without that of a packer: `g6` for `A.G6.gz`.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        extension(&self.name)
    }

    /// The first bytes, unpacked and otherwise as they are: `n` of them, or all if there are fewer. Nothing is taken.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn peek(&mut self, n: usize) -> Result<&[u8], DataError> {
        let Self { name, window, .. } = self;
        window
            .peek(n)
            .map_err(|error| DataError::from(error).in_file(&*name))
    }

    /// The first `n` bytes as text, and whether they are all there is. A character that is cut off, or is none, is replaced.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn peek_text(&mut self, n: usize) -> Result<(String, bool), DataError> {
        let whole = self.peek(n + 1)?.len() <= n;
        let bytes = self.peek(n)?.to_vec();
        let mut decoded = Window::new(Box::new(Cursor::new(bytes))).decoded();
        let mut text = Vec::new();
        decoded
            .read_to_end(&mut text)
            .map_err(|error| DataError::from(error).in_file(&self.name))?;
        Ok((unix_lines(String::from_utf8_lossy(&text).into_owned()), whole))
    }

    /// All bytes, unpacked and otherwise as they are.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read_to_bytes(mut self) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        match self.window.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(DataError::from(error).in_file(self.name)),
        }
    }

    /// The whole text, with LF at the end of each line.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no text; the error names the line.
    pub fn read_to_text(self) -> Result<String, DataError> {
        let name = self.name.clone();
        let bytes = self.read_to_decoded()?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
            let line = unix_lines(before).matches('\n').count() + 1;
            not_text(line).in_file(&name)
        })?;
        end_of_text(unix_lines(text)).map_err(|error| error.in_file(name))
    }

    /// The whole text, with LF at the end of each line; what is no text is replaced by U+FFFD.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read_to_text_lossy(self) -> Result<String, DataError> {
        let name = self.name.clone();
        let bytes = self.read_to_decoded()?;
        let text = unix_lines(String::from_utf8_lossy(&bytes).into_owned());
        end_of_text(text).map_err(|error| error.in_file(name))
    }

    fn read_to_decoded(self) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        match self.window.decoded().read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(DataError::from(error).in_file(self.name)),
        }
    }

    /// The lines, one after the other.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn into_lines(self) -> Result<Lines, DataError> {
        Ok(Lines {
            name: self.name,
            window: self.window.decoded(),
            number: 0,
            ended: false,
            failed: false,
        })
    }
}

/// The extension of a name in small letters, without that of a packer.
fn extension(name: &Path) -> Option<String> {
    let inner = if is_packed_name(name) {
        Path::new(name.file_stem()?)
    } else {
        name
    };
    Some(inner.extension()?.to_str()?.to_ascii_lowercase())
}

/// Whether a name ends in the extension of a packer.
pub(crate) fn is_packed_name(name: &Path) -> bool {
    let extension = name.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["gz", "gzip", "zst", "zstd"].contains(&extension.to_ascii_lowercase().as_str())
    })
}

/// The same text with LF at the end of each line, where CR LF or CR was.
fn unix_lines(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The text without the control-Z that DOS put at its end.
fn end_of_text(mut text: String) -> Result<String, DataError> {
    let Some(end) = text.find('\u{1a}') else {
        return Ok(text);
    };
    let is_padding = |character: char| character == '\u{1a}' || character.is_ascii_whitespace();
    if text[end..].chars().all(is_padding) {
        text.truncate(end);
        return Ok(text);
    }
    Err(after_the_end(text[..end].matches('\n').count() + 1))
}

fn after_the_end(line: usize) -> DataError {
    DataError::syntax(line, "text after a control-Z", "the end of the file")
}

fn not_text(line: usize) -> DataError {
    DataError::syntax(line, "bytes that are not UTF-8", "text")
}

/// Lines of a text, one in memory at a time, numbered from 1.
#[derive(Debug)]
pub struct Lines {
    name: PathBuf,
    window: Window,
    number: usize,
    /// Whether a control-Z was met.
    ended: bool,
    failed: bool,
}

impl Lines {
    /// What errors call the source.
    #[must_use]
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The next line and its number, without the end of the line. After the error of a line that is no text, the next line can be
    /// read; after an error of the source there is none. Errors name the file.
    pub fn next_line(&mut self) -> Option<Result<(usize, &str), DataError>> {
        let range = match self.take_range()? {
            Ok(range) => range,
            Err(error) => return Some(Err(error)),
        };
        Some(match std::str::from_utf8(&self.window.buffer[range]) {
            Ok(text) => Ok((self.number, text)),
            Err(_) => Err(not_text(self.number).in_file(&self.name)),
        })
    }

    /// As [`next_line`](Self::next_line), to be kept. A long line is not copied.
    pub fn next_owned(&mut self) -> Option<Result<(usize, String), DataError>> {
        const LONG: usize = 1 << 20;
        let range = match self.take_range()? {
            Ok(range) => range,
            Err(error) => return Some(Err(error)),
        };
        let bytes = if range.len() < LONG {
            self.window.buffer[range].to_vec()
        } else {
            self.window.give_up(range)
        };
        Some(match String::from_utf8(bytes) {
            Ok(text) => Ok((self.number, text)),
            Err(_) => Err(not_text(self.number).in_file(&self.name)),
        })
    }

    /// The number and the beginning of the next line, if that has more than `length` bytes. Nothing is taken.
    pub(crate) fn peek_long(&mut self, length: usize) -> Option<(usize, &[u8])> {
        // What goes wrong here goes wrong again when the line is taken.
        let is_long = !self.failed && !self.ended && self.window.is_long(length).unwrap_or_default();
        is_long.then(|| {
            (
                self.number + 1,
                &self.window.buffer[self.window.start..self.window.end],
            )
        })
    }

    /// The next piece of a line, and whether it is the last: a line of more than `length` bytes is not there as a whole.
    pub(crate) fn next_piece(&mut self, length: usize) -> Option<Result<(&[u8], bool), DataError>> {
        let is_last = self.peek_long(length).is_none();
        let range = if is_last {
            match self.take_range()? {
                Ok(range) => range,
                Err(error) => return Some(Err(error)),
            }
        } else {
            self.window.take_all()
        };
        Some(Ok((&self.window.buffer[range], is_last)))
    }

    /// The place in the buffer of the next line.
    fn take_range(&mut self) -> Option<Result<Range<usize>, DataError>> {
        if self.failed {
            return None;
        }
        let mut range = match self.window.take_line() {
            Ok(range) => range?,
            Err(error) => {
                self.failed = true;
                return Some(Err(DataError::from(error).in_file(&self.name)));
            }
        };
        self.number += 1;
        let bytes = &self.window.buffer[range.clone()];
        let is_padding = |byte: &u8| byte.is_ascii_whitespace() || *byte == END;
        if self.ended && !bytes.iter().all(is_padding) {
            self.failed = true;
            return Some(Err(after_the_end(self.number).in_file(&self.name)));
        }
        if memchr::memchr(END, bytes).is_some() {
            range.end -= bytes.iter().rev().take_while(|byte| is_padding(byte)).count();
            self.ended = true;
            if memchr::memchr(END, &self.window.buffer[range.clone()]).is_some() {
                self.failed = true;
                return Some(Err(after_the_end(self.number).in_file(&self.name)));
            }
        }
        Some(Ok(range))
    }
}

/// A stream, and the part of it that was read and is not taken yet.
struct Window {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Bytes of the source, where they are known: the memory for a long line is then asked for once.
    expected: usize,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window")
            .field("waiting", &(self.end - self.start))
            .field("at_end", &self.at_end)
            .finish_non_exhaustive()
    }
}

impl Window {
    fn new(source: Box<dyn Read + Send>) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            at_end: false,
            expected: 0,
        }
    }

    /// Reads once more, into memory that grows as what waits grows.
    fn read_more(&mut self) -> io::Result<()> {
        if self.buffer.len() - self.end < BLOCK / 2 && self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() - self.end < BLOCK / 2 {
            if self.end >= 1 << 20 && self.buffer.capacity() < self.expected {
                self.buffer
                    .reserve_exact(self.expected + BLOCK - self.buffer.len());
            }
            let len = (self.buffer.len() + BLOCK).max(self.buffer.len() * 5 / 4);
            self.buffer.reserve_exact(len - self.buffer.len());
            self.buffer.resize(len, 0);
        }
        let read = loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.end += read;
        self.at_end |= read == 0;
        Ok(())
    }

    fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        while self.end - self.start < n && !self.at_end {
            self.read_more()?;
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + n)])
    }

    /// Whether the next line has more than `length` bytes; no more is read than shows it.
    fn is_long(&mut self, length: usize) -> io::Result<bool> {
        let mut searched = 0;
        loop {
            let waiting = &self.buffer[self.start..self.end];
            if self.at_end || memchr::memchr2(b'\n', b'\r', &waiting[searched..]).is_some() {
                return Ok(false);
            }
            searched = waiting.len();
            if searched > length {
                return Ok(true);
            }
            self.read_more()?;
        }
    }

    /// The place in the buffer of all that waits.
    fn take_all(&mut self) -> Range<usize> {
        let all = self.start..self.end;
        self.start = self.end;
        all
    }

    /// The place in the buffer of the next line, whose end is taken with it; none at the end.
    fn take_line(&mut self) -> io::Result<Option<Range<usize>>> {
        let mut searched = 0;
        loop {
            let waiting = &self.buffer[self.start..self.end];
            if let Some(at) = memchr::memchr2(b'\n', b'\r', &waiting[searched..]) {
                let len = searched + at;
                let is_cr = waiting[len] == b'\r';
                // Whether a CR ends the line alone shows in the next byte.
                if is_cr && len + 1 == waiting.len() && !self.at_end {
                    searched = len;
                    self.read_more()?;
                    continue;
                }
                let line = self.start..self.start + len;
                let pair = is_cr && waiting.get(len + 1) == Some(&b'\n');
                self.start = line.end + 1 + usize::from(pair);
                return Ok(Some(line));
            }
            if self.at_end {
                let line = self.start..self.end;
                self.start = self.end;
                return Ok((!line.is_empty()).then_some(line));
            }
            searched = waiting.len();
            self.read_more()?;
        }
    }

    /// The bytes of a line that was taken, in the memory in which they were read.
    fn give_up(&mut self, line: Range<usize>) -> Vec<u8> {
        let rest = self.buffer[self.start..self.end].to_vec();
        (self.start, self.end) = (0, rest.len());
        let mut bytes = std::mem::replace(&mut self.buffer, rest);
        bytes.truncate(line.end);
        bytes.drain(..line.start);
        bytes
    }

    /// The same text as UTF-8 without a byte order mark.
    fn decoded(mut self) -> Self {
        let start = self.peek(4).unwrap_or_default();
        let encoding = match start {
            [0xef, 0xbb, 0xbf, ..] => {
                self.start += 3;
                return self;
            }
            // Of text whose first character is ASCII, every other byte is zero.
            [0xff, 0xfe, ..] | [1..=255, 0, ..] => encoding_rs::UTF_16LE,
            [0xfe, 0xff, ..] | [0, 1..=255, ..] => encoding_rs::UTF_16BE,
            _ => return self,
        };
        let decoded = DecodeReaderBytesBuilder::new()
            .encoding(Some(encoding))
            .strip_bom(true)
            .build(self);
        Self::new(Box::new(decoded))
    }
}

impl Read for Window {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && !self.at_end {
            self.read_more()?;
        }
        let n = into.len().min(self.end - self.start);
        into[..n].copy_from_slice(&self.buffer[self.start..self.start + n]);
        self.start += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe does.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let len = into.len().min(1);
            self.0.read(&mut into[..len])
        }
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        let fast = Input::new("a.g6.gz", Cursor::new(bytes.to_vec())).unwrap();
        let slow = Input::new("a.g6.gz", Slow(Cursor::new(bytes.to_vec()))).unwrap();
        let all = |input: Input| {
            assert_eq!(input.extension().as_deref(), Some("g6"));
            let mut lines = input.into_lines().unwrap();
            let mut all = Vec::new();
            while let Some(line) = lines.next_line() {
                all.push(line.map_or_else(|error| error.to_string(), |(_, line)| line.to_owned()));
            }
            all
        };
        let found = all(fast);
        assert_eq!(found, all(slow));
        found
    }

    #[test]
    fn every_way_to_end_a_line_and_to_encode_it() {
        let want = ["Bw", "", "A_"];
        for text in [
            "Bw\n\nA_\n",
            "Bw\r\n\r\nA_",
            "Bw\r\rA_\r",
            "Bw\n\nA_\n\x1a\x1a",
            "Bw\n\nA_\x1a\n",
        ] {
            let found = lines(text.as_bytes());
            assert_eq!(found[..3], want, "{text:?}");
            assert!(found[3..].iter().all(String::is_empty), "{text:?}");
            assert_eq!(lines(format!("\u{feff}{text}").as_bytes()), found);
            for (mark, from) in [
                ("\u{feff}", u16::to_le_bytes as fn(u16) -> [u8; 2]),
                ("", u16::to_be_bytes),
            ] {
                let wide: Vec<u8> = format!("{mark}{text}").encode_utf16().flat_map(from).collect();
                assert_eq!(lines(&wide), found, "{text:?}");
            }
        }
        assert_eq!(
            lines(b"A\x1a\nB"),
            [
                "A",
                "a.g6.gz: line 2: text after a control-Z, expected the end of the file"
            ]
        );
        assert_eq!(
            lines(b"A\x1aB\nC"),
            ["a.g6.gz: line 1: text after a control-Z, expected the end of the file"]
        );
        assert_eq!(
            lines(b"A\n\xff\nB"),
            [
                "A",
                "a.g6.gz: line 2: bytes that are not UTF-8, expected text",
                "B"
            ]
        );
        assert_eq!(lines(b""), [""; 0]);
    }

    #[test]
    fn packed_files_are_unpacked_and_damaged_ones_are_errors() {
        let text: String = (0..50_000).map(|i| format!("{i}\n")).collect();
        let mut gzip = flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast());
        let mut packed = Vec::new();
        gzip.read_to_end(&mut packed).unwrap();
        let frame = zstd::encode_all(text.as_bytes(), 1).unwrap();
        for packed in [packed, frame] {
            // Files packed one after the other are one file.
            let twice = packed.repeat(2);
            let input = Input::new("x", Cursor::new(twice)).unwrap();
            assert!(input.read_to_text().unwrap() == text.repeat(2));
            let cut = packed[..packed.len() / 2].to_vec();
            let error = Input::new("x", Cursor::new(cut))
                .unwrap()
                .read_to_bytes()
                .unwrap_err();
            assert!(error.to_string().starts_with("x: "), "{error}");
        }
        let error = Input::new("x", Cursor::new(b"BZh91AY&SY".to_vec())).unwrap_err();
        let expected = "x: line 1: a file packed by bzip2, expected text, or a file packed by gzip or zstd";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn whole_texts_and_peeks() {
        let input = |bytes: &[u8]| Input::new("x", Cursor::new(bytes.to_vec())).unwrap();
        assert_eq!(input(b"a\rb\r\nc\x1a").read_to_text().unwrap(), "a\nb\nc");
        let error = input(b"a\rb\xff").read_to_text().unwrap_err();
        assert_eq!(
            error.to_string(),
            "x: line 2: bytes that are not UTF-8, expected text"
        );
        assert_eq!(input(b"b\xff").read_to_text_lossy().unwrap(), "b\u{fffd}");
        // A vertical tab is no blank, in lines and in whole texts.
        assert!(input(b"a\x1a\x0b").read_to_text().is_err());
        assert!(lines(b"a\x1a\x0b")[0].ends_with("the end of the file"));
        let mut peeked = input(b"\xef\xbb\xbfab\r\ncd");
        assert_eq!(peeked.peek(4).unwrap(), b"\xef\xbb\xbfa");
        assert_eq!(peeked.peek_text(6).unwrap(), ("ab\n".to_owned(), false));
        assert_eq!(peeked.peek_text(60).unwrap(), ("ab\ncd".to_owned(), true));
        assert_eq!(peeked.read_to_text().unwrap(), "ab\ncd");
    }
}
