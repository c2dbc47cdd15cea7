//! Tables, curves and reports of runs.

use crate::files::write_atomic;
use crate::report::{Block, Curve, Report, Table, curves, short_names};
use crate::run::JsonLine;
use crate::session::Outcome;
use crate::{TrainError, number, run};
use std::path::{Path, PathBuf};

/// One row per run.
pub(super) fn table<C>(outcomes: &[Outcome<C>]) -> Table {
    let names: Vec<String> = outcomes
        .first()
        .map_or(Vec::new(), |o| o.results.test.keys().cloned().collect());
    let head = ["run", "parameters", "epochs"].map(str::to_owned).into_iter();
    let metrics = names
        .iter()
        .map(|name| format!("test {}", name.replace('_', " ")));
    let head = head
        .chain(metrics)
        .chain(["breaking, % of time".to_owned()])
        .collect();
    let row = |outcome: &Outcome<C>| {
        let results = &outcome.results;
        let mut cells = vec![
            outcome.name.clone(),
            results.parameters.to_string(),
            results.epochs.to_string(),
        ];
        // Runs of earlier versions lack metrics that have come since.
        let cell = |name| (results.test.get(name)).map_or(String::new(), |value| format!("{value:.4}"));
        cells.extend(names.iter().map(cell));
        cells.push(match outcome.breaking_share {
            unknown if unknown.is_nan() => "unknown".to_owned(),
            share => format!("{:.2}", 100.0 * share),
        });
        cells
    };
    Table {
        head,
        rows: outcomes.iter().map(row).collect(),
    }
}

/// The names of runs in as few words as tell them apart.
pub(super) fn short_run_names<C>(outcomes: &[Outcome<C>]) -> Vec<String> {
    let names: Vec<&str> = outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
    short_names(&names)
}

/// Validation metrics of all runs, one figure per metric.
pub(super) fn learning_curves<C>(outcomes: &[Outcome<C>]) -> Vec<Block> {
    let names: Vec<String> = outcomes
        .first()
        .map_or(Vec::new(), |o| o.results.test.keys().cloned().collect());
    let runs = short_run_names(outcomes);
    let mut blocks = Vec::new();
    for name in ["train_loss".to_owned()].into_iter().chain(names) {
        let mut found = Vec::new();
        for (outcome, run) in outcomes.iter().zip(&runs) {
            // What is damaged has been reported with the run; an infinite metric has no place on an axis.
            let lines = run::read_metrics(&outcome.folder).unwrap_or_default();
            let point = |line: &JsonLine| {
                let value = line.get(&name).and_then(number::of_json)?;
                let epoch = u32::try_from(line.get("epoch")?.as_u64()?).ok()?;
                Some((epoch + 1, value)).filter(|(_, value)| value.is_finite())
            };
            found.push(Curve {
                name: run.clone(),
                points: lines.iter().filter_map(point).collect(),
            });
        }
        // Some metrics are those of the test set only.
        if found.iter().all(|curve| curve.points.is_empty()) {
            continue;
        }
        let title = match name.as_str() {
            "train_loss" => "training loss".to_owned(),
            name => format!("validation {}", name.replace('_', " ")),
        };
        let svg = curves(&title, &found);
        blocks.push(Block::Figure(
            format!("curve-{}", name.replace('_', "-")),
            title,
            svg,
        ));
    }
    blocks
}

/// Writes a report and its figures into a folder; returns the path of its page.
pub(super) fn write_report(report: &Report, folder: &Path) -> Result<PathBuf, TrainError> {
    let mut path = PathBuf::new();
    // The page is the last: where it is, all of its figures are.
    for (name, text) in report.files() {
        path = folder.join(name);
        write_atomic(&path, text.as_bytes())?;
    }
    Ok(path)
}

/// Writes each listing among blocks into the file of its title.
pub(super) fn write_listings(blocks: &[Block], folder: &Path) -> Result<(), TrainError> {
    for block in blocks {
        if let Block::Listing(title, text) = block {
            write_atomic(&folder.join(title), text.as_bytes())?;
        }
    }
    Ok(())
}
