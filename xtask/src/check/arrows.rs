//! The dependency arrows between crates. The picture is in crates/README.md.

use crate::run::cargo;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;

/// Who must not reach whom, by any normal dependency path.
const FORBIDDEN: [(&str, &[&str]); 7] = [
    (
        "sympe-groups",
        &[
            "candle-core",
            "sympe-canon",
            "sympe-data",
            "sympe-report",
            "sympe-inspect",
            "sympe-nn",
            "sympe-train",
        ],
    ),
    (
        "sympe-canon",
        &[
            "candle-core",
            "sympe-data",
            "sympe-report",
            "sympe-inspect",
            "sympe-nn",
            "sympe-train",
        ],
    ),
    (
        "sympe-data",
        &[
            "candle-core",
            "sympe-report",
            "sympe-inspect",
            "sympe-nn",
            "sympe-train",
        ],
    ),
    (
        "sympe-report",
        &["candle-core", "sympe-inspect", "sympe-nn", "sympe-train"],
    ),
    ("sympe-inspect", &["candle-core", "sympe-nn", "sympe-train"]),
    (
        "sympe-nn",
        &[
            "sympe-canon",
            "sympe-data",
            "sympe-report",
            "sympe-inspect",
            "sympe-train",
        ],
    ),
    ("xtask", &["candle-core", "sympe-groups", "sympe-train"]),
];

pub(super) fn run() -> Result<()> {
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
