//! The programs as a user starts them: examples, and the smallest training runs; and the types of what no machine here can run.

use super::files::{folders, rust_files};
use crate::run::{cargo, root, succeed, sympe_train};
use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::fs;
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

/// Trains and compares small models in a folder that is removed afterwards.
pub(super) fn smoke() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("sympe-smoke-{}", std::process::id()));
    let place = ["--preset", "smoke", "--runs-dir", &folder.to_string_lossy()].map(OsString::from);
    let started = |subcommand: &str, more: &[&str]| -> Result<()> {
        let args: Vec<OsString> = more.iter().map(OsString::from).chain(place.clone()).collect();
        let code = sympe_train(subcommand, &args)?;
        ensure!(
            code == ExitCode::SUCCESS,
            "{subcommand} {args:?} ended with {code:?}"
        );
        Ok(())
    };
    let ran = started("train", &[]).and_then(|()| started("compare", &["graph-autoencoder", "--seeds", "1"]));
    // Whatever happened; it may not even be there.
    let _ = fs::remove_dir_all(&folder);
    ran
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
