//! Maximum mean discrepancy: how far apart two samples of distributions are. It takes a kernel per pair of samples.

use crate::DataError;

/// A distance of two vectors; the shorter one is followed by zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// `½ Σ|x_i − y_i|`: published comparisons on planar graphs, trees and stochastic block models.
    TotalVariation,
    /// The earth mover's distance of histograms of equal sum on a line, `Σ|X_i − Y_i|` times the spacing of bins, of
    /// cumulative sums X and Y: published comparisons on small community graphs.
    EarthMover,
    /// `√Σ(x_i − y_i)²`.
    Euclidean,
}

/// The kernel `exp(−d(x, y)²/2σ²)`.
///
/// ```
/// use sympe_data::graph_metrics::{Distance, Kernel};
/// let kernel = Kernel { distance: Distance::TotalVariation, sigma: 1.0, spacing: 1.0 };
/// assert_eq!(kernel.distance(&[1.0], &[0.0, 0.5, 0.5]), 1.0);
/// assert_eq!(Kernel { distance: Distance::EarthMover, ..kernel }.distance(&[1.0], &[0.0, 0.5, 0.5]), 1.5);
/// assert_eq!(kernel.value(&[1.0], &[0.0, 1.0]), (-0.5f64).exp());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kernel {
    /// The distance d.
    pub distance: Distance,
    /// The width σ.
    pub sigma: f64,
    /// The distance of neighbouring bins, for [`Distance::EarthMover`].
    pub spacing: f64,
}

impl Kernel {
    /// The distance of two vectors.
    #[must_use]
    pub fn distance(&self, x: &[f64], y: &[f64]) -> f64 {
        let at = |values: &[f64], index| values.get(index).copied().unwrap_or(0.0);
        let differences = (0..x.len().max(y.len())).map(|index| at(x, index) - at(y, index));
        match self.distance {
            Distance::TotalVariation => differences.map(f64::abs).sum::<f64>() / 2.0,
            Distance::EarthMover => {
                let mut carried = 0.0;
                let work = differences.map(|difference| {
                    carried += difference;
                    f64::abs(carried)
                });
                work.sum::<f64>() * self.spacing
            }
            Distance::Euclidean => differences
                .map(|difference| difference * difference)
                .sum::<f64>()
                .sqrt(),
        }
    }

    /// The kernel of two vectors, in (0, 1].
    #[must_use]
    pub fn value(&self, x: &[f64], y: &[f64]) -> f64 {
        let scaled = self.distance(x, y) / self.sigma;
        (-0.5 * scaled * scaled).exp()
    }

    /// The mean over all pairs.
    fn mean(&self, one: &[Vec<f64>], other: &[Vec<f64>]) -> f64 {
        let values = one.iter().flat_map(|x| other.iter().map(|y| self.value(x, y)));
        values.sum::<f64>() / (one.len() * other.len()) as f64
    }
}

/// The squared maximum mean discrepancy, biased: mean k(R, R) + mean k(G, G) − 2 mean k(R, G) over all pairs, equal ones
/// included (Gretton et al., *A kernel two-sample test*, 2012, equation 5). O((r + g)²) kernels.
///
/// ```
/// use sympe_data::graph_metrics::{Distance, Kernel, squared_mmd};
/// let kernel = Kernel { distance: Distance::TotalVariation, sigma: 1.0, spacing: 1.0 };
/// let (one, other) = (vec![vec![1.0, 0.0]], vec![vec![0.0, 1.0]]);
/// assert_eq!(squared_mmd(&one, &one, kernel)?, 0.0);
/// assert_eq!(squared_mmd(&one, &other, kernel)?, 2.0 - 2.0 * (-0.5f64).exp());
/// # Ok::<(), sympe_data::DataError>(())
/// ```
///
/// # Errors
///
/// When there is nothing to compare.
pub fn squared_mmd(reference: &[Vec<f64>], generated: &[Vec<f64>], kernel: Kernel) -> Result<f64, DataError> {
    for (what, sample) in [("reference", reference), ("generated sample", generated)] {
        if sample.is_empty() {
            return Err(DataError::invalid(what, "empty", "at least one graph"));
        }
    }
    let within = kernel.mean(reference, reference) + kernel.mean(generated, generated);
    Ok(within - 2.0 * kernel.mean(reference, generated))
}
