//! Representations: the only bridge from group elements to tensors.

use crate::Group;

/// A signed permutation representation: `(g·v)_i = sign · v[index[i]]` with `index[i] = g⁻¹(i)`.
///
/// ```
/// use sympe_groups::{Permutation, PermutationRep};
/// let g = Permutation::parse("(0 1 2)", 3)?;
/// let mut index = [0; 3];
/// g.write_index(&mut index);
/// assert_eq!(index, [2, 0, 1]); // (g·v)_0 = v_2
/// assert_eq!(g.sign(), 1.0);
/// # Ok::<(), sympe_groups::GroupError>(())
/// ```
pub trait PermutationRep: Group {
    /// Dimension of the representation.
    fn degree(&self) -> usize;
    /// Writes `index[i] = g⁻¹(i)` for `i < degree`.
    ///
    /// # Panics
    ///
    /// When `out.len() != degree`.
    fn write_index(&self, out: &mut [u32]);
    /// The scalar every entry is multiplied by, ±1.
    fn sign(&self) -> f32 {
        1.0
    }
}

/// A real matrix representation, acting on column vectors.
///
/// ```
/// use sympe_groups::{Group, MatrixRep};
///
/// // A mirror of the line, or nothing.
/// #[derive(Clone, Debug, PartialEq)]
/// struct Mirror(bool);
///
/// impl Group for Mirror {
///     fn identity(&self) -> Self {
///         Mirror(false)
///     }
///     fn inverse(&self) -> Self {
///         self.clone()
///     }
///     fn compose(&self, rhs: &Self) -> Self {
///         Mirror(self.0 != rhs.0)
///     }
/// }
///
/// impl MatrixRep for Mirror {
///     fn dim(&self) -> usize {
///         1
///     }
///     fn write_matrix(&self, out: &mut [f32]) {
///         out.copy_from_slice(&[if self.0 { -1.0 } else { 1.0 }]);
///     }
/// }
///
/// let mut matrix = [0.0];
/// Mirror(true).write_matrix(&mut matrix);
/// assert_eq!(matrix, [-1.0]);
/// ```
pub trait MatrixRep: Group {
    /// Dimension `d` of the representation.
    fn dim(&self) -> usize;
    /// Writes the `d × d` matrix, row-major.
    ///
    /// # Panics
    ///
    /// When `out.len() != d²`.
    fn write_matrix(&self, out: &mut [f32]);
    /// The same in double precision. Unless a representation says otherwise these are the entries of
    /// [`write_matrix`](Self::write_matrix), with its rounding.
    ///
    /// # Panics
    ///
    /// When `out.len() != d²`.
    fn write_matrix_f64(&self, out: &mut [f64]) {
        let mut rounded = vec![0.0; out.len()];
        self.write_matrix(&mut rounded);
        out.iter_mut()
            .zip(rounded)
            .for_each(|(out, entry)| *out = entry.into());
    }
}
