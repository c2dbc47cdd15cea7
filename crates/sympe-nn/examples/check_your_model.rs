//! Check a model of one's own: layers of `candle-nn`, a deliberate mistake, and the table that finds it.
//!
//! In a test of yours three lines are enough:
//!
//! ```text
//! Check::new("my model", group.elements(), |x| model.forward(&x[0]))
//!     .input(&x, &nodes).output(&nodes)
//!     .ensure_equivariant()?;
//! ```

use candle_core::{DType, Device, Module, Result, Tensor};
use candle_nn::{AdamW, Linear, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use sympe_groups::{Group, PermGroup, Permutation};
use sympe_nn::action::Permuted;
use sympe_nn::check::{Check, Gradients, Growth, Report};
use sympe_nn::params::normal;

/// A network on sets `[B, N, 2]`: what each element is, and what there is on average.
struct Sets {
    own: Linear,
    others: Linear,
    out: Linear,
    /// Leaves the first element out of the average: equivariant no more.
    broken: bool,
}

impl Sets {
    fn new(vars: &VarBuilder<'_>, broken: bool) -> Result<Self> {
        Ok(Self {
            own: linear(2, 16, vars.pp("own"))?,
            others: linear(2, 16, vars.pp("others"))?,
            out: linear(16, 1, vars.pp("out"))?,
            broken,
        })
    }

    /// `[B, N]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let first = usize::from(self.broken);
        let mean = x.narrow(1, first, x.dim(1)? - first)?.mean_keepdim(1)?;
        let h = self.own.forward(x)?.broadcast_add(&self.others.forward(&mean)?)?;
        self.out.forward(&h.tanh()?)?.squeeze(2)
    }
}

/// A model with its parameters, seeded by hand: Candle's own initialization cannot be seeded on the CPU.
fn model(dtype: DType, broken: bool) -> Result<(VarMap, Sets)> {
    let vars = VarMap::new();
    let model = Sets::new(&VarBuilder::from_varmap(&vars, dtype, &Device::Cpu), broken)?;
    let mut all: Vec<_> = named(&vars);
    all.sort_by(|a, b| a.0.cmp(&b.0));
    for (seed, (_, var)) in all.iter().enumerate() {
        var.set(&random(var.dims(), dtype, seed as u64)?)?;
    }
    Ok((vars, model))
}

/// The parameters by name.
fn named(vars: &VarMap) -> Vec<(String, candle_core::Var)> {
    let vars = vars.data().lock().expect("no thread died with it");
    vars.iter()
        .map(|(name, var)| (name.clone(), var.clone()))
        .collect()
}

fn random(shape: &[usize], dtype: DType, seed: u64) -> Result<Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)
}

fn main() -> Result<()> {
    let nodes = Permuted::dim(1);
    let mut report = Report::default();

    // Equivariance, for both types and two sizes; then with the mistake.
    for (name, broken) in [("sets", false), ("broken sets", true)] {
        report.extend(Report::over([DType::F32, DType::F64], [4, 64], |dtype, n| {
            let (_, model) = model(dtype, broken)?;
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let elements: Vec<Permutation> = (0..10).map(|_| Permutation::random(n, &mut rng)).collect();
            Check::new(name, elements, |x: &[Tensor]| model.forward(&x[0]))
                .input(&random(&[2, n, 2], dtype, 2)?, &nodes)
                .output(&nodes)
                .equivariance()
        })?);
    }

    // Five equal elements: Curie's principle forces equal outputs, and a draw beside the input sets them free.
    let (vars, model) = model(DType::F64, false)?;
    let whole = PermGroup::symmetric(5);
    let equal = Tensor::ones((1, 5, 1), DType::F64, &Device::Cpu)?;
    let encode = |g: &Permutation| {
        Tensor::new(g.inverse().images(), &Device::Cpu)?
            .to_dtype(DType::F64)?
            .reshape((1, 5, 1))
    };
    let with = |x: &Tensor, e: &Tensor| model.forward(&Tensor::cat(&[x, e], 2)?);
    let check = |g: Option<Permutation>| {
        let encoding = g.map_or(equal.zeros_like(), |g| encode(&g));
        Check::new("sets", whole.elements(), move |x: &[Tensor]| {
            with(&x[0], encoding.as_ref().expect("made above"))
        })
        .input(&equal, Permuted::dim(1))
        .output(Permuted::dim(1))
    };
    report.push(check(None).curie(whole.generators())?.kept());
    let draw = Permutation::parse("(0 3 1)(2 4)", 5).expect("a permutation");
    report.push(check(Some(draw.clone())).curie(whole.generators())?.broken(1e-3));

    // With the draw as an input: joint equivariance; and the law of the draw with all that follows it.
    let joint = Check::new("sets, draw", whole.elements(), |x: &[Tensor]| with(&x[0], &x[1]))
        .input(&random(&[1, 5, 1], DType::F64, 3)?, &nodes)
        .input(&encode(&draw)?, &nodes)
        .output(&nodes);
    report.push(joint.equivariance()?);
    let uniform = |x: &[Tensor], rng: &mut dyn Rng| with(&x[0], &encode(&Permutation::random(5, rng))?);
    report.push(check(None).distribution(100, 4, uniform)?);

    // What symmetrizing the broken model would gain is exactly what it is away from its symmetrization.
    let (_, broken) = self::model(DType::F64, true)?;
    let (x, target) = (
        random(&[1, 5, 2], DType::F64, 5)?,
        random(&[1, 5], DType::F64, 6)?,
    );
    let law: Vec<_> = whole
        .elements()
        .map(|h| {
            let moved = [&x, &target].map(|tensor| sympe_nn::action::permute(tensor, &h, 1));
            let [x, target] = moved;
            Ok((vec![x?], vec![target?]))
        })
        .collect::<Result<_>>()?;
    let predictor = Check::new("broken sets", whole.elements(), |x: &[Tensor]| {
        broken.forward(&x[0])
    })
    .input(&x, &nodes)
    .output(&nodes);
    report.push(predictor.symmetrization(&law)?.finding());

    // Gradients, and equivariance in the course of training.
    let loss = || (model.forward(&x)? - &target)?.sqr()?.mean_all();
    report.push(Gradients::of("sets", named(&vars), &loss()?)?.finding());
    let check = Check::new("sets", whole.generators().to_vec(), |x: &[Tensor]| {
        model.forward(&x[0])
    })
    .input(&x, &nodes)
    .output(&nodes);
    let (mut growth, mut adam) = (
        Growth::default(),
        AdamW::new(
            vars.all_vars(),
            ParamsAdamW {
                lr: 1e-2,
                ..Default::default()
            },
        )?,
    );
    for step in 0..=200u64 {
        if step % 50 == 0 {
            growth.record(step, &check)?;
        }
        adam.backward_step(&loss()?)?;
    }
    report.push(growth.finding());

    println!("{report}\n{growth}");
    assert_eq!(report.failures().count(), 4, "the lines of the broken model");
    println!("{}", report.ensure().unwrap_err());
    Ok(())
}
