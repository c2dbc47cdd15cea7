//! Starting other programs: cargo itself, and `sympe-train` with the features its `--device` needs.

use anyhow::{Context, Result, bail};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The workspace root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one level below the workspace root")
        .to_path_buf()
}

/// A `cargo` command that uses the workspace whatever the current directory is.
pub(crate) fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand);
    command.arg("--manifest-path").arg(root().join("Cargo.toml"));
    command
}

/// Runs a command to its end; an error names the command line and the exit status.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

/// `cargo run -p sympe-train -- SUBCOMMAND ARGS`, in the current directory, so that relative paths mean what the
/// user typed. The exit code is that of the program.
pub(crate) fn sympe_train(subcommand: &str, args: &[OsString]) -> Result<ExitCode> {
    let mut command = cargo("run");
    command.args([
        "--quiet",
        "--release",
        "--package",
        "sympe-train",
        "--bin",
        "sympe-train",
    ]);
    if let Some(feature) = device_feature(args)? {
        command.args(["--features", feature]);
    }
    command.arg("--").arg(subcommand).args(args);
    // Data sets are those of the workspace, whatever the current directory is.
    if std::env::var_os("SYMPE_DATA").is_none() {
        command.env("SYMPE_DATA", root().join("data"));
    }
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    Ok(status.code().map_or(ExitCode::FAILURE, |code| {
        ExitCode::from(u8::try_from(code).unwrap_or(1))
    }))
}

/// `cargo bench` over the workspace, or over what the arguments select.
pub(crate) fn cargo_bench(args: &[OsString]) -> Result<ExitCode> {
    let mut command = cargo("bench");
    if !args
        .iter()
        .any(|arg| arg == "-p" || arg == "--package" || arg == "--workspace")
    {
        command.arg("--workspace");
    }
    command.args(bench_targets(args));
    succeed(command.args(args))?;
    Ok(ExitCode::SUCCESS)
}

/// All bench targets, unless the arguments name some. Without, or with `--benches`, cargo would also run the unit tests.
fn bench_targets(args: &[OsString]) -> &'static [&'static str] {
    let named = |arg: &OsString| arg.to_string_lossy().starts_with("--bench");
    if args.iter().any(named) {
        &[]
    } else {
        &["--bench", "*"]
    }
}

/// The cargo feature that `--device` asks for.
fn device_feature(args: &[OsString]) -> Result<Option<&'static str>> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let Some(text) = arg.to_str() else { continue };
        let device = if text == "--device" {
            match args.next().map(OsString::as_os_str).and_then(OsStr::to_str) {
                Some(device) => device,
                None => bail!("--device needs a value: auto, cpu, cuda:N or metal"),
            }
        } else if let Some(device) = text.strip_prefix("--device=") {
            device
        } else {
            continue;
        };
        return Ok(match device {
            "metal" => Some("metal"),
            "cuda" => Some("cuda"),
            device if device.starts_with("cuda:") => Some("cuda"),
            _ => None, // cpu, auto, and what sympe-train will reject by name
        });
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(args: &[&str]) -> Option<&'static str> {
        device_feature(&args.iter().map(OsString::from).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn device_picks_the_feature() {
        assert_eq!(feature(&["graph-autoencoder", "--seed", "1"]), None);
        assert_eq!(feature(&["--device", "cpu"]), None);
        assert_eq!(feature(&["--device", "cuda:1"]), Some("cuda"));
        assert_eq!(feature(&["--device=metal"]), Some("metal"));
    }

    #[test]
    fn benches_are_all_or_the_named_ones() {
        let targets = |args: &[&str]| bench_targets(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(targets(&["-p", "sympe-nn"]), ["--bench", "*"]);
        assert!(targets(&["--bench", "step"]).is_empty() && targets(&["--bench=step"]).is_empty());
    }

    #[test]
    fn device_without_a_value_is_an_error() {
        let error = device_feature(&[OsString::from("--device")]).unwrap_err();
        assert!(error.to_string().contains("cuda:N"));
    }
}
