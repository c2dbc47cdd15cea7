//! Pictures: a cloud, what may become of it, and answers.

use super::model::{Answer, Clouds};
use crate::TrainError;
use crate::report::{Block, MovedCloud, clouds};
use crate::task::{Part, Samples};
use std::sync::Arc;
use sympe_data::DataError;
use sympe_data::distortions::Variants;
use sympe_groups::nalgebra::SVector;
use sympe_groups::{Action, Group};

/// Answers of each run, and as many distortions.
const DRAWS: u64 = 6;

/// Distortions of the first test cloud, and answers of every run to it.
pub(super) fn figures(runs: &[(String, &Clouds)]) -> Result<Vec<Block>, TrainError> {
    let Some((_, first)) = runs.first() else {
        return Ok(Vec::new());
    };
    let test = first.splits.part(Part::Test).iter().take(1).cloned();
    let samples = Samples::new(test, Some(Part::Test));
    let entry = &samples.entries()[0];
    let (cloud, variants) = (&entry.sample.centered, &entry.sample.distortion.variants);
    // As it is seen from its canonical frame.
    let canonicalized = (first.host.draws.domain()).canonicalized(cloud, &entry.kept);
    let frame = canonicalized
        .map_err(|source| DataError::Canon { index: 0, source })?
        .element
        .inverse();
    let picture = |answer: &Answer| {
        let pairs = cloud.positions().iter().zip(answer);
        let moved = |(place, step): (&[f64; 3], &[f64; 3])| {
            let sum = SVector::from(*place) + SVector::from(*step);
            frame.act(&sum).into()
        };
        MovedCloud {
            places: frame.act(cloud.positions()),
            moved: pairs.map(moved).collect(),
        }
    };
    let mut items = Vec::new();
    for draw in 0..DRAWS as usize {
        let answer = match variants {
            Variants::Finite(members) => members[draw % members.len()].clone(),
            Variants::Circle([u, _]) if draw == 0 => u.clone(),
            Variants::Circle([_, w]) => w.clone(),
        };
        items.push((format!("exact ({})", draw + 1), picture(&answer)));
    }
    for (name, run) in runs {
        for draw in 0..DRAWS {
            let entries = [Arc::clone(entry)];
            let answer = &run.answers(&entries, draw)?[0];
            items.push((format!("{name} ({})", draw + 1), picture(answer)));
        }
    }
    Ok(vec![Block::Figure(
        "distortions".into(),
        format!(
            "The first test cloud (grey), what may become of it (blue), and the first {DRAWS} answers of each run"
        ),
        clouds(&items, DRAWS as usize),
    )])
}
