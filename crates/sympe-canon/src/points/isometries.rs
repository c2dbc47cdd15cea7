//! All isometries of a cloud within its tolerance: images of one frame, verified on every site and fitted.

use super::frames::{Frames, axes};
use super::sites::Sites;
use crate::CanonError;
use crate::graph::StopFlag;
use crate::procrustes::procrustes;
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

/// Isometries, and what generates them if they are known to be a group.
pub(super) struct Found {
    /// The isometries within the tolerance, the identity first.
    pub(super) elements: Vec<Isometry>,
    /// Which of them generate all others, if they are off by rounding only.
    pub(super) generators: Option<Vec<usize>>,
}

/// The isometries within the tolerance.
///
/// Products of those that are off by rounding only are not looked for: few are matched with the sites, and the others follow.
pub(super) fn isometries(sites: &Sites, frames: &Frames, stop: &StopFlag) -> Result<Found, CanonError> {
    let mut matcher = Matcher::new(sites);
    let mut known = Known::new(sites, frames)?;
    let from = frames.pairs[frames.best];
    let inverse = axes(&sites.at, sites.rank, from, false).transpose();
    let kinds = if sites.rank == 0 {
        &[false][..]
    } else {
        &[false, true]
    };
    for &mirror in kinds {
        for (index, &to) in frames.pairs.iter().enumerate() {
            stop.check(index as u64)?;
            if known.has(index, mirror) {
                continue;
            }
            let guess = axes(&sites.at, sites.rank, to, mirror) * inverse;
            if let Some(isometry) = matcher.verify(&guess, mirror, frames.reach) {
                known.add(index, isometry)?;
            }
        }
    }
    Ok(known.into_found())
}

/// The isometries that are known, by the frame that they take the best one to.
struct Known<'a> {
    sites: &'a Sites,
    from: [u32; 2],
    /// The frames, sorted, with their positions.
    frames: Vec<([u32; 2], u32)>,
    /// For each frame without a mirror image, and then for each with one, the place in the list of the isometry.
    slots: Vec<Option<u32>>,
    list: Vec<Isometry>,
    /// Of the list, those whose products are known; the identity first.
    group: Vec<u32>,
    generators: Vec<u32>,
    /// Whether no product is missing.
    is_closed: bool,
}

impl<'a> Known<'a> {
    fn new(sites: &'a Sites, frames: &Frames) -> Result<Self, CanonError> {
        let mut sorted: Vec<([u32; 2], u32)> = frames.pairs.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut known = Self {
            sites,
            from: frames.pairs[frames.best],
            frames: sorted,
            slots: vec![None; 2 * frames.pairs.len()],
            list: Vec::new(),
            group: vec![0],
            generators: Vec::new(),
            is_closed: true,
        };
        let identity = Isometry {
            matrix: Matrix3::identity(),
            mirror: false,
            images: (0..sites.at.len() as u32).collect(),
            residual: 0.0,
        };
        known.push(frames.best, identity)?;
        Ok(known)
    }

    fn slot(&self, frame: usize, mirror: bool) -> usize {
        frame + if mirror { self.slots.len() / 2 } else { 0 }
    }

    fn has(&self, frame: usize, mirror: bool) -> bool {
        self.slots[self.slot(frame, mirror)].is_some()
    }

    fn push(&mut self, frame: usize, isometry: Isometry) -> Result<(), CanonError> {
        let n = self.sites.at.len();
        if (self.list.len() + 1) * n > IMAGES {
            return Err(CanonError::TooLarge {
                what: "points in the search for isometries: there are too many of these",
                n,
                limit: IMAGES / (self.list.len() + 1),
            });
        }
        let slot = self.slot(frame, isometry.mirror);
        self.slots[slot] = Some(self.list.len() as u32);
        self.list.push(isometry);
        Ok(())
    }

    /// Adds an isometry, and if it is exact all products with those that are.
    fn add(&mut self, frame: usize, isometry: Isometry) -> Result<(), CanonError> {
        let is_exact = isometry.residual <= EXACT;
        self.push(frame, isometry)?;
        if !is_exact {
            return Ok(());
        }
        let new = self.list.len() as u32 - 1;
        let (old, mut next) = (self.group.len(), 0);
        self.generators.push(new);
        self.group.push(new);
        while next < self.group.len() {
            // Products of old elements with old generators are old.
            let first = if next < old { self.generators.len() - 1 } else { 0 };
            for at in first..self.generators.len() {
                self.multiply(self.generators[at], self.group[next])?;
            }
            next += 1;
        }
        Ok(())
    }

    /// Adds the product of two elements to the group, if it is not there.
    fn multiply(&mut self, g: u32, h: u32) -> Result<(), CanonError> {
        let (g, h) = (&self.list[g as usize], &self.list[h as usize]);
        let images = self.from.map(|site| g.images[h.images[site as usize] as usize]);
        // The frames are those of a class that isometries keep, unless a distance is at the edge of what the class has.
        let Ok(found) = self.frames.binary_search_by_key(&images, |(frame, _)| *frame) else {
            self.is_closed = false;
            return Ok(());
        };
        let (frame, mirror) = (self.frames[found].1 as usize, g.mirror != h.mirror);
        if self.has(frame, mirror) {
            return Ok(());
        }
        let product = Isometry {
            matrix: g.matrix * h.matrix,
            mirror,
            images: h.images.iter().map(|&via| g.images[via as usize]).collect(),
            residual: 0.0,
        };
        let residual = residual(&self.sites.at, &product.matrix, &product.images);
        self.group.push(self.list.len() as u32);
        self.push(frame, Isometry { residual, ..product })
    }

    /// In the order of the frames, as if each had been looked for.
    fn into_found(self) -> Found {
        let is_group = self.is_closed && self.group.len() == self.list.len();
        let mut place = vec![0; self.list.len()];
        let mut elements: Vec<Option<Isometry>> = self.list.into_iter().map(Some).collect();
        let identity = elements[0].take().expect("the identity is the first");
        let mut ordered = vec![identity];
        for at in self.slots.into_iter().flatten().map(|at| at as usize) {
            if let Some(isometry) = elements[at].take() {
                place[at] = ordered.len();
                ordered.push(isometry);
            }
        }
        Found {
            elements: ordered,
            generators: is_group.then(|| self.generators.iter().map(|&at| place[at as usize]).collect()),
        }
    }
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

/// The orthogonal matrix, a mirror image or not, that takes places to those of their images with the least squares.
pub(super) fn fit(at: &[Vector3<f64>], rank: usize, images: &[u32], mirror: bool) -> Option<Matrix3<f64>> {
    let mut correlation: Matrix3<f64> = at
        .iter()
        .zip(images)
        .map(|(place, &image)| at[image as usize] * place.transpose())
        .sum();
    // Along what is beyond the span every place stays.
    (rank..3).for_each(|axis| correlation[(axis, axis)] = 1.0);
    // In a cloud about as thick as the tolerance the nearest orthogonal matrix may be of the other kind.
    procrustes(&correlation, mirror)
}

/// The largest distance of a moved place from that of its image.
pub(super) fn residual(at: &[Vector3<f64>], matrix: &Matrix3<f64>, images: &[u32]) -> f64 {
    let distances = at
        .iter()
        .zip(images)
        .map(|(place, &image)| (matrix * place - at[image as usize]).norm_squared());
    distances.fold(0.0, f64::max).sqrt()
}
