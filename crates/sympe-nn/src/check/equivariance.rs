//! A model with its inputs and what a group does to them; and whether it is equivariant.

use super::measure::{Rounding, largest, max_difference, size};
use super::report::{Bound, Finding, Law};
use crate::action::{Acts, Permuted};
use crate::layers::lattice::FieldType;
use candle_core::{DType, Result, Tensor};
use std::fmt;
use sympe_groups::lattice::LatticeElement;
use sympe_groups::{Group, Permutation};

/// What a model may return: a tensor, or several.
pub trait Outputs {
    /// All of them, in order.
    fn into_tensors(self) -> Vec<Tensor>;
}

impl Outputs for Tensor {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self]
    }
}

impl Outputs for Vec<Tensor> {
    fn into_tensors(self) -> Vec<Tensor> {
        self
    }
}

impl Outputs for (Tensor, Tensor) {
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self.0, self.1]
    }
}

/// The model of a [`Check`].
type Model<'a> = Box<dyn Fn(&[Tensor]) -> Result<Vec<Tensor>> + 'a>;

/// A model under test: a function of tensors, its inputs, elements of a group, and how these move inputs and outputs.
///
/// Actions are given in the order of the inputs and outputs. A draw `g̃` (its places, or a frame) or what is made of it is an input
/// like any other, and the check is one of joint equivariance then, `f(h·x, h·g̃) = h·f(x, g̃)`.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
/// use sympe_groups::{OrthogonalGroup, PermGroup, Subgroup};
/// use sympe_groups::finite::Product;
/// use sympe_nn::action::{Both, Fixed, Permuted, Vectors};
/// use sympe_nn::check::Check;
///
/// // Distances of points [N, 3], and their sum: under relabelling and turns at once.
/// let model = |x: &[Tensor]| {
///     let squares = x[0].unsqueeze(0)?.broadcast_sub(&x[0].unsqueeze(1)?)?.sqr()?.sum(2)?;
///     Ok((squares.clone(), squares.sum_all()?))
/// };
/// let group = Product::new(PermGroup::symmetric(3), OrthogonalGroup::<3>::full());
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let elements: Vec<_> = (0..5).map(|_| group.sample(&mut rng)).collect();
/// let x = Tensor::new(&[[0.1f64, 0.0, 0.5], [1.5, -0.3, 0.0], [0.2, 0.2, 0.7]], &Device::Cpu)?;
/// Check::new("distances", elements, model)
///     .input(&x, Both(Permuted::dim(0), Vectors::along(1)))
///     .output(Both(Permuted::dims([0, 1]), Fixed))
///     .output(Fixed)
///     .ensure_equivariant()?;
/// # Ok::<(), candle_core::Error>(())
/// ```
pub struct Check<'a, G> {
    pub(super) name: String,
    pub(super) model: Model<'a>,
    pub(super) elements: Vec<G>,
    pub(super) inputs: Vec<Tensor>,
    on_inputs: Vec<Box<dyn Acts<G> + 'a>>,
    on_outputs: Vec<Box<dyn Acts<G> + 'a>>,
    within: Option<f64>,
}

impl<G: Group> fmt::Debug for Check<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("elements", &self.elements)
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}

/// An output of a moved input beside what it should be.
pub(super) struct Worst {
    pub(super) error: f64,
    pub(super) limit: f64,
    pub(super) rounding: f64,
    pub(super) dtype: DType,
    witness: String,
}

impl<'a, G: Group> Check<'a, G> {
    /// A model by name, and the elements to try: all of a small group, its generators, or random ones. For an exactly equivariant
    /// model generators say it all.
    #[must_use]
    pub fn new<O: Outputs>(
        name: impl Into<String>,
        elements: impl IntoIterator<Item = G>,
        model: impl Fn(&[Tensor]) -> Result<O> + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            model: Box::new(move |x| Ok(model(x)?.into_tensors())),
            elements: elements.into_iter().collect(),
            inputs: Vec::new(),
            on_inputs: Vec::new(),
            on_outputs: Vec::new(),
            within: None,
        }
    }

    /// The next input, and how it is moved.
    #[must_use]
    pub fn input(mut self, x: &Tensor, action: impl Acts<G> + 'a) -> Self {
        self.inputs.push(x.clone());
        self.on_inputs.push(Box::new(action));
        self
    }

    /// How the next output is moved.
    #[must_use]
    pub fn output(mut self, action: impl Acts<G> + 'a) -> Self {
        self.on_outputs.push(Box::new(action));
        self
    }

    /// Errors up to this are accepted, instead of those put down to rounding: a hundred times what moving the inputs by one
    /// rounding does, and at most `√ε` of the largest entry of inputs and outputs. Inputs that are integers are not moved: where their outputs cancel to
    /// nearly nothing, say here what is accepted.
    #[must_use]
    pub fn within(self, tolerance: f64) -> Self {
        Self {
            within: Some(tolerance),
            ..self
        }
    }

    /// `f(x)`.
    pub(super) fn outputs(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let outputs = (self.model)(inputs)?;
        self.count(&outputs)?;
        Ok(outputs)
    }

    /// Refuses outputs that are not as many as their actions.
    pub(super) fn count(&self, outputs: &[Tensor]) -> Result<()> {
        if outputs.len() != self.on_outputs.len() || outputs.is_empty() {
            candle_core::bail!(
                "check of '{}': {} outputs and {} actions on them, expected one for each and at least one",
                self.name,
                outputs.len(),
                self.on_outputs.len()
            );
        }
        Ok(())
    }

    /// The elements, if there are any.
    pub(super) fn some_elements(&self) -> Result<&[G]> {
        if self.elements.is_empty() {
            candle_core::bail!(
                "check of '{}': no group elements, expected at least one",
                self.name
            );
        }
        Ok(&self.elements)
    }

    /// `g·x` of all inputs.
    pub(super) fn move_inputs(&self, g: &G, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        if inputs.len() != self.on_inputs.len() {
            candle_core::bail!(
                "check of '{}': {} inputs, expected {}",
                self.name,
                inputs.len(),
                self.on_inputs.len()
            );
        }
        let pairs = self.on_inputs.iter().zip(inputs);
        pairs.map(|(action, x)| action.act(g, x)).collect()
    }

    /// `g·y` of all outputs.
    pub(super) fn move_outputs(&self, g: &G, outputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let pairs = self.on_outputs.iter().zip(outputs);
        pairs.map(|(action, y)| action.act(g, y)).collect()
    }

    pub(super) fn rounding(&self, outputs: &[Tensor]) -> Result<Vec<Rounding>> {
        let mut rounding = Rounding::of(&*self.model, &self.inputs, outputs)?;
        if let Some(limit) = self.within {
            rounding.iter_mut().for_each(|rounding| rounding.limit = limit);
        }
        Ok(rounding)
    }

    /// The largest error of all elements and outputs, in units of what is accepted.
    pub(super) fn worst(&self) -> Result<Worst> {
        let outputs = self.outputs(&self.inputs)?;
        let rounding = self.rounding(&outputs)?;
        let mut worst: Option<(f64, Worst)> = None;
        for g in self.some_elements()? {
            let found = self.outputs(&self.move_inputs(g, &self.inputs)?)?;
            let expected = self.move_outputs(g, &outputs)?;
            for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let (error, Rounding { explains, limit }) = (max_difference(found, expected)?, rounding[k]);
                // Not a number, or above a limit of zero: nothing is worse.
                let size = if error == 0.0 { 0.0 } else { error / limit };
                let size = if size.is_nan() { f64::INFINITY } else { size };
                if worst.as_ref().is_none_or(|(worst, _)| size > *worst) {
                    let output = if outputs.len() > 1 {
                        format!("output {k} under ")
                    } else {
                        String::new()
                    };
                    let witness = Worst {
                        error,
                        limit,
                        rounding: explains,
                        dtype: found.dtype(),
                        witness: format!("{output}{g:?}"),
                    };
                    worst = Some((size, witness));
                }
            }
        }
        Ok(worst.expect("there are elements and outputs").1)
    }

    pub(super) fn size(&self) -> String {
        self.inputs.first().map_or(String::new(), size)
    }

    /// `max |f(g·x) − g·f(x)|` over the elements, of the output where it is largest beside what rounding explains.
    ///
    /// # Errors
    ///
    /// Those of the model; actions that do not fit; no elements, no outputs.
    pub fn equivariance(&self) -> Result<Finding> {
        let worst = self.worst()?;
        let finding = Finding::new(
            Law::Equivariance,
            &self.name,
            worst.error,
            Bound::AtMost(worst.limit),
        );
        let finding = finding.of(worst.dtype, self.size()).explained(worst.rounding);
        Ok(match finding.holds() {
            true => finding,
            false => finding.with_detail(worst.witness),
        })
    }

    /// Nothing if the model is equivariant.
    ///
    /// # Errors
    ///
    /// As [`equivariance`](Self::equivariance) and [`Finding::ensure`].
    pub fn ensure_equivariant(&self) -> Result<()> {
        self.equivariance()?.ensure()
    }

    /// The error alone, in the units of the outputs.
    fn error(&self) -> Result<f64> {
        let outputs = self.outputs(&self.inputs)?;
        let mut errors = Vec::new();
        for g in &self.elements {
            let found = self.outputs(&self.move_inputs(g, &self.inputs)?)?;
            for (found, expected) in found.iter().zip(&self.move_outputs(g, &outputs)?) {
                errors.push(max_difference(found, expected)?);
            }
        }
        Ok(largest(errors))
    }
}

/// `max |f(g·x) − g·f(x)|` over the permutations `elements`, for a function of a batch of inputs whose node axes are
/// `axes[k]` of input `k`, and whose output has node axes `out_axes`. In short for a [`Check`] by [`Permuted`].
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
    let check = Check::new("equivariance_error", elements.iter().cloned(), f);
    let pairs = inputs.iter().zip(axes);
    pairs
        .fold(check, |check, (x, &axes)| check.input(x, Permuted::dims(axes)))
        .output(Permuted::dims(out_axes))
        .error()
}

/// `max |f(g·x) − g·f(x)|` over the elements of a lattice group, for a function of fields of the types `types`, whose
/// output is a field of type `output`. In short for a [`Check`] by [`FieldType`].
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
    let check = Check::new("lattice_equivariance_error", elements.iter().copied(), f);
    let pairs = inputs.iter().zip(types);
    pairs
        .fold(check, |check, (x, &of)| check.input(x, of))
        .output(output)
        .error()
}
