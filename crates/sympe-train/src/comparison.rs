//! What `compare` varies: axes of rows, each a name and a patch of the configuration.

use std::fmt;

/// The name of the row without symmetry breaking.
pub const BASELINE: &str = "none";

/// The factors on the configured scale among which `compare --tune` chooses, by name.
pub const SCALES: [(&str, f64); 4] = [("0.5", 0.5), ("1", 1.0), ("2", 2.0), ("4", 4.0)];

/// A metric in the table of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name among the metrics of [`Task::judge`](crate::task::Task::judge).
    pub metric: &'static str,
    /// Its heading.
    pub heading: &'static str,
    /// Digits after the point.
    pub digits: usize,
}

impl Column {
    /// A column.
    #[must_use]
    pub const fn new(metric: &'static str, heading: &'static str, digits: usize) -> Self {
        Self {
            metric,
            heading,
            digits,
        }
    }
}

/// One value of an axis: a name and a patch of the configuration.
pub struct Row<C> {
    /// Its name in tables, in names of runs and on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    patch: Box<dyn Fn(&mut C) + Send + Sync>,
}

impl<C: Clone> Row<C> {
    /// A row.
    pub fn new(
        name: &'static str,
        about: &'static str,
        patch: impl Fn(&mut C) + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            about,
            patch: Box::new(patch),
        }
    }

    /// The configuration with the patch of this row; everything else is as in `base`.
    #[must_use]
    pub fn of(&self, base: &C) -> C {
        let mut config = base.clone();
        (self.patch)(&mut config);
        config
    }
}

impl<C> fmt::Debug for Row<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.name).finish()
    }
}

/// What says which row is configured; where it says none, its axis says nothing about the configuration.
pub type Current<C> = Box<dyn Fn(&C) -> Option<String> + Send + Sync>;

/// Something that a comparison varies, by rows.
pub struct Axis<C> {
    /// Its name in tables.
    pub label: &'static str,
    /// The flag that chooses rows.
    pub flag: &'static str,
    /// What it is, for the command line.
    pub about: &'static str,
    /// All there is to choose from.
    pub rows: Vec<Row<C>>,
    /// The names of the rows without a flag; none leaves what is configured.
    pub default: &'static [&'static str],
    /// The name of what is configured.
    pub current: Current<C>,
}

impl<C> fmt::Debug for Axis<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Axis")
            .field("label", &self.label)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<C> Axis<C> {
    /// An axis without rows: its name in tables, its flag, what it is, and the name of what is configured.
    #[must_use]
    pub fn new(
        label: &'static str,
        flag: &'static str,
        about: &'static str,
        current: impl Fn(&C) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            label,
            flag,
            about,
            rows: Vec::new(),
            default: &[],
            current: Box::new(current),
        }
    }

    /// The scales that a comparison tries for each way of breaking, [`SCALES`] times the configured one; none where `get` says
    /// that there is none.
    pub fn scale(
        get: impl Fn(&C) -> Option<f64> + Clone + Send + Sync + 'static,
        set: impl Fn(&mut C, f64) + Clone + Send + Sync + 'static,
    ) -> Self
    where
        C: Clone,
    {
        let row = |(name, factor): (&'static str, f64)| {
            let (get, set) = (get.clone(), set.clone());
            let about = "A factor on noise, on features, and on what a learned object starts as";
            Row::new(name, about, move |config| {
                if let Some(scale) = get(config) {
                    set(config, factor * scale);
                }
            })
        };
        let get = get.clone();
        let current = move |config: &C| get(config).map(|_| "1".to_owned());
        Self::new("scale", "scales", "Scales", current).with_rows(SCALES.map(row))
    }

    /// The labels of the axes that say which case it is, whatever breaks its symmetry: not the axis of the ways, which has the row
    /// [`BASELINE`], and none that says nothing about that row, as a kernel to draw from. Without ways all of them.
    ///
    /// ```
    /// use sympe_train::comparison::Axis;
    /// use sympe_train::experiments::graph_autoencoder::{GraphAutoencoder, GraphAutoencoderConfig};
    /// use sympe_train::task::Task;
    /// let cases = Axis::cases(&GraphAutoencoder::axes(), &GraphAutoencoderConfig::default());
    /// assert_eq!(cases, ["network"]); // neither breaker nor kernel
    /// ```
    #[must_use]
    pub fn cases(axes: &[Self], base: &C) -> Vec<&'static str>
    where
        C: Clone,
    {
        let baseline = |axis: &Self| {
            axis.rows
                .iter()
                .find(|row| row.name == BASELINE)
                .map(|row| row.of(base))
        };
        let unbroken = axes.iter().find_map(baseline);
        let says_something = |axis: &&Self| match &unbroken {
            Some(unbroken) => baseline(axis).is_none() && (axis.current)(unbroken).is_some(),
            None => true,
        };
        axes.iter()
            .filter(says_something)
            .map(|axis| axis.label)
            .collect()
    }

    /// The same under other names.
    #[must_use]
    pub fn named(self, label: &'static str, flag: &'static str, about: &'static str) -> Self {
        Self {
            label,
            flag,
            about,
            ..self
        }
    }

    /// The same with these rows to choose from, besides those that there are.
    #[must_use]
    pub fn with_rows(self, rows: impl IntoIterator<Item = Row<C>>) -> Self {
        Self {
            rows: self.rows.into_iter().chain(rows).collect(),
            ..self
        }
    }

    /// The same with these rows where the command line names none.
    #[must_use]
    pub fn with_default(self, default: &'static [&'static str]) -> Self {
        Self { default, ..self }
    }
}

/// Differences of one metric between runs of two settings that have the same seed.
///
/// What a seed does to both of them (the initial weights, the order of the batches) drops out, so they say more than two means.
///
/// ```
/// use sympe_train::comparison::Paired;
/// let noise = [(0, 5.0), (1, 7.0), (2, 9.0)];
/// let sympe = [(0, 4.0), (1, 6.0), (3, 0.0)];
/// assert_eq!(Paired::new(&noise, &sympe), Some(Paired { seeds: 2, mean: 1.0, error: Some(0.0) }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Seeds that both have.
    pub seeds: usize,
    /// The mean difference, the first less the second.
    pub mean: f64,
    /// Its standard error; none of one seed, and none of what is not finite.
    pub error: Option<f64>,
}

impl Paired {
    /// Of seeds and values; none if no seed is in both.
    #[must_use]
    pub fn new(first: &[(u64, f64)], second: &[(u64, f64)]) -> Option<Self> {
        let other = |seed: u64| second.iter().find(|(known, _)| *known == seed);
        let differences: Vec<f64> = (first.iter())
            .filter_map(|&(seed, value)| Some(value - other(seed)?.1))
            .collect();
        if differences.is_empty() {
            return None;
        }
        let count = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let squares: f64 = differences.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        Some(Self {
            seeds: differences.len(),
            mean,
            error: (differences.len() > 1 && error.is_finite()).then_some(error),
        })
    }
}

/// A setting of a comparison: a configuration, and the values of its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<C> {
    /// The value on each axis, in order; none where the axis says nothing about the configuration.
    pub values: Vec<Option<String>>,
    /// The configuration.
    pub config: C,
}

impl<C: Clone + PartialEq> Setting<C> {
    /// What is configured, as it is.
    #[must_use]
    pub fn current(axes: &[Axis<C>], config: C) -> Self {
        Self {
            values: axes.iter().map(|axis| (axis.current)(&config)).collect(),
            config,
        }
    }

    /// All combinations of the chosen rows of each axis, over `base`; none chosen leaves what is configured. What would be
    /// there twice is there once.
    #[must_use]
    pub fn all(axes: &[Axis<C>], chosen: &[Vec<&Row<C>>], base: &C) -> Vec<Self> {
        let mut settings = vec![Self {
            values: Vec::new(),
            config: base.clone(),
        }];
        for (axis, rows) in axes.iter().zip(chosen) {
            let mut next: Vec<Self> = Vec::new();
            for setting in settings {
                let config = &setting.config;
                let current = (axis.current)(config);
                let variants: Vec<(Option<String>, C)> = if rows.is_empty() || current.is_none() {
                    vec![(current, config.clone())]
                } else {
                    (rows.iter().map(|row| (Some(row.name.to_owned()), row.of(config)))).collect()
                };
                for (value, config) in variants {
                    let mut values = setting.values.clone();
                    values.push(value);
                    let found = Self { values, config };
                    if next.iter().all(|known| known.config != found.config) {
                        next.push(found);
                    }
                }
            }
            settings = next;
        }
        settings
    }

    /// The settings with each of the choices of a further axis; where that says nothing about the configuration, as it is.
    #[must_use]
    pub fn choices(&self, axis: &Axis<C>) -> Vec<Self> {
        let with = |value: Option<String>, config: C| {
            let mut values = self.values.clone();
            values.push(value);
            Self { values, config }
        };
        match (axis.current)(&self.config) {
            None => vec![with(None, self.config.clone())],
            Some(_) => (axis.rows.iter())
                .map(|row| with(Some(row.name.to_owned()), row.of(&self.config)))
                .collect(),
        }
    }

    /// For each setting the one to compare it with, seed by seed: of those of the same case ([`Axis::cases`]), that with the way of
    /// breaking (the axis with the row [`BASELINE`]) that `base` has, and of several the one that is most like `base`. `None` for
    /// those themselves, and where there is no such setting.
    #[must_use]
    pub fn references(axes: &[Axis<C>], settings: &[Self], base: &C) -> Vec<Option<usize>> {
        let breaks = |axis: &Axis<C>| axis.rows.iter().any(|row| row.name == BASELINE);
        let Some(way) = axes.iter().position(breaks) else {
            return vec![None; settings.len()];
        };
        let usual = Self::current(axes, base.clone()).values;
        let cases = Axis::cases(axes, base);
        let reference = |setting: &Self| {
            let fits = |other: &Self| {
                let mut pairs = axes.iter().zip(other.values.iter().zip(&setting.values));
                other.values[way] == usual[way]
                    && pairs.all(|(axis, (one, another))| one == another || !cases.contains(&axis.label))
            };
            let differences =
                |other: &Self| (other.values.iter().zip(&usual)).filter(|(a, b)| a != b).count();
            (0..settings.len())
                .filter(|&index| fits(&settings[index]))
                .min_by_key(|&index| differences(&settings[index]))
                .filter(|&index| settings[index] != *setting)
        };
        settings.iter().map(reference).collect()
    }

    /// The values that there are, as the name of a run.
    #[must_use]
    pub fn name(&self) -> String {
        let values: Vec<&str> = self.values.iter().flatten().map(String::as_str).collect();
        values.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pair = (u8, u8);

    fn axes() -> Vec<Axis<Pair>> {
        let first = Axis::new("first", "firsts", "", |c: &Pair| Some(c.0.to_string())).with_rows([
            Row::new("one", "", |c: &mut Pair| c.0 = 1),
            Row::new("two", "", |c: &mut Pair| c.0 = 2),
        ]);
        // Says something about twos only.
        let second = |c: &Pair| (c.0 == 2).then(|| c.1.to_string());
        let second = Axis::new("second", "seconds", "", second).with_rows([
            Row::new("five", "", |c: &mut Pair| c.1 = 5),
            Row::new("six", "", |c: &mut Pair| c.1 = 6),
        ]);
        vec![first, second]
    }

    #[test]
    fn paired_differences_have_the_standard_error_of_their_mean() {
        let first: Vec<(u64, f64)> = [3.0, 1.0, 4.0, 1.0]
            .into_iter()
            .zip(0..)
            .map(|(x, seed)| (seed, x))
            .collect();
        let second: Vec<(u64, f64)> = first
            .iter()
            .rev()
            .map(|&(seed, x)| (seed, x - 2.0 * seed as f64))
            .collect();
        // Differences 0, 2, 4, 6: mean 3, variance 20/3.
        let found = Paired::new(&first, &second).unwrap();
        assert_eq!((found.seeds, found.mean), (4, 3.0));
        assert!((found.error.unwrap() - (20.0f64 / 12.0).sqrt()).abs() < 1e-12);
        let one = Paired::new(&first[..1], &second).unwrap();
        assert_eq!((one.seeds, one.mean, one.error), (1, 0.0, None));
        assert_eq!(Paired::new(&first, &[]), None);
        assert_eq!(
            Paired::new(&[(0, f64::INFINITY), (1, 0.0)], &first)
                .unwrap()
                .error,
            None
        );
    }

    #[test]
    fn choices_are_made_where_their_axis_applies() {
        let scale = Axis::scale(
            |c: &Pair| (c.0 > 0).then_some(f64::from(c.1)),
            |c, scale| c.1 = scale as u8,
        );
        let setting = |config: Pair| Setting {
            values: vec![Some("noise".to_owned())],
            config,
        };
        let found: Vec<(String, Pair)> = (setting((1, 10)).choices(&scale).into_iter())
            .map(|one| (one.name(), one.config))
            .collect();
        let expected = [("0.5", 5), ("1", 10), ("2", 20), ("4", 40)];
        assert_eq!(
            found,
            expected.map(|(name, scale)| (format!("noise-{name}"), (1, scale)))
        );
        let found = setting((0, 9)).choices(&scale);
        assert_eq!(
            (found.len(), found[0].name(), found[0].config),
            (1, "noise".to_owned(), (0, 9))
        );
    }

    #[test]
    fn settings_are_compared_with_the_usual_way_of_breaking_in_the_same_network() {
        type Triple = (u8, u8, u8);
        let name = |value: u8| ["zero", "none", "usual", "three"][value as usize];
        let axis = |label: &'static str, get: fn(&Triple) -> u8| {
            Axis::new(label, label, "", move |c: &Triple| Some(name(get(c)).to_owned()))
        };
        let axes = [
            axis("network", |c| c.0),
            axis("way", |c| c.1).with_rows([Row::new(BASELINE, "", |c: &mut Triple| c.1 = 1)]),
            Axis::new("kernel", "kernel", "", move |c: &Triple| {
                (c.1 != 1).then(|| name(c.2).to_owned())
            }),
        ];
        assert_eq!(Axis::cases(&axes, &(0, 2, 3)), ["network"]);
        assert_eq!(Axis::cases(&axes[..1], &(0, 2, 3)), ["network"]);
        let setting = |config: Triple| Setting::current(&axes, config);
        let settings = [(0, 1, 0), (0, 2, 0), (0, 2, 3), (3, 2, 0), (3, 1, 0), (2, 1, 0)].map(setting);
        let found = Setting::references(&axes, &settings, &(0, 2, 3));
        assert_eq!(found, [Some(2), Some(2), None, None, Some(3), None]);
        assert_eq!(Setting::references(&axes[..1], &settings, &(0, 2, 3)), [None; 6]);
        // Of several cases, whichever axis comes first: what has been made of the same one.
        let turned = [axis("way", |c| c.1), axis("cell", |c| c.2)];
        let [way, cell] = turned;
        let axes = [
            way.with_rows([Row::new(BASELINE, "", |c: &mut Triple| c.1 = 1)]),
            cell,
        ];
        let settings =
            [(0, 1, 0), (0, 2, 0), (0, 1, 3), (0, 2, 3)].map(|config| Setting::current(&axes, config));
        assert_eq!(
            Setting::references(&axes, &settings, &(0, 2, 3)),
            [Some(1), None, Some(3), None]
        );
    }

    #[test]
    fn settings_are_combinations_where_an_axis_applies_and_each_is_there_once() {
        let axes = axes();
        let chosen = |names: [&[usize]; 2]| -> Vec<Vec<&Row<Pair>>> {
            (axes.iter().zip(names))
                .map(|(axis, names)| names.iter().map(|&i| &axis.rows[i]).collect())
                .collect()
        };
        let names = |settings: Vec<Setting<Pair>>| -> Vec<(String, Pair)> {
            settings.iter().map(|one| (one.name(), one.config)).collect()
        };
        let expected = [("one", (1, 9)), ("two-five", (2, 5)), ("two-six", (2, 6))];
        let found = names(Setting::all(&axes, &chosen([&[0, 1, 1], &[0, 1]]), &(0, 9)));
        assert_eq!(found, expected.map(|(name, config)| (name.to_owned(), config)));
        let unvaried = names(Setting::all(&axes, &chosen([&[], &[]]), &(2, 9)));
        assert_eq!(unvaried, [("2-9".to_owned(), (2, 9))]);
        assert_eq!(unvaried[0].0, Setting::current(&axes, (2, 9)).name());
    }
}
