//! Pages of the documentation that the program prints itself: `make pages` writes them, and they must not drift.

use std::path::{Path, PathBuf};
use std::process::Command;

use offers_testkit::pages::root;

/// Each page, and what prints it.
const PAGES: &[(&str, &[&str])] =
    &[("docs/errors.md", &["explain", "--page"]), ("docs/settings.md", &["config", "reference"])];

#[test]
fn every_page_that_the_program_prints_is_as_it_prints_it() {
    for (page, arguments) in PAGES {
        let output = Command::new(env!("CARGO_BIN_EXE_offers")).args(*arguments).output().unwrap();
        assert!(output.status.success(), "{page}: {}", String::from_utf8_lossy(&output.stderr));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page);
        let written = std::fs::read_to_string(&path).unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let differing =
            written.lines().zip(printed.lines()).position(|(written, printed)| written != printed);
        assert!(written == printed, "{page} has drifted at line {differing:?}; run make pages");
    }
}

/// The pages that people read, below these folders and beside them.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![(root(), 0), (root().join("docs"), 2), (root().join("crates"), 1)];
    folders.push((root().join("benches"), 0));
    while let Some((folder, depth)) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() && depth > 0 {
                folders.push((path, depth - 1));
            } else if path.extension().is_some_and(|end| end == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 50, "the walk found too few pages: {}", pages.len());
    pages
}

/// The paths that a page names between backticks, outside of its blocks.
fn named(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    let quoted = prose.flat_map(|part| part.split('`').skip(1).step_by(2));
    let is_path = |word: &&str| {
        word.contains('/')
            && !word.starts_with('/')
            && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter))
    };
    quoted.filter(is_path).collect()
}

/// A path begins at the root, or in a crate: `crates/x/src`, `x/src`, or `tests/y` where the page speaks of one.
#[test]
fn every_path_that_a_page_names_leads_somewhere() {
    let crates: Vec<_> =
        std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let tops =
        ["apps", "benches", "crates", "deploy", "docs", "migrations", "tests"].map(|name| root().join(name));
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for path in named(&text) {
            let first = path.split('/').next().unwrap_or_default();
            let known = |folder: &PathBuf| folder.ends_with(first);
            if !tops.iter().chain(&crates).any(known) {
                continue;
            }
            let beside = page.parent().unwrap().to_owned();
            let mut begins = vec![root(), root().join("crates"), beside];
            begins.extend(crates.iter().cloned());
            assert!(begins.iter().any(|begin| begin.join(path).exists()), "{} names {path}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 150, "the pages name paths: {seen}");
}
