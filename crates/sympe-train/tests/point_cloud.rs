//! The point-cloud experiment: its laws, and the commands on it.

mod common;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sympe_data::distortions::{Distortion, Parent};
use sympe_groups::nalgebra::SVector;
use sympe_groups::{Action, OrthogonalGroup, Subgroup};
use sympe_nn::device::DeviceSpec;
use sympe_train::config::Config;
use sympe_train::experiments::point_cloud::{Clouds, PointCloudConfig};
use sympe_train::harness::Trained;
use sympe_train::run::RunInfo;
use sympe_train::task::{Part, Task};
use sympe_train::trainer;

/// Ways that answer with the symmetry of the cloud, whatever has been learned.
const SYMMETRIC: [&str; 3] = ["none", "frame-averaging", "weighted-frames"];

fn config(sets: &[&str]) -> PointCloudConfig {
    common::config(sets)
}

fn method(name: &str, sets: &[&str]) -> Trained<Clouds> {
    common::experiment(common::row::<Clouds>(name, &config(sets)))
}

fn parent(parent: Parent) -> String {
    format!("data.parent={parent}")
}

/// Test metrics by these names.
fn metrics<const N: usize>(run: &Trained<Clouds>, names: [&str; N]) -> [f64; N] {
    let metrics = run.evaluate(run.part(Part::Test), 0).unwrap();
    names.map(|name| {
        let found = metrics.iter().find(|(known, _)| *known == name);
        found
            .unwrap_or_else(|| panic!("no metric {name} in {metrics:?}"))
            .1
    })
}

fn trained(name: &str, sets: &[&str]) -> Trained<Clouds> {
    let run = method(name, sets);
    let folder = tempfile::tempdir().unwrap();
    let info = RunInfo::new(&run, DeviceSpec::Cpu);
    trainer::train(&run, folder.path(), &info, &mut ()).unwrap();
    run
}

#[test]
fn what_breaks_nothing_is_never_nearer_than_the_symmetric_mean_and_what_breaks_can_be() {
    for known in Parent::ALL {
        let parent = parent(known);
        for name in SYMMETRIC {
            let run = trained(name, &[&parent, "data.train=16", "data.held-out=6"]);
            let [loss, least, reached] = metrics(&run, ["loss", "symmetric_loss", "reached_percent"]);
            assert!(loss > least - 1e-4, "{known}, {name}: {loss} below {least}");
            assert_eq!(reached, 0.0);
        }
    }
    let sets = [
        "training.epochs=40",
        "data.train=128",
        "optimizer.learning-rate=1e-2",
    ];
    for name in ["sympe", "canonicalized"] {
        let run = trained(name, &sets);
        let [loss, members] = metrics(&run, ["loss", "members_percent"]);
        assert!(loss < 0.2 && members == 100.0, "{name}: {loss}, {members} %");
    }
}

/// The frames of `k·x` are those of `x` moved by `k`, so a method that draws nothing has answers that move with the cloud.
#[test]
fn answers_of_what_draws_nothing_move_with_the_cloud() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for known in Parent::ALL {
        let parent = parent(known);
        for name in SYMMETRIC {
            let run = method(name, &[&parent]);
            let cloud = known.draw(&mut rng);
            let still = &run.task().displacements(vec![cloud.clone()], 0).unwrap()[0];
            let g = OrthogonalGroup::<3>::full().sample(&mut rng);
            let turned = Distortion {
                cloud: g.act(&cloud.cloud),
                ..cloud
            };
            let moved = &run.task().displacements(vec![turned], 1).unwrap()[0];
            for (still, moved) in still.iter().zip(moved) {
                let error = (g.act(&SVector::from(*still)) - SVector::from(*moved)).amax();
                assert!(error < 1e-4, "{known}, {name}: {error}");
            }
        }
    }
}

/// Random networks with a draw from the exact kernel answer with one orbit of the stabilizer, each member equally often.
#[test]
fn answers_to_one_cloud_are_one_orbit() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let cloud = Parent::Square.draw(&mut rng);
    for name in ["sympe", "fixed", "canonicalized"] {
        let run = method(name, &[]);
        let answers = run.task().displacements(vec![cloud.clone(); 400], 0).unwrap();
        let mut seen: Vec<(&Vec<[f64; 3]>, usize)> = Vec::new();
        for answer in &answers {
            let near = |other: &[[f64; 3]]| {
                let pairs = answer.iter().flatten().zip(other.iter().flatten());
                pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-4)
            };
            match seen.iter_mut().find(|(other, _)| near(other)) {
                Some((_, count)) => *count += 1,
                None => seen.push((answer, 1)),
            }
        }
        // Sixteen symmetries; a network that is not trained may be blind to some. Six standard deviations of a binomial count.
        assert!(
            seen.len() > 1 && 16 % seen.len() == 0,
            "{name}: {} answers",
            seen.len()
        );
        let expected = 400.0 / seen.len() as f64;
        let fair = |count: usize| (count as f64 - expected).abs() < 6.0 * expected.sqrt();
        assert!(seen.iter().all(|(_, count)| fair(*count)), "{name}");
    }
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    common::resumes_to_the_uninterrupted_run::<Clouds>(&["data.parent=octahedron"], &[1, 4]);
    let symmetrisation = ["model.method=symmetrisation", "breaking.kind=none"];
    common::resumes_to_the_uninterrupted_run::<Clouds>(&symmetrisation, &[3]);
}

#[test]
fn networks_of_every_row_are_valid_and_of_like_size() {
    let base = PointCloudConfig::default();
    let count = |name: &str| {
        common::experiment::<Clouds>(common::row::<Clouds>(name, &base))
            .store()
            .count() as f64
    };
    let size = count("sympe");
    for row in &Clouds::axes()[1].rows {
        let config = row.of(&base);
        assert!(config.validate().is_ok(), "{row:?}");
        assert_eq!(row.of(&config), config, "{row:?}");
        let ratio = count(row.name) / size;
        assert!((0.6..1.6).contains(&ratio), "{row:?}: {ratio}");
    }
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (set, expected) in [
        ("breaking.dim=2", "breaking.dim is 2, expected at least 3"),
        (
            "model.method=augmentation",
            "breaking.kind is sympe, expected none",
        ),
        ("model.coordinates.layers=0", "model.coordinates.layers is 0"),
        ("model.equivariant.reach=-1.0", "model.equivariant.reach is -1"),
        ("data.parent=cube", "cube"),
    ] {
        let message = common::config_error::<PointCloudConfig>(set);
        assert!(message.contains(expected), "{set}: {message}");
    }
    let run = method("sympe", &[]);
    let benzene = Parent::Benzene.draw(&mut ChaCha8Rng::seed_from_u64(5));
    let message = run
        .task()
        .displacements(vec![benzene], 0)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("expected types below 1 and 0 conditions"),
        "{message}"
    );
}
