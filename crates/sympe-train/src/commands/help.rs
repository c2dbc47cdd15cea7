//! What help pages say after their options: presets, formats and examples.

use super::experiment::Experiment;
use clap::Command;
use std::slice;
use sympe_inspect::commands::help::{self, Row, inputs, row};

/// Completes the help pages of a command line over some experiments; its users call the program `program`.
pub(super) fn complete(command: Command, program: &str, experiments: &[Experiment]) -> Command {
    let (Some(first), Some(last)) = (experiments.first(), experiments.last()) else {
        return command;
    };
    let generator = experiments.iter().find(|one| one.generates).unwrap_or(first);
    let pages = Pages {
        shared: help::Pages { program },
        experiments,
        first: first.name(),
        last: last.name(),
        generator: generator.name(),
    };
    pages
        .start(command)
        .mut_subcommand("train", |train| pages.train(train))
        .mut_subcommand("compare", |compare| pages.compare(compare))
        .mut_subcommand("evaluate", |evaluate| pages.evaluate(evaluate))
        .mut_subcommand("sample", |sample| pages.sample(sample))
        .mut_subcommand("symmetry", |symmetry| pages.shared.symmetry(symmetry))
        .mut_subcommand("leakage", |leakage| pages.shared.leakage(leakage))
        .mut_subcommand("rmsd", |rmsd| pages.shared.rmsd(rmsd))
        .mut_subcommand("data", |data| pages.data(data))
}

/// What examples are made of.
struct Pages<'a> {
    /// The pages of commands that know no experiment.
    shared: help::Pages<'a>,
    experiments: &'a [Experiment],
    /// Experiments by name: the first, the last, and one whose runs can be sampled, if there is one.
    first: &'a str,
    last: &'a str,
    generator: &'a str,
}

impl Pages<'_> {
    fn start(&self, command: Command) -> Command {
        let examples = [
            [
                "Without breaking symmetry and with SymPE; ends with a report",
                "train",
            ],
            [
                "Automorphism groups, orbits and canonical forms of graphs",
                "symmetry graphs.g6",
            ],
            [
                "Share of valid, unique and new molecules",
                "evaluate --samples molecules.smi",
            ],
        ];
        command.after_help(self.shared.end(&[("Formats", &inputs())], &examples))
    }

    fn train(&self, command: Command) -> Command {
        let other = format!("train {} --preset smoke --set training.seed=1", self.last);
        let resume = format!("train --resume runs/{}/train-001", self.first);
        let examples = [
            ["Without breaking and with SymPE, side by side", "train"],
            ["The smallest run there is, with an option changed", &other],
            ["Go on where training was interrupted", &resume],
        ];
        let sections = [
            ("Presets", &*presets(self.experiments)),
            ("Formats", &[configuration()]),
        ];
        command.after_help(self.shared.end(&sections, &examples))
    }

    fn compare(&self, command: Command) -> Command {
        let every = format!("compare {}", self.first);
        let own = format!("compare {} --seeds 1 --set training.epochs=2", self.last);
        let help = format!("compare {} --help", self.first);
        let examples = [
            ["Every way of breaking, three seeds of each", &*every],
            ["One seed, and options of your own", &own],
            ["What can be compared in one experiment", &help],
        ];
        let command = command.after_help(self.shared.end(&[], &examples));
        self.experiments.iter().fold(command, |command, experiment| {
            command.mut_subcommand(experiment.name(), |one| self.comparison(experiment, one))
        })
    }

    fn comparison(&self, experiment: &Experiment, command: Command) -> Command {
        let every = format!("compare {}", experiment.name());
        let some = match some_rows(&command) {
            Some(rows) => format!("{every} {rows}"),
            None => format!("{every} --preset smoke"),
        };
        let json = format!("{every} --json > table.jsonl");
        let examples = [
            ["All rows, three seeds of each", &*every],
            ["Some of them", &some],
            ["The figures of every run, for other programs", &json],
        ];
        let sections = [
            ("Presets", &*presets(slice::from_ref(experiment))),
            ("Formats", &[configuration()]),
        ];
        let purpose = format!(
            "Train every way of breaking symmetry on several seeds and print one table.\n\n`{}`: {}.\n\nRuns that are there \
             already are not trained again: after an interruption, repeat the command.",
            experiment.name(),
            experiment.about()
        );
        command
            .long_about(purpose)
            .after_help(self.shared.end(&sections, &examples))
    }

    fn evaluate(&self, command: Command) -> Command {
        let runs = format!("evaluate runs/{}/train-001", self.first);
        let examples = [
            ["Metrics of trained runs on their test data", &*runs],
            [
                "Molecules of any program, compared with those it was trained on",
                "evaluate --samples molecules.smi --train training.smi",
            ],
            [
                "Graphs of any program, and how far they are from others",
                "evaluate --samples graphs.g6 --reference test.g6 --valid planar",
            ],
        ];
        // The flags of samples bring their documentation, which is taken for that of the command.
        let of_samples = command
            .get_long_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let details = of_samples.split_once("\n\n").map_or("", |(_, details)| details);
        let purpose =
            "Judge trained runs, on a split or on a file; or molecules or graphs that any program made";
        command
            .about(purpose)
            .long_about(format!("{purpose}.\n\n{details}"))
            .after_help(self.shared.end(&[("Formats", &inputs())], &examples))
    }

    fn sample(&self, command: Command) -> Command {
        let written = [
            row("molecules", "SMILES, SDF V2000, JSON lines, SVG"),
            row("graphs", "graph6, JSON lines, SVG"),
        ];
        let hundred = format!("sample runs/{}/train-001", self.generator);
        let thousand = format!("{hundred} -n 1000 --out samples");
        let others = format!("{hundred} --draw 1");
        let examples = [
            ["A hundred samples of every run of a session", &*hundred],
            ["A thousand, into a folder of their own", &thousand],
            ["Others than those of the first draw", &others],
        ];
        command.after_help(self.shared.end(&[("Formats written", &written)], &examples))
    }

    fn data(&self, command: Command) -> Command {
        let train = format!("train {} --set data.folder=graphs", self.first);
        self.shared.data(command, ["Train on those files", &train])
    }
}

fn configuration() -> Row {
    row(
        "--config",
        "TOML, with the options of `config.toml` in the folder of a run",
    )
}

fn presets(experiments: &[Experiment]) -> Vec<Row> {
    let names = |one: &Experiment| -> Vec<&str> { one.presets().iter().map(|(name, ..)| *name).collect() };
    experiments
        .iter()
        .map(|one| row(one.name(), &names(one).join(", ")))
        .collect()
}

/// The first two rows of the first axis of a comparison that has rows without a flag, as a flag.
fn some_rows(compare: &Command) -> Option<String> {
    let axis = (compare.get_arguments()).find(|axis| !axis.get_default_values().is_empty())?;
    let rows = axis.get_default_values().iter().take(2);
    let names: Option<Vec<&str>> = rows.map(|row| row.to_str()).collect();
    Some(format!("--{} {}", axis.get_long()?, names?.join(",")))
}
