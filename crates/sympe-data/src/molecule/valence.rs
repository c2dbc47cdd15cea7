//! Valences: how many bonds an atom may have, and how many hydrogens it lacks.

use super::atom::{Atom, Element};

/// The largest sum of bond orders of an atom by the octet rule (duplet for hydrogen): C 4, N 3, O 2, F 1, H 1 when
/// neutral; a charged atom has the valence of the neutral atom with as many electrons, so N⁺ has 4, O⁻ 1, C⁻ 3.
///
/// ```
/// use sympe_data::molecule::{Atom, Element, max_valence};
/// assert_eq!(Element::ALL.map(|element| max_valence(element.into())), [4, 3, 2, 1, 1]);
/// assert_eq!(max_valence(Atom { element: Element::N, charge: 1 }), 4);
/// assert_eq!(max_valence(Atom { element: Element::F, charge: -1 }), 0);
/// ```
#[must_use]
pub fn max_valence(atom: Atom) -> u32 {
    let neutral = match atom.element {
        Element::H => 1,
        Element::C => 4,
        Element::N => 5,
        Element::O => 6,
        Element::F => 7,
    };
    let shell = if atom.element == Element::H { 2 } else { 8 };
    let electrons = neutral - i32::from(atom.charge);
    // Each bond takes one electron of the atom and fills one gap of its shell.
    electrons.min(shell - electrons).max(0) as u32
}

/// The number of hydrogens that an atom with this sum of bond orders lacks: up to the smallest allowed valence that is
/// not below the sum. Allowed are [`max_valence`] and, for neutral nitrogen, 5 (as in `CN(=O)=O`). None are lacking
/// beyond the largest.
///
/// Source: the rule of SMILES for atoms without brackets (Weininger, *SMILES, a chemical language*, 1988).
///
/// ```
/// use sympe_data::molecule::{Element, hydrogens_to_add};
/// assert_eq!(hydrogens_to_add(Element::C.into(), 1), 3);
/// assert_eq!(hydrogens_to_add(Element::N.into(), 5), 0);
/// assert_eq!(hydrogens_to_add(Element::O.into(), 3), 0);
/// ```
#[must_use]
pub fn hydrogens_to_add(atom: Atom, bond_order_sum: u32) -> u32 {
    let valence = max_valence(atom);
    if bond_order_sum <= valence {
        valence - bond_order_sum
    } else if atom == Element::N.into() {
        5u32.saturating_sub(bond_order_sum)
    } else {
        0
    }
}
