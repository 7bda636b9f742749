//! `offers-book FOLDER` builds the book of the working folder's `docs` into a folder.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use offers_book::build;

fn main() -> ExitCode {
    let target = std::env::args_os().nth(1).unwrap_or_else(|| "target/book".into());
    // Nobody is left to tell if printing fails.
    match build(Path::new("."), Path::new(&target)) {
        Ok(built) => {
            let place = Path::new(&target).join("index.html");
            let _ = writeln!(
                std::io::stdout(),
                "{}: {} pages, {} diagrams, {} links",
                place.display(),
                built.pages,
                built.diagrams,
                built.links
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "offers-book: {error}");
            ExitCode::FAILURE
        }
    }
}
