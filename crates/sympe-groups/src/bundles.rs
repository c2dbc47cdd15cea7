//! Points that are permuted together.

/// Classes of equal bundles: lists of points of the same length, which a group permutes at will, the `i`-th point of
/// one going to the `i`-th of another. A class of `k` bundles stands for a subgroup isomorphic to `S_k`.
///
/// Classes may be nested: a bundle may contain all of a class that is listed later. Otherwise they are disjoint.
///
/// ```
/// use sympe_groups::Bundles;
/// let mut bundles = Bundles::default();
/// bundles.push_class(2, [0, 1, 2, 3]); // exchanges 0 with 2 and 1 with 3 at once
/// bundles.push_class(1, [4, 5, 6]);
/// let classes: Vec<(usize, &[u32])> = bundles.classes().collect();
/// assert_eq!(classes, [(2, &[0, 1, 2, 3][..]), (1, &[4, 5, 6])]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bundles {
    /// The points of all classes, one after the other.
    points: Vec<u32>,
    /// Of each class the width of its bundles, and the position where its points end.
    classes: Vec<(u32, u32)>,
}

impl Bundles {
    /// Adds a class of bundles of `width` points each, one bundle after the other. Nothing is added unless there are two
    /// bundles.
    ///
    /// # Panics
    ///
    /// When the number of points is not a multiple of a positive `width`.
    pub fn push_class(&mut self, width: usize, points: impl IntoIterator<Item = u32>) {
        let from = self.points.len();
        self.points.extend(points);
        let added = self.points.len() - from;
        assert!(
            width == 1 || width > 0 && added.is_multiple_of(width),
            "the number of points, {added}, is not a multiple of the width of bundles, {width}"
        );
        if added < 2 * width {
            self.points.truncate(from);
        } else {
            self.classes.push((width as u32, self.points.len() as u32));
        }
    }

    /// The classes: the number of points in a bundle, and the points, bundle by bundle.
    pub fn classes(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let mut from = 0;
        self.classes.iter().map(move |&(width, end)| {
            let from = std::mem::replace(&mut from, end);
            (width as usize, &self.points[from as usize..end as usize])
        })
    }

    /// The points of all classes.
    pub(crate) fn points(&self) -> &[u32] {
        &self.points
    }

    /// Whether there is no class.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Removes all classes; memory is kept.
    pub fn clear(&mut self) {
        self.points.clear();
        self.classes.clear();
    }
}
