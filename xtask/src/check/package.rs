//! What the crates carry to the registry.

use super::files::crates;
use super::tidy::PAPERS;
use crate::run::{cargo, succeed};
use anyhow::{Context, Result, ensure};

/// Packs every crate, with what its reader and its lawyer look for; asks no network and compiles nothing.
pub(super) fn pack() -> Result<()> {
    let mut pack = cargo("package");
    pack.args(["--no-verify", "--allow-dirty", "--offline", "--quiet"]);
    for package in crates()? {
        let name = &package.name;
        let mut list = cargo("package");
        list.args(["--list", "--allow-dirty", "--offline", "--package", name]);
        let output = list.output().with_context(|| format!("cannot start {list:?}"))?;
        ensure!(
            output.status.success(),
            "{list:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let files = String::from_utf8(output.stdout)?;
        for paper in PAPERS {
            ensure!(
                files.lines().any(|file| file == paper),
                "the package {name} would lack {paper}"
            );
        }
        pack.args(["--package", name]);
    }
    succeed(&mut pack)
}

/// Does all that a publication does but the upload. The crates are not built again: the tests have built them.
pub(super) fn publish() -> Result<()> {
    succeed(cargo("publish").args(["--workspace", "--dry-run", "--no-verify", "--allow-dirty"]))
}
