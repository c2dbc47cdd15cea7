//! Checks find what is broken, name it, and leave alone what rounding explains.

mod common;

use candle_core::{DType, Device, Result, Tensor};
use common::random;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use sympe_groups::{Orthogonal, PermGroup, Permutation};
use sympe_nn::action::{Fixed, Permuted, Vectors};
use sympe_nn::check::{
    Bound, Check, Coverage, Finding, Gradients, Growth, Law, Report, uncovered_parameters,
};
use sympe_nn::encoding::{PositionalEncoding, TableConfig, TableEncoding};
use sympe_nn::layers::{Linear, Mlp};
use sympe_nn::models::{Adjoin, Autoencoder, AutoencoderConfig, GraphInput, Network};
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::{Init, ParamStore};

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
    assert!(first["bound"]["at-most"].is_f64() && first["rounding"].is_f64());
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
