//! O(d) and E(d): laws, exponentials against the exponential of matrices, and the law of Haar draws.

use nalgebra::{Matrix3, Matrix4, SMatrix, SVector, Vector2, Vector3};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::ChaCha8Rng};
use std::f64::consts::{PI, TAU};
use sympe_groups::laws::{check_group, check_matrix_rep, check_subgroup};
use sympe_groups::{
    Action, Centered, Euclidean, Group, MatrixRep, Orthogonal, OrthogonalGroup, Subgroup, nalgebra,
};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn motion<const D: usize>(rng: &mut ChaCha8Rng, scale: f64) -> Euclidean<D> {
    let [orthogonal, other] = [(); 2].map(|()| OrthogonalGroup::<D>::full().sample(rng));
    Euclidean::new(orthogonal, other.matrix().column(0) * scale).unwrap()
}

fn laws_of<const D: usize>(seed: u64) -> Result<(), TestCaseError> {
    let mut rng = rng(seed);
    let [a, b, c] = [(); 3].map(|()| OrthogonalGroup::<D>::full().sample(&mut rng));
    check_group(&a, &b, &c)?;
    check_matrix_rep(&a, &b, 1e-6)?;
    prop_assert_eq!(a.compose(&b).determinant(), a.determinant() * b.determinant());
    prop_assert!((a.matrix().tr_mul(a.matrix()) - SMatrix::<f64, D, D>::identity()).amax() < 1e-14);
    let turned = c.matrix().column(0).into_owned();
    prop_assert!((a.compose(&b).act(&turned) - a.act(&b.act(&turned))).amax() < 1e-14);

    let [a, b, c] = [(); 3].map(|()| motion::<D>(&mut rng, 5.0));
    check_group(&a, &b, &c)?;
    check_matrix_rep(&a, &b, 1e-5)?;
    let points = [turned, turned * 3.0];
    let (at_once, in_turn) = (a.compose(&b).act(&points[..]), a.act(&b.act(&points[..])[..]));
    prop_assert!(at_once.iter().zip(in_turn).all(|(x, y)| (x - y).amax() < 1e-13));
    let arrays = points.map(Into::<[f64; D]>::into);
    let moved: Vec<SVector<f64, D>> = a.act(&arrays[..]).into_iter().map(SVector::from).collect();
    prop_assert_eq!(moved, a.act(&points[..]));
    Ok(())
}

proptest! {
    #[test]
    fn the_laws_hold_in_every_dimension(seed: u64) {
        laws_of::<1>(seed)?;
        laws_of::<2>(seed)?;
        laws_of::<3>(seed)?;
        laws_of::<4>(seed)?;
    }

    #[test]
    fn subgroups_obey_the_laws(seed: u64) {
        let mut rng = rng(seed);
        check_subgroup(&OrthogonalGroup::<2>::special(), 3, &mut rng)?;
        check_subgroup(&OrthogonalGroup::<3>::special(), 3, &mut rng)?;
        check_subgroup(&OrthogonalGroup::<3>::full(), 3, &mut rng)?;
        let center = *motion::<3>(&mut rng, 10.0).translation();
        let about = Centered::new(OrthogonalGroup::full(), center).unwrap();
        check_subgroup(&about, 3, &mut rng)?;
        prop_assert!(!about.contains(&motion(&mut rng, 1.0)));
    }

    #[test]
    fn rotations_are_the_exponentials_of_their_logarithms(
        direction in [-1.0..1.0f64, -1.0..1.0, -1.0..1.0],
        small in 0.0..1e-7f64,
        angle in 0.0..PI,
    ) {
        prop_assume!(Vector3::from(direction).norm() > 0.1);
        let axis = Vector3::from(direction).normalize();
        for angle in [angle, small, PI - small, 0.0, PI] {
            let vector = axis * angle;
            let rotation = Orthogonal::exp(vector).unwrap();
            let expected: Matrix3<f64> = vector.cross_matrix().exp();
            prop_assert!((rotation.matrix() - expected).amax() < 1e-13);
            let log = rotation.log().unwrap();
            // Close to a half turn, rounding decides between the two ends of the axis.
            let difference = (log - vector).norm().min((log + vector).norm());
            prop_assert!(difference < 1e-13 || angle > PI - 1e-6 && difference < 1e-6, "{difference}");
            prop_assert_eq!(Orthogonal::exp(log).unwrap(), rotation);
            let planar = Orthogonal::<2>::rotation(angle).unwrap();
            prop_assert!((planar.angle().unwrap() - angle).abs() < 1e-15);
        }
    }

    #[test]
    fn motions_are_the_exponentials_of_their_logarithms(
        vector in [-2.0..2.0f64, -2.0..2.0, -1.0..1.0],
        velocity in [-5.0..5.0f64, -5.0..5.0, -5.0..5.0],
        scale in prop_oneof![Just(1.0), Just(1e-5), Just(0.03), Just(0.0)],
    ) {
        let (vector, velocity) = (Vector3::from(vector) * scale, Vector3::from(velocity));
        let motion = Euclidean::<3>::exp(vector, velocity).unwrap();
        let mut generator = Matrix4::zeros();
        generator.fixed_view_mut::<3, 3>(0, 0).copy_from(&vector.cross_matrix());
        generator.fixed_view_mut::<3, 1>(0, 3).copy_from(&velocity);
        let expected: Matrix4<f64> = generator.exp();
        prop_assert!((motion.orthogonal().matrix() - expected.fixed_view::<3, 3>(0, 0)).amax() < 1e-12);
        prop_assert!((motion.translation() - expected.fixed_view::<3, 1>(0, 3)).amax() < 1e-12);
        let (log, speed) = motion.log().unwrap();
        prop_assert!((log - vector).amax() < 1e-12 && (speed - velocity).amax() < 1e-12);

        let (angle, velocity) = (vector.x, velocity.xy());
        let motion = Euclidean::<2>::exp(angle, velocity).unwrap();
        let generator = Matrix3::new(0.0, -angle, velocity.x, angle, 0.0, velocity.y, 0.0, 0.0, 0.0);
        let expected: Matrix3<f64> = generator.exp();
        prop_assert!((motion.translation() - expected.fixed_view::<2, 1>(0, 2)).amax() < 1e-12);
        let (turned, speed) = motion.log().unwrap();
        prop_assert!((turned - angle).abs() < 1e-12 && (speed - velocity).amax() < 1e-12);
    }

    #[test]
    fn nearly_orthogonal_input_is_projected(seed: u64, noise in 0.0..1e-7f64) {
        let mut rng = rng(seed);
        let exact = OrthogonalGroup::<3>::full().sample(&mut rng);
        let disturbed = exact.matrix() + OrthogonalGroup::<3>::full().sample(&mut rng).matrix() * noise;
        let taken = Orthogonal::new(disturbed).unwrap();
        prop_assert!((taken.matrix().tr_mul(taken.matrix()) - Matrix3::identity()).amax() < 1e-15 * 4.0);
        prop_assert!((taken.matrix() - exact.matrix()).amax() < 2e-7);
        prop_assert_eq!(taken.is_proper(), exact.is_proper());
    }
}

/// The largest distance of the empirical distribution from `law` on `samples`, against the bound that chance exceeds once in a
/// million (Kolmogorov–Smirnov).
fn assert_distribution(mut samples: Vec<f64>, law: impl Fn(f64) -> f64) {
    samples.sort_by(f64::total_cmp);
    let n = samples.len() as f64;
    let distance = (samples.iter().enumerate())
        .map(|(i, &x)| {
            (law(x) - i as f64 / n)
                .abs()
                .max((law(x) - (i as f64 + 1.0) / n).abs())
        })
        .fold(0.0, f64::max);
    assert!(distance * n.sqrt() < 2.7, "distance {distance} of {n} samples");
}

#[test]
fn draws_have_the_law_of_haar() {
    const DRAWS: usize = 5000;
    let mut rng = rng(7);
    let [spatial, other] = [(); 2].map(|()| OrthogonalGroup::<3>::full().sample(&mut rng));
    let rotations: Vec<_> = (0..DRAWS)
        .map(|_| OrthogonalGroup::<3>::special().sample(&mut rng))
        .collect();
    assert!(rotations.iter().all(Orthogonal::is_proper));
    // The angle has density (1 − cos θ)/π, and so has that of a translate whose determinant is 1.
    for move_it in [false, true] {
        let angle = |g: &Orthogonal<3>| {
            let shift = OrthogonalGroup::<3>::special().sample(&mut ChaCha8Rng::seed_from_u64(1));
            let g = if move_it { shift.compose(g) } else { *g };
            g.log().unwrap().norm()
        };
        assert_distribution(rotations.iter().map(angle).collect(), |angle| {
            (angle - angle.sin()) / PI
        });
    }
    // Every entry is uniform on [−1, 1] (Archimedes), also after multiplication on both sides.
    for entry in 0..9 {
        let value = |g: &Orthogonal<3>| spatial.compose(g).compose(&other).matrix()[entry];
        assert_distribution(rotations.iter().map(value).collect(), |x| (x + 1.0) / 2.0);
    }

    let all: Vec<_> = (0..DRAWS)
        .map(|_| OrthogonalGroup::<3>::full().sample(&mut rng))
        .collect();
    let improper = all.iter().filter(|g| !g.is_proper()).count() as f64;
    assert!((improper - DRAWS as f64 / 2.0).abs() < 5.0 * (DRAWS as f64 / 4.0).sqrt());
    for entry in 0..9 {
        assert_distribution(all.iter().map(|g| g.matrix()[entry]).collect(), |x| {
            (x + 1.0) / 2.0
        });
    }

    let angle = |_| OrthogonalGroup::<2>::special().sample(&mut rng).angle().unwrap();
    assert_distribution((0..DRAWS).map(angle).collect(), |angle| (angle + PI) / TAU);
}

#[test]
fn long_products_stay_orthogonal() {
    let step = Orthogonal::exp(Vector3::new(0.1, 0.2, 0.3)).unwrap();
    let mut product = step;
    for _ in 1..100_000 {
        product = step.compose(&product);
    }
    assert!((product.matrix().tr_mul(product.matrix()) - Matrix3::identity()).amax() < 1e-15);
}

#[test]
fn rows_of_matrices() {
    let quarter = Orthogonal::<2>::rotation(PI / 2.0).unwrap();
    let glide = Euclidean::new(Orthogonal::<2>::reflection(Vector2::x()).unwrap(), Vector2::y()).unwrap();
    let mut rows = [0.0; 9];
    glide.write_matrix(&mut rows);
    assert_eq!(rows, [-1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    // In double precision nothing is rounded.
    let turn = Orthogonal::<2>::rotation(0.1).unwrap();
    let mut exact = [f64::NAN; 4];
    turn.write_matrix_f64(&mut exact);
    assert_eq!(exact, [0.1f64.cos(), -0.1f64.sin(), 0.1f64.sin(), 0.1f64.cos()]);
    let mut exact = [f64::NAN; 9];
    Euclidean::new(turn, Vector2::new(0.3, 0.7))
        .unwrap()
        .write_matrix_f64(&mut exact);
    assert_eq!([exact[2], exact[5], exact[8]], [0.3, 0.7, 1.0]);
    insta::assert_snapshot!(format!("{quarter:.2}\n{glide}\n{:?}", OrthogonalGroup::<3>::special()), @r"
    [[0.00, -1.00], [1.00, 0.00]]
    [[-1, 0], [0, 1]]·x + [0, 1]
    OrthogonalGroup { special: true }
    ");
}

#[test]
fn input_that_describes_nothing_is_an_error() {
    let errors = [
        Orthogonal::from_rows([[1.0, f64::NAN], [0.0, 1.0]]).unwrap_err(),
        Orthogonal::from_rows([[2.0, 0.0], [0.0, 1.0]]).unwrap_err(),
        Orthogonal::<2>::rotation(f64::INFINITY).unwrap_err(),
        Orthogonal::rotation_about(Vector3::zeros(), 1.0).unwrap_err(),
        Orthogonal::reflection(Vector3::new(0.0, f64::NAN, 1.0)).unwrap_err(),
        Euclidean::new(Orthogonal::default(), Vector2::new(0.0, f64::INFINITY)).unwrap_err(),
        "SO(2)".parse::<OrthogonalGroup<3>>().unwrap_err(),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r#"
    orthogonal matrix: an entry is NaN, expected a finite number
    orthogonal matrix: the entries of MᵀM differ from the identity by 3.0e0, at most 1.0e-6 expected
    angle of a rotation: inf, expected a finite number
    axis of a rotation: [0.0, 0.0, 0.0] has no direction
    normal of a reflection: [0.0, NaN, 1.0] has no direction
    translation: inf, expected a finite number
    group "SO(2)": expected O(3) or SO(3)
    "#);
    // Axes may have any length.
    let tiny = Orthogonal::rotation_about(Vector3::z() * 1e-310, 1.0).unwrap();
    assert_eq!(tiny, Orthogonal::exp(Vector3::z()).unwrap());
}
