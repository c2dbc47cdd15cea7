//! The program behind `cargo xtask train`, `compare`, `evaluate`, `symmetry` and `data`.

#![forbid(unsafe_code)]

use clap::Parser;
use std::io::{self, Write};
use std::process::{Command, ExitCode};
use sympe_train::TrainError;
use sympe_train::commands::Cli;

/// Training allocates and frees the same large buffers every step; the system allocator returns them to the system
/// each time (measured in `cargo xtask bench -p sympe-nn`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Candle's own thread pool spins at its barriers; the fused operations bring their own parallelism.
const THREADS: &str = "CANDLE_NUM_THREADS";

/// This program again, with Candle's threads set: safe code cannot set a variable of its own process.
fn restarted() -> io::Result<ExitCode> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1)).env(THREADS, "1");
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    Ok(command
        .status()?
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

fn main() -> ExitCode {
    if std::env::var_os(THREADS).is_none() {
        match restarted() {
            Ok(code) => return code,
            Err(error) => complain(format_args!("warning: {THREADS}=1 cannot be set: {error}")),
        }
    }
    let mut output = io::stdout().lock();
    let result = Cli::parse()
        .run(&mut output)
        .and_then(|()| output.flush().map_err(TrainError::Output));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough, as with `… | head`.
        Err(TrainError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Unlike `eprintln!`, it does not panic when nobody listens.
fn complain(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
