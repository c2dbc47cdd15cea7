//! The ground-state experiment: its laws, and the commands on it.

mod common;

use common::run;
use serde_json::Value;
use std::collections::HashSet;
use sympe_data::Dataset;
use sympe_data::ising::{Couplings, Disordered};
use sympe_groups::{Action, FiniteSubgroup};
use sympe_train::config::{Config, Layers};
use sympe_train::experiments::ising::{CouplingLaw, Ising, IsingConfig};
use sympe_train::harness::Trained;
use sympe_train::task::{Part, Task};

fn config(sets: &[&str]) -> IsingConfig {
    common::config(sets)
}

fn experiment(config: IsingConfig) -> Trained<Ising> {
    common::experiment(config)
}

#[test]
fn without_breaking_a_uniform_magnet_gets_a_uniform_answer_and_with_it_any() {
    let couplings: Vec<Couplings> = (0..8)
        .map(|k| Couplings::uniform([4, 4], k as f32 / 2.0 - 2.0, 0.7, 0.1).unwrap())
        .collect();
    let constant = |method: &str| {
        let run = experiment(common::row::<Ising>(method, &config(&[])));
        let answers = run.task().spins(couplings.clone(), 0).unwrap();
        answers
            .iter()
            .all(|spins| spins.iter().all(|spin| *spin == spins[0]))
    };
    assert!(constant("none"));
    // Relaxed convolutions start equivariant.
    assert!(constant("relaxed"));
    for method in ["noise", "uniform", "fixed", "learned", "sympe", "cnn"] {
        assert!(!constant(method), "{method}");
    }
}

#[test]
fn the_law_of_the_answers_moves_with_the_input() {
    // Disordered couplings have no symmetry: the exact kernel has one element, and answers move with the input exactly.
    let experiment = experiment(config(&[
        "data.law=disordered",
        "spins=soft",
        "data.spin-flip=true",
        "model.channels=3",
    ]));
    let couplings = Disordered::new(1, [4, 4], 3).unwrap().get(0).unwrap();
    let group = experiment.config().data.group().unwrap();
    let answer = &experiment.task().spins(vec![couplings.clone()], 0).unwrap()[0];
    for g in group.elements().step_by(7) {
        let moved = &experiment.task().spins(vec![g.act(&couplings)], 1).unwrap()[0];
        assert_eq!(*moved, g.act(answer.as_slice()), "{g}");
    }
}

#[test]
fn a_magnet_without_field_has_both_signs_equally_often_under_the_spin_flip() {
    let experiment = experiment(config(&["data.spin-flip=true", "data.field=[0.0, 0.0]"]));
    let same = vec![Couplings::uniform([4, 4], 1.0, 0.5, 0.0).unwrap(); 2000];
    let answers = experiment.task().spins(same, 0).unwrap();
    // Each answer comes with its opposite; which of the two is a fair coin.
    let up = answers.iter().filter(|spins| spins[0] > 0).count() as f64;
    assert!((up - 1000.0).abs() < 5.0 * 500f64.sqrt(), "{up} of 2000");
    let different: HashSet<&Vec<i8>> = answers.iter().collect();
    for spins in &different {
        let opposite: Vec<i8> = spins.iter().map(|spin| -spin).collect();
        assert!(different.contains(&opposite));
    }
}

#[test]
fn the_loss_is_the_energy_of_the_soft_spins_in_units_of_the_couplings() {
    // One input, sharpness so high that soft spins are hard.
    let experiment = experiment(config(&[
        "data.law=disordered",
        "data.train=1",
        "training.batch-size=1",
        "spins=soft",
        "sharpness=[1e7, 1e7]",
    ]));
    let batch = experiment.epoch(0, 0).next().unwrap().unwrap();
    let loss = experiment.loss(&batch, 0).unwrap().to_scalar::<f32>().unwrap();
    let couplings: Vec<Couplings> = experiment
        .part(Part::Train)
        .samples()
        .unwrap()
        .map(|magnet| magnet.couplings().clone())
        .collect();
    // The exact kernel of disordered couplings leaves nothing to chance.
    let spins = experiment.task().spins(couplings.clone(), 0).unwrap();
    let energy = couplings[0].energy(&spins[0]) / couplings[0].scale();
    assert!((f64::from(loss) - energy).abs() < 1e-4);
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    common::resumes_to_the_uninterrupted_run::<Ising>(&["optimizer.average=0.9"], &[1, 4, 7]);
}

#[test]
fn networks_of_every_row_have_one_size_to_what_is_relaxed_and_learned() {
    let base = config(&[]);
    let count = |name: &str| experiment(common::row::<Ising>(name, &base)).store().count() as f64;
    let net = count("none");
    assert_eq!((count("noise"), count("fixed")), (net, net));
    assert_eq!(count("sympe"), net + 4.0 * 16.0);
    for row in &Ising::axes()[0].rows {
        let config = row.of(&base);
        assert!(config.validate().is_ok(), "{row:?}");
        // The patch of a row says all that it is about: once more, it changes nothing.
        assert_eq!(row.of(&config), config, "{row:?}");
    }
    let ratio = count("cnn") / count("sympe");
    assert!((0.5..2.0).contains(&ratio), "{ratio}");
}

#[test]
fn training_comparing_and_evaluating_from_the_command_line() {
    let runs = tempfile::tempdir().unwrap();
    let place = runs.path().to_str().unwrap();
    let common = ["--preset", "smoke", "--device", "cpu", "--runs-dir", place];
    let arguments: Vec<&str> = ["train", "ising"].into_iter().chain(common).collect();
    let (output, result) = run(&arguments);
    result.unwrap();
    for expected in [
        "none-seed0",
        "sympe-seed0",
        "coverage p",
        "wide couplings on 4 × 4 sites",
    ] {
        assert!(output.contains(expected), "{output}");
    }
    let folder = runs.path().join("ising/train-001");
    let report = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(report.contains("Phase diagram") && report.contains("column stripes"));
    assert!(folder.join("phase-diagram.svg").exists() && folder.join("spins.svg").exists());

    let arguments = [
        "compare",
        "ising",
        "--methods",
        "none,sympe",
        "--seeds",
        "1",
        "--json",
    ];
    let arguments: Vec<&str> = arguments.into_iter().chain(common).collect();
    let (output, result) = run(&arguments);
    result.unwrap();
    let lines: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    let keys: Vec<&String> = lines[1].as_object().unwrap().keys().collect();
    insta::assert_snapshot!(format!("{keys:?}"), @r#"["best_epoch", "breaking_share", "cell", "checkerboard_percent", "couplings", "coverage_p", "epochs", "ferromagnet_percent", "gap", "index", "method", "orbits_percent", "parameters", "seed", "solved_percent", "stripes_percent", "torus"]"#);
    assert_eq!(lines[1]["method"], "sympe");

    // Other couplings, from a file.
    let file = runs.path().join("couplings.txt");
    let block = |value: &str| format!("{}\n", [[value; 4].join(" ").as_str(); 4].join("\n"));
    std::fs::write(
        &file,
        format!("{}\n{}\n{}", block("1"), block("0.5"), block("0.2")),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let folder = folder.to_str().unwrap();
    let (output, result) = run(&["evaluate", folder, "--file", file, "--json", "--device", "cpu"]);
    result.unwrap();
    let of_none: Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
    assert!(of_none["gap"].as_f64().unwrap() >= 0.0 && of_none["ferromagnet_percent"].is_number());
    std::fs::write(file, "1 2\n3 4\n").unwrap();
    let (_, result) = run(&["evaluate", folder, "--file", file, "--device", "cpu"]);
    let message = result.unwrap_err().to_string();
    assert!(
        message.contains("couplings.txt") && message.contains("expected couplings"),
        "{message}"
    );
}

/// Plaquettes on the small torus.
const PLAQUETTES: [&str; 3] = ["data.law=superlattice", "data.field=[0.0, 0.0]", "spins=soft"];

#[test]
fn without_breaking_no_lattice_of_plaquettes_is_solved() {
    // A translation by a plaquette is a symmetry of the couplings and flips the ground state: Curie's principle.
    let run = experiment(common::row::<Ising>("none", &config(&PLAQUETTES)));
    let test = run.part(Part::Test);
    let couplings: Vec<Couplings> = test
        .samples()
        .unwrap()
        .map(|magnet| magnet.couplings().clone())
        .collect();
    for spins in run.task().spins(couplings, 0).unwrap() {
        let at = |i: usize, j: usize| spins[i % 4 * 4 + j % 4];
        assert!((0..16).all(|site| at(site / 4, site % 4) == at(site / 4 + 2, site % 4)));
    }
    let metrics = run.evaluate(test, 0).unwrap();
    let metric = |name: &str| metrics.iter().find(|(known, _)| *known == name).unwrap().1;
    assert_eq!((metric("solved_percent"), metric("coverage_p")), (0.0, 0.0));
    assert_eq!((metric("orbits_percent"), metric("index")), (0.0, 8.0));
}

#[test]
fn noise_beside_the_encoding_reaches_what_one_draw_does_not() {
    // Disordered couplings have no symmetry: without noise there is one answer.
    let couplings = Disordered::new(1, [4, 4], 3).unwrap().get(0).unwrap();
    let answers = |noise: &str| -> HashSet<Vec<i8>> {
        let sets = ["data.law=disordered", "spins=soft", noise];
        let run = experiment(config(&sets));
        let answers = run.task().spins(vec![couplings.clone(); 50], 0).unwrap();
        answers.into_iter().collect()
    };
    assert_eq!(answers("breaking.noise=0").len(), 1);
    assert!(answers("breaking.noise=2").len() > 1);
}

#[test]
fn a_comparison_of_cells_shows_what_is_solved_by_index() {
    let runs = tempfile::tempdir().unwrap();
    let place = runs.path().to_str().unwrap();
    let mut arguments = vec![
        "compare",
        "ising",
        "--preset",
        "smoke",
        "--device",
        "cpu",
        "--runs-dir",
        place,
    ];
    arguments.extend(["--seeds", "1", "--json", "--methods", "none,sympe,cnn"]);
    arguments.extend(["--cells", "plaquettes-1,mattis-2"]);
    arguments.extend(PLAQUETTES.iter().flat_map(|set| ["--set", set]));
    let (output, result) = run(&arguments);
    result.unwrap();
    let cell = |line: &str| serde_json::from_str::<Value>(line).unwrap()["cell"].to_string();
    let cells: HashSet<String> = output.lines().map(cell).collect();
    assert_eq!(cells.len(), 2, "{output}");
    // Continued, which trains nothing, all runs are in one report.
    let folder = runs.path().join("ising/compare");
    let picture = std::fs::read_to_string(folder.join("solved-by-index.svg")).unwrap();
    assert!(
        ["none", "sympe", "cnn"].iter().all(|name| picture.contains(name)),
        "{picture}"
    );
    // A figure for each cell, and the reference of a row is of its own.
    for cell in ["plaquettes-1", "mattis-2"] {
        let curves =
            std::fs::read_to_string(folder.join(format!("{cell}-curve-solved-percent.svg"))).unwrap();
        assert!(curves.contains("training step"), "{curves}");
        let is_row = |row: &Value| row["row"] == true && row["cell"] == cell && row["method"] == "none";
        let rows = output
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let references: Vec<Value> = rows.filter(is_row).map(|row| row["reference"].clone()).collect();
        assert_eq!(references, [format!("sympe-{cell}")]);
    }
    let points = std::fs::read_to_string(folder.join("curves.jsonl")).unwrap();
    let curves: Vec<Value> = points
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let solved: Vec<&Value> = curves
        .iter()
        .filter(|curve| curve["metric"] == "solved_percent")
        .collect();
    assert_eq!(solved.len(), 6);
    // Two epochs of four steps each.
    let steps = |curve: &Value| {
        curve["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| point[0].as_u64().unwrap())
            .collect()
    };
    let steps: Vec<Vec<u64>> = solved.into_iter().map(steps).collect();
    assert!(steps.iter().all(|steps| *steps == [4, 8]), "{steps:?}");
    let (_, result) = run(&["train", "--resume", folder.to_str().unwrap(), "--device", "cpu"]);
    result.unwrap();
    let report = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(report.contains("plaquettes, cell 1 × 1") && report.contains("mattis, cell 2 × 2"));
    let picture = std::fs::read_to_string(folder.join("solved-by-index.svg")).unwrap();
    assert!(
        ["none", "sympe", "cnn"].iter().all(|name| picture.contains(name)),
        "{picture}"
    );
}

#[test]
fn ground_states_in_many_orbits_are_counted_by_orbit() {
    let sets = ["data.law=fully-frustrated", "data.field=[0.0, 0.0]", "spins=soft"];
    let run = experiment(config(&sets));
    let metrics = run.evaluate(run.part(Part::Test), 0).unwrap();
    let metric = |name: &str| metrics.iter().find(|(known, _)| *known == name).unwrap().1;
    // 25 orbits of 272 ground states; nothing is trained, so hardly any comes out.
    assert!(
        metric("orbits_percent") <= 8.0 && metric("index") == 4.0,
        "{metrics:?}"
    );
}

#[test]
fn a_network_that_no_memory_holds_is_refused_before_it_is_built() {
    insta::assert_snapshot!(common::config_error::<IsingConfig>("model.channels=10000000"), @"--set model.channels=10000000: model.channels = 10000000, model.blocks = 1 and model.kernel = 3 make a network of about 8.0e15 parameters (3.0e7 GiB), expected at most 2147483648");
    insta::assert_snapshot!(common::config_error::<IsingConfig>("model.kernel=100000001"), @"--set model.kernel=100000001: model.channels = 2, model.blocks = 1 and model.kernel = 100000001 make a network of about 5.0e17 parameters (1.9e9 GiB), expected at most 2147483648");
}

#[test]
fn every_preset_is_a_configuration() {
    for (name, ..) in IsingConfig::presets() {
        let mut layers = Layers::default();
        layers.preset::<IsingConfig>(name).unwrap();
        let config: IsingConfig = layers.resolve().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            config.data.law == CouplingLaw::Superlattice,
            *name == "superlattice"
        );
    }
    let spherical = config(&[&PLAQUETTES[..2], &["spins=spherical"]].concat());
    assert_eq!(spherical.sharpness_of(0), None);
}

#[test]
fn options_that_make_no_sense_are_errors_that_name_them() {
    for (set, expected) in [
        ("data.side=5", "even number"),
        ("data.side=0", "data.side is 0"),
        ("data.field=[2.0, 1.0]", "finite interval"),
        (
            "breaking.kind=laplacian",
            "`none`, `noise`, `uniform`, `fixed`, `learned`, `sympe`",
        ),
        ("model.group=p6m", "p2mm"),
        ("sharpness=[0.0, 1.0]", "positive numbers"),
        ("data.law=disordered", "spins is spherical"),
        ("data.law=fully-frustrated", "spins is spherical"),
        ("data.law=superlattice", "superlattice couplings have no field"),
        ("optimizer.average=1.0", "optimizer.average"),
        ("model.chanels=3", "model.channels"),
    ] {
        let message = common::config_error::<IsingConfig>(set);
        assert!(message.contains(expected), "{set}: {message}");
    }
    let sets = [&PLAQUETTES[..], &["data.cell=3"]].concat();
    let error = std::panic::catch_unwind(|| config(&sets)).unwrap_err();
    let message = error.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("data.cell is 3") && message.contains("plaquettes"),
        "{message}"
    );
}
