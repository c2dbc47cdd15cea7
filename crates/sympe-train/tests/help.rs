//! Help pages, as they stand on a terminal of 80 columns.

use clap::error::ErrorKind;
use std::process::{Command, Stdio};
use sympe_train::commands::{Cli, Experiment};
use sympe_train::experiments::ALL;
use sympe_train::experiments::ising::Ising;

/// What the program prints on a terminal of 80 columns, when it is started under this name.
fn page(program: Option<&str>, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sympe-train"));
    command
        .args(words)
        .env("COLUMNS", "80")
        .env_remove("SYMPE_PROGRAM");
    if let Some(program) = program {
        command.env("SYMPE_PROGRAM", program);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8(text).unwrap()
}

/// The lines of a section of a page.
fn section<'a>(page: &'a str, title: &str) -> Vec<&'a str> {
    page.lines()
        .skip_while(|line| *line != title)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect()
}

/// A command, given by its words, and all below it, each with its page.
fn pages(words: &[&str]) -> Vec<(String, String)> {
    let page = page(None, &[words, &["--help"]].concat());
    let mut found = vec![(words.join(" "), page.clone())];
    for line in section(&page, "Commands:") {
        if let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) {
            let name = name.split(' ').next().unwrap();
            found.extend(pages(&[words, &[name]].concat()));
        }
    }
    found
}

/// The command lines of the examples on a page, without the name of the program.
fn examples<'a>(page: &'a str, program: &str) -> Vec<Vec<&'a str>> {
    section(page, "Examples:")
        .into_iter()
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(|line| {
            let words = line.trim().strip_prefix(program).expect(line);
            // The rest is for the shell.
            words.split_whitespace().take_while(|word| *word != ">").collect()
        })
        .collect()
}

#[test]
fn every_page_is_as_it_was_read() {
    let pages = pages(&[]);
    assert_eq!(pages.len(), 9 + ALL.len() + 3);
    for (words, page) in pages {
        // Trailing blanks are no part of what is read, and editors take them away.
        let lines: Vec<&str> = page.lines().map(str::trim_end).collect();
        let name = format!("sympe-train {words}").trim_end().replace(' ', "_");
        insta::assert_snapshot!(name, lines.join("\n"));
    }
}

#[test]
fn every_page_starts_with_its_purpose_and_shows_three_examples_that_can_be_typed() {
    for (words, page) in pages(&[]) {
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        assert!(
            page.starts_with(|first: char| first.is_uppercase()) && !page.starts_with("Usage"),
            "{page}"
        );
        assert!(!page.contains("```") && !page.contains("assert"), "{page}");
        let usage = format!("Usage: sympe-train {words}");
        assert!(page.contains(usage.trim_end()), "{page}");
        let examples = examples(&page, "sympe-train");
        assert_eq!(examples.len(), 3, "{page}");
        for example in examples {
            match Cli::try_parse_from(ALL, [&["sympe-train"], &example[..]].concat()) {
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{example:?}: {error}"),
            }
        }
    }
}

#[test]
fn usage_names_the_program_that_was_started() {
    for (program, shown) in [(None, "sympe-train"), (Some("cargo xtask"), "cargo xtask")] {
        for words in [
            &["--help"][..],
            &["train", "--help"],
            &["compare", "ising", "-h"],
            &["data", "qm9", "--help"],
            &["symmetry", "--no-such-flag"],
            &["compare"],
        ] {
            let page = page(program, words);
            let usage = format!("Usage: {shown} ");
            assert!(page.contains(&usage), "{words:?}: {page}");
            let other = if program.is_some() {
                "sympe-train "
            } else {
                "cargo xtask "
            };
            assert!(!page.contains(other), "{words:?}: {page}");
        }
    }
}

/// A program over other experiments says nothing of those here.
#[test]
fn a_program_over_one_experiment_has_pages_of_its_own() {
    static ONE: &[Experiment] = &[Experiment::of::<Ising>()];
    for words in [
        &["train"][..],
        &["compare"],
        &["compare", "ising"],
        &["evaluate"],
        &["sample"],
    ] {
        let words = [&["magnets"], words, &["--help"]].concat();
        let page = Cli::try_parse_from(ONE, words).unwrap_err().to_string();
        assert!(page.contains("Usage: magnets "), "{page}");
        for other in ["sympe-train", "graph-autoencoder"] {
            assert!(!page.contains(other), "{page}");
        }
        let examples = examples(&page, "magnets");
        assert_eq!(examples.len(), 3, "{page}");
        for example in examples {
            if let Err(error) = Cli::try_parse_from(ONE, [&["magnets"], &example[..]].concat()) {
                assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{example:?}: {error}");
            }
        }
    }
}
