//! The pages make a book, and what is wrong with them is said.

#![cfg(test)]

use std::path::{Path, PathBuf};

use offers_book::{BookError, build};
use tempfile::TempDir;

/// A repository with these pages.
fn repository(pages: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut files = vec![
        ("docs/book.toml", "[book]\ntitle = \"T\"\nsrc = \".\"\n"),
        ("docs/SUMMARY.md", "# Summary\n\n- [One](one.md)\n- [Two](deep/two.md)\n"),
        ("docs/one.md", "# One\n\n## A heading\n"),
        ("docs/deep/two.md", "# Two\n"),
        ("crates/x/README.md", "# Not a page\n"),
    ];
    files.extend(pages);
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn built(repository: &TempDir) -> Result<PathBuf, BookError> {
    let target = repository.path().join("target/book");
    build(repository.path(), &target).map(|_| target)
}

#[test]
fn the_documentation_is_a_whole_book_that_fetches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let made = build(&root, folder.path()).unwrap();
    assert!(made.pages > 20 && made.diagrams > 5 && made.links > 100, "{made:?}");
    for page in ["index.html", "glossary.html", "adr/0001-crates-as-the-hexagon.html"] {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        for fetched in ["src=\"http", "src=\"//", "stylesheet\" href=\"http", "@import"] {
            assert!(!text.contains(fetched), "{page} fetches something: {fetched}");
        }
    }
}

#[test]
fn a_link_to_a_page_and_its_heading_holds_and_what_is_no_page_gets_a_copy_or_a_list() {
    let two =
        "[a](../one.md#a-heading) [b](../../crates/x/README.md) [d](../../crates) [c](https://example.com/)";
    let target = built(&repository(&[("docs/deep/two.md", two)])).map(|target| {
        let text = std::fs::read_to_string(target.join("deep/two.html")).unwrap();
        let copy = std::fs::read_to_string(target.join("files/crates/x/README.md.txt")).unwrap();
        let list = std::fs::read_to_string(target.join("files/crates.txt")).unwrap();
        (text, copy, list)
    });
    let (text, copy, list) = target.unwrap();
    assert!(text.contains("href=\"../one.html#a-heading\""), "{text}");
    assert!(text.contains("href=\"../files/crates/x/README.md.txt\""), "{text}");
    assert_eq!((copy.as_str(), list.as_str()), ("# Not a page\n", "crates/x/README.md"));
}

#[test]
fn what_leads_nowhere_fails() {
    for link in ["gone.md", "deep/two.md#gone", "#gone", "../crates/y/README.md", "../crates/y"] {
        let repository = repository(&[("docs/one.md", &format!("# One\n\n[a]({link})\n"))]);
        let error = built(&repository).unwrap_err();
        assert!(matches!(&error, BookError::Broken(_)), "{link}: {error}");
    }
}

#[test]
fn a_page_that_nobody_finds_fails() {
    let error = built(&repository(&[("docs/deep/three.md", "# Three\n")])).unwrap_err();
    assert_eq!(error.to_string(), "not in SUMMARY.md: deep/three.md");
}

#[test]
fn a_diagram_is_drawn_or_fails() {
    let page = |source: &str| format!("# One\n\n```mermaid\n{source}\n```\n");
    let good = repository(&[("docs/one.md", &page("flowchart LR\n  a[Here] --> b[There]"))]);
    let text = std::fs::read_to_string(built(&good).unwrap().join("one.html")).unwrap();
    assert!(text.contains("<svg") && text.contains("There") && !text.contains("flowchart"), "{text}");
    let bad = built(&repository(&[("docs/one.md", &page("nonsense of no kind"))])).unwrap_err();
    assert!(bad.to_string().contains("a diagram cannot be drawn"), "{bad}");
}
