//! How sure a point group is near the tolerance: the share of noisy clouds in which the whole group is found, against the noise.
//!
//! ```sh
//! cargo run --release -p sympe-canon --example point_groups
//! ```

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::f64::consts::TAU;
use sympe_canon::CanonError;
use sympe_canon::points::{PointCloud, PointSearch, Tolerance};

/// Clouds of each kind and noise.
const TRIALS: u32 = 200;

fn main() -> Result<(), CanonError> {
    let golden = (1.0 + 5f64.sqrt()) / 2.0;
    let signs = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
    let icosahedron = signs.iter().flat_map(|[a, b]| {
        let (one, long) = (*a, b * golden);
        [[0.0, one, long], [one, long, 0.0], [long, 0.0, one]]
    });
    let ring = |n: u32, radius: f64, kind: u32| {
        let angle = move |k: u32| TAU * f64::from(k) / f64::from(n);
        (0..n).map(move |k| (kind, [radius * angle(k).cos(), radius * angle(k).sin(), 0.0]))
    };
    let of_atoms = |atoms: Vec<(u32, [f64; 3])>| {
        let (types, positions): (Vec<u32>, Vec<[f64; 3]>) = atoms.into_iter().unzip();
        PointCloud::new(positions, types)
    };
    let clouds = [
        (
            "octahedron",
            PointCloud::of_one_type(
                (0..3)
                    .flat_map(|axis| [corner(axis, 1.0), corner(axis, -1.0)])
                    .collect(),
            )?,
        ),
        ("icosahedron", PointCloud::of_one_type(icosahedron.collect())?),
        (
            "benzene",
            of_atoms(ring(6, 1.39, 6).chain(ring(6, 2.48, 1)).collect())?,
        ),
    ];
    println!(
        "standard deviation of coordinates, in tolerances; share with the whole group, and with more than one isometry"
    );
    print!("{:>6}", "noise");
    for (name, cloud) in &clouds {
        let symmetry = PointSearch::default().run(cloud)?;
        print!("{:>24}", format!("{name} ({})", symmetry.symbol()));
    }
    println!();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let tolerance = 0.05;
    for step in 1..=10 {
        let noise = 0.05 * f64::from(step);
        print!("{noise:>6.2}");
        for (_, cloud) in &clouds {
            let whole = PointSearch::default().run(cloud)?.order();
            let mut counts = [0; 2];
            for _ in 0..TRIALS {
                // Twelve uniform numbers have variance one.
                let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
                let moved = cloud
                    .positions()
                    .iter()
                    .map(|place| place.map(|x| x + noise * tolerance * normal()));
                let noisy = PointCloud::new(moved.collect(), cloud.types().to_vec())?;
                let found = PointSearch::within(Tolerance::Absolute(tolerance))
                    .run(&noisy)?
                    .order();
                counts[0] += u32::from(found == whole);
                counts[1] += u32::from(found != Some(1));
            }
            let [whole, some] = counts.map(|count| f64::from(count) / f64::from(TRIALS));
            print!("{:>24}", format!("{whole:.2} {some:.2}"));
        }
        println!();
    }
    Ok(())
}

fn corner(axis: usize, sign: f64) -> [f64; 3] {
    std::array::from_fn(|i| if i == axis { sign } else { 0.0 })
}
