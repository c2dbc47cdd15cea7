//! Encodings fixed by a subgroup: their laws by brute force, and what they leave of Curie's principle.

use candle_core::{DType, Device, Result, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::nalgebra::Vector3;
use sympe_groups::{
    FiniteSubgroup, Group, MatrixGroup, Orthogonal, OrthogonalGroup, PermGroup, Permutation, PermutationRep,
    Subgroup,
};
use sympe_nn::action::{Permuted, Vectors, onto_invariants};
use sympe_nn::check::{Check, Gradients, max_difference, permute};
use sympe_nn::encoding::{
    FieldConfig, FieldEncoding, FieldInit, Invariant, OrbitEncoding, PairTableEncoding, PeriodicField,
    PlacesIn, PositionalEncoding, SmoothedEncoding, TableConfig, TableEncoding, places_of,
};
use sympe_nn::layers::lattice::{Fibre, FieldType, transform};
use sympe_nn::models::{Adjoin, Autoencoder, AutoencoderConfig, GraphInput, Network};
use sympe_nn::params::{Init, ParamStore};

const N: usize = 4;

/// All subgroups of `S_4`: any of them has two generators.
fn subgroups() -> Vec<Vec<Permutation>> {
    let all: Vec<Permutation> = PermGroup::symmetric(N).elements().collect();
    let mut found = BTreeSet::new();
    for a in &all {
        for b in &all {
            let group = PermGroup::new(N, vec![a.clone(), b.clone()]).unwrap();
            let mut elements: Vec<Permutation> = group.elements().collect();
            elements.sort();
            found.insert(elements);
        }
    }
    found.into_iter().collect()
}

/// The places of one draw, `[1, n]`.
fn places<G: PermutationRep>(g: &G) -> Result<Tensor> {
    places_of(std::slice::from_ref(g), &Device::Cpu)
}

/// The entries of a tensor as bits: a name for an encoding.
fn bits(x: &Tensor) -> Result<Vec<u64>> {
    let values = x.flatten_all()?.to_vec1::<f64>()?;
    Ok(values.into_iter().map(f64::to_bits).collect())
}

/// The elements of `all` that map every class to itself, the classes being the least member of the class of each member.
fn keep_classes<G: PermutationRep, const A: usize>(
    all: &[G],
    class_of: impl Fn([u32; A]) -> [u32; A],
    members: &[[u32; A]],
) -> usize {
    let keeps = |g: &&G| {
        let mut index = vec![0; g.degree()];
        g.write_index(&mut index);
        members
            .iter()
            .all(|&m| class_of(m) == class_of(m.map(|i| index[i as usize])))
    };
    all.iter().filter(keeps).count()
}

/// The laws of an encoding fixed by `kept`, exactly; returns how many encodings there are.
fn check_laws<G: PermutationRep>(
    all: &[G],
    kept: &[G],
    encode: impl Fn(&G) -> Result<Tensor>,
    act: impl Fn(&G, &Tensor) -> Result<Tensor>,
) -> Result<usize> {
    let mut encodings = BTreeSet::new();
    for g in all {
        let of_g = encode(g)?;
        for k in kept {
            assert_eq!(
                bits(&encode(&g.compose(k))?)?,
                bits(&of_g)?,
                "e({g:?}·{k:?}) ≠ e({g:?})"
            );
        }
        for h in all.iter().step_by(5) {
            assert_eq!(
                bits(&encode(&h.compose(g))?)?,
                bits(&act(h, &of_g)?)?,
                "e({h:?}·{g:?})"
            );
        }
        encodings.insert(bits(&of_g)?);
    }
    Ok(encodings.len())
}

#[test]
fn tables_tell_exactly_the_cosets_of_all_subgroups_of_s4_apart() -> Result<()> {
    let subgroups = subgroups();
    assert_eq!(subgroups.len(), 30);
    let all: Vec<Permutation> = PermGroup::symmetric(N).elements().collect();
    let nodes: Vec<[u32; 1]> = (0..N as u32).map(|i| [i]).collect();
    let pairs: Vec<[u32; 2]> = (0..16).map(|index| [index / 4, index % 4]).collect();
    let mut exact = BTreeMap::new();
    for elements in subgroups {
        let store = ParamStore::new(1, DType::F64, &Device::Cpu);
        let group = PermGroup::new(N, elements.clone()).unwrap();
        // Nodes: K̄ is all that keeps the orbits.
        let table = TableEncoding::new(N, 3, TableConfig::default(), &store.root())?;
        let table = Invariant::new(table, N, &elements, &Device::Cpu)?;
        let orbits = group.orbit_representatives();
        let closure = keep_classes(&all, |[i]| [orbits[i as usize]], &nodes);
        assert_eq!(table.orbits(), group.orbits().len());
        let found = check_laws(
            &all,
            &elements,
            |g| table.encode(&places(g)?),
            |h, e| permute(e, h, 1),
        )?;
        assert_eq!(found, 24 / closure, "{group}");
        // Pairs: K̄ is the 2-closure.
        let table = PairTableEncoding::invariant(&group, 3, TableConfig::default(), &store.root())?;
        let least: BTreeMap<[u32; 2], [u32; 2]> = group
            .orbitals()
            .iter()
            .flat_map(|of| of.iter().map(|&(a, b)| ([a, b], [of[0].0, of[0].1])))
            .collect();
        let closure = keep_classes(&all, |pair| least[&pair], &pairs);
        let act = |h: &Permutation, e: &Tensor| permute(&permute(e, h, 1)?, h, 2);
        let found = check_laws(&all, &elements, |g| table.encode(&places(g)?), act)?;
        assert_eq!(found, 24 / closure, "{group}");
        *exact.entry(closure == elements.len()).or_insert(0) += 1;
    }
    // Of S_4 only the even permutations are not 2-closed.
    assert_eq!(exact, BTreeMap::from([(false, 1), (true, 29)]));
    Ok(())
}

#[test]
fn fields_keep_sublattices_and_point_operations() -> Result<()> {
    let group = LatticeGroup::new(Wallpaper::P4m, 6, 6).unwrap();
    let (all, identity): (Vec<LatticeElement>, _) = (group.elements().collect(), group.identity());
    let quarter = group
        .point_elements()
        .find(|g| g.point.swap && g.point.is_rotation())
        .unwrap();
    let cases = [
        // Kept, and how many cosets can be told apart.
        (vec![], 288),
        (vec![identity.with_shift([3, 0]), identity.with_shift([0, 3])], 72),
        (vec![quarter], 72),
        // On three by three sites quarter turns have the orbits of reflections, which are kept, too: 9 and not 18.
        (
            vec![identity.with_shift([3, 0]), identity.with_shift([0, 3]), quarter],
            9,
        ),
        // A constant field breaks nothing, whatever else is in K.
        (vec![identity.with_shift([1, 0]), identity.with_shift([0, 1])], 1),
    ];
    let sites: Vec<[u32; 1]> = (0..36).map(|site| [site]).collect();
    for init in FieldInit::ALL {
        for (generators, cosets) in &cases {
            let store = ParamStore::new(2, DType::F64, &Device::Cpu);
            let config = FieldConfig { init, scale: 1.0 };
            let field = FieldEncoding::new([6, 6], 7, config, &store.root())?;
            let field = Invariant::new(field, 36, generators, &Device::Cpu)?;
            let kept =
                sympe_groups::finite::FiniteGroup::generated(identity, generators.clone(), 1000).unwrap();
            let elements: Vec<LatticeElement> = kept.elements().collect();
            let scalar = FieldType::on_sites(Wallpaper::P4m, Fibre::Scalar);
            let encode = |g: &LatticeElement| field.encode(&places(g)?);
            let found = check_laws(&all, &elements, encode, |h, e| transform(e, h, scalar))?;
            assert_eq!(found, *cosets, "{init}, {generators:?}");
            // The same by the orbits of K.
            let mut orbits = sympe_groups::UnionFind::new(36);
            for k in generators {
                let mut index = vec![0; 36];
                k.write_index(&mut index);
                orbits.join_images(&index);
            }
            let of = orbits.into_representatives();
            let closure = keep_classes(&all, |[site]| [of[site as usize]], &sites);
            assert_eq!(found, 288 / closure, "{generators:?}");
        }
    }
    Ok(())
}

#[test]
fn periodic_fields_tell_exactly_the_cosets_of_their_translations_apart() -> Result<()> {
    let group = LatticeGroup::new(Wallpaper::P4m, 6, 6).unwrap();
    let (all, identity): (Vec<LatticeElement>, _) = (group.elements().collect(), group.identity());
    let scalar = FieldType::on_sites(Wallpaper::P4m, Fibre::Scalar);
    for init in FieldInit::ALL {
        for (period, cosets) in [(6, 288), (3, 72), (1, 1)] {
            let store = ParamStore::new(2, DType::F64, &Device::Cpu);
            let config = FieldConfig { init, scale: 1.0 };
            let field = PeriodicField::new([6, 6], [period; 2], 7, config, &store.root())?;
            assert_eq!(store.count(), period * period * 7);
            let step = period as u32;
            let kept: Vec<LatticeElement> = [[0, 0], [step, 0], [0, step], [step, step]]
                .map(|shift| identity.with_shift(shift))
                .to_vec();
            let encode = |g: &LatticeElement| field.encode(&places(g)?);
            let found = check_laws(&all, &kept, encode, |h, e| transform(e, h, scalar))?;
            assert_eq!(found, cosets, "{init}, period {period}");
            // A batch is its members.
            let pair = [all[5], all[100]];
            let both = field.encode(&places_of(&pair, &Device::Cpu)?)?;
            let apart = Tensor::cat(&[encode(&pair[0])?, encode(&pair[1])?], 0)?;
            assert_eq!(max_difference(&both, &apart)?, 0.0);
        }
    }
    let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    let error = PeriodicField::new([6, 6], [4, 3], 1, FieldConfig::default(), &store.root()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("period 4 × 3 on 6 × 6 sites, expected divisors"),
        "{error}"
    );
    Ok(())
}

#[test]
fn an_encoding_that_sees_the_graph_keeps_a_subgroup_too() -> Result<()> {
    let store = ParamStore::new(3, DType::F64, &Device::Cpu);
    let smoothed = SmoothedEncoding::new(6, 4, 1.0, &store.root())?;
    let others = PermGroup::symmetric(6).pointwise_stabilizer(&[0, 1]);
    let encoding = Invariant::new(smoothed, 6, others.generators(), &Device::Cpu)?;
    let (mut rng, whole) = (ChaCha8Rng::seed_from_u64(4), PermGroup::symmetric(6));
    let adjacency = Tensor::zeros((1, 6, 6), DType::F64, &Device::Cpu)?;
    for _ in 0..20 {
        let (g, k) = (whole.sample(&mut rng), others.sample(&mut rng));
        let encode = |g: &Permutation| {
            let draw = PlacesIn {
                places: places(g)?,
                adjacency: adjacency.clone(),
            };
            encoding.encode(&draw)
        };
        assert_eq!(bits(&encode(&g)?)?, bits(&encode(&g.compose(&k))?)?);
        let expected = permute(&encode(&g)?, &k, 1)?;
        assert_eq!(bits(&encode(&k.compose(&g))?)?, bits(&expected)?);
    }
    Ok(())
}

#[test]
fn curie_binds_what_is_kept_and_not_what_is_broken() -> Result<()> {
    // Five nodes without edges: all permutations are symmetries. One node is distinguished; the others stay alike.
    let n = 5;
    let store = ParamStore::new(5, DType::F64, &Device::Cpu);
    let table = TableEncoding::new(n, 4, TableConfig::default(), &store.root())?;
    let others = PermGroup::symmetric(n).pointwise_stabilizer(&[0]);
    let encoding = Invariant::new(table, n, others.generators(), &Device::Cpu)?;
    let config = AutoencoderConfig {
        network: Network::Gnn,
        hidden: 8,
        layers: 2,
        embedding: 3,
        ..Default::default()
    };
    let model = Autoencoder::new(config, 4, &store.root())?;
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..5 {
        let g = Permutation::random(n, &mut rng);
        let embed = |x: &[Tensor]| {
            let input = GraphInput::new(x[0].clone(), Tensor::ones((1, n), DType::F64, &Device::Cpu)?)?;
            model.embed(&input.adjoin(&encoding.encode(&places(&g)?)?)?)
        };
        let empty = Tensor::zeros((1, n, n), DType::F64, &Device::Cpu)?;
        let check = Check::new("one of five", PermGroup::symmetric(n).elements(), embed)
            .input(&empty, Permuted::dims([1, 2]))
            .output(Permuted::dim(1));
        // Stab(x) ∩ g̃Kg̃⁻¹ = g̃Kg̃⁻¹.
        let remains: Vec<Permutation> = others
            .generators()
            .iter()
            .map(|k| g.compose(k).compose(&g.inverse()))
            .collect();
        let kept = check.curie(&remains)?;
        kept.kept().ensure()?;
        // Four nodes, in each of three channels.
        assert_eq!((kept.orbits.len(), kept.forced_entries()), (3, 12));
        let whole = PermGroup::symmetric(n);
        check.curie(whole.generators())?.broken(1e-3).ensure()?;
    }
    Ok(())
}

#[test]
fn frames_keep_an_axis() -> Result<()> {
    let turn = |angle: f64| Orthogonal::rotation_about(Vector3::new(1.0, 1.0, 1.0), angle).unwrap();
    let third = MatrixGroup::generated(vec![turn(std::f64::consts::TAU / 3.0)], 3).unwrap();
    let store = ParamStore::new(7, DType::F64, &Device::Cpu);
    let v = store.root().get("v", (4, 3), Init::Normal(1.0))?;
    let kept = onto_invariants(&v, third.elements(), Vectors::along(1))?;
    // A projection, with the gradient of one.
    let again = onto_invariants(&kept, third.elements(), Vectors::along(1))?;
    assert!(max_difference(&kept, &again)? < 1e-14 && max_difference(&kept, &v)? > 0.1);
    assert_eq!(
        Gradients::of("frame", store.vars(), &kept.sqr()?.sum_all()?)?
            .uncovered()
            .count(),
        0
    );
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let encode = |g: &Orthogonal<3>| sympe_nn::action::Acts::act(&Vectors::along(1), g, &kept);
    for _ in 0..20 {
        let g = OrthogonalGroup::<3>::full().sample(&mut rng);
        // Not only of the third, of any turn about the axis.
        for angle in [0.1, 1.0, 2.5] {
            assert!(max_difference(&encode(&g)?, &encode(&g.compose(&turn(angle)))?)? < 1e-14);
        }
        assert!(max_difference(&encode(&g)?, &encode(&Orthogonal::default())?)? > 1e-3);
    }
    let none = onto_invariants(&v, std::iter::empty::<Orthogonal<3>>(), Vectors::along(1)).unwrap_err();
    assert!(none.to_string().contains("no element of the group"), "{none}");
    Ok(())
}

#[test]
fn elements_that_do_not_act_on_the_places_are_refused() -> Result<()> {
    let make = |generators: &[LatticeElement]| {
        let store = ParamStore::new(0, DType::F32, &Device::Cpu);
        let field = FieldEncoding::new([4, 4], 1, FieldConfig::default(), &store.root())?;
        Invariant::new(field, 16, generators, &Device::Cpu)
    };
    let mut flip = LatticeGroup::new(Wallpaper::P1, 4, 4)
        .unwrap()
        .with_spin_flip()
        .identity();
    flip.flip = true;
    let error = make(&[flip]).unwrap_err().to_string();
    assert!(error.contains("changes signs"), "{error}");
    let small = LatticeGroup::new(Wallpaper::P1, 2, 4).unwrap().identity();
    let error = make(&[small]).unwrap_err().to_string();
    assert!(error.contains("acts on 8 places, expected 16"), "{error}");
    Ok(())
}

/// What learned kernels draw: weights of places, or of elements. Those of one are as that one, and others the means.
#[test]
fn weights_of_places_and_of_elements_are_means_of_what_is_kept() -> Result<()> {
    let store = ParamStore::new(0, DType::F64, &Device::Cpu);
    let table = TableEncoding::new(N, 3, TableConfig::default(), &store.root())?;
    let others = PermGroup::symmetric(N).pointwise_stabilizer(&[0]);
    let one = Invariant::new(table, N, others.generators(), &Device::Cpu)?;
    let all: Vec<Permutation> = PermGroup::symmetric(N).elements().collect();
    let places_of_all = places_of(&all, &Device::Cpu)?;
    let ranks = Tensor::arange(0, N as u32, &Device::Cpu)?;
    let hard = places_of_all
        .unsqueeze(2)?
        .broadcast_eq(&ranks)?
        .to_dtype(DType::F64)?;
    assert_eq!(
        max_difference(&one.encode(&hard)?, &one.encode(&places_of_all)?)?,
        0.0
    );
    let [a, b] = [0, 7].map(|draw| hard.narrow(0, draw, 1));
    let (a, b) = (a?, b?);
    let mean = ((one.encode(&a)? + one.encode(&b)?)? / 2.0)?;
    assert!(max_difference(&one.encode(&((a + b)? / 2.0)?)?, &mean)? < 1e-15);

    let group = LatticeGroup::new(Wallpaper::P4m, 6, 6).unwrap();
    let field = PeriodicField::new(
        [6, 6],
        [3, 3],
        2,
        FieldConfig::default(),
        &store.root().at("field"),
    )?;
    let orbit = OrbitEncoding::periodic(field.clone(), &group)?;
    let elements: Vec<LatticeElement> = group.elements().collect();
    let hard = Tensor::eye(elements.len(), DType::F64, &Device::Cpu)?;
    let expected = field.encode(&places_of(&elements, &Device::Cpu)?)?;
    assert!(max_difference(&orbit.encode(&hard)?, &expected)? < 1e-12);
    Ok(())
}

/// Of the waves that a field starts with, the first ones of a cell of 4 × 4 sites make stripes of two sites whole, and the squares of
/// 2 × 2 sites, which are ground states of superlattices, by half at most; all fifteen make both. A field without a period has
/// waves of other lengths.
#[test]
fn a_few_waves_of_a_cell_make_stripes_and_not_squares() -> Result<()> {
    /// The share of a pattern of mean square 1 that channels make, summed with some factors.
    fn share(channels: &Tensor, pattern: impl Fn(usize) -> f64) -> Result<f64> {
        let channels = channels.get(0)?.flatten_from(1)?.to_vec2::<f64>()?;
        let along = |channel: &Vec<f64>| {
            let products = (0..).zip(channel).map(|(site, value)| value * pattern(site));
            products.sum::<f64>() / channel.len() as f64
        };
        // Waves are orthonormal.
        Ok(channels.iter().map(|channel| along(channel).powi(2)).sum())
    }
    let sign = |place: usize| if (place / 2).is_multiple_of(2) { 1.0 } else { -1.0 };
    for seed in 0..5 {
        let start = |period: usize, dim: usize| {
            let store = ParamStore::new(seed, DType::F64, &Device::Cpu);
            let field = PeriodicField::new([8, 8], [period; 2], dim, FieldConfig::default(), &store.root())?;
            field.encode(&Tensor::arange(0u32, 64, &Device::Cpu)?.unsqueeze(0)?)
        };
        for (period, dim, [stripes, most]) in [(4, 8, [1.0, 0.5]), (4, 15, [1.0, 1.0]), (8, 8, [0.0, 0.0])] {
            let channels = start(period, dim)?;
            let across = share(&channels, |site| sign(site / 8))?;
            let along = share(&channels, |site| sign(site % 8))?;
            assert!(
                (across - stripes).abs() < 1e-9 && (along - stripes).abs() < 1e-9,
                "{across} {along}"
            );
            let squares = share(&channels, |site| sign(site / 8) * sign(site % 8))?;
            assert!(squares <= most + 1e-9, "{squares}");
            assert!(dim < 15 || squares > 1.0 - 1e-9, "{squares}");
        }
    }
    Ok(())
}
