//! Pictures: a cloud, what may become of it, and answers.

use super::model::{Answer, Clouds};
use crate::TrainError;
use crate::report::{Block, MovedCloud, clouds};
use crate::task::{Part, Samples};
use std::collections::HashSet;
use std::f64::consts::TAU;
use std::sync::Arc;
use sympe_data::DataError;
use sympe_data::distortions::{Nearest, Parent, Variants};
use sympe_groups::nalgebra::SVector;
use sympe_groups::{Action, Group};

/// Answers of each run, and as many distortions.
const DRAWS: u64 = 6;

/// For every parent among the runs: distortions of the first test cloud, and answers of its runs to it.
pub(super) fn figures(runs: &[(String, &Clouds)]) -> Result<Vec<Block>, TrainError> {
    let mut parents: Vec<Parent> = runs.iter().map(|(_, run)| run.config.data.parent).collect();
    let mut seen = HashSet::new();
    parents.retain(|parent| seen.insert(*parent));
    let mut items = Vec::new();
    for &parent in &parents {
        let of_parent = runs.iter().filter(|(_, run)| run.config.data.parent == parent);
        let exact = match parents.len() {
            1 => "exact".to_owned(),
            _ => format!("{parent}-exact"),
        };
        rows(&exact, &of_parent.collect::<Vec<_>>(), &mut items)?;
    }
    if items.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Block::Figure(
        "distortions".into(),
        format!(
            "The first test cloud (grey), what may become of it (blue), and the first {DRAWS} answers of each run"
        ),
        clouds(&items, DRAWS as usize),
    )])
}

/// A row of distortions of the first test cloud, and a row of answers of each run; all are of one parent.
fn rows(
    exact: &str,
    runs: &[&(String, &Clouds)],
    items: &mut Vec<(String, MovedCloud)>,
) -> Result<(), TrainError> {
    let Some((_, first)) = runs.first() else {
        return Ok(());
    };
    let samples = Samples::new(first.splits.part(Part::Test), Some(Part::Test));
    let entry = &samples.get(0)?;
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
    for draw in 0..DRAWS as usize {
        let member = Nearest {
            variant: match variants {
                Variants::Finite(members) => draw % members.len(),
                Variants::Circle(_) => 0,
            },
            angle: TAU * draw as f64 / DRAWS as f64,
            distance: 0.0,
        };
        let answer = variants.member(&member);
        items.push((format!("{exact} ({})", draw + 1), picture(&answer)));
    }
    for (name, run) in runs {
        for draw in 0..DRAWS {
            let entries = [Arc::clone(entry)];
            let answer = &run.answers(&entries, draw)?[0];
            items.push((format!("{name} ({})", draw + 1), picture(answer)));
        }
    }
    Ok(())
}
