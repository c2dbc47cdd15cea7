//! Pictures: what was generated, and in how many steps.

use super::config::SamplingConfig;
use super::model::GraphDiffusion;
use crate::TrainError;
use crate::comparison::BASELINE;
use crate::report::{Block, Curve, Table, graphs, molecules, percentages};
use crate::task::Metrics;
use crate::trainer::TEST_DRAW;
use serde_json::{Map, json};
use sympe_data::diffusion::CategoricalGraph;
use sympe_data::molecule::metrics::{is_valid, stable_atoms};
use sympe_data::molecule::smiles;

/// Samples shown of each run.
const SAMPLES: usize = 24;
const COLUMNS: usize = 6;

pub(super) fn figures(runs: &[(String, &GraphDiffusion)]) -> Result<Vec<Block>, TrainError> {
    let mut blocks = Vec::new();
    for (name, run) in runs {
        let samples = run.sample(SAMPLES, 0, &mut |_| ())?;
        let caption = format!("{name}: the first {SAMPLES} samples, none left out");
        blocks.push(Block::Figure(
            format!("samples-{name}"),
            caption,
            run.picture(&samples)?,
        ));
    }
    Ok(blocks)
}

/// The metrics that are shown by the number of steps, where data have them, and their names in a picture.
const MERITS: [(&str, &str); 4] = [
    ("molecule_stability", "molecule stability, %"),
    ("validity", "validity, %"),
    ("valid_unique_novel", "V.U.N., %"),
    ("share_distance", "distance of shares, %"),
];

/// What samples in so many steps are like: the metrics of each run, which differ in the seed only.
struct InSteps {
    steps: usize,
    metrics: Vec<Metrics>,
}

impl InSteps {
    /// The values of a metric, one per run; empty where data do not have it.
    fn values(&self, metric: &str) -> Vec<f64> {
        let all = self.metrics.iter().flatten();
        all.filter(|(name, _)| *name == metric).map(|(_, value)| *value).collect()
    }

    fn mean(&self, metric: &str) -> Option<f64> {
        let values = self.values(metric);
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// How good samples of the trained networks are by the number of denoising steps, for the numbers of `evaluation.steps`:
/// pictures, a table, and the figures of every run as lines of JSON. Nothing where there are no such numbers.
///
/// The networks are those of all steps; the sampler takes fewer and larger ones.
pub(super) fn by_steps(rows: &[(String, Vec<&GraphDiffusion>)]) -> Result<Vec<Block>, TrainError> {
    let mut found = Vec::new();
    for (name, runs) in rows {
        let mut steps = runs.first().map_or(Vec::new(), |run| run.config.evaluation.steps.clone());
        steps.sort_unstable();
        steps.dedup();
        let mut points = Vec::new();
        for steps in steps {
            let judged = |run: &&GraphDiffusion| {
                let sampling = SamplingConfig { steps, ..run.config.sampling };
                let graphs = run.sample_in(sampling, run.config.evaluation.samples, TEST_DRAW, &mut |_| ())?;
                run.quality(&graphs)
            };
            let metrics = runs.iter().map(judged).collect::<Result<_, TrainError>>()?;
            points.push(InSteps { steps, metrics });
        }
        if !points.is_empty() {
            found.push((name.as_str(), runs.as_slice(), points));
        }
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let known: Vec<_> = (MERITS.into_iter())
        .filter(|(metric, _)| found.iter().all(|(_, _, points)| points[0].mean(metric).is_some()))
        .collect();
    let text = "Samples of the trained networks in fewer and larger denoising steps, means over seeds.";
    let mut blocks = vec![Block::Text(text.into())];
    for (metric, title) in &known {
        let curve = |(name, _, points): &(&str, _, Vec<InSteps>)| Curve {
            name: (*name).to_owned(),
            points: (points.iter())
                .filter_map(|point| Some((point.steps as u32, 100.0 * point.mean(metric)?)))
                .collect(),
        };
        let curves: Vec<Curve> = found.iter().map(curve).collect();
        let svg = percentages(title, "denoising steps", &curves);
        let name = format!("steps-{}", metric.replace('_', "-"));
        blocks.push(Block::Figure(name, format!("{title}, by the number of denoising steps"), svg));
    }
    let baseline = found.iter().find(|(name, ..)| *name == BASELINE);
    let lines = found.iter().flat_map(|(name, runs, points)| {
        points.iter().flat_map(move |point| {
            runs.iter().zip(&point.metrics).map(move |(run, metrics)| {
                let (seed, steps) = (run.config.training.seed, point.steps);
                let keys = [("run", json!(name)), ("seed", json!(seed)), ("steps", json!(steps))];
                let values = metrics.iter().map(|(name, value)| (*name, json!(value)));
                let object = keys.into_iter().chain(values).map(|(key, value)| (key.to_owned(), value));
                format!("{}\n", json!(object.collect::<Map<_, _>>()))
            })
        })
    });
    blocks.push(Block::Listing("steps.jsonl".into(), lines.collect()));
    let table = table(&found, &known, baseline.map(|(_, _, points)| points.as_slice()));
    blocks.insert(1, Block::Table(table));
    Ok(blocks)
}

/// A row for each setting and number of steps: the metrics, and in how many steps the network without breaking is as good by the
/// first of them.
fn table(
    found: &[(&str, &[&GraphDiffusion], Vec<InSteps>)],
    metrics: &[(&str, &str)],
    baseline: Option<&[InSteps]>,
) -> Table {
    let baseline = baseline.zip(metrics.first().map(|(metric, _)| *metric));
    let head = ["run", "steps", "seeds"].into_iter().chain(metrics.iter().map(|(_, title)| *title));
    let last = baseline.map(|_| "steps that none needs for the same");
    let row = |name: &str, point: &InSteps| {
        let mut row = vec![name.to_owned(), point.steps.to_string(), point.metrics.len().to_string()];
        for (metric, _) in metrics {
            let values = point.values(metric);
            let (count, mean) = (values.len() as f64, point.mean(metric).unwrap_or(f64::NAN));
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            row.push(match values.len() {
                0 | 1 => format!("{:.1}", 100.0 * mean),
                _ => format!("{:.1} ± {:.1}", 100.0 * mean, 100.0 * (squares / (count - 1.0)).sqrt()),
            });
        }
        if let Some((points, metric)) = baseline {
            let curve: Vec<(usize, f64)> =
                points.iter().filter_map(|point| Some((point.steps, point.mean(metric)?))).collect();
            row.push(point.mean(metric).map_or(String::new(), |value| steps_for(&curve, value)));
        }
        row
    };
    let rows = found.iter().flat_map(|(name, _, points)| points.iter().map(move |point| row(name, point)));
    Table {
        head: head.chain(last).map(str::to_owned).collect(),
        rows: rows.collect(),
    }
}

/// The number of steps at which a curve reaches a value, linear in the logarithm of the number between its points.
fn steps_for(curve: &[(usize, f64)], value: f64) -> String {
    let Some(&(last, _)) = curve.last() else {
        return String::new();
    };
    let Some(reached) = curve.iter().position(|&(_, there)| there >= value) else {
        return format!("more than {last}");
    };
    let (steps, there) = curve[reached];
    let Some((before, here)) = reached.checked_sub(1).map(|index| curve[index]) else {
        return format!("at most {steps}");
    };
    let share = (value - here) / (there - here);
    let logarithm = (1.0 - share) * (before as f64).ln() + share * (steps as f64).ln();
    format!("{:.0}", logarithm.exp())
}

impl GraphDiffusion {
    /// A grid of samples as SVG; molecules with their SMILES, or what is wrong with them.
    ///
    /// # Errors
    ///
    /// When classes stand for no element or bond.
    pub fn picture(&self, samples: &[CategoricalGraph]) -> Result<String, TrainError> {
        let Some(classes) = &self.molecules else {
            let plain = |graph: &CategoricalGraph| {
                let graph = graph.to_colored_graph();
                (
                    format!("{} nodes, {} edges", graph.n(), graph.edge_count()),
                    graph,
                )
            };
            return Ok(graphs(&samples.iter().map(plain).collect::<Vec<_>>(), COLUMNS));
        };
        let mut items = Vec::new();
        for graph in samples {
            let Some(molecule) = classes.decode(graph)? else {
                items.push(("no Kekulé structure".to_owned(), classes.skeleton(graph)?));
                continue;
            };
            let unstable = molecule.len() - stable_atoms(&molecule);
            let caption = if !is_valid(&molecule) {
                "invalid".to_owned()
            } else if self.config.data.hydrogens && unstable > 0 {
                format!("{unstable} unstable")
            } else {
                smiles::write(&molecule)
            };
            items.push((caption, molecule));
        }
        Ok(molecules(&items, COLUMNS))
    }
}

#[cfg(test)]
mod tests {
    use super::steps_for;

    #[test]
    fn steps_for_a_value_are_read_off_a_curve() {
        let curve = [(5, 0.1), (20, 0.3), (80, 0.2), (100, 0.6)];
        for (value, expected) in [
            (0.05, "at most 5"),
            (0.1, "at most 5"),
            (0.2, "10"),
            (0.3, "20"),
            (0.4, "89"),
            (0.7, "more than 100"),
        ] {
            assert_eq!(steps_for(&curve, value), expected, "{value}");
        }
        assert_eq!(steps_for(&[], 0.5), "");
    }
}
