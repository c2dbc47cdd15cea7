//! Adam and its kin, with state that can be saved: a resumed run continues bit for bit.

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, DType, Device, InplaceOp2, Layout, Result, Tensor, Var};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Mutex;

sympe_groups::named! {
    serde "optimizer algorithm"
    /// Which update rule.
    #[derive(Default)]
    pub enum Algorithm {
        /// Kingma & Ba 2015; weight decay joins the gradient.
        #[default]
        Adam = "adam",
        /// Loshchilov & Hutter 2019; weight decay is decoupled.
        AdamW = "adam-w",
        /// AdamW with the running maximum of second moments (Reddi, Kale & Kumar 2018).
        Amsgrad = "amsgrad",
    }
}

sympe_groups::named! {
    serde "schedule"
    /// How the learning rate changes.
    #[derive(Default)]
    pub enum Schedule {
        /// It stays.
        Constant = "constant",
        /// Half a cosine from the full rate to zero.
        #[default]
        Cosine = "cosine",
    }
}

/// The options of an [`Optimizer`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OptimizerConfig {
    /// The update rule.
    pub algorithm: Algorithm,
    /// Learning rate after warm-up.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Largest norm of the whole gradient; 0 means no limit.
    pub clip_norm: f64,
    /// How the rate changes.
    pub schedule: Schedule,
    /// Steps of linear warm-up.
    pub warmup: u64,
    /// Decay of a moving average of the weights, see [`Optimizer::averages`]; 0 means none.
    pub average: f64,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Adam,
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            clip_norm: 0.0,
            schedule: Schedule::Cosine,
            warmup: 0,
            average: 0.0,
        }
    }
}

impl OptimizerConfig {
    /// The learning rate of step `step` (from 0) of `total`.
    ///
    /// ```
    /// use sympe_nn::optim::OptimizerConfig;
    /// let config = OptimizerConfig { learning_rate: 1.0, ..Default::default() };
    /// assert_eq!(config.rate(0, 100), 1.0);
    /// assert!((config.rate(50, 100) - 0.5).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn rate(&self, step: u64, total: u64) -> f64 {
        let warmup = if step < self.warmup {
            (step + 1) as f64 / self.warmup as f64
        } else {
            1.0
        };
        let schedule = match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => {
                let progress = (step as f64 / total.max(1) as f64).min(1.0);
                0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
            }
        };
        self.learning_rate * warmup * schedule
    }
}

/// An optimizer over named parameters.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::optim::{Optimizer, OptimizerConfig};
/// use sympe_nn::params::{Init, ParamStore};
///
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let w = store.root().get("w", 1, Init::Constant(5.0))?;
/// let mut optimizer = Optimizer::new(store.vars(), OptimizerConfig { learning_rate: 0.1, ..Default::default() }, 200)?;
/// for _ in 0..200 {
///     let loss = (&w - 2.0)?.sqr()?.sum_all()?;
///     optimizer.step(&loss.backward()?)?;
/// }
/// assert!((w.to_vec1::<f32>()?[0] - 2.0).abs() < 0.05);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Optimizer {
    config: OptimizerConfig,
    slots: Vec<Slot>,
    step: u64,
    total: u64,
}

/// A parameter and what is kept of it between steps.
#[derive(Debug)]
struct Slot {
    name: String,
    var: Var,
    first: Tensor,
    second: Tensor,
    /// AMSGrad's maximum of second moments.
    largest: Option<Tensor>,
    /// The moving average of the weights.
    average: Option<Tensor>,
}

impl Optimizer {
    /// An optimizer that expects `total` steps (its schedule ends there).
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn new(vars: Vec<(String, Var)>, config: OptimizerConfig, total: u64) -> Result<Self> {
        let slots = vars.into_iter().map(|(name, var)| {
            let zeros = || var.zeros_like();
            let largest = if config.algorithm == Algorithm::Amsgrad {
                Some(zeros()?)
            } else {
                None
            };
            let average = (config.average > 0.0).then(|| var.as_detached_tensor().copy());
            Ok(Slot {
                name,
                first: zeros()?,
                second: zeros()?,
                largest,
                average: average.transpose()?,
                var,
            })
        });
        let mut slots = slots.collect::<Result<Vec<_>>>()?;
        // The order of sums over parameters must not depend on the caller.
        slots.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            config,
            slots,
            step: 0,
            total,
        })
    }

    /// Steps made.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The learning rate of the next step.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.config.rate(self.step, self.total)
    }

    /// Updates every parameter that has a gradient; returns the norm of the whole gradient before clipping.
    ///
    /// # Errors
    ///
    /// When the norm is not finite: parameters and state are unchanged then.
    pub fn step(&mut self, gradients: &GradStore) -> Result<f64> {
        let mut squares = 0.0;
        for slot in &self.slots {
            if let Some(gradient) = gradients.get(&slot.var) {
                squares += sum_of_squares(gradient)?;
            }
        }
        let norm = squares.sqrt();
        if !norm.is_finite() {
            candle_core::bail!(
                "the gradient of step {} has norm {norm}: lower the learning rate",
                self.step
            );
        }
        let clip = self.config.clip_norm;
        let scale = if clip > 0.0 && norm > clip {
            clip / norm
        } else {
            1.0
        };
        let update = Update {
            scale,
            rate: self.rate(),
            correction1: 1.0
                - self
                    .config
                    .beta1
                    .powi(i32::try_from(self.step + 1).unwrap_or(i32::MAX)),
            correction2: 1.0
                - self
                    .config
                    .beta2
                    .powi(i32::try_from(self.step + 1).unwrap_or(i32::MAX)),
            config: self.config,
        };
        // Shorter at first, or the initial weights would stay in it for long.
        let decay = self
            .config
            .average
            .min((self.step + 1) as f64 / (self.step + 10) as f64);
        for slot in &mut self.slots {
            if let Some(gradient) = gradients.get(&slot.var) {
                update.apply(slot, gradient)?;
            }
            if let Some(average) = &mut slot.average {
                let next = ((&*average * decay)? + (slot.var.as_tensor() * (1.0 - decay))?)?;
                // An average that remembers where it comes from keeps the weights of all steps in memory.
                *average = next.detach();
            }
        }
        self.step += 1;
        Ok(norm)
    }

    /// The moving averages of the weights by name, if the configuration asks for them: less noisy than the weights, and
    /// often better (Polyak & Juditsky 1992).
    ///
    /// ```
    /// use candle_core::{DType, Device};
    /// use sympe_nn::optim::{Optimizer, OptimizerConfig};
    /// use sympe_nn::params::{Init, ParamStore};
    ///
    /// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    /// let w = store.root().get("w", 1, Init::Constant(5.0))?;
    /// let config = OptimizerConfig { average: 0.9, ..Default::default() };
    /// let mut optimizer = Optimizer::new(store.vars(), config, 1)?;
    /// optimizer.step(&w.sqr()?.sum_all()?.backward()?)?;
    /// let average = optimizer.averages().unwrap()["w"].to_vec1::<f32>()?[0];
    /// assert!(w.to_vec1::<f32>()?[0] < average && average < 5.0);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    #[must_use]
    pub fn averages(&self) -> Option<HashMap<String, Tensor>> {
        self.slots
            .iter()
            .map(|slot| Some((slot.name.clone(), slot.average.clone()?)))
            .collect()
    }

    /// The state as named tensors, for a checkpoint; the step count is [`steps`](Self::steps).
    ///
    /// # Errors
    ///
    /// Candle's device errors.
    pub fn state(&self) -> Result<HashMap<String, Tensor>> {
        let mut state = HashMap::new();
        for slot in &self.slots {
            state.insert(format!("first.{}", slot.name), slot.first.copy()?);
            state.insert(format!("second.{}", slot.name), slot.second.copy()?);
            if let Some(largest) = &slot.largest {
                state.insert(format!("largest.{}", slot.name), largest.copy()?);
            }
            if let Some(average) = &slot.average {
                state.insert(format!("average.{}", slot.name), average.copy()?);
            }
        }
        Ok(state)
    }

    /// Restores what [`state`](Self::state) and [`steps`](Self::steps) gave.
    ///
    /// # Errors
    ///
    /// When a tensor is missing or has another shape.
    pub fn restore(&mut self, state: &HashMap<String, Tensor>, step: u64) -> Result<()> {
        let find = |kind: &str, slot: &Slot| match state.get(&format!("{kind}.{}", slot.name)) {
            Some(value) if value.dims() == slot.var.dims() => {
                // A copy of its own, because updates are in place.
                value
                    .to_dtype(slot.var.dtype())?
                    .to_device(slot.var.device())?
                    .copy()
            }
            Some(value) => candle_core::bail!(
                "optimizer state '{kind}.{}' is {:?}, expected {:?}",
                slot.name,
                value.dims(),
                slot.var.dims()
            ),
            None => candle_core::bail!("optimizer state '{kind}.{}' is missing", slot.name),
        };
        for slot in &mut self.slots {
            let (first, second) = (find("first", slot)?, find("second", slot)?);
            let optional = |kind: &str, there: bool| there.then(|| find(kind, slot)).transpose();
            let largest = optional("largest", slot.largest.is_some())?;
            let average = optional("average", slot.average.is_some())?;
            (slot.first, slot.second, slot.largest, slot.average) = (first, second, largest, average);
        }
        self.step = step;
        Ok(())
    }
}

fn sum_of_squares(gradient: &Tensor) -> Result<f64> {
    // Gradients of Candle operations can be strided; a sum in f64 keeps the order of additions fixed.
    let flat = gradient
        .flatten_all()?
        .to_dtype(DType::F64)?
        .to_device(&Device::Cpu)?;
    Ok(flat.to_vec1::<f64>()?.iter().map(|x| x * x).sum())
}

/// One step, the same for all parameters.
struct Update {
    scale: f64,
    rate: f64,
    correction1: f64,
    correction2: f64,
    config: OptimizerConfig,
}

impl Update {
    fn apply(&self, slot: &mut Slot, gradient: &Tensor) -> Result<()> {
        if slot.var.device().is_cpu() && slot.var.dtype() == DType::F32 {
            return self.apply_in_place(slot, gradient);
        }
        self.apply_with_tensors(slot, gradient)
    }

    fn apply_with_tensors(&self, slot: &mut Slot, gradient: &Tensor) -> Result<()> {
        let c = &self.config;
        // Candle's gradients of variables remember the tensors that they were computed from, and moments would with them.
        let mut g = (gradient.detach() * self.scale)?;
        let mut w = slot.var.as_tensor().detach();
        if c.algorithm == Algorithm::Adam {
            g = (g + (&w * c.weight_decay)?)?;
        } else {
            w = (w * (1.0 - self.rate * c.weight_decay))?;
        }
        slot.first = ((&slot.first * c.beta1)? + (&g * (1.0 - c.beta1))?)?;
        slot.second = ((&slot.second * c.beta2)? + (g.sqr()? * (1.0 - c.beta2))?)?;
        let second = match &mut slot.largest {
            Some(largest) => {
                *largest = largest.maximum(&slot.second)?;
                &*largest
            }
            None => &slot.second,
        };
        let denominator = ((second / self.correction2)?.sqrt()? + c.epsilon)?;
        let step = ((&slot.first * (self.rate / self.correction1))? / denominator)?;
        slot.var.set(&(w - step)?)
    }

    /// One pass over memory instead of a dozen temporaries.
    fn apply_in_place(&self, slot: &mut Slot, gradient: &Tensor) -> Result<()> {
        let moments = Moments {
            first: Mutex::new(slot.first.flatten_all()?.to_vec1()?),
            second: Mutex::new(slot.second.flatten_all()?.to_vec1()?),
            largest: slot
                .largest
                .as_ref()
                .map(|l| l.flatten_all()?.to_vec1().map(Mutex::new))
                .transpose()?,
            update: self,
        };
        slot.var
            .as_tensor()
            .inplace_op2(&gradient.contiguous()?, &moments)?;
        let tensor = |values: Mutex<Vec<f32>>| {
            let values = values
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            Tensor::from_vec(values, slot.var.shape(), &Device::Cpu)
        };
        slot.first = tensor(moments.first)?;
        slot.second = tensor(moments.second)?;
        slot.largest = moments.largest.map(tensor).transpose()?;
        Ok(())
    }
}

/// One parameter's moments while a step changes them. Candle lends an in-place operation a shared reference only: hence
/// the locks, which nobody else ever takes.
struct Moments<'a> {
    first: Mutex<Vec<f32>>,
    second: Mutex<Vec<f32>>,
    largest: Option<Mutex<Vec<f32>>>,
    update: &'a Update,
}

impl InplaceOp2 for Moments<'_> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(
        &self,
        w: &mut CpuStorage,
        w_layout: &Layout,
        g: &CpuStorage,
        g_layout: &Layout,
    ) -> Result<()> {
        let c = &self.update.config;
        let (Some((w_start, w_end)), Some((g_start, g_end))) =
            (w_layout.contiguous_offsets(), g_layout.contiguous_offsets())
        else {
            candle_core::bail!("adam: parameters and gradients must be contiguous");
        };
        let CpuStorage::F32(w) = w else {
            candle_core::bail!("adam: expected f32 parameters")
        };
        let (w, g) = (&mut w[w_start..w_end], &g.as_slice::<f32>()?[g_start..g_end]);
        let lock = |values: &'_ Mutex<Vec<f32>>| -> Vec<f32> {
            std::mem::take(&mut *values.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
        };
        let (mut first, mut second) = (lock(&self.first), lock(&self.second));
        let mut largest = self.largest.as_ref().map(&lock);
        let (beta1, beta2) = (c.beta1 as f32, c.beta2 as f32);
        let scale = self.update.scale as f32;
        let (coupled, decoupled) = match c.algorithm {
            Algorithm::Adam => (c.weight_decay as f32, 1.0),
            Algorithm::AdamW | Algorithm::Amsgrad => (0.0, (1.0 - self.update.rate * c.weight_decay) as f32),
        };
        let rate = (self.update.rate / self.update.correction1) as f32;
        let root = (1.0 / self.update.correction2) as f32;
        let epsilon = c.epsilon as f32;
        for i in 0..w.len() {
            let g = g[i] * scale + coupled * w[i];
            first[i] = beta1 * first[i] + (1.0 - beta1) * g;
            second[i] = beta2 * second[i] + (1.0 - beta2) * g * g;
            let v = match &mut largest {
                Some(largest) => {
                    largest[i] = largest[i].max(second[i]);
                    largest[i]
                }
                None => second[i],
            };
            w[i] = w[i] * decoupled - rate * first[i] / ((v * root).sqrt() + epsilon);
        }
        let put = |to: &Mutex<Vec<f32>>, values| {
            *to.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = values;
        };
        put(&self.first, first);
        put(&self.second, second);
        if let (Some(to), Some(values)) = (&self.largest, largest) {
            put(to, values);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Init, ParamStore};

    /// Runs ten steps on a fixed quadratic; returns the weights after each.
    fn run(config: OptimizerConfig, dtype: DType) -> Result<Vec<Vec<f64>>> {
        let store = ParamStore::new(5, dtype, &Device::Cpu);
        let w = store.root().get("w", 6, Init::Normal(1.0))?;
        let target = Tensor::arange(0f64, 6.0, &Device::Cpu)?.to_dtype(dtype)?;
        let mut optimizer = Optimizer::new(store.vars(), config, 10)?;
        let mut history = Vec::new();
        for _ in 0..10 {
            optimizer.step(&(&w - &target)?.sqr()?.sum_all()?.backward()?)?;
            history.push(w.to_dtype(DType::F64)?.to_vec1::<f64>()?);
        }
        Ok(history)
    }

    #[test]
    fn averages_follow_the_weights_and_come_back_with_the_state() -> Result<()> {
        let config = OptimizerConfig {
            average: 0.5,
            schedule: Schedule::Constant,
            ..Default::default()
        };
        let store = ParamStore::new(5, DType::F64, &Device::Cpu);
        let w = store.root().get("w", 6, Init::Normal(1.0))?;
        let mut optimizer = Optimizer::new(store.vars(), config, 20)?;
        let mut expected = w.to_vec1::<f64>()?;
        let step = |optimizer: &mut Optimizer| optimizer.step(&w.sqr()?.sum_all()?.backward()?);
        let average = |optimizer: &Optimizer| optimizer.averages().unwrap()["w"].to_vec1::<f64>();
        for count in 0..20 {
            step(&mut optimizer)?;
            let decay = 0.5f64.min((count + 1) as f64 / (count + 10) as f64);
            for (e, w) in expected.iter_mut().zip(w.to_vec1::<f64>()?) {
                *e = decay * *e + (1.0 - decay) * w;
            }
        }
        for (a, e) in average(&optimizer)?.iter().zip(&expected) {
            assert!((a - e).abs() < 1e-12);
        }
        // No state of the optimizer has a history, which would grow with each step.
        for slot in &optimizer.slots {
            let state = [
                Some(&slot.first),
                Some(&slot.second),
                slot.largest.as_ref(),
                slot.average.as_ref(),
            ];
            assert!(state.into_iter().flatten().all(|tensor| !tensor.track_op()));
        }
        let (state, weights) = (optimizer.state()?, store.snapshot()?);
        step(&mut optimizer)?;
        let after = average(&optimizer)?;
        store.restore(&weights)?;
        let mut again = Optimizer::new(store.vars(), config, 20)?;
        again.restore(&state, 20)?;
        step(&mut again)?;
        assert_eq!(average(&again)?, after);
        assert!(
            Optimizer::new(store.vars(), OptimizerConfig::default(), 1)?
                .averages()
                .is_none()
        );
        Ok(())
    }

    /// The published update rules, one scalar at a time.
    fn reference(config: OptimizerConfig) -> Result<Vec<Vec<f64>>> {
        let store = ParamStore::new(5, DType::F64, &Device::Cpu);
        let mut w = store.root().get("w", 6, Init::Normal(1.0))?.to_vec1::<f64>()?;
        let (mut m, mut v, mut largest) = (vec![0.0; 6], vec![0.0; 6], vec![0.0f64; 6]);
        let mut history = Vec::new();
        for step in 0..10u64 {
            let mut g: Vec<f64> = w.iter().enumerate().map(|(i, w)| 2.0 * (w - i as f64)).collect();
            let norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
            if config.clip_norm > 0.0 && norm > config.clip_norm {
                g.iter_mut().for_each(|g| *g *= config.clip_norm / norm);
            }
            let rate = config.rate(step, 10);
            for i in 0..6 {
                if config.algorithm == Algorithm::Adam {
                    g[i] += config.weight_decay * w[i];
                } else {
                    w[i] -= rate * config.weight_decay * w[i];
                }
                m[i] = config.beta1 * m[i] + (1.0 - config.beta1) * g[i];
                v[i] = config.beta2 * v[i] + (1.0 - config.beta2) * g[i] * g[i];
                largest[i] = largest[i].max(v[i]);
                let second = if config.algorithm == Algorithm::Amsgrad {
                    largest[i]
                } else {
                    v[i]
                };
                let m_hat = m[i] / (1.0 - config.beta1.powi(step as i32 + 1));
                let v_hat = second / (1.0 - config.beta2.powi(step as i32 + 1));
                w[i] -= rate * m_hat / (v_hat.sqrt() + config.epsilon);
            }
            history.push(w.clone());
        }
        Ok(history)
    }

    #[test]
    fn both_paths_follow_the_published_rules() -> Result<()> {
        for algorithm in [Algorithm::Adam, Algorithm::AdamW, Algorithm::Amsgrad] {
            let config = OptimizerConfig {
                algorithm,
                learning_rate: 0.3,
                weight_decay: 0.1,
                clip_norm: 3.0,
                warmup: 3,
                ..Default::default()
            };
            let expected = reference(config)?;
            for (dtype, tolerance) in [(DType::F64, 1e-12), (DType::F32, 1e-5)] {
                for (got, want) in run(config, dtype)?
                    .iter()
                    .flatten()
                    .zip(expected.iter().flatten())
                {
                    assert!(
                        (got - want).abs() < tolerance,
                        "{algorithm:?} {dtype:?}: {got} is not {want}"
                    );
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_restored_optimizer_continues_bit_for_bit() -> Result<()> {
        let config = OptimizerConfig {
            algorithm: Algorithm::Amsgrad,
            ..Default::default()
        };
        let setup = || -> Result<_> {
            let store = ParamStore::new(1, DType::F32, &Device::Cpu);
            let w = store.root().get("w", 4, Init::Normal(1.0))?;
            let optimizer = Optimizer::new(store.vars(), config, 20)?;
            Ok((store, w, optimizer))
        };
        let step = |w: &Tensor, optimizer: &mut Optimizer| -> Result<()> {
            optimizer
                .step(&w.sqr()?.sqr()?.sum_all()?.backward()?)
                .map(|_| ())
        };
        let (store, w, mut optimizer) = setup()?;
        for _ in 0..5 {
            step(&w, &mut optimizer)?;
        }
        let (weights, state) = (store.snapshot()?, optimizer.state()?);
        let (other_store, other_w, mut other) = setup()?;
        other_store.restore(&weights)?;
        other.restore(&state, optimizer.steps())?;
        for _ in 0..5 {
            step(&w, &mut optimizer)?;
            step(&other_w, &mut other)?;
        }
        assert_eq!(w.to_vec1::<f32>()?, other_w.to_vec1::<f32>()?);
        Ok(())
    }

    #[test]
    fn an_infinite_gradient_is_an_error_and_changes_nothing() -> Result<()> {
        let store = ParamStore::new(1, DType::F32, &Device::Cpu);
        let w = store.root().get("w", 1, Init::Constant(0.0))?;
        let mut optimizer = Optimizer::new(store.vars(), OptimizerConfig::default(), 1)?;
        let message = optimizer
            .step(&w.log()?.sum_all()?.backward()?)
            .unwrap_err()
            .to_string();
        assert!(message.contains("norm inf"), "{message}");
        assert_eq!(w.to_vec1::<f32>()?, [0.0]);
        Ok(())
    }
}
