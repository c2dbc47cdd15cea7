//! Help pages, as they stand on a terminal of 80 columns.

use clap::error::ErrorKind;
use std::process::{Command, Stdio};
use sympe_inspect::commands::Cli;

/// The pages: of the program, of its commands, and of theirs.
const PAGES: [&[&str]; 8] = [
    &[],
    &["symmetry"],
    &["leakage"],
    &["rmsd"],
    &["evaluate"],
    &["data"],
    &["data", "qm9"],
    &["data", "graphs"],
];

fn page(words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sympe-inspect"));
    command.args(words).arg("--help").env("COLUMNS", "80");
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_page_is_as_it_was_read() {
    for words in PAGES {
        let page = page(words);
        // Trailing blanks are no part of what is read, and editors take them away.
        let lines: Vec<&str> = page.lines().map(str::trim_end).collect();
        let name = [&["sympe-inspect"], words].concat().join("_");
        insta::assert_snapshot!(name, lines.join("\n"));
    }
}

#[test]
fn every_page_starts_with_its_purpose_and_shows_three_examples_that_can_be_typed() {
    for words in PAGES {
        let page = page(words);
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        let usage = format!("Usage: sympe-inspect {}", words.join(" "));
        assert!(
            page.starts_with(|first: char| first.is_uppercase()) && page.contains(usage.trim_end()),
            "{page}"
        );
        let examples = page.split_once("Examples:\n").expect("examples").1.lines();
        let examples: Vec<&str> = examples.filter(|line| !line.contains('#')).collect();
        assert_eq!(examples.len(), 3, "{page}");
        for example in examples {
            if let Err(error) = Cli::try_parse_from(example.split_whitespace()) {
                assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{example}: {error}");
            }
        }
    }
}

#[test]
fn no_command_is_an_error_that_lists_them() {
    let error = Cli::try_parse_from(["sympe-inspect"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
    let page = error.to_string();
    assert!(
        PAGES
            .iter()
            .flat_map(|words| words.first())
            .all(|word| page.contains(word)),
        "{page}"
    );
}
