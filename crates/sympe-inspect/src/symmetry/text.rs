//! What the describers of all domains share.

/// What is drawn for each input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Draws from the inversion kernel.
    pub(crate) samples: u64,
    /// Their seed.
    pub(crate) seed: u64,
}

/// Parts separated by commas, or that there are none.
pub(crate) fn join(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}
