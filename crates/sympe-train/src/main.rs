//! The program behind `cargo xtask train`, `compare`, `evaluate`, `sample`, `symmetry` and `data`.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use sympe_train::{commands, experiments};

/// Training allocates and frees the same large buffers every step; the system allocator returns them to the system
/// each time (measured in `cargo xtask bench -p sympe-nn`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Names the program that was started, where it is not this one.
const PROGRAM: &str = "SYMPE_PROGRAM";

fn main() -> ExitCode {
    let program = std::env::var(PROGRAM).unwrap_or_else(|_| "sympe-train".to_owned());
    commands::main(&program, experiments::ALL)
}
