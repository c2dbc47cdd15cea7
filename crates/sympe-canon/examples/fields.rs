//! Fields on a torus: canonical forms, stabilizers, and draws from the inversion kernel.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_canon::lattice::{LatticeField, LatticeSymmetry};
use sympe_canon::{CanonError, Canonicalizer};
use sympe_groups::{Action, Group};

fn main() -> Result<(), CanonError> {
    let symmetry = LatticeSymmetry::new("p4m(6x6)".parse().expect("a name of a group"));
    let field = |value: fn(usize, usize) -> i64| {
        let values = (0..36).map(|site| value(site / 6, site % 6)).collect();
        LatticeField::new(6, 6).with_sites(values)
    };
    for (name, field) in [
        ("uniform", field(|_, _| 0)?),
        ("checkerboard", field(|i, j| ((i + j) % 2) as i64)?),
        ("diagonal stripes", field(|i, j| ((i + j) % 3) as i64)?),
        ("a defect", field(|i, j| i64::from(i == 2 && j == 3))?),
    ] {
        let found = symmetry.canonicalize(&field)?;
        let orbit = symmetry.group().order() / found.stabilizer.order();
        println!(
            "{name}: stabilizer of order {}, orbit of {orbit}",
            found.stabilizer.order()
        );

        // Every draw takes the canonical form to the field; which one it is, chance decides evenly.
        let form = found.element.inverse().act(&field);
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..2 {
            let g = found.sample(&mut rng);
            assert_eq!(g.act(&form), field);
            println!("  {g}");
        }
    }
    Ok(())
}
