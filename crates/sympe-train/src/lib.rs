//! Experiments on probabilistic symmetry breaking: training, comparison, reports.
