//! Where the tests find data: small files of our own making beside the tests, and the published data sets where there is
//! a copy of them.

#[allow(dead_code, reason = "not every test program has conformers")]
pub(crate) mod conformers;

use std::path::{Path, PathBuf};

/// A file or folder beside the tests.
#[allow(dead_code, reason = "not every test program has one")]
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// A file or folder of the published data sets: below the folder that `SYMPE_DATA` names, or else below `shared/data`
/// beside the workspace. Where it is absent, the test says so and is skipped; with `SYMPE_REQUIRE_DATA=1` it fails.
#[allow(dead_code, reason = "not every test program reads them")]
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
