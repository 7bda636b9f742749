//! The documentation, for tests that keep it true.

use std::path::{Path, PathBuf};

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

/// The fenced blocks of a text in this language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// The lines of a page's Mermaid blocks of this kind, such as `erDiagram`, without the indentation; one list a block.
pub fn diagrams(path: &str, kind: &str) -> Vec<Vec<String>> {
    let blocks = blocks(&page(path), "mermaid").into_iter();
    let lines = blocks.map(|block| block.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>());
    lines.filter(|lines| lines.first().is_some_and(|first| first.starts_with(kind))).collect()
}
