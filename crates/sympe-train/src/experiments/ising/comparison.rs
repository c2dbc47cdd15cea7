//! What a comparison varies: ways to a ground state.

use super::config::IsingConfig;
use crate::breakers::{Breaking, Takes};
use crate::comparison::{Axis, Row};
use crate::domain::Torus;
use sympe_groups::lattice::Wallpaper;

/// An equivariant network with this way of breaking symmetry.
fn equivariant(config: &mut IsingConfig, kind: Breaking<Torus>) {
    config.breaking.kind = kind;
    config.model.relaxed = 0;
    config.data.augment = false;
}

/// A plain periodic network of as many parameters as the equivariant one that is configured.
fn plain(config: &mut IsingConfig, augment: bool) {
    // A group convolution of C channels has C²·|P|·k² weights, a plain one of C' channels C'²·k².
    let factor = (config.model.group.points().len() as f64).sqrt();
    equivariant(config, Breaking::default());
    config.model.group = Wallpaper::P1;
    config.model.channels = (config.model.channels as f64 * factor).round() as usize;
    config.data.augment = augment;
}

pub(super) fn axes() -> Vec<Axis<IsingConfig>> {
    let relaxed = Row::new(
        "relaxed",
        "Relaxed group convolutions, which break symmetry the same way each time",
        |config: &mut IsingConfig| {
            equivariant(config, "none".parse().expect("every domain has it"));
            config.model.relaxed = 1;
        },
    );
    let cnn = Row::new(
        "cnn",
        "A plain periodic network of as many parameters, with SymPE",
        |config| plain(config, false),
    );
    let augmented = Row::new(
        "cnn-augmented",
        "The same, trained on inputs moved by random elements of the group",
        |config| plain(config, true),
    );
    let axis = Breaking::axis(|config: &IsingConfig| config.breaking.kind, equivariant)
        .named("method", "methods", "Ways to a ground state")
        .with_rows([relaxed, cnn, augmented])
        .with_default(&[
            "none",
            "noise",
            "uniform",
            "relaxed",
            "fixed",
            "sympe",
            "cnn",
            "cnn-augmented",
        ]);
    vec![axis]
}

/// The scale of noise, and of what the learned field starts as.
pub(super) fn scale() -> Axis<IsingConfig> {
    Axis::scale(
        |config: &IsingConfig| {
            let breaks = config.breaking.kind.takes() != Takes::Nothing;
            breaks.then_some(config.breaking.field.scale)
        },
        |config, scale| config.breaking.field.scale = scale,
    )
}
