//! The report of a session: one HTML file that needs nothing else, and its figures as SVG files.

mod curves;
mod graphs;
mod layout;
mod molecule_layout;
mod molecules;
mod names;
mod page;
mod panels;
mod table;

pub use curves::{Curve, curves};
pub use graphs::graphs;
pub use molecules::molecules;
pub use names::short_names;
pub use page::{Block, Report};
pub use panels::{Panel, Picture, matrices, panels, shade};
use std::fmt::Display;
pub use table::Table;

/// Text as HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// An SVG file on white paper. `attributes` are those of the root element besides its size.
fn svg<T: Display>([width, height]: [T; 2], attributes: &str, content: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" {attributes}>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{content}</svg>\n"
    )
}
