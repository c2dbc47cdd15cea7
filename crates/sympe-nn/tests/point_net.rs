//! Networks on clouds of points keep the laws of E(3) and of permutations, at initialization and after training steps.

use candle_core::{DType, Device, Result, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_groups::{Orthogonal, OrthogonalGroup, Permutation, Subgroup};
use sympe_nn::check::{
    equivariance_error, gradient_error, max_difference, padding_error, uncovered_parameters,
};
use sympe_nn::encoding::{FrameEncoding, PositionalEncoding};
use sympe_nn::learned::{DrawModule, LearnedFrames};
use sympe_nn::models::{
    Adjoin, Backbone, CoordinateNet, CoordinateNetConfig, PointChannels, PointInput, PointNet,
    PointNetConfig, PointOutput, in_frames,
};
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::{ParamStore, normal};

const POINTS: usize = 6;
const FEATURES: usize = 2;
const NOISE: usize = 3;
/// Where the points of the inputs are: positions, features, mask, noise.
const AXES: [&[usize]; 4] = [&[1], &[1], &[1], &[1]];

fn channels(vectors: usize) -> PointChannels {
    PointChannels {
        features: FEATURES,
        vectors,
        vector_outputs: 2,
        scalar_outputs: 1,
    }
}

fn random(shape: &[usize], dtype: DType, rng: &mut ChaCha8Rng) -> Tensor {
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(rng)).collect();
    let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
    tensor.to_dtype(dtype).unwrap()
}

/// Two clouds, the second with two points fewer: positions, features, mask, noise.
fn inputs(dtype: DType) -> Result<[Tensor; 4]> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let real = |b: usize, i: usize| f64::from(u8::from(b == 0 || i + 2 < POINTS));
    let mask: Vec<f64> = (0..2 * POINTS).map(|k| real(k / POINTS, k % POINTS)).collect();
    let mask = Tensor::from_vec(mask, (2, POINTS), &Device::Cpu)?.to_dtype(dtype)?;
    let masked = |x: Tensor| {
        let shape = [2, POINTS, 1, 1];
        x.broadcast_mul(&mask.reshape(&shape[..x.rank()])?)
    };
    Ok([
        masked(random(&[2, POINTS, 3], dtype, &mut rng))?,
        masked(random(&[2, POINTS, FEATURES], dtype, &mut rng))?,
        mask.clone(),
        masked(random(&[2, POINTS, NOISE, 3], dtype, &mut rng))?,
    ])
}

fn input(x: &[Tensor]) -> Result<PointInput> {
    PointInput::new(x[0].clone(), x[1].clone(), x[2].clone())
}

fn matrix(g: &Orthogonal<3>, dtype: DType) -> Result<Tensor> {
    let rows: Vec<f64> = g.matrix().transpose().iter().copied().collect();
    Tensor::from_vec(rows, (3, 3), &Device::Cpu)?.to_dtype(dtype)
}

/// Vectors `[…, 3]` moved.
fn turned(x: &Tensor, g: &Tensor) -> Result<Tensor> {
    x.broadcast_matmul(&g.t()?.contiguous()?)
}

/// Elements of O(3), every other one improper.
fn elements(dtype: DType) -> Vec<Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let group = OrthogonalGroup::<3>::full();
    (0..8)
        .map(|_| matrix(&group.sample(&mut rng), dtype).unwrap())
        .collect()
}

fn both(output: &PointOutput) -> Result<Tensor> {
    Tensor::cat(&[output.vectors.flatten_from(2)?, output.scalars.clone()], 2)
}

/// `max |f(k·x, k·z) − k·f(x, z)|`, of vectors and scalars.
fn turning_error(f: impl Fn(&[Tensor]) -> Result<PointOutput>, x: &[Tensor; 4], dtype: DType) -> Result<f64> {
    let still = f(x)?;
    let mut worst = 0f64;
    for g in elements(dtype) {
        let away = Tensor::new(&[[[0.3f64, -1.0, 2.0]]], &Device::Cpu)?.to_dtype(dtype)?;
        let moved = [
            turned(&x[0], &g)?.broadcast_add(&away)?,
            x[1].clone(),
            x[2].clone(),
            turned(&x[3], &g)?,
        ];
        let moved = f(&moved)?;
        worst = worst.max(max_difference(&moved.vectors, &turned(&still.vectors, &g)?)?);
        worst = worst.max(max_difference(&moved.scalars, &still.scalars)?);
    }
    Ok(worst)
}

fn train(store: &ParamStore, loss: impl Fn() -> Result<Tensor>, steps: u64) -> Result<()> {
    let config = OptimizerConfig {
        learning_rate: 1e-2,
        ..Default::default()
    };
    let mut optimizer = Optimizer::new(store.vars(), config, steps)?;
    for _ in 0..steps {
        optimizer.step(&loss()?.backward()?)?;
    }
    Ok(())
}

fn loss_of(output: &PointOutput) -> Result<Tensor> {
    let target = (output.vectors.detach().ones_like()? * 0.3)?;
    (output.vectors.clone() - target)?.sqr()?.mean_all()? + output.scalars.sin()?.mean_all()?
}

/// What makes one tensor of inputs.
type Model<'a> = Box<dyn Fn(&[Tensor]) -> Result<Tensor> + 'a>;

/// Something of every model: with a learned encoding by frames, with noise, in learned frames.
struct Case {
    store: ParamStore,
    dtype: DType,
    encoding: FrameEncoding,
    equivariant: PointNet,
    unconstrained: CoordinateNet,
    draw: LearnedFrames,
}

impl Case {
    fn new(dtype: DType) -> Result<Self> {
        let store = ParamStore::new(3, dtype, &Device::Cpu);
        let root = store.root();
        let config = PointNetConfig {
            hidden: 8,
            vectors: 4,
            layers: 2,
            radial: 4,
            reach: 3.0,
        };
        let free = CoordinateNetConfig { hidden: 8, layers: 2 };
        Ok(Self {
            encoding: FrameEncoding::new(3, 1.0, &root.at("breaking"))?,
            equivariant: PointNet::new(config, channels(NOISE), &root.at("equivariant"))?,
            unconstrained: CoordinateNet::new(free, channels(0), &root.at("unconstrained"))?,
            draw: LearnedFrames::new(config, FEATURES, NOISE, &root.at("draw"))?,
            dtype,
            store,
        })
    }

    fn with_noise(&self, x: &[Tensor]) -> Result<PointOutput> {
        self.equivariant.forward_t(&input(x)?.adjoin(&x[3])?, true)
    }

    /// The frame as an input moves with the cloud.
    fn with_frames(&self, x: &[Tensor], frames: &Tensor) -> Result<PointOutput> {
        let encoding = self.encoding.encode(frames)?;
        self.equivariant.forward_t(&input(x)?.adjoin(&encoding)?, true)
    }

    fn in_learned_frames(&self, x: &[Tensor]) -> Result<PointOutput> {
        let cloud = input(x)?;
        let frames = self.draw.forward(&cloud, &x[3])?;
        let weights = Tensor::ones((2, 1), self.dtype, &Device::Cpu)?;
        in_frames(&self.unconstrained, &cloud, &frames.unsqueeze(1)?, &weights, true)
    }

    fn loss(&self, x: &[Tensor]) -> Result<Tensor> {
        let frames = Tensor::stack(&elements(self.dtype)[..2], 0)?;
        let losses = [
            loss_of(&self.with_noise(x)?)?,
            loss_of(&self.with_frames(x, &frames)?)?,
            loss_of(&self.in_learned_frames(x)?)?,
        ];
        Tensor::stack(&losses, 0)?.sum_all()
    }
}

#[test]
fn outputs_turn_with_clouds_and_draws_before_and_after_training() -> Result<()> {
    for (dtype, tolerance) in [(DType::F32, 1e-5), (DType::F64, 1e-10)] {
        let (case, x) = (Case::new(dtype)?, inputs(dtype)?);
        let draw = Tensor::stack(&elements(dtype)[..2], 0)?;
        for steps in [0, 20] {
            train(&case.store, || case.loss(&x), steps)?;
            let error = turning_error(|x| case.with_noise(x), &x, dtype)?;
            assert!(error < tolerance, "noise, {dtype:?}, {steps} steps: {error}");
            let error = turning_error(|x| case.in_learned_frames(x), &x, dtype)?;
            assert!(
                error < tolerance,
                "learned frames, {dtype:?}, {steps} steps: {error}"
            );
            // With a frame that moves as well, and without.
            let still = case.with_frames(&x, &draw)?.vectors;
            for g in elements(dtype) {
                let moved = [turned(&x[0], &g)?, x[1].clone(), x[2].clone()];
                let with = case.with_frames(&moved, &g.broadcast_matmul(&draw)?)?.vectors;
                let error = max_difference(&with, &turned(&still, &g)?)?;
                assert!(error < tolerance, "frames, {dtype:?}, {steps} steps: {error}");
                let without = case.with_frames(&moved, &draw)?.vectors;
                assert!(max_difference(&without, &turned(&still, &g)?)? > 1e-2);
            }
            // The check can fail.
            let fixed = |x: &[Tensor]| case.unconstrained.forward_t(&input(x)?, true);
            assert!(turning_error(fixed, &x, dtype)? > 1e-2);
        }
    }
    Ok(())
}

#[test]
fn outputs_move_with_the_order_of_points_and_do_not_depend_on_padding() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let orders: Vec<Permutation> = (0..6).map(|_| Permutation::random(POINTS, &mut rng)).collect();
    for (dtype, tolerance) in [(DType::F32, 1e-5), (DType::F64, 1e-10)] {
        let (case, x) = (Case::new(dtype)?, inputs(dtype)?);
        train(&case.store, || case.loss(&x), 5)?;
        let models: [(&str, Model<'_>); 3] = [
            ("equivariant", Box::new(|x| both(&case.with_noise(x)?))),
            (
                "unconstrained",
                Box::new(|x| both(&case.unconstrained.forward_t(&input(x)?, true)?)),
            ),
            ("learned frames", Box::new(|x| both(&case.in_learned_frames(x)?))),
        ];
        for (name, model) in models {
            let error = equivariance_error(&model, &x, &AXES, &[1], &orders)?;
            assert!(error < tolerance, "{name}, {dtype:?}: {error}");
            for fill in [[0.0; 4], [3.5, 0.0, 0.0, 0.0]] {
                let error = padding_error(&model, &x, &AXES, &[1], &fill, 2)?;
                assert!(error < tolerance, "{name}, {dtype:?}, padding {fill:?}: {error}");
            }
        }
    }
    Ok(())
}

#[test]
fn gradients_reach_every_parameter_and_agree_with_differences() -> Result<()> {
    let (case, x) = (Case::new(DType::F64)?, inputs(DType::F64)?);
    assert_eq!(
        uncovered_parameters(&case.store, &case.loss(&x)?)?,
        Vec::<String>::new()
    );
    let error = gradient_error(&case.store, || case.loss(&x), 3)?;
    assert!(error < 1e-5, "{error}");
    Ok(())
}

#[test]
fn learned_frames_are_orthogonal_and_keep_law_one_for_any_parameters() -> Result<()> {
    for dtype in [DType::F32, DType::F64] {
        let tolerance = if dtype == DType::F32 { 1e-4 } else { 1e-10 };
        let (case, x) = (Case::new(dtype)?, inputs(dtype)?);
        for factor in [1.0, 0.0, 2.0] {
            for (_, var) in case.store.vars() {
                var.set(&(var.as_tensor() * factor)?)?;
            }
            let frames = case.draw.forward(&input(&x)?, &x[3])?;
            let gram = frames.matmul(&frames.transpose(1, 2)?.contiguous()?)?;
            let identity = Tensor::eye(3, dtype, &Device::Cpu)?
                .broadcast_as((2, 3, 3))?
                .contiguous()?;
            let error = max_difference(&gram, &identity)?;
            assert!(error < tolerance, "{dtype:?}, parameters times {factor}: {error}");
            for g in elements(dtype) {
                let moved = [turned(&x[0], &g)?, x[1].clone(), x[2].clone()];
                let with = case.draw.forward(&input(&moved)?, &turned(&x[3], &g)?)?;
                let error = max_difference(&with, &g.broadcast_matmul(&frames)?)?;
                assert!(error < tolerance, "{dtype:?}, parameters times {factor}: {error}");
            }
            if factor == 0.0 {
                // All parameters are 0: from here on all are equal, and so are the three vectors, but for noise.
                for (_, var) in case.store.vars() {
                    var.set(&(var.ones_like()? * 0.05)?)?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_mean_over_frames_that_form_a_group_is_symmetric_and_padding_of_frames_counts_for_nothing() -> Result<()>
{
    let dtype = DType::F64;
    let (case, x) = (Case::new(dtype)?, inputs(dtype)?);
    let cloud = input(&x)?;
    let diagonal = |d: [f64; 3]| {
        let rows = [[d[0], 0.0, 0.0], [0.0, d[1], 0.0], [0.0, 0.0, d[2]]];
        Tensor::new(&rows, &Device::Cpu).unwrap()
    };
    let group = [diagonal([1.0; 3]), diagonal([-1.0; 3])];
    let frames = |list: &[&Tensor]| -> Result<Tensor> {
        let one = Tensor::stack(list, 0)?;
        Tensor::stack(&[&one, &one], 0)
    };
    let weights = |list: &[f64]| {
        Tensor::new(list, &Device::Cpu)?
            .broadcast_as((2, list.len()))?
            .contiguous()
    };
    let average = |frames: &Tensor, weights: &Tensor, cloud: &PointInput| {
        in_frames(&case.unconstrained, cloud, frames, weights, false)
    };
    let (both, halves) = (frames(&[&group[0], &group[1]])?, weights(&[0.5, 0.5])?);
    let mean = average(&both, &halves, &cloud)?;
    // The inversion takes the group of frames to itself, so the mean of the inverted cloud is the inverted mean.
    let inverted = PointInput::new(x[0].neg()?, x[1].clone(), x[2].clone())?;
    let moved = average(&both, &halves, &inverted)?;
    assert!(max_difference(&moved.vectors, &mean.vectors.neg()?)? < 1e-12);
    assert!(max_difference(&moved.scalars, &mean.scalars)? < 1e-12);
    let padded = average(
        &frames(&[&group[0], &group[1], &diagonal([1.0, -1.0, 1.0])])?,
        &weights(&[0.5, 0.5, 0.0])?,
        &cloud,
    )?;
    assert!(max_difference(&padded.vectors, &mean.vectors)? < 1e-12);
    let message = average(&both, &weights(&[1.0])?, &cloud).unwrap_err().to_string();
    assert!(
        message.starts_with("weights [2, 1] of frames [2, 2, 3, 3]"),
        "{message}"
    );
    Ok(())
}

#[test]
fn an_encoding_by_frames_is_injective_and_turns_with_the_frame() -> Result<()> {
    let store = ParamStore::new(5, DType::F64, &Device::Cpu);
    let encoding = FrameEncoding::new(4, 2.0, &store.root())?;
    let v = store.snapshot()?["frame"].clone();
    let first = v.narrow(0, 0, 3)?;
    let gram = first.matmul(&first.t()?)?;
    assert!(max_difference(&gram, &(Tensor::eye(3, DType::F64, &Device::Cpu)? * 4.0)?)? < 1e-12);
    let elements = elements(DType::F64);
    for (k, g) in elements.iter().zip(elements.iter().skip(1)) {
        let of = |g: &Tensor| encoding.encode(&g.unsqueeze(0)?);
        assert!(max_difference(&of(&k.matmul(g)?)?, &turned(&of(g)?, k)?)? < 1e-12);
        // g̃ can be read from g̃·v: vᵀ's inverse is v/4 on the first three.
        let read = of(g)?
            .get(0)?
            .narrow(0, 0, 3)?
            .t()?
            .matmul(&(first.clone() / 4.0)?)?;
        assert!(max_difference(&read, g)? < 1e-12);
    }
    let wrong = encoding.encode(&Tensor::zeros((1, 3), DType::F64, &Device::Cpu)?);
    assert!(wrong.is_err());
    Ok(())
}
