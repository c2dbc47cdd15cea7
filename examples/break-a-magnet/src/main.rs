//! End to end, without training: a uniform magnet, the stabilizer of its couplings, draws from the inversion kernel, and a
//! p4m network whose answer is a uniform field without a draw, and a pattern with one.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_canon::Canonicalizer;
use sympe_canon::lattice::LatticeSymmetry;
use sympe_data::ising::Couplings;
use sympe_groups::lattice::LatticeElement;
use sympe_groups::{Action, Group, PermutationRep};
use sympe_nn::encoding::{FieldConfig, FieldEncoding, PositionalEncoding};
use sympe_nn::models::{Adjoin, Backbone, LatticeInput, LatticeNet, LatticeNetConfig};
use sympe_nn::params::ParamStore;

const SIDE: usize = 6;
const CHANNELS: usize = 8;

fn main() -> Result<()> {
    // Ferromagnetic to the right, antiferromagnetic down: the ground states are two patterns of stripes.
    let couplings = Couplings::uniform([SIDE as u32; 2], -1.0, 1.0, 0.1)?;
    let field = couplings.to_lattice_field().quantized(1e-6)?;
    let symmetry = LatticeSymmetry::new("p4m(6x6)".parse()?);
    let canonicalized = symmetry.canonicalize(&field)?;
    println!(
        "{}: stabilizer of order {}",
        symmetry.group(),
        canonicalized.stabilizer.order()
    );

    // Canonicalize once, draw often: each draw takes one canonical form to the couplings.
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let form = canonicalized.element.inverse().act(&field);
    let draws: Vec<LatticeElement> = (0..2).map(|_| canonicalized.sample(&mut rng)).collect();
    for g in &draws {
        assert_eq!(g.inverse().act(&field), form);
        println!("draw: {g}");
    }

    let device = Device::Cpu;
    let store = ParamStore::new(0, DType::F32, &device);
    let encoding = FieldEncoding::new([SIDE; 2], CHANNELS, FieldConfig::default(), &store.root())?;
    let net = LatticeNet::new(
        LatticeNetConfig::default(),
        [SIDE; 2],
        1 + CHANNELS,
        &store.root(),
    )?;
    let tensor = |values: &[f32]| Tensor::from_slice(values, (1, SIDE, SIDE), &device);
    let input = LatticeInput::new(
        &tensor(couplings.down())?,
        &tensor(couplings.right())?,
        &tensor(couplings.field())?,
    )?;
    let answer = |channels: &Tensor| -> Result<Vec<f32>> {
        let output = net.forward_t(&input.adjoin(channels)?, false)?;
        Ok(output.flatten_all()?.to_vec1()?)
    };

    let same = Tensor::ones((1, CHANNELS, SIDE, SIDE), DType::F32, &device)?;
    let unbroken = answer(&same)?;
    println!(
        "without a draw, the spread over the sites is {:.1e}",
        spread(&unbroken)
    );
    assert!(spread(&unbroken) < 1e-5);

    let mut answers = Vec::new();
    for g in &draws {
        let mut index = vec![0; g.degree()];
        g.write_index(&mut index);
        let draw = Tensor::new(index, &device)?.unsqueeze(0)?;
        answers.push(answer(&encoding.encode(&draw)?)?);
    }
    println!("with one, it is {:.1e}", spread(&answers[0]));
    assert!(spread(&answers[0]) > 1e-3);

    // The couplings look the same to both draws, so the answers are the same up to the symmetry between them.
    let between = draws[1].compose(&draws[0].inverse());
    let moved = between.act(answers[0].as_slice());
    let difference = moved.iter().zip(&answers[1]).map(|(a, b)| (a - b).abs());
    let difference = difference.fold(0f32, f32::max);
    println!("the second answer is the first one moved by {between}, to {difference:.1e}");
    assert!(difference < 1e-5);
    Ok(())
}

/// Largest minus least.
fn spread(values: &[f32]) -> f32 {
    let fold = |f: fn(f32, f32) -> f32| values.iter().copied().reduce(f).unwrap_or_default();
    fold(f32::max) - fold(f32::min)
}
