//! Couplings to batches: draws, noise, signs; and exact answers to compare with.

use super::config::{CouplingLaw, IsingDataConfig};
use crate::TrainError;
use crate::breakers::{Drawn, DrawnBatch, Draws};
use crate::domain::{Domain, HasField, Torus, get_or_try_init};
use crate::task::{Entry, Part, Sample, Samples, Splits, collect, part_seed};
use rand::Rng;
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};
use sympe_canon::CanonError;
use sympe_canon::lattice::LatticeField;
use sympe_data::ising::{
    Annealer, Couplings, Disordered, FullyFrustrated, Phase, Superlattice, Uniform, exact,
};
use sympe_data::{Collate, DataError, Transform};
use sympe_groups::lattice::Reach;
use sympe_groups::{Action, Subgroup};
use sympe_nn::params::normal;

/// Couplings are equal for the kernel if they agree to this.
const TOLERANCE: f64 = 1e-6;
/// Tori up to this width have their disordered ground states computed exactly; larger ones are annealed.
const EXACT_WIDTH: u32 = 8;

/// Couplings with the exact answer, which is computed when it is asked for first.
#[derive(Debug)]
pub struct Magnet {
    couplings: Couplings,
    reference: OnceLock<Reference>,
}

impl Magnet {
    /// A magnet of these couplings.
    #[must_use]
    pub fn new(couplings: Couplings) -> Self {
        Self {
            couplings,
            reference: OnceLock::new(),
        }
    }

    /// The couplings.
    #[must_use]
    pub fn couplings(&self) -> &Couplings {
        &self.couplings
    }

    /// What answers are measured against.
    pub(super) fn reference(&self) -> Result<&Reference, DataError> {
        get_or_try_init(&self.reference, || Reference::new(&self.couplings))
    }
}

impl Sample for Magnet {
    fn write_bytes(&self, bytes: &mut Vec<u8>) {
        let Self { couplings, .. } = self;
        let further = [Reach::Diagonal, Reach::Second].into_iter().filter_map(|reach| couplings.bonds(reach));
        let values = couplings.down().iter().chain(couplings.right()).chain(couplings.field());
        let values = values.chain(further.flatten().flatten());
        bytes.extend(values.flat_map(|value| value.to_le_bytes()));
    }
}

impl HasField for Couplings {
    fn field(&self) -> Result<LatticeField<i64>, CanonError> {
        self.to_lattice_field().quantized(TOLERANCE)
    }
}

/// A magnet, and what a run keeps of it.
pub(super) type IsingEntry = Arc<Entry<Magnet, <Torus as Domain>::Kept>>;
/// Magnets to train or to evaluate on.
pub(super) type IsingSamples = Samples<Magnet, <Torus as Domain>::Kept>;

/// What the answers to these magnets are measured against; those not yet known are computed side by side.
pub(super) fn references(samples: &IsingSamples) -> Result<Vec<&Reference>, TrainError> {
    let references = samples.entries()?.par_iter().map(|entry| entry.sample.reference());
    Ok(references.collect::<Result<_, _>>()?)
}

/// What a ground state of couplings is measured against.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
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
        if let Some(state) = exact::unfrustrated(couplings) {
            return Ok(Self {
                energy: state.energy,
                phase: None,
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

/// The three parts of the data.
pub(super) fn load(config: &IsingDataConfig) -> Result<Splits<Magnet>, TrainError> {
    let part = |part: Part, count: usize| -> Result<Vec<Magnet>, DataError> {
        let seed = part_seed(config.seed, part);
        let (shape, field) = ([config.side; 2], config.field[0]..=config.field[1]);
        let couplings = match config.law {
            CouplingLaw::Published => collect(&Uniform::published(count, shape, seed)?.with_field(field)?)?,
            CouplingLaw::Wide => collect(&Uniform::wide(count, shape, seed)?.with_field(field)?)?,
            CouplingLaw::Disordered => collect(&Disordered::new(count, shape, seed)?.with_field(field)?)?,
            CouplingLaw::FullyFrustrated => collect(&FullyFrustrated::new(count, shape, seed)?)?,
            CouplingLaw::Superlattice => {
                let (pattern, cell) = (config.pattern, config.cell);
                collect(&Superlattice::new(count, shape, pattern, cell, seed)?)?
            }
        };
        Ok(couplings.into_iter().map(Magnet::new).collect())
    };
    let side = config.side;
    let description = match config.law {
        CouplingLaw::Superlattice => format!(
            "superlattice couplings on {side} × {side} sites, {} in cells of {cell} × {cell}",
            config.pattern,
            cell = config.cell
        ),
        law => {
            let [low, high] = config.field;
            format!("{law} couplings on {side} × {side} sites, field from {low} to {high}")
        }
    };
    Splits::new(
        description,
        [
            part(Part::Train, config.train)?,
            part(Part::Validation, config.held_out)?,
            part(Part::Test, config.held_out)?,
        ],
    )
}

/// Couplings with what was drawn for them.
#[derive(Debug)]
pub struct DrawnMagnet {
    entry: IsingEntry,
    /// The couplings, where they were moved.
    moved: Option<Couplings>,
    drawn: Drawn,
    /// `noise` numbers per site.
    noise: Vec<f32>,
}

/// The host half: draws for couplings, and puts those of a batch side by side.
#[derive(Clone, Debug)]
pub struct Stack {
    pub(super) draws: Draws<Torus>,
    /// Moves every input by a random element of the group.
    pub(super) augment: bool,
    /// Channels of independent normal noise beside what is drawn.
    pub(super) noise: usize,
}

impl Transform<IsingEntry> for Stack {
    type Out = DrawnMagnet;

    fn apply(&self, entry: IsingEntry, rng: &mut dyn Rng) -> Result<DrawnMagnet, DataError> {
        let couplings = entry.sample.couplings();
        let group = self.draws.domain().group();
        let moved = self.augment.then(|| group.sample(rng).act(couplings));
        let drawn = match &moved {
            // What is kept is of the couplings as they were.
            Some(moved) => self.draws.draw(entry.index, moved, &OnceLock::new(), rng)?,
            None => self.draws.draw(entry.index, couplings, &entry.kept, rng)?,
        };
        let count = self.noise * couplings.sites();
        let noise = (0..count).map(|_| normal(rng) as f32).collect();
        Ok(DrawnMagnet {
            entry,
            moved,
            drawn,
            noise,
        })
    }
}

/// A batch on the host.
#[derive(Clone, Debug, Default)]
pub struct IsingBatch {
    /// `[B, h, w]` each, in units of [`Couplings::scale`].
    pub(crate) down: Vec<f32>,
    pub(crate) right: Vec<f32>,
    pub(crate) field: Vec<f32>,
    /// What breaks symmetry.
    pub(crate) drawn: DrawnBatch,
    /// `[B, noise, h, w]`.
    pub(crate) noise: Vec<f32>,
    /// `[B]`.
    pub(crate) signs: Vec<f32>,
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

impl Collate<DrawnMagnet> for Stack {
    type Batch = IsingBatch;

    fn collate(&self, items: Vec<DrawnMagnet>) -> Result<IsingBatch, DataError> {
        let mut batch = IsingBatch {
            drawn: self.draws.stack(items.iter().map(|item| &item.drawn)),
            ..IsingBatch::default()
        };
        for item in items {
            let couplings = item.moved.as_ref().unwrap_or(item.entry.sample.couplings());
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
            batch.noise.extend(item.noise);
            batch.signs.push(item.drawn.sign);
        }
        Ok(batch)
    }
}
