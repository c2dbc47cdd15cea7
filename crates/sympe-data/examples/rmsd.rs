//! Symmetry-corrected distances of conformers of molecules with more automorphisms than can be listed, and how long they take: in place,
//! superposed if torsions differ by up to 20 degrees, and if they differ at random.
//!
//! cargo run --release -p sympe-data --example rmsd

#[path = "../tests/common/conformers.rs"]
mod conformers;

use conformers::{grown, hexagon, random};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use std::error::Error;
use std::f64::consts::TAU;
use std::time::Instant;
use sympe_data::molecule::{Conformer, Fit, smiles};
use sympe_groups::{Action, OrthogonalGroup, Permutation};

const PAIRS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let butyl = "C(C)(C)C";
    let molecules = [
        ("hexane", "CCCCCC".to_owned()),
        ("neopentane", "CC(C)(C)C".to_owned()),
        (
            "1,3,5-tri-tert-butylbenzene",
            format!("c1({butyl})cc({butyl})cc({butyl})c1"),
        ),
        (
            "hexa-tert-butylbenzene",
            format!("c1({0})c({0})c({0})c({0})c({0})c1{0}", butyl),
        ),
        ("carbosilane, 2 shells", shells(2)),
        ("carbosilane, 3 shells", shells(3)),
    ];
    println!(
        "{:<28} {:>5} {:>14} {:>12} {:>14} {:>16}",
        "milliseconds per pair", "atoms", "automorphisms", "in place", "superposed", "other torsions"
    );
    for (name, text) in molecules {
        let molecule = smiles::parse(&text, 1)?;
        let (core, n) = (hexagon(&molecule), molecule.len());
        let (mut times, mut order) = ([0.0; 3], String::new());
        for _ in 0..PAIRS {
            // A conformer, one whose torsions are within 20 degrees of its, and one with others; the last two renumbered.
            let mut angles = Vec::new();
            let mut remembered = || {
                angles.push(rng.random_range(0.0..TAU));
                angles[angles.len() - 1]
            };
            let a = Conformer::new("a", molecule.clone(), grown(&molecule, &core, &mut remembered))?;
            let mut next = angles.into_iter();
            let mut near = || next.next().unwrap_or(0.0) + rng.random_range(-0.35..0.35);
            let near = grown(&molecule, &core, &mut near);
            let far = grown(&molecule, &core, &mut random(&mut rng));
            let renumbered = Permutation::random(n, &mut rng);
            let [near, far] = [near, far].map(|places| {
                let places = renumbered.act(&places[..]);
                Conformer::new("b", renumbered.act(&molecule), places)
            });
            let (near, far, any_bond) = (near?, far?, false);
            let moving = Some(OrthogonalGroup::special());
            for (time, (b, superposed)) in
                times
                    .iter_mut()
                    .zip([(&far, None), (&near, moving), (&far, moving)])
            {
                let start = Instant::now();
                let found = a.compare(b, &Fit { superposed, any_bond })?;
                *time += start.elapsed().as_secs_f64() * 1e3 / f64::from(PAIRS);
                order = found.automorphisms;
            }
        }
        let [in_place, near, far] = times;
        let order: f64 = order.parse()?;
        println!("{name:<28} {n:>5} {order:>14.2e} {in_place:>12.3} {near:>14.3} {far:>16.3}");
    }
    Ok(())
}

/// A silicon atom with four arms, each of which branches in three at each shell.
fn shells(count: usize) -> String {
    fn arm(left: usize) -> String {
        if left == 0 {
            "C".to_owned()
        } else {
            format!("C[Si]({0})({0}){0}", arm(left - 1))
        }
    }
    let arm = arm(count - 1);
    format!("[Si]({arm})({arm})({arm}){arm}")
}
