//! What CI runs, cheapest first. Each step can be run alone: `cargo xtask check clippy`.

use crate::run::{cargo, root, succeed, sympe_train};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(crate) enum Step {
    /// Formatting
    Fmt,
    /// The dependency arrows between crates
    Arrows,
    /// Rules no compiler checks: short lib.rs, READMEs, where unsafe may be
    Tidy,
    /// Lints, warnings as errors
    Clippy,
    /// All tests
    Test,
    /// API documentation, warnings as errors
    Doc,
    /// All examples
    Examples,
    /// `train` and `compare` as a user starts them, in seconds
    Smoke,
    /// The types of the `cuda` feature, with a stand-in for the CUDA compiler; on Unix
    Cuda,
}

const ALL: [Step; 9] = [
    Step::Fmt,
    Step::Arrows,
    Step::Tidy,
    Step::Clippy,
    Step::Test,
    Step::Doc,
    Step::Examples,
    Step::Smoke,
    Step::Cuda,
];

pub(crate) fn run(steps: &[Step]) -> Result<()> {
    for step in if steps.is_empty() { &ALL } else { steps } {
        let start = Instant::now();
        eprintln!("check: {step:?}");
        match step {
            Step::Fmt => succeed(cargo("fmt").args(["--all", "--check"]))?,
            Step::Arrows => arrows()?,
            Step::Tidy => tidy()?,
            Step::Clippy => succeed(cargo("clippy").args([
                "--release",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ]))?,
            Step::Test => succeed(cargo("test").args(["--release", "--workspace"]))?,
            Step::Doc => succeed(
                cargo("doc")
                    .args(["--release", "--workspace", "--no-deps"])
                    .env("RUSTDOCFLAGS", "--deny warnings"),
            )?,
            Step::Examples => examples()?,
            Step::Smoke => smoke()?,
            Step::Cuda => cuda()?,
        }
        eprintln!("check: {step:?} passed in {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Type-checks the `cuda` feature on a machine without CUDA: the stand-in compiles kernels to nothing.
fn cuda() -> Result<()> {
    let mut command = cargo("check");
    command.args(["--release", "--package", "sympe-train", "--features", "cuda"]);
    command.env("NVCC", root().join("checks/nvcc-stand-in/bin/nvcc"));
    command
        .env("CUDARC_CUDA_VERSION", "13000")
        .env("CUDA_COMPUTE_CAP", "80");
    succeed(&mut command)
}

/// Who must not reach whom, by any normal dependency path. The picture is in crates/README.md.
const FORBIDDEN: [(&str, &[&str]); 5] = [
    (
        "sympe-groups",
        &[
            "candle-core",
            "sympe-canon",
            "sympe-data",
            "sympe-nn",
            "sympe-train",
        ],
    ),
    (
        "sympe-canon",
        &["candle-core", "sympe-data", "sympe-nn", "sympe-train"],
    ),
    ("sympe-data", &["candle-core", "sympe-nn", "sympe-train"]),
    ("sympe-nn", &["sympe-canon", "sympe-data", "sympe-train"]),
    ("xtask", &["candle-core", "sympe-groups", "sympe-train"]),
];

fn arrows() -> Result<()> {
    for (package, forbidden) in FORBIDDEN {
        let mut tree = cargo("tree");
        tree.args([
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let output = tree.output().with_context(|| format!("cannot start {tree:?}"))?;
        ensure!(
            output.status.success(),
            "{tree:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout)?;
        let reached: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        for name in forbidden {
            ensure!(
                !reached.contains(name),
                "{package} must not depend on {name}: see crates/README.md"
            );
        }
    }
    Ok(())
}

fn tidy() -> Result<()> {
    let mut faults = Vec::new();
    for folder in folders(&root().join("crates"))? {
        let name = folder
            .file_name()
            .expect("a folder below crates/")
            .to_string_lossy()
            .into_owned();
        for file in ["README.md", "Cargo.toml", "src/lib.rs"] {
            if !folder.join(file).exists() {
                faults.push(format!("{name} has no {file}"));
            }
        }
        let lib = read(&folder.join("src/lib.rs"))?;
        let lines = lib.lines().count();
        if lines > 100 {
            faults.push(format!(
                "{name}/src/lib.rs has {lines} lines; a reader should see the crate in 100"
            ));
        }
        if !lib.contains("```") {
            faults.push(format!("{name}/src/lib.rs opens without a runnable example"));
        }
        if name != "sympe-nn" && !lib.contains("#![forbid(unsafe_code)]") {
            faults.push(format!("{name}/src/lib.rs must forbid unsafe code"));
        }
        for file in rust_files(&folder.join("src"))? {
            let allowed = file.ends_with("sympe-nn/src/ops/kernel.rs");
            if !allowed && read(&file)?.contains("allow(unsafe_code)") {
                faults.push(format!(
                    "{}: unsafe code is allowed in sympe-nn/src/ops/kernel.rs alone",
                    file.display()
                ));
            }
        }
    }
    let map = read(&root().join("crates/README.md"))?;
    for folder in folders(&root().join("crates"))? {
        let name = folder
            .file_name()
            .expect("a folder below crates/")
            .to_string_lossy()
            .into_owned();
        for file in rust_files(&folder.join("src"))? {
            let path = file
                .strip_prefix(&folder)
                .expect("below the crate")
                .to_string_lossy()
                .replace('\\', "/");
            let module = path.trim_start_matches("src/");
            if module == "lib.rs" || module == "main.rs" {
                continue;
            }
            // A folder named in the map stands for the files in it.
            let known = map.contains(module)
                || Path::new(module).ancestors().skip(1).any(|folder| {
                    !folder.as_os_str().is_empty() && map.contains(&format!("{}/", folder.display()))
                });
            if !known {
                faults.push(format!("crates/README.md does not mention {name}: {module}"));
            }
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

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
    for program in &programs {
        let program = program.with_extension(std::env::consts::EXE_EXTENSION);
        eprintln!(
            "example: {}",
            program.file_stem().unwrap_or_default().to_string_lossy()
        );
        succeed(&mut Command::new(&program))?;
    }
    eprintln!("{} examples ran", programs.len());
    Ok(())
}

/// Trains and compares small models in a folder that is removed afterwards.
fn smoke() -> Result<()> {
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

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The subfolders of `folder`, sorted.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut found = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    found.retain(|path| path.join("Cargo.toml").exists());
    found.sort();
    Ok(found)
}

/// All `.rs` files below `folder`, sorted; none when the folder does not exist.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
