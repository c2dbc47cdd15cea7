//! Labelled point clouds: point groups within a tolerance, canonical frames, inversion kernels.
//!
//! | question | answer |
//! |---|---|
//! | which isometries take the cloud to itself? | [`PointSearch`], [`PointSymmetry`] |
//! | one frame up to these, exactly: O(d), SO(d) | [`OrthogonalSymmetry`] |
//! | … about the centroid: E(d), SE(d) | [`EuclideanSymmetry`] |
//! | … and one order of points: S_n × O(d) | [`RelabelledSymmetry`] |
//! | cheap random frames: law 1 only | [`PrincipalAxes`] |
//! | averages over frames that are continuous | [`WeightedFrames`] |
//! | of the symmetric copies of an answer, the one nearest to a guess | [`Coupling`] |
//!
//! # How isometries are found
//!
//! 1. Points about the centre, those of one place as one site; what they span; *shells* of sites of one kind and radius.
//! 2. One frame: a site of the smallest shell far from the centre, in space a second one such that few pairs of sites are as far
//!    from each other. An isometry takes it to another pair of that class.
//! 3. Each such map is verified: the image of each site has to be near a site of its shell, different ones near different ones.
//!    It is fitted to all pairs and kept if all are within the tolerance.
//! 4. What is kept has to be a group, or else the tolerance is lowered until it is.
//! 5. The sites are replaced by means over the group, which makes the matrices a group to rounding.
//!
//! What spans less than space has isometries across: a mirror across a plane, all of O(2) about a line, all of O(3) at a point.
//!
//! ```
//! use rand::{SeedableRng, rngs::ChaCha8Rng};
//! use sympe_canon::points::{EuclideanSymmetry, PointCloud, Tolerance};
//! use sympe_canon::{Canonicalizer, Exact, InversionKernel};
//! use sympe_groups::{Action, Group, OrthogonalGroup};
//!
//! // Ammonia: any of six motions takes the canonical molecule to it.
//! let hydrogens = [[0.94, 0.0, -0.27], [-0.47, 0.814064, -0.27], [-0.47, -0.814064, -0.27]];
//! let positions = [&[[0.0, 0.0, 0.12]], &hydrogens[..]].concat();
//! let ammonia = PointCloud::new(positions, vec![7, 1, 1, 1])?;
//! let symmetry = EuclideanSymmetry::new(OrthogonalGroup::full(), Tolerance::default());
//! assert_eq!(symmetry.canonicalize(&ammonia)?.stabilizer.group().order(), Some(6));
//! let g = Exact(symmetry).draw(&ammonia, &mut ChaCha8Rng::seed_from_u64(0))?;
//! let form = g.inverse().act(&ammonia);
//! let sum = |axis: usize| form.positions().iter().map(|place| place[axis]).sum::<f64>();
//! assert!((0..3).all(|axis| sum(axis).abs() < 1e-12)); // the centroid is at the origin
//! # Ok::<(), sympe_canon::CanonError>(())
//! ```

mod axes;
mod canonicalizers;
mod closure;
mod cloud;
mod coupling;
mod form;
mod frames;
mod isometries;
mod relabelled;
mod sites;
mod symbol;
mod symmetry;
mod weighted;

pub use axes::PrincipalAxes;
pub use canonicalizers::{EuclideanSymmetry, OrthogonalSymmetry, RelabelledSymmetry};
pub use cloud::{About, PointCloud, Tolerance};
pub(crate) use cloud::{check_finite, unit};
pub use coupling::Coupling;
pub use relabelled::RelabelledStabilizer;
pub use symmetry::{PointSearch, PointSymmetry};
pub use weighted::WeightedFrames;
