//! Builds the book.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use mdbook_summary::parse_summary;

use crate::diagrams::Diagrams;
use crate::error::BookError;
use crate::links;

/// What the book has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// Pages.
    pub pages: usize,
    /// Diagrams, drawn.
    pub diagrams: usize,
    /// Links, followed.
    pub links: usize,
}

/// Builds the book of `docs/` in the repository at `root` into the folder `target`, and follows every link.
pub fn build(root: &Path, target: &Path) -> Result<Built, BookError> {
    let root = absolute(root)?;
    let docs = root.join("docs");
    std::fs::create_dir_all(target).map_err(|reason| BookError::File { path: target.to_owned(), reason })?;
    let target = absolute(target)?;
    let mut config = Config::from_disk(docs.join("book.toml")).map_err(BookError::Pages)?;
    config.build.build_dir.clone_from(&target);
    let summary = parse_summary(&summary(&docs)?).map_err(BookError::Pages)?;
    let mut book = MDBook::load_with_config_and_summary(&docs, config, summary).map_err(BookError::Pages)?;
    let pages: BTreeSet<PathBuf> = book.book.chapters().filter_map(|page| page.source_path.clone()).collect();
    no_orphans(&docs, &pages)?;
    let diagrams = Diagrams::default();
    let drawn = diagrams.drawn();
    book.with_preprocessor(diagrams);
    book.build().map_err(BookError::Pages)?;
    let links = links::follow(&root, &target)?;
    Ok(Built { pages: pages.len(), diagrams: drawn.get(), links })
}

fn absolute(path: &Path) -> Result<PathBuf, BookError> {
    path.canonicalize().map_err(|reason| BookError::File { path: path.to_owned(), reason })
}

fn read(path: &Path) -> Result<String, BookError> {
    std::fs::read_to_string(path).map_err(|reason| BookError::File { path: path.to_owned(), reason })
}

/// The order of the pages: that of `SUMMARY.md`, which ends with the decisions, by their numbers.
fn summary(docs: &Path) -> Result<String, BookError> {
    let mut summary = read(&docs.join("SUMMARY.md"))?;
    let decisions = docs.join("adr");
    for path in if decisions.is_dir() { files(&decisions)? } else { BTreeSet::new() } {
        let text = read(&path)?;
        let title = text.lines().next().unwrap_or_default().trim_start_matches('#').trim();
        let page = path.strip_prefix(docs).unwrap_or(&path).display();
        let _ = write!(summary, "\n- [{title}]({page})");
    }
    Ok(summary)
}

fn no_orphans(docs: &Path, pages: &BTreeSet<PathBuf>) -> Result<(), BookError> {
    let mut orphans = Vec::new();
    for path in files(docs)? {
        let Ok(page) = path.strip_prefix(docs) else { continue };
        let is_page = page.extension().is_some_and(|extension| extension == "md");
        if is_page && page != Path::new("SUMMARY.md") && !pages.contains(page) {
            orphans.push(page.display().to_string());
        }
    }
    if orphans.is_empty() { Ok(()) } else { Err(BookError::Orphans(orphans)) }
}

/// Every file below a folder, in order.
pub(crate) fn files(folder: &Path) -> Result<BTreeSet<PathBuf>, BookError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| BookError::File { path, reason }
    };
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
            let path = entry.map_err(failed(&folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    Ok(found)
}
