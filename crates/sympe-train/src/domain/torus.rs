//! Fields on the sites of a torus under a wallpaper group, perhaps with the spin flip.

use super::input::HasField;
use super::{Domain, get_or_try_init};
use rand::Rng;
use std::sync::{Arc, OnceLock};
use sympe_canon::lattice::{LatticeSubgroup, LatticeSymmetry};
use sympe_canon::{CanonError, Canonicalized, Canonicalizer};
use sympe_groups::lattice::{LatticeElement, LatticeGroup};
use sympe_groups::{PermutationRep, Subgroup};
use sympe_nn::breaking::Breaker;
use sympe_nn::encoding::{FieldConfig, FieldEncoding, OrbitEncoding, PeriodicField};
use sympe_nn::learned::LearnedConfig;
use sympe_nn::params::Params;

/// A torus with the group that acts on it and a learned field on its sites; the kernel is the exact one.
///
/// ```
/// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
/// use sympe_train::domain::{Domain, Torus};
/// let torus = Torus::new(LatticeGroup::new(Wallpaper::P4m, 4, 4)?, 8, Default::default());
/// assert_eq!((torus.dim(), torus.group().order()), (8, 128));
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Torus {
    symmetry: LatticeSymmetry,
    dim: usize,
    config: FieldConfig,
    learned: LearnedConfig,
    period: u32,
}

impl Torus {
    /// A torus whose learned field has `dim` channels and starts like this.
    #[must_use]
    pub fn new(group: LatticeGroup, dim: usize, config: FieldConfig) -> Self {
        Self {
            symmetry: LatticeSymmetry::new(group),
            dim,
            config,
            learned: LearnedConfig::default(),
            period: 0,
        }
    }

    /// The same with these options of a learned kernel.
    #[must_use]
    pub fn with_learned(self, learned: LearnedConfig) -> Self {
        Self { learned, ..self }
    }

    /// The options of a learned kernel.
    pub(crate) fn learned(&self) -> LearnedConfig {
        self.learned
    }

    /// The learned field, as parameters at `params`.
    fn field(&self, params: &Params<'_>) -> candle_core::Result<FieldEncoding> {
        let shape = self.group().shape().map(|side| side as usize);
        FieldEncoding::new(shape, self.dim, self.config, params)
    }

    /// The same of a field that repeats, where it does.
    fn periodic(&self, params: &Params<'_>) -> candle_core::Result<Option<PeriodicField>> {
        let (shape, period) = (
            self.group().shape().map(|side| side as usize),
            self.period as usize,
        );
        let field = || PeriodicField::new(shape, [period; 2], self.dim, self.config, params);
        (period != 0).then(field).transpose()
    }

    /// The orbit of the learned field under the group.
    pub(crate) fn orbit(&self, params: &Params<'_>) -> candle_core::Result<OrbitEncoding> {
        match self.periodic(params)? {
            None => OrbitEncoding::new(self.field(params)?, self.group()),
            Some(field) => OrbitEncoding::periodic(field, self.group()),
        }
    }

    /// The same with a learned field that translations by `period` sites along each side keep: they are not broken. 0 keeps none.
    #[must_use]
    pub fn with_period(self, period: u32) -> Self {
        Self { period, ..self }
    }

    /// The group that acts.
    #[must_use]
    pub fn group(&self) -> &LatticeGroup {
        self.symmetry.group()
    }

    /// The canonical form of an input, kept with it.
    pub(crate) fn canonicalized<'a>(
        &self,
        input: &dyn HasField,
        kept: &'a <Self as Domain>::Kept,
    ) -> Result<&'a Canonicalized<LatticeSubgroup>, CanonError> {
        get_or_try_init(kept, || self.symmetry.canonicalize(&input.field()?))
    }
}

impl Domain for Torus {
    type Input = dyn HasField;
    type Kept = OnceLock<Canonicalized<LatticeSubgroup>>;
    type Element = LatticeElement;
    const CHANNEL_AXIS: usize = 1;

    fn dim(&self) -> usize {
        self.dim
    }

    fn pair_dim(&self) -> usize {
        0
    }

    fn scale(&self) -> f64 {
        self.config.scale
    }

    fn places(&self, _: &dyn HasField) -> usize {
        let [rows, columns] = self.group().shape();
        (rows * columns) as usize
    }

    fn draw(
        &self,
        input: &dyn HasField,
        kept: &Self::Kept,
        rng: &mut dyn Rng,
    ) -> Result<LatticeElement, CanonError> {
        Ok(self.canonicalized(input, kept)?.sample(rng))
    }

    fn haar(&self, _: &dyn HasField, rng: &mut dyn Rng) -> LatticeElement {
        self.group().sample(rng)
    }

    fn write(&self, element: &LatticeElement, places: &mut Vec<u32>) -> f32 {
        let [rows, columns] = self.group().shape();
        let first = places.len();
        places.resize(first + (rows * columns) as usize, 0);
        element.write_index(&mut places[first..]);
        element.sign()
    }

    fn encoding(&self, name: &'static str, params: &Params<'_>) -> candle_core::Result<Breaker> {
        Ok(match self.periodic(params)? {
            None => Breaker::encoding(name, Arc::new(self.field(params)?)),
            Some(field) => Breaker::encoding(name, Arc::new(field)),
        })
    }

    fn pair_encoding(&self, _: &'static str, _: &Params<'_>) -> candle_core::Result<Breaker> {
        candle_core::bail!("a torus has no encoding of pairs of sites")
    }
}
