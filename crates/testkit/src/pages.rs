//! The documentation, for tests that keep it true.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::servers::tool;

/// The repository's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The text of a page, by its path in the repository.
///
/// # Panics
///
/// Where there is no such page.
pub fn page(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A shell to type blocks into, with the programs that pages call and a small machine may lack.
pub fn shell() -> Command {
    for program in ["curl", "openssl"] {
        tool(program, program);
    }
    tool("bash", "bash")
}

/// The fenced blocks of a text in this language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// What `docs/metrics.md` says that labels can be; routes are those of the contract and codes those of its page.
pub fn label_values() -> BTreeMap<String, BTreeSet<String>> {
    let metrics = page("docs/metrics.md");
    let (_, section) = metrics.split_once("\n## Values of labels\n").unwrap();
    let rows = section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| `"));
    let quoted = |row: &str| row.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut values: BTreeMap<_, BTreeSet<_>> = rows
        .map(quoted)
        .filter_map(|words| {
            words.split_first().map(|(label, values)| (label.clone(), values.iter().cloned().collect()))
        })
        .collect();
    let contract = page("docs/openapi.json");
    let paths = contract.lines().filter_map(|line| line.strip_prefix("    \"/")?.strip_suffix("\": {"));
    values.insert("route".into(), paths.map(|path| format!("/{path}")).chain(["unmatched".into()]).collect());
    let codes = page("docs/errors.md");
    let codes = codes.lines().filter_map(|line| line.strip_prefix("### "));
    values.insert("code".into(), codes.map(str::to_owned).collect());
    values
}

/// The lines of a page's Mermaid blocks of this kind, such as `erDiagram`, without the indentation; one list a block.
pub fn diagrams(path: &str, kind: &str) -> Vec<Vec<String>> {
    let blocks = blocks(&page(path), "mermaid").into_iter();
    let lines = blocks.map(|block| block.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>());
    lines.filter(|lines| lines.first().is_some_and(|first| first.starts_with(kind))).collect()
}
