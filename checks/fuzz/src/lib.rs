//! Fuzz targets: the doors of sympe-data, watched for panics, time and memory.

#[path = "../../../crates/sympe-data/tests/doors/door.rs"]
mod door;

use cpu_time::ThreadTime;
use door::{DOORS, WAYS, free_vertices, run};
use libfuzzer_sys::Corpus;

/// Reads bytes by the door of this name.
///
/// # Panics
///
/// When something does not hold of it.
pub fn fuzz(name: &str, bytes: &[u8]) -> Corpus {
    // Vertices without edges cost no text and milliseconds: of such inputs one in 256 is enough.
    let sum: usize = bytes.iter().copied().map(usize::from).sum();
    if free_vertices(bytes) > 1 << 14 && !sum.is_multiple_of(256) {
        return Corpus::Reject;
    }
    let door = DOORS.iter().find(|(other, _)| *other == name);
    let (_, door) = door.unwrap_or_else(|| panic!("no door is called {name}"));
    // Each choice of a user has its share of the inputs.
    let way = bytes.len() % WAYS;
    run(*door, bytes, way, || ThreadTime::now().as_duration());
    Corpus::Keep
}
