//! Why a tour ended early: one clear sentence each.

use thiserror::Error;

/// A tour that did not come to its end.
#[derive(Debug, Error)]
pub enum TourError {
    /// The address is none.
    #[error("{0} is not an address such as http://127.0.0.1:8000")]
    Address(String),
    /// The client could not be made.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(reqwest::Error),
    /// An answer was not the expected one.
    #[error("{journey}, step {number} ({title}): {surprise}")]
    Surprise {
        /// The journey's name.
        journey: &'static str,
        /// The step's place, from 1.
        number: usize,
        /// The step's name.
        title: &'static str,
        /// What was different.
        surprise: Surprise,
    },
    /// Nothing can be printed.
    #[error("cannot print: {0}")]
    Output(#[from] std::io::Error),
}

/// What was different about one answer.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Surprise {
    /// No answer.
    #[error("no answer: {0}; is the server running? `offers serve` starts one")]
    NoAnswer(String),
    /// The answer broke off, or is larger than anything that the API sends.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// Another status.
    #[error("expected the status {expected}, and got {got}{}{said}", if said.is_empty() { "" } else { ": " })]
    Status {
        /// The expected one.
        expected: u16,
        /// The one that came.
        got: u16,
        /// What the problem document says, if it is one.
        said: String,
    },
    /// A part of the answer is missing.
    #[error("expected {place}, and it is missing")]
    Missing {
        /// Which part.
        place: String,
    },
    /// A part of the answer differs.
    #[error("expected {place} to be {expected}, and it is {got}")]
    Differs {
        /// Which part.
        place: String,
        /// What it should be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// It never came to an end.
    #[error("still not final after {0} answers")]
    Endless(u32),
    /// A step uses what nobody kept.
    #[error("nothing is known of {{{{{0}}}}}")]
    Unknown(String),
}
