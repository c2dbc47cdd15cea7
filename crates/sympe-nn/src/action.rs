//! How elements of groups move tensors: what checks, and projections onto what a subgroup keeps, have to know of a
//! group.
//!
//! | action | of | on a tensor |
//! |---|---|---|
//! | [`Fixed`] | any group | stays as it is |
//! | [`Permuted`] | [`PermutationRep`]: permutations, lattice elements on sites | `(g·x)[g(i)] = x[i]` along dimensions |
//! | [`FieldType`] | lattice elements | fields `[B, C·S, h, w]`, as [`transform`] |
//! | [`Vectors`] | [`MatrixRep`]: rotations, rigid motions, signed permutations | `M·x` along a dimension |
//! | [`Points`] | [`MatrixRep`]: rigid motions | `R·x + t` along a dimension |
//! | [`Signed`] | [`PermutationRep`] with a sign, as the spin flip | `±` the action inside |
//! | [`Both`] | pairs `(a, b)`, elements of direct products | `a`'s action after `b`'s |
//! | [`By`] | any group | a function of yours |
//!
//! All are left actions, and one value describes one tensor: a network with three inputs has three of them.

use crate::layers::lattice::{FieldType, transform};
use candle_core::{Result, Tensor};
use sympe_groups::lattice::LatticeElement;
use sympe_groups::{MatrixRep, PermutationRep};

/// An action of the elements `G` of a group on tensors of some shape.
///
/// Laws: `e·x = x` and `(a·b)·x = a·(b·x)`.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::Permutation;
/// use sympe_nn::action::{Acts, Permuted};
/// let adjacency = Tensor::new(&[[0f32, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]], &Device::Cpu)?;
/// let g = Permutation::parse("(0 1 2)", 3).unwrap();
/// let moved = Permuted::dims([0, 1]).act(&g, &adjacency)?.to_vec2::<f32>()?;
/// assert_eq!(moved, [[8.0, 6.0, 7.0], [2.0, 0.0, 1.0], [5.0, 3.0, 4.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
pub trait Acts<G> {
    /// `g·x`.
    ///
    /// # Errors
    ///
    /// When the tensor is not of a shape that `g` acts on.
    fn act(&self, g: &G, x: &Tensor) -> Result<Tensor>;
}

impl<G, A: Acts<G> + ?Sized> Acts<G> for &A {
    fn act(&self, g: &G, x: &Tensor) -> Result<Tensor> {
        (**self).act(g, x)
    }
}

/// The action that moves nothing: of what is invariant.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::Permutation;
/// use sympe_nn::action::{Acts, Fixed};
/// let energy = Tensor::new(1.5f32, &Device::Cpu)?;
/// assert_eq!(Fixed.act(&Permutation::identity(3), &energy)?.to_scalar::<f32>()?, 1.5);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed;

impl<G> Acts<G> for Fixed {
    fn act(&self, _: &G, x: &Tensor) -> Result<Tensor> {
        Ok(x.clone())
    }
}

/// Moves what stands at the points of a permutation, along one dimension or several: `(g·x)[g(i)] = x[i]`. Without the
/// sign that some representations have: see [`Signed`].
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::Permutation;
/// use sympe_nn::action::{Acts, Permuted};
/// let ranks = Tensor::new(&[[2u32, 0, 1]], &Device::Cpu)?;
/// let g = Permutation::parse("(0 1)", 3).unwrap();
/// assert_eq!(Permuted::dim(1).act(&g, &ranks)?.to_vec2::<u32>()?, [[0, 2, 1]]);
/// assert!(Permuted::dim(0).act(&g, &ranks).is_err());
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permuted(Vec<usize>);

impl Permuted {
    /// Along one dimension: nodes `[B, N, F]` have theirs at 1.
    #[must_use]
    pub fn dim(dim: usize) -> Self {
        Self(vec![dim])
    }

    /// Along several dimensions: pairs of nodes `[B, N, N, E]` have theirs at 1 and 2.
    #[must_use]
    pub fn dims(dims: impl Into<Vec<usize>>) -> Self {
        Self(dims.into())
    }
}

impl<G: PermutationRep> Acts<G> for Permuted {
    fn act(&self, g: &G, x: &Tensor) -> Result<Tensor> {
        self.0.iter().try_fold(x.clone(), |x, &dim| permute(&x, g, dim))
    }
}

/// Permutes dimension `dim` of a tensor, as the action on positions: `(g·x)[g(i)] = x[i]`.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::Permutation;
/// use sympe_nn::action::permute;
/// let x = Tensor::new(&[10f32, 20.0, 30.0], &Device::Cpu)?;
/// let g = Permutation::from_images(vec![1, 2, 0]).unwrap(); // 0 → 1 → 2 → 0
/// assert_eq!(permute(&x, &g, 0)?.to_vec1::<f32>()?, [30.0, 10.0, 20.0]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the dimension is not the degree of `g`.
pub fn permute<G: PermutationRep>(x: &Tensor, g: &G, dim: usize) -> Result<Tensor> {
    let degree = g.degree();
    if x.dim(dim)? != degree {
        candle_core::bail!("dimension {dim} of {:?} is not {degree}, the degree", x.dims());
    }
    let mut index = vec![0; degree];
    g.write_index(&mut index);
    let index = Tensor::from_vec(index, degree, x.device())?;
    x.contiguous()?.index_select(&index, dim)
}

/// Fields on a torus: see [`transform`]. The spin flip does nothing to them, unless they are [`Signed`].
impl Acts<LatticeElement> for FieldType {
    fn act(&self, g: &LatticeElement, x: &Tensor) -> Result<Tensor> {
        transform(x, g, *self)
    }
}

/// Turns the vectors that lie along a dimension: `M·x`. Of a rigid motion, whose matrix has one row more than the vectors, only
/// the rotation: differences of points are turned and not shifted.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::Orthogonal;
/// use sympe_nn::action::{Acts, Vectors};
/// let forces = Tensor::new(&[[1f64, 0.0], [0.0, 2.0]], &Device::Cpu)?; // [N, 2]
/// let quarter = Orthogonal::from_rows([[0.0, -1.0], [1.0, 0.0]]).unwrap();
/// assert_eq!(Vectors::along(1).act(&quarter, &forces)?.to_vec2::<f64>()?, [[0.0, 1.0], [-2.0, 0.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectors(usize);

impl Vectors {
    /// The vectors along dimension `dim`.
    #[must_use]
    pub fn along(dim: usize) -> Self {
        Self(dim)
    }
}

impl<G: MatrixRep> Acts<G> for Vectors {
    fn act(&self, g: &G, x: &Tensor) -> Result<Tensor> {
        Affine::of(g, x.dim(self.0)?)?.apply(x, self.0, false)
    }
}

/// Moves the points whose coordinates lie along a dimension: `R·x + t`.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::nalgebra::Vector2;
/// use sympe_groups::{Euclidean, Orthogonal};
/// use sympe_nn::action::{Acts, Points, Vectors};
/// let positions = Tensor::new(&[[1f64, 0.0]], &Device::Cpu)?;
/// let motion = Euclidean::new(Orthogonal::<2>::inversion(), Vector2::new(5.0, 0.0)).unwrap();
/// assert_eq!(Points::along(1).act(&motion, &positions)?.to_vec2::<f64>()?, [[4.0, 0.0]]);
/// assert_eq!(Vectors::along(1).act(&motion, &positions)?.to_vec2::<f64>()?, [[-1.0, 0.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points(usize);

impl Points {
    /// The points whose coordinates lie along dimension `dim`.
    #[must_use]
    pub fn along(dim: usize) -> Self {
        Self(dim)
    }
}

impl<G: MatrixRep> Acts<G> for Points {
    fn act(&self, g: &G, x: &Tensor) -> Result<Tensor> {
        Affine::of(g, x.dim(self.0)?)?.apply(x, self.0, true)
    }
}

/// A matrix and a translation of `d` coordinates.
struct Affine {
    d: usize,
    /// Transposed, row by row: for products from the right.
    transposed: Vec<f64>,
    shift: Vec<f64>,
}

impl Affine {
    /// What a matrix of `d` or, in homogeneous coordinates, `d + 1` rows does to `d` coordinates.
    fn of<G: MatrixRep>(g: &G, d: usize) -> Result<Self> {
        let width = g.dim();
        let mut matrix = vec![0.0; width * width];
        g.write_matrix_f64(&mut matrix);
        let at = |row: usize, column: usize| matrix[row * width + column];
        let homogeneous = width == d + 1 && (0..width).all(|i| at(d, i) == f64::from(u8::from(i == d)));
        if width != d && !homogeneous {
            candle_core::bail!("{g:?} acts in dimension {width}, expected one that acts on {d} coordinates");
        }
        Ok(Self {
            d,
            transposed: (0..d * d).map(|index| at(index % d, index / d)).collect(),
            shift: (0..d).map(|i| if homogeneous { at(i, d) } else { 0.0 }).collect(),
        })
    }

    fn apply(self, x: &Tensor, dim: usize, shifted: bool) -> Result<Tensor> {
        if x.elem_count() == 0 {
            return Ok(x.clone());
        }
        let (d, last) = (self.d, x.rank() - 1);
        let matrix = Tensor::from_vec(self.transposed, (d, d), x.device())?.to_dtype(x.dtype())?;
        let rows = x.transpose(dim, last)?.contiguous()?;
        let mut moved = rows.reshape((x.elem_count() / d, d))?.matmul(&matrix)?;
        if shifted {
            let shift = Tensor::from_vec(self.shift, d, x.device())?.to_dtype(x.dtype())?;
            moved = moved.broadcast_add(&shift)?;
        }
        moved.reshape(rows.shape())?.transpose(dim, last)?.contiguous()
    }
}

/// An action with the sign of the element before it: what a spin flip does to spins.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
/// use sympe_nn::action::{Acts, Permuted, Signed};
/// let mut flip = LatticeGroup::new(Wallpaper::P1, 1, 2).unwrap().with_spin_flip().identity();
/// flip.flip = true;
/// let spins = Tensor::new(&[1f32, -1.0], &Device::Cpu)?;
/// assert_eq!(Signed(Permuted::dim(0)).act(&flip, &spins)?.to_vec1::<f32>()?, [-1.0, 1.0]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<A>(pub A);

impl<G: PermutationRep, A: Acts<G>> Acts<G> for Signed<A> {
    fn act(&self, g: &G, x: &Tensor) -> Result<Tensor> {
        self.0.act(g, x)?.affine(f64::from(g.sign()), 0.0)
    }
}

/// The action of a pair `(a, b)`: that of `a` after that of `b`, which must commute, as relabelling points and turning them does.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::{Orthogonal, Permutation};
/// use sympe_nn::action::{Acts, Both, Permuted, Vectors};
/// let positions = Tensor::new(&[[1f64, 0.0], [0.0, 2.0]], &Device::Cpu)?;
/// let g = (Permutation::parse("(0 1)", 2).unwrap(), Orthogonal::<2>::inversion());
/// let moved = Both(Permuted::dim(0), Vectors::along(1)).act(&g, &positions)?;
/// assert_eq!(moved.to_vec2::<f64>()?, [[0.0, -2.0], [-1.0, 0.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both<A, B>(pub A, pub B);

impl<G, H, A: Acts<G>, B: Acts<H>> Acts<(G, H)> for Both<A, B> {
    fn act(&self, (a, b): &(G, H), x: &Tensor) -> Result<Tensor> {
        self.0.act(a, &self.1.act(b, x)?)
    }
}

/// An action by a function of yours.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::finite::Sign;
/// use sympe_nn::action::{Acts, By};
/// let negated = By(|g: &Sign, x: &Tensor| if *g == Sign::Minus { x.neg() } else { Ok(x.clone()) });
/// let x = Tensor::new(&[1f32, 2.0], &Device::Cpu)?;
/// assert_eq!(negated.act(&Sign::Minus, &x)?.to_vec1::<f32>()?, [-1.0, -2.0]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct By<F>(pub F);

impl<G, F: Fn(&G, &Tensor) -> Result<Tensor>> Acts<G> for By<F> {
    fn act(&self, g: &G, x: &Tensor) -> Result<Tensor> {
        (self.0)(g, x)
    }
}

/// The orthogonal projection `1/|K| Σ_k k·v` onto the vectors that every element of a finite group `K` fixes. Gradients flow
/// through it.
///
/// With `v` so projected, an encoding `g̃·v` does not tell `g̃` from `g̃·k`: it breaks nothing of what `K` keeps. For
/// representations by orthogonal matrices; one term per element of the group.
///
/// Of an infinite group a finite subgroup will do, if it has the same invariants: vectors that all rotations about an axis keep are
/// those that two thirds of a turn keep.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::nalgebra::Vector3;
/// use sympe_groups::{FiniteSubgroup, MatrixGroup, Orthogonal};
/// use sympe_nn::action::{Vectors, onto_invariants};
/// let third = Orthogonal::rotation_about(Vector3::z(), std::f64::consts::TAU / 3.0).unwrap();
/// let about_z = MatrixGroup::generated(vec![third], 3).unwrap();
/// let v = Tensor::new(&[[1f64, 2.0, 3.0], [0.0, 1.0, -1.0]], &Device::Cpu)?;
/// let kept = onto_invariants(&v, about_z.elements(), Vectors::along(1))?.to_vec2::<f64>()?;
/// let expected = [[0.0, 0.0, 3.0], [0.0, 0.0, -1.0]];
/// assert!(kept.iter().flatten().zip(expected.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-15));
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When `v` is not of a shape that the elements act on, or there are none.
pub fn onto_invariants<G>(
    v: &Tensor,
    elements: impl IntoIterator<Item = G>,
    action: impl Acts<G>,
) -> Result<Tensor> {
    let (mut sum, mut order) = (v.zeros_like()?, 0usize);
    for k in elements {
        sum = (sum + action.act(&k, v)?)?;
        order += 1;
    }
    if order == 0 {
        candle_core::bail!("onto_invariants: no element of the group, expected all of them");
    }
    sum / order as f64
}
