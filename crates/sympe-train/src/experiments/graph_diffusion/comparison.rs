//! What a comparison varies: ways of breaking symmetry, in the denoiser and in the noise, and kernels.

use super::config::{DrawScope, GraphDiffusionConfig, LastStep, LimitKind};
use crate::breakers::{Breaking, Takes};
use crate::comparison::{Axis, Row};
use crate::domain::{Graphs, kernel_axis};
use sympe_nn::learned::Relaxation;

/// Steps of the random walks of `rrwp-features`: beyond the diameter of molecules of ten heavy atoms.
const WALK: usize = 12;

pub(super) fn axes() -> Vec<Axis<GraphDiffusionConfig>> {
    vec![methods(), kernels()]
}

fn methods() -> Axis<GraphDiffusionConfig> {
    type Config = GraphDiffusionConfig;
    let nodes_only = Row::new(
        "sympe-nodes",
        "SymPE with a learned object of nodes alone, none of pairs",
        |config: &mut Config| {
            at_each_step(config, Breaking::default());
            config.breaking.edge_dim = 0;
        },
    );
    let walks = Row::new(
        "rrwp-features",
        "As `none`, with relative random-walk probabilities in the place of cycles and spectrum",
        |config: &mut Config| {
            at_each_step(config, "none".parse().expect("a way of graphs"));
            config.features.cycles = false;
            config.features.spectrum = false;
            config.features.rrwp = WALK;
        },
    );
    let absorbing = Row::new(
        "absorbing",
        "As `none`, with noise that hides what was there",
        |config: &mut Config| {
            at_each_step(config, "none".parse().expect("a way of graphs"));
            config.process.limit = LimitKind::Absorbing;
            config.sampling.last_step = LastStep::Always;
        },
    );
    let coupled = Row::new(
        "coupled",
        "SymPE, a draw per step that is coupled to the clean graph in training",
        |config: &mut Config| {
            at_each_step(config, Breaking::default());
            config.breaking.coupled = true;
        },
    );
    let soft = Row::new(
        "learned-soft",
        "A learned kernel whose draws stay relaxed: encodings between the rows of tables",
        |config: &mut Config| {
            at_each_step(config, "learned".parse().expect("a way of graphs"));
            config.breaking.learned.relaxation = Relaxation::Soft;
        },
    );
    let [equivariant, names] = by_rank();
    let mut axis = Breaking::axis(|config: &Config| config.breaking.kind, at_each_step)
        .named("method", "methods", "Ways of breaking symmetry")
        .with_rows([walks, absorbing, nodes_only, coupled, soft, equivariant, names])
        .with_default(&[
            "none",
            "noise",
            "uniform",
            "learned",
            "sympe-nodes",
            "sympe",
            "by-rank",
            "by-rank-names",
        ]);
    axis.current = Box::new(|config| Some(current(config)));
    axis
}

/// Breaking in the noise: without ranks in the denoiser, and with.
fn by_rank() -> [Row<GraphDiffusionConfig>; 2] {
    let by_rank = |config: &mut GraphDiffusionConfig, kind: &str| {
        config.process.limit = LimitKind::ByRank;
        config.breaking.kind = kind.parse().expect("a way of graphs");
        config.breaking.coupled = false;
    };
    let equivariant = Row::new(
        "by-rank",
        "Noise with a limit for each rank, drawn once per trajectory; the denoiser stays equivariant",
        move |config: &mut GraphDiffusionConfig| {
            by_rank(config, "none");
            config.breaking.scope = DrawScope::Step;
        },
    );
    let names = Row::new(
        "by-rank-names",
        "The same, and the denoiser reads learned objects at the ranks",
        move |config: &mut GraphDiffusionConfig| {
            by_rank(config, "sympe");
            config.breaking.scope = DrawScope::Trajectory;
        },
    );
    [equivariant, names]
}

/// Breaking in the denoiser alone, at each step.
fn at_each_step(config: &mut GraphDiffusionConfig, kind: Breaking<Graphs>) {
    config.breaking.kind = kind;
    config.breaking.scope = DrawScope::Step;
    config.breaking.coupled = false;
    if matches!(config.process.limit, LimitKind::ByRank | LimitKind::Absorbing) {
        config.process.limit = LimitKind::Marginal;
    }
}

/// The name of what is configured.
fn current(config: &GraphDiffusionConfig) -> String {
    if config.process.limit == LimitKind::Absorbing {
        let mut shown = config.clone();
        shown.process.limit = LimitKind::Marginal;
        return match current(&shown).as_str() {
            "none" => "absorbing".to_owned(),
            other => format!("absorbing-{other}"),
        };
    }
    let kind = config.breaking.kind;
    let features = &config.features;
    let has_walks = features.rrwp > 0 && !features.cycles && !features.spectrum;
    match (config.process.limit, config.breaking.scope, kind.name()) {
        (LimitKind::ByRank, DrawScope::Step, "none") => "by-rank".to_owned(),
        (LimitKind::ByRank, DrawScope::Trajectory, "sympe") => "by-rank-names".to_owned(),
        (LimitKind::ByRank, DrawScope::Trajectory, _) => format!("by-rank-names-{kind}"),
        (LimitKind::ByRank, DrawScope::Step, _) => format!("by-rank-{kind}"),
        (_, DrawScope::Trajectory, _) => format!("names-{kind}"),
        (_, DrawScope::Step, "none") if has_walks => "rrwp-features".to_owned(),
        (_, DrawScope::Step, "learned") if config.breaking.learned.relaxation == Relaxation::Soft => {
            "learned-soft".to_owned()
        }
        (_, DrawScope::Step, "sympe") if config.breaking.coupled => "coupled".to_owned(),
        (_, DrawScope::Step, _) if config.breaking.coupled => format!("coupled-{kind}"),
        (_, DrawScope::Step, _) => kind.to_string(),
    }
}

/// The kernel of the clean graph where there are ranks, that of the noisy ones otherwise. The other methods draw from no
/// kernel, or from the Haar kernel.
fn kernels() -> Axis<GraphDiffusionConfig> {
    let has_ranks = |config: &GraphDiffusionConfig| {
        config.process.limit == LimitKind::ByRank || config.breaking.scope == DrawScope::Trajectory
    };
    kernel_axis(
        move |config: &GraphDiffusionConfig| {
            if has_ranks(config) {
                return Some(config.process.kernel);
            }
            config.breaking.kind.is_sympe().then_some(config.breaking.kernel)
        },
        move |config, kernel| {
            if has_ranks(config) {
                config.process.kernel = kernel;
            } else {
                config.breaking.kernel = kernel;
            }
        },
    )
}

/// The scale of noise and of features, and of what learned tables start as.
pub(super) fn scale() -> Axis<GraphDiffusionConfig> {
    Axis::scale(
        |config: &GraphDiffusionConfig| {
            let breaks = config.breaking.kind.takes() != Takes::Nothing;
            breaks.then_some(config.breaking.table.scale)
        },
        |config, scale| config.breaking.table.scale = scale,
    )
}
