//! No file is longer than 700 lines, no function longer than 80, no source knows the folder beside the workspace.

use crate::check::source::{Kind, Token, past_bracket};

const FILE_LINES: usize = 700;
const FUNCTION_LINES: usize = 80;

/// `tokens` are those of `text` without tests: a test may be as long as what it tells, a file may not.
pub(super) fn faults(path: &str, text: &str, tokens: &[Token<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES {
        faults.push(format!("{path}: {lines} lines; a file has at most {FILE_LINES}"));
    }
    for (name, line, lines) in functions(tokens) {
        if lines > FUNCTION_LINES {
            faults.push(format!(
                "{path}:{line}: fn {name} has {lines} lines; a function has at most {FUNCTION_LINES}"
            ));
        }
    }
    // Split, so that this file does not break its own rule.
    let beside = concat!("..", "/shared");
    for (index, line) in text.lines().enumerate() {
        if line.contains(beside) {
            faults.push(format!(
                "{path}:{}: names {beside}; a user has no such folder: SYMPE_DATA says where data lie, tests may look for more",
                index + 1
            ));
        }
    }
    faults
}

/// The functions with a body: name, line of the word `fn`, number of lines from there to the closing brace.
fn functions<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, usize, usize)> {
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        // What follows is a name, or else `fn(…)` is a type.
        if pair[0].text != "fn" || pair[1].kind != Kind::Word {
            continue;
        }
        let mut end = at + 2;
        while let Some(token) = tokens.get(end) {
            match token.text {
                "(" | "[" => end = past_bracket(tokens, end),
                "{" => {
                    let last = tokens[past_bracket(tokens, end) - 1];
                    found.push((pair[1].text, pair[0].line, last.line - pair[0].line + 1));
                    break;
                }
                ";" => break,
                _ => end += 1,
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::source::Source;

    #[test]
    fn functions_are_counted_from_fn_to_brace() {
        let source = "/// Doc.\npub fn a(\n    x: [u8; 2],\n) -> fn(u8) -> u8 {\n    {}\n}\ntrait T { fn b(); fn c() {} }";
        assert_eq!(functions(&Source::new(source).tokens), [("a", 2, 5), ("c", 7, 1)]);
    }

    #[test]
    fn long_files_and_functions_and_paths_out_of_the_workspace_are_named() {
        let long = format!("fn long() {{\n{}}}\n", "    f();\n".repeat(79));
        let longest = format!("fn longest() {{\n{}}}\n", "    f();\n".repeat(78));
        let check = |text: &str| faults("a.rs", text, &Source::new(text).tokens);
        assert!(check(&longest).is_empty() && check(&"\n".repeat(700)).is_empty());
        assert_eq!(
            check(&long),
            ["a.rs:1: fn long has 81 lines; a function has at most 80"]
        );
        assert_eq!(
            check(&"\n".repeat(701)),
            ["a.rs: 701 lines; a file has at most 700"]
        );
        let path = format!("\nconst DATA: &str = \"..{}\";", "/shared/data");
        assert!(check(&path)[0].starts_with("a.rs:2: names "));
    }
}
