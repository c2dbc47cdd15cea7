//! The compiled half of the Python package `sympe`: arrays in, arrays out.
//!
//! Python code in `sympe/` brings arguments into shape and documents them; this crate reads arrays, searches in parallel
//! without the interpreter, and writes arrays.

mod batch;
mod errors;
mod fields;
mod graphs;
mod perm_group;
mod points;
mod pool;
mod symmetries;

use pyo3::prelude::*;

/// Private: what the package `sympe` calls.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::errors::BudgetExhausted;
    #[pymodule_export]
    use super::fields::{Fields, canonicalize_fields};
    #[pymodule_export]
    use super::perm_group::Group;
    #[pymodule_export]
    use super::points::{Points, canonicalize_points};
    #[pymodule_export]
    use super::symmetries::{Symmetries, canonicalize_arrays, canonicalize_smiles, restore};
}
