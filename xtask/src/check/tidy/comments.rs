//! Each comment stands alone, because a reader meets it alone: in a hover, in a page of documentation, beside one field.
//!
//! A block is a run of lines of one style. What is refused are two signs that a sentence runs across blocks:
//! one that is left open at the end, with `…`, a comma, a semicolon, a dash or an opening bracket, and one that is taken up at
//! the beginning, with `…` or another mark, or with a connective in lower case (and, which, that, …). Other words in lower
//! case may begin a block: formulas do, and names. Comments after code are read with it and are not judged, except
//! that none begins with `…`; nor does a line within a block.

use crate::check::source::Comment;

/// Words that no sentence begins with in lower case.
const CONNECTIVES: [&str; 24] = [
    "and", "as", "at", "because", "but", "by", "for", "from", "if", "nor", "of", "on", "or", "so", "than",
    "that", "then", "to", "unless", "where", "which", "while", "whose", "with",
];

pub(super) fn faults(path: &str, comments: &[Comment<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for comment in comments {
        if comment.text.starts_with('…') || comment.text.starts_with("...") {
            faults.push(format!(
                "{path}:{}: begins in the middle of a sentence: «{}»",
                comment.line,
                begin(comment.text)
            ));
        }
    }
    for block in blocks(comments) {
        let (first, last) = (block[0], block[block.len() - 1]);
        let word = first.text.split(|c: char| !c.is_alphanumeric()).next();
        let taken_up =
            first.text.starts_with([',', ';', ')']) || CONNECTIVES.contains(&word.unwrap_or_default());
        if taken_up {
            faults.push(format!(
                "{path}:{}: begins in the middle of a sentence: «{}»",
                first.line,
                begin(first.text)
            ));
        }
        let end = last.text.trim_end();
        if end.ends_with(['…', ',', ';', '–', '—', '(']) || end.ends_with("...") {
            faults.push(format!(
                "{path}:{}: ends in the middle of a sentence: «{}»",
                last.line + last.text.matches('\n').count(),
                last_of(end)
            ));
        }
    }
    faults
}

/// Runs of comments in consecutive lines, of one style, that have their lines to themselves.
fn blocks<'c, 'a>(comments: &'c [Comment<'a>]) -> impl Iterator<Item = &'c [Comment<'a>]> {
    comments
        .chunk_by(|one, next| {
            one.style == next.style && one.line + 1 == next.line && !one.trailing && !next.trailing
        })
        .filter(|block| !block[0].trailing)
}

fn begin(text: &str) -> String {
    shortened(text.lines().next().unwrap_or_default().chars())
}

fn last_of(text: &str) -> String {
    let end = text.lines().last().unwrap_or_default();
    shortened(end.chars().rev()).chars().rev().collect()
}

fn shortened(text: impl Iterator<Item = char>) -> String {
    text.take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::source::Source;

    fn check(source: &str) -> Vec<String> {
        faults("a.rs", &Source::new(source).comments)
    }

    #[test]
    fn sentences_formulas_and_remarks_after_code_are_fine() {
        let source = "//! One crate.\n\n/// Vertices, with their images.\nstruct A;\n/// graph6 has one line per graph,\n/// \
            and digraph6, too.\nstruct B;\n// h = u⁻¹·s, computed on inverses\nlet a = [\n    1, // one,\n    2, // and two\n];\n// ----\n";
        assert_eq!(check(source), [""; 0]);
    }

    #[test]
    fn a_sentence_that_runs_across_items_is_found_at_both_ends() {
        let source = "/// The points moved, with their images, …\na: u8,\n/// … and where each ends.\nb: u8,\n/// Those open;\n\
            c: u8,\n/// which are searched.\nd: u8,\n";
        assert_eq!(
            check(source),
            [
                "a.rs:3: begins in the middle of a sentence: «… and where each ends.»",
                "a.rs:1: ends in the middle of a sentence: «The points moved, with their images, …»",
                "a.rs:5: ends in the middle of a sentence: «Those open;»",
                "a.rs:7: begins in the middle of a sentence: «which are searched.»",
            ]
        );
    }

    #[test]
    fn no_line_begins_with_an_ellipsis() {
        assert_eq!(check("let a = 1; // … and more").len(), 1);
        assert_eq!(check("/// One\n/// ... two.\nfn f() {}").len(), 1);
    }
}
