//! What a comparison varies: ways to a distortion, and what is distorted.

use super::config::{Method, PointCloudConfig};
use crate::breakers::{Breaking, Takes};
use crate::comparison::{Axis, BASELINE, Row};
use crate::domain::Points;
use sympe_data::distortions::Parent;

/// The equivariant network with this way of breaking symmetry.
fn equivariant(config: &mut PointCloudConfig, kind: Breaking<Points>) {
    config.breaking.kind = kind;
    config.model.method = Method::Equivariant;
}

/// Networks that read coordinates.
const RIVALS: [(&str, &str, Method); 5] = [
    (
        "canonicalized",
        "A network that reads coordinates, in one frame drawn from the exact kernel",
        Method::Canonicalized,
    ),
    (
        "frame-averaging",
        "The same, on average over the frames of the exact kernel",
        Method::FrameAveraging,
    ),
    (
        "weighted-frames",
        "The same, on average over weighted frames (Dym et al. 2024)",
        Method::WeightedFrames,
    ),
    (
        "symmetrisation",
        "The same, in one frame of a learned law (Kim et al. 2023)",
        Method::Symmetrisation,
    ),
    (
        "augmentation",
        "The same, as coordinates are, trained on clouds turned at random",
        Method::Augmentation,
    ),
];

/// The name of the way to a distortion that is configured.
pub(super) fn method(config: &PointCloudConfig) -> String {
    match config.model.method {
        Method::Equivariant => config.breaking.kind.to_string(),
        method => method.to_string(),
    }
}

fn methods() -> Axis<PointCloudConfig> {
    let rivals = RIVALS.map(|(name, about, method)| {
        Row::new(name, about, move |config: &mut PointCloudConfig| {
            equivariant(config, BASELINE.parse().expect("every domain has it"));
            config.model.method = method;
        })
    });
    let mut axis = Breaking::axis(|config: &PointCloudConfig| config.breaking.kind, equivariant)
        .named("method", "methods", "Ways to a distortion")
        .with_rows(rivals)
        .with_default(&[
            "none",
            "noise",
            "uniform",
            "fixed",
            "sympe",
            "learned",
            "canonicalized",
            "frame-averaging",
            "weighted-frames",
            "symmetrisation",
            "augmentation",
        ]);
    axis.current = Box::new(|config| Some(method(config)));
    axis
}

/// What is distorted.
fn parents() -> Axis<PointCloudConfig> {
    let rows = Parent::ALL.into_iter().map(|parent| {
        Row::new(parent.name(), parent.about(), move |config: &mut PointCloudConfig| {
            config.data.parent = parent;
        })
    });
    let current = |config: &PointCloudConfig| Some(config.data.parent.to_string());
    Axis::new("parent", "parents", "What is distorted", current).with_rows(rows)
}

pub(super) fn axes() -> Vec<Axis<PointCloudConfig>> {
    vec![parents(), methods()]
}

/// The scale of noise, and of what learned vectors start as.
pub(super) fn scale() -> Axis<PointCloudConfig> {
    Axis::scale(
        |config: &PointCloudConfig| {
            let breaks = config.breaking.kind.takes() != Takes::Nothing;
            breaks.then_some(config.breaking.scale)
        },
        |config, scale| config.breaking.scale = scale,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_called_what_it_is() {
        let base = PointCloudConfig::default();
        for row in methods().rows {
            assert_eq!(method(&row.of(&base)), row.name);
        }
        for row in parents().rows {
            assert_eq!((parents().current)(&row.of(&base)).as_deref(), Some(row.name));
        }
    }
}
