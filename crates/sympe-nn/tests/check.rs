//! Checks find what is broken, name it, and leave alone what rounding explains.

use candle_core::{D, DType, Device, Result, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use sympe_groups::finite::{Product, SignedPermutation, hyperoctahedral};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::nalgebra::Vector3;
use sympe_groups::{
    Euclidean, FiniteSubgroup, Group, Orthogonal, OrthogonalGroup, PermGroup, Permutation, Subgroup,
};
use sympe_nn::action::{Acts, Both, Fixed, Permuted, Points, Signed, Vectors};
use sympe_nn::check::{
    Bound, Check, Coverage, Finding, Gradients, Growth, Law, Report, max_difference, uncovered_parameters,
};
use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
use sympe_nn::layers::lattice::{Fibre, FieldType};
use sympe_nn::layers::{Linear, Mlp};
use sympe_nn::models::{Adjoin, Autoencoder, AutoencoderConfig, GraphInput, Network};
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::{Init, ParamStore, normal};

fn random(shape: &[usize], dtype: DType, seed: u64) -> Result<Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)
}

fn message(found: Result<()>) -> String {
    found.unwrap_err().to_string().lines().next().unwrap().to_owned()
}

/// A layer on sets `[B, N, F]`, with an optional mistake.
struct SetLayer {
    own: Mlp,
    mean: Linear,
    mistake: Mistake,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    /// A bias per position.
    Position,
    /// The first node is left out of the mean.
    Mean,
    /// A sum that runs on, from the first node to the last.
    Cumulative,
}

impl SetLayer {
    fn new(mistake: Mistake, store: &ParamStore) -> Result<Self> {
        Ok(Self {
            own: Mlp::new(3, 8, 3, &store.root().at("own"))?,
            mean: Linear::new(3, 3, &store.root().at("mean"))?,
            mistake,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let n = x.dim(1)?;
        let mean = match self.mistake {
            Mistake::Mean => x.narrow(1, 1, n - 1)?.mean_keepdim(1)?,
            Mistake::Cumulative => (x.cumsum(1)? / n as f64)?,
            _ => x.mean_keepdim(1)?,
        };
        let y = self.own.forward(x)?.broadcast_add(&self.mean.forward(&mean)?)?;
        match self.mistake {
            Mistake::Position => {
                let slope = Tensor::arange(0f64, n as f64, &Device::Cpu)?.affine(1e-3, 0.0)?;
                y.broadcast_add(&slope.to_dtype(x.dtype())?.reshape((1, n, 1))?)
            }
            _ => Ok(y),
        }
    }
}

#[test]
fn a_broken_layer_is_caught_whatever_the_type_and_size_and_a_sound_one_is_not() -> Result<()> {
    for mistake in [
        Mistake::None,
        Mistake::Position,
        Mistake::Mean,
        Mistake::Cumulative,
    ] {
        let report = Report::over([DType::F32, DType::F64], [2, 5, 17, 64], |dtype, n| {
            let store = ParamStore::new(1, dtype, &Device::Cpu);
            let (layer, nodes) = (SetLayer::new(mistake, &store)?, Permuted::dim(1));
            let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
            let elements: Vec<Permutation> = (0..8).map(|_| Permutation::random(n, &mut rng)).collect();
            Check::new(format!("{mistake:?}"), elements, |x: &[Tensor]| {
                layer.forward(&x[0])
            })
            .input(&random(&[2, n, 3], dtype, 2)?, &nodes)
            .output(&nodes)
            .equivariance()
        })?;
        let holding = report.findings().iter().filter(|finding| finding.holds()).count();
        assert_eq!(holding, if mistake == Mistake::None { 8 } else { 0 }, "{report}");
        for finding in report.findings() {
            let orders = finding.orders_above_rounding().unwrap();
            match (mistake, finding.dtype.as_str()) {
                (Mistake::None, _) => assert!(orders < 2.0, "{finding:?}"),
                (_, "f64") => assert!(orders > 6.0, "{finding:?}"),
                _ => {}
            }
            // What the issue asks of every model.
            let most = if finding.dtype == "f64" { 1e-10 } else { 1e-5 };
            assert!(mistake != Mistake::None || finding.value < most, "{finding:?}");
        }
        if mistake == Mistake::Position {
            let found = message(report.ensure());
            assert!(found.starts_with("equivariance of 'Position' fails: "), "{found}");
            assert!(found.ends_with("(and 7 more of 8 findings)"), "{found}");
        }
    }
    Ok(())
}

#[test]
fn tables_are_for_people_and_programs() -> Result<()> {
    // Arithmetic without rounding, so that the table is the same everywhere.
    let neighbours = |x: &[Tensor]| x[0].roll(1, 1)? + x[0].roll(-1, 1)?;
    let ahead = |x: &[Tensor]| x[0].roll(1, 1)? - &x[0];
    let ring = |n: usize, dtype: DType| {
        Tensor::arange(1f64, n as f64 + 1.0, &Device::Cpu)?
            .affine(0.5, 0.0)?
            .unsqueeze(0)?
            .to_dtype(dtype)
    };
    let under = |name: &'static str, dtype, n, model: fn(&[Tensor]) -> Result<Tensor>| {
        Check::new(name, PermGroup::dihedral(n).generators().to_vec(), model)
            .input(&ring(n, dtype)?, Permuted::dim(1))
            .output(Permuted::dim(1))
            .equivariance()
    };
    let mut report = Report::over([DType::F32, DType::F64], [4, 8], |dtype, n| {
        under("neighbours", dtype, n, |x| x[0].roll(1, 1)? + x[0].roll(-1, 1)?)
    })?;
    report.push(under("ahead", DType::F64, 4, |x| x[0].roll(1, 1)? - &x[0])?);
    // Equal values on a ring of four, and a network that tells the first from the others.
    let constant = Tensor::ones((1, 4), DType::F64, &Device::Cpu)?;
    let rotations = PermGroup::cyclic(4);
    let curie = |name: &'static str, model: fn(&[Tensor]) -> Result<Tensor>| {
        Check::new(name, rotations.generators().to_vec(), model)
            .input(&constant, Permuted::dim(1))
            .output(Permuted::dim(1))
            .curie(rotations.generators())
    };
    report.push(curie("neighbours", neighbours)?.kept());
    report.push(curie("ahead", ahead)?.kept());
    let ramp = curie("ramp", |x| x[0].cumsum(1))?;
    report.push(ramp.kept());
    report.push(ramp.broken(0.5));
    let store = ParamStore::new(0, DType::F64, &Device::Cpu);
    let (used, cut) = (
        store.root().get("used", 2, Init::Constant(1.0))?,
        store.root().get("cut", 2, Init::Constant(1.0))?,
    );
    let loss = (&used * cut.detach())?.sum_all()?;
    report.push(Gradients::of("product", store.vars(), &loss)?.finding());
    report.push(Finding::new(
        Law::Padding,
        "of mine",
        f64::NAN,
        Bound::AtMost(1e-6),
    ));
    insta::assert_snapshot!(report.to_string());
    assert_eq!(report.failures().count(), 4);
    let json = serde_json::to_value(&report).unwrap();
    let first = &json["findings"][0];
    assert_eq!(
        (
            first["law"].as_str(),
            first["dtype"].as_str(),
            first["size"].as_str()
        ),
        (Some("equivariance"), Some("f32"), Some("1×4"))
    );
    assert_eq!(
        first["bound"]["at-most"].as_f64(),
        Some(report.findings()[0].value.max(match report.findings()[0].bound {
            Bound::AtMost(most) | Bound::AtLeast(most) => most,
        }))
    );
    Ok(())
}

#[test]
fn relabelling_and_turning_points_is_checked_at_once() -> Result<()> {
    // Each point moves along the differences to the others, by a function of the distance: under S_n × E(3).
    let flow = |x: &[Tensor]| {
        let differences = x[0].unsqueeze(2)?.broadcast_sub(&x[0].unsqueeze(1)?)?;
        let weights = (differences.sqr()?.sum_keepdim(3)? * -0.5)?.exp()?;
        let moves = differences.broadcast_mul(&weights)?.sum(2)?;
        Ok(((&x[0] + &moves)?, moves))
    };
    // The cross product of two moments of the cloud: a rotation turns it, and a reflection reverses it.
    let chiral = |x: &[Tensor]| {
        let centred = x[0].broadcast_sub(&x[0].mean_keepdim(1)?)?;
        let weights = centred.sqr()?.sum_keepdim(2)?;
        let (a, b) = (
            centred.broadcast_mul(&weights)?.sum(1)?,
            centred.broadcast_mul(&weights.sqr()?)?.sum(1)?,
        );
        let turned = |x: &Tensor, by: i32| x.roll(by, 1);
        (turned(&a, -1)? * turned(&b, -2)?)? - (turned(&a, -2)? * turned(&b, -1)?)?
    };
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let group = Product::new(PermGroup::symmetric(6), OrthogonalGroup::<3>::full());
    let elements: Vec<(Permutation, Euclidean<3>)> = (0..10)
        .map(|_| {
            let (order, turn) = group.sample(&mut rng);
            let shift = Vector3::new(normal(&mut rng), normal(&mut rng), normal(&mut rng));
            (order, Euclidean::new(turn, shift).unwrap())
        })
        .collect();
    for (dtype, tolerance) in [(DType::F32, 1e-5), (DType::F64, 1e-13)] {
        let x = random(&[2, 6, 3], dtype, 4)?;
        let (positions, vectors) = (
            Both(Permuted::dim(1), Points::along(2)),
            Both(Permuted::dim(1), Vectors::along(2)),
        );
        let check = Check::new("flow", elements.clone(), flow)
            .input(&x, &positions)
            .output(&positions)
            .output(&vectors);
        let found = check.equivariance()?;
        assert!(found.holds() && found.value < tolerance, "{found:?}");
        // Differences of points are not shifted.
        let wrong = Check::new("flow", elements.clone(), flow)
            .input(&x, &positions)
            .output(&positions)
            .output(&positions);
        let found = wrong.equivariance()?;
        assert!(
            found.value > 0.1 && found.detail.starts_with("output 1 under (Permutation[6]"),
            "{found:?}"
        );
        let of_chirality = |proper: bool| {
            let elements = elements
                .iter()
                .filter(|(_, motion)| motion.is_proper() == proper)
                .cloned();
            Check::new("chiral", elements, chiral)
                .input(&x, &positions)
                .output(Both(Fixed, Vectors::along(1)))
                .equivariance()
        };
        assert!(of_chirality(true)?.holds(), "{:?}", of_chirality(true)?);
        assert!(!of_chirality(false)?.holds());
    }
    Ok(())
}

#[test]
fn signs_are_part_of_an_action() -> Result<()> {
    let group = LatticeGroup::new(Wallpaper::P4m, 4, 4).unwrap().with_spin_flip();
    let elements: Vec<LatticeElement> = group.elements().collect();
    let scalar = FieldType::on_sites(Wallpaper::P4m, Fibre::Scalar);
    let spins = random(&[1, 2, 4, 4], DType::F64, 5)?;
    let local_field = |x: &[Tensor]| {
        let rows = x[0].roll(1, 2)? + x[0].roll(-1, 2)?;
        (rows? + (x[0].roll(1, 3)? + x[0].roll(-1, 3)?)?)?.tanh()
    };
    let energy = |x: &[Tensor]| (&x[0] * local_field(x)?)?.sum_all();
    let check = |model: &'static str| {
        let check = Check::new(model, elements.clone(), move |x: &[Tensor]| match model {
            "field" => local_field(x),
            _ => energy(x),
        });
        check.input(&spins, Signed(scalar))
    };
    check("field").output(Signed(scalar)).ensure_equivariant()?;
    check("energy").output(Fixed).ensure_equivariant()?;
    assert!(check("field").output(scalar).ensure_equivariant().is_err());

    // Without spins all of the group is the stabilizer, and the flip forces every output to vanish.
    let nothing = spins.zeros_like()?;
    let at_nothing = |name, model: fn(&Tensor) -> Result<Tensor>| {
        Check::new(name, [group.identity()], move |x: &[Tensor]| model(&x[0]))
            .input(&nothing, Signed(scalar))
            .output(Signed(scalar))
            .curie(group.generators())
    };
    let odd = at_nothing("odd", |x| x.tanh())?;
    odd.kept().ensure()?;
    assert_eq!((odd.orbits.len(), odd.forced_entries()), (2, 32));
    let even = at_nothing("even", |x| x.affine(1.0, 0.25))?;
    assert_eq!((even.spread(), even.deviation), (0.5, 0.5));
    assert!(message(even.kept().ensure()).contains("curie of 'even' fails: 5.0e-1"));
    Ok(())
}

#[test]
fn curie_finds_the_orbits_of_outputs_and_refuses_what_is_no_symmetry() -> Result<()> {
    // A square of points in the plane: turns exchange points and directions together, so no entry of a vector field is one
    // that another forces, but the field as a whole is bound.
    let square = Tensor::new(&[[1f64, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], &Device::Cpu)?;
    let quarter = (
        Permutation::parse("(0 1 2 3)", 4).unwrap(),
        Orthogonal::<2>::rotation(std::f64::consts::FRAC_PI_2).unwrap(),
    );
    let on_points = Both(Permuted::dim(0), Vectors::along(1));
    let curie = |name, model: fn(&Tensor) -> Result<Tensor>| {
        Check::new(name, [quarter.clone()], move |x: &[Tensor]| model(&x[0]))
            .input(&square, &on_points)
            .output(&on_points)
            .curie(&[quarter.clone()])
    };
    let outwards = curie("outwards", |x| x * 2.0)?;
    outwards.kept().ensure()?;
    // Quarter turns permute coordinates up to signs: eight entries in two orbits, along and across.
    assert_eq!((outwards.orbits.len(), outwards.forced_entries()), (2, 8));
    let stretched = curie("stretched", |x| {
        x.broadcast_mul(&Tensor::new(&[1f64, 1.5], x.device())?)
    })?;
    assert_eq!((stretched.spread(), stretched.deviation), (0.5, 0.5));

    // A turn by an eighth is no symmetry; nor is a relabelling alone.
    let eighth = Orthogonal::<2>::rotation(std::f64::consts::FRAC_PI_4).unwrap();
    let check = Check::new("outwards", [quarter.clone()], |x: &[Tensor]| Ok(x[0].clone()))
        .input(&square, &on_points)
        .output(&on_points);
    let error = check
        .curie(&[(quarter.0.clone(), eighth)])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("moves input 0 by") && error.contains("expected an element of its stabilizer"),
        "{error}"
    );
    assert!(
        check
            .curie(&[])
            .unwrap_err()
            .to_string()
            .contains("no generators of the stabilizer")
    );

    // Three-fold turns are no permutations of coordinates: there are no orbits, and the deviation says it all.
    let third = Orthogonal::<2>::rotation(std::f64::consts::TAU / 3.0).unwrap();
    let origin = Tensor::zeros((1, 2), DType::F64, &Device::Cpu)?;
    let drift = Check::new("drift", [third], |x: &[Tensor]| x[0].affine(1.0, 1.0))
        .input(&origin, Vectors::along(1))
        .output(Vectors::along(1))
        .curie(&[third])?;
    assert!(
        drift.orbits.is_empty() && (drift.spread() - 6f64.sqrt()).abs() < 1.0,
        "{drift:?}"
    );
    assert!(drift.spread() > 1.0 && !drift.kept().holds());
    Ok(())
}

#[test]
fn the_gain_of_symmetrization_is_exact_on_finite_groups() -> Result<()> {
    // A predictor with no symmetry at all, made jointly equivariant under the 48 symmetries of a cube, which act on points by matrices
    // and on draws from the left.
    let group: Vec<SignedPermutation> = hyperoctahedral(3).elements().collect();
    assert_eq!(group.len(), 48);
    let weight = random(&[6, 15], DType::F64, 6)?;
    let predictor = |x: &[Tensor]| {
        let flat = Tensor::cat(&[x[0].flatten_all()?, x[1].flatten_all()?], 0)?;
        weight.matmul(&flat.unsqueeze(1)?)?.tanh()?.reshape((2, 3))
    };
    let (vectors, frames) = (Vectors::along(1), Vectors::along(0));
    let (x, draw, target) = (
        random(&[2, 3], DType::F64, 7)?,
        random(&[3, 3], DType::F64, 8)?,
        random(&[2, 3], DType::F64, 9)?,
    );
    let mut law = Vec::new();
    for h in &group {
        law.push((
            vec![vectors.act(h, &x)?, frames.act(h, &draw)?],
            vec![vectors.act(h, &target)?],
        ));
    }
    let check = Check::new("cube", group.clone(), predictor)
        .input(&x, vectors)
        .input(&draw, frames)
        .output(vectors);
    let risks = check.symmetrization(&law)?;
    assert!(
        risks.identity_error() < 1e-12 && risks.distance > 0.1,
        "{risks:?}"
    );
    risks.finding().ensure()?;
    // Of an equivariant predictor nothing is to be gained, and a law that is not invariant breaks the identity.
    let sound = Check::new("sound", group.clone(), |x: &[Tensor]| Ok(x[0].clone()))
        .input(&x, vectors)
        .input(&draw, frames)
        .output(vectors)
        .symmetrization(&law)?;
    assert!(sound.distance < 1e-25 && sound.finding().holds(), "{sound:?}");
    assert!(
        message(check.symmetrization(&law[..5])?.finding().ensure())
            .contains("symmetrization of 'cube' fails")
    );
    Ok(())
}

#[test]
fn laws_of_draws_are_tested_with_the_network_behind_them() -> Result<()> {
    // A path of four nodes: its stabilizer turns it round.
    let n = 4;
    let path = [(0, 1), (1, 2), (2, 3)];
    let adjacency = |edges: &[(usize, usize)]| {
        let mut values = vec![0f64; n * n];
        for &(u, v) in edges {
            values[u * n + v] = 1.0;
            values[v * n + u] = 1.0;
        }
        Tensor::from_vec(values, (1, n, n), &Device::Cpu)
    };
    let store = ParamStore::new(2, DType::F64, &Device::Cpu);
    let table = TableEncoding::new(n, 4, TableConfig::default(), &store.root())?;
    let config = AutoencoderConfig {
        network: Network::Gnn,
        hidden: 8,
        layers: 2,
        embedding: 2,
        ..Default::default()
    };
    let model = Autoencoder::new(config, 4, &store.root())?;
    let embed = |x: &Tensor, ranks: Vec<u32>| {
        let input = GraphInput::new(x.clone(), Tensor::ones((1, n), DType::F64, &Device::Cpu)?)?;
        let places = Tensor::from_vec(ranks, (1, n), &Device::Cpu)?;
        model.embed(&input.adjoin(&table.encode(&places)?)?)
    };
    // Ranks along the path, from a random end: the exact kernel.
    let walk = |x: &Tensor, rng: &mut dyn Rng| -> Result<Vec<u32>> {
        let rows = x.get(0)?.to_vec2::<f64>()?;
        let degree = |v: usize| rows[v].iter().sum::<f64>();
        let ends: Vec<usize> = (0..n).filter(|&v| degree(v) == 1.0).collect();
        let mut ranks = vec![u32::MAX; n];
        let mut at = ends[(rng.next_u32() % 2) as usize];
        for rank in 0..n as u32 {
            ranks[at] = rank;
            at = (0..n)
                .find(|&w| rows[at][w] == 1.0 && ranks[w] == u32::MAX)
                .unwrap_or(at);
        }
        Ok(ranks)
    };
    let x = adjacency(&path)?;
    let check = Check::new("path", PermGroup::symmetric(n).elements(), |x: &[Tensor]| {
        Ok(x[0].clone())
    })
    .input(&x, Permuted::dims([1, 2]))
    .output(Permuted::dim(1));
    check
        .distribution(100, 0, |x, rng| embed(&x[0], walk(&x[0], rng)?))?
        .ensure()?;
    // All orders alike: another law, of more entropy, that is equivariant, too.
    let uniform = |rng: &mut dyn Rng| Permutation::random(n, rng).into_images();
    check
        .distribution(100, 0, |x, rng| embed(&x[0], uniform(rng)))?
        .ensure()?;
    // The order in which nodes happen to be stored: broken. An end chosen by its number: broken in half of the cases.
    let stored = check.distribution(100, 0, |x, _| embed(&x[0], (0..n as u32).collect()))?;
    assert_eq!(stored.value, 0.0005);
    let least = |x: &Tensor| {
        let ranks = walk(x, &mut ChaCha8Rng::seed_from_u64(0))?;
        let first = ranks[(0..n)
            .find(|&v| ranks[v] == 0 || ranks[v] == 3)
            .expect("a path has ends")];
        Ok::<_, candle_core::Error>(match first {
            0 => ranks,
            _ => ranks.into_iter().map(|rank| n as u32 - 1 - rank).collect(),
        })
    };
    let found = check.distribution(100, 0, |x, _| embed(&x[0], least(&x[0])?))?;
    assert!(
        message(found.ensure()).contains("distribution of 'path' fails"),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn equivariance_is_followed_through_training() -> Result<()> {
    for dtype in [DType::F32, DType::F64] {
        for mistake in [Mistake::None, Mistake::Position] {
            let store = ParamStore::new(3, dtype, &Device::Cpu);
            let layer = SetLayer::new(Mistake::None, &store)?;
            // A bias per node that is zero at first.
            let bias = store.root().get("position", (1, 6, 1), Init::Constant(0.0))?;
            let forward = |x: &Tensor| {
                let y = layer.forward(x)?;
                if mistake == Mistake::None {
                    Ok(y)
                } else {
                    y.broadcast_add(&bias)
                }
            };
            let (x, nodes) = (random(&[4, 6, 3], dtype, 11)?, Permuted::dim(1));
            let target = random(&[4, 6, 3], dtype, 12)?;
            let loss = || (forward(&x)? - &target)?.sqr()?.mean_all();
            let missing = uncovered_parameters(&store, &loss()?)?;
            assert_eq!(missing.is_empty(), mistake == Mistake::Position, "{missing:?}");
            let check = Check::new(
                "trained",
                PermGroup::symmetric(6).generators().to_vec(),
                |x: &[Tensor]| forward(&x[0]),
            )
            .input(&x, &nodes)
            .output(&nodes);
            let config = OptimizerConfig {
                learning_rate: 1e-2,
                ..Default::default()
            };
            let mut optimizer = Optimizer::new(store.vars(), config, 100)?;
            let mut growth = Growth::default();
            assert!(!growth.finding().holds(), "nothing recorded");
            for step in 0..=100u64 {
                if step % 20 == 0 {
                    growth.record(step, &check)?;
                }
                optimizer.step(&loss()?.backward()?)?;
            }
            assert_eq!(growth.points().len(), 6);
            assert_eq!(growth.to_string().lines().count(), 7);
            let (finding, first) = (growth.finding(), growth.points()[0]);
            assert!(first.error <= first.limit, "{growth}");
            assert_eq!(finding.holds(), mistake == Mistake::None, "{growth}");
            assert!(finding.detail.contains("worst at step"), "{finding:?}");
        }
    }
    Ok(())
}

#[test]
fn what_is_not_finite_is_never_equivariant() -> Result<()> {
    let x = Tensor::new(&[1f64, 2.5], &Device::Cpu)?;
    let exchange = [Permutation::parse("(0 1)", 2).unwrap()];
    for bad in [f64::NAN, f64::INFINITY] {
        let model = move |x: &[Tensor]| x[0].affine(1.0, bad);
        let check = Check::new("bad", exchange.clone(), model)
            .input(&x, Permuted::dim(0))
            .output(Permuted::dim(0));
        assert!(check.ensure_equivariant().is_err());
        assert!(!check.equivariance()?.holds());
        let sample = |x: &[Tensor], _: &mut dyn Rng| x[0].affine(1.0, bad);
        let error = check.distribution(3, 0, sample).unwrap_err().to_string();
        assert!(error.contains("expected finite numbers"), "{error}");
    }
    let store = ParamStore::new(0, DType::F64, &Device::Cpu);
    let w = store.root().get("w", 1, Init::Constant(0.0))?;
    let gradients = Gradients::of("root", store.vars(), &w.sqrt()?.sum_all()?)?;
    assert_eq!(
        gradients.uncovered().collect::<Vec<_>>(),
        [("w", Coverage::NotFinite)]
    );
    assert!(Gradients::of("root", store.vars(), &Tensor::cat(&[&w, &w], 0)?).is_err());
    Ok(())
}

#[test]
fn checks_that_say_nothing_are_errors() -> Result<()> {
    let x = Tensor::new(&[1f64, 2.5], &Device::Cpu)?;
    let same = |x: &[Tensor]| Ok(x[0].clone());
    let exchange = Permutation::parse("(0 1)", 2).unwrap();
    let error = |check: Check<'_, Permutation>| check.equivariance().unwrap_err().to_string();
    let nothing = Check::new("same", [], same).input(&x, Fixed).output(Fixed);
    assert!(error(nothing).contains("no group elements, expected at least one"));
    let silent = Check::new("same", [exchange.clone()], same).input(&x, Fixed);
    assert!(error(silent).contains("1 outputs and 0 actions on them"));
    let wide = Check::new("same", [exchange.clone()], same)
        .input(&Tensor::cat(&[&x, &x], 0)?, Permuted::dim(0))
        .output(Fixed);
    assert!(error(wide).contains("dimension 0 of [4] is not 2, the degree"));
    let turned = Check::new("same", [Orthogonal::<3>::inversion()], same)
        .input(&x, Vectors::along(0))
        .output(Fixed);
    let error = turned.equivariance().unwrap_err().to_string();
    assert!(
        error.contains("acts in dimension 3, expected one that acts on 2 coordinates"),
        "{error}"
    );
    let one = Check::new("same", [exchange], same)
        .input(&x, Fixed)
        .output(Fixed);
    assert!(
        one.distribution(1, 0, |x, _| Ok(x[0].clone()))
            .unwrap_err()
            .to_string()
            .contains("1 draws")
    );
    Ok(())
}

#[test]
fn actions_are_left_actions() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let x = random(&[2, 5, 3], DType::F64, 14)?;
    let motion = |rng: &mut ChaCha8Rng| {
        let turn = OrthogonalGroup::<3>::full().sample(rng);
        (
            Permutation::random(5, rng),
            Euclidean::new(turn, Vector3::new(normal(rng), 0.5, normal(rng))).unwrap(),
        )
    };
    for _ in 0..20 {
        let (a, b) = (motion(&mut rng), motion(&mut rng));
        let product = a.compose(&b);
        let points = Both(Permuted::dim(1), Points::along(2));
        assert!(max_difference(&points.act(&product, &x)?, &points.act(&a, &points.act(&b, &x)?)?)? < 1e-13);
        let vectors = Both(Permuted::dim(1), Vectors::along(2));
        assert!(
            max_difference(
                &vectors.act(&product, &x)?,
                &vectors.act(&a, &vectors.act(&b, &x)?)?
            )? < 1e-13
        );
        assert!(max_difference(&points.act(&a.identity(), &x)?, &x)? < 1e-15);
        // Along a dimension in the middle.
        let turned = Vectors::along(1).act(&a.1, &x.transpose(1, 2)?.contiguous()?)?;
        assert!(max_difference(&turned.transpose(1, 2)?, &Vectors::along(2).act(&a.1, &x)?)? < 1e-15);
    }
    // An empty batch stays one.
    let none = Tensor::zeros((0, 5, 3), DType::F64, &Device::Cpu)?;
    assert_eq!(
        Vectors::along(2)
            .act(&Orthogonal::<3>::inversion(), &none)?
            .dims(),
        [0, 5, 3]
    );
    assert_eq!(x.sum(D::Minus1)?.dims(), [2, 5]);
    Ok(())
}
