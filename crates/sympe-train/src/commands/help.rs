//! What help pages say after their options: presets, formats and examples.

use super::experiment::Experiment;
use clap::Command;
use std::fmt::Write;
use std::slice;
use sympe_data::formats::Format;
use sympe_data::formats::lattice::LatticeFormat;
use sympe_data::molecule::MoleculeFormat;

/// Columns of a page, where the terminal is not narrower.
pub(super) const WIDTH: usize = 80;

/// Completes the help pages of a command line over some experiments; its users call the program `program`.
pub(super) fn complete(command: Command, program: &str, experiments: &[Experiment]) -> Command {
    let (Some(first), Some(last)) = (experiments.first(), experiments.last()) else {
        return command;
    };
    let generator = experiments.iter().find(|one| one.generates).unwrap_or(first);
    let pages = Pages {
        program,
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
        .mut_subcommand("symmetry", |symmetry| pages.symmetry(symmetry))
        .mut_subcommand("leakage", |leakage| pages.leakage(leakage))
        .mut_subcommand("data", |data| pages.data(data))
}

/// What examples are made of.
struct Pages<'a> {
    program: &'a str,
    experiments: &'a [Experiment],
    /// Experiments by name: the first, the last, and one whose runs can be sampled, if there is one.
    first: &'a str,
    last: &'a str,
    generator: &'a str,
}

/// A name and what belongs to it.
type Row = [String; 2];

/// What is done, and the arguments that do it.
type Example<'a> = [&'a str; 2];

impl Pages<'_> {
    /// Sections, and then examples as a shell takes them.
    fn end(&self, sections: &[(&str, &[Row])], examples: &[Example<'_>]) -> String {
        let mut text: String = sections
            .iter()
            .map(|(title, rows)| section(title, rows))
            .collect();
        text.push_str("Examples:\n");
        for [what, arguments] in examples {
            let _ = writeln!(text, "  # {what}\n  {} {arguments}", self.program);
        }
        text
    }

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
        command.after_help(self.end(&[("Formats", &inputs())], &examples))
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
        command.after_help(self.end(&sections, &examples))
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
        let command = command.after_help(self.end(&[], &examples));
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
            .after_help(self.end(&sections, &examples))
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
        command.after_help(self.end(&[("Formats", &inputs())], &examples))
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
        command.after_help(self.end(&[("Formats written", &written)], &examples))
    }

    fn symmetry(&self, command: Command) -> Command {
        let [graphs, _, fields] = inputs();
        let examples = [
            ["The automorphism group of every graph", "symmetry graphs.g6"],
            [
                "How many graphs of a pipe are not isomorphic to an earlier one",
                "symmetry - --unique --count",
            ],
            [
                "Stabilizers of a field under two wallpaper groups",
                "symmetry spins.npy --group p4m,p1",
            ],
        ];
        command.after_help(self.end(&[("Formats", &[graphs, fields])], &examples))
    }

    fn leakage(&self, command: Command) -> Command {
        let [graphs, _, _] = inputs();
        let examples = [
            [
                "What is in the test set and in the training set, too",
                "leakage train.g6 validation.g6 test.g6",
            ],
            [
                "Duplicates within a file, for other programs",
                "leakage train.g6 --json",
            ],
            [
                "Only how many",
                "leakage train.dimacs.gz test.dimacs.gz --summary",
            ],
        ];
        command.after_help(self.end(&[("Formats", &[graphs])], &examples))
    }

    fn data(&self, command: Command) -> Command {
        let formats = [
            row("qm9", "CSV with SMILES, as published; SDF V2000 by --from"),
            row("graphs", "an edge list per line, as published"),
        ];
        let import = [
            "Import what was downloaded by other means",
            "data qm9 --from downloads",
        ];
        let examples = [
            ["Download QM9, or go on with a download", "data qm9"],
            import,
            ["The published graphs, as files", "data graphs"],
        ];
        let of_qm9 = [
            ["Download it, or go on with a download", "data qm9"],
            import,
            [
                "From a mirror, into a folder of your own",
                "data qm9 --url https://example.org/qm9 --dir molecules",
            ],
        ];
        let train = format!("train {} --set data.folder=graphs", self.first);
        let of_graphs = [
            ["Into the usual folder", "data graphs"],
            ["Into a folder of your own", "data graphs --dir graphs"],
            ["Train on those files", &*train],
        ];
        command
            .after_help(self.end(&[("Formats", &formats)], &examples))
            .mut_subcommand("qm9", |qm9| {
                qm9.after_help(self.end(&[("Formats", &formats[..1])], &of_qm9))
            })
            .mut_subcommand("graphs", |graphs| {
                graphs.after_help(self.end(&[("Formats", &formats[1..])], &of_graphs))
            })
    }
}

/// What is read where an input is asked for: graphs, molecules, fields.
fn inputs() -> [Row; 3] {
    [
        row("graphs", &Format::NAMES.join(", ")),
        row("molecules", &MoleculeFormat::NAMES.join(", ")),
        row("fields", &LatticeFormat::NAMES.join(", ")),
    ]
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

fn row(name: &str, text: &str) -> Row {
    [name.to_owned(), text.to_owned()]
}

/// The first two rows of the first axis of a comparison, as a flag.
fn some_rows(compare: &Command) -> Option<String> {
    let axis = compare.get_arguments().next()?;
    let rows = axis.get_default_values().iter().take(2);
    let names: Option<Vec<&str>> = rows.map(|row| row.to_str()).collect();
    Some(format!("--{} {}", axis.get_long()?, names?.join(",")))
}

/// A title, and below it names and texts in two columns; a long text goes on below itself.
fn section(title: &str, rows: &[Row]) -> String {
    let mut page = format!("{title}:\n");
    let width = rows.iter().map(|[name, _]| name.len()).max().unwrap_or_default();
    for [name, text] in rows {
        let mut line = format!("  {name:width$} ");
        let indent = line.len();
        for word in text.split_whitespace() {
            if line.len() > indent && line.len() + 1 + word.len() > WIDTH {
                let _ = writeln!(page, "{line}");
                line = " ".repeat(indent);
            }
            let _ = write!(line, " {word}");
        }
        let _ = writeln!(page, "{line}");
    }
    page.push('\n');
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_goes_on_below_itself() {
        let names: Vec<String> = (10..32).map(|number| format!("format-{number}")).collect();
        let text = section("Formats", &[row("graphs", &names.join(", ")), row("one", "last")]);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert_eq!(text.lines().count(), 7);
        let below = text.lines().nth(2).unwrap();
        assert!(below.starts_with("          format-"), "{text}");
        assert!(text.ends_with("  one     last\n\n"), "{text}");
    }
}
