//! Floats in files of JSON, infinite ones and NaN included.
//!
//! JSON has no number for them. A finite float is a JSON number, the infinities are the strings `"inf"` and `"-inf"`, and
//! NaN is `null`, which is what earlier versions wrote for all three. Read are other spellings, too: `"nan"`, and
//! `Infinity` with or without a sign, in any case.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A float that a file of JSON can hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number(pub(crate) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            f64::INFINITY => serializer.serialize_str("inf"),
            f64::NEG_INFINITY => serializer.serialize_str("-inf"),
            nan if nan.is_nan() => serializer.serialize_unit(),
            finite => serializer.serialize_f64(finite),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tagged;
        impl Visitor<'_> for Tagged {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, \"inf\", \"-inf\", or null for NaN")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
                Ok(Number(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }

            fn visit_unit<E: Error>(self) -> Result<Number, E> {
                Ok(Number(f64::NAN))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                // Finite numbers are no strings: what is one has been damaged or was never written by this program.
                let value = text.parse().ok().filter(|value: &f64| !value.is_finite());
                value
                    .map(Number)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Tagged)
    }
}

/// A float as a value of JSON.
pub(crate) fn json(value: f64) -> Value {
    serde_json::to_value(Number(value)).expect("floats are JSON")
}

/// The float that a value of JSON is, if it is one.
pub(crate) fn of_json(value: &Value) -> Option<f64> {
    Number::deserialize(value).ok().map(|number| number.0)
}

/// For `serde(with)`: a float.
pub(crate) mod float {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Number(*value).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Number::deserialize(deserializer).map(|number| number.0)
    }
}

/// For `serde(with)`: floats by name.
pub(crate) mod by_name {
    use super::{BTreeMap, Deserialize, Deserializer, Number, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        values: &BTreeMap<String, f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(values.iter().map(|(name, value)| (name, Number(*value))))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, f64>, D::Error> {
        let values = BTreeMap::<String, Number>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|(name, value)| (name, value.0)).collect())
    }
}

/// For `serde(with)`: an epoch and its metric, if there is one.
pub(crate) mod best {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        best: &Option<(u64, f64)>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        best.map(|(epoch, value)| (epoch, Number(value)))
            .serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<(u64, f64)>, D::Error> {
        let best = Option::<(u64, Number)>::deserialize(deserializer)?;
        Ok(best.map(|(epoch, value)| (epoch, value.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_survives_json_and_finite_ones_are_numbers() {
        for value in [0.1 + 0.2, -0.0, f64::MIN_POSITIVE / 4.0, f64::MAX, 3.0] {
            let text = serde_json::to_string(&Number(value)).unwrap();
            assert_eq!(text, serde_json::to_string(&value).unwrap());
            let read: Number = serde_json::from_str(&text).unwrap();
            assert_eq!(read.0.to_bits(), value.to_bits());
        }
        for (value, expected) in [(f64::INFINITY, "\"inf\""), (f64::NEG_INFINITY, "\"-inf\"")] {
            let text = serde_json::to_string(&Number(value)).unwrap();
            assert_eq!(text, expected);
            assert_eq!(serde_json::from_str::<Number>(&text).unwrap().0, value);
        }
        assert_eq!(serde_json::to_string(&Number(f64::NAN)).unwrap(), "null");
    }

    #[test]
    fn other_spellings_are_read_and_anything_else_is_refused() {
        let read = |text: &str| serde_json::from_str::<Number>(text).map(|number| number.0);
        for nan in ["null", "\"nan\"", "\"NaN\""] {
            assert!(read(nan).unwrap().is_nan(), "{nan}");
        }
        assert_eq!(read("\"Infinity\"").unwrap(), f64::INFINITY);
        assert_eq!(read("\"-infinity\"").unwrap(), f64::NEG_INFINITY);
        assert_eq!(read("-7").unwrap(), -7.0);
        for wrong in ["\"1.5\"", "\"\"", "\"in\"", "true", "[1]", "{}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(of_json(&json(f64::NEG_INFINITY)), Some(f64::NEG_INFINITY));
        assert_eq!(of_json(&Value::Bool(true)), None);
    }
}
