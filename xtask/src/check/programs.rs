//! The programs as a user starts them: examples, and the smallest training runs; and the types of what no machine here can run.

use super::files::{folders, rust_files};
use crate::run::{built_sympe_train, cargo, root, succeed, sympe_train};
use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs `crates/*/examples/*.rs` and the packages in `examples/`.
pub(crate) fn examples() -> Result<()> {
    // One build for the workspace, not one per package: each would have other features of Candle, and compile it anew.
    succeed(cargo("build").args(["--release", "--workspace", "--bins", "--examples"]))?;
    let this = std::env::current_exe().context("cannot tell where the programs are built")?;
    let built = this.parent().context("a program lies in a folder")?;
    let mut programs = Vec::new();
    for folder in folders(&root().join("crates"))? {
        for file in rust_files(&folder.join("examples"))? {
            programs.push(
                built
                    .join("examples")
                    .join(file.file_stem().expect("a Rust file")),
            );
        }
    }
    for folder in folders(&root().join("examples"))? {
        programs.push(built.join(folder.file_name().expect("a folder below examples/")));
    }
    ensure!(
        !programs.is_empty(),
        "no example found below {}",
        root().display()
    );
    let runs = std::env::temp_dir().join(format!("sympe-examples-{}", std::process::id()));
    for program in &programs {
        let program = program.with_extension(std::env::consts::EXE_EXTENSION);
        eprintln!(
            "example: {}",
            program.file_stem().unwrap_or_default().to_string_lossy()
        );
        let mut command = Command::new(&program);
        // An experiment is a command line of its own.
        if program
            .file_stem()
            .is_some_and(|name| name == "your-own-experiment")
        {
            command
                .args(["train", "--preset", "smoke", "--runs-dir"])
                .arg(&runs);
        }
        succeed(&mut command)?;
    }
    // It may not even be there.
    let _ = fs::remove_dir_all(&runs);
    eprintln!("{} examples ran", programs.len());
    Ok(())
}

/// Trains and compares the smallest models of every experiment, in a folder that is removed afterwards.
pub(super) fn smoke() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("sympe-smoke-{}", std::process::id()));
    let ran = smoke_all(&folder);
    // Whatever happened; it may not even be there.
    let _ = fs::remove_dir_all(&folder);
    ran
}

fn smoke_all(folder: &Path) -> Result<()> {
    let place = ["--preset", "smoke", "--runs-dir", &folder.to_string_lossy()].map(OsString::from);
    let start = |subcommand: &str, more: &[&str]| -> Result<()> {
        let args: Vec<OsString> = more.iter().map(OsString::from).chain(place.clone()).collect();
        let code = sympe_train(subcommand, &args)?;
        ensure!(
            code == ExitCode::SUCCESS,
            "{subcommand} {args:?} ended with {code:?}"
        );
        Ok(())
    };
    // As a new user starts it, and then all that there is.
    start("train", &[])?;
    let mut help = built_sympe_train(&[])?;
    help.args(["compare", "--help"]);
    let output = help.output().with_context(|| format!("cannot start {help:?}"))?;
    let help = String::from_utf8(output.stdout)?;
    let experiments = subcommands(&help);
    ensure!(
        !experiments.is_empty(),
        "`sympe-train compare --help` names no experiment:\n{help}"
    );
    for experiment in experiments {
        eprintln!("smoke: {experiment}");
        start("train", &[experiment])?;
        start("compare", &[experiment, "--seeds", "1"])?;
    }
    Ok(())
}

/// The subcommands that a help page lists.
fn subcommands(help: &str) -> Vec<&str> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // What is indented further continues the line before it.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

/// The tests of several processes, started by `mpirun`. All of the workspace is chosen, so that Candle has the features of the other
/// steps, and is not compiled once more.
pub(super) fn mpi() -> Result<()> {
    let with_mpi = |subcommand: &str| {
        let mut command = cargo(subcommand);
        command.args([
            "--release",
            "--workspace",
            "--features",
            "sympe-train/mpi",
            "--test",
            "mpi",
        ]);
        command
    };
    succeed(with_mpi("clippy").args(["--", "--deny", "warnings"]))?;
    succeed(&mut with_mpi("test"))
}

/// Type-checks the `cuda` feature on a machine without CUDA: the stand-in compiles kernels to nothing.
pub(super) fn cuda() -> Result<()> {
    let mut command = cargo("check");
    command.args(["--release", "--package", "sympe-train", "--features", "cuda"]);
    command.env("NVCC", root().join("checks/nvcc-stand-in/bin/nvcc"));
    command
        .env("CUDARC_CUDA_VERSION", "13000")
        .env("CUDA_COMPUTE_CAP", "80");
    succeed(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_help_page_names_its_subcommands() {
        let help = "What it is for\n\nUsage: program <COMMAND>\n\nCommands:\n  first-one  What it does, in words\n             that go on\n  \
                    second     More\n\nOptions:\n  -h, --help  Print help\n";
        assert_eq!(subcommands(help), ["first-one", "second"]);
        assert!(subcommands("Usage: program\n").is_empty());
    }
}
