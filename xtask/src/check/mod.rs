//! What CI runs, cheapest first. Each step can be run alone: `cargo xtask check clippy`.

mod arrows;
mod files;
mod package;
mod programs;
mod source;
mod tidy;
mod tools;

pub(crate) use programs::examples;

use crate::run::{cargo, succeed};
use anyhow::Result;
use std::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(crate) enum Step {
    /// Formatting
    Fmt,
    /// The dependency arrows between crates
    Arrows,
    /// What no compiler checks: sizes, circles, comments, the map
    Tidy,
    /// Lints, warnings as errors
    Clippy,
    /// All tests
    Test,
    /// Tests of all without Candle, with checks of overflow
    Checked,
    /// API documentation, warnings as errors
    Doc,
    /// All examples
    Examples,
    /// `train` and `compare` of every experiment, tiny
    Smoke,
    /// Types of the feature `cuda`, without a GPU; on Unix
    Cuda,
    /// Training in several processes, by mpirun
    Mpi,
    /// What each crate would carry to the registry
    Package,
    /// Publication up to the upload; asks the registry
    Publish,
    /// Licences and sources of dependencies, by cargo-deny
    Deny,
    /// Dependencies that nothing uses, by cargo-machete
    Machete,
    /// Spelling, by typos
    Typos,
    /// Changes since the last release: cargo-semver-checks
    Semver,
}

/// What `cargo xtask check` runs. The steps that are not here ask the network or need a program or a library of their own.
const ALL: [Step; 11] = [
    Step::Fmt,
    Step::Arrows,
    Step::Tidy,
    Step::Clippy,
    Step::Test,
    Step::Checked,
    Step::Doc,
    Step::Examples,
    Step::Smoke,
    Step::Cuda,
    Step::Package,
];

pub(crate) fn run(steps: &[Step]) -> Result<()> {
    for step in if steps.is_empty() { &ALL } else { steps } {
        let start = Instant::now();
        eprintln!("check: {step:?}");
        match step {
            Step::Fmt => succeed(cargo("fmt").args(["--all", "--check"]))?,
            Step::Arrows => arrows::run()?,
            Step::Tidy => tidy::run()?,
            Step::Clippy => succeed(cargo("clippy").args([
                "--release",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ]))?,
            Step::Test => succeed(cargo("test").args(["--release", "--workspace"]))?,
            Step::Checked => checked()?,
            Step::Doc => succeed(
                cargo("doc")
                    .args(["--release", "--workspace", "--no-deps"])
                    .env("RUSTDOCFLAGS", "--deny warnings"),
            )?,
            Step::Examples => examples()?,
            Step::Smoke => programs::smoke()?,
            Step::Cuda => programs::cuda()?,
            Step::Mpi => programs::mpi()?,
            Step::Package => package::pack()?,
            Step::Publish => package::publish()?,
            Step::Deny => tools::deny()?,
            Step::Machete => tools::machete()?,
            Step::Typos => tools::typos()?,
            Step::Semver => tools::semver()?,
        }
        eprintln!("check: {step:?} passed in {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The tests of the crates that need no Candle. Doctests call the same code: they stay out.
fn checked() -> Result<()> {
    let mut command = cargo("test");
    command.args(["--profile", "checked", "--lib", "--tests"]);
    for package in [
        "sympe-groups",
        "sympe-canon",
        "sympe-data",
        "sympe-report",
        "sympe-inspect",
    ] {
        command.args(["--package", package]);
    }
    succeed(&mut command)
}
