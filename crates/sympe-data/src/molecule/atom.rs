//! Elements, bond orders, atoms, and their numbers in graphs: indices of types, colours of nodes.

/// The largest formal charge, of either sign: what the formats can say.
pub const MAX_CHARGE: i8 = 15;

sympe_groups::named! {
    "element"
    /// A chemical element of QM9. The index `element as usize` orders node types: heavy atoms first, so that they are a
    /// prefix of the types with hydrogens.
    ///
    /// ```
    /// use sympe_data::molecule::Element;
    /// assert_eq!("N".parse::<Element>()?, Element::N);
    /// assert_eq!((Element::N.to_string().as_str(), Element::N.atomic_number(), Element::N as usize), ("N", 7, 1));
    /// assert_eq!("Cl".parse::<Element>().unwrap_err().to_string(), "unknown element 'Cl': expected one of C, N, O, F, H");
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[derive(PartialOrd, Ord)]
    pub enum Element {
        /// Carbon.
        C = "C",
        /// Nitrogen.
        N = "N",
        /// Oxygen.
        O = "O",
        /// Fluorine.
        F = "F",
        /// Hydrogen.
        H = "H",
    }
}

impl Element {
    /// The number of protons.
    #[must_use]
    pub fn atomic_number(self) -> u32 {
        match self {
            Self::H => 1,
            Self::C => 6,
            Self::N => 7,
            Self::O => 8,
            Self::F => 9,
        }
    }

    /// The standard atomic weight in daltons, conventional values of IUPAC.
    #[must_use]
    pub fn atomic_weight(self) -> f64 {
        match self {
            Self::H => 1.008,
            Self::C => 12.011,
            Self::N => 14.007,
            Self::O => 15.999,
            Self::F => 18.998,
        }
    }
}

/// The order of a bond; `order as u32` is 1, 2 or 3, and 0 stands for no bond where bonds are classes.
///
/// ```
/// use sympe_data::molecule::BondOrder;
/// assert_eq!(BondOrder::from_number(2), Some(BondOrder::Double));
/// assert_eq!(BondOrder::from_number(0), None);
/// assert_eq!(BondOrder::Triple as u32, 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BondOrder {
    /// One shared pair of electrons.
    Single = 1,
    /// Two.
    Double = 2,
    /// Three.
    Triple = 3,
}

impl BondOrder {
    /// All orders, increasing.
    pub const ALL: [Self; 3] = [Self::Single, Self::Double, Self::Triple];

    /// The order with this number, if it is 1, 2 or 3.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|&order| order as u32 == number)
    }
}

/// An atom: element and formal charge in elementary charges.
///
/// ```
/// use sympe_data::molecule::{Atom, Element};
/// assert_eq!(Atom::from(Element::O), Atom { element: Element::O, charge: 0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom {
    /// The element.
    pub element: Element,
    /// The formal charge, at most [`MAX_CHARGE`] in size.
    pub charge: i8,
}

impl From<Element> for Atom {
    fn from(element: Element) -> Self {
        Self { element, charge: 0 }
    }
}

impl Atom {
    /// The node colour: `32·(atomic number) + 16 + charge`, so that colours tell atoms apart and never change.
    pub(super) fn color(self) -> u32 {
        32 * self.element.atomic_number() + (16 + i32::from(self.charge)) as u32
    }
}

/// Writes a charge as chemists do: nothing for 0, a sign for ±1, a sign and a number beyond.
pub(super) fn push_charge(text: &mut String, charge: i64) {
    match charge {
        0 => {}
        1 => text.push('+'),
        -1 => text.push('-'),
        several => *text += &format!("{several:+}"),
    }
}
