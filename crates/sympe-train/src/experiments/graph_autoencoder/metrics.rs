//! Metrics of reconstructed graphs.

use serde::{Deserialize, Serialize};

/// How well graphs were reconstructed (Satorras et al. 2021, section 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Reconstruction {
    graphs: u64,
    nats: f64,
    wrong: u64,
    entries: u64,
    true_positive: u64,
    false_positive: u64,
    false_negative: u64,
}

impl Reconstruction {
    /// Adds a graph: logits and targets of its ordered pairs.
    pub(super) fn add_graph(&mut self, logits: &[f32], targets: &[f32]) {
        self.graphs += 1;
        for (&logit, &target) in logits.iter().zip(targets) {
            let (l, t) = (f64::from(logit), f64::from(target));
            self.nats += l.max(0.0) - l * t + (-l.abs()).exp().ln_1p();
            let (predicted, actual) = (logit > 0.0, target > 0.5);
            self.entries += 1;
            self.wrong += u64::from(predicted != actual);
            self.true_positive += u64::from(predicted && actual);
            self.false_positive += u64::from(predicted && !actual);
            self.false_negative += u64::from(!predicted && actual);
        }
    }

    /// Binary cross-entropy, summed over the ordered pairs of a graph, mean over graphs, in nats.
    #[must_use]
    pub(super) fn bce(&self) -> f64 {
        self.nats / self.graphs.max(1) as f64
    }

    /// Wrong entries in percent, threshold ½, pooled over graphs.
    #[must_use]
    pub(super) fn error_percent(&self) -> f64 {
        100.0 * self.wrong as f64 / self.entries.max(1) as f64
    }

    /// F1 of edges, pooled over graphs; 1 when there are none and none is predicted.
    #[must_use]
    pub(super) fn f1(&self) -> f64 {
        let errors = self.false_positive + self.false_negative;
        if self.true_positive + errors == 0 {
            return 1.0;
        }
        let hits = self.true_positive as f64;
        hits / (hits + 0.5 * errors as f64)
    }

    /// The three as named numbers.
    #[must_use]
    pub(super) fn named(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("bce", self.bce()),
            ("error_percent", self.error_percent()),
            ("f1", self.f1()),
        ]
    }
}
