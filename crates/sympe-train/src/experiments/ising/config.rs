//! The options of the experiment, and its presets.

use crate::breakers::Breaking;
use crate::config::{Config, Preset, TrainingConfig, at_least_one, finite, positive, to_toml};
use crate::domain::Torus;
use serde::{Deserialize, Serialize};
use sympe_data::ising::Pattern;
use sympe_groups::lattice::{LatticeGroup, Wallpaper};
use sympe_nn::encoding::FieldConfig;
use sympe_nn::learned::LearnedConfig;
use sympe_nn::models::LatticeNetConfig;
use sympe_nn::optim::OptimizerConfig;
use sympe_nn::params::MOST_SCALARS;

/// The options of the ground-state experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IsingConfig {
    /// What stands for spins in the loss.
    pub spins: SpinRelaxation,
    /// The sharpness β of soft spins in the first and in the last epoch; linear between.
    pub sharpness: [f64; 2],
    /// The couplings.
    pub data: IsingDataConfig,
    /// The network.
    pub model: LatticeNetConfig,
    /// What breaks symmetry.
    pub breaking: FieldBreakingConfig,
    /// Epochs, batches, seed.
    pub training: TrainingConfig,
    /// The update rule.
    pub optimizer: OptimizerConfig,
}

impl Default for IsingConfig {
    fn default() -> Self {
        Self {
            spins: SpinRelaxation::Spherical,
            sharpness: [1.5, 3.0],
            data: IsingDataConfig::default(),
            model: LatticeNetConfig::default(),
            breaking: FieldBreakingConfig::default(),
            training: TrainingConfig::default(),
            optimizer: OptimizerConfig::default(),
        }
    }
}

sympe_groups::named! {
    serde "relaxation of spins"
    /// Real numbers that stand for spins in the loss, made of the network's output `o`. Their size is fixed, so the energy
    /// can only fall by a better pattern, not by spins that vanish.
    #[derive(Default)]
    pub enum SpinRelaxation {
        /// The spherical model (Berlin & Kac 1952): `o` divided by its root mean square.
        ///
        /// For couplings without frustration: without a field the energy is then a Rayleigh quotient of the matrix of
        /// couplings, whose ground states are its lowest eigenvectors, and which has no other minima. Soft spins have some.
        ///
        /// A uniform external field acts through `|m|·m` instead of `m`, as through the bond to one more spin; `m` is the
        /// mean. The energy is then linear in the share `|ô(k)|²` of each wave vector, and so least at a pure pattern. Where two
        /// patterns have the same energy, so have all between them: the loss favours no side of a boundary between phases.
        #[default]
        Spherical = "spherical",
        /// `tanh(β·o/‖o‖)/tanh β`, of [sharpness](IsingConfig::sharpness) β.
        Soft = "soft",
    }
}

impl IsingConfig {
    /// The sharpness of soft spins in an epoch; `None` of spherical ones.
    #[must_use]
    pub fn sharpness_of(&self, epoch: u64) -> Option<f64> {
        let ([first, last], epochs) = (self.sharpness, self.training.epochs);
        let share = epoch as f64 / epochs.saturating_sub(1).max(1) as f64;
        (self.spins == SpinRelaxation::Soft).then_some(first + (last - first) * share)
    }
}

sympe_groups::named! {
    serde "law of couplings"
    /// The law of the couplings.
    ///
    /// ```
    /// use sympe_train::experiments::ising::CouplingLaw;
    /// assert_eq!(CouplingLaw::Wide.to_string(), "wide");
    /// ```
    #[derive(Default)]
    pub enum CouplingLaw {
        /// Uniform couplings, `J_x = 1`, `J_y ~ U(−3, 3)`, turned by 90° with probability ½: ferromagnet and stripes.
        Published = "published",
        /// Uniform couplings, `J_x, J_y ~ U(−3, 3)`: all four phases.
        #[default]
        Wide = "wide",
        /// A coupling of its own for every bond, `J ~ N(0, 1)`, and a field for every site.
        Disordered = "disordered",
        /// Couplings that repeat after a cell and that some spins satisfy; no field.
        Superlattice = "superlattice",
        /// Every plaquette frustrated (Villain 1977): ground states in many orbits; no field.
        FullyFrustrated = "fully-frustrated",
    }
}

impl CouplingLaw {
    /// Whether all bonds of a direction are equal.
    #[must_use]
    pub fn is_uniform(self) -> bool {
        matches!(self, Self::Published | Self::Wide)
    }

    /// Whether some spins satisfy every bond, so that the energy of spherical spins is least at ground states alone.
    fn is_satisfiable(self) -> bool {
        self.is_uniform() || self == Self::Superlattice
    }

    /// Whether there may be an external field.
    fn has_field(self) -> bool {
        !matches!(self, Self::Superlattice | Self::FullyFrustrated)
    }
}

/// The options of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IsingDataConfig {
    /// The law of the couplings.
    pub law: CouplingLaw,
    /// Rows and columns of the torus.
    pub side: u32,
    /// The spins that the couplings of a superlattice favour.
    pub pattern: Pattern,
    /// Rows and columns of the cell after which the couplings of a superlattice repeat.
    pub cell: u32,
    /// The external field is uniform on this interval.
    pub field: [f32; 2],
    /// Whether the group contains the spin flip.
    ///
    /// Then the sign of the draw is divided out of the field and multiplied onto the output, so that a magnet without
    /// field has its ground states equally often. What breaks nothing or only adds noise does not know the flip.
    pub spin_flip: bool,
    /// Moves every training input by a random element of the group: for networks that are not equivariant.
    pub augment: bool,
    /// Training inputs.
    pub train: usize,
    /// Validation and test inputs each.
    pub held_out: usize,
    /// Seed of the inputs; the same for all runs of a comparison.
    #[serde(with = "crate::config::seed")]
    pub seed: u64,
}

impl Default for IsingDataConfig {
    fn default() -> Self {
        Self {
            law: CouplingLaw::default(),
            side: 8,
            pattern: Pattern::default(),
            cell: 2,
            field: [0.0, 2.0],
            spin_flip: false,
            augment: false,
            train: 8192,
            held_out: 1000,
            seed: 1,
        }
    }
}

impl IsingDataConfig {
    /// The symmetry group of the task.
    ///
    /// # Errors
    ///
    /// When the side is 0 or too large.
    pub fn group(&self) -> Result<LatticeGroup, sympe_groups::GroupError> {
        let group = LatticeGroup::new(Wallpaper::P4m, self.side, self.side)?;
        Ok(if self.spin_flip {
            group.with_spin_flip()
        } else {
            group
        })
    }
}

/// The options of the breaking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FieldBreakingConfig {
    /// What breaks symmetry; SymPE draws from the exact kernel.
    pub kind: Breaking<Torus>,
    /// Channels of the encoding.
    pub dim: usize,
    /// Channels of independent normal noise beside the encoding, new at every draw: the ε of the
    /// [theorem](super), for ground states in several orbits.
    pub noise: usize,
    /// Partial breaking: translations by so many sites along each side, which the learned field keeps and so does not break; 0 keeps
    /// none.
    pub period: u32,
    /// How the learned field starts; `scale` is also that of noise.
    pub field: FieldConfig,
    /// The kernel of `learned`: `hidden` channels on the group, `layers` blocks.
    pub learned: LearnedConfig,
}

impl Default for FieldBreakingConfig {
    fn default() -> Self {
        Self {
            kind: Breaking::default(),
            dim: 8,
            noise: 0,
            period: 0,
            field: FieldConfig::default(),
            // Much smaller than the network that reads the draws.
            learned: LearnedConfig {
                temperature: 1.0,
                gain: 1.0,
                hidden: 2,
                layers: 1,
                ..LearnedConfig::default()
            },
        }
    }
}

impl Config for IsingConfig {
    fn presets() -> &'static [Preset] {
        &[
            (
                "quick",
                "uniform couplings on 8 × 8 sites, all four phases; three minutes on two cores",
                "
                training = { epochs = 10, batch-size = 32 }
                optimizer = { learning-rate = 5e-3, warmup = 100, clip-norm = 1.0, average = 0.998 }
                ",
            ),
            (
                "large",
                "uniform couplings on 16 × 16 sites",
                "
                data = { side = 16, held-out = 500 }
                training = { epochs = 8, batch-size = 32 }
                optimizer = { learning-rate = 5e-3, warmup = 100, clip-norm = 1.0, average = 0.998 }
                ",
            ),
            (
                "disordered",
                "disordered couplings on 6 × 6 sites, against exact ground states",
                "
                spins = 'soft'
                data = { law = 'disordered', side = 6, field = [-1.0, 1.0] }
                training = { epochs = 8, batch-size = 32 }
                optimizer = { learning-rate = 3e-3, warmup = 100, clip-norm = 1.0, average = 0.998 }
                ",
            ),
            (
                "superlattice",
                "ferromagnetic plaquettes, antiferromagnetic bonds between, on 8 × 8 sites; many cases for a uniform draw",
                "
                spins = 'soft'
                data = { law = 'superlattice', field = [0.0, 0.0], train = 4096 }
                training = { epochs = 8, batch-size = 32 }
                optimizer = { learning-rate = 3e-3, warmup = 100, clip-norm = 1.0, average = 0.998 }
                ",
            ),
            (
                "smoke",
                "seconds: a small torus and few inputs, for tests",
                "
                data = { side = 4, train = 64, held-out = 24 }
                model = { channels = 2, blocks = 1 }
                breaking = { dim = 4 }
                training = { epochs = 2, batch-size = 16, checkpoint-every = 2 }
                optimizer = { learning-rate = 5e-3, clip-norm = 1.0 }
                ",
            ),
        ]
    }

    fn training(&self) -> &TrainingConfig {
        &self.training
    }

    fn optimizer(&self) -> &OptimizerConfig {
        &self.optimizer
    }

    fn data_key(&self) -> String {
        // What is the same for all runs of a comparison.
        to_toml(&IsingDataConfig {
            spin_flip: false,
            augment: false,
            ..self.data.clone()
        })
    }

    fn validate(&self) -> Result<(), String> {
        self.training.validate(&self.optimizer)?;
        at_least_one([
            ("data.side", self.data.side as usize),
            ("data.train", self.data.train),
            ("data.held-out", self.data.held_out),
            ("model.channels", self.model.channels),
            ("model.kernel", self.model.kernel),
            ("breaking.dim", self.breaking.dim),
            ("breaking.learned.hidden", self.breaking.learned.hidden),
        ])?;
        positive("breaking.learned.temperature", self.breaking.learned.temperature)?;
        positive("breaking.learned.gain", self.breaking.learned.gain)?;
        let sites = self.breaking.dim.saturating_add(self.breaking.noise).saturating_add(1);
        let parameters = self.model.parameters_about(sites);
        if parameters > MOST_SCALARS {
            let gibibytes = 4.0 * parameters as f64 / f64::from(1 << 30);
            return Err(format!(
                "model.channels = {}, model.blocks = {} and model.kernel = {} make a network of about {:.1e} parameters \
                 ({gibibytes:.1e} GiB), expected at most {MOST_SCALARS}",
                self.model.channels, self.model.blocks, self.model.kernel, parameters as f64
            ));
        }
        let is_positive = |sharpness: &f64| *sharpness > 0.0 && sharpness.is_finite();
        if !self.sharpness.iter().all(is_positive) {
            return Err(format!(
                "sharpness is {:?}, expected positive numbers",
                self.sharpness
            ));
        }
        if self.spins == SpinRelaxation::Spherical && !self.data.law.is_satisfiable() {
            return Err(format!(
                "spins is spherical, expected soft for {} couplings",
                self.data.law
            ));
        }
        let [low, high] = self.data.field;
        if !(low <= high && (high - low).is_finite()) {
            return Err(format!(
                "data.field is [{low}, {high}], expected a finite interval"
            ));
        }
        let IsingDataConfig { law, side, pattern, cell, .. } = self.data;
        if !law.has_field() && [low, high] != [0.0; 2] {
            return Err(format!(
                "data.field is [{low}, {high}], expected [0, 0]: {law} couplings have no field"
            ));
        }
        if law == CouplingLaw::Superlattice && !pattern.fits([side; 2], cell) {
            return Err(format!(
                "data.cell is {cell}, expected a divisor of data.side = {side} for mattis, of its half for {pattern}"
            ));
        }
        if (law.is_uniform() || law == CouplingLaw::FullyFrustrated) && side % 2 == 1 {
            return Err(format!(
                "data.side is {side}, expected an even number: stripes and checkerboards do not fit odd tori"
            ));
        }
        if self.data.side > 1024 {
            return Err(format!("data.side is {}, expected at most 1024", self.data.side));
        }
        let period = self.breaking.period;
        if period != 0 && !side.is_multiple_of(period) {
            return Err(format!(
                "breaking.period is {period}, expected a divisor of data.side = {side}, or 0 to keep no translation"
            ));
        }
        finite("breaking.field.scale", self.breaking.field.scale)
    }
}
