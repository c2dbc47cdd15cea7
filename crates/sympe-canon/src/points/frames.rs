//! Frames that a cloud has by itself: orthonormal axes from one or two of its sites, few of them, and as many for each image of
//! the cloud.
//!
//! An isometry takes a frame of the cloud to a frame of the same class. So images of one frame are all candidates there are, and
//! the least description of the cloud in any of them is a canonical form.

use super::sites::Sites;
use crate::CanonError;
use nalgebra::{Matrix3, Vector3};

// Bounds between what counts and what does not. They are no values that regular polyhedra have, where rounding would decide.
/// The least radius of a site that gives a direction, as a part of the largest.
const FAR: f64 = 0.2371;
/// The least distance of the second site from the line through the first, as a part of the largest there is.
const WIDE: f64 = 0.4563;
/// The most pairs of sites of which distances are compared.
const PAIRS: usize = 1 << 24;

/// A class of frames that isometries within the tolerance permute.
#[derive(Clone, Debug)]
pub(super) struct Frames {
    /// Sites a, b of each frame; a alone matters in the plane, neither on a line.
    pub(super) pairs: Vec<[u32; 2]>,
    /// The frame whose axes depend least on the exact places of its sites.
    pub(super) best: usize,
    /// How far an isometry that is right at the sites of the best frame to the tolerance may be off elsewhere.
    pub(super) reach: f64,
}

impl Frames {
    pub(super) fn new(sites: &Sites) -> Result<Self, CanonError> {
        match sites.rank {
            0 | 1 => Ok(Self {
                pairs: vec![[0, 0]],
                best: 0,
                reach: 2.0 * sites.tolerance,
            }),
            2 => Ok(Self::of_sites(sites)),
            _ => Self::of_pairs(sites),
        }
    }

    fn of_sites(sites: &Sites) -> Self {
        let shell = smallest_far_shell(sites);
        let radius = |site: u32| sites.at[site as usize].norm();
        let best = (0..shell.len()).max_by(|&i, &j| radius(shell[i]).total_cmp(&radius(shell[j])));
        let best = best.expect("a shell has sites");
        Self {
            pairs: shell.iter().map(|&a| [a, a]).collect(),
            best,
            reach: 2.0 * sites.tolerance * (1.0 + 1.0 / radius(shell[best])),
        }
    }

    fn of_pairs(sites: &Sites) -> Result<Self, CanonError> {
        let first = smallest_far_shell(sites);
        if first.len() * sites.at.len() > PAIRS {
            return Err(CanonError::TooLarge {
                what: "pairs of points in the search for isometries: the smallest shell is too large",
                n: sites.at.len(),
                limit: PAIRS / first.len(),
            });
        }
        let at = |site: u32| &sites.at[site as usize];
        let width = |a: u32, b: u32| at(a).cross(at(b)).norm() / at(a).norm();
        let all = || {
            first
                .iter()
                .flat_map(|&a| (0..sites.at.len() as u32).map(move |b| width(a, b)))
        };
        let wide = WIDE * all().fold(0.0, f64::max);
        let mut seconds: Vec<&Vec<u32>> = sites.shells.iter().collect();
        seconds.sort_by_key(|shell| shell.len());
        let mut least: Option<Vec<[u32; 2]>> = None;
        for second in seconds {
            let mut pairs: Vec<(f64, [u32; 2])> = (first.iter())
                .flat_map(|&a| second.iter().map(move |&b| [a, b]))
                .map(|[a, b]| ((at(a) - at(b)).norm_squared(), [a, b]))
                .collect();
            pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            // Images of both sites may each be off by the tolerance.
            let follows =
                |a: &(f64, [u32; 2]), b: &(f64, [u32; 2])| b.0.sqrt() - a.0.sqrt() <= 2.0 * sites.tolerance;
            for class in pairs.chunk_by(follows) {
                let is_less = least.as_ref().is_none_or(|least| class.len() < least.len());
                if is_less && class.iter().any(|(_, [a, b])| width(*a, *b) >= wide) {
                    least = Some(class.iter().map(|(_, pair)| *pair).collect());
                }
            }
            if least.as_ref().is_some_and(|least| least.len() <= first.len()) {
                break;
            }
        }
        let mut pairs = least.expect("some pair is as wide as the widest");
        pairs.sort_unstable();
        let widest = pairs.iter().map(|&[a, b]| width(a, b)).fold(0.0, f64::max);
        pairs.retain(|&[a, b]| width(a, b) > WIDE * widest);
        let best = (0..pairs.len()).max_by(|&i, &j| {
            let [a, b] = [pairs[i], pairs[j]].map(|[a, b]| width(a, b));
            a.total_cmp(&b)
        });
        let best = best.expect("the widest is there");
        let radius = at(pairs[best][0]).norm();
        Ok(Self {
            pairs,
            best,
            reach: 2.0 * sites.tolerance * (1.0 + 1.0 / radius + (1.0 + 1.0 / radius) / widest),
        })
    }
}

/// Among the shells far from the centre, the first one with the fewest sites.
fn smallest_far_shell(sites: &Sites) -> &Vec<u32> {
    let is_far = |shell: &&Vec<u32>| shell.iter().any(|&site| sites.at[site as usize].norm() >= FAR);
    let far = sites.shells.iter().filter(is_far);
    far.min_by_key(|shell| shell.len())
        .expect("some site is at the radius")
}

/// The axes of a frame as columns, the last of the span reversed in a mirror image; what is beyond the span is left alone.
pub(super) fn axes(at: &[Vector3<f64>], rank: usize, [a, b]: [u32; 2], mirror: bool) -> Matrix3<f64> {
    let sign = if mirror { -1.0 } else { 1.0 };
    match rank {
        0 => Matrix3::identity(),
        1 => Matrix3::from_diagonal(&Vector3::new(sign, 1.0, 1.0)),
        2 => {
            let first = at[a as usize].normalize();
            Matrix3::from_columns(&[first, Vector3::z().cross(&first) * sign, Vector3::z()])
        }
        _ => {
            let first = at[a as usize].normalize();
            let second = (at[b as usize] - first * first.dot(&at[b as usize])).normalize();
            Matrix3::from_columns(&[first, second, first.cross(&second) * sign])
        }
    }
}
