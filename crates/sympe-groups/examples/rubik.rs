//! The group of the 3×3×3 cube on its 48 movable facelets: order, orbits, and what the corners alone can do.
//!
//! `cargo run --release -p sympe-groups --example rubik`

use rand::{SeedableRng, rngs::ChaCha8Rng};
use sympe_groups::{GroupError, PermGroup, Permutation};

/// Quarter turns of the faces: up, left, front, right, back, down; facelets numbered from 1.
const TURNS: [&str; 6] = [
    "(1 3 8 6)(2 5 7 4)(9 33 25 17)(10 34 26 18)(11 35 27 19)",
    "(9 11 16 14)(10 13 15 12)(1 17 41 40)(4 20 44 37)(6 22 46 35)",
    "(17 19 24 22)(18 21 23 20)(6 25 43 16)(7 28 42 13)(8 30 41 11)",
    "(25 27 32 30)(26 29 31 28)(3 38 43 19)(5 36 45 21)(8 33 48 24)",
    "(33 35 40 38)(34 37 39 36)(3 9 46 32)(2 12 47 29)(1 14 48 27)",
    "(41 43 48 46)(42 45 47 44)(14 22 30 38)(15 23 31 39)(16 24 32 40)",
];

fn main() -> Result<(), GroupError> {
    let turns: Result<Vec<_>, _> = TURNS
        .iter()
        .map(|text| Permutation::parse_from(text, 48, 1))
        .collect();
    let cube = PermGroup::new(48, turns?)?;
    println!("positions of the cube: {}", cube.order());
    assert_eq!(cube.order().to_string(), "43252003274489856000");

    let sizes: Vec<usize> = cube.orbits().iter().map(Vec::len).collect();
    println!("orbits: {sizes:?} (corner facelets, edge facelets)");

    let corners = cube.orbit_of(0);
    println!(
        "positions with all corners solved: {}",
        cube.pointwise_stabilizer(&corners).order()
    );

    // One swapped pair of facelets is the classic unsolvable cube.
    let swapped = Permutation::parse_from("(2 5)", 48, 1)?;
    println!(
        "one pair of stickers exchanged, solvable: {}",
        cube.contains(&swapped)
    );

    let scramble = cube.sample(&mut ChaCha8Rng::seed_from_u64(2025));
    println!("a uniformly random position: {}", scramble.display_from(1));
    println!("repeated {} times it returns", scramble.order());
    Ok(())
}
