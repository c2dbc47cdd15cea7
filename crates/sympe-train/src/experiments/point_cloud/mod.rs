//! The fourth experiment: a symmetric cloud of points in space is distorted; return one of its distortions, all of them equally
//! often.
//!
//! A square becomes one of two rectangles, an octahedron is drawn out along one of three axes, flat ammonia becomes one of two
//! pyramids, benzene one of its dichlorides, a ring buckles in waves, and a beam in any direction of a circle. All answers are
//! [known](sympe_data::distortions): the orbit of one under the symmetry of the cloud.
//!
//! # What can be reached
//!
//! Let `x` be a cloud and `y` one of its distortions, displacements of points, and let the answer `ŷ` of a network be one
//! vector for each point. The loss is the least squared distance over the symmetry, in units of the distortion:
//!
//! `min_{s ∈ Stab(x)} ‖ŷ − s·y‖² / ‖y‖²`
//!
//! **Without breaking** an answer is invariant under `Stab(x)` (Curie's principle), and as near to one `s·y` as to any other. The
//! nearest such answer is their mean `ȳ`, with the loss `1 − ‖ȳ‖²/‖y‖²`: that is the metric `symmetric_loss`, and for all
//! parents but benzene it is 1, as `ȳ = 0`. A mean over frames of `x` is no way out: it is invariant as well.
//!
//! **With a draw** `g̃ = s·h` from the exact kernel the answer is `f(x, s·h) = s·f(x, h)`: if one is right, so are all, and each comes as
//! often as the others. `coverage p` is a test of that over many draws, and `members, %` the share of the orbit that comes at all.
//!
//! # Rivals
//!
//! A network that reads coordinates as they are ([`CoordinateNet`](sympe_nn::models::CoordinateNet)), and what makes it
//! equivariant, if anything does, are a choice of frames around it ([`Method`]).

mod comparison;
mod config;
mod coverage;
mod data;
mod figures;
mod model;
mod task;

pub use config::{CloudBreakingConfig, CloudDataConfig, CloudModelConfig, Method, PointCloudConfig};
pub use data::{Cloud, CloudBatch, CloudHost, DrawnCloud};
pub use model::Clouds;
