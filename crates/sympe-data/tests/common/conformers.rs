//! Conformers of molecules with at most one ring: ideal bonds and angles, any torsions. Atoms may be too close.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f64::consts::TAU;
use sympe_data::molecule::{BondOrder, Element, Molecule};
use sympe_groups::nalgebra::Vector3;

/// The places of the atoms of a ring of six with double bonds; of the first atom alone, if there is none.
pub(crate) fn hexagon(molecule: &Molecule) -> Vec<Option<Vector3<f64>>> {
    let mut places = vec![None; molecule.len()];
    let is_double = |v: u32| molecule.neighbors(v).any(|(_, order)| order == BondOrder::Double);
    let Some(mut at) = (0..molecule.len() as u32).find(|&v| is_double(v)) else {
        places[0] = Some(Vector3::zeros());
        return places;
    };
    for corner in 0..6 {
        let (sin, cos) = (TAU * f64::from(corner) / 6.0).sin_cos();
        places[at as usize] = Some(Vector3::new(cos, sin, 0.0) * 1.4);
        let mut next = molecule.neighbors(at).map(|(u, _)| u).filter(|&u| is_double(u));
        if let Some(u) = next.find(|&u| places[u as usize].is_none()) {
            at = u;
        }
    }
    places
}

/// Angles at random.
pub(crate) fn random(rng: &mut ChaCha8Rng) -> impl FnMut() -> f64 {
    || rng.random_range(0.0..TAU)
}

/// The places of all atoms, from those of some, the bonds turned by the next angles.
pub(crate) fn grown(
    molecule: &Molecule,
    core: &[Option<Vector3<f64>>],
    torsion: &mut dyn FnMut() -> f64,
) -> Vec<[f64; 3]> {
    let mut places = core.to_vec();
    let mut queue: Vec<u32> = (0..molecule.len() as u32)
        .filter(|&v| places[v as usize].is_some())
        .collect();
    let mut next = 0;
    while next < queue.len() {
        let atom = queue[next];
        next += 1;
        let here = places[atom as usize].expect("a placed atom");
        let neighbors: Vec<u32> = molecule.neighbors(atom).map(|(u, _)| u).collect();
        let placed: Vec<Vector3<f64>> = neighbors
            .iter()
            .filter_map(|&u| places[u as usize])
            .map(|place| here - place)
            .collect();
        let away = placed
            .iter()
            .sum::<Vector3<f64>>()
            .try_normalize(1e-9)
            .unwrap_or(Vector3::z());
        let beside = Vector3::ith(away.iamin(), 1.0).cross(&away).normalize();
        let across = away.cross(&beside);
        let start = torsion();
        let mut index = 0;
        for u in neighbors {
            if places[u as usize].is_some() {
                continue;
            }
            let is_hydrogen = molecule.atoms()[u as usize].element == Element::H;
            let length = if is_hydrogen { 1.09 } else { 1.6 };
            let direction = match placed.len() {
                // The first of four about an atom, or what leaves a ring.
                0 if index == 0 => -away,
                2 => away,
                _ => {
                    let (sin, cos) = (start + TAU * f64::from(index) / 3.0).sin_cos();
                    away / 3.0 + (beside * cos + across * sin) * (8f64.sqrt() / 3.0)
                }
            };
            index += 1;
            places[u as usize] = Some(here + direction * length);
            queue.push(u);
        }
    }
    places
        .into_iter()
        .map(|place| place.expect("a connected molecule").into())
        .collect()
}
