//! Partial breaking: an encoding of cosets `g̃K`, which breaks a symmetry down to a subgroup and no further.

use super::{PlacesIn, PositionalEncoding, is_weighted};
use candle_core::{Device, Result, Tensor};
use sympe_groups::{PermutationRep, UnionFind};

/// A draw that consists of places in a learned object, `g̃⁻¹(i)` for each node or site `i`.
pub trait Places: Sized {
    /// The places, `[B, N]` (`u32`).
    fn places(&self) -> &Tensor;
    /// The same draw with other places.
    #[must_use]
    fn with_places(&self, places: Tensor) -> Self;
}

impl Places for Tensor {
    fn places(&self) -> &Tensor {
        self
    }

    fn with_places(&self, places: Tensor) -> Self {
        places
    }
}

impl Places for PlacesIn {
    fn places(&self) -> &Tensor {
        &self.places
    }

    fn with_places(&self, places: Tensor) -> Self {
        Self {
            places,
            adjacency: self.adjacency.clone(),
        }
    }
}

/// The places of a batch of draws, `[B, N]` (`u32`): `g̃⁻¹(i)` for each draw and node or site. Draws of fewer nodes than others need padding, which
/// a loader writes.
///
/// ```
/// use candle_core::Device;
/// use sympe_groups::Permutation;
/// use sympe_nn::encoding::places_of;
/// let draws = ["(0 1 2)", "()"].map(|cycles| Permutation::parse(cycles, 3).unwrap());
/// assert_eq!(places_of(&draws, &Device::Cpu)?.to_vec2::<u32>()?, [[2, 0, 1], [0, 1, 2]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
///
/// When the degrees differ, or there is no draw.
pub fn places_of<G: PermutationRep>(draws: &[G], device: &Device) -> Result<Tensor> {
    let Some(degree) = draws.first().map(PermutationRep::degree) else {
        candle_core::bail!("places_of: no draws, expected at least one");
    };
    let mut places = vec![0; draws.len() * degree];
    for (b, g) in draws.iter().enumerate() {
        if g.degree() != degree {
            candle_core::bail!(
                "places_of: draw {b} is of degree {}, expected {degree}",
                g.degree()
            );
        }
        g.write_index(&mut places[b * degree..][..degree]);
    }
    Tensor::from_vec(places, (draws.len(), degree), device)
}

/// An encoding whose `v` is fixed by a subgroup `K`, which acts on the places from the right: `e(g̃·k) = e(g̃)`.
///
/// Where the answer keeps part of the symmetry (one node is distinguished and the others stay alike, a pattern repeats), an encoding
/// that tells all elements apart breaks too much: the network has to learn which differences mean nothing, from samples. Here only
/// the coset `g̃K` is told. Of `Stab(x)` remains `Stab(x) ∩ g̃Kg̃⁻¹`, and Curie's principle still forces outputs equal where that moves
/// them.
///
/// `v` is read at the least place of each orbit of `K`, whatever the encoding inside: a table, a field, one that sees the graph. Law
/// `e(h·g̃) = h·e(g̃)` stays, because `K` acts on the other side.
///
/// # What is kept
///
/// An encoding by one number per place sees no more of `K` than its orbits. It is fixed by all elements that map each orbit to
/// itself, `K̄ ≥ K`, and tells exactly the cosets of `K̄` apart, for generic `v`:
///
/// * for tables of nodes `K̄` is the product of the symmetric groups on the orbits of `K`: a transitive `K`, such as rotations of
///   a ring, leaves nothing to break. Between nodes only such a product can be kept exactly; for others there is
///   [`PairTableEncoding::invariant`](super::PairTableEncoding::invariant), whose `K̄` is the 2-closure;
/// * for fields on a torus a field that *all* translations keep is constant and breaks nothing. A sublattice of period 3 or more
///   keeps what it says: of p4m on 6 × 6 sites the translations by three sites are kept, and 72 cosets told apart. [`PeriodicField`](super::PeriodicField) is the same with
///   better values at the start.
///
/// For frames, and for any representation by matrices, see [`onto_invariants`](crate::action::onto_invariants).
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use sympe_groups::PermGroup;
/// use sympe_nn::encoding::{Invariant, PositionalEncoding, TableConfig, TableEncoding};
/// use sympe_nn::params::ParamStore;
///
/// // Distinguish one of up to four nodes: K moves all ranks but the first.
/// let others = PermGroup::symmetric(4).pointwise_stabilizer(&[0]);
/// let store = ParamStore::new(0, DType::F32, &Device::Cpu);
/// let table = TableEncoding::new(4, 8, TableConfig::default(), &store.root())?;
/// let one = Invariant::new(table, 4, others.generators(), &Device::Cpu)?;
/// let rows = one.encode(&Tensor::new(&[[2u32, 0, 1, 4]], &Device::Cpu)?)?.get(0)?.to_vec2::<f32>()?;
/// assert!(rows[0] == rows[2] && rows[0] != rows[1]);
/// assert_eq!(rows[3], [0.0; 8]); // padding
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Invariant<E> {
    encoding: E,
    /// `[places + 1]` (`u32`): the least place of the orbit of each; padding for itself.
    representatives: Tensor,
    orbits: usize,
}

/// The least place of the orbit of each of so many places, under the group that `generators` generate.
///
/// # Errors
///
/// When a generator acts on another number of places, or changes signs, as the spin flip does.
fn representatives<K: PermutationRep>(places: usize, generators: &[K]) -> Result<Vec<u32>> {
    let mut sets = UnionFind::new(places);
    let mut index = vec![0; places];
    for k in generators {
        if k.degree() != places {
            candle_core::bail!(
                "invariant encoding: {k:?} acts on {} places, expected {places}",
                k.degree()
            );
        }
        if k.sign() != 1.0 {
            candle_core::bail!(
                "invariant encoding: {k:?} changes signs, expected elements that only move places"
            );
        }
        k.write_index(&mut index);
        sets.join_images(&index);
    }
    Ok(sets.into_representatives())
}

impl<E> Invariant<E>
where
    E: PositionalEncoding,
    E::Draw: Places,
{
    /// Makes an encoding of so many places (nodes at most, or sites) invariant under the group that `generators` generate.
    ///
    /// # Errors
    ///
    /// When a generator acts on another number of places, or changes signs, as the spin flip does.
    pub fn new<K: PermutationRep>(
        encoding: E,
        places: usize,
        generators: &[K],
        device: &Device,
    ) -> Result<Self> {
        let mut representatives = representatives(places, generators)?;
        let orbits = (0u32..).zip(&representatives).filter(|(i, of)| i == *of).count();
        representatives.push(places as u32);
        Ok(Self {
            encoding,
            representatives: Tensor::from_vec(representatives, places + 1, device)?,
            orbits,
        })
    }

    /// How many orbits places fall into: what can be told apart.
    #[must_use]
    pub fn orbits(&self) -> usize {
        self.orbits
    }

    /// The encoding inside.
    #[must_use]
    pub fn inner(&self) -> &E {
        &self.encoding
    }
}

impl<E> PositionalEncoding for Invariant<E>
where
    E: PositionalEncoding,
    E::Draw: Places,
{
    type Draw = E::Draw;

    fn dim(&self) -> usize {
        self.encoding.dim()
    }

    fn encode(&self, draw: &E::Draw) -> Result<Tensor> {
        let (places, n) = (draw.places(), self.representatives.elem_count() - 1);
        if is_weighted(places, n)? {
            // The weight of an orbit is the sum of those of its places.
            let of = self.representatives.narrow(0, 0, n)?;
            let kept = places.zeros_like()?.index_add(&of, &places.contiguous()?, 2)?;
            return self.encoding.encode(&draw.with_places(kept));
        }
        let kept = self.representatives.index_select(&places.flatten_all()?, 0)?;
        self.encoding
            .encode(&draw.with_places(kept.reshape(places.shape())?))
    }
}
