//! The network with its encoding, and its answers.

use super::config::IsingConfig;
use super::data::{IsingBatch, IsingEntry, IsingSamples, Magnet, Stack};
use crate::TrainError;
use crate::breakers::{Encoders, Seen};
use crate::task::{Samples, Splits, evaluation_batches};
use candle_core::{DType, Device, Tensor};
use std::sync::Arc;
use sympe_data::ising::Couplings;
use sympe_nn::models::{Adjoin, Backbone, LatticeInput, LatticeNet};

/// A network that answers couplings with spins.
///
/// The loss is the energy, per site and in units of [`Couplings::scale`], of [spins that stand for ±1](super::SpinRelaxation)
/// made of the network's output. Ground states do not depend on that unit, so the network never sees it. At evaluation the sign of
/// the output is taken.
///
/// ```
/// use sympe_data::ising::Couplings;
/// use sympe_nn::device::DeviceSpec;
/// use sympe_train::config::Layers;
/// use sympe_train::experiments::ising::{Ising, IsingConfig};
/// use sympe_train::harness::Trained;
///
/// let mut layers = Layers::default();
/// layers.preset::<IsingConfig>("smoke")?;
/// let run = Trained::<Ising>::new(layers.resolve()?, &DeviceSpec::Cpu.open()?)?;
/// let spins = run.task().spins(vec![Couplings::uniform([4, 4], 1.0, -1.0, 0.5)?], 0)?;
/// assert!(spins[0].iter().all(|spin| spin.abs() == 1));
/// # Ok::<(), sympe_train::TrainError>(())
/// ```
pub struct Ising {
    pub(super) config: IsingConfig,
    pub(super) splits: Arc<Splits<Magnet>>,
    pub(super) host: Stack,
    pub(super) encoders: Encoders,
    pub(super) net: LatticeNet,
    pub(super) device: Device,
}

/// Inputs per batch of an evaluation.
const EVALUATION_BATCH: usize = 64;

impl Ising {
    fn shape(&self) -> [usize; 2] {
        [self.config.data.side as usize; 2]
    }

    /// Couplings down and to the right, and the external field, each `[B, h, w]`.
    pub(super) fn couplings(&self, batch: &IsingBatch) -> Result<[Tensor; 3], TrainError> {
        let ([h, w], count) = (self.shape(), batch.len());
        let field = |values: &[f32]| Tensor::from_slice(values, (count, h, w), &self.device);
        Ok([field(&batch.down)?, field(&batch.right)?, field(&batch.field)?])
    }

    /// The network's input with its encoding, and the signs `[B, 1, 1]` of the draws.
    fn input(
        &self,
        batch: &IsingBatch,
        [down, right, external]: &[Tensor; 3],
    ) -> Result<(LatticeInput, Tensor), TrainError> {
        let ([h, w], count) = (self.shape(), batch.len());
        let seen = match self.encoders.draw_on_device() {
            true => Seen::Torus(LatticeInput::new(down, right, external)?),
            false => Seen::Nothing,
        };
        let ([encoding, _], drawn_signs) = self.encoders.encode_with_signs(&batch.drawn, &seen)?;
        let signs = match drawn_signs {
            Some(signs) => signs.reshape((count, 1, 1))?,
            None => Tensor::from_slice(&batch.signs, (count, 1, 1), &self.device)?,
        };
        let input = LatticeInput::new(down, right, &external.broadcast_mul(&signs)?)?;
        let dim = self.config.breaking.dim;
        // What breaks nothing gets constant channels, so that the network is of the same size.
        let constant = || Tensor::ones((count, dim, h, w), DType::F32, &self.device);
        let encoding = encoding.map_or_else(constant, Ok)?;
        let input = input.adjoin(&encoding)?;
        let noise = self.config.breaking.noise;
        if noise == 0 {
            return Ok((input, signs));
        }
        let noise = Tensor::from_slice(&batch.noise, (count, noise, h, w), &self.device)?;
        Ok((input.adjoin(&noise)?, signs))
    }

    /// The network's output `[B, h, w]`, the signs of the draws multiplied on.
    pub(super) fn output(&self, batch: &IsingBatch, couplings: &[Tensor; 3], train: bool) -> Result<Tensor, TrainError> {
        let (input, signs) = self.input(batch, couplings)?;
        Ok(self.net.forward_t(&input, train)?.broadcast_mul(&signs)?)
    }

    /// `−1` or `+1` per site of each input, in order; draw number `draw`.
    pub(super) fn answers(&self, entries: &[IsingEntry], draw: u64) -> Result<Vec<Vec<i8>>, TrainError> {
        // Augmentation is for training.
        let host = Stack {
            augment: false,
            ..self.host.clone()
        };
        let sign = |value: &f32| if *value < 0.0 { -1 } else { 1 };
        let mut answers = Vec::new();
        let seed = self.config.training.seed;
        for batch in evaluation_batches(&host, entries, EVALUATION_BATCH, seed, draw)? {
            let output = self.output(&batch, &self.couplings(&batch)?, false)?;
            let output = output.flatten_from(1)?.to_vec2::<f32>()?;
            answers.extend((output.iter()).map(|values| values.iter().map(sign).collect::<Vec<i8>>()));
        }
        Ok(answers)
    }

    /// Refuses couplings of another torus, and bonds that the network does not see.
    pub(super) fn fit(&self, couplings: &[Couplings]) -> Result<(), TrainError> {
        let side = self.config.data.side;
        for (index, one) in couplings.iter().enumerate() {
            if one.shape() != [side; 2] {
                let [rows, columns] = one.shape();
                let message = format!(
                    "couplings {} live on {rows} × {columns} sites, expected {side} × {side}",
                    index + 1
                );
                return Err(TrainError::config("the couplings do not fit the model", message));
            }
            if one.reaches_further() {
                let message = format!(
                    "couplings {} have bonds to others than nearest sites, which the network does not see",
                    index + 1
                );
                return Err(TrainError::config("the couplings do not fit the model", message));
            }
        }
        Ok(())
    }

    /// An answer for each input, `−1` or `+1` per site, row by row; draw number `draw`.
    ///
    /// # Errors
    ///
    /// When the torus is not the model's, or bonds lead to others than nearest sites.
    pub fn spins(&self, couplings: Vec<Couplings>, draw: u64) -> Result<Vec<Vec<i8>>, TrainError> {
        self.fit(&couplings)?;
        let samples: IsingSamples = Samples::of(couplings.into_iter().map(Magnet::new));
        self.answers(samples.entries()?, draw)
    }
}
