//! Drawings of molecules.

use crate::graphs::{fit, grid, line};
use crate::layout::Point;
use crate::molecule_layout::{places, rings};
use std::fmt::Write;
use sympe_data::molecule::{Atom, BondOrder, Element, Molecule};

/// Molecules in rows of `columns`, each with a caption below.
///
/// Heavy atoms other than carbon are letters, hydrogens small ones; carbon is where bonds meet, and a letter where it has
/// no bonds or a charge. Double and triple bonds are two and three lines.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let phenol = smiles::parse("C1=CC=CC=C1O", 1)?;
/// let svg = sympe_report::molecules(&[("phenol".into(), phenol)], 4);
/// assert!(svg.starts_with("<svg") && svg.contains(">phenol<"));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[must_use]
pub fn molecules(items: &[(String, Molecule)], columns: usize) -> String {
    grid(items, columns, draw_molecule)
}

fn draw_molecule(svg: &mut String, molecule: &Molecule) {
    let drawing = Drawing::new(molecule);
    for (u, v, order) in molecule.bonds() {
        for (offset, inset) in drawing.strokes([u, v], order) {
            drawing.stroke(svg, [u, v], offset, inset);
        }
    }
    for v in 0..molecule.len() as u32 {
        drawing.letter(svg, v);
    }
}

/// Letter and charge of an atom, if it has any.
fn label(molecule: &Molecule, v: u32) -> Option<(String, String)> {
    let Atom { element, charge } = molecule.atoms()[v as usize];
    if element == Element::C && charge == 0 && molecule.graph().degree(v) > 0 {
        return None;
    }
    let sign = if charge > 0 { '+' } else { '−' };
    let charge = match charge.unsigned_abs() {
        0 => String::new(),
        1 => sign.to_string(),
        several => format!("{several}{sign}"),
    };
    Some((element.to_string(), charge))
}

fn color(element: Element) -> &'static str {
    match element {
        Element::C => "#222",
        Element::N => "#0072b2",
        Element::O => "#d00",
        Element::F => "#009e73",
        Element::H => "#888",
        _ => "#555",
    }
}

/// A molecule and where everything of it goes, in pixels.
struct Drawing<'a> {
    molecule: &'a Molecule,
    points: Vec<Point>,
    /// Pixels per bond.
    scale: f64,
    labels: Vec<Option<(String, String)>>,
    rings: Vec<Vec<u32>>,
}

impl<'a> Drawing<'a> {
    fn new(molecule: &'a Molecule) -> Self {
        let (points, scale) = fit(&places(molecule));
        Self {
            molecule,
            points,
            scale,
            labels: (0..molecule.len() as u32).map(|v| label(molecule, v)).collect(),
            rings: rings(molecule),
        }
    }

    /// Size of the letter of an atom.
    fn size(&self, v: u32) -> f64 {
        let is_small = self.molecule.is_plain_hydrogen(v);
        self.scale * if is_small { 0.28 } else { 0.46 }
    }

    /// The lines of a bond: how far each is to the left of its direction, and how much shorter at either end without a
    /// letter.
    fn strokes(&self, bond: [u32; 2], order: BondOrder) -> Vec<(f64, f64)> {
        let apart = 0.13 * self.scale;
        match (order, self.ring_side(bond)) {
            (BondOrder::Single, _) => vec![(0.0, 0.0)],
            (BondOrder::Triple, _) => [-apart, 0.0, apart].map(|offset| (offset, 0.0)).to_vec(),
            (BondOrder::Double, None) => vec![(-apart / 2.0, 0.0), (apart / 2.0, 0.0)],
            // In a ring the second line is inside.
            (BondOrder::Double, Some(side)) => vec![(0.0, 0.0), (apart.copysign(side), 0.15 * self.scale)],
        }
    }

    /// A number with the sign of the side of a bond on which the smallest ring through it lies, if there is a ring.
    fn ring_side(&self, bond: [u32; 2]) -> Option<f64> {
        let is_around = |ring: &&Vec<u32>| bond.iter().all(|v| ring.contains(v));
        let ring = self
            .rings
            .iter()
            .filter(is_around)
            .min_by_key(|ring| ring.len())?;
        let [start, end] = bond.map(|v| self.points[v as usize]);
        let across = (end - start) * Point::I;
        let side = |&v: &u32| ((self.points[v as usize] - start) * across.conj()).re;
        Some(ring.iter().map(side).sum())
    }

    /// A line of a bond, cut where letters are.
    fn stroke(&self, svg: &mut String, bond: [u32; 2], offset: f64, inset: f64) {
        let [start, end] = bond.map(|v| self.points[v as usize]);
        let length = (end - start).norm().max(1e-9);
        let along = (end - start) / length;
        let [from, to] = bond.map(|v| match self.labels[v as usize] {
            Some(_) => 0.62 * self.size(v),
            None => inset,
        });
        if from + to >= length {
            return;
        }
        let beside = along * Point::I * offset;
        let style = if bond.iter().any(|&v| self.molecule.is_plain_hydrogen(v)) {
            "stroke=\"#aaa\" stroke-width=\"0.8\""
        } else {
            "stroke=\"#222\" stroke-width=\"1.3\""
        };
        let ends = [start + along * from, end - along * to];
        line(svg, ends.map(|end| end + beside), style);
    }

    /// Letter and charge of an atom.
    fn letter(&self, svg: &mut String, v: u32) {
        let Some((letter, charge)) = &self.labels[v as usize] else {
            return;
        };
        let (Point { re: x, im: y }, size) = (self.points[v as usize], self.size(v));
        let fill = color(self.molecule.atoms()[v as usize].element);
        let mut text = |x: f64, y: f64, size: f64, text: &str| {
            let style = format!("font-size=\"{size:.1}\" fill=\"{fill}\"");
            let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{text}</text>");
        };
        text(x, y + 0.36 * size, size, letter);
        if !charge.is_empty() {
            text(x + 0.6 * size, y - 0.15 * size, 0.7 * size, charge);
        }
    }
}
