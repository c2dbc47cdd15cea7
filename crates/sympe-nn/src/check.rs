//! Checks that a reader can run on models of their own: equivariance, padding, gradients, Curie's principle.

use crate::layers::lattice::{FieldType, transform};
use crate::params::ParamStore;
use candle_core::{DType, Result, Tensor};
use sympe_groups::lattice::LatticeElement;
use sympe_groups::{Group, Permutation};

/// The largest absolute difference of two tensors of one shape.
///
/// # Errors
///
/// When the shapes differ.
pub fn max_difference(a: &Tensor, b: &Tensor) -> Result<f64> {
    if a.elem_count() == 0 {
        return Ok(0.0);
    }
    (a - b)?
        .abs()?
        .flatten_all()?
        .max(0)?
        .to_dtype(DType::F64)?
        .to_scalar()
}

/// Permutes dimension `dim` of a tensor, as the action on positions: `(g·x)[g(i)] = x[i]`.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::Permutation;
/// use sympe_nn::check::permute;
/// let x = Tensor::new(&[10f32, 20.0, 30.0], &Device::Cpu)?;
/// let g = Permutation::from_images(vec![1, 2, 0]).unwrap(); // 0 → 1 → 2 → 0
/// assert_eq!(permute(&x, &g, 0)?.to_vec1::<f32>()?, [30.0, 10.0, 20.0]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the dimension is not the degree of `g`.
pub fn permute(x: &Tensor, g: &Permutation, dim: usize) -> Result<Tensor> {
    if x.dim(dim)? != g.degree() {
        candle_core::bail!(
            "dimension {dim} of {:?} is not {}, the degree",
            x.dims(),
            g.degree()
        );
    }
    let index = Tensor::new(g.inverse().images(), x.device())?;
    x.contiguous()?.index_select(&index, dim)
}

/// `max |f(g·x) − g·f(x)|` over the permutations `elements`, for a function of a batch of inputs whose node axes are
/// `axes[k]` of input `k`, and whose output has node axes `out_axes`.
///
/// ```
/// use candle_core::{Device, Tensor, D};
/// use sympe_groups::Permutation;
/// use sympe_nn::check::equivariance_error;
/// let x = Tensor::new(&[[1f64, 2.0, 4.0]], &Device::Cpu)?;
/// let g = Permutation::parse("(0 1 2)", 3).unwrap();
/// let centre = |x: &[Tensor]| x[0].broadcast_sub(&x[0].mean_keepdim(D::Minus1)?);
/// assert!(equivariance_error(centre, &[x.clone()], &[&[1]], &[1], &[g.clone()])? < 1e-12);
/// let first_minus = |x: &[Tensor]| x[0].broadcast_sub(&x[0].narrow(1, 0, 1)?);
/// assert!(equivariance_error(first_minus, &[x], &[&[1]], &[1], &[g])? > 0.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of `f`, and shapes that do not fit.
pub fn equivariance_error(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    axes: &[&[usize]],
    out_axes: &[usize],
    elements: &[Permutation],
) -> Result<f64> {
    let apply = |x: &Tensor, g: &Permutation, axes: &[usize]| {
        axes.iter().try_fold(x.clone(), |x, &axis| permute(&x, g, axis))
    };
    let output = f(inputs)?;
    let mut worst = 0f64;
    for g in elements {
        let moved = inputs
            .iter()
            .zip(axes)
            .map(|(x, axes)| apply(x, g, axes))
            .collect::<Result<Vec<_>>>()?;
        worst = worst.max(max_difference(&f(&moved)?, &apply(&output, g, out_axes)?)?);
    }
    Ok(worst)
}

/// `max |f(g·x) − g·f(x)|` over the elements of a lattice group, for a function of fields of the types `types`, whose
/// output is a field of type `output`.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::FiniteSubgroup;
/// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
/// use sympe_nn::check::lattice_equivariance_error;
/// use sympe_nn::layers::lattice::{Fibre, FieldType};
/// let group = LatticeGroup::new(Wallpaper::P2, 1, 3).unwrap();
/// let elements: Vec<_> = group.elements().collect();
/// let (x, scalar) = (Tensor::new(&[[[[1f64, 2.0, 4.0]]]], &Device::Cpu)?, FieldType::on_sites(Wallpaper::P2, Fibre::Scalar));
/// let neighbours = |x: &[Tensor]| x[0].roll(1, 3)? + x[0].roll(-1, 3)?;
/// assert_eq!(lattice_equivariance_error(neighbours, &[x.clone()], &[scalar], scalar, &elements)?, 0.0);
/// let left = |x: &[Tensor]| x[0].roll(1, 3); // a half turn makes it the right one
/// assert!(lattice_equivariance_error(left, &[x], &[scalar], scalar, &elements)? > 0.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of `f`, and shapes that do not fit.
pub fn lattice_equivariance_error(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    types: &[FieldType],
    output: FieldType,
    elements: &[LatticeElement],
) -> Result<f64> {
    let result = f(inputs)?;
    let mut worst = 0f64;
    for g in elements {
        let moved = inputs
            .iter()
            .zip(types)
            .map(|(x, &of)| transform(x, g, of))
            .collect::<Result<Vec<_>>>()?;
        worst = worst.max(max_difference(&f(&moved)?, &transform(&result, g, output)?)?);
    }
    Ok(worst)
}

/// The largest change of an output at real nodes when a batch is padded with `more` further nodes, and what the padding
/// holds is changed: zero for a model whose results do not depend on who else is in the batch.
///
/// `inputs`, `axes` and `out_axes` are as in [`equivariance_error`]. In the padded part, input `k` holds `fill[k]`: a
/// mask must be filled with zeros, and what the mask hides may be anything.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::check::padding_error;
/// let (x, mask) = (Tensor::new(&[[1f64, 3.0]], &Device::Cpu)?, Tensor::new(&[[1f64, 1.0]], &Device::Cpu)?);
/// let inputs = [x, mask];
/// let masked_mean = |x: &[Tensor]| {
///     let sum = (&x[0] * &x[1])?.sum_keepdim(1)?;
///     x[0].broadcast_sub(&sum.broadcast_div(&x[1].sum_keepdim(1)?)?)
/// };
/// assert_eq!(padding_error(masked_mean, &inputs, &[&[1], &[1]], &[1], &[7.0, 0.0], 2)?, 0.0);
/// let mean = |x: &[Tensor]| x[0].broadcast_sub(&x[0].mean_keepdim(1)?);
/// assert!(padding_error(mean, &inputs, &[&[1], &[1]], &[1], &[7.0, 0.0], 2)? > 0.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of `f`, and shapes that do not fit.
pub fn padding_error(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    axes: &[&[usize]],
    out_axes: &[usize],
    fill: &[f64],
    more: usize,
) -> Result<f64> {
    let pad = |x: &Tensor, axis: usize, value: f64| {
        let mut shape = x.dims().to_vec();
        shape[axis] = more;
        let padding = Tensor::full(value, shape, x.device())?.to_dtype(x.dtype())?;
        Tensor::cat(&[x, &padding], axis)
    };
    let padded = inputs
        .iter()
        .zip(axes.iter().zip(fill))
        .map(|(x, (axes, &value))| axes.iter().try_fold(x.clone(), |x, &axis| pad(&x, axis, value)))
        .collect::<Result<Vec<_>>>()?;
    let output = f(inputs)?;
    let narrowed = out_axes
        .iter()
        .try_fold(f(&padded)?, |y, &axis| y.narrow(axis, 0, output.dim(axis)?))?;
    max_difference(&output, &narrowed)
}

/// The largest difference of node embeddings `z` `[N, K]` within the given orbits. Curie's principle: zero to rounding
/// for an equivariant network that breaks nothing.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_nn::check::orbit_spread;
/// let z = Tensor::new(&[[1f32], [1.0], [3.0], [3.5]], &Device::Cpu)?;
/// assert_eq!(orbit_spread(&z, &[vec![0, 1], vec![2]])?, 0.0);
/// assert_eq!(orbit_spread(&z, &[vec![0, 1], vec![2, 3]])?, 0.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When an orbit names a row that does not exist.
pub fn orbit_spread(z: &Tensor, orbits: &[Vec<u32>]) -> Result<f64> {
    let mut worst = 0f64;
    for orbit in orbits {
        let rows = z.index_select(&Tensor::new(orbit.as_slice(), z.device())?, 0)?;
        let spread = (rows.max(0)? - rows.min(0)?)?;
        worst = worst.max(spread.max(0)?.to_dtype(DType::F64)?.to_scalar()?);
    }
    Ok(worst)
}

/// Names of the parameters that receive no gradient, or only zeros, or something that is not finite.
///
/// Candle has operations that cut the graph without an error; this finds them.
///
/// # Errors
///
/// When `loss` is not a scalar that can be differentiated.
pub fn uncovered_parameters(store: &ParamStore, loss: &Tensor) -> Result<Vec<String>> {
    let gradients = loss.backward()?;
    let mut uncovered = Vec::new();
    for (name, var) in store.vars() {
        let size = match gradients.get(&var) {
            Some(gradient) => gradient
                .abs()?
                .sum_all()?
                .to_dtype(DType::F64)?
                .to_scalar::<f64>()?,
            None => 0.0,
        };
        if size == 0.0 || !size.is_finite() {
            uncovered.push(name);
        }
    }
    Ok(uncovered)
}

/// The largest relative error of the gradients of `loss` against central differences, at up to `entries` entries of each
/// parameter. Use it in `f64`.
///
/// # Errors
///
/// When a parameter gets no gradient.
pub fn gradient_error(store: &ParamStore, loss: impl Fn() -> Result<Tensor>, entries: usize) -> Result<f64> {
    let step = 1e-5;
    let gradients = loss()?.backward()?;
    let mut worst = 0f64;
    for (name, var) in store.vars() {
        let Some(gradient) = gradients.get(&var) else {
            candle_core::bail!("parameter '{name}' has no gradient")
        };
        let gradient = gradient.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        let values = var.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        let stride = values.len().div_ceil(entries).max(1);
        for i in (0..values.len()).step_by(stride) {
            let at = |value: f64| -> Result<f64> {
                let mut moved = values.clone();
                moved[i] = value;
                var.set(&Tensor::from_vec(moved, var.shape(), var.device())?.to_dtype(var.dtype())?)?;
                loss()?.to_dtype(DType::F64)?.to_scalar()
            };
            let numeric = (at(values[i] + step)? - at(values[i] - step)?) / (2.0 * step);
            at(values[i])?;
            let size = numeric.abs().max(gradient[i].abs()).max(1e-3);
            worst = worst.max((numeric - gradient[i]).abs() / size);
        }
    }
    Ok(worst)
}
