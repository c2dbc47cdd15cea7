//! Isometries that form a group, and the cloud made exactly symmetric under it.
//!
//! Isometries within a tolerance need not form one: two that are off by most of it may have a product that is off by more. The
//! largest bound on what is off below which they do is looked for; it always exists, as the identity is not off at all.

use super::frames::Frames;
use super::isometries::{EXACT, Found, Isometry, fit, residual};
use super::sites::Sites;
use crate::CanonError;
use crate::graph::StopFlag;
use std::collections::HashMap;

/// Rounds of averaging: each squares what is off.
const ROUNDS: usize = 8;

/// A finite group of isometries.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    /// All elements, the identity first.
    pub(super) elements: Vec<Isometry>,
    /// Which of them generate the group.
    pub(super) generators: Vec<usize>,
    /// The tolerance below which isometries form a group.
    pub(super) tolerance: f64,
    /// The largest residual of an element.
    pub(super) residual: f64,
}

/// The largest group of isometries that are off by at most some bound below the tolerance.
pub(super) fn close(
    sites: &Sites,
    frames: &Frames,
    found: Found,
    stop: &StopFlag,
) -> Result<Closed, CanonError> {
    let mut tolerance = sites.tolerance;
    let Found {
        elements: mut found,
        generators: known,
    } = found;
    let generators = loop {
        stop.check(frames.pairs.len() as u64)?;
        let generated = known.clone().map_or_else(|| generators(frames, &found), Ok);
        match generated {
            Ok(generators) => break generators,
            Err(bound) => {
                tolerance = bound;
                let mut is_first = true;
                // The identity stays.
                found.retain(|isometry| std::mem::take(&mut is_first) || isometry.residual < bound);
            }
        }
    };
    let residual = found.iter().map(|isometry| isometry.residual).fold(0.0, f64::max);
    Ok(Closed {
        elements: found,
        generators,
        tolerance,
        residual,
    })
}

/// Generators, if the isometries are a group; or else a bound that one of a pair without a product reaches.
fn generators(frames: &Frames, found: &[Isometry]) -> Result<Vec<usize>, f64> {
    let [a, b] = frames.pairs[frames.best];
    // An isometry is known by the images of a frame and by its determinant.
    let key = |images: [u32; 2], mirror: bool| (images, mirror);
    let of = |g: &Isometry| key([g.images[a as usize], g.images[b as usize]], g.mirror);
    let index: HashMap<_, usize> = found.iter().enumerate().map(|(i, g)| (of(g), i)).collect();
    let product = |i: usize, j: usize| {
        let (g, h) = (&found[i], &found[j]);
        let images = [a, b].map(|site| g.images[h.images[site as usize] as usize]);
        let known = index.get(&key(images, g.mirror != h.mirror)).copied();
        let is_product = |&k: &usize| {
            (found[k].images.iter().zip(&h.images)).all(|(&image, &via)| image == g.images[via as usize])
        };
        known.filter(is_product).ok_or(g.residual.max(h.residual))
    };
    let mut generators: Vec<usize> = Vec::new();
    let mut is_reached = vec![false; found.len()];
    is_reached[0] = true;
    let mut reached = vec![0];
    for i in 0..found.len() {
        if is_reached[i] {
            continue;
        }
        generators.push(i);
        // All that was reached so far has to be multiplied by the new generator, and what comes of it by all.
        let (mut next, old) = (0, reached.len());
        while next < reached.len() {
            let by = if next < old {
                &generators[generators.len() - 1..]
            } else {
                &generators[..]
            };
            for &generator in by {
                let k = product(generator, reached[next])?;
                if !std::mem::replace(&mut is_reached[k], true) {
                    reached.push(k);
                }
            }
            next += 1;
        }
    }
    Ok(generators)
}

/// Replaces the places of sites by means over the group, and the elements by what fits these: a cloud with exactly this symmetry
/// and matrices that form a group, to rounding.
pub(super) fn symmetrize(sites: &mut Sites, elements: &mut [Isometry]) {
    let worst = |sites: &Sites, elements: &[Isometry]| {
        elements
            .iter()
            .map(|g| residual(&sites.at, &g.matrix, &g.images))
            .fold(0.0, f64::max)
    };
    // What is off so far has been found with them.
    let mut off = elements.iter().map(|g| g.residual).fold(0.0, f64::max);
    for _ in 0..ROUNDS {
        if off <= EXACT {
            break;
        }
        let mean = |site: usize| {
            let images = elements
                .iter()
                .map(|g| g.matrix.tr_mul(&sites.at[g.images[site] as usize]));
            images.sum::<nalgebra::Vector3<f64>>() / elements.len() as f64
        };
        sites.at = (0..sites.at.len()).map(mean).collect();
        for g in elements.iter_mut() {
            if let Some(matrix) = fit(&sites.at, sites.rank, &g.images, g.mirror) {
                g.matrix = matrix;
            }
        }
        let now = worst(sites, elements);
        if now >= off {
            break;
        }
        off = now;
    }
}
