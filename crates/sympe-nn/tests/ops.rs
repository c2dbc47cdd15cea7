//! The fused operations equal their plain-tensor fallbacks, values and gradients, on any number of threads.

use candle_core::{DType, Device, Result, Tensor, Var};
use sympe_nn::check::max_difference;
use sympe_nn::ops::{
    self, ConvMethod, Coordinates, Dropout, EdgeAttention, FeedForward, Norm, PairMessage, fallback,
};

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
    /// One-hot classes, a class without any and a real number beside them: several attributes and their weights.
    attributes: (Tensor, Var),
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
    let several = |pair: usize| match pair % 3 {
        0 => [1.0, 0.0, 0.3],
        1 => [0.0, 1.0, (pair as f32).sin()],
        _ => [0.0; 3],
    };
    let attributes: Vec<f32> = (0..b * n * n).flat_map(several).collect();
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
        attributes: (
            Tensor::from_vec(attributes, (b, n, n, 3), &Device::Cpu)?,
            Var::from_tensor(&(values(&[3, H], 30)? * 0.5)?)?,
        ),
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
fn pair_messages_with_several_attributes() -> Result<()> {
    let inputs = inputs()?;
    let (attributes, w) = &inputs.attributes;
    for coordinates in [false, true] {
        let message = PairMessage {
            attribute: Some((attributes, w)),
            ..inputs.message(false, coordinates, 100.0)
        };
        let fused = || Ok(outputs(ops::pair_message(&message)?));
        let plain = || Ok(outputs(fallback::pair_message(&message)?));
        let used = [inputs.used(false, coordinates), vec![w]].concat();
        assert_equal(&used, fused, plain, 2e-5)?;
        // A single one may be written either way.
        let [flat, nested] = [inputs.attribute.clone(), inputs.attribute.unsqueeze(3)?];
        let row = inputs.weights[0].unsqueeze(0)?;
        let single = |attribute| {
            let message = PairMessage {
                attribute: Some(attribute),
                ..inputs.message(false, coordinates, 100.0)
            };
            ops::pair_message(&message)
        };
        let [a, b] = [single((&flat, &inputs.weights[0]))?, single((&nested, &row))?];
        assert_eq!(max_difference(&a.messages, &b.messages)?, 0.0);
    }
    let message = PairMessage {
        attribute: Some((&inputs.attribute, w)),
        ..inputs.message(false, true, 100.0)
    };
    let error = ops::pair_message(&message).unwrap_err().to_string();
    assert!(
        error.contains("attributes [5, 9, 9] of weights [3, 16]"),
        "{error}"
    );
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

/// 1 for the first `sizes[b]` of `n` nodes of graph `b`.
fn mask(sizes: &[usize], n: usize) -> Result<Tensor> {
    let real = |&size: &usize| (0..n).map(move |i| f32::from(u8::from(i < size)));
    let values: Vec<f32> = sizes.iter().flat_map(real).collect();
    Tensor::from_vec(values, (sizes.len(), n), &Device::Cpu)
}

/// The inputs of edge attention: more graphs than one task has, of which one needs several tiles and one is empty.
struct Attention {
    /// Edges, qkv, globals, film, output.
    inputs: Vec<Var>,
    mask: Tensor,
}

fn attention() -> Result<Attention> {
    let (sizes, n, f, d, o) = ([13usize, 4, 1, 7, 0, 13], 13, 5, 12, 3);
    let shapes: [&[usize]; 7] = [
        &[sizes.len(), n, n, f],
        &[sizes.len(), n, 3 * d],
        &[sizes.len(), 4 * d],
        &[2 * d, f],
        &[2 * d],
        &[o, d],
        &[o],
    ];
    let inputs = shapes.iter().enumerate().map(|(k, shape)| var(shape, 60 + k));
    Ok(Attention {
        inputs: inputs.collect::<Result<_>>()?,
        mask: mask(&sizes, n)?,
    })
}

impl Attention {
    fn input(&self) -> EdgeAttention<'_> {
        let [edges, qkv, globals, film, film_bias, output, output_bias] = &self.inputs[..] else {
            unreachable!("seven inputs")
        };
        EdgeAttention {
            edges,
            qkv,
            globals,
            film: (film, film_bias),
            output: (output, output_bias),
            mask: &self.mask,
            scale: 0.7,
        }
    }
}

fn both(output: ops::EdgeAttentionOutput) -> Vec<Tensor> {
    vec![output.edges, output.nodes]
}

#[test]
fn edge_attention_equals_its_fallback() -> Result<()> {
    let attention = attention()?;
    let fused = || Ok(both(ops::edge_attention(&attention.input())?));
    let plain = || Ok(both(fallback::edge_attention(&attention.input())?));
    let vars: Vec<&Var> = attention.inputs.iter().collect();
    assert_equal(&vars, fused, plain, 1e-5)
}

#[test]
fn edge_attention_is_its_formula() -> Result<()> {
    // Against sums over nodes, written out.
    let attention = attention()?;
    let input = attention.input();
    let [edges, qkv] = [input.edges, input.qkv].map(|x| x.get(0).unwrap());
    let (edges, qkv) = (edges.to_vec3::<f32>()?, qkv.to_vec2::<f32>()?);
    let globals = input.globals.get(0)?.to_vec1::<f32>()?;
    let (film, film_bias) = (input.film.0.to_vec2::<f32>()?, input.film.1.to_vec1::<f32>()?);
    let (output, output_bias) = (input.output.0.to_vec2::<f32>()?, input.output.1.to_vec1::<f32>()?);
    let (n, d) = (qkv.len(), film_bias.len() / 2);
    let affine = |w: &[f32], x: &[f32], b: f32| w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + b;
    let score = |i: usize, j: usize, c: usize| {
        let [mul, add] = [c, d + c].map(|row| affine(&film[row], &edges[i][j], film_bias[row]));
        0.7 * qkv[i][c] * qkv[j][d + c] * (1.0 + mul) + add
    };
    let result = ops::edge_attention(&input)?;
    let (new_edges, new_nodes) = (
        result.edges.get(0)?.to_vec3::<f32>()?,
        result.nodes.get(0)?.to_vec2::<f32>()?,
    );
    for i in 0..n {
        for c in 0..d {
            let weights: Vec<f32> = (0..n).map(|j| score(i, j, c).exp()).collect();
            let values = (0..n).map(|j| weights[j] * qkv[j][2 * d + c]).sum::<f32>();
            let mean = values / weights.iter().sum::<f32>();
            let expected = mean * (1.0 + globals[2 * d + c]) + globals[3 * d + c];
            assert!((new_nodes[i][c] - expected).abs() < 1e-4);
        }
        for j in 0..n {
            let mixed: Vec<f32> = (0..d)
                .map(|c| score(i, j, c) * (1.0 + globals[c]) + globals[d + c])
                .collect();
            for (row, w) in output.iter().enumerate() {
                let expected = affine(w, &mixed, output_bias[row]);
                assert!((new_edges[i][j][row] - expected).abs() < 1e-4);
            }
        }
    }
    Ok(())
}

#[test]
fn padding_of_edge_attention_is_never_read() -> Result<()> {
    let mut attention = attention()?;
    let reference = both(ops::edge_attention(&attention.input())?);
    // Graph 1 has four nodes.
    let mut qkv = attention.inputs[1].to_vec3::<f32>()?;
    qkv[1][4..]
        .iter_mut()
        .flatten()
        .for_each(|value| *value = f32::NAN);
    let rows: Vec<f32> = qkv.into_iter().flatten().flatten().collect();
    let shape = attention.inputs[1].shape().clone();
    attention.inputs[1] = Var::from_tensor(&Tensor::from_vec(rows, shape, &Device::Cpu)?)?;
    for (a, b) in both(ops::edge_attention(&attention.input())?)
        .iter()
        .zip(&reference)
    {
        assert_eq!(max_difference(a, b)?, 0.0);
    }
    Ok(())
}

/// A norm, and the two layers of a perceptron, of width 9 and hidden width 20.
fn block_parameters() -> Result<Vec<Var>> {
    let shapes: [&[usize]; 6] = [&[9], &[9], &[20, 9], &[20], &[9, 20], &[9]];
    shapes
        .iter()
        .enumerate()
        .map(|(k, shape)| var(shape, 70 + k))
        .collect()
}

#[test]
fn residual_blocks_equal_their_fallbacks() -> Result<()> {
    // More rows than one task has, and not a whole number of tiles; some do not count.
    let (x, delta) = (var(&[3, 431, 9], 1)?, var(&[3, 431, 9], 2)?);
    let rows = values(&[3, 431], 3)?.gt(-0.3)?.to_dtype(DType::F32)?;
    let p = block_parameters()?;
    let norm = Norm {
        gain: &p[0],
        bias: &p[1],
        epsilon: 1e-5,
    };
    for (rows, seed) in [(None, None), (Some(&rows), None), (Some(&rows), Some(5))] {
        let dropout = |place| seed.map(|seed| Dropout::new(0.3, seed, place).unwrap());
        let fused = || Ok(vec![ops::residual_norm(&x, &delta, &norm, rows, dropout(0))?]);
        let plain = || {
            Ok(vec![fallback::residual_norm(
                &x,
                &delta,
                &norm,
                rows,
                dropout(0),
            )?])
        };
        assert_equal(&[&x, &delta, &p[0], &p[1]], fused, plain, 2e-5)?;
        let block = FeedForward {
            first: (&p[2], &p[3]),
            second: (&p[4], &p[5]),
            norm,
            dropout: [dropout(1), dropout(2)],
        };
        let fused = || Ok(vec![ops::feed_forward(&x, &block, rows)?]);
        let plain = || Ok(vec![fallback::feed_forward(&x, &block, rows)?]);
        assert_equal(
            &[&x, &p[0], &p[1], &p[2], &p[3], &p[4], &p[5]],
            fused,
            plain,
            2e-5,
        )?;
    }
    Ok(())
}

#[test]
fn statistics_equal_their_fallback_also_where_rows_are_equal() -> Result<()> {
    // 20 rows of coarse values: extremes are attained more than once.
    let coarse = ((values(&[4, 20, 7], 1)? * 2.0)?.round()? * 0.5)?;
    let rows = mask(&[20, 11, 1, 0], 20)?;
    for x in [var(&[4, 20, 7], 1)?, Var::from_tensor(&coarse)?] {
        let fused = || Ok(vec![ops::pooled_statistics(&x, &rows, 1e-5)?]);
        let plain = || Ok(vec![fallback::pooled_statistics(&x, &rows, 1e-5)?]);
        assert_equal(&[&x], fused, plain, 1e-5)?;
    }
    Ok(())
}

#[test]
fn statistics_are_those_of_the_rows_that_count() -> Result<()> {
    let x = Tensor::new(&[[[1f32], [2.0], [6.0], [f32::NAN]]], &Device::Cpu)?;
    let rows = Tensor::new(&[[1f32, 1.0, 1.0, 0.0]], &Device::Cpu)?;
    let statistics = ops::pooled_statistics(&x, &rows, 0.0)?.get(0)?.to_vec1::<f32>()?;
    assert_eq!(statistics, [3.0, 1.0, 6.0, 7f32.sqrt()]);
    // Without ε, equal rows have no slope.
    let equal = Var::from_tensor(&Tensor::ones((1, 4, 1), DType::F32, &Device::Cpu)?)?;
    let gradients = ops::pooled_statistics(&equal, &rows, 0.0)?
        .sum_all()?
        .backward()?;
    let each = gradients.get(&equal).unwrap().flatten_all()?.to_vec1::<f32>()?;
    assert_eq!(each[3], 0.0);
    assert!(each[..3].iter().all(|g| (g - 1.0).abs() < 1e-6), "{each:?}");
    Ok(())
}

#[test]
fn symmetric_parts_and_categorical_cross_entropy() -> Result<()> {
    let x = var(&[3, 5, 5, 4], 1)?;
    let weight = values(&[3, 5, 5], 2)?.gt(0.0)?.to_dtype(DType::F32)?;
    let weight = (&weight + weight.transpose(1, 2)?)?;
    let fused = || Ok(vec![ops::symmetric_part(&x, &weight)?]);
    let plain = || Ok(vec![fallback::symmetric_part(&x, &weight)?]);
    assert_equal(&[&x], fused, plain, 1e-6)?;
    let targets: Vec<u32> = (0..75).map(|k| k * 7 % 4).collect();
    let targets = Tensor::from_vec(targets, (3, 5, 5), &Device::Cpu)?;
    let logits = Var::from_tensor(&(x.as_tensor() * 6.0)?)?;
    let fused = || Ok(vec![ops::cross_entropy_sum(&logits, &targets, &weight)?]);
    let plain = || Ok(vec![fallback::cross_entropy_sum(&logits, &targets, &weight)?]);
    assert_equal(&[&logits], fused, plain, 1e-5)?;
    // Extreme logits.
    let logits = Var::new(&[[1000f32, -1000.0], [1000.0, -1000.0]], &Device::Cpu)?;
    let targets = Tensor::new(&[0u32, 1], &Device::Cpu)?;
    let loss = ops::cross_entropy_sum(&logits, &targets, &Tensor::ones(2, DType::F32, &Device::Cpu)?)?;
    assert_eq!(loss.to_scalar::<f32>()?, 2000.0);
    let gradients = loss.backward()?;
    assert_eq!(
        gradients.get(&logits).unwrap().to_vec2::<f32>()?,
        [[0.0, 0.0], [1.0, -1.0]]
    );
    Ok(())
}

#[test]
fn operations_of_the_graph_transformer_do_not_depend_on_the_number_of_threads() -> Result<()> {
    let (attention, p) = (attention()?, block_parameters()?);
    let x = var(&[3, 431, 9], 1)?;
    let run = |threads: usize| -> Result<Vec<Vec<f32>>> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut output = both(ops::edge_attention(&attention.input())?);
            let norm = Norm {
                gain: &p[0],
                bias: &p[1],
                epsilon: 1e-5,
            };
            let block = FeedForward {
                first: (&p[2], &p[3]),
                second: (&p[4], &p[5]),
                norm,
                dropout: [None, Some(Dropout::new(0.3, 1, 2)?)],
            };
            output.push(ops::feed_forward(&x, &block, None)?);
            output.push(ops::residual_norm(&x, &output[2], &norm, None, None)?);
            let mut loss = Tensor::zeros((), DType::F32, &Device::Cpu)?;
            for output in &output {
                loss = (loss + output.sqr()?.sum_all()?)?;
            }
            let gradients = loss.backward()?;
            let used = attention.inputs.iter().chain(&p).chain([&x]);
            let all = output.iter().chain(used.map(|var| gradients.get(var).unwrap()));
            all.map(|tensor| tensor.flatten_all()?.to_vec1()).collect()
        })
    };
    assert_eq!(run(1)?, run(2)?);
    assert_eq!(run(1)?, run(3)?);
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_the_graph_transformer_are_errors() -> Result<()> {
    let attention = attention()?;
    let input = EdgeAttention {
        mask: &mask(&[2, 2], 13)?,
        ..attention.input()
    };
    let message = ops::edge_attention(&input).unwrap_err().to_string();
    assert!(message.contains("mask [2, 13]"), "{message}");
    let (x, p) = (values(&[3, 4, 9], 1)?, block_parameters()?);
    let norm = Norm {
        gain: &p[0],
        bias: &p[1],
        epsilon: 1e-5,
    };
    let rows = Tensor::ones((4, 3), DType::F32, &Device::Cpu)?;
    let message = ops::residual_norm(&x, &x, &norm, Some(&rows), None).unwrap_err();
    assert!(message.to_string().contains("[4, 3]"), "{message}");
    let wrong = FeedForward {
        first: (&p[4], &p[5]),
        second: (&p[4], &p[5]),
        norm,
        dropout: [None, None],
    };
    let message = ops::feed_forward(&x, &wrong, None).unwrap_err();
    assert!(message.to_string().contains("[9, 20]"), "{message}");
    assert!(ops::pooled_statistics(&x, &rows, 1e-5).is_err());
    assert!(ops::symmetric_part(&values(&[1, 2, 3, 1], 1)?, &rows).is_err());
    let targets = Tensor::new(&[[3u32; 4]; 3], &Device::Cpu)?;
    let weight = Tensor::ones((3, 4), DType::F32, &Device::Cpu)?;
    let message = ops::cross_entropy_sum(&x.narrow(2, 0, 3)?, &targets, &weight).unwrap_err();
    assert!(
        message.to_string().contains("target 3 is not one of 3 classes"),
        "{message}"
    );
    assert!(ops::cross_entropy_sum(&x, &weight, &weight).is_err());
    Ok(())
}
