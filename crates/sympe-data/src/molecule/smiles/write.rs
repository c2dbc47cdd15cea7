//! Writing SMILES: a depth-first walk that numbers rings as it meets them. Loops where chains may be long, so that no molecule
//! overflows the stack.

use crate::molecule::atom::push_charge;
use crate::molecule::valence::is_organic;
use crate::molecule::{BondOrder, Molecule, hydrogens_to_add};
use sympe_canon::CanonError;

/// Writes a molecule, atom 0 first; it reads back as an isomorphic molecule. Plain hydrogens
/// ([`Molecule::is_plain_hydrogen`]) are implied by their atom, others are written.
///
/// A heavy-atom graph whose hydrogens were dropped is written as what it is, without hydrogens (`[C]`); give it
/// [`Molecule::with_hydrogens`] first. The empty molecule is the empty text, which no reader takes for a molecule.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let text = smiles::write(&smiles::parse("OC(=O)C[NH3+]", 1)?);
/// assert_eq!(text, "OC(=O)C[NH3+]");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[must_use]
pub fn write(molecule: &Molecule) -> String {
    let n = molecule.len();
    // Hydrogens that their atom implies: at most nine fit in a bracket atom.
    let (mut implied, mut omitted) = (vec![0u32; n], vec![false; n]);
    for v in (0..n as u32).filter(|&v| molecule.is_plain_hydrogen(v)) {
        let heavy = molecule.graph().neighbors(v)[0] as usize;
        if implied[heavy] < 9 {
            implied[heavy] += 1;
            omitted[v as usize] = true;
        }
    }
    let mut walk = Walk::new(molecule, &omitted);
    let mut text = String::new();
    let mut rings = RingNumbers::default();
    for root in 0..n as u32 {
        if omitted[root as usize] || walk.order[root as usize] != u32::MAX {
            continue;
        }
        walk.visit(root);
        if !text.is_empty() {
            text.push('.');
        }
        let mut tasks = vec![Task::Atom(root, None)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Text(bracket) => text.push(bracket),
                Task::Atom(v, bond) => {
                    push_bond(&mut text, bond);
                    push_atom(&mut text, molecule, v, implied[v as usize]);
                    rings.push(&mut text, &walk, v);
                    let children = &walk.children[v as usize];
                    for (index, &(child, bond)) in children.iter().enumerate().rev() {
                        let branch = index + 1 < children.len();
                        if branch {
                            tasks.push(Task::Text(')'));
                        }
                        tasks.push(Task::Atom(child, Some(bond)));
                        if branch {
                            tasks.push(Task::Text('('));
                        }
                    }
                }
            }
        }
    }
    text
}

/// Writes the canonical form of a molecule: the same text exactly for isomorphic molecules.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let texts = ["OCC", "C(O)C", "[CH3]CO"].map(|text| smiles::write_canonical(&smiles::parse(text, 1).unwrap()).unwrap());
/// assert_eq!(texts, ["CCO", "CCO", "CCO"]);
/// ```
///
/// # Errors
///
/// As [`Molecule::symmetry`].
pub fn write_canonical(molecule: &Molecule) -> Result<String, CanonError> {
    Ok(write(&molecule.canonical()?))
}

/// What is still to be written.
enum Task {
    Atom(u32, Option<BondOrder>),
    Text(char),
}

/// A depth-first walk through the atoms that are written. Loops, not recursion: molecules may be long chains.
struct Walk<'a> {
    molecule: &'a Molecule,
    omitted: &'a [bool],
    /// When an atom was reached; `u32::MAX` if it was not.
    order: Vec<u32>,
    reached: u32,
    /// Bonds of the spanning tree.
    children: Vec<Vec<(u32, BondOrder)>>,
    /// The other bonds: at the end reached first, and at the end reached later.
    opening: Vec<Vec<(u32, BondOrder)>>,
    closing: Vec<Vec<u32>>,
}

impl<'a> Walk<'a> {
    fn new(molecule: &'a Molecule, omitted: &'a [bool]) -> Self {
        let n = molecule.len();
        Self {
            molecule,
            omitted,
            order: vec![u32::MAX; n],
            reached: 0,
            children: vec![Vec::new(); n],
            opening: vec![Vec::new(); n],
            closing: vec![Vec::new(); n],
        }
    }

    /// Walks through the fragment of `root`; the largest branch of each atom comes last, outside parentheses.
    fn visit(&mut self, root: u32) {
        let molecule = self.molecule;
        let mut visited = vec![root];
        // Atom, its parent, and its neighbours yet to be looked at.
        let mut path = vec![(root, u32::MAX, molecule.neighbors(root))];
        self.order[root as usize] = self.reached;
        self.reached += 1;
        while let Some((v, parent, neighbors)) = path.last_mut() {
            let (v, parent) = (*v, *parent);
            let Some((u, bond)) = neighbors.next() else {
                path.pop();
                continue;
            };
            if self.omitted[u as usize] || u == parent {
                continue;
            }
            if self.order[u as usize] == u32::MAX {
                self.order[u as usize] = self.reached;
                self.reached += 1;
                self.children[v as usize].push((u, bond));
                visited.push(u);
                path.push((u, v, molecule.neighbors(u)));
            } else if self.order[u as usize] < self.order[v as usize] {
                self.opening[u as usize].push((v, bond));
                self.closing[v as usize].push(u);
            }
        }
        let mut size = vec![1u32; self.order.len()];
        for &v in visited.iter().rev() {
            let children = &mut self.children[v as usize];
            children.sort_by_key(|&(child, _)| size[child as usize]);
            size[v as usize] += children
                .iter()
                .map(|&(child, _)| size[child as usize])
                .sum::<u32>();
        }
    }
}

/// The ring numbers in use, least free number first.
#[derive(Default)]
struct RingNumbers {
    /// The bond that has each number from 1.
    used: Vec<Option<(u32, u32)>>,
}

impl RingNumbers {
    /// Writes the ring closures of `v`.
    fn push(&mut self, text: &mut String, walk: &Walk<'_>, v: u32) {
        let mut freed = Vec::new();
        for &u in &walk.closing[v as usize] {
            let bond = Some((u, v));
            let index = self
                .used
                .iter()
                .position(|&used| used == bond)
                .expect("the ring was opened at u");
            push_ring(text, index + 1);
            freed.push(index);
        }
        for &(u, order) in &walk.opening[v as usize] {
            let free = self.used.iter().position(Option::is_none);
            let index = free.unwrap_or(self.used.len());
            if free.is_none() {
                self.used.push(None);
            }
            self.used[index] = Some((v, u));
            push_bond(text, Some(order));
            push_ring(text, index + 1);
        }
        // Numbers freed at this atom are not taken again by it: C11 is right but unreadable.
        for index in freed {
            self.used[index] = None;
        }
    }
}

fn push_ring(text: &mut String, number: usize) {
    *text += &match number {
        0..=9 => number.to_string(),
        10..=99 => format!("%{number}"),
        _ => format!("%({number})"),
    };
}

fn push_bond(text: &mut String, bond: Option<BondOrder>) {
    match bond {
        None | Some(BondOrder::Single) => {}
        Some(BondOrder::Double) => text.push('='),
        Some(BondOrder::Triple) => text.push('#'),
    }
}

fn push_atom(text: &mut String, molecule: &Molecule, v: u32, hydrogens: u32) {
    let atom = molecule.atoms()[v as usize];
    let element = atom.element.to_string();
    let rule = hydrogens_to_add(atom, molecule.bond_order_sum(v) - hydrogens);
    if atom.charge == 0 && is_organic(atom.element) && rule == hydrogens {
        *text += &element;
        return;
    }
    text.push('[');
    *text += &element;
    match hydrogens {
        0 => {}
        1 => text.push('H'),
        several => *text += &format!("H{several}"),
    }
    push_charge(text, i64::from(atom.charge));
    text.push(']');
}
