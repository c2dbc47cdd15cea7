//! What `train` and `compare` say of the runs that ended.

use crate::TrainError;
use crate::config::Config;
use crate::observe::ProgressBars;
use crate::session::{Ended, Outcome, Session};

/// What the runs were made with, in words.
pub(super) fn data_of<C>(outcomes: &[Outcome<C>]) -> String {
    let mut found: Vec<&str> = outcomes.iter().map(|outcome| outcome.data.as_str()).collect();
    found.dedup();
    format!("data: {}", found.join("; "))
}

/// The runs that ended well; the others are reported, with what to do.
pub(super) fn finished<C: Config>(
    session: &Session<C>,
    ended: Ended<C>,
    to_do: &str,
    bars: &ProgressBars,
) -> Vec<Outcome<C>> {
    let mut outcomes = Vec::new();
    for ((name, _), result) in session.runs.iter().zip(ended) {
        match result {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => bars.line(&format!("error: run {name}: {error}")),
        }
    }
    if outcomes.len() < session.runs.len() {
        bars.line(&format!("what is done is kept: {to_do}"));
    }
    outcomes
}

/// An error if some runs of the session did not end well.
pub(super) fn complete<C>(session: &Session<C>, outcomes: &[Outcome<C>]) -> Result<(), TrainError> {
    match session.runs.len() - outcomes.len() {
        0 => Ok(()),
        failed => Err(TrainError::Incomplete {
            failed,
            total: session.runs.len(),
            what: "runs",
        }),
    }
}

/// What goes wrong after the work is done must not hide what was found.
pub(super) fn warn<T>(bars: &ProgressBars, result: Result<T, TrainError>) -> Option<T> {
    result
        .map_err(|error| bars.line(&format!("warning: {error}")))
        .ok()
}
