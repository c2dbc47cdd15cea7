//! NPY, the array format of NumPy, versions 1 to 3: booleans, integers and floats of either byte order, in C or Fortran
//! order; and NPZ, a ZIP archive of such files, packed or not.
//!
//! An array of shape `(rows, columns)` is a field on sites; `(2, rows, columns)` are bonds down and right;
//! `(3, rows, columns)` are bonds down and right, and a field on sites. Nothing else is accepted.

use super::{Finite, NamedField, from_channels, shape};
use crate::error::{count, shorten};
use crate::{DataError, archive};
use half::f16;
use sympe_canon::lattice::LatticeField;

/// What the file starts with.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// What an archive of arrays starts with, as `numpy.savez` and `numpy.savez_compressed` write it.
pub const ARCHIVE: &[u8] = b"PK\x03\x04";

/// Parses one array.
///
/// ```
/// use sympe_data::formats::lattice::npy;
/// let header = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }\n";
/// let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
/// bytes.extend((header.len() as u16).to_le_bytes());
/// bytes.extend(header.bytes());
/// bytes.extend([1i16, -1, 300].map(i16::to_le_bytes).concat());
/// let field = npy::parse(&bytes)?;
/// let (_, values) = field.site_channels().next().unwrap();
/// assert_eq!((field.shape(), f64::from(values[2])), ([1, 3], 300.0));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the bytes are not NPY, are too few or too many, or of another type or shape, or a value is not finite or not
/// exactly a 64-bit float.
pub fn parse(bytes: &[u8]) -> Result<LatticeField<Finite>, DataError> {
    let dims = |sides: &[u64]| {
        let (channels, [rows, columns]) = match *sides {
            [rows, columns] => (1, [rows, columns]),
            [channels @ (2 | 3), rows, columns] => (channels, [rows, columns]),
            _ => return None,
        };
        Some((channels, shape(rows, columns)?))
    };
    let expected = "(rows, columns): values on sites; (2, rows, columns): bonds down and right; or (3, rows, columns): \
                    bonds down and right, and values on sites; less than 2³¹ sites, at least one";
    let (array, (channels, shape)) = Array::parse(bytes, dims, expected)?;
    let sites = u64::from(shape[0]) * u64::from(shape[1]);
    let channel = |channel: u64| {
        (0..sites)
            .map(|site| array.value(channel * sites + site))
            .collect()
    };
    let channels = (0..channels).map(channel).collect::<Result<Vec<_>, _>>()?;
    Ok(from_channels(shape, channels))
}

/// Parses every array of an archive, NPZ, as a field of its name.
///
/// # Errors
///
/// When the archive is damaged, packed in another way than by DEFLATE, or has no arrays; or as [`parse`], with the name of the
/// array.
pub fn parse_archive(bytes: &[u8]) -> Result<Vec<NamedField>, DataError> {
    let field = |(name, bytes): (String, Vec<u8>)| match parse(&bytes) {
        Ok(field) => Ok(NamedField { name, field }),
        Err(error) => Err(error.in_file(name)),
    };
    arrays(bytes)?.into_iter().map(field).collect()
}

/// The files of an archive whose names end in `.npy`, under their names without that.
pub(in crate::formats) fn arrays(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, DataError> {
    const KIND: &str = "an archive of arrays (.npz)";
    let arrays = archive::members(bytes, KIND, |path| path.strip_suffix(".npy").map(str::to_owned))?;
    if arrays.is_empty() {
        return Err(DataError::byte(0, "an archive without arrays", KIND));
    }
    Ok(arrays)
}

/// An array of any shape.
pub(in crate::formats) struct Array<'a> {
    header: Header,
    number: Number,
    data: &'a [u8],
    /// Where the data start in the file.
    offset: usize,
}

impl<'a> Array<'a> {
    /// An array, and what is made of its sides, slowest first; `expected` says of which sides something is.
    pub(in crate::formats) fn parse<T>(
        bytes: &'a [u8],
        of_sides: impl FnOnce(&[u64]) -> Option<T>,
        expected: &str,
    ) -> Result<(Self, T), DataError> {
        if bytes.starts_with(ARCHIVE) {
            return Err(DataError::byte(
                0,
                "an archive of arrays (.npz)",
                "an array (.npy)",
            ));
        }
        let [major, minor] = *bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| DataError::byte(0, "no NPY file", "\\x93NUMPY"))?
            .first_chunk()
            .ok_or_else(|| DataError::byte(bytes.len(), "the end of the file", "a version"))?;
        let start = MAGIC.len() + 2;
        let truncated = || DataError::byte(bytes.len(), "the end of the file", "a header");
        let (length, start) = match (major, minor) {
            (1, 0) => {
                let length = bytes[start..].first_chunk().ok_or_else(truncated)?;
                (usize::from(u16::from_le_bytes(*length)), start + 2)
            }
            (2 | 3, 0) => {
                let length = bytes[start..].first_chunk().ok_or_else(truncated)?;
                (u32::from_le_bytes(*length) as usize, start + 4)
            }
            _ => {
                let what = format!("NPY version {major}.{minor}");
                return Err(DataError::byte(MAGIC.len(), what, "1.0, 2.0 or 3.0"));
            }
        };
        let offset = start.saturating_add(length);
        let header = bytes.get(start..offset).ok_or_else(|| {
            let what = "the end of the file";
            DataError::byte(bytes.len(), what, format!("a header of {length} bytes"))
        })?;
        let header = Header::parse(header, start)?;
        let sides = of_sides(&header.shape)
            .ok_or_else(|| DataError::byte(start, format!("shape {:?}", header.shape), expected))?;
        let number = Number::new(&header.descr).ok_or_else(|| {
            let what = format!("type '{}'", shorten(&header.descr));
            let expected = "a boolean, integer or float: |b1, or < or > with i1 to i8, u1 to u8, f2, f4, f8";
            DataError::byte(start, what, expected)
        })?;
        let data = &bytes[offset..];
        let size = header
            .shape
            .iter()
            .try_fold(number.size as u64, |size, &side| size.checked_mul(side));
        if size != Some(data.len() as u64) {
            let what = format!("{} of data", count(data.len(), ["byte", "bytes"]));
            let want = size.map_or("more bytes than there can be".to_owned(), |size| {
                count(size, ["byte", "bytes"])
            });
            return Err(DataError::byte(
                offset,
                what,
                format!("{want} for shape {:?}", header.shape),
            ));
        }
        let array = Self {
            header,
            number,
            data,
            offset,
        };
        Ok((array, sides))
    }

    /// The value with this number, the last index being fastest.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub(in crate::formats) fn value(&self, index: u64) -> Result<Finite, DataError> {
        let index = if self.header.fortran_order {
            let (mut rest, mut weight, mut place) =
                (index, self.data.len() as u64 / self.number.size as u64, 0);
            for &side in self.header.shape.iter().rev() {
                weight /= side;
                place += rest % side * weight;
                rest /= side;
            }
            place
        } else {
            index
        };
        let start = self.number.size * index as usize;
        self.number
            .read(&self.data[start..start + self.number.size], self.offset + start)
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Boolean,
    Signed,
    Unsigned,
    Float,
}

/// A type of numbers.
struct Number {
    kind: Kind,
    size: usize,
    big_endian: bool,
}

impl Number {
    fn new(descr: &str) -> Option<Self> {
        let (order, kind, size) = match descr.as_bytes() {
            [order @ (b'<' | b'>' | b'|'), kind, size] => {
                (*order, *kind, usize::from(size.checked_sub(b'0')?))
            }
            _ => return None,
        };
        let kind = match (kind, size) {
            (b'b', 1) => Kind::Boolean,
            (b'i', 1 | 2 | 4 | 8) => Kind::Signed,
            (b'u', 1 | 2 | 4 | 8) => Kind::Unsigned,
            (b'f', 2 | 4 | 8) => Kind::Float,
            _ => return None,
        };
        // Only single bytes have no order.
        (order != b'|' || size == 1).then_some(Self {
            kind,
            size,
            big_endian: order == b'>',
        })
    }

    fn read(&self, bytes: &[u8], offset: usize) -> Result<Finite, DataError> {
        let join = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        let word = if self.big_endian {
            bytes.iter().fold(0, join)
        } else {
            bytes.iter().rev().fold(0, join)
        };
        let unused = 64 - 8 * self.size as u32;
        let (value, what) = match self.kind {
            Kind::Boolean => (
                Finite::integer(i128::from(word)).filter(|_| word <= 1),
                format!("boolean {word}"),
            ),
            Kind::Signed => {
                let value = (word << unused) as i64 >> unused;
                (Finite::integer(i128::from(value)), value.to_string())
            }
            Kind::Unsigned => (Finite::integer(i128::from(word)), word.to_string()),
            Kind::Float if self.size == 2 => {
                let value = f16::from_bits(word as u16);
                (Finite::checked(value.to_f64()), value.to_string())
            }
            Kind::Float if self.size == 4 => {
                let value = f32::from_bits(word as u32);
                (Finite::checked(f64::from(value)), value.to_string())
            }
            Kind::Float => {
                let value = f64::from_bits(word);
                (Finite::checked(value), value.to_string())
            }
        };
        let expected = match self.kind {
            Kind::Boolean => "0 or 1",
            Kind::Float => "a finite number",
            Kind::Signed | Kind::Unsigned => "an integer that a 64-bit float holds",
        };
        value.ok_or_else(|| DataError::byte(offset, what, expected))
    }
}

/// `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<u64>,
}

impl Header {
    fn parse(bytes: &[u8], offset: usize) -> Result<Self, DataError> {
        let mut cursor = Cursor { bytes, at: 0, offset };
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        cursor.expect(b'{')?;
        while !cursor.accept(b'}') {
            let key_at = cursor.offset + cursor.at;
            let key = cursor.string("a key")?;
            cursor.expect(b':')?;
            match key.as_str() {
                "descr" => descr = Some(cursor.string("the type of the array as a string")?),
                "fortran_order" => fortran_order = Some(cursor.boolean()?),
                "shape" => shape = Some(cursor.tuple()?),
                _ => {
                    let what = format!("key '{}'", shorten(&key));
                    return Err(DataError::byte(key_at, what, "descr, fortran_order or shape"));
                }
            }
            if !cursor.accept(b',') {
                cursor.expect(b'}')?;
                break;
            }
        }
        let missing = |key: &str| DataError::byte(offset, format!("a header without '{key}'"), "one with it");
        Ok(Self {
            descr: descr.ok_or_else(|| missing("descr"))?,
            fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
        })
    }
}

/// A place in the header, from where it is read.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the header starts in the file.
    offset: usize,
}

impl Cursor<'_> {
    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn fail(&mut self, expected: &str) -> DataError {
        let what = match self.peek() {
            None => "the end of the header".to_owned(),
            Some(byte) => format!("{:?}", char::from(byte)),
        };
        DataError::byte(self.offset + self.at, what, expected)
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), DataError> {
        if self.accept(byte) {
            return Ok(());
        }
        Err(self.fail(&format!("{:?}", char::from(byte))))
    }

    fn string(&mut self, expected: &str) -> Result<String, DataError> {
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.fail(expected)),
        };
        let rest = &self.bytes[self.at + 1..];
        let Some(length) = rest.iter().position(|&byte| byte == quote) else {
            return Err(DataError::byte(
                self.offset + self.at,
                "a string without end",
                expected,
            ));
        };
        self.at += length + 2;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn boolean(&mut self) -> Result<bool, DataError> {
        self.peek();
        for (word, value) in [("True", true), ("False", false)] {
            if self.bytes[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fail("True or False"))
    }

    fn tuple(&mut self) -> Result<Vec<u64>, DataError> {
        let mut numbers = Vec::new();
        self.expect(b'(')?;
        while !self.accept(b')') {
            numbers.push(self.integer()?);
            if !self.accept(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Ok(numbers)
    }

    fn integer(&mut self) -> Result<u64, DataError> {
        let mut value = None;
        self.peek();
        while let Some(digit) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            let digit = u64::from(digit - b'0');
            let next = value
                .unwrap_or(0u64)
                .checked_mul(10)
                .and_then(|ten| ten.checked_add(digit));
            value = Some(next.ok_or_else(|| self.fail("a number below 2⁶⁴"))?);
            self.at += 1;
        }
        // Python 2 wrote 3L.
        if value.is_some() && self.bytes.get(self.at) == Some(&b'L') {
            self.at += 1;
        }
        value.ok_or_else(|| self.fail("a number or ')'"))
    }
}
