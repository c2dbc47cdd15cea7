//! Valences: how many bonds an atom may have, and how many hydrogens it lacks.
//!
//! The rules are those of RDKit's default sanitization (version 2024.09 and later), so that validity means what it means in
//! the literature: a table of valences per element, and for charged atoms the table of the element with as many electrons.

use super::atom::{Atom, Element};

/// The sums of bond orders that an element of this atomic number may have, increasing, and whether any larger one will do.
/// Elements of no number, and metals, may have any.
fn valences(number: u32) -> (&'static [u32], bool) {
    match number {
        2 | 10 | 18 | 36 | 86 => (&[0], false),
        1 | 9 | 17 | 35 | 55 | 87 => (&[1], false),
        3 | 11 | 19 | 37 => (&[1], true),
        4 | 8 => (&[2], false),
        12 | 20 | 38 | 56 | 88 => (&[2], true),
        5 | 7 | 13 | 31 | 49 => (&[3], false),
        6 | 14 | 32 => (&[4], false),
        15 | 33 | 51 | 83 => (&[3, 5], false),
        50 | 82 => (&[2, 4], false),
        16 | 34 | 52 | 84 => (&[2, 4, 6], false),
        53 | 85 => (&[1, 3, 5], false),
        54 => (&[0, 2, 4, 6], false),
        _ => (&[], true),
    }
}

/// The atomic number whose table an atom follows: that of the neutral atom with as many electrons. Elements without a table
/// keep their own.
fn effective_number(atom: Atom) -> u32 {
    let number = atom.element.atomic_number();
    if valences(number).0.is_empty() {
        number
    } else {
        number.saturating_add_signed(-i32::from(atom.charge))
    }
}

/// The valences that an atom may have by its table, increasing; empty if any.
pub(super) fn allowed_valences(atom: Atom) -> &'static [u32] {
    valences(effective_number(atom)).0
}

/// The largest sum of bond orders of an atom: C 4, N 3, O 2, F 1, H 1 when neutral; a charged atom has the valence of the
/// neutral atom with as many electrons, so N⁺ has 4, O⁻ 1, C⁻ 3. [`u32::MAX`] if any sum will do, as for metals.
///
/// Source: RDKit's `Atom::calcExplicitValence`, whose two exceptions are kept: negative P, S, As, Se stay hypervalent, as in
/// PF₆⁻, and H⁻ may bridge two atoms.
///
/// ```
/// use sympe_data::molecule::{Atom, Element, max_valence};
/// assert_eq!(Element::QM9.map(|element| max_valence(element.into())), [4, 3, 2, 1, 1]);
/// assert_eq!(max_valence(Atom { element: Element::N, charge: 1 }), 4);
/// assert_eq!(max_valence(Atom { element: Element::F, charge: -1 }), 0);
/// assert_eq!(max_valence(Atom { element: Element::P, charge: -1 }), 6);
/// assert_eq!(max_valence(Element::Fe.into()), u32::MAX);
/// ```
#[must_use]
pub fn max_valence(atom: Atom) -> u32 {
    let number = atom.element.atomic_number();
    if (number, atom.charge) == (1, -1) {
        return 2;
    }
    let (own, own_is_open) = valences(number);
    if own_is_open {
        return u32::MAX;
    }
    let effective = effective_number(atom);
    let hypervalent = match number {
        15 | 16 => effective > 16,
        33 | 34 => effective > 34,
        _ => false,
    };
    if hypervalent {
        let last = own.last().copied().unwrap_or(0);
        return last.saturating_add_signed(-i32::from(atom.charge));
    }
    match valences(effective) {
        (_, true) => u32::MAX,
        (allowed, false) => allowed.last().copied().unwrap_or(0),
    }
}

/// The number of hydrogens that an atom with this sum of bond orders lacks: up to the smallest allowed valence that is
/// not below the sum, as S 2, 4, 6. None are lacking beyond the largest, nor to atoms that may have any valence.
///
/// Source: the rule of SMILES for atoms without brackets (Weininger, *SMILES, a chemical language*, 1988), with the valences
/// of RDKit: nitrogen has 3 only.
///
/// ```
/// use sympe_data::molecule::{Element, hydrogens_to_add};
/// assert_eq!(hydrogens_to_add(Element::C.into(), 1), 3);
/// assert_eq!(hydrogens_to_add(Element::N.into(), 4), 0);
/// assert_eq!(hydrogens_to_add(Element::S.into(), 3), 1);
/// assert_eq!(hydrogens_to_add(Element::O.into(), 3), 0);
/// ```
#[must_use]
pub fn hydrogens_to_add(atom: Atom, bond_order_sum: u32) -> u32 {
    let fits = allowed_valences(atom)
        .iter()
        .find(|&&valence| bond_order_sum <= valence);
    fits.map_or(0, |valence| valence - bond_order_sum)
}

/// Whether an element is written in SMILES without brackets.
pub(super) fn is_organic(element: Element) -> bool {
    use Element::{B, Br, C, Cl, F, I, N, O, P, S};
    matches!(element, B | C | N | O | P | S | F | Cl | Br | I)
}
