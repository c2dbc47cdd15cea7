//! No circle of imports between the module files of a crate.
//!
//! A file imports another when a path in it, in a `use` or elsewhere, leads to what the other defines; `pub use` is followed to
//! the file that defines the name. Three things are no import. What a file hands on (`pub use child::Name`) it does not
//! use itself. Between a folder's `mod.rs` and the files below it there is no order: the parent names its children, and they take
//! from it what they share. And tests may look anywhere.

use crate::check::source::{Kind, Token, past_bracket};
use std::collections::{BTreeMap, BTreeSet};

/// What one file of a crate defines, hands on and imports.
pub(super) struct Module {
    /// Path from `src/`.
    file: String,
    /// Path in the crate: `graph/rows.rs` and `graph/rows/mod.rs` are both `["graph", "rows"]`.
    path: Path,
    /// Files below this one that only tests compile.
    tests: Vec<Path>,
    /// Names of the items at any depth of this file.
    items: BTreeSet<String>,
    /// Names bound by `use`, and where they lead, absolute in the crate.
    names: BTreeMap<String, Path>,
    /// What `use …::*` opens.
    globs: Vec<Path>,
    /// Paths that are used, absolute, with their lines.
    imports: Vec<(Path, usize)>,
}

/// Segments from the root of the crate.
type Path = Vec<String>;

impl Module {
    /// `tokens` are those of the file without tests, `test_modules` the files that only tests compile.
    pub(super) fn new(file: &str, tokens: &[Token<'_>], test_modules: &[&str]) -> Self {
        let mut path: Path = file
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        if path
            .last()
            .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
        {
            path.pop();
        }
        let tests = test_modules
            .iter()
            .map(|&name| joined(&path, &[name.to_owned()]))
            .collect();
        let mut module = Self {
            file: file.to_owned(),
            path,
            tests,
            items: BTreeSet::new(),
            names: BTreeMap::new(),
            globs: Vec::new(),
            imports: Vec::new(),
        };
        module.read(tokens);
        module
    }

    fn read(&mut self, tokens: &[Token<'_>]) {
        // Modules with a body in this file that are open, each with the index where it ends.
        let mut open: Vec<(String, usize)> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            while open.last().is_some_and(|&(_, end)| end <= at) {
                open.pop();
            }
            let here = || {
                let inside: Path = open.iter().map(|(name, _)| name.clone()).collect();
                joined(&self.path, &inside)
            };
            let text = |offset: usize| tokens.get(at + offset).map_or("", |token| token.text);
            match text(0) {
                "mod" if text(2) == "{" => {
                    open.push((text(1).to_owned(), past_bracket(tokens, at + 2)));
                    at += 3;
                }
                // In a type, `use<'a>` lists what it captures.
                "use" if text(1) != "<" => {
                    let here = here();
                    let public = at > 0 && matches!(tokens[at - 1].text, "pub" | ")");
                    let (tree, end) = use_tree(tokens, at + 1);
                    for (segments, name) in tree {
                        self.bind(&here, segments, name, public, tokens[at].line);
                    }
                    at = end;
                }
                "mod" | "struct" | "enum" | "union" | "trait" | "type" | "fn" | "const" | "static" => {
                    self.items.insert(text(1).to_owned());
                    at += 1;
                }
                "macro_rules" => {
                    self.items.insert(text(2).to_owned());
                    at += 2;
                }
                _ if tokens[at].kind == Kind::Word && text(1) == ":" && text(2) == ":" => {
                    let (segments, end) = plain_path(tokens, at);
                    let path = absolute(&here(), segments);
                    self.imports.push((path, tokens[at].line));
                    at = end;
                }
                _ => at += 1,
            }
        }
    }

    /// Takes in one leaf of a `use`: `segments`, bound to `name`, or all that is in them when there is none.
    fn bind(&mut self, here: &Path, segments: Path, name: Option<String>, public: bool, line: usize) {
        let path = absolute(here, segments);
        if !public {
            self.imports.push((path.clone(), line));
        }
        match name {
            Some(name) => {
                self.names.insert(name, path);
            }
            None => self.globs.push(path),
        }
    }
}

/// The leaves of the `use` whose tree begins at `start`, each with the name it binds, and the index after its semicolon.
fn use_tree(tokens: &[Token<'_>], start: usize) -> (Vec<(Path, Option<String>)>, usize) {
    let mut leaves = Vec::new();
    // Prefixes of the braces that are open; the path of the leaf at hand; the name after `as`.
    let mut prefixes: Vec<Path> = vec![Vec::new()];
    let mut path = Path::new();
    let mut alias = None;
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "{" => {
                prefixes.push(path.clone());
            }
            "," | "}" | ";" => {
                let prefix = prefixes.last().cloned().unwrap_or_default();
                if path.len() > prefix.len() || alias.is_some() {
                    let mut leaf = std::mem::take(&mut path);
                    if leaf.last().is_some_and(|last| last == "self") && leaf.len() > 1 {
                        leaf.pop();
                    }
                    let glob = leaf.last().is_some_and(|last| last == "*");
                    if glob {
                        leaf.pop();
                    }
                    let name = alias.take().or_else(|| leaf.last().cloned());
                    leaves.push((leaf, name.filter(|_| !glob)));
                }
                if token.text == "}" {
                    prefixes.pop();
                    // The brace itself is no leaf.
                    path = prefixes.last().cloned().unwrap_or_default();
                } else {
                    path = prefix;
                }
                if token.text == ";" {
                    return (leaves, at + 1);
                }
            }
            "as" => {
                at += 1;
                alias = tokens.get(at).map(|token| token.text.to_owned());
            }
            "*" => path.push("*".to_owned()),
            _ if token.kind == Kind::Word => path.push(token.text.to_owned()),
            _ => {}
        }
        at += 1;
    }
    (leaves, at)
}

/// The path of words and `::` that begins at `start`, and the index after it.
fn plain_path(tokens: &[Token<'_>], start: usize) -> (Path, usize) {
    let mut path = vec![tokens[start].text.to_owned()];
    let mut at = start + 1;
    while let [colon, second, word, ..] = tokens[at..] {
        if colon.text != ":" || second.text != ":" || word.kind != Kind::Word {
            break;
        }
        path.push(word.text.to_owned());
        at += 3;
    }
    (path, at)
}

fn joined(path: &[String], more: &[String]) -> Path {
    path.iter().chain(more).cloned().collect()
}

/// A path from the root of the crate; one that begins with a name stands where it is written.
fn absolute(here: &Path, segments: Path) -> Path {
    let mut base = here.clone();
    let mut rest = &segments[..];
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
            }
            _ => break,
        }
        rest = others;
    }
    joined(&base, rest)
}

/// The circles among the files of one crate; `folder` is that of its sources.
pub(super) fn faults(folder: &str, modules: &[Module]) -> Vec<String> {
    let edges = edges(modules);
    let mut reached: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &start in edges.keys() {
        let mut seen = BTreeSet::new();
        let mut next = vec![start];
        while let Some(at) = next.pop() {
            for &to in edges.get(&at).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(to) {
                    next.push(to);
                }
            }
        }
        reached.insert(start, seen);
    }
    let reaches = |from: usize, to: usize| reached.get(&from).is_some_and(|seen| seen.contains(&to));
    let mut faults = Vec::new();
    for (&from, targets) in &edges {
        for (&to, line) in targets {
            if reaches(to, from) {
                let (from, to) = (&modules[from].file, &modules[to].file);
                faults.push(format!(
                    "{folder}{from}:{line}: imports {folder}{to}, which leads back here"
                ));
            }
        }
    }
    faults
}

/// Which file imports which, by index, with the first line that does.
fn edges(modules: &[Module]) -> BTreeMap<usize, BTreeMap<usize, usize>> {
    let tests: Vec<&Path> = modules.iter().flat_map(|module| &module.tests).collect();
    // A program beside a library is another crate.
    let library = modules.iter().any(|module| module.file == "lib.rs");
    let program = |module: &Module| library && module.file == "main.rs";
    let tested = |module: &Module| tests.iter().any(|test| module.path.starts_with(test));
    let places: BTreeMap<&Path, usize> = modules
        .iter()
        .enumerate()
        .filter(|(_, module)| !program(module) && !tested(module))
        .map(|(index, module)| (&module.path, index))
        .collect();
    let mut edges: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
    for &from in places.values() {
        let module = &modules[from];
        for (path, line) in &module.imports {
            let Some(to) = definition(modules, &places, from, path) else {
                continue;
            };
            let other = &modules[to].path;
            if !other.starts_with(&module.path) && !module.path.starts_with(other) {
                edges.entry(from).or_default().entry(to).or_insert(*line);
            }
        }
    }
    edges
}

/// The file that defines what `path`, written in the file `from`, leads to; none for other crates and for a bare module.
fn definition(
    modules: &[Module],
    places: &BTreeMap<&Path, usize>,
    from: usize,
    path: &Path,
) -> Option<usize> {
    let mut path = path.clone();
    // Circles of `pub use` would be errors of the compiler; a bound keeps this from trusting it.
    for _ in 0..16 {
        let depth = (0..=path.len())
            .rev()
            .find(|&depth| places.contains_key(&path[..depth].to_vec()))?;
        let index = places[&path[..depth].to_vec()];
        let name = path.get(depth)?;
        let module = &modules[index];
        if module.items.contains(name) {
            return Some(index);
        }
        if let Some(target) = module.names.get(name) {
            let next = joined(target, &path[depth + 1..]);
            if next == path {
                return None;
            }
            path = next;
            continue;
        }
        let through = module.globs.iter().find(|glob| {
            places.get(glob).is_some_and(|&open| {
                modules[open].items.contains(name) || modules[open].names.contains_key(name)
            })
        });
        match through {
            Some(glob) => path = joined(glob, &path[depth..]),
            // An external name, a variant, a function of a type: nothing to import, unless it is of another file.
            None => return (index != from).then_some(index),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::source::{Source, without_tests};

    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let modules: Vec<Module> = files
            .iter()
            .map(|(file, text)| {
                let source = Source::new(text);
                let (tokens, tests) = without_tests(&source.tokens);
                Module::new(file, &tokens, &tests)
            })
            .collect();
        faults("src/", &modules)
    }

    #[test]
    fn a_line_of_imports_is_no_circle() {
        let lib = ("lib.rs", "mod a; mod b; mod c; pub use c::C;");
        let files = [
            lib,
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "struct B; use super::C;"),
            ("c.rs", "struct C;"),
        ];
        assert_eq!(check(&files), [""; 0]);
    }

    #[test]
    fn circles_of_two_and_three_are_named_with_their_lines() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "struct A;\nuse super::b::{self, x::Y, B};"),
            ("b.rs", "struct B;\n\nfn f() { crate::c::C::new() }"),
            ("c.rs", "use crate::{d::D, a::A as Z}; struct C;"),
            ("d.rs", "struct D;"),
        ];
        assert_eq!(
            check(&files),
            [
                "src/a.rs:2: imports src/b.rs, which leads back here",
                "src/b.rs:3: imports src/c.rs, which leads back here",
                "src/c.rs:1: imports src/a.rs, which leads back here",
            ]
        );
    }

    #[test]
    fn a_name_handed_on_is_followed_to_its_file() {
        let files = [
            ("lib.rs", "mod a; mod ops;"),
            ("a.rs", "pub struct A; use crate::ops; fn f() { ops::g() }"),
            (
                "ops/mod.rs",
                "mod k; mod l; pub use k::*; pub(crate) use l::L as M;",
            ),
            ("ops/k.rs", "pub fn g() {} use crate::a::A;"),
            ("ops/l.rs", "struct L; use super::g;"),
        ];
        assert_eq!(
            check(&files),
            [
                "src/a.rs:1: imports src/ops/k.rs, which leads back here",
                "src/ops/k.rs:1: imports src/a.rs, which leads back here",
            ]
        );
    }

    #[test]
    fn parents_and_tests_make_no_circle() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "mod c; struct A; fn f() { c::C }"),
            ("a/c.rs", "use super::A; struct C;"),
            (
                "b.rs",
                "struct B; use crate::a::A; #[cfg(test)] mod tests { use crate::d::D; }",
            ),
            ("d.rs", "use crate::b::B; struct D;"),
        ];
        assert_eq!(check(&files), [""; 0]);
    }
}
