//! Why there is no book.

use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with the pages.
#[derive(Debug, Error)]
pub enum BookError {
    /// A page is malformed, or a diagram cannot be drawn.
    #[error("{0:#}")]
    Pages(mdbook_driver::errors::Error),
    /// A file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// Nobody finds these pages.
    #[error("not in SUMMARY.md: {}", .0.join(", "))]
    Orphans(Vec<String>),
    /// These links lead nowhere.
    #[error("links that lead nowhere:\n{}", .0.join("\n"))]
    Broken(Vec<String>),
}
