//! What help pages say after their options: formats and examples.

use clap::Command;
use std::fmt::Write;
use sympe_data::formats::Format;
use sympe_data::formats::clouds::CloudFormat;
use sympe_data::formats::lattice::LatticeFormat;
use sympe_data::molecule::MoleculeFormat;

/// Columns of a page, where the terminal is not narrower.
pub const WIDTH: usize = 80;

/// A name and what belongs to it.
pub type Row = [String; 2];

/// What is done, and the arguments that do it.
pub type Example<'a> = [&'a str; 2];

/// The help pages of a program.
///
/// ```
/// use sympe_inspect::commands::help::Pages;
/// let text = Pages { program: "mine" }.end(&[], &[["The automorphism group of every graph", "symmetry graphs.g6"]]);
/// assert_eq!(text, "Examples:\n  # The automorphism group of every graph\n  mine symmetry graphs.g6\n");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a> {
    /// The program, as its users call it.
    pub program: &'a str,
}

impl Pages<'_> {
    /// Sections, and then examples as a shell takes them.
    #[must_use]
    pub fn end(&self, sections: &[(&str, &[Row])], examples: &[Example<'_>]) -> String {
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

    /// The first page.
    pub(crate) fn start(&self, command: Command) -> Command {
        let examples = [
            [
                "Automorphism groups, orbits and canonical forms of graphs",
                "symmetry graphs.g6",
            ],
            ["Isomorphic duplicates across files", "leakage train.g6 test.g6"],
            [
                "Share of valid, unique and new molecules",
                "evaluate --samples molecules.smi",
            ],
        ];
        command.after_help(self.end(&[("Formats", &inputs())], &examples))
    }

    /// The page of `evaluate`.
    pub(crate) fn evaluate(&self, command: Command) -> Command {
        let [graphs, molecules, ..] = inputs();
        let examples = [
            [
                "Molecules, compared with those a model was trained on",
                "evaluate --samples molecules.smi --train training.smi",
            ],
            [
                "Graphs, and how far they are from others",
                "evaluate --samples graphs.g6 --reference test.g6 --valid planar",
            ],
            [
                "The figures for other programs",
                "evaluate --samples molecules.sdf --json",
            ],
        ];
        command.after_help(self.end(&[("Formats", &[graphs, molecules])], &examples))
    }

    /// The page of `symmetry`.
    #[must_use]
    pub fn symmetry(&self, command: Command) -> Command {
        let formats = inputs();
        let examples = [
            ["The automorphism group of every graph", "symmetry graphs.g6"],
            [
                "Interchangeable heavy atoms of molecules",
                "symmetry molecules.smi --hydrogens none",
            ],
            [
                "Stabilizers of a field under two wallpaper groups",
                "symmetry spins.npy --group p4m,p1",
            ],
        ];
        command.after_help(self.end(&[("Formats", &formats)], &examples))
    }

    /// The page of `leakage`.
    #[must_use]
    pub fn leakage(&self, command: Command) -> Command {
        let [graphs, molecules, ..] = inputs();
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
        command.after_help(self.end(&[("Formats", &[graphs, molecules])], &examples))
    }

    /// The page of `rmsd`.
    #[must_use]
    pub fn rmsd(&self, command: Command) -> Command {
        let formats = row("conformers", "sdf, xyz, pdb");
        let examples = [
            [
                "Docked poses and the crystal structure, where they are",
                "rmsd poses.sdf crystal.sdf",
            ],
            ["Conformers laid on each other", "rmsd a.xyz b.xyz --superpose"],
            [
                "Heavy atoms only, for other programs",
                "rmsd a.pdb b.sdf --superpose --hydrogens none --json",
            ],
        ];
        command.after_help(self.end(&[("Formats", &[formats])], &examples))
    }

    /// The pages of `data`; `last` is the last example of those of its graphs.
    #[must_use]
    pub fn data(&self, command: Command, last: Example<'_>) -> Command {
        let formats = [
            row("qm9", "CSV with SMILES, as published; SDF V2000 by --from"),
            row("moses", "CSV with SMILES, packed by gzip or not, as published"),
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
        let of_moses = [
            ["Download it, or go on with a download", "data moses"],
            [
                "Import the package that pip downloaded",
                "data moses --from molsets-0.3.1-py3-none-any.whl",
            ],
            ["Import a folder of its files", "data moses --from downloads"],
        ];
        let of_graphs = [
            ["Into the usual folder", "data graphs"],
            ["Into a folder of your own", "data graphs --dir graphs"],
            last,
        ];
        command
            .after_help(self.end(&[("Formats", &formats)], &examples))
            .mut_subcommand("qm9", |qm9| {
                qm9.after_help(self.end(&[("Formats", &formats[..1])], &of_qm9))
            })
            .mut_subcommand("moses", |moses| {
                moses.after_help(self.end(&[("Formats", &formats[1..2])], &of_moses))
            })
            .mut_subcommand("graphs", |graphs| {
                graphs.after_help(self.end(&[("Formats", &formats[2..])], &of_graphs))
            })
    }
}

/// What is read where an input is asked for: graphs, molecules, fields, point clouds.
#[must_use]
pub fn inputs() -> [Row; 4] {
    [
        row("graphs", &Format::NAMES.join(", ")),
        row("molecules", &MoleculeFormat::NAMES.join(", ")),
        row("fields", &LatticeFormat::NAMES.join(", ")),
        row("points", &CloudFormat::NAMES.join(", ")),
    ]
}

/// A row of a section.
#[must_use]
pub fn row(name: &str, text: &str) -> Row {
    [name.to_owned(), text.to_owned()]
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
