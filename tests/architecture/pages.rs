//! Pages of the documentation that the program prints itself: `make pages` writes them, and they must not drift.

use std::path::Path;
use std::process::Command;

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
