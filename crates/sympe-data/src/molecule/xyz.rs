//! XYZ: elements and coordinates in ångström, several frames in a text. It has no bonds; they follow from distances.
//!
//! The rule: two atoms are bonded if they are at most 0.4 Å farther apart than their covalent radii (Cordero et al., *Covalent
//! radii revisited*, 2008) together, hydrogen to its nearest partner only. Then as many valences as possible are filled by
//! double and triple bonds, in systems of up to 200 bonds the shortest first; the valences are H 1, C 4, N 3, O 2, F 1 and the
//! least of other elements. Atoms with one bond too many, as ammonium nitrogen, get a positive charge, and as many oxygens with
//! one too few a negative one; nitro groups are written with two double bonds. Other charges and radicals are not perceived.

use super::kekule::matching;
use super::valence::allowed_valences;
use super::{Atom, BondOrder, Element, Molecule, Records};
use crate::DataError;
use crate::error::shorten;
use elements_rs::CovalentRadius;
use std::collections::{BTreeMap, HashMap};

/// How much longer than the sum of the covalent radii a bond may be, in ångström.
const TOLERANCE: f64 = 0.4;

/// The most atoms of a frame: all distances are looked at.
pub(super) const MAX_ATOMS: usize = 10_000;

/// The most atoms that may be as close to one as if they were bonded to it: metals have up to 16, places that are written wrong
/// any number.
const MAX_CONTACTS: u32 = 24;

/// The most bonds of a system of free valences whose shortest bonds are looked for: C60 has 90.
const LARGE: usize = 200;

/// Parses all frames of a text: a line with the number of atoms, a comment, then a line `symbol x y z` per atom, which may have
/// more columns. Atomic numbers will do for symbols. The three lines that QM9's own files have after their atoms are skipped.
///
/// ```
/// use sympe_data::molecule::{smiles, xyz};
/// let text = "3\ncarbon dioxide\nC 0 0 0\nO 0 0 1.16\nO 0 0 -1.16\n";
/// let dioxide = xyz::parse(text).molecules.remove(0).unwrap();
/// assert_eq!(dioxide.identity()?, smiles::parse("O=C=O", 1)?.identity()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn parse(text: &str) -> Records {
    let mut records = Records::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].trim().is_empty() {
            at += 1;
            continue;
        }
        let Ok(count) = lines[at].trim().parse::<usize>() else {
            let what = format!("'{}'", shorten(lines[at].trim()));
            records.push(Err(DataError::syntax(
                at + 1,
                what,
                "the number of atoms of a frame",
            )));
            // Without a count nobody knows where the next frame starts.
            break;
        };
        records.push(frame(&lines, at, count).map(Some));
        let comment = lines.get(at + 1).copied().unwrap_or_default();
        let after = count.saturating_add(2 + trailing(count, comment));
        at = at.saturating_add(after);
    }
    records
}

/// The lines after the atoms of a frame that QM9's own files have, and others have not.
pub(super) fn trailing(count: usize, comment: &str) -> usize {
    if count > 0 && comment.starts_with("gdb ") {
        3
    } else {
        0
    }
}

/// Parses one frame, whose first line has the number `first`.
pub(super) fn record(text: &str, first: usize) -> Result<Molecule, DataError> {
    let lines: Vec<&str> = text.lines().collect();
    let count = counted(&lines, first)?;
    frame(&lines, 0, count).map_err(|error| error.moved(first - 1))
}

/// The elements of a frame, whose first line has the number `first`, and their places.
pub(super) fn places(text: &str, first: usize) -> Result<(Vec<Element>, Vec<[f64; 3]>), DataError> {
    let lines: Vec<&str> = text.lines().collect();
    let count = counted(&lines, first)?;
    let atoms = atoms(&lines, 0, count).map_err(|error| error.moved(first - 1))?;
    Ok(atoms.into_iter().unzip())
}

/// The number of atoms of a frame.
fn counted(lines: &[&str], first: usize) -> Result<usize, DataError> {
    let count = lines.first().and_then(|line| line.trim().parse().ok());
    count.ok_or_else(|| {
        let what = format!("'{}'", shorten(lines.first().unwrap_or(&"").trim()));
        DataError::syntax(first, what, "the number of atoms of a frame")
    })
}

/// An atom in space.
type Placed = (Element, [f64; 3]);

/// The atoms of the frame whose count is on line `at`, from 0.
fn atoms(lines: &[&str], at: usize, count: usize) -> Result<Vec<Placed>, DataError> {
    if count > MAX_ATOMS {
        let expected = format!("at most {MAX_ATOMS}");
        return Err(DataError::unsupported(at + 1, format!("{count} atoms"), expected));
    }
    (at + 2..at + 2 + count)
        .map(|index| placed(lines, index))
        .collect()
}

/// The molecule of that frame.
fn frame(lines: &[&str], at: usize, count: usize) -> Result<Molecule, DataError> {
    let atoms = atoms(lines, at, count)?;
    let bonds = bonded(&atoms).map_err(|crowded| {
        let what = format!("more than {MAX_CONTACTS} atoms at the distance of a bond");
        DataError::syntax(at + 3 + crowded, what, "atoms as far apart as in a molecule")
    })?;
    Ok(perceive(&atoms, &bonds))
}

/// The molecule of atoms in space, as of a frame; none if there are more than may be, or they are too close together.
pub(super) fn molecule_of(elements: &[Element], places: &[[f64; 3]]) -> Option<Molecule> {
    let atoms: Vec<Placed> = elements.iter().copied().zip(places.iter().copied()).collect();
    let bonds = (atoms.len() <= MAX_ATOMS)
        .then(|| bonded(&atoms).ok())
        .flatten()?;
    Some(perceive(&atoms, &bonds))
}

/// The atom on line `index`, from 0.
fn placed(lines: &[&str], index: usize) -> Result<Placed, DataError> {
    let expected = "an atom 'symbol x y z'";
    let Some(line) = lines.get(index) else {
        return Err(DataError::syntax(index + 1, "the end of the file", expected));
    };
    let wrong = || DataError::syntax(index + 1, format!("'{}'", shorten(line.trim())), expected);
    let mut words = line.split_whitespace();
    let symbol = words.next().ok_or_else(wrong)?;
    let by_number = |number: u32| Element::from_atomic_number(number);
    let element = match symbol.parse() {
        Ok(number) => by_number(number).ok_or_else(wrong)?,
        Err(_) => element_of(symbol).ok_or_else(wrong)?,
    };
    let mut place = [0.0; 3];
    for axis in &mut place {
        // Mathematica, and QM9 after it, write exponents as *^.
        let word = words.next().ok_or_else(wrong)?.replace("*^", "e");
        *axis = word
            .parse()
            .ok()
            .filter(|coordinate: &f64| coordinate.is_finite())
            .ok_or_else(wrong)?;
    }
    Ok((element, place))
}

/// The element of a symbol in any case.
fn element_of(symbol: &str) -> Option<Element> {
    Element::ALL
        .into_iter()
        .find(|element| element.symbol().eq_ignore_ascii_case(symbol))
}

/// Whether a text starts as an XYZ file: a number, a comment, an atom.
pub(super) fn is_xyz(text: &str) -> bool {
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .take(3)
        .collect();
    let count = lines.first().and_then(|line| line.trim().parse::<usize>().ok());
    count.is_some_and(|count| count > 0) && placed(&lines, 2).is_ok()
}

/// The molecule that atoms in space and the bonds between them make, by the rule of this module.
fn perceive(atoms: &[Placed], bonds: &[Bond]) -> Molecule {
    let mut degree = vec![0u32; atoms.len()];
    let mut terminal_oxygens = vec![0u32; atoms.len()];
    for &(u, v, _) in bonds {
        degree[u as usize] += 1;
        degree[v as usize] += 1;
    }
    for &(u, v, _) in bonds {
        for (oxygen, other) in [(u, v), (v, u)] {
            let is_terminal = atoms[oxygen as usize].0 == Element::O && degree[oxygen as usize] == 1;
            terminal_oxygens[other as usize] += u32::from(is_terminal);
        }
    }
    let mut free: Vec<u32> = (0..atoms.len())
        .map(|v| match atoms[v].0 {
            // The nitrogen of a nitro group.
            Element::N if degree[v] == 3 && terminal_oxygens[v] >= 2 => 2,
            element => least_valence(element).saturating_sub(degree[v]),
        })
        .collect();
    let mut orders = vec![1u32; bonds.len()];
    fill(bonds, &mut free, &mut orders);
    let mut charges = vec![0i8; atoms.len()];
    let crowded = |v: usize| atoms[v].0 == Element::N && degree[v] > 3;
    let mut positive = 0;
    for v in (0..atoms.len()).filter(|&v| crowded(v)) {
        charges[v] = 1;
        positive += 1;
    }
    for v in (0..atoms.len())
        .filter(|&v| atoms[v].0 == Element::O && free[v] == 1)
        .take(positive)
    {
        charges[v] = -1;
    }
    let atom = |(&(element, _), charge): (&Placed, i8)| Atom { element, charge };
    let bonds = bonds.iter().zip(orders).map(|(&(u, v, _), order)| {
        (
            u,
            v,
            BondOrder::from_number(order).expect("at most a triple bond"),
        )
    });
    Molecule::new(atoms.iter().zip(charges).map(atom).collect(), bonds).expect("each pair once")
}

fn least_valence(element: Element) -> u32 {
    allowed_valences(element.into()).first().copied().unwrap_or(0)
}

/// A bonded pair, and its length by the sum of the radii.
type Bond = (u32, u32, f64);

/// The bonded pairs; the first atom with more than [`MAX_CONTACTS`] is an error.
fn bonded(atoms: &[Placed]) -> Result<Vec<Bond>, usize> {
    // Elements heavier than those of the table are larger than most.
    let radius = |element: Element| element.tables().cordero_covalent_radius().unwrap_or(1.7);
    let mut bonds = Vec::new();
    let mut contacts = vec![0; atoms.len()];
    for (v, (element, place)) in atoms.iter().enumerate() {
        for (u, (other, elsewhere)) in atoms[..v].iter().enumerate() {
            let squares = place.iter().zip(elsewhere).map(|(a, b)| (a - b) * (a - b));
            let distance = squares.sum::<f64>().sqrt();
            let radii = radius(*element) + radius(*other);
            if distance <= radii + TOLERANCE {
                bonds.push((u as u32, v as u32, distance / radii));
                contacts[u] += 1;
                contacts[v] += 1;
                if contacts[u].max(contacts[v]) > MAX_CONTACTS {
                    return Err(v);
                }
            }
        }
    }
    let mut nearest = vec![f64::INFINITY; atoms.len()];
    for &(u, v, length) in &bonds {
        for end in [u, v] {
            nearest[end as usize] = nearest[end as usize].min(length);
        }
    }
    bonds.retain(|&(u, v, length)| {
        [u, v]
            .iter()
            .all(|&end| atoms[end as usize].0 != Element::H || length <= nearest[end as usize])
    });
    Ok(bonds)
}

/// Raises orders of bonds, the shortest first, so that as few valences as possible stay free.
fn fill(bonds: &[Bond], free: &mut [u32], orders: &mut [u32]) {
    let is_open = |&index: &usize| free[bonds[index].0 as usize] > 0 && free[bonds[index].1 as usize] > 0;
    let open: Vec<usize> = (0..bonds.len()).filter(is_open).collect();
    let mut union = petgraph::unionfind::UnionFind::<u32>::new(free.len());
    for &index in &open {
        union.union(bonds[index].0, bonds[index].1);
    }
    let mut systems: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for index in open {
        systems.entry(union.find(bonds[index].0)).or_default().push(index);
    }
    for mut system in systems.into_values() {
        system.sort_by(|&a, &b| bonds[a].2.total_cmp(&bonds[b].2));
        if system.len() > LARGE {
            raise_any(bonds, &system, free, orders);
        } else {
            raise_shortest(bonds, &system, free, orders);
        }
    }
}

/// Raises bonds of a system as long as no other could be raised in the place of two; one matching for each bond.
fn raise_shortest(bonds: &[Bond], system: &[usize], free: &mut [u32], orders: &mut [u32]) {
    let mut left = filled(bonds, system, free).len();
    for &index in system {
        let (u, v) = (bonds[index].0 as usize, bonds[index].1 as usize);
        while left > 0 && free[u] > 0 && free[v] > 0 && orders[index] < 3 {
            free[u] -= 1;
            free[v] -= 1;
            let rest = filled(bonds, system, free).len();
            if rest + 1 < left {
                free[u] += 1;
                free[v] += 1;
                break;
            }
            orders[index] += 1;
            left = rest;
        }
    }
}

/// Raises as many bonds of a system as can be; one matching in all.
fn raise_any(bonds: &[Bond], system: &[usize], free: &mut [u32], orders: &mut [u32]) {
    let index_of: HashMap<(u32, u32), usize> = system
        .iter()
        .map(|&index| ((bonds[index].0, bonds[index].1), index))
        .collect();
    for (u, v) in filled(bonds, system, free) {
        let index = index_of[&(u.min(v), u.max(v))];
        if orders[index] < 3 {
            orders[index] += 1;
            free[u as usize] -= 1;
            free[v as usize] -= 1;
        }
    }
}

/// The bonds of a system that can be raised by one together, a bond as often as it is raised: a matching of free valences.
fn filled(bonds: &[Bond], system: &[usize], free: &[u32]) -> Vec<(u32, u32)> {
    /// More than any atom has.
    const SLOTS: u32 = 8;
    let slots = |v: u32| (0..free[v as usize].min(SLOTS)).map(move |slot| SLOTS * v + slot);
    let edges: Vec<(u32, u32)> = system
        .iter()
        .map(|&index| (bonds[index].0, bonds[index].1))
        .flat_map(|(u, v)| slots(u).flat_map(move |a| slots(v).map(move |b| (a, b))))
        .collect();
    let matched = matching(&edges).into_iter();
    matched.map(|(a, b)| (a / SLOTS, b / SLOTS)).collect()
}
