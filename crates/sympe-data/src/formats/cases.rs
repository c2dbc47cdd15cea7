//! JSON of fields and of point clouds: an object with a list `cases`, a list of cases, or one case.

use crate::DataError;
use serde_json::Value;

/// All cases, at least one, with their names; those without are called by their number, from 1.
///
/// # Errors
///
/// When the text is not JSON, or there is no case.
pub(in crate::formats) fn cases(text: &str) -> Result<Vec<(String, Value)>, DataError> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or_default();
        DataError::syntax(error.line().max(1), format!("'{what}'"), "JSON")
    })?;
    let cases = match value {
        Value::Object(mut object) => match object.remove("cases") {
            Some(Value::Array(cases)) => cases,
            Some(_) => return Err(DataError::field("cases", "no list", "a list of cases")),
            None => vec![Value::Object(object)],
        },
        Value::Array(cases) => cases,
        case => vec![case],
    };
    if cases.is_empty() {
        return Err(DataError::field("cases", "an empty list", "at least one case"));
    }
    let named = |(index, case): (usize, Value)| {
        let name = case.get("name").and_then(Value::as_str);
        let name = name.map_or_else(|| (index + 1).to_string(), str::to_owned);
        (name, case)
    };
    Ok(cases.into_iter().enumerate().map(named).collect())
}
