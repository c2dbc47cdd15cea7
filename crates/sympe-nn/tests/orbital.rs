//! Networks with labels of orbitals: equivariant under a group and its 2-closure, and under nothing else.

mod common;

use candle_core::{DType, Device, Result, Tensor};
use common::random;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_canon::graph::SymmetrySearch;
use sympe_groups::lattice::{LatticeGroup, Wallpaper};
use sympe_groups::{FiniteSubgroup, Group, PermGroup, Permutation, PermutationRep};
use sympe_nn::action::Permuted;
use sympe_nn::check::{Check, Gradients, gradient_error};
use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
use sympe_nn::models::{
    Autoencoder, AutoencoderConfig, Backbone, Channels, GraphInput, Network, OrbitalFeatures, OrbitalNet,
    OrbitalNetConfig,
};
use sympe_nn::params::ParamStore;

/// A wallpaper group on the sites of a torus.
fn on_sites(wallpaper: Wallpaper, side: u32) -> PermGroup {
    let group = LatticeGroup::new(wallpaper, side, side).unwrap();
    let permutation = |g: &_| {
        let mut index = vec![0; (side * side) as usize];
        PermutationRep::write_index(g, &mut index);
        Permutation::from_images(index).unwrap().inverse()
    };
    PermGroup::new(
        (side * side) as usize,
        group.generators().iter().map(permutation).collect(),
    )
    .unwrap()
}

/// Groups with the order of their 2-closures, found by other means: `None` where it is the group's own.
fn groups() -> Vec<(&'static str, PermGroup, Option<u64>)> {
    let wreath = PermGroup::cyclic(3).wreath(&PermGroup::cyclic(3)).unwrap();
    let blocks = PermGroup::symmetric(3).wreath(&PermGroup::symmetric(2)).unwrap();
    vec![
        ("trivial", PermGroup::trivial(4), None),
        ("cyclic", PermGroup::cyclic(6), None),
        ("dihedral", PermGroup::dihedral(7), None),
        // All pairs in different blocks in one order are one orbital, so blocks turn on their own.
        ("C3 wr C3", wreath, None),
        ("S3 wr S2", blocks, None),
        ("p4m(3x3)", on_sites(Wallpaper::P4m, 3), None),
        ("p4(5x5)", on_sites(Wallpaper::P4, 5), None),
        ("alternating", PermGroup::alternating(6), Some(720)),
        ("symmetric", PermGroup::symmetric(5), None),
        ("one point", PermGroup::trivial(1), None),
    ]
}

/// A permutation outside of the group, if there is one.
fn outside(group: &PermGroup) -> Option<Permutation> {
    let n = group.degree();
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let exchanges = (1..n as u32).map(|i| Permutation::from_cycles(n, &[&[i - 1, i]]).unwrap());
    exchanges
        .chain((0..20).map(|_| Permutation::random(n, &mut rng)))
        .find(|g| !group.contains(g))
}

#[test]
fn networks_commute_with_the_two_closure_and_with_nothing_else() -> Result<()> {
    for (name, group, order) in groups() {
        let n = group.degree();
        let closure = SymmetrySearch::default().two_closure(&group).unwrap();
        assert_eq!(
            Some(closure.order_u64().unwrap()),
            order.or(group.order_u64()),
            "{name}"
        );
        for dtype in [DType::F32, DType::F64] {
            let store = ParamStore::new(1, dtype, &Device::Cpu);
            let config = OrbitalNetConfig { hidden: 8, layers: 2 };
            let net = OrbitalNet::new(&group, 3, 2, config, &store.root())?;
            let (x, nodes) = (random(&[2, n, 3], dtype, 2)?, Permuted::dim(1));
            let under = |elements: Vec<Permutation>| {
                let model = |x: &[Tensor]| net.forward_t(&x[0], false);
                Check::new(name, elements, model)
                    .input(&x, &nodes)
                    .output(&nodes)
                    .equivariance()
            };
            for of in [&group, &closure] {
                let mut elements = of.generators().to_vec();
                elements.push(Permutation::identity(n));
                under(elements)?.ensure()?;
            }
            if let Some(witness) = outside(&closure) {
                let found = under(vec![witness])?;
                assert!(!found.holds() && found.value > 1e-4, "{name}: {found:?}");
            }
            if dtype == DType::F64 && n > 1 {
                let loss = || net.forward_t(&x, true)?.sqr()?.sum_all();
                assert_eq!(
                    Gradients::of(name, store.vars(), &loss()?)?.uncovered().count(),
                    0,
                    "{name}"
                );
                let error = gradient_error(&store, loss, 2)?;
                assert!(error < 1e-5, "{name}: relative error {error}");
            }
        }
    }
    Ok(())
}

#[test]
fn with_draws_from_the_group_the_network_is_jointly_equivariant_and_breaks_it() -> Result<()> {
    for (name, group, _) in groups() {
        let (n, mut rng) = (group.degree(), ChaCha8Rng::seed_from_u64(3));
        let store = ParamStore::new(4, DType::F64, &Device::Cpu);
        let table = TableEncoding::new(n, 4, TableConfig::default(), &store.root())?;
        let net = OrbitalNet::new(&group, 1 + 4, 1, OrbitalNetConfig::default(), &store.root())?;
        let nodes = Permuted::dim(1);
        let model = |x: &Tensor, places: &Tensor| {
            net.forward_t(&Tensor::cat(&[x, &table.encode(places)?], 2)?, false)
        };
        let draw = |g: &Permutation| Tensor::new(g.inverse().images(), &Device::Cpu)?.unsqueeze(0);
        let equal = Tensor::ones((1, n, 1), DType::F64, &Device::Cpu)?;
        let elements: Vec<Permutation> = (0..6).map(|_| group.sample(&mut rng)).collect();
        let joint = Check::new(name, elements.clone(), |x: &[Tensor]| model(&x[0], &x[1]))
            .input(&random(&[1, n, 1], DType::F64, 5)?, &nodes)
            .input(&draw(&group.sample(&mut rng))?, &nodes)
            .output(&nodes);
        joint.ensure_equivariant()?;
        if group.is_trivial() {
            continue;
        }
        // Equal nodes: all of the group is their stabilizer, and a uniform element a draw from the kernel.
        let at = |g: &Permutation| {
            let draw = draw(g);
            let broken = Check::new(name, elements.clone(), |x: &[Tensor]| {
                model(&x[0], draw.as_ref().unwrap())
            });
            broken
                .input(&equal, &nodes)
                .output(&nodes)
                .curie(group.generators())
        };
        at(&group.sample(&mut rng))?.broken(1e-3).ensure()?;
        let law = Check::new(name, elements.clone(), |x: &[Tensor]| Ok(x[0].clone()))
            .input(&equal, &nodes)
            .output(&nodes);
        let sample = |x: &[Tensor], rng: &mut dyn rand::Rng| model(&x[0], &draw(&group.sample(rng))?);
        law.distribution(60, 6, sample)?.ensure()?;
    }
    Ok(())
}

#[test]
fn labels_make_other_networks_equivariant_under_the_group_too() -> Result<()> {
    let group = PermGroup::cyclic(5);
    let labels = OrbitalFeatures::new(&group, DType::F64, &Device::Cpu)?;
    let store = ParamStore::new(7, DType::F64, &Device::Cpu);
    let channels = Channels {
        nodes: labels.nodes().dim(1)?,
        pairs: labels.pairs().dim(2)?,
        classes: None,
    };
    let config = AutoencoderConfig {
        network: Network::Gnn,
        hidden: 8,
        layers: 2,
        embedding: 3,
        ..Default::default()
    };
    let model = Autoencoder::with_channels(config, channels, &store.root())?;
    let embed = |x: &[Tensor]| {
        let input = GraphInput::new(x[0].clone(), Tensor::ones((1, 5), DType::F64, &Device::Cpu)?)?;
        model.embed(&labels.adjoin_to(&input)?)
    };
    let mut adjacency = vec![0f64; 25];
    for (i, j) in [(0, 1), (1, 2), (1, 3)] {
        adjacency[i * 5 + j] = 1.0;
        adjacency[j * 5 + i] = 1.0;
    }
    let adjacency = Tensor::from_vec(adjacency, (1, 5, 5), &Device::Cpu)?;
    let under = |elements: Vec<Permutation>| {
        Check::new("labelled", elements, embed)
            .input(&adjacency, Permuted::dims([1, 2]))
            .output(Permuted::dim(1))
            .equivariance()
    };
    under(group.elements().collect())?.ensure()?;
    let reflection = PermGroup::dihedral(5)
        .elements()
        .find(|g| !group.contains(g))
        .unwrap();
    let found = under(vec![reflection])?;
    assert!(found.value > 1e-6, "{found:?}");
    let wider = GraphInput::new(
        Tensor::zeros((1, 6, 6), DType::F64, &Device::Cpu)?,
        Tensor::ones((1, 6), DType::F64, &Device::Cpu)?,
    )?;
    let error = labels.adjoin_to(&wider).unwrap_err().to_string();
    assert!(
        error.starts_with("6 nodes, expected 5, the degree of the group"),
        "{error}"
    );
    Ok(())
}

#[test]
fn sizes_that_make_no_network_are_errors() {
    let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    let group = PermGroup::cyclic(3);
    for (inputs, outputs, hidden, layers) in [(0, 1, 4, 1), (1, 0, 4, 1), (1, 1, 0, 1), (1, 1, 4, 0)] {
        let config = OrbitalNetConfig { hidden, layers };
        let error = OrbitalNet::new(&group, inputs, outputs, config, &store.root()).unwrap_err();
        assert!(
            error.to_string().contains("expected at least 1 of each"),
            "{error}"
        );
    }
    let error = OrbitalFeatures::new(&PermGroup::trivial(200), DType::F32, &Device::Cpu).unwrap_err();
    assert!(
        error.to_string().contains("expected at most 536870912"),
        "{error}"
    );
}
