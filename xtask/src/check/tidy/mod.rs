//! Rules that no compiler checks. Each names the file and the line of what breaks it.

mod circles;
mod comments;
mod layout;
mod map;
mod size;

pub(super) use layout::PAPERS;

use super::files::{crates, text, workspace};
use super::source::{Source, without_tests};
use crate::run::root;
use anyhow::{Result, ensure};

pub(crate) fn run() -> Result<()> {
    let mut faults = Vec::new();
    let crates = crates()?;
    for package in &crates {
        faults.extend(layout::faults(package)?);
    }
    faults.extend(map::faults(&text(&root().join("crates/README.md"))?, &crates));
    for package in workspace()? {
        let mut modules = Vec::new();
        for file in &package.sources {
            let source = Source::new(&file.text);
            faults.extend(comments::faults(&file.path, &source.comments));
            let (tokens, test_modules) = without_tests(&source.tokens);
            modules.push(circles::Module::new(package.module(file), &tokens, &test_modules));
            faults.extend(size::faults(&file.path, &file.text, &tokens));
        }
        faults.extend(circles::faults(&package.src(), &modules));
    }
    ensure!(
        faults.is_empty(),
        "{}\n{} places to tidy up",
        faults.join("\n"),
        faults.len()
    );
    Ok(())
}
