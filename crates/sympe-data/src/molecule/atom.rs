//! Elements, bond orders, atoms, and their numbers in graphs: indices of types, colours of nodes.

use crate::DataError;

/// The largest formal charge, of either sign: what the formats can say.
pub const MAX_CHARGE: i8 = 15;

/// The elements in the order of their numbers as node types, by name.
macro_rules! elements {
    ($($symbol:ident)+) => {
        /// A chemical element. [`Element::QM9`] come first, in the order of node types of graph models; then all others by
        /// atomic number.
        ///
        /// ```
        /// use sympe_data::molecule::Element;
        /// assert_eq!("N".parse::<Element>()?, Element::N);
        /// assert_eq!((Element::N.to_string().as_str(), Element::N.atomic_number(), Element::N as usize), ("N", 7, 1));
        /// assert_eq!(Element::QM9.map(|element| element as usize), [0, 1, 2, 3, 4]);
        /// assert_eq!((Element::Cl.atomic_number(), Element::from_atomic_number(26)), (17, Some(Element::Fe)));
        /// assert_eq!("Xx".parse::<Element>().unwrap_err().to_string(), "unknown element 'Xx': expected one of H, He, Li, … Og");
        /// # Ok::<(), sympe_data::DataError>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "symbols of elements say what they are")]
        pub enum Element { $($symbol),+ }

        impl Element {
            /// All elements.
            pub const ALL: [Self; Self::SYMBOLS.len()] = [$(Self::$symbol),+];

            const SYMBOLS: [&'static str; [$(stringify!($symbol)),+].len()] = [$(stringify!($symbol)),+];
        }
    };
}

elements! {
    C N O F H
    He Li Be B Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb
    Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os
    Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg
    Cn Nh Fl Mc Lv Ts Og
}

impl Element {
    /// The elements of QM9, which node types of molecules stand for: heavy atoms first, so that they are a prefix of the types
    /// with hydrogens.
    pub const QM9: [Self; 5] = [Self::C, Self::N, Self::O, Self::F, Self::H];

    /// The symbol.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        Self::SYMBOLS[self as usize]
    }

    /// The number of protons.
    #[must_use]
    pub const fn atomic_number(self) -> u32 {
        match self as u32 {
            // C, N, O, F, H.
            index @ 0..=3 => index + 6,
            4 => 1,
            // He to B, before the gap that C, N, O and F leave.
            index @ 5..=8 => index - 3,
            index => index + 1,
        }
    }

    /// The element in the tables of `elements_rs`.
    pub(super) fn tables(self) -> elements_rs::Element {
        elements_rs::Element::try_from(self.atomic_number() as u8).expect("both know all elements")
    }

    /// The element with so many protons, from 1 to 118.
    #[must_use]
    pub fn from_atomic_number(number: u32) -> Option<Self> {
        let index = match number {
            6..=9 => number - 6,
            1 => 4,
            2..=5 => number + 3,
            10..=118 => number - 1,
            _ => return None,
        };
        Some(Self::ALL[index as usize])
    }

    /// The standard atomic weight in daltons: for the elements of [`QM9`](Self::QM9) the conventional values of IUPAC, for
    /// others those of the crate `elements_rs`.
    #[must_use]
    pub fn atomic_weight(self) -> f64 {
        match self {
            Self::H => 1.008,
            Self::C => 12.011,
            Self::N => 14.007,
            Self::O => 15.999,
            Self::F => 18.998,
            _ => self.tables().standard_atomic_weight(),
        }
    }
}

impl std::fmt::Display for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.symbol())
    }
}

impl std::str::FromStr for Element {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let found = Self::ALL.into_iter().find(|element| element.symbol() == text);
        found.ok_or_else(|| {
            DataError::from(sympe_groups::UnknownName {
                what: "element",
                text: text.to_owned(),
                names: vec!["H", "He", "Li", "… Og"],
            })
        })
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

impl std::fmt::Display for Atom {
    /// The symbol and the charge: `C`, `O-`, `Fe+2`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = self.element.symbol().to_owned();
        push_charge(&mut text, i64::from(self.charge));
        f.pad(&text)
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
