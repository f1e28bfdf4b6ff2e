//! A Rust source file, taken apart just far enough to ask what it says and what it only
//! mentions: code with comments and literals blanked, and the literals by themselves.

use std::path::{Path, PathBuf};

/// One file.
pub(super) struct Source {
    /// From the root of the package, with slashes.
    pub(super) path: String,
    pub(super) text: String,
    /// The same lines and columns, where comments, the insides of literals and test
    /// modules are blank.
    pub(super) code: String,
    /// String literals outside test modules, with their lines (from 1).
    pub(super) strings: Vec<(usize, String)>,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let mut scan = Scan::new(text);
        scan.run();
        let (mut code, mut strings) = (scan.code, scan.strings);
        for (start, end) in test_modules(&code) {
            strings.retain(|(offset, _)| !(start..end).contains(offset));
            blank(&mut code, start, end);
        }
        let line =
            |offset: usize| text.as_bytes()[..offset].iter().filter(|&&b| b == b'\n').count();
        let strings = strings.into_iter().map(|(offset, s)| (line(offset) + 1, s)).collect();
        let code = String::from_utf8(code).unwrap();
        Self { path: path.to_owned(), text: text.to_owned(), code, strings }
    }

    /// The folder or file under `src` that it belongs to.
    pub(super) fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Lines of the code, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Lines of the code that hold this word as a word.
    pub(super) fn lines_with<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.lines().filter(move |(_, line)| has_word(line, word)).map(|(number, _)| number)
    }
}

/// Every Rust file of a folder of the package, in order. What is compiled only for tests is
/// left out under `src`.
pub(super) fn read_all(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join(folder), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        Source::new(&name, &std::fs::read_to_string(path).unwrap())
    };
    let sources: Vec<_> = paths.iter().map(read).collect();
    let only_tests: Vec<String> = sources.iter().flat_map(test_files).collect();
    let kept = |source: &Source| {
        !only_tests.iter().any(|module| {
            source.path == format!("{module}.rs") || source.path.starts_with(&format!("{module}/"))
        })
    };
    sources.into_iter().filter(kept).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Modules that this file declares for tests alone, as paths without `.rs`.
fn test_files(source: &Source) -> Vec<String> {
    let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let stem = file.trim_end_matches(".rs");
    let beside = match stem {
        "mod" | "lib" | "main" => folder.to_owned(),
        stem => format!("{folder}/{stem}"),
    };
    let mut found = Vec::new();
    for (index, _) in source.text.match_indices("#[cfg(test)]") {
        let rest = &source.text[index..];
        let declaration = rest.lines().find(|line| !line.trim_start().starts_with('#'));
        let Some(line) = declaration.filter(|line| line.ends_with(';')) else { continue };
        let Some((_, name)) = line.trim_end_matches(';').split_once("mod ") else { continue };
        let named = rest.lines().nth(1).and_then(|line| line.trim().strip_prefix("#[path = \""));
        match named.and_then(|path| path.strip_suffix(".rs\"]")) {
            Some(path) => found.push(format!("{folder}/{path}")),
            None => found.push(format!("{beside}/{name}")),
        }
    }
    found
}

/// Byte ranges of `#[cfg(test)] mod … { … }`.
fn test_modules(code: &[u8]) -> Vec<(usize, usize)> {
    let text = std::str::from_utf8(code).unwrap();
    let mut found = Vec::new();
    for (start, _) in text.match_indices("#[cfg(test)]") {
        let rest = &text[start..];
        let Some(open) = rest.find(['{', ';']).filter(|&at| rest.as_bytes()[at] == b'{') else {
            continue;
        };
        if rest[..open].contains("mod ") {
            found.push((start, start + open + length_of_block(&rest[open..])));
        }
    }
    found
}

/// Bytes from an opening brace to its closing one, both included.
pub(super) fn length_of_block(text: &str) -> usize {
    let mut depth = 0;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return offset + 1;
        }
    }
    text.len()
}

/// Whether `word` stands in `line` with nothing before or after it that would make it part
/// of a longer name.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let is_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        !is_name(line[..at].chars().next_back()) && !is_name(line[at + word.len()..].chars().next())
    })
}

fn blank(code: &mut [u8], start: usize, end: usize) {
    for byte in &mut code[start..end] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Finds comments and literals.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    code: Vec<u8>,
    strings: Vec<(usize, String)>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, code: text.as_bytes().to_vec(), strings: Vec::new() }
    }

    fn run(&mut self) {
        while let Some(next) = self.rest().chars().next() {
            let rest = self.rest();
            if rest.starts_with("//") {
                self.skip(rest.find('\n').unwrap_or(rest.len()));
            } else if rest.starts_with("/*") {
                self.skip(length_of_comment(rest));
            } else if let Some((opening, length, closing)) = string_at(rest) {
                let content = rest[opening..length - closing].to_owned();
                self.strings.push((self.at, content));
                blank(&mut self.code, self.at + opening, self.at + length - closing);
                self.at += length;
            } else if next == '\'' {
                let length = length_of_char(rest);
                self.skip(length);
            } else if next.is_alphanumeric() || next == '_' {
                // A whole name, so that the b of `grab"` begins no byte string.
                let is_name = |c: char| c.is_alphanumeric() || c == '_';
                self.at += rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            } else {
                self.at += next.len_utf8();
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, length: usize) {
        if length > 1 {
            blank(&mut self.code, self.at, self.at + length);
        }
        self.at += length;
    }
}

fn length_of_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text.as_bytes()[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text.as_bytes()[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// Lengths of the opening, the whole and the closing of a string literal that begins here.
fn string_at(text: &str) -> Option<(usize, usize, usize)> {
    let prefixed = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - prefixed.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = prefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if !raw[hashes..].starts_with('"') {
            return None;
        }
        let opening = prefix + 1 + hashes + 1;
        let closing = format!("\"{}", "#".repeat(hashes));
        let content = text[opening..].find(&closing)?;
        return Some((opening, opening + content + closing.len(), closing.len()));
    }
    let inside = prefixed.strip_prefix('"')?;
    let mut escaped = false;
    for (offset, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((prefix + 1, prefix + 1 + offset + 1, 1)),
            _ => {}
        }
    }
    None
}

/// Length of a character literal; 1 for the quote of a lifetime.
fn length_of_char(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(1, |at| at + 4),
        Some(_) => chars.next().filter(|&(_, c)| c == '\'').map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}

#[test]
fn comments_literals_and_test_modules_are_told_from_code() {
    let text = r####"
// println!("comment")
/* std::env /* nested */ println!() */
fn f<'a>(x: &'a str) -> char { g("println!", r#"std::"env"#, b"b\"x"); '"' }
const BRACE: char = '{'; const QUOTE: char = '\''; let grab = 1;
#[cfg(test)]
mod tests { fn g() { println!("in a test") } }
fn after() { real() }
"####;
    let source = Source::new("src/http/a.rs", text);
    for word in ["println", "std::env", "grab \"", "tests"] {
        assert_eq!(source.lines_with(word).count(), 0, "{word} in\n{}", source.code);
    }
    assert_eq!(source.lines_with("real").collect::<Vec<_>>(), [8]);
    let strings: Vec<_> =
        source.strings.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(strings, [(4, "println!"), (4, "std::\"env"), (4, "b\\\"x")]);
    assert_eq!(source.code.matches('{').count(), source.code.matches('}').count());
    assert_eq!(source.code.len(), text.len());
}
