//! Break a part of a symmetry: one node of a set is chosen and the others stay alike; a magnet gets a direction and keeps
//! its period.

use candle_core::{DType, Device, Result, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::{FiniteSubgroup, Group, PermGroup, Permutation, Subgroup};
use sympe_nn::action::Permuted;
use sympe_nn::check::Check;
use sympe_nn::encoding::{
    FieldConfig, FieldEncoding, Invariant, PositionalEncoding, TableConfig, TableEncoding, places_of,
};
use sympe_nn::layers::lattice::{Fibre, FieldType};
use sympe_nn::models::{
    Adjoin, Autoencoder, AutoencoderConfig, Backbone, GraphInput, LatticeInput, LatticeNet, LatticeNetConfig,
    Network,
};
use sympe_nn::params::ParamStore;

/// Six nodes without edges.
fn one_of_six() -> Result<()> {
    let n = 6;
    let store = ParamStore::new(0, DType::F64, &Device::Cpu);
    let whole = PermGroup::symmetric(n);
    let others = whole.pointwise_stabilizer(&[0]);
    let table = TableEncoding::new(n, 4, TableConfig::default(), &store.root())?;
    let encoding = Invariant::new(table.clone(), n, others.generators(), &Device::Cpu)?;
    let config = AutoencoderConfig {
        network: Network::Gnn,
        embedding: 1,
        ..Default::default()
    };
    let model = Autoencoder::new(config, 4, &store.root())?;
    let empty = Tensor::zeros((1, n, n), DType::F64, &Device::Cpu)?;
    let draw = whole.sample(&mut ChaCha8Rng::seed_from_u64(1));
    let places = places_of(std::slice::from_ref(&draw), &Device::Cpu)?;
    for (name, encoding) in [
        ("all told apart", &table as &dyn PositionalEncoding<Draw = Tensor>),
        ("one chosen", &encoding),
    ] {
        let embed = |x: &[Tensor]| {
            let input = GraphInput::new(x[0].clone(), Tensor::ones((1, n), DType::F64, &Device::Cpu)?)?;
            model.embed(&input.adjoin(&encoding.encode(&places)?)?)
        };
        let z = embed(std::slice::from_ref(&empty))?
            .flatten_all()?
            .to_vec1::<f64>()?;
        println!("{name}: embeddings {z:.3?}");
        // g̃Kg̃⁻¹ fixes input and encoding, so Curie's principle still holds for it.
        let remains: Vec<Permutation> = others
            .generators()
            .iter()
            .map(|k| draw.compose(k).compose(&draw.inverse()))
            .collect();
        let check = Check::new(name, whole.elements(), embed)
            .input(&empty, Permuted::dims([1, 2]))
            .output(Permuted::dim(1));
        println!(
            "  the five others differ by {:.1e}",
            check.curie(&remains)?.spread()
        );
        println!(
            "  all six differ by {:.1e}",
            check.curie(whole.generators())?.spread()
        );
    }
    Ok(())
}

/// A uniform magnet on 6 × 6 sites.
fn a_direction_with_a_period() -> Result<()> {
    let group = LatticeGroup::new(Wallpaper::P4m, 6, 6).expect("a square torus");
    let store = ParamStore::new(0, DType::F64, &Device::Cpu);
    let field = FieldEncoding::new([6, 6], 8, FieldConfig::default(), &store.root())?;
    // Translations by three sites are kept.
    let kept = [
        group.identity().with_shift([3, 0]),
        group.identity().with_shift([0, 3]),
    ];
    let encoding = Invariant::new(field.clone(), 36, &kept, &Device::Cpu)?;
    let net = LatticeNet::new(LatticeNetConfig::default(), [6, 6], 1 + 8, &store.root())?;
    let ones = Tensor::ones((1, 6, 6), DType::F64, &Device::Cpu)?;
    let scalar = FieldType::on_sites(Wallpaper::P4m, Fibre::Scalar);
    let draw = group.sample(&mut ChaCha8Rng::seed_from_u64(2));
    let places = places_of(std::slice::from_ref(&draw), &Device::Cpu)?;
    for (name, encoding) in [
        ("all told apart", &field as &dyn PositionalEncoding<Draw = Tensor>),
        ("a period kept", &encoding),
    ] {
        let output = |x: &[Tensor]| {
            let x = x[0].squeeze(1)?;
            let input = LatticeInput::new(&x, &x, &x)?.adjoin(&encoding.encode(&places)?)?;
            net.forward_t(&input, false)?.unsqueeze(1)
        };
        let check = Check::new(name, group.elements(), output)
            .input(&ones.unsqueeze(1)?, scalar)
            .output(scalar);
        println!("{name}:");
        // Translations commute up to point operations, so those kept are conjugate to themselves.
        let conjugates: Vec<LatticeElement> = kept
            .iter()
            .map(|k| draw.compose(k).compose(&draw.inverse()))
            .collect();
        println!(
            "  three sites on, the output differs by {:.1e}",
            check.curie(&conjugates)?.spread()
        );
        let points: Vec<LatticeElement> = group.point_elements().skip(1).collect();
        println!(
            "  turned and reflected, it differs by {:.1e}",
            check.curie(&points)?.spread()
        );
    }
    Ok(())
}

fn main() -> Result<()> {
    one_of_six()?;
    a_direction_with_a_period()
}
