//! Checks by programs that have to be installed; CI does that (.github/workflows/ci.yml), each in the version that is written here.

use crate::run::{root, succeed};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::process::Command;

struct Tool {
    /// The program, as a command finds it.
    program: &'static str,
    /// The package that `cargo install` builds it from, with the version.
    package: &'static str,
}

const DENY: Tool = Tool {
    program: "cargo-deny",
    package: "cargo-deny@0.20.2",
};
const MACHETE: Tool = Tool {
    program: "cargo-machete",
    package: "cargo-machete@0.9.2",
};
const TYPOS: Tool = Tool {
    program: "typos",
    package: "typos-cli@1.49.0",
};
const SEMVER: Tool = Tool {
    program: "cargo-semver-checks",
    package: "cargo-semver-checks@0.49.0",
};

/// Rules in deny.toml.
pub(super) fn deny() -> Result<()> {
    DENY.run(["--workspace", "check"])
}

/// Exceptions in the manifests, below `package.metadata.cargo-machete`.
pub(super) fn machete() -> Result<()> {
    MACHETE.run(["--skip-target-dir", "."])
}

/// Rules in typos.toml.
pub(super) fn typos() -> Result<()> {
    TYPOS.run::<&str>([])
}

/// Compares the public items with those of the last release, which is the last tag `v…`.
pub(super) fn semver() -> Result<()> {
    let mut describe = Command::new("git");
    describe.args(["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]);
    let output = describe
        .current_dir(root())
        .output()
        .with_context(|| format!("cannot start {describe:?}"))?;
    if !output.status.success() {
        eprintln!("there is no release yet that the public items could be compared with");
        return Ok(());
    }
    let tag = String::from_utf8(output.stdout)?;
    SEMVER.run(["semver-checks", "--workspace", "--baseline-rev", tag.trim()])
}

impl Tool {
    /// Runs the tool in the workspace root.
    fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Result<()> {
        let version = Command::new(self.program).arg("--help").output();
        if version.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            bail!(
                "{} is not installed: cargo install --locked {}",
                self.program,
                self.package
            );
        }
        succeed(Command::new(self.program).args(args).current_dir(root()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_installs_the_versions_that_are_named_here() {
        let workflow = include_str!("../../../.github/workflows/ci.yml");
        for tool in [DENY, MACHETE, TYPOS, SEMVER] {
            // The action that installs them calls typos-cli by the name of its program.
            let name = tool.package.replace("typos-cli", "typos");
            assert!(workflow.contains(&name), "{name}");
        }
    }
}
