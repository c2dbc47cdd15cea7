//! What a comparison varies: ways to a ground state, and cells of superlattices.

use super::config::{CouplingLaw, IsingConfig};
use crate::breakers::{Breaking, Takes};
use crate::comparison::{Axis, Row};
use crate::domain::Torus;
use sympe_data::ising::Pattern;
use sympe_groups::lattice::Wallpaper;
use sympe_nn::learned::Relaxation;

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

/// Patterns of superlattices and sizes of cells.
const CELLS: [(&str, &str, Pattern, u32); 9] = [
    ("plaquettes-1", "A uniform antiferromagnet", Pattern::Plaquettes, 1),
    ("stripes-2", "Stripes of two rows or two columns", Pattern::Stripes, 2),
    ("stripes-4", "Stripes of four rows or four columns", Pattern::Stripes, 4),
    ("diagonal-2", "Checkered couplings", Pattern::Diagonal, 2),
    ("plaquettes-2", "Plaquettes of 2 x 2 sites", Pattern::Plaquettes, 2),
    ("plaquettes-4", "Plaquettes of 4 x 4 sites", Pattern::Plaquettes, 4),
    ("mattis-2", "Random cells of 2 x 2 spins", Pattern::Mattis, 2),
    ("mattis-4", "Random cells of 4 x 4 spins", Pattern::Mattis, 4),
    ("mattis-8", "Random cells of 8 x 8 spins", Pattern::Mattis, 8),
];

/// The cells of superlattices; of other couplings it says nothing.
fn cells() -> Axis<IsingConfig> {
    let rows = CELLS.map(|(name, about, pattern, cell)| {
        Row::new(name, about, move |config: &mut IsingConfig| {
            (config.data.pattern, config.data.cell) = (pattern, cell);
        })
    });
    let current = |config: &IsingConfig| {
        let data = &config.data;
        (data.law == CouplingLaw::Superlattice).then(|| format!("{}-{}", data.pattern, data.cell))
    };
    Axis::new("cell", "cells", "Cells of superlattices", current).with_rows(rows)
}

/// The name of the way to a ground state that is configured.
pub(super) fn method(config: &IsingConfig) -> String {
    // A row changes nothing where it is configured already. A plain network is also one with a way of breaking.
    let rows = methods().rows;
    let row = rows.iter().rev().find(|row| row.of(config) == *config);
    row.map_or_else(|| config.breaking.kind.to_string(), |row| row.name.to_owned())
}

pub(super) fn axes() -> Vec<Axis<IsingConfig>> {
    vec![methods(), cells()]
}

fn methods() -> Axis<IsingConfig> {
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
    let soft = Row::new(
        "learned-soft",
        "A learned kernel whose draws stay relaxed: means of moved fields",
        |config: &mut IsingConfig| {
            equivariant(config, "learned".parse().expect("a way of tori"));
            config.breaking.learned.relaxation = Relaxation::Soft;
        },
    );
    Breaking::axis(|config: &IsingConfig| config.breaking.kind, equivariant)
        .named("method", "methods", "Ways to a ground state")
        .with_rows([soft, relaxed, cnn, augmented])
        .with_default(&[
            "none",
            "noise",
            "uniform",
            "relaxed",
            "fixed",
            "learned",
            "sympe",
            "cnn",
            "cnn-augmented",
        ])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_called_what_it_is() {
        let base = IsingConfig::default();
        for row in methods().rows {
            assert_eq!(method(&row.of(&base)), row.name);
        }
        let mut config = base;
        assert_eq!((cells().current)(&config), None);
        config.data.law = CouplingLaw::Superlattice;
        for row in cells().rows {
            assert_eq!((cells().current)(&row.of(&config)).as_deref(), Some(row.name));
        }
    }
}
