//! Couplings to batches: draws, noise, signs; and exact answers to compare with.

use super::config::{CouplingLaw, IsingDataConfig};
use crate::TrainError;
use crate::checkpoint::hex;
use crate::experiment::{Shared, Splits, collect};
use crate::run::DataInfo;
use rand::Rng;
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};
use sympe_canon::lattice::{LatticeSubgroup, LatticeSymmetry};
use sympe_canon::{CanonError, Canonicalized, Canonicalizer};
use sympe_data::ising::{Annealer, Couplings, Disordered, Phase, Uniform, exact};
use sympe_data::{Collate, DataError, InMemory, Transform};
use sympe_groups::lattice::{LatticeElement, LatticeGroup};
use sympe_groups::{Action, PermutationRep, Subgroup};
use sympe_nn::breaking::Breaking;
use sympe_nn::params::normal;

/// Couplings are equal for the kernel if they agree to this.
const TOLERANCE: f64 = 1e-6;
/// Tori up to this width have their disordered ground states computed exactly; larger ones are annealed.
const EXACT_WIDTH: u32 = 8;

/// Couplings and what is computed once for them.
#[derive(Debug)]
pub(crate) struct Entry {
    index: usize,
    pub(crate) couplings: Couplings,
    kept: OnceLock<Canonicalized<LatticeSubgroup>>,
}

/// What a ground state of couplings is measured against.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    /// Per site.
    pub(crate) energy: f64,
    /// Of uniform couplings, where it is unique.
    pub(crate) phase: Option<Phase>,
}

impl Reference {
    fn new(couplings: &Couplings) -> Result<Self, DataError> {
        if couplings.as_uniform().is_some()
            && let Ok(phases) = couplings.phases()
        {
            return Ok(Self {
                energy: couplings.ground_energy()?,
                phase: (phases.len() == 1).then_some(phases[0]),
            });
        }
        let narrow = couplings.shape().into_iter().min() <= Some(EXACT_WIDTH);
        let state = if narrow {
            exact::transfer(couplings)?
        } else {
            Annealer::default().run(couplings)?
        };
        Ok(Self {
            energy: state.energy,
            phase: None,
        })
    }
}

/// Inputs to evaluate on.
///
/// ```
/// use sympe_data::ising::Couplings;
/// use sympe_train::ising::IsingSamples;
/// let samples = IsingSamples::new(vec![Couplings::uniform([4, 4], 1.0, -1.0, 0.5)?], false);
/// assert_eq!(samples.len(), 1);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct IsingSamples {
    entries: Vec<Arc<Entry>>,
    references: OnceLock<Vec<Reference>>,
    /// Whether it is worth counting how often each ground state comes out.
    coverage: bool,
}

impl IsingSamples {
    /// These couplings, all on one torus; with `coverage`, an evaluation also counts ground states.
    #[must_use]
    pub fn new(couplings: Vec<Couplings>, coverage: bool) -> Self {
        let entry = |(index, couplings)| {
            Arc::new(Entry {
                index,
                couplings,
                kept: OnceLock::new(),
            })
        };
        Self {
            entries: couplings.into_iter().enumerate().map(entry).collect(),
            references: OnceLock::new(),
            coverage,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The couplings.
    pub fn couplings(&self) -> impl Iterator<Item = &Couplings> {
        self.entries.iter().map(|entry| &entry.couplings)
    }

    pub(crate) fn coverage(&self) -> bool {
        self.coverage
    }

    /// A data set of all of them.
    pub(crate) fn dataset(&self) -> InMemory<Arc<Entry>> {
        InMemory::new(self.entries.clone())
    }

    /// A data set of `count` times the one at `index`.
    pub(crate) fn repeated(&self, index: usize, count: usize) -> InMemory<Arc<Entry>> {
        InMemory::new(vec![Arc::clone(&self.entries[index]); count])
    }

    /// What they are measured against, computed at the first call.
    pub(crate) fn references(&self) -> Result<&[Reference], TrainError> {
        if let Some(references) = self.references.get() {
            return Ok(references);
        }
        let references = self
            .entries
            .par_iter()
            .map(|entry| Reference::new(&entry.couplings));
        let references = references.collect::<Result<Vec<_>, _>>()?;
        Ok(self.references.get_or_init(|| references))
    }
}

pub(crate) type IsingSplits = Splits<IsingSamples>;

impl IsingSplits {
    /// The data of a configuration. Runs of one process share them, and the exact answers, which can take seconds.
    pub(crate) fn load(config: &IsingDataConfig) -> Result<Arc<Self>, TrainError> {
        static LOADED: Shared<IsingDataConfig, IsingSplits> = Shared::new();
        // What is the same for all runs of a comparison.
        let key = IsingDataConfig {
            spin_flip: false,
            augment: false,
            ..config.clone()
        };
        LOADED.get(key, Self::make)
    }

    fn make(config: &IsingDataConfig) -> Result<Self, TrainError> {
        let part = |number: u64, count: usize| -> Result<Vec<Couplings>, DataError> {
            // Seeds of the three parts must differ, whatever the seed of the data is.
            let seed = config.seed.wrapping_mul(3).wrapping_add(number);
            let (shape, field) = ([config.side; 2], config.field[0]..=config.field[1]);
            match config.law {
                CouplingLaw::Published => {
                    collect(&Uniform::published(count, shape, seed)?.with_field(field)?)
                }
                CouplingLaw::Wide => collect(&Uniform::wide(count, shape, seed)?.with_field(field)?),
                CouplingLaw::Disordered => collect(&Disordered::new(count, shape, seed)?.with_field(field)?),
            }
        };
        let parts = [
            part(0, config.train)?,
            part(1, config.held_out)?,
            part(2, config.held_out)?,
        ];
        let mut bytes = Vec::new();
        for couplings in &parts {
            bytes.extend((couplings.len() as u64).to_le_bytes());
            for one in couplings {
                let values = one.down().iter().chain(one.right()).chain(one.field());
                bytes.extend(values.flat_map(|value| value.to_le_bytes()));
            }
        }
        let info = DataInfo {
            description: format!(
                "{} couplings on {side} × {side} sites, field from {} to {}",
                config.law,
                config.field[0],
                config.field[1],
                side = config.side
            ),
            sha256: hex(&bytes),
        };
        let [train, validation, test] = parts;
        Ok(Self {
            train: IsingSamples::new(train, false),
            validation: IsingSamples::new(validation, false),
            test: IsingSamples::new(test, config.law.is_uniform()),
            info,
        })
    }
}

/// Couplings with what was drawn for them.
#[derive(Debug)]
pub(crate) struct Drawn {
    entry: Arc<Entry>,
    /// The couplings, where they were moved.
    moved: Option<Couplings>,
    /// The sites `g̃⁻¹(r)`; empty unless the breaking needs them.
    ranks: Vec<u32>,
    /// `[D, h, w]`; empty unless the breaking needs them.
    features: Vec<f32>,
    /// The sign of `g̃`.
    sign: f32,
}

/// Draws what the breaking needs.
#[derive(Clone, Debug)]
pub(crate) struct DrawTransform {
    pub(crate) kind: Breaking,
    pub(crate) symmetry: LatticeSymmetry,
    pub(crate) dim: usize,
    pub(crate) scale: f64,
    pub(crate) augment: bool,
}

impl DrawTransform {
    fn group(&self) -> &LatticeGroup {
        self.symmetry.group()
    }

    fn canonicalize(&self, couplings: &Couplings) -> Result<Canonicalized<LatticeSubgroup>, CanonError> {
        self.symmetry
            .canonicalize(&couplings.to_lattice_field().quantized(TOLERANCE)?)
    }

    fn draw(
        &self,
        entry: &Entry,
        moved: Option<&Couplings>,
        rng: &mut dyn Rng,
    ) -> Result<LatticeElement, CanonError> {
        if self.kind == Breaking::Uniform {
            return Ok(self.group().sample(rng));
        }
        if let Some(couplings) = moved {
            return Ok(self.canonicalize(couplings)?.sample(rng));
        }
        if let Some(canonicalized) = entry.kept.get() {
            return Ok(canonicalized.sample(rng));
        }
        // Two threads may get here at once; both find the same.
        let canonicalized = self.canonicalize(&entry.couplings)?;
        Ok(entry.kept.get_or_init(|| canonicalized).sample(rng))
    }
}

impl Transform<Arc<Entry>> for DrawTransform {
    type Out = Drawn;

    fn apply(&self, entry: Arc<Entry>, rng: &mut dyn Rng) -> Result<Drawn, DataError> {
        let moved = self
            .augment
            .then(|| self.group().sample(rng).act(&entry.couplings));
        let sites = entry.couplings.sites();
        let (mut ranks, mut sign) = (Vec::new(), 1.0);
        if self.kind.needs_ranks() {
            let draw = self.draw(&entry, moved.as_ref(), rng);
            let draw = draw.map_err(|source| DataError::Canon {
                index: entry.index,
                source,
            })?;
            ranks = vec![0; sites];
            draw.write_index(&mut ranks);
            sign = draw.sign();
        }
        let features = match self.kind {
            Breaking::Noise => (0..self.dim * sites)
                .map(|_| (self.scale * normal(rng)) as f32)
                .collect(),
            // The same everywhere, so that the network is of the same size.
            Breaking::None => vec![1.0; self.dim * sites],
            _ => Vec::new(),
        };
        Ok(Drawn {
            entry,
            moved,
            ranks,
            features,
            sign,
        })
    }
}

/// A batch on the host.
///
/// ```
/// assert_eq!(sympe_train::ising::IsingBatch::default().len(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct IsingBatch {
    /// `[B, h, w]` each, in units of [`Couplings::scale`].
    pub(crate) down: Vec<f32>,
    pub(crate) right: Vec<f32>,
    pub(crate) field: Vec<f32>,
    /// `[B, h·w]`; empty if not drawn.
    pub(crate) ranks: Vec<u32>,
    /// `[B, D, h, w]`; empty if not drawn.
    pub(crate) features: Vec<f32>,
    /// `[B]`.
    pub(crate) signs: Vec<f32>,
    /// Of the soft spins of the loss; `None` for spherical ones.
    pub(crate) sharpness: Option<f64>,
}

impl IsingBatch {
    /// Number of inputs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signs.is_empty()
    }
}

/// Puts inputs of one torus side by side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack;

impl Collate<Drawn> for Stack {
    type Batch = IsingBatch;

    fn collate(&self, items: Vec<Drawn>) -> Result<IsingBatch, DataError> {
        let mut batch = IsingBatch::default();
        for item in items {
            let couplings = item.moved.as_ref().unwrap_or(&item.entry.couplings);
            let scale = couplings.scale() as f32;
            let unit = if scale > 0.0 { scale.recip() } else { 1.0 };
            let lists = [
                (&mut batch.down, couplings.down()),
                (&mut batch.right, couplings.right()),
                (&mut batch.field, couplings.field()),
            ];
            for (list, values) in lists {
                list.extend(values.iter().map(|value| value * unit));
            }
            batch.ranks.extend(item.ranks);
            batch.features.extend(item.features);
            batch.signs.push(item.sign);
        }
        Ok(batch)
    }
}
