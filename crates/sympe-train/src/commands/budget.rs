//! Learning curves of a comparison against the training budget: a figure per case and metric, a curve per way of breaking.

use super::lines::Line;
use crate::comparison::Axis;
use crate::number;
use crate::report::{Block, Curve, curves_over, short_names};
use crate::run::{self, JsonLine};
use crate::session::Outcome;
use crate::task::Task;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is beside the columns of a comparison in the metrics of an epoch.
const TRAIN_LOSS: &str = "train_loss";

/// A metric of a line by training steps, mean over its runs.
struct Means {
    metric: String,
    points: Vec<(u32, f64)>,
}

/// A line and its metrics.
type Curves<'l, 'r, T> = (&'l Line<'r, T>, Vec<Means>);

/// The curves of a comparison, figures and JSON lines.
///
/// The steps are those at the end of an epoch, where all runs of a setting have a finite value. Settings that differ in their way of
/// breaking, and in what there is to say about the way alone, share a figure.
pub(super) fn budget<T: Task>(lines: &[Line<'_, T>], base: &T::Config) -> (Vec<Block>, String) {
    let cases = Axis::cases(&T::axes(), base);
    let mut groups: Vec<(String, Vec<Curves<'_, '_, T>>)> = Vec::new();
    let mut json = String::new();
    for line in lines {
        let of_line = means(line);
        for Means { metric, points } in &of_line {
            let points: Vec<Value> = points
                .iter()
                .map(|&(step, value)| json!([step, number::json(value)]))
                .collect();
            let mut object = line.labelled();
            object.insert("metric".to_owned(), json!(metric));
            object.insert("seeds".to_owned(), json!(line.runs.len()));
            object.insert("points".to_owned(), points.into());
            json += &format!("{}\n", Value::Object(object));
        }
        let of_case = line.labels.iter().filter(|(label, _)| cases.contains(label));
        let values: Vec<&str> = of_case.filter_map(|(_, value)| value.as_deref()).collect();
        let case = values.join("-");
        match groups.iter_mut().find(|(known, _)| *known == case) {
            Some((_, members)) => members.push((line, of_line)),
            None => groups.push((case, vec![(line, of_line)])),
        }
    }
    let figures = groups.iter().flat_map(|(case, members)| figures(case, members));
    (figures.collect(), json)
}

/// One figure for each metric of the settings of a case.
fn figures<T: Task>(case: &str, members: &[Curves<'_, '_, T>]) -> Vec<Block> {
    let names: Vec<&str> = members.iter().map(|(line, _)| line.name.as_str()).collect();
    let names = short_names(&names);
    let mut metrics: Vec<&str> = Vec::new();
    for Means { metric, .. } in members.iter().flat_map(|(_, means)| means) {
        if !metrics.contains(&metric.as_str()) {
            metrics.push(metric);
        }
    }
    let figure = |metric: &str| {
        let curve = |((_, means), name): (&(&Line<'_, T>, Vec<Means>), &String)| Curve {
            name: name.clone(),
            points: (means.iter().find(|found| found.metric == metric))
                .map_or(Vec::new(), |found| found.points.clone()),
        };
        let curves: Vec<Curve> = members.iter().zip(&names).map(curve).collect();
        let title = match metric {
            TRAIN_LOSS => "training loss".to_owned(),
            metric => format!("validation {}", metric.replace('_', " ")),
        };
        let svg = curves_over(&title, "training step", &curves);
        let parts = [case, "curve", metric]
            .into_iter()
            .filter(|part| !part.is_empty());
        let file = parts.collect::<Vec<_>>().join("-").replace('_', "-");
        let caption = match case {
            "" => title,
            case => format!("{case}: {title}"),
        };
        Block::Figure(file, caption, svg)
    };
    metrics.into_iter().map(figure).collect()
}

/// The metrics of the validation set and the training loss, mean over the runs of a line.
fn means<T: Task>(line: &Line<'_, T>) -> Vec<Means> {
    // What is damaged has been reported with the run.
    let read = |run: &&Outcome<T::Config>| run::read_metrics(&run.folder).unwrap_or_default();
    let runs: Vec<Vec<JsonLine>> = line.runs.iter().map(read).collect();
    let names = line.runs[0].results.test.keys().map(String::as_str);
    let mean = |metric: &str| {
        let mut found: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for line in runs.iter().flatten() {
            let value = line.get(metric).and_then(number::of_json);
            let step = line
                .get("step")
                .and_then(Value::as_u64)
                .and_then(|step| u32::try_from(step).ok());
            if let (Some(step), Some(value)) = (step, value.filter(|value| value.is_finite())) {
                found.entry(step).or_default().push(value);
            }
        }
        let whole = found.into_iter().filter(|(_, values)| values.len() == runs.len());
        let points = whole.map(|(step, values)| (step, values.iter().sum::<f64>() / values.len() as f64));
        Means {
            metric: metric.to_owned(),
            points: points.collect(),
        }
    };
    // Some metrics are those of the test set only.
    [TRAIN_LOSS]
        .into_iter()
        .chain(names)
        .map(mean)
        .filter(|means| !means.points.is_empty())
        .collect()
}
