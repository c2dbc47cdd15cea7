//! Lattice layers: exactly equivariant on every torus, under every group, with gradients as they should be.

use candle_core::{DType, Device, Result, Tensor, Var};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::{FiniteSubgroup, Group, PermutationRep};
use sympe_nn::check::{gradient_error, lattice_equivariance_error, max_difference, uncovered_parameters};
use sympe_nn::encoding::{FieldConfig, FieldEncoding, FieldInit, PositionalEncoding};
use sympe_nn::layers::lattice::{
    Fibre, FieldNorm, FieldType, GroupConv, GroupConvConfig, Location, Pool, RelaxedGroupConv,
    bonds_to_directions, fibre_pool, site_pool, transform,
};
use sympe_nn::models::{Adjoin, Backbone, LatticeInput, LatticeNet, LatticeNetConfig};
use sympe_nn::ops::ConvMethod;
use sympe_nn::optim::{Optimizer, OptimizerConfig};
use sympe_nn::params::{ParamStore, normal};

const FIBRES: [Fibre; 3] = [Fibre::Scalar, Fibre::Directions, Fibre::Regular];

const NORMAL: FieldConfig = FieldConfig {
    init: FieldInit::Normal,
    scale: 1.0,
};

fn random(shape: &[usize], seed: u64, dtype: DType) -> Result<Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)
}

fn elements(group: Wallpaper, [h, w]: [usize; 2]) -> Vec<LatticeElement> {
    let group = LatticeGroup::new(group, h as u32, w as u32).unwrap();
    group.elements().collect()
}

fn tolerance(dtype: DType) -> f64 {
    if dtype == DType::F64 { 1e-10 } else { 1e-5 }
}

#[test]
fn transforming_fields_is_a_left_action() -> Result<()> {
    let shape = [3, 3];
    for fibre in FIBRES {
        for location in [Location::Sites, Location::Plaquettes] {
            let of = FieldType {
                group: Wallpaper::P4m,
                fibre,
                location,
            };
            let x = random(&[1, 2 * of.size(), 3, 3], 1, DType::F64)?;
            let all = elements(Wallpaper::P4m, shape);
            for a in all.iter().step_by(5) {
                for b in all.iter().step_by(7) {
                    let one = transform(&x, &a.compose(b), of)?;
                    let two = transform(&transform(&x, b, of)?, a, of)?;
                    assert_eq!(max_difference(&one, &two)?, 0.0, "{of:?}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn couplings_as_directions_move_as_bonds_do() -> Result<()> {
    // The action on bonds, from sympe-groups, against the action on the four directions.
    for (wallpaper, shape @ [h, w]) in [
        (Wallpaper::P4m, [3, 3]),
        (Wallpaper::P4m, [4, 4]),
        (Wallpaper::P2mm, [3, 4]),
    ] {
        let bonds = random(&[2, h, w], 2, DType::F64)?;
        let flat = bonds.flatten_all()?;
        let directions =
            |bonds: &Tensor| bonds_to_directions(&bonds.narrow(0, 0, 1)?, &bonds.narrow(0, 1, 1)?);
        for g in elements(wallpaper, shape) {
            let mut index = vec![0; 2 * h * w];
            g.write_bond_index(&mut index);
            let moved = flat
                .index_select(&Tensor::new(index, &Device::Cpu)?, 0)?
                .reshape((2, h, w))?;
            let expected = transform(
                &directions(&bonds)?,
                &g,
                FieldType::on_sites(wallpaper, Fibre::Directions),
            )?;
            assert_eq!(max_difference(&directions(&moved)?, &expected)?, 0.0, "{g:?}");
        }
    }
    Ok(())
}

#[test]
fn convolutions_between_all_fibres_are_equivariant_on_all_tori() -> Result<()> {
    for dtype in [DType::F32, DType::F64] {
        for group in Wallpaper::ALL {
            let shapes: &[[usize; 2]] = if group.needs_square() {
                &[[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]
            } else {
                &[[1, 4], [2, 3], [4, 3], [3, 5], [4, 4]]
            };
            let kernels: &[[usize; 2]] = if group.needs_square() {
                &[[1, 1], [2, 2], [3, 3], [4, 4]]
            } else {
                &[[1, 3], [2, 4], [3, 3], [5, 1]]
            };
            for &shape in shapes {
                let elements = elements(group, shape);
                for (input, output) in FIBRES.into_iter().flat_map(|a| FIBRES.map(|b| (a, b))) {
                    for &kernel in kernels {
                        for from in [Location::Sites, Location::Plaquettes] {
                            let config = GroupConvConfig {
                                group,
                                input,
                                output,
                                kernel,
                                from,
                            };
                            let store = ParamStore::new(3, dtype, &Device::Cpu);
                            let conv = GroupConv::new(config, 2, 1, &store.root())?;
                            let types =
                                [(input, from), (output, config.to())].map(|(fibre, location)| FieldType {
                                    group,
                                    fibre,
                                    location,
                                });
                            let x = random(&[1, 2 * types[0].size(), shape[0], shape[1]], 4, dtype)?;
                            let f = |x: &[Tensor]| conv.forward(&x[0]);
                            let error =
                                lattice_equivariance_error(f, &[x], &types[..1], types[1], &elements)?;
                            assert!(error < tolerance(dtype), "{config:?} on {shape:?}: {error}");
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn no_equivariant_map_is_left_out() -> Result<()> {
    // The dimension of the space of equivariant filters, by Burnside: the mean number of fixed triples over the group.
    for group in Wallpaper::ALL {
        for (input, output) in FIBRES.into_iter().flat_map(|a| FIBRES.map(|b| (a, b))) {
            for kernel in [1, 2, 3] {
                let config = GroupConvConfig::new(group, input, output, kernel);
                let store = ParamStore::new(0, DType::F32, &Device::Cpu);
                let conv = GroupConv::new(config, 1, 1, &store.root())?;
                let free = store
                    .vars()
                    .iter()
                    .find(|(name, _)| name == "weight")
                    .unwrap()
                    .1
                    .elem_count();
                // A generic filter of the layer, flattened, is fixed by the group; count its different values.
                let mut values = conv.filter()?.flatten_all()?.to_vec1::<f32>()?;
                values.sort_by(f32::total_cmp);
                values.dedup();
                assert_eq!(
                    values.len(),
                    free,
                    "{config:?}: weights are shared between orbits"
                );
                let points = group.points();
                let side = kernel as i64;
                let directions = [[1, 0], [0, 1], [-1, 0], [0, -1]];
                let fixed_in = |fibre: Fibre, p: usize| match fibre {
                    Fibre::Scalar => 1,
                    Fibre::Directions => directions.iter().filter(|d| points[p].apply(**d) == **d).count(),
                    Fibre::Regular => {
                        if p == 0 {
                            points.len()
                        } else {
                            0
                        }
                    }
                };
                let offsets =
                    || (0..side).flat_map(|a| (0..side).map(move |b| [2 * a - side + 1, 2 * b - side + 1]));
                let total: usize = (0..points.len())
                    .map(|p| {
                        let positions = offsets().filter(|x| points[p].apply(*x) == *x).count();
                        fixed_in(input, p) * fixed_in(output, p) * positions
                    })
                    .sum();
                assert_eq!(total, free * points.len(), "{config:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn norms_and_pools_are_equivariant() -> Result<()> {
    let (group, shape) = (Wallpaper::P4m, [4, 4]);
    let elements = elements(group, shape);
    let scalar = FieldType::on_sites(group, Fibre::Scalar);
    for fibre in FIBRES {
        let of = FieldType::on_sites(group, fibre);
        let x = random(&[2, 3 * of.size(), 4, 4], 5, DType::F64)?;
        let store = ParamStore::new(1, DType::F64, &Device::Cpu);
        let norm = FieldNorm::new(group, fibre, 3, &store.root())?;
        for (name, var) in store.vars() {
            var.set(&random(var.dims(), name.len() as u64, DType::F64)?)?;
        }
        let f = |x: &[Tensor]| norm.forward(&x[0]);
        assert!(lattice_equivariance_error(f, std::slice::from_ref(&x), &[of], of, &elements)? < 1e-10);
        let loss = || norm.forward(&x)?.sin()?.sum_all();
        assert!(gradient_error(&store, loss, 3)? < 1e-6);
        for pool in [Pool::Mean, Pool::Max] {
            let f = |x: &[Tensor]| fibre_pool(&x[0], group, fibre, pool);
            assert!(
                lattice_equivariance_error(f, std::slice::from_ref(&x), &[of], scalar, &elements)? < 1e-12
            );
            let invariant = |x: &Tensor| site_pool(&fibre_pool(x, group, fibre, pool)?, pool);
            for g in &elements {
                let difference = max_difference(&invariant(&x)?, &invariant(&transform(&x, g, of)?)?)?;
                assert!(difference < 1e-12);
            }
        }
    }
    Ok(())
}

#[test]
fn relaxed_convolution_starts_equivariant_and_can_stop_being_so() -> Result<()> {
    let (group, shape) = (Wallpaper::P4m, [4, 4]);
    let elements = elements(group, shape);
    let of = FieldType::on_sites(group, Fibre::Regular);
    let store = ParamStore::new(1, DType::F64, &Device::Cpu);
    let config = GroupConvConfig::new(group, Fibre::Regular, Fibre::Regular, 3);
    let layer = RelaxedGroupConv::new(config, 1, 1, 2, shape, &store.root())?;
    let x = random(&[1, 8, 4, 4], 6, DType::F64)?;
    let f = |x: &[Tensor]| layer.forward(&x[0]);
    assert!(lattice_equivariance_error(f, std::slice::from_ref(&x), &[of], of, &elements)? < 1e-10);
    assert!(gradient_error(&store, || layer.forward(&x)?.sin()?.sum_all(), 5)? < 1e-6);
    let (_, weights) = store
        .vars()
        .into_iter()
        .find(|(name, _)| name == "relaxation")
        .unwrap();
    weights.set(&random(weights.dims(), 7, DType::F64)?)?;
    assert!(lattice_equivariance_error(f, &[x], &[of], of, &elements)? > 0.1);
    Ok(())
}

struct Case {
    store: ParamStore,
    net: LatticeNet,
    encoding: FieldEncoding,
    inputs: [Tensor; 2],
}

fn case(config: LatticeNetConfig, [h, w]: [usize; 2], dtype: DType) -> Result<Case> {
    let store = ParamStore::new(8, dtype, &Device::Cpu);
    let encoding = FieldEncoding::new([h, w], 2, NORMAL, &store.root())?;
    Ok(Case {
        net: LatticeNet::new(config, [h, w], 3, &store.root())?,
        encoding,
        inputs: [
            random(&[2, 4, h, w], 9, dtype)?,
            random(&[2, 1, h, w], 10, dtype)?,
        ],
        store,
    })
}

impl Case {
    /// The output `[B, 1, h, w]` for couplings, fields and encoding.
    fn forward(&self, x: &[Tensor], train: bool) -> Result<Tensor> {
        let input = LatticeInput {
            directions: x[0].clone(),
            sites: x[1].clone(),
        };
        self.net.forward_t(&input.adjoin(&x[2])?, train)?.unsqueeze(1)
    }

    fn encode(&self, g: &LatticeElement) -> Result<Tensor> {
        let mut index = vec![0; g.degree()];
        g.write_index(&mut index);
        let index = Tensor::new(index, &Device::Cpu)?.unsqueeze(0)?;
        self.encoding.encode(&Tensor::cat(&[&index, &index], 0)?)
    }

    fn loss(&self) -> Result<Tensor> {
        let identity = elements(Wallpaper::P1, self.encoding.shape())[0].identity();
        let [directions, sites] = self.inputs.clone();
        self.forward(&[directions, sites, self.encode(&identity)?], true)?
            .sin()?
            .sum_all()
    }

    fn train(&self, steps: u64) -> Result<()> {
        let config = OptimizerConfig {
            learning_rate: 1e-2,
            ..Default::default()
        };
        let mut optimizer = Optimizer::new(self.store.vars(), config, steps).unwrap();
        for _ in 0..steps {
            optimizer.step(&self.loss()?.backward()?).unwrap();
        }
        Ok(())
    }
}

#[test]
fn the_network_is_equivariant_before_and_after_training() -> Result<()> {
    for dtype in [DType::F32, DType::F64] {
        for (group, shape, kernel) in [
            (Wallpaper::P4m, [4, 4], 3),
            (Wallpaper::P4m, [5, 5], 2),
            (Wallpaper::P4, [3, 3], 3),
            (Wallpaper::P2mm, [3, 4], 2),
            (Wallpaper::P1, [4, 2], 3),
        ] {
            let config = LatticeNetConfig {
                group,
                channels: 2,
                blocks: 2,
                kernel,
                relaxed: 0,
            };
            let case = case(config, shape, dtype)?;
            let elements = elements(group, shape);
            let types =
                [Fibre::Directions, Fibre::Scalar, Fibre::Scalar].map(|f| FieldType::on_sites(group, f));
            let encoding = random(&[2, 2, shape[0], shape[1]], 11, dtype)?;
            let [directions, sites] = case.inputs.clone();
            let inputs = [directions, sites, encoding];
            for steps in [0, 5] {
                case.train(steps)?;
                let f = |x: &[Tensor]| case.forward(x, false);
                let error = lattice_equivariance_error(f, &inputs, &types, types[1], &elements)?;
                assert!(
                    error < tolerance(dtype),
                    "{group} {shape:?} after {steps} steps: {error}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn encoding_a_product_transforms_the_encoding() -> Result<()> {
    let (group, shape) = (Wallpaper::P4m, [3, 3]);
    let case = case(LatticeNetConfig::default(), shape, DType::F64)?;
    let all = elements(group, shape);
    let scalar = FieldType::on_sites(group, Fibre::Scalar);
    for g in all.iter().step_by(5) {
        for h in all.iter().step_by(7) {
            let one = case.encode(&g.compose(h))?;
            let two = transform(&case.encode(h)?, g, scalar)?;
            assert_eq!(max_difference(&one, &two)?, 0.0);
        }
    }
    let codes: std::collections::HashSet<Vec<u64>> = all
        .iter()
        .map(|g| {
            Ok(case
                .encode(g)?
                .flatten_all()?
                .to_vec1::<f64>()?
                .iter()
                .map(|x| x.to_bits())
                .collect())
        })
        .collect::<Result<_>>()?;
    assert_eq!(codes.len(), all.len(), "the action on v is free");
    Ok(())
}

#[test]
fn uniform_couplings_give_a_constant_field_unless_something_breaks_the_symmetry() -> Result<()> {
    let config = LatticeNetConfig {
        channels: 4,
        ..Default::default()
    };
    let case = case(config, [4, 4], DType::F32)?;
    case.train(3)?;
    let ones = Tensor::ones((2, 4, 4), DType::F32, &Device::Cpu)?;
    let input = LatticeInput::new(&ones, &(&ones * -2.0)?, &(&ones * 0.5)?)?;
    let spread = |encoding: &Tensor| -> Result<f64> {
        let output = case
            .net
            .forward_t(&input.adjoin(encoding)?, false)?
            .get(0)?
            .flatten_all()?;
        (output.max(0)? - output.min(0)?)?
            .to_dtype(DType::F64)?
            .to_scalar()
    };
    let nothing = Tensor::zeros((2, 2, 4, 4), DType::F32, &Device::Cpu)?;
    assert!(spread(&nothing)? < 1e-5);
    let identity = elements(Wallpaper::P1, [4, 4])[0].identity();
    assert!(spread(&case.encode(&identity)?)? > 1e-2);
    Ok(())
}

#[test]
fn gradients_reach_every_parameter_and_are_those_of_finite_differences() -> Result<()> {
    for (kernel, relaxed) in [(3, 0), (2, 0), (3, 2)] {
        let config = LatticeNetConfig {
            channels: 2,
            blocks: 1,
            kernel,
            relaxed,
            ..Default::default()
        };
        let case = case(config, [4, 4], DType::F64)?;
        assert!(uncovered_parameters(&case.store, &case.loss()?)?.is_empty());
        assert!(gradient_error(&case.store, || case.loss(), 4)? < 1e-6);
    }
    Ok(())
}

#[test]
fn the_fast_method_agrees_with_the_exact_one() -> Result<()> {
    let config = LatticeNetConfig {
        channels: 8,
        blocks: 2,
        ..Default::default()
    };
    let case = case(config, [8, 8], DType::F32)?;
    let [directions, sites] = case.inputs.clone();
    let inputs = [directions, sites, random(&[2, 2, 8, 8], 12, DType::F32)?];
    let (fast, exact) = (case.forward(&inputs, true)?, case.forward(&inputs, false)?);
    let size = exact.abs()?.max_all()?.to_scalar::<f32>()?;
    let error = max_difference(&fast, &exact)? / f64::from(size);
    assert!(error > 0.0 && error < 1e-5, "relative error {error}");
    Ok(())
}

#[test]
fn wrong_shapes_are_errors_that_say_what_was_expected() -> Result<()> {
    let store = ParamStore::new(0, DType::F32, &Device::Cpu);
    let conv = |group, kernel: [usize; 2]| {
        let config = GroupConvConfig {
            kernel,
            ..GroupConvConfig::new(group, Fibre::Scalar, Fibre::Regular, 1)
        };
        GroupConv::new(config, 1, 1, &store.root().at(kernel[0]).at(kernel[1]))
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    assert!(conv(Wallpaper::P4, [3, 5]).contains("3 × 5") && conv(Wallpaper::P4, [3, 5]).contains("equal"));
    assert!(conv(Wallpaper::P1, [2, 3]).contains("both sides odd or both even"));
    let net = LatticeNet::new(LatticeNetConfig::default(), [4, 6], 1, &store.root())
        .unwrap_err()
        .to_string();
    assert!(net.contains("4 × 6") && net.contains("p4m"), "{net}");
    let case = case(LatticeNetConfig::default(), [4, 4], DType::F32)?;
    let wrong = [
        random(&[1, 4, 5, 5], 0, DType::F32)?,
        random(&[1, 1, 5, 5], 0, DType::F32)?,
        random(&[1, 2, 5, 5], 0, DType::F32)?,
    ];
    let message = case.forward(&wrong, false).unwrap_err().to_string();
    assert!(
        message.contains("5 × 5") && message.contains("4 × 4"),
        "{message}"
    );
    let x = Var::from_tensor(&random(&[1, 3, 4, 4], 0, DType::F32)?)?;
    let filter = random(&[2, 4, 3, 3], 0, DType::F32)?;
    let message = sympe_nn::ops::periodic_conv(&x, &filter, None, [1, 1], ConvMethod::Exact)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("[1, 3, 4, 4]") && message.contains("[2, 4, 3, 3]"),
        "{message}"
    );
    Ok(())
}
