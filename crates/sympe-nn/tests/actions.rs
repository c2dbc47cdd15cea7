//! Actions of groups on tensors, and checks by them: turns, relabellings, signs, and what they force on outputs.

mod common;

use candle_core::{DType, Device, Result, Tensor};
use common::random;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_groups::finite::{Product, SignedPermutation, hyperoctahedral};
use sympe_groups::lattice::{LatticeElement, LatticeGroup, Wallpaper};
use sympe_groups::nalgebra::Vector3;
use sympe_groups::{
    Euclidean, FiniteSubgroup, Group, Orthogonal, OrthogonalGroup, PermGroup, Permutation, Subgroup,
};
use sympe_nn::action::{Acts, Both, Fixed, Permuted, Points, Signed, Vectors};
use sympe_nn::check::{Check, max_difference};
use sympe_nn::layers::lattice::{Fibre, FieldType};
use sympe_nn::params::normal;

fn message(found: Result<()>) -> String {
    found.unwrap_err().to_string().lines().next().unwrap().to_owned()
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
            .curie(std::slice::from_ref(&quarter))
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
    Ok(())
}
