//! The program `sympe-inspect`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    sympe_inspect::commands::main()
}
