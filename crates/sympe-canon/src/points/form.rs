//! The canonical frame of a cloud: among its finitely many frames the one in which coordinates come first.
//!
//! Coordinates are compared in steps of the tolerance. A cloud with a coordinate between two steps, or with two shells or
//! distances that are nearly equal, lies where the canonical form jumps: no form is continuous everywhere (Dym, Lawrence & Siegel
//! 2024).

use super::closure::Closed;
use super::frames::{Frames, axes};
use super::sites::Sites;
use crate::CanonError;
use crate::graph::StopFlag;
use nalgebra::Matrix3;
use std::collections::HashSet;

/// Coordinates are compared in this many tolerances: no simple fraction, as regular clouds have those for coordinates, which should
/// not lie between two steps.
const STEP: f64 = 0.618_033_988_749_895;

/// Orthonormal axes of the span, as columns, and the sites in the order of their coordinates along them.
pub(super) struct Form {
    pub(super) axes: Matrix3<f64>,
    pub(super) order: Vec<u32>,
}

/// A site as it is compared: shell, steps along the axes.
type Word = (u32, [i64; 3]);

/// The first form; with `right_handed`, among frames of the span that are no mirror images.
pub(super) fn least(
    sites: &Sites,
    frames: &Frames,
    group: &Closed,
    right_handed: bool,
    stop: &StopFlag,
) -> Result<Form, CanonError> {
    let hands = if right_handed || sites.rank == 0 {
        &[false][..]
    } else {
        &[false, true][..]
    };
    let mut seen: HashSet<([u32; 2], bool)> = HashSet::new();
    let mut least: Option<(Vec<Word>, Form)> = None;
    for &mirror in hands {
        for (index, &pair) in (0..).zip(&frames.pairs) {
            stop.check(index)?;
            if seen.contains(&(pair, mirror)) {
                continue;
            }
            // In frames that a symmetry takes to each other the cloud has the same coordinates.
            for g in &group.elements {
                let image = pair.map(|site| g.images[site as usize]);
                seen.insert((image, mirror != g.mirror));
            }
            let axes = axes(&sites.at, sites.rank, pair, mirror);
            let (words, order) = words(sites, &axes);
            if least.as_ref().is_none_or(|(first, _)| words < *first) {
                least = Some((words, Form { axes, order }));
            }
        }
    }
    Ok(least.expect("there is a frame").1)
}

fn words(sites: &Sites, axes: &Matrix3<f64>) -> (Vec<Word>, Vec<u32>) {
    let step = STEP * sites.tolerance;
    let mut words: Vec<(Word, [f64; 3], u32)> = (0..sites.at.len())
        .map(|site| {
            let coordinates: [f64; 3] = axes.tr_mul(&sites.at[site]).into();
            let steps = coordinates.map(|x| (x / step).round() as i64);
            ((sites.shell[site], steps), coordinates, site as u32)
        })
        .collect();
    let exact = |a: &[f64; 3], b: &[f64; 3]| {
        let axes = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
        axes.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    };
    words.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| exact(&a.1, &b.1)));
    words.into_iter().map(|(word, _, site)| (word, site)).unzip()
}
