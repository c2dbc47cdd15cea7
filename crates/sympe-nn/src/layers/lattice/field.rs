//! What a lattice group does to fields.

use candle_core::{Result, Tensor};
use sympe_groups::lattice::{LatticeElement, PointOperation, Wallpaper};
use sympe_groups::{Group, PermutationRep};

/// The numbers at one site, and how the point group `P` permutes them.
///
/// ```
/// use sympe_groups::lattice::Wallpaper;
/// use sympe_nn::layers::lattice::Fibre;
/// assert_eq!(Fibre::Scalar.size(Wallpaper::P4m), 1);
/// assert_eq!(Fibre::Directions.size(Wallpaper::P4m), 4);
/// assert_eq!(Fibre::Regular.size(Wallpaper::P4m), 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fibre {
    /// One number that nothing changes.
    Scalar,
    /// One number for each of the directions down, right, up, left: what couplings look like from a site.
    Directions,
    /// One number for each element of `P`, in the order of [`Wallpaper::points`]: `(A·f)(p) = f(A⁻¹p)`.
    Regular,
}

/// Down, right, up, left.
const DIRECTIONS: [[i64; 2]; 4] = [[1, 0], [0, 1], [-1, 0], [0, -1]];

impl Fibre {
    /// `S`, how many numbers there are.
    #[must_use]
    pub fn size(self, group: Wallpaper) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Directions => DIRECTIONS.len(),
            Self::Regular => group.points().len(),
        }
    }

    /// Where number `s` goes.
    pub(super) fn image(self, point: PointOperation, s: usize, points: &[PointOperation]) -> usize {
        match self {
            Self::Scalar => 0,
            Self::Directions => {
                let image = point.apply(DIRECTIONS[s]);
                let found = DIRECTIONS.iter().position(|direction| *direction == image);
                found.expect("point operations permute the directions")
            }
            Self::Regular => {
                let image = point.compose(points[s]);
                let found = points.iter().position(|point| *point == image);
                found.expect("a point group is closed")
            }
        }
    }
}

/// What the positions of a field are.
///
/// A filter of even size has its middle between the sites, so it takes a field on sites to one on plaquettes, and back.
///
/// ```
/// use sympe_nn::layers::lattice::Location;
/// assert_eq!(Location::Sites.after(3), Location::Sites);
/// assert_eq!(Location::Sites.after(2), Location::Plaquettes);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Location {
    /// Sites.
    #[default]
    Sites,
    /// Squares of four sites, named by the one in the least row and column.
    Plaquettes,
}

impl Location {
    /// Where the results of a filter of this size are.
    #[must_use]
    pub fn after(self, size: usize) -> Self {
        match (self, size % 2) {
            (location, 1) => location,
            (Self::Sites, _) => Self::Plaquettes,
            (Self::Plaquettes, _) => Self::Sites,
        }
    }
}

/// The action of a group on a field: what is at a position, and what the positions are.
///
/// ```
/// use sympe_groups::lattice::Wallpaper;
/// use sympe_nn::layers::lattice::{Fibre, FieldType, Location};
/// let couplings = FieldType::on_sites(Wallpaper::P4m, Fibre::Directions);
/// assert_eq!((couplings.size(), couplings.location), (4, Location::Sites));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    /// The wallpaper group.
    pub group: Wallpaper,
    /// The numbers at a position.
    pub fibre: Fibre,
    /// The positions.
    pub location: Location,
}

impl FieldType {
    /// A field on sites.
    #[must_use]
    pub fn on_sites(group: Wallpaper, fibre: Fibre) -> Self {
        Self {
            group,
            fibre,
            location: Location::Sites,
        }
    }

    /// `S`, the size of a fibre.
    #[must_use]
    pub fn size(&self) -> usize {
        self.fibre.size(self.group)
    }
}

/// `g·f` for a field `[B, C·S, h, w]`: `(g·f)(s, r) = f(A⁻¹s, g⁻¹r)`. The spin flip does nothing here.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use sympe_groups::lattice::{LatticeGroup, Wallpaper};
/// use sympe_nn::layers::lattice::{Fibre, FieldType, transform};
/// let group = LatticeGroup::new(Wallpaper::P1, 1, 3).unwrap();
/// let step = group.identity().with_shift([0, 1]);
/// let field = Tensor::new(&[[[[1f32, 2.0, 4.0]]]], &Device::Cpu)?;
/// let moved = transform(&field, &step, FieldType::on_sites(Wallpaper::P1, Fibre::Scalar))?;
/// assert_eq!(moved.flatten_all()?.to_vec1::<f32>()?, [4.0, 1.0, 2.0]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the field is on another torus, its channels are no multiple of `S`, or `g` is not of the group.
pub fn transform(field: &Tensor, g: &LatticeElement, field_type: FieldType) -> Result<Tensor> {
    let FieldType {
        group,
        fibre,
        location,
    } = field_type;
    let (batch, channels, h, w) = field.dims4()?;
    let (size, points) = (fibre.size(group), group.points());
    let shape = g.shape().map(|side| side as usize);
    if shape != [h, w] || channels % size != 0 || !points.contains(&g.point) {
        candle_core::bail!(
            "transform: the field {:?} with fibres of {size} does not fit an element of {group}({}x{})",
            field.dims(),
            shape[0],
            shape[1]
        );
    }
    let inverse = g.inverse();
    let mut index = vec![0; size * h * w];
    for s in 0..size {
        let from = fibre.image(inverse.point, s, &points) * h * w;
        let (sites, first) = (&mut index[s * h * w..][..h * w], from as u32);
        match location {
            Location::Sites => g.write_index(sites),
            Location::Plaquettes => {
                for (site, from) in sites.iter_mut().enumerate() {
                    let [i, j] = inverse.plaquette([(site / w) as u32, (site % w) as u32]);
                    *from = i * w as u32 + j;
                }
            }
        }
        sites.iter_mut().for_each(|site| *site += first);
    }
    let index = Tensor::from_vec(index, size * h * w, field.device())?;
    field
        .reshape((batch * (channels / size), size * h * w))?
        .index_select(&index, 1)?
        .reshape(field.dims())
}
