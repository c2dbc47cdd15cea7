//! Rust source as tokens and comments: what the rules of `tidy` look at.
//!
//! A scanner of the lexical grammar and no parser: the rules need words, brackets, comments and their lines, and a
//! parser gives no comments. So xtask needs no further dependency and still starts in no time.

/// What stands in a file, in its order.
pub(crate) struct Source<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) comments: Vec<Comment<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// The token; one character for punctuation, so `::` is two tokens.
    pub(crate) text: &'a str,
    /// Counted from 1.
    pub(crate) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Identifiers and keywords.
    Word,
    /// Strings, characters, numbers, lifetimes.
    Literal,
    Punctuation,
}

/// One comment: a line of `//` or a whole `/* … */`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    pub(crate) style: Style,
    /// What follows the opening mark, blanks at both ends removed.
    pub(crate) text: &'a str,
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
    /// Whether code precedes it in its line.
    pub(crate) trailing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `//` or `/*`
    Plain,
    /// `///` or `/**`: the documentation of the item that follows
    Outer,
    /// `//!` or `/*!`: the documentation of what contains it
    Inner,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut scanner = Scanner {
            text,
            at: 0,
            line: 1,
            found: Source {
                tokens: Vec::new(),
                comments: Vec::new(),
            },
        };
        while scanner.step() {}
        scanner.found
    }
}

struct Scanner<'a> {
    text: &'a str,
    /// The next byte to look at, and its line.
    at: usize,
    line: usize,
    found: Source<'a>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Moves over `bytes` bytes and returns them.
    fn take(&mut self, bytes: usize) -> &'a str {
        let taken = &self.rest()[..bytes];
        self.at += bytes;
        self.line += taken.matches('\n').count();
        taken
    }

    fn token(&mut self, kind: Kind, bytes: usize) {
        let line = self.line;
        let text = self.take(bytes);
        self.found.tokens.push(Token { kind, text, line });
    }

    /// Scans one token, comment or run of blanks; false at the end of the text.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return false;
        };
        if first.is_whitespace() {
            self.take(first.len_utf8());
        } else if rest.starts_with("//") {
            self.comment(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.comment(block_comment(rest));
        } else if let Some(bytes) = string(rest) {
            self.token(Kind::Literal, bytes);
        } else if first == '\'' {
            self.token(Kind::Literal, quote(rest));
        } else if first.is_ascii_digit() {
            self.token(Kind::Literal, number(rest));
        } else if is_word(first) {
            let prefix = if rest.starts_with("r#") { 2 } else { 0 };
            self.token(Kind::Word, prefix + word(&rest[prefix..]));
        } else {
            self.token(Kind::Punctuation, first.len_utf8());
        }
        true
    }

    fn comment(&mut self, bytes: usize) {
        let line = self.line;
        let before = &self.text[..self.at];
        let trailing = !before[before.rfind('\n').map_or(0, |end| end + 1)..]
            .trim()
            .is_empty();
        let text = self.take(bytes);
        let block = text.starts_with("/*");
        let text = if block {
            text[2..].strip_suffix("*/").unwrap_or(&text[2..])
        } else {
            &text[2..]
        };
        // Four slashes, or three stars, are no documentation.
        let mark = if block { "*" } else { "/" };
        let (style, text) = if let Some(inner) = text.strip_prefix('!') {
            (Style::Inner, inner)
        } else if let Some(outer) = text.strip_prefix(mark).filter(|outer| !outer.starts_with(mark)) {
            (Style::Outer, outer)
        } else {
            (Style::Plain, text)
        };
        self.found.comments.push(Comment {
            style,
            text: text.trim(),
            line,
            trailing,
        });
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn word(rest: &str) -> usize {
    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
}

/// The length of a number; in `0..5` it ends before the dots.
fn number(rest: &str) -> usize {
    let whole = word(rest);
    let fraction = rest[whole..].strip_prefix('.').map_or(0, |digits| {
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            1 + word(digits)
        } else {
            0
        }
    });
    whole + fraction
}

/// The length of a block comment; they nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a string of any kind, if one begins here.
fn string(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c| !matches!(c, 'b' | 'c' | 'r')).unwrap_or(rest.len());
    if prefix > 2 {
        return None;
    }
    if rest[..prefix].ends_with('r') {
        let hashes = rest[prefix..].find(|c| c != '#')?;
        let open = prefix + hashes;
        if !rest[open..].starts_with('"') {
            return None; // a raw identifier
        }
        let close = format!("\"{}", "#".repeat(hashes));
        let body = &rest[open + 1..];
        return Some(
            body.find(&close)
                .map_or(rest.len(), |end| open + 1 + end + close.len()),
        );
    }
    if rest[prefix..].starts_with('"') {
        return Some(escaped(rest, prefix, '"'));
    }
    (rest.starts_with("b'")).then(|| escaped(rest, 1, '\''))
}

/// The length of a character or of a lifetime.
fn quote(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    let first = inside.next();
    if first == Some('\\') || inside.next() == Some('\'') {
        escaped(rest, 0, '\'')
    } else {
        1 + word(&rest[1..])
    }
}

/// Where the literal ends whose opening `quote` is at byte `open`.
fn escaped(rest: &str, open: usize, quote: char) -> usize {
    let mut escape = false;
    for (at, c) in rest[open + 1..].char_indices() {
        if escape {
            escape = false;
        } else if c == '\\' {
            escape = true;
        } else if c == quote {
            return open + 1 + at + 1;
        }
    }
    rest.len()
}

/// The index after the bracket that closes the one at `open`.
pub(crate) fn past_bracket(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The tokens without what only tests compile, and the names of the modules that only tests compile and that have files
/// of their own.
pub(crate) fn without_tests<'a>(tokens: &[Token<'a>]) -> (Vec<Token<'a>>, Vec<&'a str>) {
    let (mut kept, mut modules) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        if !is_test(&tokens[at..]) {
            kept.push(tokens[at]);
            at += 1;
            continue;
        }
        while tokens.get(at).is_some_and(|token| token.text == "#") {
            at = past_bracket(tokens, at + 1);
        }
        let end = past_item(tokens, at);
        if let Some(name) = tokens[at..end].windows(3).find(|words| words[0].text == "mod")
            && name[2].text == ";"
        {
            modules.push(name[1].text);
        }
        at = end;
    }
    (kept, modules)
}

/// Whether an attribute begins here that leaves its item to tests.
fn is_test(tokens: &[Token<'_>]) -> bool {
    let texts = |count: usize| tokens.iter().take(count).map(|token| token.text);
    texts(6).eq(["#", "[", "cfg", "(", "test", ")"])
        || texts(7).eq(["#", "[", "cfg", "(", "all", "(", "test"])
}

/// The index after the item, statement or field that begins at `start`.
fn past_item(tokens: &[Token<'_>], start: usize) -> usize {
    const ITEMS: [&str; 15] = [
        "async", "const", "enum", "extern", "fn", "impl", "let", "mod", "pub", "static", "struct", "trait",
        "type", "unsafe", "use",
    ];
    let item = tokens.get(start).is_some_and(|token| ITEMS.contains(&token.text));
    let mut at = start;
    while at < tokens.len() {
        match tokens[at].text {
            ";" => return at + 1,
            "," if !item => return at + 1,
            "}" => return at,
            "{" => return past_bracket(tokens, at),
            "(" | "[" => at = past_bracket(tokens, at),
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        Source::new(source)
            .tokens
            .iter()
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn literals_hide_what_looks_like_code() {
        assert_eq!(texts(r##"a("// {", r#"" }"#, b'{', '\'', 'é')"##)[2], r#""// {""#);
        assert_eq!(texts(r##"r#"" }"# x"##), [r##"r#"" }"#"##, "x"]);
        assert_eq!(
            texts("b'{' '\\'' 'é' b\"\\\"\" x"),
            ["b'{'", "'\\''", "'é'", "b\"\\\"\"", "x"]
        );
        assert_eq!(texts("&'a str"), ["&", "'a", "str"]);
        assert_eq!(
            texts("0..5 1.5e3 r#type"),
            ["0", ".", ".", "5", "1.5e3", "r#type"]
        );
    }

    #[test]
    fn comments_have_style_line_and_text() {
        let source = "//! Inner.\n/// Outer.\n//// none\nlet x = 1; // after\n/* two\nlines */\n/** doc */";
        let comments = Source::new(source).comments;
        let seen: Vec<_> = comments
            .iter()
            .map(|c| (c.style, c.text, c.line, c.trailing))
            .collect();
        assert_eq!(
            seen,
            [
                (Style::Inner, "Inner.", 1, false),
                (Style::Outer, "Outer.", 2, false),
                (Style::Plain, "// none", 3, false),
                (Style::Plain, "after", 4, true),
                (Style::Plain, "two\nlines", 5, false),
                (Style::Outer, "doc", 7, false),
            ]
        );
    }

    #[test]
    fn what_only_tests_compile_is_left_out() {
        let source = "use a; #[cfg(test)] mod tests; #[cfg(test)] #[allow(x)] mod inline { fn f() {} } fn g() {} \
            struct S { #[cfg(test)] t: [u8; 4], u: u8 } #[cfg(all(test, unix))] fn h(x: [u8; 2]) -> u8 { 1 }";
        let scanned = Source::new(source);
        let (kept, modules) = without_tests(&scanned.tokens);
        let kept: Vec<&str> = kept.iter().map(|token| token.text).collect();
        assert_eq!(kept.join(" "), "use a ; fn g ( ) { } struct S { u : u8 }");
        assert_eq!(modules, ["tests"]);
    }
}
