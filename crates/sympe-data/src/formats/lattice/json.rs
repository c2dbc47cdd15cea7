//! JSON: an object with a list `cases`, a list of cases, or one case.
//!
//! A case has `shape`, `[rows, columns]`; `field`, which is `"node"` or `"bond"`; and lists of numbers, row by row:
//! `values` on sites, or `h` on the bonds to the right (horizontal) and `v` on those down (vertical). Bonds may reach further, too:
//! `falling` and `rising` are on those to the next row and column and to the next row and the column before, `h2` and `v2` on
//! those to the second column and to the second row; of a pair both are there. A `name` may be there; other keys are ignored.

use super::{Finite, NamedField, from_channels, shape};
use crate::DataError;
use crate::error::{count, shorten};
use crate::formats::cases::cases;
use serde_json::Value;
use std::fmt::Display;
use sympe_groups::lattice::Reach;

/// The keys of bonds that reach further, in the order of [`Reach::steps`].
const FURTHER: [(Reach, [&str; 2]); 2] = [
    (Reach::Diagonal, ["falling", "rising"]),
    (Reach::Second, ["v2", "h2"]),
];

/// Parses all cases. Cases without a name are called by their number, from 1.
///
/// ```
/// use sympe_data::formats::lattice::json;
/// let text = r#"[{"field": "bond", "shape": [2, 2], "h": [1, 1, 1, 1], "v": [0.5, 0.5, 0.5, 0.5]}]"#;
/// let fields = json::parse(text)?;
/// let (_, [down, right]) = fields[0].field.bond_channels().next().unwrap();
/// assert_eq!((f64::from(down[0]), f64::from(right[0])), (0.5, 1.0));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the text is not JSON, or a case lacks something or has too much of it.
pub fn parse(text: &str) -> Result<Vec<NamedField>, DataError> {
    let named = |(name, case): (String, Value)| {
        let field = parse_case(&case, &name)?;
        Ok(NamedField { name, field })
    };
    cases(text)?.into_iter().map(named).collect()
}

fn parse_case(case: &Value, name: &str) -> Result<sympe_canon::lattice::LatticeField<Finite>, DataError> {
    let fail = |what: String, expected: &str| DataError::field(name, what, expected);
    let get = |key: &str, expected: &str| {
        let missing = || fail(format!("no '{key}'"), expected);
        case.get(key).ok_or_else(missing)
    };
    let expected = "'shape': [rows, columns], both at least 1 and less than 2³¹ sites";
    let given = get("shape", expected)?;
    let side = |axis: usize| given.get(axis).and_then(Value::as_u64);
    let shape = match (side(0), side(1), given.get(2)) {
        (Some(rows), Some(columns), None) => shape(rows, columns),
        _ => None,
    };
    let shape = shape.ok_or_else(|| fail(format!("'shape': {}", Short(given)), expected))?;
    let sites = shape[0] as usize * shape[1] as usize;
    let numbers = |key: &str| {
        let expected = format!("{sites} numbers for {} × {} sites", shape[0], shape[1]);
        let value = get(key, &expected)?;
        let list = (value.as_array()).ok_or_else(|| {
            fail(
                format!("'{key}': {}", Short(value)),
                "a list of numbers, row by row",
            )
        })?;
        if list.len() != sites {
            return Err(fail(
                format!("'{key}' has {}", count(list.len(), ["entry", "entries"])),
                &expected,
            ));
        }
        list.iter()
            .enumerate()
            .map(|(index, value)| {
                let wrong = || {
                    let what = format!("'{key}' has {} at index {index}", Short(value));
                    fail(what, "a number that a 64-bit float holds")
                };
                number(value).ok_or_else(wrong)
            })
            .collect::<Result<Vec<Finite>, DataError>>()
    };
    let expected = "'field': \"node\" or \"bond\"";
    let kind = get("field", expected)?;
    match kind.as_str() {
        Some("node") => Ok(from_channels(shape, vec![numbers("values")?])),
        Some("bond") => {
            let mut field = from_channels(shape, vec![numbers("v")?, numbers("h")?]);
            for (reach, keys) in FURTHER {
                if keys.iter().any(|key| case.get(key).is_some()) {
                    let values = [numbers(keys[0])?, numbers(keys[1])?];
                    field = field.with_bonds_of(reach, values).expect("a value per site");
                }
            }
            Ok(field)
        }
        _ => Err(fail(format!("'field': {}", Short(kind)), expected)),
    }
}

fn number(value: &Value) -> Option<Finite> {
    match (value.as_i64(), value.as_u64()) {
        (Some(integer), _) => Finite::integer(i128::from(integer)),
        (None, Some(integer)) => Finite::integer(i128::from(integer)),
        (None, None) => Finite::checked(value.as_f64()?),
    }
}

/// A value as an error message shows it.
struct Short<'a>(&'a Value);

impl Display for Short<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Value::Array(list) => write!(f, "a list of {}", list.len()),
            Value::Object(_) => f.write_str("an object"),
            value => f.write_str(&shorten(&value.to_string())),
        }
    }
}
