//! The ways of a domain by name, and the two halves of a chosen one.

use super::kernel::LearnedKernel;
use super::way::{Drawn, Takes, Way};
use crate::clock::Clock;
use crate::comparison::{Axis, Row};
use crate::domain::{Domain, Graphs, KeptGraph};
use rand::Rng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use sympe_data::DataError;
use sympe_groups::{Permutation, UnknownName};
use sympe_nn::breaking::Breaker;
use sympe_nn::params::Params;

/// A domain with its ways of breaking symmetry.
pub trait Breakable: Domain {
    /// All of them, in the order of the tables.
    const ALL: &'static [&'static dyn Way<Self>];
}

/// A way of breaking symmetry of a domain, by name.
///
/// ```
/// use sympe_train::breakers::Breaking;
/// use sympe_train::domain::{Graphs, Torus};
/// assert_eq!("random-walk".parse::<Breaking<Graphs>>()?.to_string(), "random-walk");
/// let error = "random-walk".parse::<Breaking<Torus>>().unwrap_err().to_string();
/// assert!(error.contains("one of none, noise, uniform"));
/// assert_eq!(Breaking::<Torus>::default().to_string(), "sympe");
/// # Ok::<(), sympe_groups::UnknownName>(())
/// ```
pub struct Breaking<D: Breakable>(&'static dyn Way<D>);

impl<D: Breakable> Breaking<D> {
    /// All ways of the domain.
    pub fn all() -> impl Iterator<Item = Self> {
        D::ALL.iter().map(|way| Self(*way))
    }

    fn named(name: &str) -> Option<Self> {
        Self::all().find(|way| way.name() == name)
    }

    fn names() -> Vec<&'static str> {
        Self::all().map(Self::name).collect()
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.facts().name
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.0.facts().about
    }

    /// What the device gets.
    #[must_use]
    pub fn takes(self) -> Takes {
        self.0.facts().takes
    }

    /// Whether draws come from the kernel of the domain.
    #[must_use]
    pub fn is_sympe(self) -> bool {
        self.name() == Self::default().name()
    }

    /// The axis of a comparison over all ways of the domain: which is configured, and how another one is.
    pub fn axis<C: Clone>(
        get: impl Fn(&C) -> Self + Send + Sync + 'static,
        set: impl Fn(&mut C, Self) + Clone + Send + Sync + 'static,
    ) -> Axis<C> {
        let row = |way: Self| {
            let set = set.clone();
            Row::new(way.name(), way.about(), move |config| set(config, way))
        };
        let current = move |config: &C| Some(get(config).to_string());
        Axis::new("breaker", "breakers", "Ways of breaking symmetry", current).with_rows(Self::all().map(row))
    }

    /// What makes group elements of noise, if the way takes that, and what encodes places and pairs of places. Learned objects become
    /// parameters at `params`.
    pub(super) fn device_half(
        self,
        domain: &D,
        params: &Params<'_>,
    ) -> candle_core::Result<(Option<LearnedKernel>, [Breaker; 2])> {
        if let Some((kernel, breakers)) = self.0.kernel(domain, params)? {
            return Ok((Some(kernel), breakers));
        }
        let (name, pair_dim) = (self.name(), domain.pair_dim());
        let breakers = match self.takes() {
            Takes::Nothing => [Breaker::none(), Breaker::none()],
            Takes::Features { pairs } => [
                Breaker::features(name, domain.dim(), D::CHANNEL_AXIS),
                if pairs && pair_dim > 0 {
                    Breaker::features(name, pair_dim, D::CHANNEL_AXIS + 1)
                } else {
                    Breaker::none()
                },
            ],
            Takes::Elements { learned } => {
                let params = if learned { params.clone() } else { params.frozen() };
                domain.encodings(name, &params)?
            }
            Takes::Noise => candle_core::bail!(
                "breaking '{name}' takes noise, but has no kernel that makes group elements of it"
            ),
        };
        Ok((None, breakers))
    }
}

impl<D: Breakable> Default for Breaking<D> {
    fn default() -> Self {
        Self::named("sympe").expect("every domain has SymPE")
    }
}

impl<D: Breakable> Clone for Breaking<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Breakable> Copy for Breaking<D> {}

impl<D: Breakable> PartialEq for Breaking<D> {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl<D: Breakable> Eq for Breaking<D> {}

impl<D: Breakable> fmt::Debug for Breaking<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

impl<D: Breakable> fmt::Display for Breaking<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl<D: Breakable> FromStr for Breaking<D> {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::named(text).ok_or_else(|| UnknownName {
            what: "way of breaking",
            text: text.to_owned(),
            names: Self::names(),
        })
    }
}

impl<D: Breakable> Serialize for Breaking<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de, D: Breakable> Deserialize<'de> for Breaking<D> {
    fn deserialize<T: Deserializer<'de>>(deserializer: T) -> Result<Self, T::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| {
            serde::de::Error::custom(format_args!(
                "unknown variant `{name}`, expected one of `{}`",
                Self::names().join("`, `")
            ))
        })
    }
}

/// The host half of a way of breaking symmetry.
#[derive(Debug)]
pub struct Draws<D: Breakable> {
    domain: D,
    way: Breaking<D>,
    clock: Clock,
}

impl<D: Breakable> Clone for Draws<D> {
    fn clone(&self) -> Self {
        Self::new(self.domain.clone(), self.way, &self.clock)
    }
}

impl<D: Breakable> Draws<D> {
    pub(super) fn new(domain: D, way: Breaking<D>, clock: &Clock) -> Self {
        Self {
            domain,
            way,
            clock: clock.clone(),
        }
    }

    /// The domain.
    #[must_use]
    pub fn domain(&self) -> &D {
        &self.domain
    }

    /// The way of breaking.
    #[must_use]
    pub fn way(&self) -> Breaking<D> {
        self.way
    }

    /// Draws for an input of which `kept` is known. `index` names the input in errors.
    ///
    /// # Errors
    ///
    /// When the input cannot be canonicalized.
    pub fn draw(
        &self,
        index: usize,
        input: &D::Input,
        kept: &D::Kept,
        rng: &mut dyn Rng,
    ) -> Result<Drawn, DataError> {
        let draw = || self.way.0.draw(&self.domain, input, kept, rng);
        let drawn = self.clock.time(draw);
        drawn.map_err(|source| DataError::Canon { index, source })
    }
}

impl Draws<Graphs> {
    /// The least draw of the kernel by an order, of as many as `limit`, with its divergence from a uniform one: see
    /// [`Canonicalized::sample_least`](sympe_canon::Canonicalized::sample_least). Of a relaxed kernel a draw as any other.
    ///
    /// # Errors
    ///
    /// When the input cannot be canonicalized.
    pub(crate) fn draw_least(
        &self,
        index: usize,
        input: &<Graphs as Domain>::Input,
        limit: usize,
        compare: impl Fn(&Permutation, &Permutation) -> Ordering,
        rng: &mut dyn Rng,
    ) -> Result<(Drawn, f64), DataError> {
        let kept = KeptGraph::default();
        let draw = || {
            let Some(coset) = self.domain.coset(input, &kept)? else {
                return Ok((self.way.0.draw(&self.domain, input, &kept, rng)?, 0.0));
            };
            let coupled = coset.sample_least(limit, compare, rng);
            Ok((Drawn::element(&self.domain, &coupled.element), coupled.divergence))
        };
        self.clock
            .time(draw)
            .map_err(|source| DataError::Canon { index, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{HasField, HasGraph, KeptCloud, Kernel, Points, Torus};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use std::sync::OnceLock;
    use sympe_canon::graph::ColoredGraph;
    use sympe_canon::lattice::LatticeField;
    use sympe_canon::points::PointCloud;
    use sympe_groups::lattice::{LatticeGroup, Wallpaper};

    /// What each way leaves for an input of `n` places in a domain of two channels: as many numbers as it says it takes.
    /// Of noise for a learned kernel, `noise` numbers.
    fn check<D: Breakable>(domain: &D, input: &D::Input, kept: &D::Kept, n: usize, noise: usize) {
        let [dim, pair_dim] = [domain.dim(), domain.pair_dim()];
        for way in Breaking::<D>::all() {
            assert_eq!(way.name().parse::<Breaking<D>>(), Ok(way));
            let draws = Draws::new(domain.clone(), way, &Clock::default());
            let draw = || {
                draws
                    .draw(0, input, kept, &mut ChaCha8Rng::seed_from_u64(5))
                    .unwrap()
            };
            let drawn = draw();
            assert_eq!(draw(), drawn, "{way}: another draw from the same stream");
            let expected = match way.takes() {
                Takes::Nothing => [0, 0, 0],
                Takes::Features { pairs } => [
                    0,
                    n * dim * D::COMPONENTS,
                    if pairs { n * n * pair_dim } else { 0 },
                ],
                // Places, or the matrix of space.
                Takes::Elements { .. } => [if D::COMPONENTS == 1 { n } else { 9 }, 0, 0],
                Takes::Noise => [0, noise, 0],
            };
            let elements = drawn.places.len() + drawn.matrix.len();
            let found = [elements, drawn.features.len(), drawn.pairs.len()];
            assert_eq!(found, expected, "{way}");
            let mut places = drawn.places.clone();
            places.sort_unstable();
            assert!((0..).zip(places).all(|(i, place)| i == place), "{way}: {drawn:?}");
        }
    }

    #[test]
    fn every_way_of_every_domain_draws_what_it_says() {
        let path = ColoredGraph::from_edges(4, false, [(0, 1), (1, 2), (2, 3)]).unwrap();
        let graphs = Graphs::new(6, Kernel::default()).with_channels(2, 3);
        check::<Graphs>(&graphs, &path as &dyn HasGraph, &KeptGraph::default(), 4, 4);
        let group = LatticeGroup::new(Wallpaper::P4m, 3, 3).unwrap();
        let field = LatticeField::<i64>::new(3, 3);
        let torus = Torus::new(group, 2, Default::default());
        check::<Torus>(&torus, &field as &dyn HasField, &OnceLock::new(), 9, 72);
        let line = PointCloud::of_one_type(vec![[0.0, 0.0, 1.0], [0.0, 0.0, 3.0]]).unwrap();
        check::<Points>(&Points::new(4, 1.0), &line, &KeptCloud::default(), 2, 24);
    }
}
