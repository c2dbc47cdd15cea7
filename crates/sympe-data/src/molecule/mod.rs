//! Molecules as coloured graphs: text formats, QM9, an exhaustive set of small molecules, and metrics of generated ones.
//!
//! A [`Molecule`] is a graph whose nodes are atoms (an element with a formal charge) and whose edges are single,
//! double or triple bonds. Hydrogens are atoms like any other: readers of SMILES make them explicit,
//! [`Molecule::without_hydrogens`] leaves the heavy atoms. There is no stereochemistry, no isotope and no geometry, and rings
//! are Kekulé structures; [`Molecule::identity`] and [`Molecule::delocalized_graph`] do not depend on which.
//!
//! ```
//! use sympe_data::molecule::smiles;
//!
//! let ethanol = smiles::parse("CCO", 1)?;
//! assert_eq!(ethanol.formula(), "C2H6O");
//! // The same molecule, differently written: isomorphic, so the digest agrees.
//! assert_eq!(ethanol.digest()?, smiles::parse("[H]OC([H])([H])C", 1)?.digest()?);
//! // Three hydrogens of the methyl group, two of the methylene group: 3!·2! automorphisms.
//! assert_eq!(ethanol.symmetry()?.order().to_string(), "12");
//! assert_eq!(ethanol.without_hydrogens().symmetry()?.order().to_string(), "1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aromaticity;
mod atom;
pub mod benchmark;
pub mod brics;
mod conformer;
mod file;
mod fingerprint;
mod kekule;
mod marginals;
pub mod metrics;
mod moses;
mod normal;
pub(crate) mod pdb;
mod perception;
mod qm9;
mod records;
mod rings;
mod scaffold;
pub mod sdf;
mod skeleton;
mod small;
pub mod smiles;
mod stream;
mod structure;
mod valence;
pub mod xyz;

pub use atom::{Atom, BondOrder, Element, MAX_CHARGE};
pub use conformer::{Conformer, Fit, Match};
pub use file::{MoleculeFormat, read, read_input};
pub use fingerprint::Fingerprint;
pub(crate) use kekule::{delocalized, place_double_bonds};
pub use marginals::Marginals;
pub use moses::Moses;
pub use qm9::Qm9;
pub(crate) use records::Dropped;
pub use records::{DroppedCounts, Records};
pub use small::SmallMolecules;
pub(crate) use stream::{MoleculeLines, Molecules, Names};
pub use structure::{Hydrogens, Molecule};
pub use valence::{hydrogens_to_add, max_valence};
