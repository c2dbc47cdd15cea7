//! The rows of a comparison: means, deviations, and paired differences from the row of reference.

use crate::comparison::{Column, Paired};
use crate::config::Config;
use crate::number;
use crate::report::Table;
use crate::session::Outcome;
use crate::task::Task;
use serde_json::{Map, Value, json};

/// The runs of one setting: they differ in the seed only.
pub(super) struct Line<'a, T: Task> {
    /// The name of the setting.
    pub(super) name: String,
    /// What tells the rows apart, name and value, always with the same names.
    pub(super) labels: Vec<(&'static str, Option<String>)>,
    /// The name of the setting that this one is compared with, seed by seed.
    pub(super) reference: Option<String>,
    /// Those that ended well, at least one.
    pub(super) runs: Vec<&'a Outcome<T::Config>>,
}

impl<T: Task> Line<'_, T> {
    /// The columns there are values for: some data have fewer, and runs of earlier versions.
    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        let known = |column: &&Column| {
            let has = |run: &&Outcome<T::Config>| run.results.test.contains_key(column.metric);
            self.runs.iter().all(has)
        };
        T::COLUMNS.iter().filter(known).collect::<Vec<_>>().into_iter()
    }

    /// The labels as the start of a JSON object.
    pub(super) fn labelled(&self) -> Map<String, Value> {
        let label = |(name, value): &(&str, Option<String>)| ((*name).to_owned(), json!(value));
        self.labels.iter().map(label).collect()
    }

    /// A run as a JSON object.
    pub(super) fn run_object(&self, run: &Outcome<T::Config>) -> Value {
        let mut object = self.labelled();
        for column in self.columns() {
            object.insert(
                column.metric.to_owned(),
                number::json(run.results.test[column.metric]),
            );
        }
        for (key, value) in [
            ("seed", json!(run.config.training().seed)),
            ("epochs", json!(run.results.epochs)),
            ("breaking_share", number::json(run.breaking_share)),
            ("parameters", json!(run.results.parameters)),
            ("best_epoch", json!(run.results.best_epoch)),
        ] {
            object.insert(key.to_owned(), value);
        }
        object.into()
    }

    /// Mean and sample standard deviation over the seeds; one seed has no deviation, nor has what is not finite.
    fn statistics(&self, value: impl Fn(&Outcome<T::Config>) -> f64) -> (f64, Option<f64>) {
        let values: Vec<f64> = self.runs.iter().map(|run| value(run)).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (
            mean,
            (values.len() > 1 && mean.is_finite()).then(|| (squares / (count - 1.0)).sqrt()),
        )
    }

    fn metric(&self, name: &str) -> (f64, Option<f64>) {
        self.statistics(|run| run.results.test[name])
    }

    /// The differences from the line of reference among `lines`.
    fn difference(&self, lines: &[Self], metric: &str) -> Option<Paired> {
        let reference = lines
            .iter()
            .find(|line| Some(&line.name) == self.reference.as_ref())?;
        let values = |line: &Self| -> Vec<(u64, f64)> {
            let value = |run: &&Outcome<T::Config>| {
                Some((run.config.training().seed, *run.results.test.get(metric)?))
            };
            line.runs.iter().filter_map(value).collect()
        };
        Paired::new(&values(self), &values(reference))
    }

    /// The line as a JSON object.
    pub(super) fn object(&self, lines: &[Self]) -> Value {
        let pair = |(mean, deviation): (f64, Option<f64>)| json!({"mean": number::json(mean), "sd": deviation.map(number::json)});
        let mut object = self.labelled();
        let mut differences = Map::new();
        for column in self.columns() {
            let metric = column.metric;
            object.insert(metric.to_owned(), pair(self.metric(metric)));
            if let Some(paired) = self.difference(lines, metric) {
                let (mean, error) = (number::json(paired.mean), paired.error.map(number::json));
                let value = json!({"mean": mean, "se": error, "seeds": paired.seeds});
                differences.insert(metric.to_owned(), value);
            }
        }
        for (key, value) in [
            ("row", json!(true)),
            ("seeds", json!(self.runs.len())),
            ("epochs", json!(self.runs[0].results.epochs)),
            ("breaking_share", pair(self.statistics(|run| run.breaking_share))),
        ] {
            object.insert(key.to_owned(), value);
        }
        if !differences.is_empty() {
            object.insert("reference".to_owned(), json!(self.reference));
            object.insert("difference".to_owned(), differences.into());
        }
        object.into()
    }
}

fn plus_minus((mean, deviation): (f64, Option<f64>), digits: usize) -> String {
    match deviation {
        Some(deviation) => format!("{mean:.digits$} ± {deviation:.digits$}"),
        None => format!("{mean:.digits$}"),
    }
}

/// The table of all lines. Its column of differences is about the first metric, lower being better; their ± is a standard
/// error, that of the others the standard deviation over seeds.
pub(super) fn table<T: Task>(lines: &[Line<'_, T>]) -> Table {
    let Some(first) = lines.first() else {
        return Table::default();
    };
    let columns: Vec<&Column> = (first.columns())
        .filter(|column| {
            lines
                .iter()
                .all(|line| line.columns().any(|known| known == *column))
        })
        .collect();
    let leading = columns.first().copied();
    let differences: Vec<Option<Paired>> = (lines.iter())
        .map(|line| line.difference(lines, leading?.metric))
        .collect();
    let heading = leading.filter(|_| differences.iter().any(Option::is_some));
    let head = (first.labels.iter().map(|(name, _)| (*name).to_owned()))
        .chain(["seeds".to_owned()])
        .chain(columns.iter().map(|column| column.heading.to_owned()))
        .chain(heading.map(|column| format!("{} above the reference, paired", column.heading)))
        .chain(["breaking, % of time", "parameters"].map(str::to_owned))
        .collect();
    let row = |(line, difference): (&Line<'_, T>, &Option<Paired>)| {
        let labels = line.labels.iter();
        let mut cells: Vec<String> = labels
            .map(|(_, value)| value.clone().unwrap_or_default())
            .collect();
        cells.push(line.runs.len().to_string());
        for column in &columns {
            cells.push(plus_minus(line.metric(column.metric), column.digits));
        }
        if let Some(column) = heading {
            cells.push(match difference {
                Some(paired) => plus_minus((paired.mean, paired.error), column.digits),
                None if lines
                    .iter()
                    .any(|other| other.reference.as_ref() == Some(&line.name)) =>
                {
                    "reference".to_owned()
                }
                None => String::new(),
            });
        }
        cells.push(plus_minus(line.statistics(|run| 100.0 * run.breaking_share), 2));
        cells.push(line.runs[0].results.parameters.to_string());
        cells
    };
    Table {
        head,
        rows: lines.iter().zip(&differences).map(row).collect(),
    }
}
