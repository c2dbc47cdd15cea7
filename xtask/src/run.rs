//! Starting other programs: cargo itself, and `sympe-train`, built with the feature that its `--device` needs.

use anyhow::{Context, Result, bail, ensure};
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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

/// Tells `sympe-train` how its user has called it, for usage lines.
const PROGRAM: &str = "SYMPE_PROGRAM";

/// Builds `sympe-train` and runs `sympe-train SUBCOMMAND ARGS` in the current directory, so that relative paths mean what
/// the user typed. The exit code is that of the program.
pub(crate) fn sympe_train(subcommand: &str, args: &[OsString]) -> Result<ExitCode> {
    let mut command = built_sympe_train(args)?;
    command.arg(subcommand).args(args);
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    Ok(status.code().map_or(ExitCode::FAILURE, |code| {
        ExitCode::from(u8::try_from(code).unwrap_or(1))
    }))
}

/// `sympe-train`, built with the feature that `--device` among the arguments needs.
pub(crate) fn built_sympe_train(args: &[OsString]) -> Result<Command> {
    let mut build = cargo("build");
    build.args(["--release", "--package", "sympe-train", "--bin", "sympe-train"]);
    if let Some(device) = device(args)? {
        device.prepare(&mut build)?;
    }
    with_signs_of_life(&mut build)?;
    let this = std::env::current_exe().context("cannot tell where the programs are built")?;
    let target = this
        .parent()
        .and_then(Path::parent)
        .context("a program lies in the folder of its profile")?;
    let program = target.join("release").join("sympe-train");
    let mut command = Command::new(program.with_extension(std::env::consts::EXE_EXTENSION));
    command.env(PROGRAM, "cargo xtask");
    // Data sets are those of the workspace, whatever the current directory is.
    if std::env::var_os("SYMPE_DATA").is_none() {
        command.env("SYMPE_DATA", root().join("data"));
    }
    Ok(command)
}

/// Cargo is this long done when there is nothing to compile.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs a build to its end. A terminal shows cargo's progress; elsewhere one line says what takes so long, if it does.
fn with_signs_of_life(build: &mut Command) -> Result<()> {
    // What is piped in is for the program.
    build.stdin(Stdio::null());
    if std::io::stderr().is_terminal() {
        return succeed(build);
    }
    build.arg("--quiet");
    let mut cargo = build.spawn().with_context(|| format!("cannot start {build:?}"))?;
    let start = Instant::now();
    while cargo.try_wait()?.is_none() {
        if start.elapsed() >= PATIENCE {
            eprintln!(
                "building sympe-train with optimizations: the first time about six minutes on two cores, later seconds"
            );
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let status = cargo.wait()?;
    if !status.success() {
        bail!("{build:?} ended with {status}");
    }
    Ok(())
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

/// A device that the program has to be built for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gpu {
    Cuda,
    Metal,
}

impl Gpu {
    /// Adds the cargo feature of the device to a build.
    ///
    /// # Errors
    ///
    /// What the build would miss. Its build scripts would say so, too, but only after minutes and in other words.
    fn prepare(self, build: &mut Command) -> Result<()> {
        match self {
            Self::Metal => {
                ensure!(
                    cfg!(target_os = "macos"),
                    "--device metal is for Macs: on this machine use --device cpu, or --device cuda:N with an NVIDIA GPU"
                );
                build.args(["--features", "metal"]);
            }
            Self::Cuda => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let places = CudaPlaces {
                    compiler: std::env::var_os("NVCC").map(PathBuf::from),
                    path: std::env::split_paths(&path).collect(),
                    toolkits: ["CUDA_HOME", "CUDA_PATH"]
                        .iter()
                        .filter_map(std::env::var_os)
                        .map(PathBuf::from)
                        .chain(["/usr/local/cuda", "/opt/cuda"].map(PathBuf::from))
                        .collect(),
                };
                let folder = places.folder_of_compiler().context(
                    "--device cuda needs NVIDIA's compiler, and no `nvcc` is found: install the CUDA toolkit, or name its \
                     folder by CUDA_HOME; --device cpu needs neither",
                )?;
                ensure!(
                    std::env::var_os("CUDA_COMPUTE_CAP").is_some() || places.has_driver(),
                    "--device cuda asks the driver for what the GPU can do, and no `nvidia-smi` is found: install the driver, \
                     or build for another machine with CUDA_COMPUTE_CAP=80 or what its GPU has"
                );
                // A build script of Candle's looks for the compiler on the path only.
                build.env("PATH", std::env::join_paths(places.path.iter().chain([&folder]))?);
                build.args(["--features", "cuda"]);
            }
        }
        Ok(())
    }
}

/// Where the compiler of CUDA may be, as the build scripts look for it.
struct CudaPlaces {
    /// The program itself, by name.
    compiler: Option<PathBuf>,
    path: Vec<PathBuf>,
    /// Folders of toolkits, with the program in `bin`.
    toolkits: Vec<PathBuf>,
}

impl CudaPlaces {
    /// Whether the driver can be asked.
    fn has_driver(&self) -> bool {
        let program = Path::new("nvidia-smi").with_extension(std::env::consts::EXE_EXTENSION);
        self.path.iter().any(|folder| folder.join(&program).is_file())
    }

    fn folder_of_compiler(&self) -> Option<PathBuf> {
        let nvcc = Path::new("nvcc").with_extension(std::env::consts::EXE_EXTENSION);
        let named = self.compiler.iter().filter(|file| file.is_file());
        let named = named.filter_map(|file| file.parent()).map(Path::to_path_buf);
        let bins = self.toolkits.iter().map(|toolkit| toolkit.join("bin"));
        let folders = self.path.iter().cloned().chain(bins);
        named
            .chain(folders.filter(|folder| folder.join(&nvcc).is_file()))
            .next()
    }
}

/// The device that `--device` names, if the program has to be built for it.
fn device(args: &[OsString]) -> Result<Option<Gpu>> {
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
            "metal" => Some(Gpu::Metal),
            "cuda" => Some(Gpu::Cuda),
            device if device.starts_with("cuda:") => Some(Gpu::Cuda),
            _ => None, // cpu, auto, and what sympe-train will reject by name
        });
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(args: &[&str]) -> Option<Gpu> {
        device(&args.iter().map(OsString::from).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn device_picks_what_is_built() {
        assert_eq!(gpu(&["graph-autoencoder", "--seed", "1"]), None);
        assert_eq!(gpu(&["--device", "cpu"]), None);
        assert_eq!(gpu(&["--device", "cuda:1"]), Some(Gpu::Cuda));
        assert_eq!(gpu(&["--device=metal"]), Some(Gpu::Metal));
    }

    #[test]
    fn metal_is_refused_before_anything_is_built_but_on_a_mac() {
        let mut build = Command::new("cargo");
        let prepared = Gpu::Metal.prepare(&mut build);
        if cfg!(target_os = "macos") {
            prepared.unwrap();
            assert!(build.get_args().eq(["--features", "metal"]));
        } else {
            assert!(prepared.unwrap_err().to_string().contains("is for Macs"));
        }
    }

    #[test]
    fn the_compiler_of_cuda_is_found_where_the_build_scripts_find_it() {
        let root = std::env::temp_dir().join(format!("sympe-nvcc-{}", std::process::id()));
        let toolkit = |name: &str| {
            let bin = root.join(name).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            let nvcc = bin.join("nvcc").with_extension(std::env::consts::EXE_EXTENSION);
            std::fs::write(&nvcc, "").unwrap();
            (bin, nvcc)
        };
        let (named, named_nvcc) = toolkit("named");
        let (on_path, _) = toolkit("on-path");
        let (at_home, _) = toolkit("home");
        let places = |compiler: &Path, path: &Path, home: &Path| CudaPlaces {
            compiler: Some(compiler.to_path_buf()),
            path: vec![root.clone(), path.to_path_buf()],
            toolkits: vec![root.clone(), home.to_path_buf()],
        };
        let missing = root.join("missing");
        let home = root.join("home");
        for (compiler, path, home, expected) in [
            (&named_nvcc, &on_path, &home, Some(&named)),
            (&missing, &on_path, &home, Some(&on_path)),
            (&missing, &missing, &home, Some(&at_home)),
            // A folder is no compiler, whatever variable names it.
            (&named, &missing, &missing, None),
        ] {
            let found = places(compiler, path, home).folder_of_compiler();
            assert_eq!(found.as_ref(), expected);
        }
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn benches_are_all_or_the_named_ones() {
        let targets = |args: &[&str]| bench_targets(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(targets(&["-p", "sympe-nn"]), ["--bench", "*"]);
        assert!(targets(&["--bench", "step"]).is_empty() && targets(&["--bench=step"]).is_empty());
    }

    #[test]
    fn device_without_a_value_is_an_error() {
        let error = device(&[OsString::from("--device")]).unwrap_err();
        assert!(error.to_string().contains("cuda:N"));
    }
}
