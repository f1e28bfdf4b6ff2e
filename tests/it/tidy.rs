//! The rules of the house, kept by a test: floors, one place for each thing, sizes.
//!
//! Each rule is a function from a source to its faults, so that a test can show each rule a
//! fault and see it found.

#[path = "tidy/source.rs"]
mod source;

use std::path::Path;
use std::process::Command;

use source::{Source, has_word, length_of_block, read_all};

/// Each room and the rooms below it that it may use.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("job", &["base"]),
    ("document", &["base"]),
    ("form", &["document", "base"]),
    ("local", &["form", "document", "base"]),
    ("model", &["local", "form", "document", "base"]),
    ("store", &["job", "base"]),
    ("process", &["model", "local", "form", "document", "job", "base"]),
    ("queue", &["store", "process", "model", "job", "base"]),
    ("http", &["queue", "job", "base"]),
    // The command is a crate of its own that sees the library from outside.
    ("cli", &[]),
];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// Crates that the default build must not have.
const UNWANTED_CRATES: &[&str] =
    &["tokio", "async-std", "smol", "futures-executor", "openssl", "openssl-sys", "native-tls"];

type Rule = fn(&Source) -> Vec<String>;

/// Rules for what ships.
const RULES: &[Rule] = &[
    floors,
    sql_in_the_store,
    http_in_its_floor,
    state_names_in_one_file,
    wall_clock_in_one_file,
    environment_and_output_in_the_command,
    lints_are_expected_with_a_reason,
    files_say_what_they_own,
    sizes_of_files,
    sizes_of_functions,
];

/// Rules for everything, tests included.
const RULES_EVERYWHERE: &[Rule] = &[line_length, nothing_unfinished, telling_names];

#[test]
fn the_house_is_in_order() {
    let src = read_all("src");
    assert!(src.len() > 50, "the sources are where they are looked for");
    let elsewhere = ["tests", "benches", "examples"].into_iter().flat_map(read_all);
    let mut faults: Vec<String> =
        src.iter().flat_map(|source| RULES.iter().flat_map(|rule| rule(source))).collect();
    for source in src.iter().chain(&elsewhere.collect::<Vec<_>>()) {
        faults.extend(RULES_EVERYWHERE.iter().flat_map(|rule| rule(source)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn fault(source: &Source, line: usize, text: &str) -> String {
    format!("{}:{line}: {text}", source.path)
}

/// Rooms that the code names, with the line.
fn rooms_named(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let text = &source.code;
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        let rest = &text[at + "crate::".len()..];
        let name = |text: &str| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().map(str::to_owned)
        };
        match rest.strip_prefix('{') {
            // use crate::{a::b, c::{d, e}};
            Some(_) => {
                let group = &rest[1..length_of_block(rest) - 1];
                let mut depth = 0;
                let parts = group.split(|c| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    c == ',' && depth == 0
                });
                found.extend(parts.filter_map(|part| Some((line, name(part.trim())?))));
            }
            None => found.extend(name(rest).map(|name| (line, name))),
        }
    }
    found.retain(|(_, name)| !name.is_empty());
    found
}

fn floors(source: &Source) -> Vec<String> {
    let room = source.room();
    if matches!(room, "lib" | "main") {
        return Vec::new();
    }
    let Some((_, below)) = FLOORS.iter().find(|(name, _)| *name == room) else {
        return vec![fault(source, 1, "give this room a floor in FLOORS of tests/it/tidy.rs")];
    };
    let mut faults = Vec::new();
    for (line, used) in rooms_named(source) {
        let is_room = FLOORS.iter().any(|(name, _)| *name == used);
        // Names that lib.rs passes on, such as crate::Engine, would hide the floor.
        if used != room && !(is_room && below.contains(&used.as_str())) {
            faults.push(fault(source, line, &format!("{room} must not use crate::{used}")));
        }
    }
    let depth = source.path.matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
    let climb = "super::".repeat(depth);
    for (line, _) in source.lines().filter(|(_, text)| text.contains(&climb)) {
        faults.push(fault(source, line, "super:: up to the root: say crate::"));
    }
    faults
}

fn sql_in_the_store(source: &Source) -> Vec<String> {
    const STATEMENTS: &[&str] =
        &["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE", "PRAGMA ", "BEGIN "];
    if source.path.starts_with("src/store/sqlite/") {
        return Vec::new();
    }
    let is_sql = |text: &str| STATEMENTS.iter().any(|statement| text.contains(statement));
    let literals = source.strings.iter().filter(|(_, text)| is_sql(text)).map(|(line, _)| *line);
    let crates = ["rusqlite", "r2d2", "r2d2_sqlite"];
    let uses = crates.into_iter().flat_map(|name| source.lines_with(name));
    literals.chain(uses).map(|line| fault(source, line, "SQL outside src/store/sqlite")).collect()
}

fn http_in_its_floor(source: &Source) -> Vec<String> {
    const NAMES: &[&str] =
        &["tiny_http", "httparse", "StatusCode", "TcpListener", "TcpStream", "form_urlencoded"];
    if matches!(source.room(), "http" | "cli") {
        return Vec::new();
    }
    let named = NAMES.iter().flat_map(|name| source.lines_with(name));
    named.map(|line| fault(source, line, "HTTP below its floor")).collect()
}

fn state_names_in_one_file(source: &Source) -> Vec<String> {
    if source.path == "src/job/state.rs" {
        return Vec::new();
    }
    let is_state = |text: &str| docspool::State::from_name(text).is_some();
    let named = source.strings.iter().filter(|(_, text)| is_state(text));
    named.map(|(line, _)| fault(source, *line, "say State::… instead of its name")).collect()
}

fn wall_clock_in_one_file(source: &Source) -> Vec<String> {
    if source.path == "src/base/platform.rs" {
        return Vec::new();
    }
    let calls = ["SystemTime::now", "Timestamp::now", "Zoned::now"];
    let called = calls.into_iter().flat_map(|call| source.lines_with(call));
    called.map(|line| fault(source, line, "the wall clock is read in base::platform")).collect()
}

fn environment_and_output_in_the_command(source: &Source) -> Vec<String> {
    if matches!(source.room(), "cli" | "main") {
        return Vec::new();
    }
    let words = [
        // Where temporary files go is the system's to say, and `ServerConfig`'s to change.
        "env::args",
        "env::args_os",
        "env::vars",
        "env::var",
        "env::var_os",
        "println!",
        "eprintln!",
        "print!",
        "eprint!",
        "dbg!",
    ];
    let said = words.into_iter().flat_map(|word| {
        source.lines().filter(move |(_, line)| has_word_before_anything(line, word)).map(|(n, _)| n)
    });
    said.map(|line| fault(source, line, "the library reads no environment and prints nothing"))
        .collect()
}

/// As a word on its left; macros end in `!` and need none on their right.
fn has_word_before_anything(line: &str, word: &str) -> bool {
    match word.strip_suffix('!') {
        Some(name) => has_word(line, name) && line.contains(word),
        None => has_word(line, word),
    }
}

fn lints_are_expected_with_a_reason(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, _) in
        source.code.match_indices("#[allow(").chain(source.code.match_indices("#![allow("))
    {
        let line = source.code[..at].matches('\n').count() + 1;
        faults.push(fault(source, line, "#[expect(…, reason = \"…\")] instead of allow"));
    }
    for (at, _) in source.code.match_indices("#[expect(") {
        let end = source.code[at..].find(")]").map_or(source.code.len(), |length| at + length);
        if !has_word(&source.code[at..end], "reason") {
            let line = source.code[..at].matches('\n').count() + 1;
            faults.push(fault(source, line, "an expected lint says why"));
        }
    }
    faults
}

fn files_say_what_they_own(source: &Source) -> Vec<String> {
    let says = source.text.starts_with("//! ");
    let text = "a file begins with //! and what it owns";
    (!says).then(|| fault(source, 1, text)).into_iter().collect()
}

fn sizes_of_files(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let text = format!("{lines} lines; {FILE_LINES_MAX} are enough");
    (lines > FILE_LINES_MAX).then(|| fault(source, lines, &text)).into_iter().collect()
}

fn sizes_of_functions(source: &Source) -> Vec<String> {
    let code = &source.code;
    let mut faults = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let Some(open) = code[at..].find(['{', ';']).map(|offset| at + offset) else { continue };
        if code.as_bytes()[open] == b';' {
            continue;
        }
        let end = open + length_of_block(&code[open..]);
        let body = &code[at..end];
        let lines = body.lines().count() - lines_of_tables(body);
        if lines > FUNCTION_LINES_MAX {
            let line = code[..at].matches('\n').count() + 1;
            let name = code[at + 3..].split(['(', '<']).next().unwrap_or_default();
            let text = format!("{name} has {lines} lines; {FUNCTION_LINES_MAX} fit a screen");
            faults.push(fault(source, line, &text));
        }
    }
    faults
}

/// Lines of the constant lists inside a function: they are read past, not followed.
fn lines_of_tables(body: &str) -> usize {
    let mut lines = body.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("const ") && line.ends_with('[') {
            count += lines.by_ref().take_while(|line| line.trim() != "];").count();
        }
    }
    count
}

fn line_length(source: &Source) -> Vec<String> {
    let lines = source.text.lines().enumerate();
    let long = lines.filter(|(_, line)| line.chars().count() > LINE_COLUMNS_MAX);
    long.map(|(index, _)| fault(source, index + 1, "longer than 100 columns")).collect()
}

fn nothing_unfinished(source: &Source) -> Vec<String> {
    let macros = ["todo", "unimplemented"].into_iter();
    let called = macros.flat_map(|name| {
        source
            .lines()
            .filter(move |(_, line)| has_word(line, name) && line.contains(&format!("{name}!")))
    });
    let called = called.map(|(line, _)| fault(source, line, "unfinished"));
    let skipped = source.lines().filter(|(_, line)| line.contains("#[ignore"));
    let skipped = skipped.map(|(line, _)| fault(source, line, "a test that nobody runs"));
    called.chain(skipped).collect()
}

fn telling_names(source: &Source) -> Vec<String> {
    const EMPTY_NAMES: &[&str] =
        &["utils", "util", "helpers", "helper", "manager", "common", "misc"];
    let parts = source.path.split(['/', '.']);
    let empty = parts.filter(|part| EMPTY_NAMES.contains(part));
    empty.map(|part| fault(source, 1, &format!("{part} says nothing"))).collect()
}

#[test]
fn each_rule_finds_its_fault() {
    let cases: &[(Rule, &str, &str)] = &[
        (floors, "src/job/a.rs", "use crate::store::Store;"),
        (floors, "src/store/a.rs", "use crate::{base::id, process::Task};"),
        (floors, "src/process/a.rs", "fn f() { crate::queue::Engine::builder(); }"),
        (floors, "src/http/a.rs", "use crate::Engine;"),
        (floors, "src/document/a/b.rs", "use super::super::super::job::Job;"),
        (floors, "src/attic/mod.rs", ""),
        (sql_in_the_store, "src/http/a.rs", r#"const S: &str = "SELECT id FROM jobs";"#),
        (sql_in_the_store, "src/cli/a.rs", "use rusqlite::Connection;"),
        (http_in_its_floor, "src/queue/a.rs", "fn f(r: tiny_http::Request) {}"),
        (state_names_in_one_file, "src/http/a.rs", r#"fn f() { g("queued") }"#),
        (wall_clock_in_one_file, "src/base/clock.rs", "fn f() { SystemTime::now(); }"),
        (environment_and_output_in_the_command, "src/job/a.rs", "fn f() { println!() }"),
        (environment_and_output_in_the_command, "src/job/a.rs", "let home = env::var(HOME);"),
        (lints_are_expected_with_a_reason, "src/job/a.rs", "#[allow(dead_code)] fn f() {}"),
        (lints_are_expected_with_a_reason, "src/job/a.rs", "#[expect(dead_code)] fn f() {}"),
        (nothing_unfinished, "src/job/a.rs", "fn f() { todo!() }"),
        (nothing_unfinished, "tests/it/a.rs", "#[ignore] fn f() {}"),
        (telling_names, "src/base/utils.rs", ""),
    ];
    assert_eq!(files_say_what_they_own(&Source::new("src/job/a.rs", "use x;")).len(), 1);
    for (rule, path, text) in cases {
        assert_eq!(rule(&Source::new(path, text)).len(), 1, "{path}: {text}");
    }
    let long = format!("fn f() {{{}}}\n", "\n".repeat(FILE_LINES_MAX));
    let long = Source::new("src/job/a.rs", &long);
    assert_eq!((sizes_of_files(&long).len(), sizes_of_functions(&long).len()), (1, 1));
    let table = "\n        1,".repeat(FUNCTION_LINES_MAX);
    let table = format!("fn f() {{\n    const T: &[u8] = &[{table}\n    ];\n}}\n");
    assert_eq!(sizes_of_functions(&Source::new("src/job/a.rs", &table)), Vec::<String>::new());
    let wide = format!("// {}", "ä".repeat(LINE_COLUMNS_MAX));
    assert_eq!(line_length(&Source::new("src/job/a.rs", &wide)).len(), 1);
}

#[test]
fn what_is_only_mentioned_is_no_fault() {
    let text = r#"//! It must not use crate::store, print with println! or know "queued".
        use crate::base::id;
        /// `env::var` is read elsewhere.
        fn f() { crate::job::state::next(); g("no SELECT here: it is lower-case select"); }
        #[cfg(test)]
        mod tests { fn h() { println!("queued"); } }
    "#;
    let source = Source::new("src/queue/a.rs", &text.replace("no SELECT here: ", ""));
    let faults: Vec<_> =
        RULES.iter().chain(RULES_EVERYWHERE).flat_map(|rule| rule(&source)).collect();
    assert_eq!(faults, Vec::<String>::new());
}

/// The command tells its exit codes, and the README tells the same.
#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_command() {
    let output = Command::new(env!("CARGO_BIN_EXE_docspool")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let table = help.split_once("Exit codes:\n").expect("a table in --help").1;
    let rows = table.lines().map_while(|line| line.trim().split_once("  "));
    let of_the_command: Vec<String> =
        rows.map(|(code, meaning)| format!("| {code} | {meaning} |")).collect();
    assert!(of_the_command.len() > 5, "{help}");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let table = readme.split_once("| code | meaning |\n| --- | --- |\n").expect("a table").1;
    let of_the_readme: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(of_the_command, of_the_readme);
}

#[test]
fn no_async_runtime_and_no_openssl_in_the_default_build() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"rusqlite"), "this is the tree of docspool");
    let unwanted: Vec<_> = names.iter().filter(|name| UNWANTED_CRATES.contains(name)).collect();
    assert!(unwanted.is_empty(), "{unwanted:?}");
}

/// A test file that main.rs does not list would never run, and nobody would notice.
#[test]
fn every_test_file_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_module = match path.is_dir() {
            true => path.join("mod.rs").exists(),
            false => path.extension().is_some_and(|ext| ext == "rs") && stem != "main",
        };
        if is_module && !main.lines().any(|line| line.trim() == format!("mod {stem};")) {
            missing.push(stem);
        }
    }
    assert!(missing.is_empty(), "tests/it/main.rs lists no {missing:?}");
}
