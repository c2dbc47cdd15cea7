//! Symmetric clouds and what becomes of them when their symmetry breaks: one of several variants, all equally likely.

mod patterns;

use self::patterns::Pattern;
use crate::dataset::item_stream;
use crate::{DataError, Dataset};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::PI;
use sympe_canon::points::PointCloud;
use sympe_groups::{Action, Euclidean, OrthogonalGroup, Permutation, Subgroup};

sympe_groups::named! {
    serde "parent structure"
    /// A symmetric structure with a known way to lose its symmetry.
    ///
    /// ```
    /// use sympe_data::distortions::Parent;
    /// assert_eq!("octahedron".parse(), Ok(Parent::Octahedron));
    /// assert_eq!((Parent::Benzene.types(), Parent::Benzene.conditions()), (2, 3));
    /// ```
    #[derive(Default)]
    pub enum Parent {
        /// A square becomes one of two rectangles.
        #[default]
        Square = "square",
        /// An octahedron around an atom is drawn out along one of three axes (Jahn and Teller).
        Octahedron = "octahedron",
        /// Flat ammonia becomes one of two pyramids.
        Ammonia = "ammonia",
        /// Two hydrogens of benzene become chlorines: six ways ortho, six meta, three para; which of them is a condition.
        Benzene = "benzene",
        /// A straight beam in space buckles, in any direction of a circle.
        Beam = "beam",
        /// A ring under pressure buckles in two or three waves, which is a condition: six or four ways.
        Ring = "ring",
    }
}

/// A place, or a displacement.
type Vector = [f64; 3];

/// The displacements that the symmetry of a parent makes of one.
///
/// ```
/// use sympe_data::Dataset;
/// use sympe_data::distortions::{Distortions, Parent, Variants};
/// let octahedron = Distortions::new(Parent::Octahedron, 1, 0)?.get(0)?;
/// let Variants::Finite(variants) = &octahedron.variants else { panic!("finitely many") };
/// assert_eq!(variants.len(), 3);
/// // An answer that is equivariant cannot be nearer to them than their mean is, which is no distortion at all.
/// assert!(octahedron.variants.mean().iter().flatten().all(|x| x.abs() < 1e-12));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Variants {
    /// So many, each `[N, 3]`.
    Finite(Vec<Vec<Vector>>),
    /// `cos a · u + sin a · w` for every angle `a`; `u` and `w` are orthogonal and of one length.
    Circle([Vec<Vector>; 2]),
}

/// Which variant an answer is nearest to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// The number of the variant; 0 on a circle.
    pub variant: usize,
    /// The angle of the variant on a circle, from −π to π; 0 where there are finitely many.
    pub angle: f64,
    /// The sum over all points of squared distances.
    pub distance: f64,
}

fn squared(a: &[Vector], b: &[Vector]) -> f64 {
    (a.iter()
        .flatten()
        .zip(b.iter().flatten())
        .map(|(a, b)| (a - b).powi(2)))
    .sum()
}

fn dot(a: &[Vector], b: &[Vector]) -> f64 {
    (a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b)).sum()
}

/// `a·u + b·w`.
fn combined(a: f64, u: &[Vector], b: f64, w: &[Vector]) -> Vec<Vector> {
    let pairs = u.iter().zip(w);
    pairs
        .map(|(u, w)| std::array::from_fn(|axis| a * u[axis] + b * w[axis]))
        .collect()
}

impl Variants {
    /// The mean of all: the best that an answer can do which has the symmetry of the parent.
    #[must_use]
    pub fn mean(&self) -> Vec<Vector> {
        match self {
            Self::Circle([u, _]) => vec![[0.0; 3]; u.len()],
            Self::Finite(variants) => {
                let mut mean = vec![[0.0; 3]; variants[0].len()];
                for variant in variants {
                    mean = combined(1.0, &mean, 1.0 / variants.len() as f64, variant);
                }
                mean
            }
        }
    }

    /// The sum over all points of squared lengths, the same for all variants: how far no displacement at all is from them.
    #[must_use]
    pub fn size(&self) -> f64 {
        match self {
            Self::Circle([u, _]) => dot(u, u),
            Self::Finite(variants) => dot(&variants[0], &variants[0]),
        }
    }

    /// The variant that was found nearest to an answer, `[N, 3]`.
    ///
    /// # Panics
    ///
    /// When it is a variant of others.
    #[must_use]
    pub fn member(&self, nearest: &Nearest) -> Vec<Vector> {
        match self {
            Self::Finite(variants) => variants[nearest.variant].clone(),
            Self::Circle([u, w]) => combined(nearest.angle.cos(), u, nearest.angle.sin(), w),
        }
    }

    /// The variant that an answer `[N, 3]` is nearest to. O(N) for each variant.
    ///
    /// # Panics
    ///
    /// When the answer is for another number of points.
    ///
    /// ```
    /// use sympe_data::Dataset;
    /// use sympe_data::distortions::{Distortions, Parent};
    /// let beam = Distortions::new(Parent::Beam, 1, 0)?.get(0)?;
    /// let nearest = beam.variants.nearest(&beam.displacement);
    /// assert!(nearest.distance < 1e-12 && nearest.angle.abs() <= std::f64::consts::PI);
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn nearest(&self, answer: &[Vector]) -> Nearest {
        let n = match self {
            Self::Circle([u, _]) => u.len(),
            Self::Finite(variants) => variants[0].len(),
        };
        assert_eq!(answer.len(), n, "points of the answer");
        match self {
            Self::Circle([u, w]) => {
                let angle = dot(answer, w).atan2(dot(answer, u));
                let variant = combined(angle.cos(), u, angle.sin(), w);
                Nearest {
                    variant: 0,
                    angle,
                    distance: squared(answer, &variant),
                }
            }
            Self::Finite(variants) => {
                let distances = variants.iter().map(|variant| squared(answer, variant));
                let (variant, distance) = (distances.enumerate())
                    .min_by(|(_, a), (_, b)| a.total_cmp(b))
                    .expect("there is a variant");
                Nearest {
                    variant,
                    angle: 0.0,
                    distance,
                }
            }
        }
    }

    fn map(self, to: impl Fn(&[Vector]) -> Vec<Vector>) -> Self {
        match self {
            Self::Finite(variants) => Self::Finite(variants.iter().map(|variant| to(variant)).collect()),
            Self::Circle(axes) => Self::Circle(axes.map(|axis| to(&axis))),
        }
    }
}

/// A symmetric cloud, and a displacement of its points that has less symmetry.
///
/// ```
/// use sympe_canon::points::{PointCloud, PointSearch};
/// use sympe_data::Dataset;
/// use sympe_data::distortions::{Distortions, Parent};
/// let square = Distortions::new(Parent::Square, 1, 7)?.get(0)?;
/// let order = |cloud: &PointCloud<3>| PointSearch::default().run(cloud).unwrap().order();
/// assert_eq!((order(&square.cloud), order(&square.distorted()?)), (Some(16), Some(8)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Distortion {
    /// The symmetric cloud; types count from 0.
    pub cloud: PointCloud<3>,
    /// Which kind of distortion is asked for, where there are several, as one-hot numbers; they are invariant.
    pub conditions: Vec<f64>,
    /// What happens to each point, `[N, 3]`: one of the variants.
    pub displacement: Vec<Vector>,
    /// All that could have happened as well.
    pub variants: Variants,
}

impl Distortion {
    /// The cloud after its displacement.
    ///
    /// # Errors
    ///
    /// When a sum is beyond what clouds may hold.
    pub fn distorted(&self) -> Result<PointCloud<3>, DataError> {
        let positions = combined(1.0, self.cloud.positions(), 1.0, &self.displacement);
        PointCloud::new(positions, self.cloud.types().to_vec())
            .map_err(|source| DataError::Canon { index: 0, source })
    }
}

impl Parent {
    /// The number of types of points.
    #[must_use]
    pub fn types(self) -> usize {
        match self {
            Self::Square | Self::Beam | Self::Ring => 1,
            Self::Octahedron | Self::Ammonia | Self::Benzene => 2,
        }
    }

    /// The number of conditions; 0 where there is one kind of distortion.
    #[must_use]
    pub fn conditions(self) -> usize {
        match self {
            Self::Benzene => 3,
            Self::Ring => 2,
            Self::Square | Self::Octahedron | Self::Ammonia | Self::Beam => 0,
        }
    }

    /// The number of variants under a condition (0 where there is none); `None` on a circle.
    ///
    /// # Panics
    ///
    /// When there are not so many conditions.
    #[must_use]
    pub fn variants(self, condition: usize) -> Option<usize> {
        match self.pattern(condition).variants {
            Variants::Finite(variants) => Some(variants.len()),
            Variants::Circle(_) => None,
        }
    }

    fn pattern(self, condition: usize) -> Pattern {
        assert!(
            condition < self.conditions().max(1),
            "there are {} conditions",
            self.conditions()
        );
        match self {
            Self::Square => Pattern::square(),
            Self::Octahedron => Pattern::octahedron(),
            Self::Ammonia => Pattern::ammonia(),
            // Ortho, meta, para.
            Self::Benzene => Pattern::benzene(condition + 1),
            Self::Beam => Pattern::beam(),
            Self::Ring => Pattern::ring(condition + 2),
        }
    }

    /// A parent of random size (four fifths to five fourths), orientation, handedness, place and order of points, with one of
    /// its variants, all equally likely; the condition is random, too.
    #[must_use]
    pub fn draw(self, rng: &mut dyn Rng) -> Distortion {
        let kinds = self.conditions();
        let condition = rng.random_range(0..kinds.max(1));
        let Pattern {
            positions,
            types,
            variants,
        } = self.pattern(condition);
        let size = (rng.random_range(-1.0..1.0) * 1.25f64.ln()).exp();
        let turn = OrthogonalGroup::<3>::full().sample(rng);
        let place = std::array::from_fn::<f64, 3, _>(|_| StandardNormal.sample(rng)).into();
        let order = Permutation::random(positions.len(), rng);
        let scaled = |vectors: &[Vector]| -> Vec<Vector> {
            vectors.iter().map(|vector| vector.map(|x| size * x)).collect()
        };
        let moved = Euclidean::new(turn, place).expect("a normal place is finite");
        let variants = variants.map(|vectors| order.act(&turn.act(&scaled(vectors)[..])[..]));
        let displacement = match &variants {
            Variants::Finite(variants) => variants[rng.random_range(0..variants.len())].clone(),
            Variants::Circle([u, w]) => {
                let (sin, cos) = rng.random_range(-PI..PI).sin_cos();
                combined(cos, u, sin, w)
            }
        };
        let positions = order.act(&moved.act(&scaled(&positions)[..])[..]);
        Distortion {
            cloud: PointCloud::new(positions, order.act(&types[..])).expect("a moved pattern is finite"),
            conditions: (0..kinds)
                .map(|kind| f64::from(u8::from(kind == condition)))
                .collect(),
            displacement,
            variants,
        }
    }
}

/// Distortions of one parent, drawn at random: item `i` depends on the seed and `i` only.
///
/// ```
/// use sympe_data::Dataset;
/// use sympe_data::distortions::{Distortions, Parent};
/// let rings = Distortions::new(Parent::Ring, 5, 1)?;
/// assert_eq!((rings.len(), rings.get(4)?.cloud.len()), (5, 12));
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distortions {
    parent: Parent,
    count: usize,
    seed: u64,
}

impl Distortions {
    /// `count` distortions.
    ///
    /// # Errors
    ///
    /// When `count` is 0.
    pub fn new(parent: Parent, count: usize, seed: u64) -> Result<Self, DataError> {
        if count == 0 {
            return Err(DataError::invalid("number of distortions", 0, "at least 1"));
        }
        Ok(Self { parent, count, seed })
    }
}

impl Dataset for Distortions {
    type Item = Distortion;

    fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Result<Distortion, DataError> {
        Ok(self.parent.draw(&mut item_stream(self.seed, index, self.count)?))
    }
}
