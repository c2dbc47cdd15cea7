//! The report of a session: one HTML file that needs nothing else, and its figures as SVG files.

mod axis;
mod curves;
mod graphs;
mod grid;
mod layout;
mod markup;
mod matrices;
mod molecule_layout;
mod molecules;
mod names;
mod page;
mod panels;
mod table;

pub use curves::{Curve, curves};
pub use graphs::graphs;
pub use markup::escape;
pub use matrices::{Picture, matrices};
pub use molecules::molecules;
pub use names::short_names;
pub use page::{Block, Report};
pub use panels::{Panel, panels, shade};
pub use table::Table;
