//! The fused operations equal their plain-tensor fallbacks, values and gradients, on any number of threads.

use candle_core::{DType, Device, Result, Tensor, Var};
use sympe_nn::check::max_difference;
use sympe_nn::ops::{self, ConvMethod, Coordinates, PairMessage, fallback};

/// Deterministic values of unit size.
fn values(shape: &[usize], seed: usize) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let wave = |i: usize| ((i * i % 97) as f64 * 0.37 + (i + seed) as f64 * 1.3).sin() as f32;
    Tensor::from_vec((0..count).map(wave).collect::<Vec<_>>(), shape, &Device::Cpu)
}

fn var(shape: &[usize], seed: usize) -> Result<Var> {
    Var::from_tensor(&values(shape, seed)?)
}

/// Compares values and the gradients of all `vars`, for a scalar made of each output.
fn assert_equal(
    vars: &[&Var],
    fused: impl Fn() -> Result<Vec<Tensor>>,
    plain: impl Fn() -> Result<Vec<Tensor>>,
    tolerance: f64,
) -> Result<()> {
    let scalar = |outputs: &[Tensor]| -> Result<Tensor> {
        let mut total = Tensor::zeros((), DType::F32, &Device::Cpu)?;
        for (k, output) in outputs.iter().enumerate() {
            total = (total + (output * values(output.dims(), 50 + k)?)?.sum_all()?)?;
        }
        Ok(total)
    };
    let (a, b) = (fused()?, plain()?);
    for (a, b) in a.iter().zip(&b) {
        assert_eq!(a.dims(), b.dims());
        let size = b.abs()?.max_all()?.to_scalar::<f32>()?.max(1.0);
        let error = max_difference(a, b)? / f64::from(size);
        assert!(error < tolerance, "values differ by {error}");
    }
    let (da, db) = (scalar(&a)?.backward()?, scalar(&b)?.backward()?);
    for (index, var) in vars.iter().enumerate() {
        let (a, b) = (da.get(var).unwrap(), db.get(var).unwrap());
        let size = b.abs()?.max_all()?.to_scalar::<f32>()?.max(1.0);
        let error = max_difference(a, b)? / f64::from(size);
        assert!(error < tolerance, "gradients of input {index} differ by {error}");
    }
    Ok(())
}

#[test]
fn silu_and_linear() -> Result<()> {
    let x = var(&[3, 5, 7], 1)?;
    assert_equal(
        &[&x],
        || Ok(vec![ops::silu(&x)?]),
        || Ok(vec![fallback::silu(&x)?]),
        1e-5,
    )?;
    let (w, b) = (var(&[4, 7], 2)?, var(&[4], 3)?);
    let fused = || Ok(vec![ops::linear(&x, &w, Some(&b))?, ops::linear(&x, &w, None)?]);
    let plain = || {
        Ok(vec![
            fallback::linear(&x, &w, Some(&b))?,
            fallback::linear(&x, &w, None)?,
        ])
    };
    assert_equal(&[&x, &w, &b], fused, plain, 1e-5)
}

#[test]
fn relu_and_its_slope() -> Result<()> {
    let x = var(&[3, 5, 7], 1)?;
    let (fused, plain) = (|| Ok(vec![ops::relu(&x)?]), || Ok(vec![fallback::relu(&x)?]));
    assert_equal(&[&x], fused, plain, 1e-7)
}

#[test]
fn periodic_convolutions_of_all_sizes() -> Result<()> {
    for (shape, kernel, origin) in [
        ([5, 4], [3, 3], [1, 1]),
        ([2, 3], [4, 2], [1, 0]),
        ([1, 1], [3, 5], [2, 4]),
        ([6, 6], [1, 1], [0, 0]),
    ] {
        // More images than one chunk holds.
        let x = var(&[11, 3, shape[0], shape[1]], 1)?;
        let (f, b) = (var(&[4, 3, kernel[0], kernel[1]], 2)?, var(&[4], 3)?);
        let conv = |bias| ops::periodic_conv(&x, &f, bias, origin, ConvMethod::Exact);
        let fused = || Ok(vec![conv(Some(&b))?, conv(None)?]);
        let plain = |bias| fallback::periodic_conv(&x, &f, bias, origin);
        let plain = || Ok(vec![plain(Some(&b))?, plain(None)?]);
        assert_equal(&[&x, &f, &b], fused, plain, 1e-5)?;
    }
    Ok(())
}

#[test]
fn periodic_convolution_is_its_formula() -> Result<()> {
    let (x, f) = (values(&[1, 2, 3, 4], 1)?, values(&[1, 2, 2, 3], 2)?);
    let (xs, fs) = (x.get(0)?.to_vec3::<f32>()?, f.get(0)?.to_vec3::<f32>()?);
    let y = ops::periodic_conv(&x, &f, None, [1, 0], ConvMethod::Exact)?;
    let y = y.get(0)?.get(0)?.to_vec2::<f32>()?;
    for (i, j) in (0..3).flat_map(|i| (0..4).map(move |j| (i, j))) {
        let mut sum = 0.0;
        for (c, p, q) in (0..12).map(|k| (k / 6, k / 3 % 2, k % 3)) {
            sum += fs[c][p][q] * xs[c][(i + p + 3 - 1) % 3][(j + q) % 4];
        }
        assert!((y[i][j] - sum).abs() < 1e-5);
    }
    Ok(())
}

#[test]
fn winograd_agrees_with_the_plain_convolution() -> Result<()> {
    let x = var(&[11, 8, 8, 4], 1)?;
    let (f, b) = (var(&[16, 8, 3, 3], 2)?, var(&[16], 3)?);
    let fused = || {
        Ok(vec![ops::periodic_conv(
            &x,
            &f,
            Some(&b),
            [1, 1],
            ConvMethod::Fast,
        )?])
    };
    let plain = || Ok(vec![fallback::periodic_conv(&x, &f, Some(&b), [1, 1])?]);
    assert_equal(&[&x, &f, &b], fused, plain, 2e-5)?;
    // It is really another method: equality to the last bit would mean that it did not run.
    let exact = ops::periodic_conv(&x, &f, Some(&b), [1, 1], ConvMethod::Exact)?;
    assert!(max_difference(&fused()?[0], &exact)? > 0.0);
    Ok(())
}

#[test]
fn strided_inputs_are_made_contiguous() -> Result<()> {
    let (x, w) = (var(&[7, 6], 1)?, var(&[4, 7], 2)?);
    let fused = || Ok(vec![ops::silu(&ops::linear(&x.t()?, &w, None)?.t()?)?]);
    let plain = || {
        Ok(vec![fallback::silu(
            &fallback::linear(&x.t()?.contiguous()?, &w, None)?.t()?,
        )?])
    };
    assert_equal(&[&x, &w], fused, plain, 1e-5)
}

#[test]
fn cross_entropy_and_distances() -> Result<()> {
    let logits = Var::from_tensor(&(values(&[2, 4, 4], 1)? * 8.0)?)?;
    let targets = values(&[2, 4, 4], 2)?.gt(0.0)?.to_dtype(DType::F32)?;
    let weight = values(&[2, 4, 4], 3)?.gt(-0.5)?.to_dtype(DType::F32)?;
    let fused = || Ok(vec![ops::bce_with_logits_sum(&logits, &targets, &weight)?]);
    let plain = || Ok(vec![fallback::bce_with_logits_sum(&logits, &targets, &weight)?]);
    assert_equal(&[&logits], fused, plain, 1e-5)?;
    for shared in [1, 3] {
        let (z, w, b) = (var(&[2, 5, 3], 4)?, var(&[shared], 5)?, var(&[1], 6)?);
        let fused = || Ok(vec![ops::distance_logits(&z, &w, &b)?]);
        let plain = || Ok(vec![fallback::distance_logits(&z, &w, &b)?]);
        assert_equal(&[&z, &w, &b], fused, plain, 1e-5)?;
    }
    Ok(())
}

#[test]
fn cross_entropy_is_finite_at_extreme_logits() -> Result<()> {
    let logits = Var::new(&[1000f32, -1000.0, 1000.0, -1000.0], &Device::Cpu)?;
    let targets = Tensor::new(&[1f32, 0.0, 0.0, 1.0], &Device::Cpu)?;
    let loss = ops::bce_with_logits_sum(&logits, &targets, &targets.ones_like()?)?;
    assert_eq!(loss.to_scalar::<f32>()?, 2000.0);
    let gradients = loss.backward()?;
    let expected = Tensor::new(&[0f32, 0.0, 1.0, -1.0], &Device::Cpu)?;
    assert!(max_difference(gradients.get(&logits).unwrap(), &expected)? < 1e-30);
    Ok(())
}

/// The inputs of a pair message: a batch of five graphs of up to nine nodes, more than one chunk of tasks.
struct Inputs {
    projected: Var,
    x: Var,
    weights: Vec<Var>,
    pairs: Tensor,
    attribute: Tensor,
}

const H: usize = 16;

fn inputs() -> Result<Inputs> {
    let (b, n, k) = (5, 9, 3);
    let sizes = [9usize, 4, 1, 7, 0];
    let mut pairs = vec![0f32; b * n * n];
    for (graph, &size) in sizes.iter().enumerate() {
        for i in 0..size {
            for j in 0..size {
                // Weights other than 0 and 1 too.
                pairs[(graph * n + i) * n + j] = if i == j { 0.0 } else { 1.0 + (i % 2) as f32 };
            }
        }
    }
    let shapes: [&[usize]; 7] = [&[H], &[H], &[H, H], &[H], &[H, H], &[H], &[H]];
    let scaled = |(seed, shape): (usize, &&[usize])| -> Result<Var> {
        Var::from_tensor(&(values(shape, seed + 10)? * if shape.len() == 2 { 0.25 } else { 0.5 })?)
    };
    Ok(Inputs {
        projected: var(&[b, n, 2 * H], 1)?,
        x: var(&[b, n, k], 2)?,
        weights: shapes.iter().enumerate().map(scaled).collect::<Result<_>>()?,
        pairs: Tensor::from_vec(pairs, (b, n, n), &Device::Cpu)?,
        attribute: values(&[b, n, n], 4)?,
    })
}

impl Inputs {
    fn message(&self, attribute: bool, coordinates: bool, clamp: f64) -> PairMessage<'_> {
        let w = &self.weights;
        PairMessage {
            projected: &self.projected,
            pair_weight: &self.pairs,
            attribute: attribute.then_some((&self.attribute, w[0].as_tensor())),
            coordinates: coordinates.then_some(Coordinates {
                x: &self.x,
                w_distance: &w[1],
                w3: &w[4],
                b3: &w[5],
                w4: &w[6],
                clamp,
            }),
            w2: &w[2],
            b2: &w[3],
        }
    }

    /// The inputs that the message depends on.
    fn used(&self, attribute: bool, coordinates: bool) -> Vec<&Var> {
        let w = &self.weights;
        let mut used = vec![&self.projected, &w[2], &w[3]];
        used.extend(attribute.then_some(&w[0]));
        if coordinates {
            used.extend([&self.x, &w[1], &w[4], &w[5], &w[6]]);
        }
        used
    }
}

fn outputs(output: ops::PairMessageOutput) -> Vec<Tensor> {
    std::iter::once(output.messages)
        .chain(output.displacement)
        .collect()
}

#[test]
fn pair_messages_with_and_without_coordinates() -> Result<()> {
    let inputs = inputs()?;
    for (attribute, coordinates, clamp) in [
        (false, false, 0.0),
        (true, false, 0.0),
        (false, true, 100.0),
        (true, true, 100.0),
        (true, true, 0.4),
    ] {
        let message = inputs.message(attribute, coordinates, clamp);
        let fused = || Ok(outputs(ops::pair_message(&message)?));
        let plain = || Ok(outputs(fallback::pair_message(&message)?));
        assert_equal(&inputs.used(attribute, coordinates), fused, plain, 2e-5)?;
    }
    Ok(())
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() -> Result<()> {
    let inputs = inputs()?;
    let (image, filter) = (var(&[30, 8, 4, 4], 7)?, var(&[8, 8, 3, 3], 8)?);
    let run = |threads: usize| -> Result<Vec<Vec<f32>>> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut output = outputs(ops::pair_message(&inputs.message(true, true, 100.0))?);
            for method in [ConvMethod::Exact, ConvMethod::Fast] {
                output.push(ops::periodic_conv(&image, &filter, None, [1, 1], method)?);
            }
            let mut loss = Tensor::zeros((), DType::F32, &Device::Cpu)?;
            for output in &output {
                loss = (loss + output.sqr()?.sum_all()?)?;
            }
            let gradients = loss.backward()?;
            let mut used = inputs.used(true, true);
            used.extend([&image, &filter]);
            let all = output
                .iter()
                .chain(used.iter().map(|var| gradients.get(var).unwrap()));
            all.map(|tensor| tensor.flatten_all()?.to_vec1()).collect()
        })
    };
    assert_eq!(run(1)?, run(2)?);
    assert_eq!(run(1)?, run(3)?);
    Ok(())
}

#[test]
fn skipped_pairs_contribute_nothing() -> Result<()> {
    let inputs = inputs()?;
    let reference = outputs(ops::pair_message(&inputs.message(true, true, 100.0))?);
    // Poison every row of padding: graph 1 has four nodes.
    let mut poisoned = inputs.projected.to_vec3::<f32>()?;
    poisoned[1][4..]
        .iter_mut()
        .flatten()
        .for_each(|value| *value = f32::NAN);
    let rows: Vec<f32> = poisoned.into_iter().flatten().flatten().collect();
    let poisoned = Tensor::from_vec(rows, inputs.projected.shape(), &Device::Cpu)?;
    let message = PairMessage {
        projected: &poisoned,
        ..inputs.message(true, true, 100.0)
    };
    for (a, b) in outputs(ops::pair_message(&message)?).iter().zip(&reference) {
        assert_eq!(max_difference(a, b)?, 0.0);
    }
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_errors() -> Result<()> {
    let inputs = inputs()?;
    let wrong = Tensor::zeros((5, 9, 8), DType::F32, &Device::Cpu)?;
    let message = PairMessage {
        pair_weight: &wrong,
        ..inputs.message(true, true, 100.0)
    };
    assert!(
        ops::pair_message(&message)
            .unwrap_err()
            .to_string()
            .contains("[5, 9, 8]")
    );
    assert!(
        ops::linear(&wrong, &inputs.weights[2], None)
            .unwrap_err()
            .to_string()
            .contains("[16, 16]")
    );
    Ok(())
}
