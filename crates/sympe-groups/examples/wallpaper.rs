//! Symmetries of a torus: what they do to sites and to bonds.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_groups::lattice::{Bond, LatticeGroup};
use sympe_groups::{Action, Group, GroupError, Subgroup};

fn main() -> Result<(), GroupError> {
    let group: LatticeGroup = "p4m(4x4) x Z2".parse()?;
    println!("{group} has {} elements", group.order());

    let g = group.sample(&mut ChaCha8Rng::seed_from_u64(3));
    println!("a random one: {g}");
    println!("its inverse:  {}", g.inverse());
    assert_eq!(g.compose(&g.inverse()), group.identity());

    // A bond moves with its two ends.
    let bond = Bond {
        site: [1, 2],
        axis: 0,
    };
    println!("the bond {bond:?} goes to {:?}", g.bond(bond));

    // A stripe of spins, before and after.
    let stripe: Vec<i8> = (0..16).map(|site| if site / 4 == 0 { 1 } else { -1 }).collect();
    for (before, after) in stripe.chunks(4).zip(g.act(stripe.as_slice()).chunks(4)) {
        println!("{}   {}", signs(before), signs(after));
    }
    Ok(())
}

fn signs(spins: &[i8]) -> String {
    spins
        .iter()
        .map(|spin| if *spin > 0 { '+' } else { '-' })
        .collect()
}
