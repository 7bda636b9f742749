//! Mermaid blocks become drawings, so that the book needs neither a script nor a network. The pages keep the blocks as
//! text, which forges draw themselves (ADR 0024).

use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;

use mdbook_driver::book::Book;
use mdbook_driver::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use mermaid_rs_renderer::{RenderOptions, render_strict};

const FENCE: &str = "```mermaid\n";

/// Draws, and counts what it drew.
#[derive(Debug, Default)]
pub(crate) struct Diagrams(Rc<Cell<usize>>);

impl Diagrams {
    pub(crate) fn drawn(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.0)
    }

    fn draw(&self, page: &str, text: &str) -> Result<String> {
        let mut pieces = text.split(FENCE);
        let mut drawn = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (source, rest) = piece
                .split_once("\n```")
                .ok_or_else(|| Error::msg(format!("{page}: a mermaid block has no end")))?;
            let picture = render_strict(source, RenderOptions::mermaid_default())
                .map_err(|error| Error::msg(format!("{page}: a diagram cannot be drawn: {error}")))?;
            // One line: an empty one would end the block of HTML.
            let picture = picture.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let _ = write!(drawn, "<div class=\"diagram\">{picture}</div>\n{rest}");
            self.0.set(self.0.get() + 1);
        }
        Ok(drawn)
    }
}

impl Preprocessor for Diagrams {
    fn name(&self) -> &'static str {
        "diagrams"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut failed = None;
        book.for_each_chapter_mut(|page| match self.draw(&page.name, &page.content) {
            Ok(text) => page.content = text,
            Err(error) => failed = Some(error),
        });
        failed.map_or(Ok(book), Err)
    }
}
