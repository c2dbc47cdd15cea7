//! How good generated molecules are: validity, uniqueness, novelty, stability.
//!
//! Everything is decided on the graph: molecules are the same if they have the same [`Molecule::identity`], which is
//! isomorphism but for the places of double bonds in aromatic rings, and valence is the sum of bond orders. All shares are fractions of 1.

use super::marginals::share;
use super::skeleton::Key;
use super::valence::allowed_valences;
use super::{Atom, Element, Molecule, max_valence};
use crate::DataError;
use rayon::prelude::*;
use std::borrow::Borrow;
use std::collections::HashSet;
use sympe_canon::CanonError;

/// Molecules of which what is made of them is in memory twice.
const AT_A_TIME: usize = 1 << 14;

/// Whether a molecule is one: it has an atom, and the bond orders of each atom sum to at most its [`max_valence`], charges
/// that a group is written without being put in ([`Molecule::with_separated_charges`]): nitro and azide groups may have
/// neutral nitrogen of valence 5. For H, C, N, O, F this is the verdict of RDKit's default sanitization.
///
/// ```
/// use sympe_data::molecule::{metrics, smiles};
/// let valid = |text| metrics::is_valid(&smiles::parse(text, 1).unwrap());
/// assert!(valid("CN(=O)=O") && valid("CN=N#N") && valid("C[NH3+]") && !valid("CN(C)(C)C") && !valid("F=C"));
/// assert!(!valid("CN(C)=O") && valid("CS(=O)(=O)C"));
/// ```
#[must_use]
pub fn is_valid(molecule: &Molecule) -> bool {
    valences_fit(molecule, |_| 0)
}

/// As [`is_valid`], but neutral N and O may have one bond too many, as if they had the charge +1 that it takes: graphs
/// of models that know no charges can only say ammonium this way (Jo et al., *GDSS*, 2022).
///
/// ```
/// use sympe_data::molecule::{metrics, smiles};
/// let charged = smiles::parse("[NH3+]CC([O-])=O", 1)?;
/// let blind = charged.without_charges();
/// assert!(!metrics::is_valid(&blind) && metrics::is_relaxed_valid(&blind));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[must_use]
pub fn is_relaxed_valid(molecule: &Molecule) -> bool {
    valences_fit(molecule, |atom| {
        u32::from(atom == Element::N.into() || atom == Element::O.into())
    })
}

fn valences_fit(molecule: &Molecule, allowance: impl Fn(Atom) -> u32) -> bool {
    let molecule = molecule.with_separated_charges();
    let fits = |v: u32| {
        let atom = molecule.atoms()[v as usize];
        molecule.bond_order_sum(v) <= max_valence(atom).saturating_add(allowance(atom))
    };
    !molecule.is_empty() && (0..molecule.len() as u32).all(fits)
}

/// The number of atoms whose bond orders sum to exactly H 1, C 4, N 3, O 2, F 1, whatever their charge (Hoogeboom et al.,
/// *Equivariant diffusion for molecule generation in 3D*, 2022), or to one of the valences of another element, any for
/// metals. It means something for explicit hydrogens only.
///
/// ```
/// use sympe_data::molecule::{metrics, smiles};
/// assert_eq!(metrics::stable_atoms(&smiles::parse("CO", 1)?), 6);
/// assert_eq!(metrics::stable_atoms(&smiles::parse("C[O-]", 1)?), 4);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[must_use]
pub fn stable_atoms(molecule: &Molecule) -> usize {
    let is_stable = |&v: &u32| {
        let allowed = allowed_valences(molecule.atoms()[v as usize].element.into());
        allowed.is_empty() || allowed.contains(&molecule.bond_order_sum(v))
    };
    (0..molecule.len() as u32).filter(is_stable).count()
}

/// The first half of an [identity](Molecule::identity).
fn key(identity: &str) -> Key {
    u128::from_str_radix(&identity[..32], 16).expect("hexadecimal digits")
}

/// The keys of a molecule, and of its largest fragment if it has one.
fn keys(molecule: &Molecule) -> Result<(Key, Option<Key>), CanonError> {
    let fragments = molecule.fragments();
    let whole = key(&molecule.identity()?);
    let largest = if fragments.len() == 1 {
        Some(whole)
    } else {
        largest_fragment(&fragments)?
    };
    Ok((whole, largest))
}

/// The key of the fragment with the most atoms; of several, the least, so that it is invariant. `None` for the
/// empty molecule.
fn largest_fragment(fragments: &[Molecule]) -> Result<Option<Key>, CanonError> {
    let most = fragments.iter().map(Molecule::len).max();
    let largest = fragments.iter().filter(|fragment| Some(fragment.len()) == most);
    let identities = largest.map(Molecule::identity).collect::<Result<Vec<_>, _>>()?;
    Ok(identities.into_iter().min().as_deref().map(key))
}

/// Gives what `f` makes of molecules to `take`, some thousands at a time and in their order.
pub(super) fn in_parts<M: Borrow<Molecule>, T: Send>(
    count: usize,
    molecule: impl Fn(usize) -> Result<M, DataError> + Sync,
    f: impl Fn(&Molecule) -> Result<T, CanonError> + Sync,
    mut take: impl FnMut(Vec<T>),
) -> Result<(), DataError> {
    let of = |index| f(molecule(index)?.borrow()).map_err(|source| DataError::Canon { index, source });
    for first in (0..count).step_by(AT_A_TIME) {
        let indices = (first..count.min(first + AT_A_TIME)).into_par_iter();
        take(indices.map(of).collect::<Result<Vec<T>, DataError>>()?);
    }
    Ok(())
}

/// Molecules that are not novel: those of the training set. 32 to 64 bytes each.
///
/// ```
/// use sympe_data::molecule::{metrics::KnownMolecules, smiles};
/// let known = KnownMolecules::new(&[smiles::parse("CCO", 1)?])?;
/// assert!(known.contains(&smiles::parse("OCC", 1)?)?);
/// assert!(!known.contains(&smiles::parse("COC", 1)?)?);
/// // Its largest fragment is known, the whole is not.
/// let with_water = smiles::parse("CCO.O", 1)?;
/// assert!(known.contains(&with_water)? && !known.contains_whole(&with_water)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct KnownMolecules {
    /// Whole ones.
    whole: HashSet<Key>,
    /// The largest fragments of those that have several.
    fragments: HashSet<Key>,
    /// Different largest fragments, those of connected molecules included.
    len: usize,
}

impl KnownMolecules {
    /// These molecules. About 20 µs each of QM9, 100 of MOSES.
    ///
    /// # Errors
    ///
    /// When one cannot be canonicalized; the error names its index.
    pub fn new<'a>(molecules: impl IntoIterator<Item = &'a Molecule>) -> Result<Self, DataError> {
        let molecules: Vec<&Molecule> = molecules.into_iter().collect();
        Self::generate(molecules.len(), |index| Ok(molecules[index]))
    }

    /// The `count` molecules that `molecule` gives for their indices, asked for in parallel and not kept.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and those of `molecule`.
    pub fn generate<M: Borrow<Molecule>>(
        count: usize,
        molecule: impl Fn(usize) -> Result<M, DataError> + Sync,
    ) -> Result<Self, DataError> {
        let (mut known, mut broken) = (Self::default(), HashSet::new());
        in_parts(count, molecule, keys, |found| {
            for (whole, largest) in found {
                known.whole.insert(whole);
                if largest != Some(whole) {
                    broken.insert(whole);
                    known.fragments.extend(largest);
                }
            }
        })?;
        let only_fragments = known.fragments.difference(&known.whole).count();
        known.len = known.whole.len() - broken.len() + only_fragments;
        Ok(known)
    }

    /// Number of different molecules, by their largest fragments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the largest fragment of a molecule is that of a known one.
    ///
    /// # Errors
    ///
    /// As [`Molecule::symmetry`].
    pub fn contains(&self, molecule: &Molecule) -> Result<bool, CanonError> {
        Ok(largest_fragment(&molecule.fragments())?.is_some_and(|largest| self.has(largest)))
    }

    /// Whether a whole molecule is a known one.
    ///
    /// # Errors
    ///
    /// As [`Molecule::symmetry`].
    pub fn contains_whole(&self, molecule: &Molecule) -> Result<bool, CanonError> {
        Ok(self.whole.contains(&key(&molecule.identity()?)))
    }

    /// Whether a largest fragment is known. It is connected, so among whole molecules it is a connected one.
    fn has(&self, largest: Key) -> bool {
        self.whole.contains(&largest) || self.fragments.contains(&largest)
    }
}

/// What a set of generated molecules is worth. The counts are exact; the methods give the usual shares, 0 where there is
/// nothing to share.
///
/// ```
/// use sympe_data::molecule::{metrics::{KnownMolecules, MoleculeMetrics}, smiles};
/// let train = [smiles::parse("CCO", 1)?];
/// let samples = smiles::parse_lines("OCC\nC=O\nO=C\nF=C\nNone\n").molecules;
/// let metrics = MoleculeMetrics::of(&samples, &KnownMolecules::new(&train)?)?;
/// assert_eq!(metrics.validity(), 3.0 / 5.0);
/// assert_eq!(metrics.uniqueness(), 2.0 / 3.0);
/// assert_eq!(metrics.novelty(), 1.0 / 2.0);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MoleculeMetrics {
    /// Samples, molecules or not.
    pub samples: u64,
    /// Samples that are valid: [`is_valid`].
    pub valid: u64,
    /// Samples that are valid or nearly so: [`is_relaxed_valid`].
    pub relaxed_valid: u64,
    /// Different molecules among the largest fragments of the valid samples.
    pub unique: u64,
    /// Those that are not known.
    pub novel: u64,
    /// Atoms of all samples, valid or not.
    pub atoms: u64,
    /// Atoms that are stable: [`stable_atoms`].
    pub stable_atoms: u64,
    /// Samples all of whose atoms are stable, and which have one.
    pub stable_molecules: u64,
}

impl MoleculeMetrics {
    /// Judges samples; `None` is a sample that is no molecule. Samples and known molecules must be given alike: both with
    /// or both without hydrogens, both with or both without charges.
    ///
    /// # Errors
    ///
    /// When a sample cannot be canonicalized; the error names its index.
    pub fn of(samples: &[Option<Molecule>], known: &KnownMolecules) -> Result<Self, DataError> {
        let mut metrics = Self {
            samples: samples.len() as u64,
            ..Self::default()
        };
        let mut different = HashSet::new();
        for (index, molecule) in samples.iter().enumerate() {
            let Some(molecule) = molecule else {
                continue;
            };
            let stable = stable_atoms(molecule);
            metrics.atoms += molecule.len() as u64;
            metrics.stable_atoms += stable as u64;
            metrics.stable_molecules += u64::from(stable == molecule.len() && !molecule.is_empty());
            metrics.relaxed_valid += u64::from(is_relaxed_valid(molecule));
            if is_valid(molecule) {
                metrics.valid += 1;
                different.extend(
                    largest_fragment(&molecule.fragments())
                        .map_err(|source| DataError::Canon { index, source })?,
                );
            }
        }
        metrics.unique = different.len() as u64;
        metrics.novel = different.iter().filter(|&&key| !known.has(key)).count() as u64;
        Ok(metrics)
    }

    /// Valid per sample.
    #[must_use]
    pub fn validity(&self) -> f64 {
        share(self.valid, self.samples)
    }

    /// Valid or nearly so per sample.
    #[must_use]
    pub fn relaxed_validity(&self) -> f64 {
        share(self.relaxed_valid, self.samples)
    }

    /// Different molecules per valid sample.
    #[must_use]
    pub fn uniqueness(&self) -> f64 {
        share(self.unique, self.valid)
    }

    /// Novel per different molecule.
    #[must_use]
    pub fn novelty(&self) -> f64 {
        share(self.novel, self.unique)
    }

    /// Stable atoms per atom.
    #[must_use]
    pub fn atom_stability(&self) -> f64 {
        share(self.stable_atoms, self.atoms)
    }

    /// Stable molecules per sample.
    #[must_use]
    pub fn molecule_stability(&self) -> f64 {
        share(self.stable_molecules, self.samples)
    }
}
