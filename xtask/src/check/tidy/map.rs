//! The map in crates/README.md names every source file once, and none that does not exist.
//!
//! It is the table whose last column is `file`. A cell of that column lists files by crate, without `sympe-`, and by path from
//! `src/`: ``canon `kernel.rs`, `graph/trace.rs`, train `run.rs` ``. A folder with its slash stands for its `mod.rs` and
//! for nothing else, and braces spell several files of one folder: `graph/`, `graph/{rows,trace}.rs`. The first column
//! names a concept, each in one row. `lib.rs` and `main.rs` are the crates themselves and are not listed.

use crate::check::files::{Package, Text};
use std::collections::BTreeMap;

/// One file of one row: short name of the crate, path below its `src/`.
type Entry = (String, String);

pub(super) fn faults(page: &Text, crates: &[Package]) -> Vec<String> {
    let mut sources = Vec::new();
    for package in crates {
        for file in &package.sources {
            let module = package.module(file);
            if module != "lib.rs" && module != "main.rs" {
                let name = package.name.trim_start_matches("sympe-");
                sources.push((name.to_owned(), module.to_owned()));
            }
        }
    }
    let names: Vec<&str> = crates
        .iter()
        .map(|package| package.name.trim_start_matches("sympe-"))
        .collect();
    compare(&page.path, &page.text, &names, &sources)
}

fn compare(path: &str, page: &str, crates: &[&str], sources: &[Entry]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut concepts = BTreeMap::new();
    let mut named = BTreeMap::new();
    for (line, concept, files) in rows(page) {
        if let Some(first) = concepts.insert(concept, line) {
            faults.push(format!(
                "{path}:{line}: «{concept}» has a row already, in line {first}"
            ));
        }
        match entries(files, crates) {
            Ok(entries) => {
                for entry in entries {
                    if !sources.contains(&entry) {
                        faults.push(format!("{path}:{line}: {} has no file src/{}", entry.0, entry.1));
                    } else if let Some(first) = named.insert(entry.clone(), line) {
                        let (name, file) = entry;
                        faults.push(format!(
                            "{path}:{line}: names {name} `{file}`, as does line {first}"
                        ));
                    }
                }
            }
            Err(fault) => faults.push(format!("{path}:{line}: {fault}")),
        }
    }
    for entry in sources.iter().filter(|entry| !named.contains_key(*entry)) {
        faults.push(format!("{path}: does not name {} `{}`", entry.0, entry.1));
    }
    faults
}

/// The rows of the tables whose last column is `file`: line, first cell, last cell.
fn rows(page: &str) -> Vec<(usize, &str, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut header = true;
    for (index, line) in page.lines().enumerate() {
        let Some(row) = line.trim().strip_prefix('|') else {
            (inside, header) = (false, true);
            continue;
        };
        let row = row.strip_suffix('|').unwrap_or(row);
        let mut cells = row.split('|').map(str::trim);
        let first = cells.next().unwrap_or_default();
        let last = cells.next_back().unwrap_or_default();
        if header {
            (inside, header) = (last == "file", false);
        } else if inside && !first.starts_with("--") {
            found.push((index + 1, first, last));
        }
    }
    found
}

/// What a cell of files lists.
fn entries(cell: &str, crates: &[&str]) -> Result<Vec<Entry>, String> {
    let mut found = Vec::new();
    let mut name = None;
    // Between backticks are paths, outside are names of crates.
    for (at, part) in cell.split('`').enumerate() {
        if at % 2 == 1 {
            let name: &str = name.ok_or_else(|| format!("`{part}` is of which crate?"))?;
            found.extend(files(part).into_iter().map(|file| (name.to_owned(), file)));
            continue;
        }
        for word in part.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
            let known = crates.iter().find(|&&known| known == word);
            name =
                Some(*known.ok_or_else(|| format!("«{word}» is no crate: a cell lists crates and `files`"))?);
        }
    }
    Ok(found)
}

/// The files that one path of the map stands for.
fn files(path: &str) -> Vec<String> {
    if path.ends_with('/') {
        return vec![format!("{path}mod.rs")];
    }
    match path.split_once('{').and_then(|(before, rest)| {
        let (list, after) = rest.split_once('}')?;
        Some((before, list, after))
    }) {
        Some((before, list, after)) => list
            .split(',')
            .map(|stem| format!("{before}{}{after}", stem.trim()))
            .collect(),
        None => vec![path.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &str, sources: &[(&str, &str)]) -> Vec<String> {
        let page = format!(
            "| crate | knows |\n|---|---|\n| canon | graphs |\n\n| concept | type | file |\n|---|---|---|\n{rows}"
        );
        let sources: Vec<Entry> = sources
            .iter()
            .map(|&(name, file)| (name.to_owned(), file.to_owned()))
            .collect();
        compare("map.md", &page, &["canon", "nn"], &sources)
    }

    #[test]
    fn a_true_map_has_no_faults() {
        let rows = "| kernel | `K` | canon `kernel.rs` |\n| rows, traces | private | canon `graph/{rows,trace}.rs`, `graph/` |\n\
            | errors | | canon `error.rs`, nn `error.rs` |\n";
        let sources = [
            ("canon", "kernel.rs"),
            ("canon", "graph/rows.rs"),
            ("canon", "graph/trace.rs"),
            ("canon", "graph/mod.rs"),
            ("canon", "error.rs"),
            ("nn", "error.rs"),
        ];
        assert_eq!(check(rows, &sources), [""; 0]);
    }

    #[test]
    fn a_folder_does_not_stand_for_its_files() {
        let sources = [("canon", "graph/mod.rs"), ("canon", "graph/rows.rs")];
        assert_eq!(
            check("| graphs | | canon `graph/` |\n", &sources),
            ["map.md: does not name canon `graph/rows.rs`"]
        );
    }

    #[test]
    fn what_is_superfluous_double_or_nameless_is_told_with_its_line() {
        let rows = "| a | | canon `gone.rs` |\n| b | | canon `x.rs` |\n| b | | canon `x.rs` |\n| c | | `x.rs` |\n| d | | core `x.rs` |\n";
        assert_eq!(
            check(rows, &[("canon", "x.rs")]),
            [
                "map.md:7: canon has no file src/gone.rs",
                "map.md:9: «b» has a row already, in line 8",
                "map.md:9: names canon `x.rs`, as does line 8",
                "map.md:10: `x.rs` is of which crate?",
                "map.md:11: «core» is no crate: a cell lists crates and `files`",
            ]
        );
    }
}
