//! Fields on a torus from files: JSON, NPY, plain text. Parsers never panic: an error names the line, the byte or the
//! field, what was found and what was expected.
//!
//! In all formats, bonds start at the site whose place their values have, and lead *down* to the next row or *right* to
//! the next column. Site channels are odd: the spin flip, where a group has it, negates their values.

pub mod json;
pub mod npy;
pub mod text;

use crate::DataError;
use crate::input::{self, Input};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Neg;
use std::path::Path;
use sympe_canon::lattice::LatticeField;

/// A finite 64-bit float; zero has no sign. Compared exactly, so that fields of them can be canonicalized.
///
/// ```
/// use sympe_data::formats::lattice::Finite;
/// let (zero, third) = (Finite::new(-0.0)?, Finite::new(1.0 / 3.0)?);
/// assert_eq!(zero, Finite::new(0.0)?);
/// assert!(-third < zero && f64::from(-third) == -1.0 / 3.0);
/// assert_eq!(Finite::new(f64::NAN).unwrap_err().to_string(), "value is NaN, expected a finite number");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Finite(f64);

impl Finite {
    /// The number.
    ///
    /// # Errors
    ///
    /// When it is not finite.
    pub fn new(value: f64) -> Result<Self, DataError> {
        Self::checked(value).ok_or_else(|| DataError::invalid("value", value, "a finite number"))
    }

    fn checked(value: f64) -> Option<Self> {
        // −0 + 0 = 0.
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// An integer, if a 64-bit float can hold it.
    fn integer(value: i128) -> Option<Self> {
        let float = value as f64;
        (float as i128 == value).then_some(Self(float))
    }
}

impl Eq for Finite {}

impl Ord for Finite {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Finite {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Finite {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Neg for Finite {
    type Output = Self;

    fn neg(self) -> Self {
        Self(0.0 - self.0)
    }
}

impl From<Finite> for f64 {
    fn from(value: Finite) -> Self {
        value.0
    }
}

impl fmt::Display for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A field and its name: that of a case, or of the file.
///
/// ```
/// use sympe_data::formats::lattice::{NamedField, json};
/// let text = r#"{"name": "pair", "field": "node", "shape": [1, 2], "values": [1, -1]}"#;
/// let fields: Vec<NamedField> = json::parse(text)?;
/// assert_eq!((fields[0].name.as_str(), fields[0].field.shape()), ("pair", [1, 2]));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NamedField {
    /// The name.
    pub name: String,
    /// The field.
    pub field: LatticeField<Finite>,
}

sympe_groups::named! {
    "format of fields"
    /// A file format of fields on a torus.
    ///
    /// ```
    /// use sympe_data::formats::lattice::LatticeFormat;
    /// assert_eq!("npy".parse::<LatticeFormat>()?, LatticeFormat::Npy);
    /// assert_eq!(LatticeFormat::detect(b" [{"), LatticeFormat::Json);
    /// assert_eq!(LatticeFormat::detect(b"+-\n-+\n"), LatticeFormat::Text);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    pub enum LatticeFormat {
        /// [`json`]: any number of fields.
        Json = "json",
        /// [`npy`]: one field, or one for each array of an archive.
        Npy = "npy",
        /// [`text`]: one field.
        Text = "text",
    }
}

impl LatticeFormat {
    /// The format of a file, by its first bytes: text if it is nothing else.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Self {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            _ if bytes.starts_with(npy::MAGIC) || bytes.starts_with(npy::ARCHIVE) => Self::Npy,
            Some(b'{' | b'[') => Self::Json,
            _ => Self::Text,
        }
    }
}

/// The fields of a file, and the format they are in. A field without a name gets that of the file, without extension.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// use sympe_canon::Canonicalizer;
/// use sympe_canon::lattice::LatticeSymmetry;
/// use sympe_data::formats::lattice;
///
/// let path = folder.path().join("checkerboard.txt");
/// std::fs::write(&path, "+-\n-+\n")?;
/// let (fields, format) = lattice::read(&path, None)?;
/// assert_eq!((fields[0].name.as_str(), format.to_string().as_str()), ("checkerboard", "text"));
/// let symmetry = LatticeSymmetry::new("p4m(2x2) x Z2".parse().unwrap());
/// assert_eq!(symmetry.canonicalize(&fields[0].field).unwrap().stabilizer.order(), 32);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the file cannot be read or is not in the format; the error names the file.
pub fn read(
    path: &Path,
    format: Option<LatticeFormat>,
) -> Result<(Vec<NamedField>, LatticeFormat), DataError> {
    read_input(input::open(path)?, format)
}

/// As [`read`], of what is open already.
///
/// # Errors
///
/// As [`read`].
pub fn read_input(
    mut input: Input,
    format: Option<LatticeFormat>,
) -> Result<(Vec<NamedField>, LatticeFormat), DataError> {
    let source = input.name().to_owned();
    let format = match format {
        Some(format) => format,
        None => match LatticeFormat::detect(input.peek(npy::MAGIC.len())?) {
            LatticeFormat::Npy => LatticeFormat::Npy,
            _ => LatticeFormat::detect(input.peek_text(4096)?.0.as_bytes()),
        },
    };
    let named = |field| {
        let mut name = Path::new(source.file_stem().unwrap_or_default());
        if input::is_packed_name(&source) {
            name = Path::new(name.file_stem().unwrap_or_default());
        }
        let name = name.to_string_lossy().into_owned();
        vec![NamedField { name, field }]
    };
    let fields = match format {
        LatticeFormat::Npy => {
            let bytes = input.read_to_bytes()?;
            if bytes.starts_with(npy::ARCHIVE) {
                npy::parse_archive(&bytes)
            } else {
                npy::parse(&bytes).map(named)
            }
        }
        LatticeFormat::Json => json::parse(&input.read_to_text()?),
        LatticeFormat::Text => text::parse(&input.read_to_text()?).map(named),
    };
    Ok((fields.map_err(|error| error.in_file(&source))?, format))
}

/// Rows and columns of a torus, if there can be one.
fn shape(rows: u64, columns: u64) -> Option<[u32; 2]> {
    let sites = rows.checked_mul(columns)?;
    (1..1 << 31)
        .contains(&sites)
        .then_some([rows as u32, columns as u32])
}

/// One site channel; bonds down and right; or bonds down and right and a site channel.
fn from_channels([rows, columns]: [u32; 2], mut channels: Vec<Vec<Finite>>) -> LatticeField<Finite> {
    let sites = if channels.len() == 2 { None } else { channels.pop() };
    let mut field = LatticeField::new(rows, columns);
    if let (Some(right), Some(down)) = (channels.pop(), channels.pop()) {
        field = field.with_bonds(down, right).expect("a value per site");
    }
    match sites {
        Some(sites) => field.with_odd_sites(sites).expect("a value per site"),
        None => field,
    }
}
