//! The experiment of graph diffusion: its laws, and the commands on it.

mod common;

use common::run;
use serde_json::Value;
use std::path::Path;
use sympe_data::diffusion::{CategoricalGraph, MoleculeClasses};
use sympe_data::key::{Purpose, stream};
use sympe_data::molecule::{Moses, smiles};
use sympe_nn::device::DeviceSpec;
use sympe_nn::models::GraphTransformerConfig;
use sympe_train::config::{Config, Layers};
use sympe_train::experiments::graph_diffusion::{GraphDiffusion, GraphDiffusionConfig};
use sympe_train::harness::Trained;
use sympe_train::run::RunInfo;
use sympe_train::task::{Part, Request, Task};
use sympe_train::trainer;

/// The training graphs.
fn training_graphs(run: &Trained<GraphDiffusion>) -> Vec<CategoricalGraph> {
    run.part(Part::Train).samples().unwrap().cloned().collect()
}

fn config(sets: &[&str]) -> GraphDiffusionConfig {
    common::config(sets)
}

fn experiment(config: GraphDiffusionConfig) -> Trained<GraphDiffusion> {
    common::experiment(config)
}

#[test]
fn the_noise_of_an_evaluation_is_the_same_for_all_models_and_draws() {
    // Without breaking nothing is left to chance; with it only the draws of the kernel.
    let nll = |method: &str, draw: u64, sets: &[&str]| {
        let experiment = experiment(common::row::<GraphDiffusion>(method, &config(sets)));
        experiment.task().nll(experiment.part(Part::Test), draw).unwrap()
    };
    assert_eq!(nll("none", 0, &[]), nll("none", 1, &[]));
    assert_eq!(nll("sympe", 0, &[]), nll("sympe", 0, &[]));
    assert_ne!(nll("sympe", 0, &[]), nll("sympe", 1, &[]));
    // The published convention counts every pair twice.
    let [proper, published, unlabelled] = nll("none", 0, &[]);
    assert!(proper < published && published < 2.0 * proper);
    assert!(unlabelled < proper);
}

#[test]
fn a_model_that_knows_nothing_pays_for_every_choice() {
    // One step of noise and uniform classes: the bound of an untrained model is near that of coin tosses, never far below.
    let experiment = experiment(config(&[
        "process.steps=1",
        "process.limit=uniform",
        "breaking.kind=none",
        "evaluation.graphs=0",
    ]));
    let samples = experiment.part(Part::Validation);
    let [proper, ..] = experiment.task().nll(samples, 0).unwrap();
    let choices = |graph: &CategoricalGraph| {
        let n = graph.n() as f64;
        n * 5f64.ln() + n * (n - 1.0) / 2.0 * 4f64.ln()
            - experiment.task().node_counts().ln_probability(graph.n())
    };
    let count = samples.len() as f64;
    let tosses = samples.samples().unwrap().map(choices).sum::<f64>() / count;
    assert!((proper / tosses - 1.0).abs() < 0.5, "{proper} against {tosses}");
}

#[test]
fn samples_have_streams_of_their_own() {
    let experiment = experiment(config(&[]));
    let (mut heard, three) = (Vec::new(), experiment.task().sample(3, 5, &mut |_| ()).unwrap());
    let five = experiment
        .task()
        .sample(5, 5, &mut |share| heard.push(share))
        .unwrap();
    assert_eq!(three, five[..3]);
    assert_ne!(experiment.task().sample(5, 6, &mut |_| ()).unwrap(), five);
    assert_eq!((heard.len(), *heard.last().unwrap()), (8, 1.0));
    // Sizes are those of the training set.
    let sizes = experiment.task().node_counts().counts();
    assert!(five.iter().all(|graph| sizes[graph.n()] > 0));
}

#[test]
fn sampling_takes_the_steps_that_it_is_given() {
    let heard = |sets: &[&str]| {
        let (mut steps, run) = (0, experiment(config(sets)));
        let graphs = run.task().sample(5, 0, &mut |_| steps += 1).unwrap();
        (steps, graphs)
    };
    let (steps, graphs) = heard(&[]);
    assert_eq!(steps, 8);
    assert_eq!(heard(&["sampling.steps=8"]), (8, graphs.clone()));
    // The last step goes on from the same z_0.
    let (steps, further) = heard(&["sampling.last-step=true"]);
    assert_eq!(steps, 9);
    let sizes = |graphs: &[CategoricalGraph]| graphs.iter().map(CategoricalGraph::n).collect::<Vec<_>>();
    assert!(further != graphs && sizes(&further) == sizes(&graphs));
    let (steps, fewer) = heard(&["sampling.steps=3"]);
    assert!(steps == 3 && fewer != graphs && sizes(&fewer) == sizes(&graphs));
}

#[test]
fn the_last_step_is_taken_if_trials_say_so() {
    let mut chosen = Vec::new();
    for seed in 0..4 {
        let sample = |last_step: &str| {
            let sets = [
                format!("training.seed={seed}"),
                format!("sampling.last-step={last_step}"),
            ];
            let run = experiment(config(&[&sets[0], &sets[1], "evaluation.samples=100"]));
            (run.task().sample(5, 0, &mut |_| ()).unwrap(), run)
        };
        let [(without, _), (with, _), (auto, run)] = ["false", "true", "auto"].map(sample);
        assert!(with != without && (auto == with || auto == without));
        let metrics = run.evaluate(run.part(Part::Test), 0).unwrap();
        assert_eq!(
            metrics.last(),
            Some(&("last_step", f64::from(u8::from(auto == with))))
        );
        chosen.push(auto == with);
    }
    assert!(chosen.contains(&true), "{chosen:?}");
    // In files it is what it was before there was a choice.
    let text = sympe_train::config::to_toml(&config(&["sampling.last-step=true"]));
    assert!(text.contains("last-step = true"), "{text}");
}

#[test]
fn coupled_draws_cost_what_they_say_of_the_clean_graph() {
    // An untrained denoiser makes nothing of what it is told, and pays for it.
    let run = |method: &str| {
        experiment(common::row::<GraphDiffusion>(
            method,
            &config(&["evaluation.graphs=0"]),
        ))
    };
    let nll = |method: &str| {
        let run = run(method);
        run.task().nll(run.part(Part::Validation), 0).unwrap()[0]
    };
    let (free, coupled) = (nll("sympe"), nll("coupled"));
    assert!(coupled > free + 1.0, "{coupled} against {free}");
    // Samples know no clean graph.
    let sample = |method: &str| run(method).task().sample(5, 0, &mut |_| ()).unwrap();
    assert_eq!(sample("sympe"), sample("coupled"));
}

#[test]
fn walks_are_channels_of_nodes_and_pairs() {
    let parameters = |method: &str| {
        let run = experiment(common::row::<GraphDiffusion>(method, &config(&[])));
        run.store().count()
    };
    assert!(parameters("rrwp-features") > parameters("none"));
    let alone = [
        "features.cycles=false",
        "features.spectrum=false",
        "features.molecular=false",
    ];
    let nll = |walk: &str| {
        let run = experiment(config(&[&alone[..], &["breaking.kind=none", walk]].concat()));
        run.task().nll(run.part(Part::Test), 0).unwrap()[0]
    };
    let [none, one, two] = ["features.rrwp=0", "features.rrwp=1", "features.rrwp=2"].map(nll);
    assert!(none.is_finite() && none != one && one != two && two.is_finite());
}

#[test]
fn absorbing_noise_hides_classes_that_no_sample_has() {
    let run = experiment(common::row::<GraphDiffusion>("absorbing", &config(&[])));
    let classes = run.task().molecule_classes().unwrap().counts();
    let process = run.task().process();
    assert_eq!(process.limit().clean_classes(), classes);
    assert_eq!(process.nodes().classes(), classes.0 + 1);
    // An untrained denoiser leaves nothing hidden; fewer steps do not, either.
    for graph in run.task().sample(20, 0, &mut |_| ()).unwrap() {
        assert!(graph.nodes().iter().all(|&class| usize::from(class) < classes.0));
        assert!(graph.edges().iter().all(|&class| usize::from(class) < classes.1));
    }
    let nll = run.task().nll(run.part(Part::Test), 0).unwrap();
    assert!(nll.iter().all(|nll| nll.is_finite()), "{nll:?}");
    // Whoever starts where everything is hidden sees all nodes alike: the first step draws them with one law.
    let blind = run
        .task()
        .process()
        .prior(6, &mut stream(0, 0, 0, Purpose::Evaluate));
    assert!(blind.nodes().iter().all(|&class| usize::from(class) == classes.0));
}

#[test]
fn comparisons_show_samples_by_the_number_of_steps() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "compare",
        "graph-diffusion",
        "--preset",
        "smoke",
        "--methods",
        "none,by-rank",
        "--seeds",
        "2",
        "--set",
        "training.epochs=1",
        "--set",
        "evaluation.steps=[8, 2]",
        "--runs-dir",
        folder.path().to_str().unwrap(),
    ];
    run(&arguments).1.unwrap();
    let folder = folder.path().join("graph-diffusion/compare");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let lines: Vec<Value> = read("steps.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let found: Vec<(&str, u64, u64)> = (lines.iter())
        .map(|line| {
            let number = |key: &str| line[key].as_u64().unwrap();
            (line["run"].as_str().unwrap(), number("steps"), number("seed"))
        })
        .collect();
    let of = |name: &'static str| [(name, 2, 0), (name, 2, 1), (name, 8, 0), (name, 8, 1)];
    assert_eq!(
        found,
        [of("none"), of("by-rank-exact-heavy-depth-first")].concat()
    );
    // In all steps they are the samples of the test.
    for (name, seed) in [("none", 0), ("by-rank-exact-heavy-depth-first", 1)] {
        let run = folder.join(format!("{name}-seed{seed}"));
        let results = sympe_train::run::read_results(&run).unwrap().unwrap();
        let here = |line: &&Value| line["run"] == name && line["steps"] == 8 && line["seed"] == seed;
        let line = lines.iter().find(here).unwrap();
        for metric in ["validity", "molecule_stability", "in_train"] {
            assert_eq!(
                line[metric].as_f64(),
                Some(results.test[metric]),
                "{name}: {metric}"
            );
        }
    }
    assert!(read("details.md").contains("steps that none needs for the same"));
    let report = read("report.html");
    assert!(report.contains("by the number of denoising steps") && report.contains("the first 24 samples"));
}

#[test]
fn samples_by_rank_are_relabelled_uniformly() {
    // Noise by rank puts hydrogens last; their places in the samples must not show it.
    for method in ["by-rank", "by-rank-names"] {
        let run = experiment(common::row::<GraphDiffusion>(method, &config(&[])));
        let task = run.task();
        let limit = task.process().limit();
        assert!(limit.is_by_rank() && limit.node(9, 8)[4] > 0.9 && limit.node(9, 0)[4] < 0.1);
        let graphs = task.sample(600, 0, &mut |_| ()).unwrap();
        let hydrogens = |place: fn(&CategoricalGraph) -> usize| {
            let at = |graph: &&CategoricalGraph| graph.nodes()[place(graph)] == 4;
            graphs.iter().filter(at).count() as f64 / 600.0
        };
        // Standard deviation of the difference 0.03.
        let (first, last) = (hydrogens(|_| 0), hydrogens(|graph| graph.n() - 1));
        assert!((first - last).abs() < 0.12, "{method}: {first}, {last}");
    }
}

#[test]
fn what_ranks_are_given_counts_in_the_likelihood() {
    // The same untrained denoiser, which nothing breaks: names that it cannot see leave the noise as it is and cost their
    // labellings, which are what the bound of graphs without labels leaves out.
    let nll = |sets: &[&str]| {
        let run = experiment(config(
            &[&["breaking.kind=none", "evaluation.graphs=0"], sets].concat(),
        ));
        run.task().nll(run.part(Part::Validation), 0).unwrap()
    };
    let [proper, _, unlabelled] = nll(&[]);
    let [exact, _, exact_unlabelled] = nll(&["process.limit=by-rank"]);
    let [relaxed, _, relaxed_unlabelled] = nll(&["process.limit=by-rank", "process.kernel=refinement"]);
    let labels = proper - unlabelled;
    assert!((exact - exact_unlabelled - labels).abs() < 1e-9);
    assert!((relaxed - relaxed_unlabelled - labels).abs() < 1e-9);
    assert!(labels > 3.0 && exact != proper && relaxed != exact);
}

#[test]
fn blind_pairs_are_judged_by_their_shares() {
    let run = experiment(config(&[
        "data.kind=blind-pairs",
        "data.train=400",
        "features.molecular=false",
        "evaluation.samples=4",
    ]));
    let train: Vec<CategoricalGraph> = training_graphs(&run);
    let [valid, one, two, distance] = run.task().quality(&train).unwrap()[..] else {
        panic!("four metrics");
    };
    assert_eq!((valid, one.0, two.0), (("validity", 1.0), "cycle", "two_cycles"));
    assert!((one.1 - 0.75).abs() < 0.07 && (distance.1 - (one.1 - 0.75).abs()).abs() < 1e-12);
    let noise = run.task().sample(20, 0, &mut |_| ()).unwrap();
    assert!(run.task().quality(&noise).unwrap()[3].1 > 0.5);
}

#[test]
fn held_out_sizes_that_no_training_graph_has_are_possible() {
    // Few graphs may lack a class, too, which is impossible in the limit of marginals.
    let experiment = experiment(config(&[
        "data.train=8",
        "breaking.kind=none",
        "process.limit=uniform",
    ]));
    let seen = experiment.task().node_counts().counts().to_vec();
    let test = experiment.part(Part::Test);
    assert!(
        test.samples()
            .unwrap()
            .any(|graph| seen.get(graph.n()).is_none_or(|&count| count == 0))
    );
    assert!(
        experiment
            .task()
            .nll(test, 0)
            .unwrap()
            .iter()
            .all(|nll| nll.is_finite())
    );
}

#[test]
fn every_method_trains_and_lowers_the_loss() {
    let device = DeviceSpec::Cpu.open().unwrap();
    let methods = [
        "none",
        "noise",
        "uniform",
        "sympe-nodes",
        "sympe",
        "by-rank",
        "by-rank-names",
        "rrwp-features",
        "absorbing",
        "coupled",
    ];
    for method in methods {
        let experiment = Trained::<GraphDiffusion>::new(
            common::row::<GraphDiffusion>(method, &config(&["training.epochs=12"])),
            &device,
        )
        .unwrap();
        let before = experiment.task().nll(experiment.part(Part::Test), 0).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let info = RunInfo::new(&experiment, DeviceSpec::Cpu);
        let results = trainer::train(&experiment, folder.path(), &info, &mut ()).unwrap();
        assert!(
            results.test["nll"] < before[0] && results.test["nll_published"] < before[1],
            "{method}"
        );
        assert!(results.test.contains_key("molecule_stability"));
    }
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one_dropout_included() {
    assert!(config(&[]).model.dropout > 0.0);
    common::resumes_to_the_uninterrupted_run::<GraphDiffusion>(&[], &[1, 5, 8]);
    let by_rank = ["process.limit=by-rank", "breaking.scope=trajectory"];
    common::resumes_to_the_uninterrupted_run::<GraphDiffusion>(&by_rank, &[5]);
}

#[test]
fn abstract_graphs_are_generated_judged_and_drawn() {
    let experiment = experiment(config(&[
        "data.kind=community",
        "data.train=8",
        "features.molecular=false",
        "evaluation.samples=4",
    ]));
    let samples = experiment.task().sample(4, 0, &mut |_| ()).unwrap();
    let metrics = experiment.task().quality(&samples).unwrap();
    let names: Vec<&str> = metrics.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names[..4],
        ["validity", "uniqueness", "novelty", "valid_unique_novel"]
    );
    assert!(
        metrics
            .iter()
            .all(|(_, value)| value.is_finite() && *value >= -1e-9)
    );
    assert!(experiment.task().picture(&samples).unwrap().contains("nodes"));
    // The data judged by itself: all connected, different, not novel.
    let train: Vec<CategoricalGraph> = training_graphs(&experiment);
    let metrics = experiment.task().quality(&train).unwrap();
    assert_eq!(
        metrics[..3],
        [("validity", 1.0), ("uniqueness", 1.0), ("novelty", 0.0)]
    );
}

#[test]
fn training_molecules_judged_as_samples_are_stable_and_not_novel() {
    let experiment = experiment(config(&[]));
    let train: Vec<CategoricalGraph> = training_graphs(&experiment);
    for (name, value) in experiment.task().quality(&train).unwrap() {
        let expected = f64::from(u8::from(!matches!(name, "novelty" | "in_held_out")));
        assert_eq!(value, expected, "{name}");
    }
}

#[test]
fn passes_of_an_epoch_see_the_same_graphs_with_other_noise() {
    let one = experiment(config(&["training.batch-size=1000"]));
    let two = experiment(config(&["training.batch-size=1000", "data.passes=2"]));
    assert_eq!((one.batches_per_epoch(), two.batches_per_epoch()), (1, 1));
    let count = one.part(Part::Train).len();
    assert_eq!(one.epoch(0, 0).next().unwrap().unwrap().sizes.len(), count);
    assert_eq!(two.epoch(0, 0).next().unwrap().unwrap().sizes.len(), 2 * count);
    assert_eq!(one.data(), two.data());
}

#[test]
fn files_of_molecules_are_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let experiment = experiment(config(&[]));
    let samples = experiment.read(&write("a.smi", "CO\nC=N\n"), None).unwrap();
    let formaldimine = MoleculeClasses::QM9
        .encode(&smiles::parse("C=N", 1).unwrap().with_hydrogens())
        .unwrap();
    assert_eq!(samples.samples().unwrap().nth(1), Some(&formaldimine));
    assert!(experiment.evaluate(&samples, 0).unwrap()[0].1.is_finite());
    let message = experiment.read(&write("b.smi", "CCCCCCCC\n"), None).unwrap_err();
    assert!(
        message.to_string().contains("26 nodes, expected at most 11"),
        "{message}"
    );
    let format = Some("graph6".parse().unwrap());
    let message = experiment.read(&write("c.g6", "C~\n"), format).unwrap_err();
    assert!(
        message.to_string().contains("expected a file of molecules"),
        "{message}"
    );
}

#[test]
fn the_commands_train_sample_and_judge() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().to_str().unwrap();
    let args = [
        "train",
        "graph-diffusion",
        "--preset",
        "smoke",
        "--runs-dir",
        runs,
        "--name",
        "a",
    ];
    let (output, result) = run(&args);
    result.unwrap();
    assert!(
        output.contains("sympe-exact-depth-first-seed0") && output.contains("none-seed0"),
        "{output}"
    );
    let session = folder.path().join("graph-diffusion/a");
    let report = std::fs::read_to_string(session.join("report.html")).unwrap();
    assert!(report.contains("the first 24 samples"));

    let one = session.join("sympe-exact-depth-first-seed0");
    let (output, result) = run(&["sample", one.to_str().unwrap(), "-n", "10"]);
    result.unwrap();
    let smi = one.join("samples/samples.smi");
    assert!(output.contains(smi.to_str().unwrap()), "{output}");
    for file in ["samples.jsonl", "samples.svg", "samples.sdf"] {
        assert!(one.join("samples").join(file).exists(), "{file}");
    }
    // Other programs' judge agrees with the run's, from both formats.
    let words = output.lines().last().unwrap().to_owned();
    for file in [smi, one.join("samples/samples.sdf")] {
        let (json, result) = run(&["evaluate", "--samples", file.to_str().unwrap(), "--json"]);
        result.unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        for name in ["validity", "uniqueness", "atom_stability", "molecule_stability"] {
            let expected = format!("{} {:.4}", name.replace('_', " "), json[name].as_f64().unwrap());
            assert!(
                words.contains(&expected),
                "{}: {expected} in {words}",
                file.display()
            );
        }
    }
    let again = |out: &Path| {
        let arguments = [
            "sample",
            one.to_str().unwrap(),
            "-n",
            "10",
            "--out",
            out.to_str().unwrap(),
        ];
        run(&arguments).1.unwrap();
        std::fs::read_to_string(out.join("samples.jsonl")).unwrap()
    };
    let other = folder.path().join("other");
    assert_eq!(
        again(&other),
        std::fs::read_to_string(one.join("samples/samples.jsonl")).unwrap()
    );

    // A drawing that stops after its first samples goes on there, and comes to the same end.
    let many = |out: &Path| {
        run(&[
            "sample",
            one.to_str().unwrap(),
            "-n",
            "300",
            "--out",
            out.to_str().unwrap(),
        ])
        .1
    };
    let [whole, stopped] = ["whole", "stopped"].map(|name| folder.path().join(name));
    many(&whole).unwrap();
    let in_the_way = stopped.join("samples.jsonl");
    std::fs::create_dir_all(&in_the_way).unwrap();
    many(&stopped).unwrap_err();
    std::fs::remove_dir(&in_the_way).unwrap();
    let drawn = stopped.join("drawn.jsonl");
    let kept = std::fs::read_to_string(&drawn).unwrap();
    let lines: Vec<&str> = kept.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 3, "the drawing, 256 samples and 44");
    // What a kill leaves while the second part is written.
    std::fs::write(&drawn, [lines[0], lines[1], &lines[2][..50]].concat()).unwrap();
    many(&stopped).unwrap();
    let samples = |folder: &Path| std::fs::read_to_string(folder.join("samples.jsonl")).unwrap();
    assert_eq!(samples(&stopped), samples(&whole));
    assert!(!drawn.exists() && !whole.join("drawn.jsonl").exists());

    // The bound by weighted trajectories.
    let (json, result) = run(&["evaluate", one.to_str().unwrap(), "--weighted", "3", "--json"]);
    result.unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    let [proper, unlabelled] = ["nll", "nll_unlabelled"].map(|name| json[name].as_f64().unwrap());
    assert!(
        proper > unlabelled && json.as_object().unwrap().len() == 3,
        "{json}"
    );

    // In fewer steps of a trained model, and in more than it knows.
    let steps = |steps: &str| run(&["sample", one.to_str().unwrap(), "-n", "10", "--steps", steps]);
    assert!(steps("3").0.contains("10 samples"));
    let spaced = |spacing: &str| {
        let run = run(&[
            "sample",
            one.to_str().unwrap(),
            "-n",
            "10",
            "--steps",
            "3",
            "--spacing",
            spacing,
        ]);
        run.1.unwrap();
        std::fs::read_to_string(one.join("samples/samples.jsonl")).unwrap()
    };
    assert_ne!(spaced("time"), spaced("log-snr"));
    let message = steps("9").1.unwrap_err().to_string();
    assert!(
        message.contains("number of diffusion steps is 9 of a process of 8"),
        "{message}"
    );

    let args = [
        "train",
        "ising",
        "--preset",
        "smoke",
        "--only",
        "--runs-dir",
        runs,
        "--name",
        "b",
    ];
    run(&args).1.unwrap();
    let ising = folder.path().join("ising/b");
    let message = run(&["evaluate", ising.to_str().unwrap(), "--weighted", "3"])
        .1
        .unwrap_err()
        .to_string();
    assert!(message.contains("ising: has no likelihood"), "{message}");
    let message = run(&["sample", ising.to_str().unwrap()])
        .1
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("is a run of ising, expected one of graph-diffusion"),
        "{message}"
    );
}

#[test]
fn wrong_options_are_named() {
    for (set, expected) in [
        ("process.steps=0", "process.steps is 0"),
        ("breaking.kind=frames", "`random-walk`, `rrwp`"),
        ("data.heavy-atoms=9", "from 3 to 7"),
        (
            "data.heavy-atoms=2",
            "data.heavy-atoms is 2, expected a number from 3 to 7",
        ),
        (
            "data.heavy-atoms=1",
            "data.heavy-atoms is 1, expected a number from 3 to 7",
        ),
        (
            "data.heavy-atoms=0",
            "data.heavy-atoms is 0, expected a number from 3 to 7",
        ),
        ("data.kind=planar", "no molecules"),
        ("model.heads=3", "a divisor of model.nodes, 8"),
        ("model.dropout=1.0", "below 1"),
        ("process.edge-weight=-1.0", "not negative"),
        (
            "process.limit=ranked",
            "expected one of `marginal`, `uniform`, `by-rank`, `absorbing`",
        ),
        ("process.limit=absorbing", "sampling.last-step is not true"),
        (
            "sampling.steps=9",
            "sampling.steps is 9, expected at most process.steps, 8",
        ),
        ("features.cycle=true", "features.cycles"),
        (
            "data.bonds=aromatic",
            "unknown variant `aromatic`, expected `kekule` or `delocalized`",
        ),
        (
            "features.rrwp=65",
            "features.rrwp is 65, expected at most 64 steps",
        ),
        ("sampling.last-step=maybe", "expected true, false or \"auto\""),
        (
            "evaluation.steps=[4, 9]",
            "evaluation.steps has 9, expected numbers from 1 to process.steps, 8",
        ),
    ] {
        let message = common::config_error::<GraphDiffusionConfig>(set);
        assert!(message.contains(expected), "{set}: {message}");
    }
    let mut layers = Layers::default();
    layers.preset::<GraphDiffusionConfig>("smoke").unwrap();
    layers.set("breaking.kind=uniform").unwrap();
    layers.set("breaking.scope=trajectory").unwrap();
    let message = layers.resolve::<GraphDiffusionConfig>().unwrap_err().to_string();
    assert!(
        message.contains("expected step: uniform draws from no kernel"),
        "{message}"
    );
    for (sets, expected) in [
        (
            ["breaking.kind=uniform", "breaking.coupled=true"],
            "uniform draws from no kernel",
        ),
        (
            ["breaking.scope=trajectory", "breaking.coupled=true"],
            "know no noisy graph",
        ),
        (
            ["breaking.kernel=orbits", "breaking.coupled=true"],
            "the kernel orbits is relaxed",
        ),
        (
            ["process.limit=by-rank", "breaking.coupled=true"],
            "noise by rank is not the same for all draws",
        ),
    ] {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>("smoke").unwrap();
        sets.iter().for_each(|set| layers.set(set).unwrap());
        let message = layers.resolve::<GraphDiffusionConfig>().unwrap_err().to_string();
        assert!(
            message.contains("breaking.coupled is true, expected false: ") && message.contains(expected),
            "{message}"
        );
    }
    let no_moses = config(&["data.kind=moses", "data.folder=/no/such/folder"]);
    let mut config = config(&["data.kind=qm9", "data.folder=/no/such/folder"]);
    config.training.seed = 1;
    let device = DeviceSpec::Cpu.open().unwrap();
    let error = |config| {
        Trained::<GraphDiffusion>::new(config, &device)
            .err()
            .unwrap()
            .to_string()
    };
    let message = error(config);
    assert!(message.contains("`data qm9`"), "{message}");
    let message = error(no_moses);
    assert!(
        message.contains("`data moses`") && message.contains("train.csv"),
        "{message}"
    );
}

/// Classes are those of the elements of the files; they are kept with the run, and samples are of these elements. Where hydrogens are
/// left out, the kernel that puts them last has none to put, sulfur being the fifth element.
#[test]
fn classes_of_molecules_are_found_in_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        "CSC(Br)C#N",
        "Oc1ccsc1",
        "Fc1ccc(Cl)cc1",
        "CC(=O)Nc1ccccc1",
        "CCSCC",
        "OCC1CC1",
    ];
    for name in Moses::FILES {
        std::fs::write(
            folder.path().join(name),
            format!("SMILES\n{}\n", lines.join("\n")),
        )
        .unwrap();
    }
    let at = format!("data.folder={}", folder.path().display());
    let sets = [
        &at,
        "data.kind=moses",
        "data.hydrogens=false",
        "data.bonds=delocalized",
        "process.limit=by-rank",
        "breaking.kind=none",
    ];
    let run = |more: &[&str]| {
        let sets: Vec<&str> = sets.iter().copied().chain(more.iter().copied()).collect();
        Trained::<GraphDiffusion>::new(config(&sets), &DeviceSpec::Cpu.open().unwrap()).unwrap()
    };
    let heavy = run(&["process.kernel=exact-heavy-depth-first"]);
    let names = heavy.data().classes.clone().unwrap();
    assert_eq!(names[0], ["C", "N", "O", "F", "S", "Cl", "Br"]);
    assert_eq!(names[1], ["none", "single", "double", "triple", "delocalized"]);
    let info = serde_json::to_value(heavy.data()).unwrap();
    assert_eq!(info["classes"][0][4], "S");
    let nll = |run: &Trained<GraphDiffusion>| run.task().nll(run.part(Part::Test), 0).unwrap();
    assert_eq!(nll(&heavy), nll(&run(&["process.kernel=exact-depth-first"])));
    let classes = heavy.task().molecule_classes().unwrap();
    let samples = heavy.task().sample(20, 0, &mut |_| ()).unwrap();
    let decoded: Vec<_> = samples
        .iter()
        .map(|graph| classes.decode(graph).unwrap())
        .collect();
    let metrics = heavy.task().quality(&samples).unwrap();
    let none = decoded.iter().filter(|molecule| molecule.is_none()).count();
    // An untrained network samples some whose delocalized bonds do not alternate: none of them is valid.
    assert!(
        none > 0
            && metrics
                .iter()
                .any(|(name, value)| *name == "validity" && *value <= 1.0 - none as f64 / 20.0)
    );
    assert!(
        heavy
            .task()
            .picture(&samples)
            .unwrap()
            .contains("no Kekulé structure")
    );
    // The training molecules are those of the test set, too, and have no scaffold of two rings.
    let metrics = heavy.task().quality(&training_graphs(&heavy)).unwrap();
    let value = |wanted: &str| metrics.iter().find(|(name, _)| *name == wanted).unwrap().1;
    assert_eq!(
        [value("nearest_similarity"), value("fragment_similarity")],
        [1.0, 1.0]
    );
    assert!(value("internal_diversity") > 0.5 && value("scaffold_novelty").is_nan());
    let request = Request {
        count: 20,
        ..Request::default()
    };
    let generated = heavy.task().generate(&request, &mut (), &mut |_| ()).unwrap();
    let (_, text) = generated
        .files
        .iter()
        .find(|(name, _)| *name == "samples.smi")
        .unwrap();
    assert_eq!(
        (
            text.lines().count(),
            text.lines().filter(|line| *line == "None").count()
        ),
        (20, none)
    );
    // The data themselves are known.
    let train: Vec<CategoricalGraph> = training_graphs(&heavy);
    let value = |metrics: &[(&str, f64)], wanted| metrics.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let of_train = heavy.task().quality(&train).unwrap();
    assert_eq!(
        ["validity", "in_train", "novelty"].map(|name| value(&of_train, name)),
        [1.0, 1.0, 0.0]
    );
    // A file with another element is refused by its name, one without is read as the data are.
    let file = folder.path().join("other.smi");
    std::fs::write(&file, "CCO\nCP\n").unwrap();
    let error = heavy.read(&file, None).unwrap_err().to_string();
    assert!(
        error.contains("molecule 2': the element P, expected those of the data: C, N, O, F, S, Cl, Br"),
        "{error}"
    );
    std::fs::write(&file, "Clc1ccc(F)cc1\n").unwrap();
    assert_eq!(heavy.read(&file, None).unwrap().get(0).unwrap().sample.n(), 8);
    // The same molecules with hydrogens.
    let explicit = run(&["data.hydrogens=true", "data.bonds=kekule"]);
    let names = explicit.data().classes.clone().unwrap();
    assert_eq!(names[0], ["C", "N", "O", "F", "H", "S", "Cl", "Br"]);
    assert_eq!(names[1].len(), 4);
}

/// Prepared graphs are read from files and not kept, and nothing else changes: batches, likelihoods, samples and what is known.
#[test]
fn graphs_in_files_are_the_same_data() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("data.store={}", folder.path().join("prepared").display());
    let sets = [
        "process.limit=by-rank",
        "breaking.kind=none",
        "data.passes=2",
        "data.train=80",
    ];
    let run = |more: &[&str]| {
        let sets: Vec<&str> = sets.iter().copied().chain(more.iter().copied()).collect();
        Trained::<GraphDiffusion>::new(config(&sets), &DeviceSpec::Cpu.open().unwrap()).unwrap()
    };
    let (kept, read) = (run(&[]), run(&[&store]));
    let losses = |run: &Trained<GraphDiffusion>| -> Vec<f32> {
        run.epoch(3, 0)
            .map(|batch| run.loss(&batch.unwrap(), 3).unwrap().to_scalar().unwrap())
            .collect()
    };
    assert_eq!(losses(&kept), losses(&read));
    assert_eq!(kept.batches_per_epoch(), 10);
    let judged = |run: &Trained<GraphDiffusion>| run.evaluate(run.part(Part::Test), 1).unwrap();
    assert_eq!(judged(&kept), judged(&read));
    assert_eq!(kept.data().classes, read.data().classes);
    assert_ne!(kept.data().sha256, read.data().sha256);
    // The second time the files are there; without the limit on training graphs they are other data.
    let files = || {
        let found = std::fs::read_dir(folder.path().join("prepared")).unwrap();
        let mut found: Vec<_> = found
            .map(|file| file.unwrap())
            .map(|file| (file.file_name(), file.metadata().unwrap().modified().unwrap()))
            .collect();
        found.sort();
        found
    };
    let before = files();
    assert_eq!(before.len(), 4, "{before:?}");
    let again = run(&[&store, "training.seed=7"]);
    assert_eq!((again.data(), files()), (read.data(), before));
    assert_ne!(run(&[&store, "data.train=0"]).data().sha256, read.data().sha256);
    // A damaged file is made anew.
    let test = folder
        .path()
        .join("prepared/small-molecules-3-explicit-kekule-test.graphs");
    let whole = std::fs::read(&test).unwrap();
    std::fs::write(&test, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(
        judged(&run(&[&store, "training.seed=0", "data.seed=2"])).len(),
        judged(&kept).len()
    );
    assert_eq!(std::fs::read(&test).unwrap(), whole);
}

#[test]
fn every_preset_resolves_published_ones_to_the_published_sizes() {
    for (name, _, _) in GraphDiffusionConfig::presets() {
        let mut layers = Layers::default();
        layers.preset::<GraphDiffusionConfig>(name).unwrap();
        let model = layers.resolve::<GraphDiffusionConfig>().unwrap().model;
        let published = match *name {
            "qm9" => GraphTransformerConfig::QM9,
            "qm9-h" => GraphTransformerConfig::QM9_HYDROGEN,
            "moses" => GraphTransformerConfig::MOSES,
            "planar" => GraphTransformerConfig::PLANAR,
            "sbm" => GraphTransformerConfig::SBM,
            _ => continue,
        };
        assert_eq!(model, published, "{name}");
    }
}
