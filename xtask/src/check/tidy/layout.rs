//! What every crate has: a README, a changelog, the licences, a short `lib.rs` that opens with an example and forbids unsafe code.

use crate::check::files::{Package, text};
use anyhow::Result;

/// What a package says of itself to whoever finds it; `cargo package` carries all of it along.
pub(crate) const PAPERS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// `lib.rs` shows the crate; a reader should see it in this many lines.
const LIB_LINES: usize = 100;

/// The one file that may have unsafe code: it hands matrices to their product.
const UNSAFE: &str = "crates/sympe-nn/src/ops/matrix.rs";

pub(super) fn faults(package: &Package) -> Result<Vec<String>> {
    let name = &package.name;
    let mut faults = Vec::new();
    for file in PAPERS {
        if !package.folder.join(file).exists() {
            faults.push(format!("crates/{name} has no {file}"));
        }
    }
    let lib = text(&package.folder.join("src/lib.rs"))?;
    faults.extend(library(&lib.path, &lib.text, name != "sympe-nn"));
    for file in &package.sources {
        if file.path != UNSAFE {
            let allowed = file
                .text
                .lines()
                .position(|line| line.contains("allow(unsafe_code)"));
            faults.extend(allowed.map(|line| {
                format!(
                    "{}:{}: unsafe code is allowed in {UNSAFE} alone",
                    file.path,
                    line + 1
                )
            }));
        }
    }
    Ok(faults)
}

fn library(path: &str, lib: &str, safe: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = lib.lines().count();
    if lines > LIB_LINES {
        faults.push(format!(
            "{path}: {lines} lines; a reader should see the crate in {LIB_LINES}"
        ));
    }
    if !lib.contains("```") && !lib.contains("include_str!") {
        faults.push(format!("{path}: opens without a runnable example"));
    }
    if safe && !lib.contains("#![forbid(unsafe_code)]") {
        faults.push(format!("{path}: must forbid unsafe code"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_short_shows_an_example_and_forbids_unsafe_code() {
        let good = "//! Promise.\n//! ```\n//! run();\n//! ```\n#![forbid(unsafe_code)]\n";
        assert!(library("lib.rs", good, true).is_empty());
        assert!(library("lib.rs", "#![doc = include_str!(\"../README.md\")]", false).is_empty());
        let bad = library("lib.rs", &"\n".repeat(101), true);
        assert_eq!(bad.len(), 3);
        assert!(bad[0].contains("101 lines") && bad[1].contains("example") && bad[2].contains("unsafe"));
    }
}
