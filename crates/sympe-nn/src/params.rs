//! Parameters: seeded by name, ordered by name, saved by name.

use candle_core::{DType, Device, Result, Tensor, Var};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// How a parameter starts.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::params::{Init, ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// assert_eq!(store.root().get("bias", 2, Init::Constant(0.5))?.to_vec1::<f32>()?, [0.5, 0.5]);
/// let weight = store.root().get("weight", (2, 4), Init::FanIn(4))?;
/// assert!(weight.abs()?.max_all()?.to_scalar::<f32>()? <= 0.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All entries equal.
    Constant(f64),
    /// Uniform on `±bound`.
    Uniform(f64),
    /// Uniform on `±1/√fan_in`: PyTorch's default for linear layers.
    FanIn(usize),
    /// Xavier (Glorot) uniform: `±gain·√(6/(fan_in + fan_out))`, for `[fan_out, fan_in]` matrices.
    Xavier(f64),
    /// Normal with this standard deviation.
    Normal(f64),
}

/// How many scalars the parameters of a model may have, 8 GiB of `f32`: what does not fit into memory ends the process instead of
/// being an error.
pub const MOST_SCALARS: usize = 1 << 31;

/// The parameters of a model.
///
/// An initial value depends on the run seed and the parameter's full name only: neither on the order of creation nor on
/// the device. Candle's own initialization cannot be seeded on the CPU.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::params::{Init, ParamStore};
///
/// let store = ParamStore::new(7, DType::F32, &Device::Cpu);
/// let w = store.root().at("encoder").get("weight", (4, 8), Init::FanIn(8))?;
/// assert_eq!(w.dims(), [4, 8]);
/// assert_eq!(store.names(), ["encoder.weight"]);
/// assert_eq!(store.count(), 32);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ParamStore {
    seed: u64,
    dtype: DType,
    device: Device,
    vars: RefCell<BTreeMap<String, Var>>,
}

/// A place in the tree of names, where a module creates its parameters.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::params::{Init, ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// for layer in 0..2 {
///     store.root().at("layers").at(layer).get("weight", 3, Init::Normal(1.0))?;
/// }
/// assert_eq!(store.names(), ["layers.0.weight", "layers.1.weight"]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Params<'a> {
    store: &'a ParamStore,
    prefix: String,
    frozen: bool,
}

impl ParamStore {
    /// An empty store.
    #[must_use]
    pub fn new(seed: u64, dtype: DType, device: &Device) -> Self {
        Self {
            seed,
            dtype,
            device: device.clone(),
            vars: RefCell::default(),
        }
    }

    /// The root of the tree of names.
    #[must_use]
    pub fn root(&self) -> Params<'_> {
        Params {
            store: self,
            prefix: String::new(),
            frozen: false,
        }
    }

    /// All parameters, by name.
    #[must_use]
    pub fn vars(&self) -> Vec<(String, Var)> {
        self.vars
            .borrow()
            .iter()
            .map(|(name, var)| (name.clone(), var.clone()))
            .collect()
    }

    /// All names, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.vars.borrow().keys().cloned().collect()
    }

    /// Number of scalars.
    #[must_use]
    pub fn count(&self) -> usize {
        self.vars.borrow().values().map(|var| var.elem_count()).sum()
    }

    /// Copies of all values, by name.
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn snapshot(&self) -> Result<HashMap<String, Tensor>> {
        self.vars
            .borrow()
            .iter()
            .map(|(name, var)| Ok((name.clone(), var.as_tensor().copy()?)))
            .collect()
    }

    /// Sets every parameter.
    ///
    /// # Errors
    ///
    /// When names, shapes or types differ; nothing is changed then.
    pub fn restore(&self, values: &HashMap<String, Tensor>) -> Result<()> {
        let vars = self.vars.borrow();
        for (name, var) in vars.iter() {
            match values.get(name) {
                None => candle_core::bail!("parameter '{name}' is missing"),
                Some(value) if value.dims() != var.dims() || value.dtype() != var.dtype() => {
                    candle_core::bail!(
                        "parameter '{name}' is {:?} {:?}, expected {:?} {:?}",
                        value.dtype(),
                        value.dims(),
                        var.dtype(),
                        var.dims()
                    )
                }
                Some(_) => {}
            }
        }
        if let Some(name) = values.keys().find(|name| !vars.contains_key(*name)) {
            candle_core::bail!("parameter '{name}' is not part of the model");
        }
        for (name, var) in vars.iter() {
            var.set(&values[name].to_device(&self.device)?)?;
        }
        Ok(())
    }

    /// Writes all parameters to a safetensors file.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        candle_core::safetensors::save(&self.snapshot()?, path).map_err(|error| error.with_path(path))
    }

    /// Reads all parameters from a safetensors file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or holds other parameters; see [`restore`](Self::restore).
    pub fn load(&self, path: &Path) -> Result<()> {
        let values =
            candle_core::safetensors::load(path, &self.device).map_err(|error| error.with_path(path))?;
        self.restore(&values).map_err(|error| error.with_path(path))
    }
}

impl Params<'_> {
    /// The place `name` below this one.
    #[must_use]
    pub fn at(&self, name: impl std::fmt::Display) -> Self {
        Self {
            prefix: self.path(&name.to_string()),
            ..self.clone()
        }
    }

    /// The same place, where nothing becomes a parameter: what is created here has the initial values that it would
    /// have as a parameter, and keeps them.
    ///
    /// ```
    /// use candle_core::{DType, Device};
    /// use sympe_nn::encoding::{TableConfig, TableEncoding};
    /// use sympe_nn::params::ParamStore;
    ///
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// TableEncoding::new(16, 8, TableConfig::default(), &store.root().frozen())?; // a fixed random object
    /// assert_eq!(store.count(), 0);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    #[must_use]
    pub fn frozen(&self) -> Self {
        Self {
            frozen: true,
            ..self.clone()
        }
    }

    fn path(&self, name: &str) -> String {
        if self.prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.prefix)
        }
    }

    /// Creates the parameter `name` here; its tensor shares memory with the store.
    ///
    /// # Errors
    ///
    /// When the name is taken, or the store would have more than [`MOST_SCALARS`].
    pub fn get(&self, name: &str, shape: impl Into<candle_core::Shape>, init: Init) -> Result<Tensor> {
        let (name, shape) = (self.path(name), shape.into());
        let sizes = shape.dims().iter();
        let count = sizes.fold(1usize, |count, &size| count.saturating_mul(size));
        if self.store.count().saturating_add(count) > MOST_SCALARS {
            candle_core::bail!(
                "parameter '{name}' of shape {shape:?} is too large, expected at most {MOST_SCALARS} scalars in all"
            );
        }
        let mut rng = rng_of(self.store.seed, &name);
        let bound = match init {
            Init::Uniform(bound) => bound,
            Init::FanIn(fan_in) => 1.0 / (fan_in as f64).sqrt(),
            Init::Xavier(gain) => {
                let (fan_out, fan_in) = shape.dims2()?;
                gain * (6.0 / (fan_in + fan_out) as f64).sqrt()
            }
            Init::Constant(_) | Init::Normal(_) => 0.0,
        };
        let values = (0..shape.elem_count()).map(|_| match init {
            Init::Constant(value) => value,
            Init::Normal(std) => std * normal(&mut rng),
            Init::Uniform(_) | Init::FanIn(_) | Init::Xavier(_) => bound * (2.0 * rng.random::<f64>() - 1.0),
        });
        self.insert(name, Tensor::from_vec(values.collect(), shape, &Device::Cpu)?)
    }

    /// Creates the parameter `name` here, with these values.
    ///
    /// # Errors
    ///
    /// When the name is taken.
    pub fn with_values(&self, name: &str, values: &Tensor) -> Result<Tensor> {
        self.insert(self.path(name), values.clone())
    }

    /// A random stream for the parameter `name`, for initial values that [`Init`] does not cover.
    #[must_use]
    pub fn rng(&self, name: &str) -> ChaCha8Rng {
        rng_of(self.store.seed, &self.path(name))
    }

    /// The device of the store.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.store.device
    }

    /// The type of the store's parameters.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.store.dtype
    }

    fn insert(&self, name: String, values: Tensor) -> Result<Tensor> {
        if self.store.vars.borrow().contains_key(&name) {
            candle_core::bail!("parameter '{name}' exists already");
        }
        let values = values.to_dtype(self.store.dtype)?.to_device(&self.store.device)?;
        if self.frozen {
            return Ok(values);
        }
        let var = Var::from_tensor(&values)?;
        let tensor = var.as_tensor().clone();
        self.store.vars.borrow_mut().insert(name, var);
        Ok(tensor)
    }
}

/// The stream of a parameter: ChaCha8 keyed by the run seed and the FNV-1a hash of the name.
fn rng_of(seed: u64, name: &str) -> ChaCha8Rng {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&hash.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// A standard normal number, by Box and Muller.
pub fn normal(rng: &mut dyn Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_depend_on_seed_and_name_only() -> Result<()> {
        let make = |seed, names: &[&str]| -> Result<_> {
            let store = ParamStore::new(seed, DType::F32, &Device::Cpu);
            for name in names {
                store.root().get(name, 5, Init::Normal(1.0))?;
            }
            store.snapshot()
        };
        let (one, other) = (make(1, &["a", "b"])?, make(1, &["b", "a"])?);
        for name in ["a", "b"] {
            assert_eq!(one[name].to_vec1::<f32>()?, other[name].to_vec1::<f32>()?);
        }
        assert_ne!(one["a"].to_vec1::<f32>()?, one["b"].to_vec1::<f32>()?);
        assert_ne!(
            one["a"].to_vec1::<f32>()?,
            make(2, &["a"])?["a"].to_vec1::<f32>()?
        );
        Ok(())
    }

    #[test]
    fn save_and_load_round_trip_and_errors_name_the_parameter() -> Result<()> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weights.safetensors");
        let store = ParamStore::new(1, DType::F32, &Device::Cpu);
        store.root().get("w", (2, 3), Init::FanIn(3))?;
        store.save(&file)?;
        let other = ParamStore::new(2, DType::F32, &Device::Cpu);
        let w = other.root().get("w", (2, 3), Init::Constant(0.0))?;
        other.load(&file)?;
        assert_eq!(w.to_vec2::<f32>()?, store.snapshot()?["w"].to_vec2::<f32>()?);
        let wrong = ParamStore::new(2, DType::F32, &Device::Cpu);
        wrong.root().get("w", (3, 3), Init::Constant(0.0))?;
        let message = wrong.load(&file).unwrap_err().to_string();
        assert!(
            message.contains("'w'") && message.contains("[2, 3]") && message.contains("[3, 3]"),
            "{message}"
        );
        Ok(())
    }

    #[test]
    fn what_cannot_be_in_memory_is_refused() {
        let store = ParamStore::new(0, DType::F32, &Device::Cpu);
        for shape in [(1 << 20, 1 << 20), (usize::MAX, 2)] {
            let error = store
                .root()
                .get("weight", shape, Init::Constant(0.0))
                .unwrap_err();
            assert!(
                error.to_string().contains("parameter 'weight' of shape"),
                "{error}"
            );
        }
        assert_eq!(store.count(), 0);
    }

    #[test]
    fn a_name_that_is_taken_leaves_the_first_parameter_alone() -> Result<()> {
        let store = ParamStore::new(1, DType::F32, &Device::Cpu);
        store.root().get("w", 2, Init::Constant(7.0))?;
        let message = store
            .root()
            .get("w", 1, Init::Constant(0.0))
            .unwrap_err()
            .to_string();
        assert!(message.contains("'w' exists already"), "{message}");
        assert_eq!(store.snapshot()?["w"].to_vec1::<f32>()?, [7.0; 2]);
        Ok(())
    }
}
