//! What `compare` varies: axes of rows, each a name and a patch of the configuration.

use std::fmt;

/// The name of the row without symmetry breaking.
pub const BASELINE: &str = "none";

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
