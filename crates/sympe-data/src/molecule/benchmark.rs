//! How alike the molecules of two sets are: the metrics of the benchmark MOSES on distributions.
//!
//! A set is its [`Distribution`]: how often which scaffold and which fragment occur, and a fingerprint per molecule. Molecules are not kept.
//! [`Distribution::compare`] gives all figures of samples beside a reference, [`KnownScaffolds`] what is not new.
//!
//! Source: Polykovskiy et al., *Molecular sets (MOSES): a benchmarking platform for molecular generation models*, 2020, as its package
//! `molsets` 0.3.1 computes them. Its Fréchet ChemNet distance needs a trained network, and is not here; nor are its filters.
//!
//! ```
//! use sympe_data::molecule::benchmark::{Distribution, KnownScaffolds};
//! use sympe_data::molecule::smiles;
//! let parse = |lines| smiles::parse_lines(lines).molecules.into_iter().flatten().collect::<Vec<_>>();
//! let reference = parse("c1ccccc1Cc1ccccc1\nCCOc1ccc(Cc2ccccc2)cc1\nCCO\n");
//! let samples = parse("Cc1ccccc1Cc1ccccc1\nC1CC2CCC1C2\n");
//! let known = KnownScaffolds::new(&reference)?;
//! let reference = Distribution::new(&reference)?;
//! let found = Distribution::new(&samples)?.compare(&reference);
//! // Diphenylmethane is one of two scaffolds of the samples, and the only one of the reference.
//! assert_eq!(found.scaffold_similarity, Some(1.0 / 2f64.sqrt()));
//! assert_eq!(Distribution::new(&samples)?.scaffold_novelty(&known), Some(0.5));
//! # Ok::<(), sympe_data::DataError>(())
//! ```

use super::fingerprint::Fingerprint;
use super::metrics::{in_parts, is_valid};
use super::skeleton::{Key, Skeleton};
use super::{Molecule, brics, scaffold};
use crate::DataError;
use rayon::prelude::*;
use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use sympe_canon::CanonError;

/// A scaffold of two or more rings, by the first half of its [identity](Molecule::identity) without hydrogens: the benchmark counts no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScaffoldKey(Key);

impl ScaffoldKey {
    /// That of a molecule's [scaffold](Molecule::scaffold), if it has two rings. Less than 100 µs for drugs.
    ///
    /// # Errors
    ///
    /// As [`Molecule::symmetry`].
    pub fn of(molecule: &Molecule) -> Result<Option<Self>, CanonError> {
        Ok(scaffold::key(&Skeleton::of(molecule))?.map(Self))
    }
}

/// What counts of one molecule.
#[derive(Clone, Debug)]
pub struct Traits {
    scaffold: Option<ScaffoldKey>,
    fragments: Vec<Key>,
    fingerprint: Fingerprint,
}

impl Traits {
    /// Those of a molecule, whether its hydrogens are atoms or not. Some 100 µs for drugs.
    ///
    /// # Errors
    ///
    /// As [`Molecule::symmetry`].
    pub fn of(molecule: &Molecule) -> Result<Self, CanonError> {
        let skeleton = Skeleton::of(molecule);
        Ok(Self {
            scaffold: scaffold::key(&skeleton)?.map(ScaffoldKey),
            fragments: brics::keys(&skeleton)?,
            fingerprint: Fingerprint::of_skeleton(&skeleton),
        })
    }
}

/// Scaffolds that are not new: those of the training set. 32 to 64 bytes each.
///
/// ```
/// use sympe_data::molecule::{benchmark::{KnownScaffolds, ScaffoldKey}, smiles};
/// let molecules = ["Cc1ccccc1Cc1ccccc1", "c1ccccc1"].map(|text| smiles::parse(text, 1).unwrap());
/// let known = KnownScaffolds::new(&molecules)?;
/// // Benzene has one ring: it does not count.
/// assert_eq!(known.len(), 1);
/// let scaffold = ScaffoldKey::of(&smiles::parse("C(c1ccccc1)c1ccccc1", 1)?)?;
/// assert!(known.contains(scaffold.expect("two rings")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct KnownScaffolds(HashSet<ScaffoldKey>);

impl KnownScaffolds {
    /// Those of these molecules.
    ///
    /// # Errors
    ///
    /// When one cannot be canonicalized; the error names its index.
    pub fn new<'a>(molecules: impl IntoIterator<Item = &'a Molecule>) -> Result<Self, DataError> {
        let molecules: Vec<&Molecule> = molecules.into_iter().collect();
        Self::generate(molecules.len(), |index| Ok(molecules[index]))
    }

    /// Those of the `count` molecules that `molecule` gives for their indices, asked for in parallel and not kept.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and those of `molecule`.
    pub fn generate<M: Borrow<Molecule>>(
        count: usize,
        molecule: impl Fn(usize) -> Result<M, DataError> + Sync,
    ) -> Result<Self, DataError> {
        let mut known = Self::default();
        in_parts(count, molecule, ScaffoldKey::of, |scaffolds| {
            known.extend(scaffolds.into_iter().flatten())
        })?;
        Ok(known)
    }

    /// Number of scaffolds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a scaffold is known.
    #[must_use]
    pub fn contains(&self, scaffold: ScaffoldKey) -> bool {
        self.0.contains(&scaffold)
    }
}

impl Extend<ScaffoldKey> for KnownScaffolds {
    fn extend<I: IntoIterator<Item = ScaffoldKey>>(&mut self, scaffolds: I) {
        self.0.extend(scaffolds);
    }
}

impl FromIterator<ScaffoldKey> for KnownScaffolds {
    fn from_iter<I: IntoIterator<Item = ScaffoldKey>>(scaffolds: I) -> Self {
        Self(scaffolds.into_iter().collect())
    }
}

/// A set of molecules as the benchmark sees it: 136 bytes for each, and 32 to 64 for each different scaffold and fragment.
///
/// It also takes [`Traits`] one after the other, as from [`Moses::stream`](super::Moses::stream):
///
/// ```
/// use sympe_data::molecule::{benchmark::{Distribution, Traits}, smiles};
/// let mut set = Distribution::default();
/// for text in ["CCOc1ccccc1", "CCO"] {
///     set.extend([Traits::of(&smiles::parse(text, 1)?)?]);
/// }
/// assert_eq!(set.len(), 2);
/// // Set beside itself, every molecule has itself as nearest neighbour.
/// assert_eq!(set.nearest_similarity(&set), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    scaffolds: HashMap<ScaffoldKey, u64>,
    fragments: HashMap<Key, u64>,
    fingerprints: Vec<Fingerprint>,
}

impl Extend<Traits> for Distribution {
    fn extend<I: IntoIterator<Item = Traits>>(&mut self, molecules: I) {
        for molecule in molecules {
            if let Some(scaffold) = molecule.scaffold {
                *self.scaffolds.entry(scaffold).or_default() += 1;
            }
            for fragment in molecule.fragments {
                *self.fragments.entry(fragment).or_default() += 1;
            }
            self.fingerprints.push(molecule.fingerprint);
        }
    }
}

impl Distribution {
    /// That of these molecules.
    ///
    /// # Errors
    ///
    /// When one cannot be canonicalized; the error names its index.
    pub fn new<'a>(molecules: impl IntoIterator<Item = &'a Molecule>) -> Result<Self, DataError> {
        let molecules: Vec<&Molecule> = molecules.into_iter().collect();
        Self::generate(molecules.len(), |index| Ok(molecules[index]))
    }

    /// That of samples: of those that are [valid](is_valid), as often as they occur.
    ///
    /// # Errors
    ///
    /// When one cannot be canonicalized; the error names its index.
    pub fn of_samples(samples: &[Option<Molecule>]) -> Result<Self, DataError> {
        let valid = (0..).zip(samples).filter_map(|(index, sample)| {
            let molecule = sample.as_ref().filter(|molecule| is_valid(molecule))?;
            Some((index, molecule))
        });
        let valid: Vec<(usize, &Molecule)> = valid.collect();
        let found = Self::generate(valid.len(), |index| Ok(valid[index].1));
        found.map_err(|error| match error {
            DataError::Canon { index, source } => DataError::Canon {
                index: valid[index].0,
                source,
            },
            other => other,
        })
    }

    /// That of the `count` molecules that `molecule` gives for their indices, asked for in parallel and not kept.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and those of `molecule`.
    pub fn generate<M: Borrow<Molecule>>(
        count: usize,
        molecule: impl Fn(usize) -> Result<M, DataError> + Sync,
    ) -> Result<Self, DataError> {
        let mut found = Self::default();
        in_parts(count, molecule, Traits::of, |traits| found.extend(traits))?;
        Ok(found)
    }

    /// Number of molecules.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// All figures of these molecules beside those of a reference.
    #[must_use]
    pub fn compare(&self, reference: &Self) -> BenchmarkMetrics {
        let [one, two] = self
            .internal_diversities()
            .map_or([None; 2], |both| both.map(Some));
        BenchmarkMetrics {
            internal_diversity: one,
            internal_diversity_2: two,
            nearest_similarity: self.nearest_similarity(reference),
            fragment_similarity: self.fragment_similarity(reference),
            scaffold_similarity: self.scaffold_similarity(reference),
        }
    }

    /// Internal diversity, IntDiv₁ and IntDiv₂: one less the mean of the [similarities](Fingerprint::similarity) of all pairs, a molecule
    /// with itself included; and one less the mean over molecules of the root of their mean square similarity to all. (The
    /// article has the root of the mean over all pairs, 0.002 less for MOSES; the package, and what is published with it, has this.) `None`
    /// without molecules. O(n²), some 12 ns a pair and core.
    #[must_use]
    pub fn internal_diversities(&self) -> Option<[f64; 2]> {
        let n = self.len() as f64;
        let of_one = |one: &Fingerprint| {
            let (mut sum, mut squares) = (0.0, 0.0);
            for other in &self.fingerprints {
                let similarity = one.similarity(other);
                sum += similarity;
                squares += similarity * similarity;
            }
            [sum / n, (squares / n).sqrt()]
        };
        // Summed in order, so that the last digit does not depend on threads.
        let means: Vec<[f64; 2]> = self.fingerprints.par_iter().map(of_one).collect();
        let mean = |power: usize| means.iter().map(|mean| mean[power]).sum::<f64>() / n;
        (!self.is_empty()).then(|| [0, 1].map(|power| 1.0 - mean(power)))
    }

    /// SNN, the mean over these molecules of the [similarity](Fingerprint::similarity) to the nearest molecule of the reference. `None` if
    /// either is empty. O(n·m), some 12 ns a pair and core.
    #[must_use]
    pub fn nearest_similarity(&self, reference: &Self) -> Option<f64> {
        let of_one = |one: &Fingerprint| one.nearest(&reference.fingerprints);
        let nearest: Vec<f64> = self.fingerprints.par_iter().filter_map(of_one).collect();
        (!nearest.is_empty()).then(|| nearest.iter().sum::<f64>() / nearest.len() as f64)
    }

    /// Frag, the cosine of the angle between the counts of [fragments](brics::fragments). `None` if either is empty.
    #[must_use]
    pub fn fragment_similarity(&self, reference: &Self) -> Option<f64> {
        cosine(&self.fragments, &reference.fragments)
    }

    /// Scaf, the cosine of the angle between the counts of [scaffolds](ScaffoldKey). `None` if either has none.
    #[must_use]
    pub fn scaffold_similarity(&self, reference: &Self) -> Option<f64> {
        cosine(&self.scaffolds, &reference.scaffolds)
    }

    /// Of the different [scaffolds](ScaffoldKey) of these molecules the share that is not known. `None` if there are none.
    #[must_use]
    pub fn scaffold_novelty(&self, known: &KnownScaffolds) -> Option<f64> {
        let new = self
            .scaffolds
            .keys()
            .filter(|&&scaffold| !known.contains(scaffold))
            .count();
        (!self.scaffolds.is_empty()).then(|| new as f64 / self.scaffolds.len() as f64)
    }
}

/// The cosine of the angle between two tables of counts, summed as integers, so that the order does not matter.
fn cosine<K: Eq + Hash>(one: &HashMap<K, u64>, other: &HashMap<K, u64>) -> Option<f64> {
    let square = |counts: &HashMap<K, u64>| {
        counts
            .values()
            .map(|&count| u128::from(count) * u128::from(count))
            .sum::<u128>()
    };
    let shared = one.iter().filter_map(|(key, &count)| {
        other
            .get(key)
            .map(|&of_other| u128::from(count) * u128::from(of_other))
    });
    let shared: u128 = shared.sum();
    // One root of both, so that counts beside themselves give 1 exactly.
    let both = (square(one) as f64 * square(other) as f64).sqrt();
    (both > 0.0).then(|| (shared as f64 / both).min(1.0))
}

/// How alike samples and a reference are. `None` is a figure that is not known, for want of molecules or scaffolds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BenchmarkMetrics {
    /// IntDiv₁ of the samples: [`Distribution::internal_diversities`].
    pub internal_diversity: Option<f64>,
    /// IntDiv₂ of the samples.
    pub internal_diversity_2: Option<f64>,
    /// SNN: [`Distribution::nearest_similarity`].
    pub nearest_similarity: Option<f64>,
    /// Frag: [`Distribution::fragment_similarity`].
    pub fragment_similarity: Option<f64>,
    /// Scaf: [`Distribution::scaffold_similarity`].
    pub scaffold_similarity: Option<f64>,
}
