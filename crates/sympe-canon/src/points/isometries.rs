//! All isometries of a cloud within its tolerance: images of one frame, verified on every site and fitted.

use super::frames::{Frames, axes};
use super::sites::Sites;
use crate::CanonError;
use nalgebra::{Matrix3, Vector3};

/// The most images of sites that are kept, over all isometries.
const IMAGES: usize = 1 << 26;
/// An isometry that is off by rounding only, in units of the radius, is not fitted.
pub(super) const EXACT: f64 = 1e-14;
/// No lattice has many sites with one coordinate along this direction.
const ALONG: [f64; 3] = [0.622_514_19, 0.439_237_12, 0.647_733_01];

/// An orthogonal map of the span that takes sites to sites.
#[derive(Clone, Debug)]
pub(super) struct Isometry {
    /// In the basis of the sites; the identity beyond the span.
    pub(super) matrix: Matrix3<f64>,
    /// Whether the determinant on the span is negative.
    pub(super) mirror: bool,
    /// The site that each site is taken to.
    pub(super) images: Vec<u32>,
    /// The largest distance of an image from its site.
    pub(super) residual: f64,
}

/// The isometries within the tolerance, the identity first.
pub(super) fn isometries(sites: &Sites, frames: &Frames) -> Result<Vec<Isometry>, CanonError> {
    let mut matcher = Matcher::new(sites);
    let identity = Isometry {
        matrix: Matrix3::identity(),
        mirror: false,
        images: (0..sites.at.len() as u32).collect(),
        residual: 0.0,
    };
    let mut found = vec![identity];
    let from = frames.pairs[frames.best];
    let inverse = axes(&sites.at, sites.rank, from, false).transpose();
    for mirror in if sites.rank == 0 {
        &[false][..]
    } else {
        &[false, true][..]
    } {
        for &to in &frames.pairs {
            if to == from && !mirror {
                continue;
            }
            let guess = axes(&sites.at, sites.rank, to, *mirror) * inverse;
            let Some(isometry) = matcher.verify(&guess, *mirror, frames.reach) else {
                continue;
            };
            if (found.len() + 1) * sites.at.len() > IMAGES {
                return Err(CanonError::TooLarge {
                    what: "points in the search for isometries: there are too many of these",
                    n: sites.at.len(),
                    limit: IMAGES / (found.len() + 1),
                });
            }
            found.push(isometry);
        }
    }
    Ok(found)
}

/// Finds the sites near places, and whether they are as many as the places.
struct Matcher<'a> {
    sites: &'a Sites,
    /// Sites by their coordinate along a direction, and the coordinates.
    order: Vec<u32>,
    along: Vec<f64>,
    /// The last search in which a site was an image.
    taken: Vec<u32>,
    search: u32,
    images: Vec<u32>,
}

fn along(place: &Vector3<f64>) -> f64 {
    Vector3::from(ALONG).dot(place)
}

impl<'a> Matcher<'a> {
    fn new(sites: &'a Sites) -> Self {
        let mut order: Vec<u32> = (0..sites.at.len() as u32).collect();
        order.sort_by(|&i, &j| along(&sites.at[i as usize]).total_cmp(&along(&sites.at[j as usize])));
        Self {
            sites,
            along: order
                .iter()
                .map(|&site| along(&sites.at[site as usize]))
                .collect(),
            order,
            taken: vec![0; sites.at.len()],
            search: 0,
            images: vec![0; sites.at.len()],
        }
    }

    /// The isometry near a guess.
    fn verify(&mut self, guess: &Matrix3<f64>, mirror: bool, reach: f64) -> Option<Isometry> {
        let (mut matrix, mut reach) = (*guess, reach);
        // What is matched by a fit to all sites may differ, in a dense cloud, from what a frame says.
        for _ in 0..2 {
            let off = self.matched(&matrix, reach)?;
            if off <= EXACT {
                let images = self.images.clone();
                return Some(Isometry {
                    matrix,
                    mirror,
                    images,
                    residual: off,
                });
            }
            matrix = fit(&self.sites.at, self.sites.rank, &self.images, mirror)?;
            let residual = residual(&self.sites.at, &matrix, &self.images);
            if residual <= self.sites.tolerance {
                return Some(Isometry {
                    matrix,
                    mirror,
                    images: self.images.clone(),
                    residual,
                });
            }
            reach = residual;
        }
        None
    }

    /// The largest distance of the image of a site from the nearest site within reach and of its shell, if these are all sites.
    fn matched(&mut self, matrix: &Matrix3<f64>, reach: f64) -> Option<f64> {
        self.search += 1;
        let mut most = 0.0f64;
        for site in 0..self.sites.at.len() {
            let place = matrix * self.sites.at[site];
            let (image, distance) = self.nearest(&place, self.sites.shell[site], reach)?;
            if std::mem::replace(&mut self.taken[image as usize], self.search) == self.search {
                return None;
            }
            self.images[site] = image;
            most = most.max(distance);
        }
        Some(most.sqrt())
    }

    /// The nearest site of a shell, and the square of its distance.
    fn nearest(&self, place: &Vector3<f64>, shell: u32, reach: f64) -> Option<(u32, f64)> {
        let centre = along(place);
        let start = self
            .along
            .partition_point(|&coordinate| coordinate < centre - reach);
        let (mut nearest, mut least) = (None, reach * reach);
        for (&coordinate, &site) in self.along[start..].iter().zip(&self.order[start..]) {
            if coordinate > centre + reach {
                break;
            }
            let distance = (self.sites.at[site as usize] - place).norm_squared();
            if distance <= least && self.sites.shell[site as usize] == shell {
                (nearest, least) = (Some(site), distance);
            }
        }
        nearest.map(|site| (site, least))
    }
}

/// The orthogonal matrix, a mirror image or not, that takes places to those of their images with the least squares: the polar
/// factor of their correlation (Kabsch 1976).
pub(super) fn fit(at: &[Vector3<f64>], rank: usize, images: &[u32], mirror: bool) -> Option<Matrix3<f64>> {
    let mut correlation: Matrix3<f64> = at
        .iter()
        .zip(images)
        .map(|(place, &image)| at[image as usize] * place.transpose())
        .sum();
    // Along what is beyond the span every place stays.
    (rank..3).for_each(|axis| correlation[(axis, axis)] = 1.0);
    if let Some(fitted) = polar(correlation).filter(|fitted| (fitted.determinant() < 0.0) == mirror) {
        return Some(fitted);
    }
    // In a cloud about as thick as the tolerance the nearest orthogonal matrix may be of the other kind.
    let svd = correlation.svd(true, true);
    let (u, v_t) = (svd.u?, svd.v_t?);
    let mut signs = Vector3::repeat(1.0);
    if ((u * v_t).determinant() < 0.0) != mirror {
        signs[svd.singular_values.imin()] = -1.0;
    }
    Some(u * Matrix3::from_diagonal(&signs) * v_t)
}

/// The orthogonal polar factor by Newton's iteration, scaled (Higham 1986): a tenth of the time of a singular value
/// decomposition. None for a matrix that is singular or nearly so.
fn polar(matrix: Matrix3<f64>) -> Option<Matrix3<f64>> {
    const ROUNDS: usize = 20;
    let mut x = matrix;
    for _ in 0..ROUNDS {
        let inverse = x.try_inverse()?.transpose();
        let scale = (inverse.norm_squared() / x.norm_squared()).sqrt().sqrt();
        let next = (x * scale + inverse / scale) * 0.5;
        let step = (next - x).amax();
        x = next;
        // What is left of the next step is the square of this one.
        if step < 1e-9 {
            let is_orthogonal = (x.tr_mul(&x) - Matrix3::identity()).amax() < 1e-14;
            return is_orthogonal.then_some(x);
        }
    }
    None
}

/// The largest distance of a moved place from that of its image.
pub(super) fn residual(at: &[Vector3<f64>], matrix: &Matrix3<f64>, images: &[u32]) -> f64 {
    let distances = at
        .iter()
        .zip(images)
        .map(|(place, &image)| (matrix * place - at[image as usize]).norm_squared());
    distances.fold(0.0, f64::max).sqrt()
}
