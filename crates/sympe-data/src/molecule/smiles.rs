//! SMILES: a molecule as a line of text (Weininger, *SMILES, a chemical language*, 1988; opensmiles.org).
//!
//! Read are atoms of C, N, O, F without brackets, whose hydrogens follow from their valence
//! ([`hydrogens_to_add`]); bracket atoms `[NH3+]` of C, N, O, F, H; bonds `-`, `=`, `#`;
//! branches; ring closures by a digit, `%nn` or `%(n…)`; `.` between fragments. Refused are aromatic atoms and bonds,
//! stereo marks, isotopes and atom classes: a molecule here has none of these, and dropping them silently would make
//! different molecules equal.
//!
//! Reading is one pass over the characters; writing is a depth-first walk that numbers rings as it meets them. Both use
//! loops where chains may be long, so that no text and no molecule overflows the stack.

use super::atom::push_charge;
use super::{Atom, BondOrder, Element, MAX_CHARGE, Molecule, Records, hydrogens_to_add};
use crate::DataError;
use crate::error::shorten;
use std::collections::{BTreeMap, HashSet};
use sympe_canon::CanonError;

/// Parses one SMILES; `line_number` is for errors. Heavy atoms (and bracketed hydrogens) keep their order, hydrogens
/// that the text implies follow.
///
/// ```
/// use sympe_data::molecule::smiles;
/// let acetic_acid = smiles::parse("CC(=O)O", 1)?;
/// assert_eq!((acetic_acid.len(), acetic_acid.formula().as_str()), (8, "C2H4O2"));
/// let error = smiles::parse("c1ccccc1", 7).unwrap_err().to_string();
/// assert_eq!(error, "line 7: aromatic atom 'c' at character 1 of 'c1ccccc1', expected a Kekulé structure, as C1=CC=CC=C1");
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the text is no SMILES, or says something that a [`Molecule`] cannot; the error names the character.
pub fn parse(text: &str, line_number: usize) -> Result<Molecule, DataError> {
    let mut parser = Parser::new(text, line_number);
    parser.run()?;
    // Hydrogens of unbracketed atoms depend on all their bonds, so they come last.
    let error = |error: DataError| DataError::syntax(line_number, error.to_string(), "a molecule");
    let skeleton = Molecule::new(parser.atoms, parser.bonds).map_err(error)?;
    let counts: Vec<u32> = parser
        .implied
        .iter()
        .enumerate()
        .map(|(v, count)| {
            count.unwrap_or_else(|| hydrogens_to_add(skeleton.atoms()[v], skeleton.bond_order_sum(v as u32)))
        })
        .collect();
    Ok(skeleton.with_hydrogen_counts(&counts))
}

/// Parses a text of one molecule per line: the first word of each line that has one. What follows (a name) is ignored.
/// A line `None` is a sample that is no molecule. A first line `smiles`, the header of a table, is no record.
#[must_use]
pub fn parse_lines(text: &str) -> Records {
    let mut records = Records::default();
    for (index, line) in text.lines().enumerate() {
        match line.split_whitespace().next() {
            None => {}
            Some("smiles" | "SMILES") if index == 0 => {}
            Some("None") => records.push(Ok(None)),
            Some(word) => records.push(parse(word, index + 1).map(Some)),
        }
    }
    records
}

/// What was read last: it decides what may follow.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// Nothing, or a `.`: an atom must follow.
    Start,
    /// An atom or a ring closure.
    Atom,
    /// `(`: an atom or a bond must follow.
    Open,
    /// A bond before an atom or, if `ring`, before a ring closure.
    Bond { ring: bool },
    /// `)`.
    Close,
}

/// A ring closure that was opened.
struct Ring {
    atom: u32,
    /// The order of its bond, if it was given.
    order: Option<BondOrder>,
    /// The character that opened it.
    at: usize,
}

struct Parser<'a> {
    text: &'a str,
    line: usize,
    characters: Vec<char>,
    /// The next character to read.
    next: usize,
    last: Last,
    /// The atom that the next bond or ring closure starts from.
    previous: u32,
    /// The order of that bond, if it was given.
    order: Option<BondOrder>,
    /// The open branches: the atom each starts from, and its character.
    branches: Vec<(u32, usize)>,
    /// The open rings, by number.
    rings: BTreeMap<u32, Ring>,
    atoms: Vec<Atom>,
    /// Hydrogens of each atom; `None` if they follow from its valence.
    implied: Vec<Option<u32>>,
    bonds: Vec<(u32, u32, BondOrder)>,
    /// The pairs that have a bond, lesser atom first.
    bonded: HashSet<(u32, u32)>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, line: usize) -> Self {
        Self {
            text,
            line,
            characters: text.chars().collect(),
            next: 0,
            last: Last::Start,
            previous: 0,
            order: None,
            branches: Vec::new(),
            rings: BTreeMap::new(),
            atoms: Vec::new(),
            implied: Vec::new(),
            bonds: Vec::new(),
            bonded: HashSet::new(),
        }
    }

    /// An error at character `at`, from 0.
    fn error(&self, at: usize, what: &str, expected: &str) -> DataError {
        let place = if at < self.characters.len() {
            format!("at character {}", at + 1)
        } else {
            "at the end".to_owned()
        };
        DataError::syntax(
            self.line,
            format!("{what} {place} of '{}'", shorten(self.text)),
            expected,
        )
    }

    /// Reads the whole text. It costs a constant time per character, but for the logarithm of the number of open rings.
    fn run(&mut self) -> Result<(), DataError> {
        while let Some(&character) = self.characters.get(self.next) {
            let at = self.next;
            self.next += 1;
            match character {
                '-' => self.bond(BondOrder::Single, character, at)?,
                '=' => self.bond(BondOrder::Double, character, at)?,
                '#' => self.bond(BondOrder::Triple, character, at)?,
                '(' => self.open_branch(at)?,
                ')' => self.close_branch(at)?,
                '.' => {
                    self.require(self.is_after_atom(), at, "'.'", "an atom before it")?;
                    self.last = Last::Start;
                }
                '0'..='9' | '%' => self.ring(character, at)?,
                _ => self.push_atom(character, at)?,
            }
        }
        self.finish()
    }

    /// Whether an atom with all that belongs to it was read last.
    fn is_after_atom(&self) -> bool {
        matches!(self.last, Last::Atom | Last::Close)
    }

    fn require(&self, holds: bool, at: usize, what: &str, expected: &str) -> Result<(), DataError> {
        if holds {
            return Ok(());
        }
        Err(self.error(at, what, expected))
    }

    fn bond(&mut self, order: BondOrder, character: char, at: usize) -> Result<(), DataError> {
        let after_atom = self.is_after_atom();
        if !after_atom && self.last != Last::Open {
            let what = format!("bond '{character}'");
            return Err(self.error(at, &what, "an atom before the bond"));
        }
        self.order = Some(order);
        self.last = Last::Bond { ring: after_atom };
        Ok(())
    }

    fn open_branch(&mut self, at: usize) -> Result<(), DataError> {
        self.require(self.is_after_atom(), at, "'('", "an atom before the branch")?;
        self.branches.push((self.previous, at));
        self.last = Last::Open;
        Ok(())
    }

    fn close_branch(&mut self, at: usize) -> Result<(), DataError> {
        let Some(&(atom, _)) = self.branches.last() else {
            return Err(self.error(at, "')'", "a '(' before it"));
        };
        self.require(
            self.is_after_atom(),
            at,
            "')'",
            "an atom at the end of the branch",
        )?;
        self.branches.pop();
        self.previous = atom;
        self.last = Last::Close;
        Ok(())
    }

    /// Opens or closes the ring whose number starts with `first`.
    fn ring(&mut self, first: char, at: usize) -> Result<(), DataError> {
        let fits = self.is_after_atom() || self.last == (Last::Bond { ring: true });
        self.require(fits, at, "a ring closure", "an atom before it")?;
        let number = self.ring_number(first, at)?;
        let (atom, order) = (self.previous, self.order.take());
        match self.rings.remove(&number) {
            None => {
                self.rings.insert(number, Ring { atom, order, at });
            }
            Some(open) => self.close_ring(at, (open.atom, atom), (open.order, order))?,
        }
        self.last = Last::Atom;
        Ok(())
    }

    /// Takes in the atom that starts with `first`, and its bond to the one before it.
    fn push_atom(&mut self, first: char, at: usize) -> Result<(), DataError> {
        let (atom, hydrogens) = self.atom(first, at)?;
        let index = self.atoms.len() as u32;
        self.atoms.push(atom);
        self.implied.push(hydrogens);
        if self.last != Last::Start {
            let order = self.order.take().unwrap_or(BondOrder::Single);
            self.bonds.push((self.previous, index, order));
            self.bonded.insert((self.previous, index));
        }
        self.previous = index;
        self.last = Last::Atom;
        Ok(())
    }

    /// Refuses what is still open at the end.
    fn finish(&self) -> Result<(), DataError> {
        if let Some(&(_, at)) = self.branches.last() {
            return Err(self.error(at, "an open '('", "a ')' after it"));
        }
        if let Some(ring) = self.rings.values().min_by_key(|ring| ring.at) {
            return Err(self.error(ring.at, "an open ring", "the same ring number once more"));
        }
        self.require(self.is_after_atom(), self.characters.len(), "nothing", "an atom")
    }

    /// The number of a ring closure that starts with `first`.
    fn ring_number(&mut self, first: char, at: usize) -> Result<u32, DataError> {
        if first != '%' {
            return Ok(first.to_digit(10).expect("a digit"));
        }
        let expected = "two digits or '(number)' after '%'";
        let rest = &self.characters[self.next..];
        let (digits, skipped) = match rest {
            ['(', inner @ ..] => {
                let length = inner.iter().take_while(|c| c.is_ascii_digit()).count();
                if inner.get(length) != Some(&')') {
                    return Err(self.error(at, "a ring closure", expected));
                }
                (&inner[..length], length + 2)
            }
            [a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => (&rest[..2], 2),
            _ => return Err(self.error(at, "a ring closure", expected)),
        };
        let number = digits
            .iter()
            .collect::<String>()
            .parse()
            .map_err(|_| self.error(at, "a ring closure", expected))?;
        self.next += skipped;
        Ok(number)
    }

    /// The bond that two ring closures with the same number make.
    fn close_ring(
        &mut self,
        at: usize,
        (u, v): (u32, u32),
        orders: (Option<BondOrder>, Option<BondOrder>),
    ) -> Result<(), DataError> {
        let order = match orders {
            (Some(one), Some(other)) if one != other => {
                return Err(self.error(at, "a ring closure", "the same bond as where the ring opens"));
            }
            (one, other) => one.or(other).unwrap_or(BondOrder::Single),
        };
        if u == v || !self.bonded.insert((u.min(v), u.max(v))) {
            let expected = "a ring between two atoms that have no bond yet";
            return Err(self.error(at, "a ring closure", expected));
        }
        self.bonds.push((u, v, order));
        Ok(())
    }

    /// An atom that starts with `first`, and its hydrogens unless they follow from its valence.
    fn atom(&mut self, first: char, at: usize) -> Result<(Atom, Option<u32>), DataError> {
        let follows = |c| self.characters.get(at + 1) == Some(&c);
        let expected = "C, N, O, F, a bracket atom, a bond, a branch or a ring closure";
        match first {
            '[' => self.bracket_atom(at),
            'C' if follows('l') => Err(self.error(at, "element 'Cl'", "one of C, N, O, F, H")),
            'C' => Ok((Element::C.into(), None)),
            'N' => Ok((Element::N.into(), None)),
            'O' => Ok((Element::O.into(), None)),
            'F' => Ok((Element::F.into(), None)),
            'H' => Err(self.error(at, "'H'", "brackets around hydrogen, as [H]")),
            'b' | 'c' | 'n' | 'o' | 'p' | 's' => Err(self.error(
                at,
                &format!("aromatic atom '{first}'"),
                "a Kekulé structure, as C1=CC=CC=C1",
            )),
            ':' => Err(self.error(at, "aromatic bond ':'", "a Kekulé structure, as C1=CC=CC=C1")),
            '/' | '\\' => Err(self.error(at, &format!("stereo mark '{first}'"), "no stereochemistry")),
            'B' | 'P' | 'S' | 'I' => {
                Err(self.error(at, &format!("element '{first}'"), "one of C, N, O, F, H"))
            }
            _ => Err(self.error(at, &format!("{first:?}"), expected)),
        }
    }

    /// The rest of a bracket atom: element, then `Hn`, then the charge.
    fn bracket_atom(&mut self, at: usize) -> Result<(Atom, Option<u32>), DataError> {
        let expected = "a bracket atom of C, N, O, F or H, as [NH3+]";
        let Some(length) = self.characters[self.next..].iter().position(|&c| c == ']') else {
            return Err(self.error(at, "an open '['", "a ']' after it"));
        };
        let inner = self.characters[self.next..self.next + length].to_vec();
        self.next += length + 1;
        let shown = || format!("bracket atom '[{}]'", shorten(&inner.iter().collect::<String>()));
        let refuse = |parser: &Self, expected: &str| Err(parser.error(at, &shown(), expected));
        let mut rest = &inner[..];
        let element = match rest.first() {
            Some('C') => Element::C,
            Some('N') => Element::N,
            Some('O') => Element::O,
            Some('F') => Element::F,
            Some('H') => Element::H,
            Some(c) if c.is_ascii_digit() => return refuse(self, "no isotopes"),
            Some('b' | 'c' | 'n' | 'o' | 'p' | 's') => {
                return refuse(self, "a Kekulé structure, as C1=CC=CC=C1");
            }
            _ => return refuse(self, expected),
        };
        rest = &rest[1..];
        let mut hydrogens = 0;
        match rest.first() {
            Some('@') => return refuse(self, "no stereochemistry"),
            Some('H') if element == Element::H => return refuse(self, "hydrogen alone, as [H]"),
            Some('H') => {
                rest = &rest[1..];
                hydrogens = 1;
                if let Some(digit) = rest.first().and_then(|c| c.to_digit(10)) {
                    hydrogens = digit;
                    rest = &rest[1..];
                }
            }
            _ => {}
        }
        let mut charge = 0;
        if let Some(&sign @ ('+' | '-')) = rest.first() {
            let signs = rest.iter().take_while(|&&c| c == sign).count();
            let digits: String = rest[signs..].iter().take_while(|c| c.is_ascii_digit()).collect();
            rest = &rest[signs + digits.len()..];
            let size = match (signs, digits.as_str()) {
                (signs, "") => signs,
                // Not a number that fits: certainly too large.
                (1, digits) => digits.parse().unwrap_or(usize::MAX),
                _ => return refuse(self, expected),
            };
            if size > MAX_CHARGE as usize {
                return refuse(self, "a charge from -15 to 15");
            }
            charge = if sign == '+' { size as i8 } else { -(size as i8) };
        }
        match rest.first() {
            None => Ok((Atom { element, charge }, Some(hydrogens))),
            Some(':') => refuse(self, "no atom class"),
            Some('@') => refuse(self, "no stereochemistry"),
            Some(_) => refuse(self, expected),
        }
    }
}

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
    if atom.charge == 0 && atom.element != Element::H && rule == hydrogens {
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
