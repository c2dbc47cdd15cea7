//! Statistics of sets, for pooling.

use super::fallback;
use candle_core::{Result, Tensor};

/// `[mean | minimum | maximum | standard deviation]` of the rows of each set that count: `x` `[B, R, D]`, `rows`
/// `[B, R]` with 1 for rows that count, to `[B, 4D]`.
///
/// The pooling of principal neighbourhood aggregation (Corso et al. 2020). The deviation is `√(variance + ε)` with the
/// unbiased variance (0 for one row); `ε > 0` keeps its slope finite where all rows are equal. Equal extreme rows share
/// the gradient of the extremum. The statistics of no rows are zero.
///
/// # Errors
///
/// When the shapes do not fit.
pub fn pooled_statistics(x: &Tensor, rows: &Tensor, epsilon: f64) -> Result<Tensor> {
    let (batch, count, _) = x.dims3()?;
    if rows.dims() != [batch, count] {
        candle_core::bail!(
            "pooled_statistics: rows {:?} do not fit x {:?}",
            rows.dims(),
            x.dims()
        );
    }
    fallback::pooled_statistics(x, &rows.detach(), epsilon)
}
