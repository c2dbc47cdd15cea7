//! The search for the symmetries of a cloud, and what it finds.

use super::closure::{self, Closed};
use super::cloud::{About, PointCloud, Tolerance};
use super::frames::Frames;
use super::relabelled::RelabelledStabilizer;
use super::sites::Sites;
use super::{form, isometries, symbol};
use crate::CanonError;
use crate::graph::StopFlag;
use nalgebra::{Matrix3, SMatrix, SVector};
use sympe_groups::{
    AxialGroup, ClosedSubgroup, Family, MatrixGroup, Orthogonal, OrthogonalGroup, PermGroup, Permutation,
    PointGroup, Rosette, Subgroup,
};

/// The search for all isometries that take a cloud to itself, types respected, within a tolerance.
///
/// An isometry counts if it takes each point within the tolerance of a point of its type, different points to different ones.
/// Where such isometries are no group, the tolerance is lowered until they are: see [`PointSymmetry::tolerance`].
///
/// Isometries are found directly: a frame of one or two sites of the smallest shells goes to each frame of its class, the map is
/// verified on all points and fitted to them. Moments of inertia, equal or not, decide nothing.
///
/// # Complexity
///
/// O(c·N log N) time for N points and c frames of the class: at least as many as there are isometries, and at most the pairs of
/// points of two shells.
///
/// ```
/// use sympe_canon::points::{PointCloud, PointSearch};
/// let corners = (0..8).map(|i| [0, 1, 2].map(|axis| f64::from(i >> axis & 1))).collect();
/// let cube = PointSearch::default().run(&PointCloud::of_one_type(corners)?)?;
/// assert_eq!((cube.symbol(), cube.order()), ("Oh".parse().unwrap(), Some(48)));
/// assert_eq!(cube.center(), [0.5; 3]);
/// assert_eq!(cube.permutations().orbits().len(), 1);
/// # Ok::<(), sympe_canon::CanonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PointSearch {
    /// How far an image may be off.
    pub tolerance: Tolerance,
    /// What isometries leave alone.
    pub about: About,
}

impl PointSearch {
    /// A search with a tolerance, about the centroid.
    #[must_use]
    pub fn within(tolerance: Tolerance) -> Self {
        Self {
            tolerance,
            ..Self::default()
        }
    }

    /// Finds the symmetries of a cloud.
    ///
    /// # Errors
    ///
    /// When the tolerance is no such number, or joins points that are farther apart by others between them; when there are more
    /// pairs of points, or isometries, than memory is for.
    pub fn run<const D: usize>(&self, cloud: &PointCloud<D>) -> Result<PointSymmetry<D>, CanonError> {
        self.run_until(cloud, &StopFlag::default())
    }

    /// [`run`](Self::run) for as long as nobody [stops](StopFlag::stop) it, which is seen at the next frame: points as near to each
    /// other as the tolerance have as many frames as pairs.
    ///
    /// ```
    /// use sympe_canon::CanonError;
    /// use sympe_canon::graph::StopFlag;
    /// use sympe_canon::points::{PointCloud, PointSearch};
    /// let pair = PointCloud::of_one_type(vec![[5.0, 2.0], [5.0, 4.0]])?;
    /// let stop = StopFlag::default();
    /// assert_eq!(PointSearch::default().run_until(&pair, &stop)?.order(), Some(4));
    /// stop.stop(); // as a rule from a thread that watches the clock
    /// let stopped = PointSearch::default().run_until(&pair, &stop).unwrap_err();
    /// assert_eq!(stopped, CanonError::Stopped { nodes: 0 });
    /// # Ok::<(), CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); [`CanonError::Stopped`].
    pub fn run_until<const D: usize>(
        &self,
        cloud: &PointCloud<D>,
        stop: &StopFlag,
    ) -> Result<PointSymmetry<D>, CanonError> {
        let mut sites = Sites::new(cloud, self.about, self.tolerance)?;
        let frames = Frames::new(&sites)?;
        let found = isometries::isometries(&sites, &frames, stop)?;
        let mut group = closure::close(&sites, &frames, found, stop)?;
        closure::symmetrize(&mut sites, &mut group.elements);
        Ok(PointSymmetry {
            types: cloud.types().to_vec(),
            sites,
            frames,
            group,
        })
    }
}

/// The symmetries of a cloud: its point group, as matrices and as permutations of the points.
#[derive(Clone, Debug)]
pub struct PointSymmetry<const D: usize> {
    types: Vec<u32>,
    sites: Sites,
    frames: Frames,
    group: Closed,
}

impl<const D: usize> PointSymmetry<D> {
    /// The number of isometries; none if there are infinitely many.
    #[must_use]
    pub fn order(&self) -> Option<u64> {
        (D - self.sites.rank < 2).then(|| self.matrices().len() as u64)
    }

    /// The number of rotations among them.
    #[must_use]
    pub fn proper_order(&self) -> Option<u64> {
        let is_proper = |g: &&Matrix3<f64>| g.determinant() > 0.0;
        (D - self.sites.rank < 2).then(|| self.matrices().iter().filter(is_proper).count() as u64)
    }

    /// The dimension of what the points span, seen from the center: 3 in general, 2 in a plane, 1 on a line, 0 at one place.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.sites.rank
    }

    /// What all isometries leave alone.
    #[must_use]
    pub fn center(&self) -> [f64; D] {
        std::array::from_fn(|axis| self.sites.center[axis])
    }

    /// The largest distance of a point from where an isometry takes one, or of twice that from their plane or line, in the unit
    /// of the positions: how far the cloud is from this symmetry.
    #[must_use]
    pub fn residual(&self) -> f64 {
        self.group.residual.max(2.0 * self.sites.thickness) * self.sites.radius
    }

    /// The tolerance below which isometries form a group, in the unit of the positions: the one asked for, or less.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        self.group.tolerance * self.sites.radius
    }

    /// The group as it permutes the points, those of one place and type among them. Isometries that move no point, as a mirror in
    /// the plane of all, are not seen.
    #[must_use]
    pub fn permutations(&self) -> PermGroup {
        let generators = self.group.generators.iter();
        let mut generators: Vec<Permutation> = generators
            .map(|&g| self.of_points(&self.group.elements[g].images))
            .collect();
        let degree = self.types.len();
        for pair in self.equal().iter().flat_map(|points| points.windows(2)) {
            let swap = Permutation::from_cycles(degree, &[pair]);
            generators.push(swap.expect("two points of the cloud"));
        }
        PermGroup::new(degree, generators).expect("permutations of the points")
    }

    /// Points of one place and type, where there are several.
    fn equal(&self) -> Vec<Vec<u32>> {
        let of_type = |&point: &u32| self.types[point as usize];
        let same = |a: &u32, b: &u32| of_type(a) == of_type(b);
        let equal = self.sites.members.iter().flat_map(|site| site.chunk_by(same));
        equal
            .filter(|points| points.len() > 1)
            .map(<[u32]>::to_vec)
            .collect()
    }

    /// The permutation of points that goes with one of sites, which keeps their order at each site.
    fn of_points(&self, images: &[u32]) -> Permutation {
        let mut of_points = vec![0; self.types.len()];
        for (members, &image) in self.sites.members.iter().zip(images) {
            for (&point, &to) in members.iter().zip(&self.sites.members[image as usize]) {
                of_points[point as usize] = to;
            }
        }
        Permutation::from_images(of_points).expect("sites of one kind have as many points")
    }

    /// The cloud with each point at the mean of what the group makes of it: exactly symmetric, to rounding.
    ///
    /// ```
    /// use sympe_canon::points::{PointCloud, PointSearch, Tolerance};
    /// let crooked = PointCloud::of_one_type(vec![[1.0, 0.0], [0.0, 1.02], [-0.99, 0.0], [0.0, -1.0]])?;
    /// let symmetry = PointSearch::within(Tolerance::Absolute(0.1)).run(&crooked)?;
    /// let square = PointSearch::within(Tolerance::Relative(1e-12)).run(&symmetry.symmetrized())?;
    /// assert_eq!((square.symbol().to_string().as_str(), symmetry.order()), ("D4", square.order()));
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    #[must_use]
    pub fn symmetrized(&self) -> PointCloud<D> {
        let mut positions = vec![[0.0; D]; self.types.len()];
        for (members, place) in self.sites.members.iter().zip(&self.sites.at) {
            let place = self.sites.basis * place * self.sites.radius + self.sites.center;
            for &point in members {
                positions[point as usize] = std::array::from_fn(|axis| place[axis]);
            }
        }
        PointCloud::new(positions, self.types.clone()).expect("means of finite places")
    }

    /// The finite part of the group in the axes of space: all of it, or one isometry of the span for each.
    fn matrices(&self) -> Vec<Matrix3<f64>> {
        let basis = &self.sites.basis;
        let in_space = |matrix: Matrix3<f64>| basis * matrix * basis.transpose();
        let within = self.group.elements.iter().map(|g| g.matrix);
        if !self.is_of_codimension_one() {
            return within.map(in_space).collect();
        }
        let mut across = Matrix3::identity();
        across[(D - 1, D - 1)] = -1.0;
        within
            .flat_map(|matrix| [matrix, matrix * across])
            .map(in_space)
            .collect()
    }

    /// Whether an isometry of the span is two of space.
    fn is_of_codimension_one(&self) -> bool {
        D - self.sites.rank == 1
    }

    /// The isometries whose orthogonal parts, about the [centre](Self::center), are in `group`: O(d), or SO(d) for the rotations.
    #[must_use]
    pub fn stabilizer(&self, group: OrthogonalGroup<D>) -> ClosedSubgroup<D> {
        let all = match (D - self.sites.rank, self.group.elements.len()) {
            (0 | 1, _) => {
                let elements = self.matrices().iter().map(orthogonal).collect();
                ClosedSubgroup::Finite(MatrixGroup::from_elements(elements).expect("isometries form a group"))
            }
            (2, elements) if D == 3 => {
                let family = if elements == 1 { Family::Cnv } else { Family::Dnh };
                let axis = SVector::from_fn(|i, _| self.sites.basis[(i, 0)]);
                ClosedSubgroup::Axial(AxialGroup::new(family, axis).expect("a unit vector of space"))
            }
            _ => ClosedSubgroup::Full(OrthogonalGroup::full()),
        };
        if group.is_special() { all.proper() } else { all }
    }

    /// The stabilizer of the cloud as a list.
    pub(super) fn relabelled_stabilizer(&self, group: OrthogonalGroup<D>) -> RelabelledStabilizer<D> {
        let copies = if self.is_of_codimension_one() { 2 } else { 1 };
        let elements = self.group.elements.iter();
        let permutations = elements.flat_map(|g| std::iter::repeat_n(self.of_points(&g.images), copies));
        let representatives = self.matrices().iter().map(orthogonal).zip(permutations).collect();
        RelabelledStabilizer::new(self.stabilizer(group), representatives, self.equal())
    }

    /// The canonical frame: `h` in `group`, about the centre, of which the inverse takes the cloud to its canonical form.
    #[must_use]
    pub fn frame(&self, group: OrthogonalGroup<D>) -> Orthogonal<D> {
        self.ordered_frame(group).0
    }

    /// [`frame`](Self::frame) for as long as nobody [stops](StopFlag::stop) it.
    ///
    /// ```
    /// use sympe_canon::graph::StopFlag;
    /// use sympe_canon::points::{PointCloud, PointSearch};
    /// use sympe_groups::OrthogonalGroup;
    /// let pair = PointCloud::of_one_type(vec![[5.0, 2.0], [5.0, 4.0]])?;
    /// let (found, group) = (PointSearch::default().run(&pair)?, OrthogonalGroup::full());
    /// assert_eq!(found.frame_until(group, &StopFlag::default())?, found.frame(group));
    /// # Ok::<(), sympe_canon::CanonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CanonError::Stopped`].
    pub fn frame_until(
        &self,
        group: OrthogonalGroup<D>,
        stop: &StopFlag,
    ) -> Result<Orthogonal<D>, CanonError> {
        Ok(self.ordered_frame_until(group, stop)?.0)
    }

    /// The canonical frame, and the points in the order of the form.
    pub(super) fn ordered_frame(&self, group: OrthogonalGroup<D>) -> (Orthogonal<D>, Permutation) {
        let found = self.ordered_frame_until(group, &StopFlag::default());
        found.expect("nobody stops it")
    }

    fn ordered_frame_until(
        &self,
        group: OrthogonalGroup<D>,
        stop: &StopFlag,
    ) -> Result<(Orthogonal<D>, Permutation), CanonError> {
        let is_right_handed = group.is_special() && self.sites.rank == D;
        let form = form::least(&self.sites, &self.frames, &self.group, is_right_handed, stop)?;
        let mut axes = self.sites.basis * form.axes;
        if !group.contains(&orthogonal(&axes)) {
            // What is across the span has no direction of its own.
            axes.column_mut(D - 1).neg_mut();
        }
        let points = form
            .order
            .iter()
            .flat_map(|&site| &self.sites.members[site as usize]);
        let order = Permutation::from_images(points.copied().collect()).expect("each point is at one site");
        Ok((orthogonal(&axes), order))
    }
}

impl PointSymmetry<3> {
    /// The point group: by its symbol after Schoenflies, `C3v`, `D6h`, `S4`, `Td`; `Cinfv` or `Dinfh` of points on a line, `Kh` of
    /// points at one place.
    #[must_use]
    pub fn symbol(&self) -> PointGroup {
        let (family, n) = match (self.sites.rank, self.group.elements.len()) {
            (0, _) => (Family::Kh, None),
            (1, 1) => (Family::Cnv, None),
            (1, _) => (Family::Dnh, None),
            _ => return symbol::point_group(&self.matrices()),
        };
        PointGroup::new(family, n).expect("an infinite group")
    }
}

impl PointSymmetry<2> {
    /// The point group: `C3` of three rotations, `D3` of three rotations and three mirrors, `Dinf` of points at one place.
    #[must_use]
    pub fn symbol(&self) -> Rosette {
        let has_mirrors = self.proper_order() != self.order() || self.sites.rank == 0;
        let n = self.proper_order().map(|order| order as u32);
        Rosette::new(has_mirrors, n).expect("as many rotations as points at most")
    }
}

/// The matrix of a map of space, or of the plane without padding.
pub(super) fn orthogonal<const D: usize>(matrix: &Matrix3<f64>) -> Orthogonal<D> {
    Orthogonal::new(SMatrix::from_fn(|i, j| matrix[(i, j)])).expect("isometries are orthogonal")
}
