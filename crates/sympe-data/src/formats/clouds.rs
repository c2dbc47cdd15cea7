//! Point clouds from files: JSON, PDB, and the places of atoms in files of molecules.
//!
//! JSON is an object with a list `cases`, a list of cases, or one case. A case has `positions`, a list of points of two or of three
//! numbers; it may have `types`, one for each point, which are integers from 0 or symbols of elements (their atomic numbers), and
//! a `name`; other keys are ignored. Without types, all points are of one.
//!
//! Of PDB, the lines `ATOM` and `HETATM` are read, in their columns; `ENDMDL` and `END` end a cloud. Clouds of XYZ are called by
//! their comments, those of SDF by their titles.

use super::cases::cases;
use crate::DataError;
use crate::error::{count, shorten};
use crate::input::Input;
use crate::molecule::{Element, MoleculeFormat, MoleculeLines, Molecules, Names, pdb};
use serde_json::Value;
use sympe_canon::points::PointCloud;

/// A cloud of the plane or of space.
#[derive(Clone, Debug, PartialEq)]
pub enum Cloud {
    /// Points with two coordinates.
    Plane(PointCloud<2>),
    /// Points with three.
    Space(PointCloud<3>),
}

/// A cloud and its name: that of a case, the comment of XYZ, the title of SDF, or its number in the file, from 1.
///
/// ```
/// use sympe_data::formats::clouds::{Cloud, NamedCloud, parse_json};
/// let text = r#"{"name": "dumbbell", "positions": [[0, 0, 1], [0, 0, -1]], "types": ["N", "N"]}"#;
/// let NamedCloud { name, cloud } = parse_json(text)?.remove(0)?;
/// let Cloud::Space(cloud) = cloud else { panic!("three coordinates") };
/// assert_eq!((name.as_str(), cloud.types()), ("dumbbell", &[7, 7][..]));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NamedCloud {
    /// The name.
    pub name: String,
    /// The points.
    pub cloud: Cloud,
}

sympe_groups::named! {
    "format of point clouds"
    /// A file format of point clouds.
    ///
    /// ```
    /// use sympe_data::formats::Content;
    /// use sympe_data::formats::clouds::CloudFormat;
    /// assert_eq!("pdb".parse::<Content>()?, Content::Clouds(CloudFormat::Pdb));
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    pub enum CloudFormat {
        /// JSON, any number of clouds.
        Json = "clouds",
        /// PDB, one cloud for each model.
        Pdb = "pdb",
    }
}

/// What is wrong with a cloud spoils that cloud only.
type Clouds = Vec<Result<NamedCloud, DataError>>;

/// The clouds of an input.
///
/// # Errors
///
/// When it cannot be read, or is not JSON.
pub fn read_input(input: Input, format: CloudFormat) -> Result<Clouds, DataError> {
    let name = input.name().to_owned();
    let text = input.read_to_text()?;
    let clouds = match format {
        CloudFormat::Json => parse_json(&text).map_err(|error| error.in_file(&name))?,
        CloudFormat::Pdb => parse_pdb(&text),
    };
    let in_file = |cloud: Result<NamedCloud, DataError>| cloud.map_err(|error| error.in_file(&name));
    Ok(clouds.into_iter().map(in_file).collect())
}

/// The places of the atoms of a file of molecules, their types being atomic numbers.
///
/// # Errors
///
/// When the input cannot be read, or its format is SMILES, which has no places.
pub fn read_molecules(input: Input, format: MoleculeFormat) -> Result<Clouds, DataError> {
    let name = input.name().to_owned();
    if format == MoleculeFormat::Smiles {
        return Err(DataError::no_places().in_file(name));
    }
    let molecules = Molecules::new(input.into_lines()?, format);
    let mut names = Names::default();
    let cloud = |lines: Result<MoleculeLines, DataError>| {
        let title = names.next(lines.as_ref().ok().and_then(MoleculeLines::title));
        let (elements, places) = lines?.places()?;
        of_atoms(title, &elements, places)
    };
    let clouds = molecules
        .map(cloud)
        .map(|cloud| cloud.map_err(|error| error.in_file(&name)));
    Ok(clouds.collect())
}

fn of_atoms(name: String, elements: &[Element], places: Vec<[f64; 3]>) -> Result<NamedCloud, DataError> {
    let types = elements.iter().map(|&element| element.atomic_number()).collect();
    let cloud = PointCloud::new(places, types).map_err(|error| of_cloud(&name, &error.to_string()))?;
    Ok(NamedCloud {
        name,
        cloud: Cloud::Space(cloud),
    })
}

fn of_cloud(name: &str, what: &str) -> DataError {
    DataError::field(name, what, "a cloud of points")
}

/// Parses all cases of a JSON text. Cases without a name are called by their number, from 1.
///
/// # Errors
///
/// When the text is not JSON, or there is no case.
pub fn parse_json(text: &str) -> Result<Clouds, DataError> {
    let named = |(name, case): (String, Value)| {
        let cloud = of_case(&case, &name)?;
        Ok(NamedCloud { name, cloud })
    };
    Ok(cases(text)?.into_iter().map(named).collect())
}

fn of_case(case: &Value, name: &str) -> Result<Cloud, DataError> {
    let expected = "'positions': a list of points, each of two or of three numbers";
    let positions = case.get("positions").and_then(Value::as_array);
    let positions = positions.ok_or_else(|| DataError::field(name, "no list 'positions'", expected))?;
    let types = match case.get("types") {
        None => vec![0; positions.len()],
        Some(types) => of_types(types, name)?,
    };
    let width = positions.first().and_then(Value::as_array).map_or(3, Vec::len);
    let fail = |error: sympe_canon::CanonError| of_cloud(name, &error.to_string());
    match width {
        2 => Ok(Cloud::Plane(
            PointCloud::new(places(positions, name)?, types).map_err(fail)?,
        )),
        3 => Ok(Cloud::Space(
            PointCloud::new(places(positions, name)?, types).map_err(fail)?,
        )),
        _ => {
            let what = format!("'positions' begins with {}", count(width, ["number", "numbers"]));
            Err(DataError::field(name, what, expected))
        }
    }
}

fn places<const D: usize>(positions: &[Value], name: &str) -> Result<Vec<[f64; D]>, DataError> {
    let place = |(index, value): (usize, &Value)| {
        let numbers = value
            .as_array()
            .map(|list| list.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>());
        let place: Option<[f64; D]> = numbers.flatten().and_then(|numbers| numbers.try_into().ok());
        place.ok_or_else(|| {
            let what = format!("'positions' has {} at index {index}", shorten(&value.to_string()));
            DataError::field(name, what, format!("{D} numbers, as in the first point"))
        })
    };
    positions.iter().enumerate().map(place).collect()
}

fn of_types(types: &Value, name: &str) -> Result<Vec<u32>, DataError> {
    let expected = "'types': a list of integers from 0, or of symbols of elements, one for each point";
    let list = types
        .as_array()
        .ok_or_else(|| DataError::field(name, "'types' is no list", expected))?;
    let kind = |(index, value): (usize, &Value)| {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let element = || value.as_str()?.parse::<Element>().ok();
        let kind = number.or_else(|| element().map(|element| element.atomic_number()));
        kind.ok_or_else(|| {
            let what = format!("'types' has {} at index {index}", shorten(&value.to_string()));
            DataError::field(name, what, expected)
        })
    };
    list.iter().enumerate().map(kind).collect()
}

/// Parses the models of a PDB text.
#[must_use]
pub fn parse_pdb(text: &str) -> Clouds {
    let models = pdb::models(text).into_iter().zip(1..);
    let cloud = |(model, number): (Result<pdb::Model, DataError>, usize)| {
        let model = model?;
        of_atoms(number.to_string(), &model.elements, model.places)
    };
    models.map(cloud).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(clouds: &Clouds) -> String {
        clouds[0].as_ref().unwrap_err().to_string()
    }

    #[test]
    fn json_says_what_is_wrong_with_a_case() {
        let of = |text: &str| message(&parse_json(text).unwrap());
        assert!(of("{}").contains("no list 'positions'"));
        assert!(of(r#"{"positions": []}"#).contains("the cloud has no points"));
        assert!(of(r#"{"positions": [[1]]}"#).contains("begins with 1 number"));
        assert!(of(r#"{"positions": [[1, 2], [1, "x"]]}"#).contains("[1,\"x\"] at index 1"));
        assert!(of(r#"{"positions": [[1, 2]], "types": [-1]}"#).contains("-1 at index 0"));
        assert!(of(r#"{"positions": [[1, 2]], "types": [1, 1]}"#).contains("expected 1"));
        assert!(parse_json("[").unwrap_err().to_string().contains("expected JSON"));
        // A case that is wrong does not spoil the others.
        let clouds = parse_json(r#"[{}, {"positions": [[0, 1]]}]"#).unwrap();
        assert_eq!(clouds[1].as_ref().unwrap().name, "2");
    }

    #[test]
    fn models_of_pdb() {
        let line = |name: &str, x: f64| {
            format!(
                "ATOM      1 {name:<4} ALA A   1    {x:8.3}{:8.3}{:8.3}  1.00  0.00",
                0.0, 1.5
            )
        };
        let text = format!(
            "MODEL 1\n{}\n{}\nENDMDL\nMODEL 2\n{}\nENDMDL\nEND\n",
            line(" CA", 1.0),
            line("1HB ", 2.0),
            line("XX", 0.0)
        );
        let clouds = parse_pdb(&text);
        assert_eq!(clouds.len(), 2);
        let Cloud::Space(cloud) = &clouds[0].as_ref().unwrap().cloud else {
            panic!("three coordinates")
        };
        assert_eq!(
            (cloud.types(), cloud.positions()[1]),
            (&[6, 1][..], [2.0, 0.0, 1.5])
        );
        assert!(clouds[1].as_ref().unwrap_err().to_string().contains("line 6"));
    }
}
