//! What several tests need.

use std::path::{Path, PathBuf};

/// A file or folder of the published data sets: below the folder that `SYMPE_DATA` names, or else below `shared/data` beside
/// the workspace. Where it is absent, the test says so and does without; with `SYMPE_REQUIRE_DATA=1` it fails.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("SYMPE_DATA")
        .map_or_else(beside, PathBuf::from)
        .join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("SYMPE_REQUIRE_DATA").is_some_and(|value| value == "1");
    assert!(
        !required,
        "{} is not there, and SYMPE_REQUIRE_DATA is 1",
        path.display()
    );
    println!("skipped: {} is not there", path.display());
    None
}
