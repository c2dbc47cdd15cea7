//! Checks that a reader can run on models of their own: equivariance, padding, gradients, Curie's principle.

use crate::layers::lattice::{FieldType, transform};
use crate::params::ParamStore;
use candle_core::{DType, Result, Tensor};
use sympe_groups::lattice::LatticeElement;
use sympe_groups::{Group, Permutation};

/// The largest absolute difference of two tensors of one shape.
///
/// ```
/// use candle_core::{Device, Tensor};
/// let [a, b] = [[1f32, 2.0], [1.0, 5.0]].map(|x| Tensor::new(&x, &Device::Cpu).unwrap());
/// assert_eq!(sympe_nn::check::max_difference(&a, &b)?, 3.0);
/// # Ok::<(), candle_core::Error>(())
/// ```
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
    let output = f(inputs)?;
    let mut worst = 0f64;
    for g in elements {
        let moved = f(&act_on_all(inputs, g, axes)?)?;
        worst = worst.max(max_difference(&moved, &act(&output, g, out_axes)?)?);
    }
    Ok(worst)
}

/// Permutes every node axis of a tensor.
fn act(x: &Tensor, g: &Permutation, axes: &[usize]) -> Result<Tensor> {
    axes.iter().try_fold(x.clone(), |x, &axis| permute(&x, g, axis))
}

fn act_on_all(inputs: &[Tensor], g: &Permutation, axes: &[&[usize]]) -> Result<Vec<Tensor>> {
    inputs.iter().zip(axes).map(|(x, axes)| act(x, g, axes)).collect()
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

/// What joint symmetrization does to the risk of a predictor under squared loss, exactly.
///
/// `Q q(x, g̃) = 1/|G| Σ_h h⁻¹·q(h·x, h·g̃)` is the orthogonal projection of `q` onto the jointly equivariant
/// predictors. So for a law of `(x, g̃, y)` that `G` leaves invariant
///
/// ```text
/// E‖q − y‖² − E‖Q q − y‖² = E‖q − Q q‖²
/// ```
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::{PermGroup, Permutation};
/// use sympe_nn::check::{symmetrization, permute};
/// let group: Vec<Permutation> = PermGroup::symmetric(2).elements().collect();
/// // The orbit of one input, as all of the law; the target doubles it, the predictor looks at one entry.
/// let law: Vec<_> = group
///     .iter()
///     .map(|h| {
///         let x = permute(&Tensor::new(&[1f64, 3.0], &Device::Cpu)?, h, 0)?;
///         Ok((vec![x.clone()], (x * 2.0)?))
///     })
///     .collect::<candle_core::Result<_>>()?;
/// let risks = symmetrization(|x| x[0].get(0)?.broadcast_as(2), &law, &[&[0]], &[0], &group)?;
/// assert_eq!((risks.plain, risks.symmetrized, risks.distance), (18.0, 16.0, 2.0));
/// assert!(risks.identity_error() < 1e-12);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymmetrizationRisks {
    /// `E‖q − y‖²`.
    pub plain: f64,
    /// `E‖Q q − y‖²`.
    pub symmetrized: f64,
    /// `E‖q − Q q‖²`.
    pub distance: f64,
}

impl SymmetrizationRisks {
    /// `|plain − symmetrized − distance|`: zero to rounding when the law is invariant.
    #[must_use]
    pub fn identity_error(&self) -> f64 {
        (self.plain - self.symmetrized - self.distance).abs()
    }
}

/// The three terms of [`SymmetrizationRisks`], as finite sums in `f64`.
///
/// `law` lists the inputs (`x` and the encoding `g̃·v` or `g̃` itself) and the target of equally likely cases; it must
/// be invariant: with a case, all `h·` of it. `group` lists every element once. Node axes are as in
/// [`equivariance_error`], those of the target are `out_axes`.
///
/// # Errors
///
/// Those of `q`; shapes that do not fit; an empty `law` or `group`.
///
/// # References
///
/// B. Elesedy, S. Zaidi, "Provably strict generalisation benefit for equivariant models", ICML 2021.
pub fn symmetrization(
    q: impl Fn(&[Tensor]) -> Result<Tensor>,
    law: &[(Vec<Tensor>, Tensor)],
    axes: &[&[usize]],
    out_axes: &[usize],
    group: &[Permutation],
) -> Result<SymmetrizationRisks> {
    if law.is_empty() || group.is_empty() {
        candle_core::bail!(
            "{} cases and {} group elements: expected at least one of each",
            law.len(),
            group.len()
        );
    }
    let squares = |a: &Tensor, b: &Tensor| -> Result<f64> {
        (a.to_dtype(DType::F64)? - b.to_dtype(DType::F64)?)?
            .sqr()?
            .sum_all()?
            .to_scalar()
    };
    let mut risks = SymmetrizationRisks {
        plain: 0.0,
        symmetrized: 0.0,
        distance: 0.0,
    };
    for (inputs, target) in law {
        let plain = q(inputs)?.to_dtype(DType::F64)?;
        let mut sum = plain.zeros_like()?;
        for h in group {
            let value = q(&act_on_all(inputs, h, axes)?)?.to_dtype(DType::F64)?;
            sum = (sum + act(&value, &h.inverse(), out_axes)?)?;
        }
        let symmetrized = (sum / group.len() as f64)?;
        risks.plain += squares(&plain, target)? / law.len() as f64;
        risks.symmetrized += squares(&symmetrized, target)? / law.len() as f64;
        risks.distance += squares(&plain, &symmetrized)? / law.len() as f64;
    }
    Ok(risks)
}

/// Names of the parameters that receive no gradient, or only zeros, or something that is not finite.
///
/// Candle has operations that cut the graph without an error; this finds them.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::check::uncovered_parameters;
/// use sympe_nn::params::{Init, ParamStore};
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let used = store.root().get("used", 2, Init::Constant(1.0))?;
/// let cut = store.root().get("cut", 2, Init::Constant(1.0))?.detach();
/// assert_eq!(uncovered_parameters(&store, &(used * cut)?.sum_all()?)?, ["cut"]);
/// # Ok::<(), candle_core::Error>(())
/// ```
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

/// The largest relative error of the gradients of `loss` against central differences, at up to `entries` entries of
/// each parameter. Use it in `f64`.
///
/// ```
/// use candle_core::{DType, Device};
/// use sympe_nn::check::gradient_error;
/// use sympe_nn::params::{Init, ParamStore};
/// let store = ParamStore::new(0, DType::F64, &Device::Cpu);
/// let w = store.root().get("w", 3, Init::Normal(1.0))?;
/// assert!(gradient_error(&store, || w.sqr()?.sum_all(), 3)? < 1e-6);
/// # Ok::<(), candle_core::Error>(())
/// ```
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::normal;
    use candle_core::Device;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use sympe_groups::PermGroup;

    /// Features `[n]`, an encoding `[n, 2]` of `g̃`, an adjacency `[n, n]` and a target `[n]`, all of `S_n` applied:
    /// random values and a random predictor with no symmetry at all.
    fn risks(n: usize, elements: &[Permutation], law_of: &[Permutation]) -> Result<SymmetrizationRisks> {
        let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
        let mut random = |shape: &[usize]| {
            let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
            Tensor::from_vec(values, shape, &Device::Cpu)
        };
        let weight = random(&[n, n + 2 * n + n * n])?;
        let predictor = |x: &[Tensor]| {
            let flat = Tensor::cat(
                &[x[0].flatten_all()?, x[1].flatten_all()?, x[2].flatten_all()?],
                0,
            )?;
            weight.matmul(&flat.unsqueeze(1)?)?.squeeze(1)?.tanh()
        };
        let axes: [&[usize]; 3] = [&[0], &[0], &[0, 1]];
        let mut law = Vec::new();
        for _ in 0..3 {
            let case = [random(&[n])?, random(&[n, 2])?, random(&[n, n])?];
            let target = random(&[n])?;
            for h in law_of {
                law.push((act_on_all(&case, h, &axes)?, act(&target, h, &[0])?));
            }
        }
        symmetrization(predictor, &law, &axes, &[0], elements)
    }

    #[test]
    fn symmetrization_lowers_the_risk_by_its_distance_exactly() -> Result<()> {
        for n in [3, 4] {
            let group: Vec<Permutation> = PermGroup::symmetric(n).elements().collect();
            let found = risks(n, &group, &group)?;
            assert!(found.identity_error() < 1e-12, "{found:?}");
            assert!(
                found.distance > 0.1 && found.symmetrized < found.plain,
                "{found:?}"
            );
            // A law that is not invariant breaks the identity.
            let skewed = risks(n, &group, &group[..1])?;
            assert!(skewed.identity_error() > 1e-3, "{skewed:?}");
        }
        Ok(())
    }

    #[test]
    fn symmetrization_of_nothing_is_an_error() {
        let group = [Permutation::identity(2)];
        let message = symmetrization(|x| Ok(x[0].clone()), &[], &[], &[], &group).unwrap_err();
        assert!(message.to_string().contains("0 cases"), "{message}");
    }
}
