//! Progress on standard error: bars on a terminal, plain lines elsewhere.

use super::stderr::{Counted, is_wanted, note};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;

/// Progress of any number of pieces of work side by side.
///
/// ```
/// use sympe_inspect::terminal::Bars;
/// let bars = Bars::new();
/// bars.line("note: below the bars of other work"); // without a terminal, on a line of its own
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    bars: Option<MultiProgress>,
    /// When the last bars are gone, the warnings are counted up.
    _counted: Arc<Counted>,
}

impl Bars {
    /// Bars if standard error is a terminal.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bars: std::io::stderr().is_terminal().then(MultiProgress::new),
            _counted: Arc::new(Counted),
        }
    }

    /// A bar named `name` over work of which `done` of `total` is done, in a style of [`indicatif`]; none without a terminal.
    ///
    /// # Panics
    ///
    /// When `style` is no template.
    #[must_use]
    pub fn add(&self, style: &str, name: &str, done: u64, total: u64) -> Option<ProgressBar> {
        let bar = self.bars.as_ref()?.add(ProgressBar::new(total));
        bar.set_style(ProgressStyle::with_template(style).expect("a constant template"));
        bar.set_prefix(name.to_owned());
        bar.set_position(done);
        bar.reset_eta();
        Some(bar)
    }

    /// A bar over the bytes of a file, of which `done` are there.
    pub(crate) fn bytes(&self, name: &str, done: u64, total: u64) -> ProgressBar {
        let style = "{prefix} {bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
        self.add(style, name, done, total).unwrap_or_else(|| {
            note(format_args!("{name}: {} bytes to go", total - done));
            ProgressBar::hidden()
        })
    }

    /// Prints a line on standard error, above the bars.
    ///
    /// Of warnings, which are lines `warning: …` or `NAME: warning: …`, the first three of each kind are printed; how many
    /// more there were is said at the end.
    pub fn line(&self, text: &str) {
        match &self.bars {
            // A terminal that went away is no reason to stop.
            Some(bars) if is_wanted(text) => drop(bars.println(text)),
            Some(_) => {}
            None => note(text),
        }
    }
}

impl Default for Bars {
    fn default() -> Self {
        Self::new()
    }
}
