//! The program behind `cargo xtask train`, `compare`, `evaluate` and `symmetry`.

#![forbid(unsafe_code)]

use clap::Parser;
use std::io::{self, Write};
use std::process::ExitCode;
use sympe_train::TrainError;
use sympe_train::commands::Cli;

/// Training allocates and frees the same large buffers every step; the system allocator returns them to the system
/// each time (measured in `cargo xtask bench -p sympe-nn`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut output = io::stdout().lock();
    let result = Cli::parse()
        .run(&mut output)
        .and_then(|()| output.flush().map_err(TrainError::Output));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough, as with `… | head`.
        Err(TrainError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
