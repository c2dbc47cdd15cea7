//! The program behind `cargo xtask train`, `compare`, `evaluate`, `sample`, `symmetry` and `data`.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use sympe_train::{commands, experiments};

/// Training allocates and frees the same large buffers every step; the system allocator returns them to the system
/// each time (measured in `cargo xtask bench -p sympe-nn`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::main("cargo xtask", experiments::ALL)
}
