//! Reports as one HTML file that needs nothing else, and their figures as SVG: tables, learning curves, panels, drawings of
//! molecules and graphs. Curves for TensorBoard, too.
//!
//! ```
//! use sympe_data::molecule::smiles;
//! use sympe_report::{Block, Report, molecules};
//!
//! let phenol = smiles::parse("C1=CC=CC=C1O", 1)?;
//! let drawing = molecules(&[("phenol".into(), phenol)], 4);
//! let report = Report::new("Samples").with("First", [Block::Figure("samples".into(), "One sample".into(), drawing)]);
//! let (name, page) = report.files().pop().expect("the page is the last file");
//! assert!(name == "report.html" && page.contains(">phenol<"));
//! # Ok::<(), sympe_data::DataError>(())
//! ```
//!
//! # The nouns
//!
//! * A [`Report`] is sections of [`Block`]s: texts, [`Table`]s, figures, listings. It renders to [files](Report::files).
//! * [`curves`] draws [`Curve`]s over epochs, names beside them, [`curves_over`] over steps, [`percentages`] over anything else;
//!   [`short_names`] makes names short enough for that.
//! * [`bars`] draws numbers with names.
//! * [`panels`] draws [`Panel`]s of coloured cells on axes; [`matrices`] draws [`Picture`]s in rows.
//! * [`tensorboard`] has the same curves as records of event files.
//! * [`molecules`] and [`graphs`] draw structures, laid out by stress; [`clouds`] points of space, and where they go.
//!
//! # Not here
//!
//! Files: what is rendered is text, and the caller writes it. What is in a report is for the caller to say, too.
//!
//! # References
//!
//! Gansner, Koren & North, *Graph drawing by stress majorization*, GD 2004; Okabe & Ito, *Color universal design*, 2008.

#![forbid(unsafe_code)]

mod bars;
mod clouds;
mod curves;
mod graphs;
mod layout;
mod molecule_layout;
mod molecules;
mod names;
mod page;
mod panels;
mod table;
pub mod tensorboard;

pub use bars::bars;
pub use clouds::{MovedCloud, clouds};
pub use curves::{Curve, curves, curves_over, percentages};
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
