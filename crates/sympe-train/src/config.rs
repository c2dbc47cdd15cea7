//! Configuration in layers: defaults, a preset, a file, `--set key=value`; later layers win.

use crate::TrainError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use sympe_nn::optim::OptimizerConfig;
use toml::{Table, Value};

/// A preset: its name, what it is for, and its TOML.
pub type Preset = (&'static str, &'static str, &'static str);

/// A configuration type: a struct of sections, of which `training` and `optimizer` are common to all experiments.
///
/// ```
/// use sympe_train::config::Config;
/// use sympe_train::experiments::graph_autoencoder::GraphAutoencoderConfig;
/// let mut config = GraphAutoencoderConfig::default();
/// config.training.epochs = 0;
/// assert_eq!(config.validate().unwrap_err(), "training.epochs is 0, expected at least 1");
/// ```
pub trait Config: Clone + PartialEq + Serialize + DeserializeOwned + Default + Send + Sync {
    /// The presets; `quick` is what is trained without a flag, `smoke` what tests train.
    fn presets() -> &'static [Preset];

    /// Epochs, batches, seed: the section `training`.
    fn training(&self) -> &TrainingConfig;
    /// The update rule: the section `optimizer`.
    fn optimizer(&self) -> &OptimizerConfig;

    /// The same configuration independent of the folder the program is started in and of which files happen to be
    /// there: relative paths become absolute, `auto` becomes what it stands for now. What a run keeps is pinned.
    #[must_use]
    fn pinned(self) -> Self {
        self
    }

    /// What the data depend on: runs of a process with equal keys share their data.
    #[must_use]
    fn data_key(&self) -> String {
        to_toml(self)
    }

    /// Passes over the training set in what counts as one epoch.
    #[must_use]
    fn passes(&self) -> usize {
        1
    }

    /// Checks what types cannot express.
    ///
    /// # Errors
    ///
    /// A message that names key, value and what was expected.
    fn validate(&self) -> Result<(), String> {
        self.training().validate(self.optimizer())
    }
}

/// The same configuration with another seed of everything random but the data.
///
/// # Panics
///
/// When [`Config::training`] is not what the configuration calls `training`.
#[must_use]
pub fn with_seed<C: Config>(config: &C, seed: u64) -> C {
    let mut value = serde_json::to_value(config).expect("configurations are JSON");
    value["training"]["seed"] = seed.into();
    let seeded: C = serde_json::from_value(value).expect("configurations round trip");
    assert_eq!(
        seeded.training().seed,
        seed,
        "training() is the section `training`"
    );
    seeded
}

/// Refuses zeros, by the name of the option.
///
/// # Errors
///
/// A message that names the option.
pub fn at_least_one<const N: usize>(sizes: [(&str, usize); N]) -> Result<(), String> {
    match sizes.into_iter().find(|(_, size)| *size == 0) {
        Some((key, _)) => Err(format!("{key} is 0, expected at least 1")),
        None => Ok(()),
    }
}

/// Refuses infinities and what is no number, by the name of the option.
///
/// # Errors
///
/// A message that names the option and its value.
pub fn finite(key: &str, value: f64) -> Result<(), String> {
    if value.is_finite() {
        return Ok(());
    }
    Err(format!("{key} is {value}, expected a number"))
}

/// Refuses what is not positive or not finite, by the name of the option.
///
/// # Errors
///
/// A message that names the option and its value.
pub fn positive(key: &str, value: f64) -> Result<(), String> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(format!("{key} is {value}, expected a positive number"))
}

/// For `serde(with)`: a seed. TOML has no integers from 2⁶³ on: such a seed is a string of digits, in quotes or, with
/// `--set`, without.
pub mod seed {
    use serde::de::{Error, Unexpected, Visitor};
    use serde::{Deserializer, Serialize, Serializer};
    use std::fmt;

    /// Writes an integer where TOML has it, else a string.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(*seed) {
            Ok(integer) => integer.serialize(serializer),
            Err(_) => seed.to_string().serialize(serializer),
        }
    }

    /// Reads either.
    ///
    /// # Errors
    ///
    /// When it is no integer from 0 to 2⁶⁴ − 1.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        struct Seed;
        impl Visitor<'_> for Seed {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer from 0 to 18446744073709551615")
            }

            fn visit_u64<E: Error>(self, seed: u64) -> Result<u64, E> {
                Ok(seed)
            }

            fn visit_i64<E: Error>(self, seed: i64) -> Result<u64, E> {
                u64::try_from(seed).map_err(|_| E::invalid_value(Unexpected::Signed(seed), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
                // `parse` takes a sign, which no seed has.
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                let seed = text.parse().ok().filter(|_| digits);
                seed.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Seed)
    }
}

/// What every experiment trains with.
///
/// ```
/// use sympe_nn::optim::OptimizerConfig;
/// use sympe_train::config::TrainingConfig;
/// let optimizer = OptimizerConfig { clip_norm: -1.0, ..Default::default() };
/// let message = TrainingConfig::default().validate(&optimizer).unwrap_err();
/// assert_eq!(message, "optimizer.clip-norm is -1, expected a number that is not negative");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainingConfig {
    /// Seed of everything random.
    #[serde(with = "seed")]
    pub seed: u64,
    /// Passes over the training set.
    pub epochs: u64,
    /// Graphs per step.
    pub batch_size: usize,
    /// Steps between checkpoints; there is one after each epoch in any case.
    pub checkpoint_every: u64,
    /// Threads that prepare batches. Results do not depend on it.
    pub loader_threads: usize,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 10,
            batch_size: 8,
            checkpoint_every: 1000,
            loader_threads: 1,
        }
    }
}

impl TrainingConfig {
    /// See [`Config::validate`].
    ///
    /// # Errors
    ///
    /// A message that names key, value and what was expected.
    pub fn validate(&self, optimizer: &OptimizerConfig) -> Result<(), String> {
        at_least_one([
            ("training.epochs", self.epochs as usize),
            ("training.batch-size", self.batch_size),
            ("training.checkpoint-every", self.checkpoint_every as usize),
        ])?;
        positive("optimizer.learning-rate", optimizer.learning_rate)?;
        positive("optimizer.epsilon", optimizer.epsilon)?;
        for (key, value) in [
            ("weight-decay", optimizer.weight_decay),
            ("clip-norm", optimizer.clip_norm),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(format!(
                    "optimizer.{key} is {value}, expected a number that is not negative"
                ));
            }
        }
        for (key, beta) in [
            ("beta1", optimizer.beta1),
            ("beta2", optimizer.beta2),
            ("average", optimizer.average),
        ] {
            if !(0.0..1.0).contains(&beta) {
                return Err(format!(
                    "optimizer.{key} is {beta}, expected a number from 0 to below 1"
                ));
            }
        }
        Ok(())
    }
}

/// The layers above the defaults.
///
/// ```
/// use sympe_train::config::Layers;
/// use sympe_train::experiments::graph_autoencoder::GraphAutoencoderConfig;
///
/// let mut layers = Layers::default();
/// layers.set("training.epochs=3")?;
/// let config: GraphAutoencoderConfig = layers.resolve()?;
/// assert_eq!(config.training.epochs, 3);
///
/// layers.set("training.epoch=3")?;
/// let error = layers.resolve::<GraphAutoencoderConfig>().unwrap_err().to_string();
/// assert!(error.contains("unknown key 'training.epoch'") && error.contains("did you mean 'training.epochs'"));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layers {
    layers: Vec<(String, Table)>,
}

impl Layers {
    /// Adds a preset of `C`.
    ///
    /// # Errors
    ///
    /// When there is no such preset; the message lists them.
    pub fn preset<C: Config>(&mut self, name: &str) -> Result<(), TrainError> {
        let Some((_, _, text)) = C::presets().iter().find(|preset| preset.0 == name) else {
            let known: Vec<&str> = C::presets().iter().map(|preset| preset.0).collect();
            let message = format!("unknown preset, expected one of {}", known.join(", "));
            return Err(TrainError::config(format!("--preset {name}"), message));
        };
        let table = text
            .parse()
            .map_err(|e: toml::de::Error| TrainError::config(name, e.message()))?;
        self.layers.push((format!("preset {name}"), table));
        Ok(())
    }

    /// Adds a TOML file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is no TOML.
    pub fn file(&mut self, path: &Path) -> Result<(), TrainError> {
        let text = std::fs::read_to_string(path).map_err(TrainError::io(path))?;
        let origin = path.display().to_string();
        let table = parse(&origin, &text)?;
        self.layers.push((origin, table));
        Ok(())
    }

    /// Adds one `key=value`; keys are dotted, values TOML, and anything else a string.
    ///
    /// # Errors
    ///
    /// When there is no `=` or no key.
    pub fn set(&mut self, assignment: &str) -> Result<(), TrainError> {
        let origin = format!("--set {assignment}");
        let Some((key, text)) = assignment
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
        else {
            return Err(TrainError::config(origin, "expected key=value"));
        };
        let text = text.trim();
        let value = format!("value = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| Value::String(text.to_owned()));
        let mut parts = key.trim().rsplit('.');
        let mut table = Table::new();
        table.insert(parts.next().unwrap_or_default().to_owned(), value);
        for part in parts {
            table = Table::from_iter([(part.to_owned(), Value::Table(table))]);
        }
        self.layers.push((origin, table));
        Ok(())
    }

    /// The configuration.
    ///
    /// # Errors
    ///
    /// An unknown key, a value of the wrong type or out of range: the message names the layer, the key, the value and
    /// what was expected.
    pub fn resolve<C: Config>(&self) -> Result<C, TrainError> {
        let mut merged = to_table(&C::default());
        let known = keys(&merged, "");
        // What is wrong, and since which layer.
        let mut fault: Option<(String, &str)> = None;
        for (origin, layer) in &self.layers {
            refuse_unknown(origin, layer, &known)?;
            merge(&mut merged, layer);
            // After each layer, so that the error names the layer that is to blame.
            let config = Value::Table(merged.clone()).try_into::<C>();
            let config = config.map_err(|error| TrainError::config(origin, plain(&error)))?;
            fault = match (config.validate(), fault) {
                (Ok(()), _) => None,
                (Err(message), Some((known, since))) if known == message => Some((known, since)),
                (Err(message), _) => Some((message, origin)),
            };
        }
        let config: C = Value::Table(merged)
            .try_into()
            .map_err(|e| TrainError::config("configuration", plain(&e)))?;
        fault.map_or(Ok(config), |(message, origin)| {
            Err(TrainError::config(origin, message))
        })
    }
}

/// The configuration that a run keeps, from the text of its file.
///
/// Such a file has every key that there was when the run was made. Keys that have come since stand for what was the case
/// before, by `#[serde(default = …)]` on their field, and not for the defaults of now.
///
/// ```
/// use sympe_train::config::{Config, recorded, to_toml};
/// use sympe_train::experiments::graph_autoencoder::GraphAutoencoderConfig;
///
/// let now = to_toml(&GraphAutoencoderConfig::default());
/// let before: String = now.lines().filter(|line| !line.starts_with("bias-gain")).map(|line| format!("{line}\n")).collect();
/// assert_eq!(recorded::<GraphAutoencoderConfig>("now", &now)?.model.bias_gain, 10.0);
/// assert_eq!(recorded::<GraphAutoencoderConfig>("before", &before)?.model.bias_gain, 1.0);
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
///
/// # Errors
///
/// When it is no TOML, a key is unknown, or a value of the wrong type or out of range; they name `origin`.
pub fn recorded<C: Config>(origin: &str, text: &str) -> Result<C, TrainError> {
    let table = parse(origin, text)?;
    refuse_unknown(origin, &table, &keys(&to_table(&C::default()), ""))?;
    let config = Value::Table(table).try_into::<C>();
    let config = config.map_err(|error| TrainError::config(origin, plain(&error)))?;
    let fault = config.validate().err();
    fault.map_or(Ok(config), |message| Err(TrainError::config(origin, message)))
}

/// Refuses a layer with a key that is none of the known ones.
fn refuse_unknown(origin: &str, layer: &Table, known: &[String]) -> Result<(), TrainError> {
    for key in keys(layer, "") {
        if !known.contains(&key) && !known.iter().any(|known| known.starts_with(&format!("{key}."))) {
            let hint =
                closest(known, &key).map_or(String::new(), |closest| format!(" (did you mean '{closest}'?)"));
            return Err(TrainError::config(origin, format!("unknown key '{key}'{hint}")));
        }
    }
    Ok(())
}

/// A file of TOML.
fn parse(origin: &str, text: &str) -> Result<Table, TrainError> {
    text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        TrainError::config(format!("{origin} line {line}"), error.message())
    })
}

/// The known key that was probably meant: the same name in a section, or a slip of the pen.
fn closest<'a>(known: &'a [String], key: &str) -> Option<&'a String> {
    let in_section = known.iter().find(|known| known.ends_with(&format!(".{key}")));
    in_section.or_else(|| {
        let closest = known.iter().min_by_key(|known| strsim::levenshtein(known, key))?;
        (3 * strsim::levenshtein(closest, key) <= key.chars().count()).then_some(closest)
    })
}

/// A TOML error on one line.
fn plain(error: &toml::de::Error) -> String {
    error
        .to_string()
        .trim()
        .replace("\nin ", " in ")
        .replace('\n', " ")
}

fn to_table<C: Serialize>(config: &C) -> Table {
    Table::try_from(config).expect("configurations are tables of TOML types")
}

/// Dotted names of all leaves.
fn keys(table: &Table, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::Table(inner) => found.extend(keys(inner, &key)),
            _ => found.push(key),
        }
    }
    found
}

fn merge(into: &mut Table, from: &Table) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            // "scale = 3" for a float is not worth an error.
            (Some(old @ Value::Float(_)), Value::Integer(new)) => *old = Value::Float(*new as f64),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The configuration as TOML, for the run folder.
///
/// # Panics
///
/// Never: configurations are tables of TOML types.
#[must_use]
pub fn to_toml<C: Serialize>(config: &C) -> String {
    toml::to_string_pretty(config).expect("configurations are tables of TOML types")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::graph_autoencoder::GraphAutoencoderConfig;

    fn error(assignments: &[&str]) -> String {
        let mut layers = Layers::default();
        for assignment in assignments {
            layers.set(assignment).unwrap();
        }
        layers
            .resolve::<GraphAutoencoderConfig>()
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn errors_name_the_layer_the_key_and_what_was_expected() {
        insta::assert_snapshot!(
            error(&["training.epochs=many"]),
            @"--set training.epochs=many: invalid type: string \"many\", expected u64 in `training.epochs`"
        );
        insta::assert_snapshot!(
            error(&["breaking.kind=frames"]),
            @"--set breaking.kind=frames: unknown variant `frames`, expected one of `none`, `noise`, `uniform`, `laplacian`, `laplacian-parting`, `random-walk`, `rrwp`, `fixed`, `learned`, `sympe` in `breaking.kind`"
        );
        insta::assert_snapshot!(
            error(&["training.batch-size=0"]),
            @"--set training.batch-size=0: training.batch-size is 0, expected at least 1"
        );
        insta::assert_snapshot!(
            error(&["optimiser.learning-rate=1"]),
            @"--set optimiser.learning-rate=1: unknown key 'optimiser.learning-rate' (did you mean 'optimizer.learning-rate'?)"
        );
    }

    #[test]
    fn faults_are_blamed_on_the_layer_that_made_them() {
        insta::assert_snapshot!(
            error(&["training.epochs=0", "data.seed=3"]),
            @"--set training.epochs=0: training.epochs is 0, expected at least 1"
        );
        // The one reported comes from the second layer.
        insta::assert_snapshot!(
            error(&["model.hidden=0", "optimizer.clip-norm=-1", "data.seed=3"]),
            @"--set optimizer.clip-norm=-1: optimizer.clip-norm is -1, expected a number that is not negative"
        );
        insta::assert_snapshot!(
            error(&["optimizer.weight-decay=nan"]),
            @"--set optimizer.weight-decay=nan: optimizer.weight-decay is NaN, expected a number that is not negative"
        );
        insta::assert_snapshot!(
            error(&["optimizer.epsilon=0"]),
            @"--set optimizer.epsilon=0: optimizer.epsilon is 0, expected a positive number"
        );
        let mut mended = Layers::default();
        for assignment in ["training.epochs=0", "training.epochs=2"] {
            mended.set(assignment).unwrap();
        }
        assert!(mended.resolve::<GraphAutoencoderConfig>().is_ok());
    }

    #[test]
    fn hints_are_given_for_keys_that_are_near() {
        insta::assert_snapshot!(error(&["epochs=3"]), @"--set epochs=3: unknown key 'epochs' (did you mean 'training.epochs'?)");
        insta::assert_snapshot!(error(&["colour=red"]), @"--set colour=red: unknown key 'colour'");
    }

    #[test]
    fn every_seed_is_set_written_and_read_again() {
        for seed in [0, 7, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX - 1, u64::MAX] {
            let mut layers = Layers::default();
            layers.set(&format!("training.seed={seed}")).unwrap();
            layers.set(&format!("data.seed={seed}")).unwrap();
            let config: GraphAutoencoderConfig = layers.resolve().unwrap();
            assert_eq!((config.training.seed, config.data.seed), (seed, seed));
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("config.toml");
            std::fs::write(&file, to_toml(&config)).unwrap();
            let mut layers = Layers::default();
            layers.file(&file).unwrap();
            assert_eq!(layers.resolve::<GraphAutoencoderConfig>().unwrap(), config);
            assert_eq!(with_seed(&config, seed), config);
        }
        for wrong in [
            "18446744073709551616",
            "-1",
            "1.5",
            "\"+1\"",
            "\"\"",
            "many",
            "true",
        ] {
            let message = error(&[&format!("training.seed={wrong}")]);
            let expected = "expected an integer from 0 to 18446744073709551615 in `training.seed`";
            assert!(message.ends_with(expected), "{message}");
        }
    }

    #[test]
    fn every_preset_resolves_and_the_resolved_file_resolves_to_itself() {
        for (name, _, _) in GraphAutoencoderConfig::presets() {
            let mut layers = Layers::default();
            layers.preset::<GraphAutoencoderConfig>(name).unwrap();
            let config: GraphAutoencoderConfig = layers.resolve().unwrap();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("config.toml");
            std::fs::write(&file, to_toml(&config)).unwrap();
            let mut layers = Layers::default();
            layers.file(&file).unwrap();
            assert_eq!(layers.resolve::<GraphAutoencoderConfig>().unwrap(), config);
        }
    }
}
