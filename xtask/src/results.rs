//! The tables of RESULTS.md: the document says by which command each is made, and this makes them again.
//!
//! A table stands between two comments, which a reader of the page does not see:
//!
//! ```text
//! <!-- results NAME: compare EXPERIMENT FLAGS (MINUTES min) -->
//! <!-- end of NAME -->
//! ```
//!
//! What lies between them is written here and nowhere else: the command, the machine, the day, and the table that the
//! command has left in the folder of its runs. Minutes are those of two cores.

use crate::run;
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsString;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The document, below the root of the workspace.
const DOCUMENT: &str = "crates/sympe-train/RESULTS.md";
/// The runs behind the tables, below the root of the workspace: what is there already is not trained again.
const RUNS: &str = "runs/results";

const OPENING: &str = "<!-- results ";
const CLOSING: &str = " -->";

/// Flags of `cargo xtask results`.
#[derive(clap::Args)]
pub(crate) struct ResultsArgs {
    /// Tables to make again (default: all)
    tables: Vec<String>,
    /// Only say which tables there are, and how long each takes
    #[arg(long)]
    list: bool,
}

/// A table of the document.
#[derive(Debug, PartialEq)]
struct Table<'a> {
    name: &'a str,
    /// The words of the command: `compare`, the experiment, flags.
    words: Vec<&'a str>,
    minutes: u32,
    /// What is written here, between the two comments.
    body: Range<usize>,
}

/// The tables of a document, in order.
///
/// # Errors
///
/// What is wrong with a comment, by the name of its table.
fn tables(document: &str) -> Result<Vec<Table<'_>>> {
    let mut found: Vec<Table<'_>> = Vec::new();
    for (start, _) in document.match_indices(OPENING) {
        let opening = document[start..].lines().next().unwrap_or_default();
        let parts = || {
            let inner = opening.strip_prefix(OPENING)?.strip_suffix(CLOSING)?;
            let (name, rest) = inner.split_once(": ")?;
            let (command, minutes) = rest.strip_suffix(" min)")?.rsplit_once(" (")?;
            Some((name, command, minutes.parse().ok()?))
        };
        let expected = || {
            format!("{opening}: expected `{OPENING}NAME: compare EXPERIMENT FLAGS (MINUTES min){CLOSING}`")
        };
        let (name, command, minutes) = parts().with_context(expected)?;
        let words: Vec<&str> = command.split_whitespace().collect();
        ensure!(words.len() >= 2 && words[0] == "compare", expected());
        let from = start + opening.len();
        let end = format!("<!-- end of {name}{CLOSING}");
        let length = document[from..]
            .find(&end)
            .with_context(|| format!("{name}: expected `{end}` after the table"))?;
        let body = from..from + length;
        ensure!(
            !document[body.clone()].contains(OPENING),
            "{name}: another table begins before `{end}`"
        );
        ensure!(
            found.iter().all(|table| table.name != name),
            "{name}: two tables of this name"
        );
        found.push(Table {
            name,
            words,
            minutes,
            body,
        });
    }
    Ok(found)
}

impl Table<'_> {
    /// The folder of its runs.
    fn folder(&self, root: &Path) -> PathBuf {
        root.join(RUNS).join(self.words[1]).join(self.name)
    }

    /// What stands above the table.
    fn caption(&self, machine: &str, day: &str) -> String {
        format!("`cargo xtask {}` ({machine}, {day}):", self.words.join(" "))
    }
}

/// Makes tables again and writes them into the document, each as soon as it is there.
///
/// # Errors
///
/// When a name is no table, the document cannot be read or written, or a comparison fails; tables that were made until then
/// are kept, and so are its runs.
pub(crate) fn results(args: &ResultsArgs) -> Result<()> {
    let root = run::root();
    let path = root.join(DOCUMENT);
    let read = || fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
    let document = read()?;
    let all = tables(&document).with_context(|| path.display().to_string())?;
    for name in &args.tables {
        let names: Vec<&str> = all.iter().map(|table| table.name).collect();
        ensure!(
            names.contains(&name.as_str()),
            "{name}: no table of {DOCUMENT}, expected one of {}",
            names.join(", ")
        );
    }
    let is_wanted =
        |table: &&Table<'_>| args.tables.is_empty() || args.tables.iter().any(|one| one == table.name);
    let wanted: Vec<&Table<'_>> = all.iter().filter(is_wanted).collect();
    for table in &wanted {
        println!(
            "{:>5} min  {}: cargo xtask {}",
            table.minutes,
            table.name,
            table.words.join(" ")
        );
    }
    let minutes: u32 = wanted.iter().map(|table| table.minutes).sum();
    println!(
        "{minutes:>5} min  on two cores, all {}; runs that are there already are not made again",
        wanted.len()
    );
    if args.list {
        return Ok(());
    }
    for table in wanted {
        let folder = table.folder(&root);
        let body = made(table, &folder, &root)?;
        // The document may have been edited meanwhile.
        let document = read()?;
        let now = tables(&document)?;
        let Some(place) = now.iter().find(|one| one.name == table.name) else {
            bail!("{}: is no longer in {DOCUMENT}", table.name);
        };
        let Range { start, end } = place.body;
        let text = format!("{}{body}{}", &document[..start], &document[end..]);
        let beside = path.with_extension("md.part");
        fs::write(&beside, text)
            .and_then(|()| fs::rename(&beside, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}: written", table.name);
    }
    Ok(())
}

/// Trains what is missing of a table; what is to be written between its comments.
fn made(table: &Table<'_>, folder: &Path, root: &Path) -> Result<String> {
    let mut args: Vec<OsString> = table.words[1..].iter().map(Into::into).collect();
    args.extend([
        "--runs-dir".into(),
        root.join(RUNS).into(),
        "--name".into(),
        table.name.into(),
    ]);
    run::succeed(run::built_sympe_train(&args)?.arg(table.words[0]).args(&args))
        .with_context(|| format!("{}: repeat the command to continue", table.name))?;
    let file = folder.join("table.md");
    let rows = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    // What an experiment has to say beyond means, if it has.
    let details = fs::read_to_string(folder.join("details.md")).unwrap_or_default();
    let day = humantime::format_rfc3339_seconds(last_run(folder)?).to_string();
    let day = day.split('T').next().unwrap_or_default();
    let parts = [&*table.caption(&machine(), day), rows.trim(), details.trim()].map(str::to_owned);
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Ok(format!("\n{}\n\n", parts.join("\n\n")))
}

/// When the last of the runs in a folder has ended.
fn last_run(folder: &Path) -> Result<SystemTime> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let ended = |run: PathBuf| {
        fs::metadata(run.join("results.json"))
            .and_then(|file| file.modified())
            .ok()
    };
    let last = entries.filter_map(|entry| ended(entry.ok()?.path())).max();
    last.with_context(|| format!("{}: no run has ended", folder.display()))
}

/// The processor and the number of cores, in words.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, name)| name);
    format!("{model}, {cores} cores")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Results\n\n<!-- results er: compare graph-autoencoder --seeds 3 (40 min) -->\nold\n\
                        <!-- end of er -->\ntext\n<!-- results spins: compare ising (5 min) -->\n<!-- end of spins -->\n";

    #[test]
    fn tables_are_found_with_their_commands() {
        let found = tables(TEXT).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].name, "er");
        assert_eq!(found[0].words, ["compare", "graph-autoencoder", "--seeds", "3"]);
        assert_eq!(found[0].minutes, 40);
        assert_eq!(&TEXT[found[0].body.clone()], "\nold\n");
        assert_eq!(&TEXT[found[1].body.clone()], "\n");
        assert_eq!(
            found[1].folder(Path::new("/w")),
            Path::new("/w/runs/results/ising/spins")
        );
        assert_eq!(
            found[0].caption("a machine, 2 cores", "2026-11-29"),
            "`cargo xtask compare graph-autoencoder --seeds 3` (a machine, 2 cores, 2026-11-29):"
        );
    }

    #[test]
    fn what_is_wrong_with_a_comment_is_said_with_the_name_of_its_table() {
        for (text, expected) in [
            (
                "<!-- results er: compare ising -->",
                "expected `<!-- results NAME",
            ),
            (
                "<!-- results er: train ising (3 min) -->\n<!-- end of er -->",
                "expected `<!-- results NAME",
            ),
            (
                "<!-- results er: compare (3 min) -->\n<!-- end of er -->",
                "expected `<!-- results NAME",
            ),
            (
                "<!-- results er: compare ising (3 min) -->\n",
                "er: expected `<!-- end of er -->`",
            ),
            (&TEXT.replace("spins", "er"), "er: two tables of this name"),
            (
                &TEXT.replacen("<!-- end of er -->", "", 1),
                "er: expected `<!-- end of er -->`",
            ),
            (
                &TEXT
                    .replacen("old\n<!-- end of er -->", "", 1)
                    .replace("of spins", "of er"),
                "er: another table begins",
            ),
        ] {
            let error = tables(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn the_document_has_only_tables_that_can_be_made() {
        let document = fs::read_to_string(run::root().join(DOCUMENT)).unwrap();
        tables(&document).unwrap();
    }
}
