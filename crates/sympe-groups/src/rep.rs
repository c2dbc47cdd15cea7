//! Representations: the only bridge from group elements to tensors.

use crate::Group;

/// A signed permutation representation: `(g·v)_i = sign · v[index[i]]` with `index[i] = g⁻¹(i)`.
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
pub trait MatrixRep: Group {
    /// Dimension `d` of the representation.
    fn dim(&self) -> usize;
    /// Writes the `d × d` matrix, row-major.
    ///
    /// # Panics
    ///
    /// When `out.len() != d²`.
    fn write_matrix(&self, out: &mut [f32]);
}
