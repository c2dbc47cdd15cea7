//! PDB: atoms in columns, several models in a text, and bonds where they are listed.
//!
//! The lines `ATOM` and `HETATM` are read; `ENDMDL` and `END` end a model. `CONECT` lists the atoms that one is bonded to, for all
//! models; a partner that is listed twice or three times is bonded by a double or a triple bond.

use super::{BondOrder, Element};
use crate::DataError;
use crate::error::shorten;
use std::collections::{BTreeMap, HashMap};

/// The atoms of a model.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) elements: Vec<Element>,
    pub(crate) places: Vec<[f64; 3]>,
    /// What the file calls the atoms.
    serials: Vec<String>,
}

/// The models of a text.
pub(crate) fn models(text: &str) -> Vec<Result<Model, DataError>> {
    let mut models = Vec::new();
    let mut model: Result<Model, DataError> = Ok(Model::default());
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    for (number, line) in lines.chain([(0, "END")]) {
        if line.starts_with("ATOM  ") || line.starts_with("HETATM") {
            if let Ok(atoms) = &mut model {
                match atom(line, number) {
                    Ok((element, place)) => {
                        atoms.elements.push(element);
                        atoms.places.push(place);
                        atoms.serials.push(columns(line, 6, 11).to_owned());
                    }
                    Err(error) => model = Err(error),
                }
            }
        } else if line.trim_end() == "END" || line.starts_with("ENDMDL") {
            let ended = std::mem::replace(&mut model, Ok(Model::default()));
            if !matches!(&ended, Ok(atoms) if atoms.elements.is_empty()) {
                models.push(ended);
            }
        }
    }
    models
}

/// The bonds that a text lists, by the names of their atoms; none if there are no such lines.
pub(crate) struct Connections(BTreeMap<(String, String), u32>);

impl Connections {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut count: BTreeMap<(String, String), u32> = BTreeMap::new();
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("CONECT")).collect();
        for line in &lines {
            let from = columns(line, 6, 11);
            for to in (0..4).map(|index| columns(line, 11 + 5 * index, 16 + 5 * index)) {
                if !to.is_empty() {
                    *count.entry((from.to_owned(), to.to_owned())).or_default() += 1;
                }
            }
        }
        (!lines.is_empty()).then_some(Self(count))
    }

    /// The bonds between atoms of a model: what is said of one from both ends is one bond.
    pub(crate) fn bonds(&self, model: &Model) -> Vec<(u32, u32, BondOrder)> {
        let index: HashMap<&str, u32> = model.serials.iter().map(String::as_str).zip(0..).collect();
        let mut orders: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for ((from, to), &count) in &self.0 {
            if let (Some(&u), Some(&v)) = (index.get(from.as_str()), index.get(to.as_str()))
                && u != v
            {
                let order = orders.entry((u.min(v), u.max(v))).or_default();
                *order = count.max(*order);
            }
        }
        let bond = |((u, v), count): ((u32, u32), u32)| {
            let order = BondOrder::from_number(count.min(3)).expect("one to three");
            (u, v, order)
        };
        orders.into_iter().map(bond).collect()
    }
}

/// Columns of a line, from 0, without the spaces around what they hold.
fn columns(line: &str, from: usize, to: usize) -> &str {
    line.get(from..to.min(line.len())).unwrap_or("").trim()
}

/// The element and the place on a line of an atom: columns 77 and 78, or else the name in 13 to 16; columns 31 to 54.
fn atom(line: &str, number: usize) -> Result<(Element, [f64; 3]), DataError> {
    let wrong =
        |what: &str, expected: &str| DataError::syntax(number, format!("'{}'", shorten(what)), expected);
    let mut place = [0.0; 3];
    for (axis, coordinate) in place.iter_mut().enumerate() {
        let word = columns(line, 30 + 8 * axis, 38 + 8 * axis);
        let parsed = word.parse().ok().filter(|x: &f64| x.is_finite());
        *coordinate = parsed.ok_or_else(|| wrong(word, "a coordinate in columns 31 to 54"))?;
    }
    // A name of four letters begins in the first column, one of an element of one letter in the second.
    let name = columns(line, 12, 14).trim_start_matches(|c: char| c.is_ascii_digit());
    let named = |symbol: &str| {
        let mut all = Element::ALL.into_iter();
        all.find(|element| element.symbol().eq_ignore_ascii_case(symbol))
    };
    let element = named(columns(line, 76, 78))
        .or_else(|| named(name))
        .or_else(|| named(name.get(..1)?));
    let element = element.ok_or_else(|| {
        wrong(
            columns(line, 12, 16),
            "an element in columns 77 and 78, or the name of an atom",
        )
    })?;
    Ok((element, place))
}
