//! What can be done to a call.

use serde::{Deserialize, Serialize};

use crate::callbacks::Delivery;

/// What is done to one order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Execute and say so.
    #[default]
    Activate,
    /// Say a definite no.
    Refuse(Refusal),
    /// Keep the caller waiting, then execute, even if the caller has left.
    Delay {
        /// How long, in milliseconds.
        ms: u32,
    },
    /// Answer 202, and decide later.
    Pending {
        /// How much later, in milliseconds.
        ms: u32,
        /// What is decided.
        then: Ending,
    },
    /// Answer 202, decide later, and call back.
    Callback {
        /// How much later, in milliseconds.
        ms: u32,
        /// What is decided.
        then: Ending,
        /// How it is reported.
        #[serde(default)]
        delivery: Delivery,
    },
    /// Say a definite no, then execute in spite of it, and call back: a partner that breaks its word.
    RefuseThenActivate {
        /// How much later, in milliseconds.
        ms: u32,
    },
    /// Fail without executing.
    Fail(Fault),
    /// Execute, then fail.
    ExecuteThen(Fault),
}

/// How an order ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The service is on.
    Activate,
    /// The service is not on and will not be.
    Refuse(Refusal),
}

/// A definite no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// How a call goes wrong. The *right answer* is what the order stands at: after [`Behaviour::Fail`], nothing was executed,
/// so it is a 404 for a key that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection is closed without an answer.
    Drop,
    /// No answer ever comes.
    Hang,
    /// The right answer comes one byte at a time.
    Drip {
        /// Milliseconds before each byte.
        ms: u32,
    },
    /// Another status.
    Status {
        /// The status code.
        code: u16,
        /// `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// 200 with a body that is no JSON.
    Malformed,
    /// The right answer, broken off half-way.
    Truncated,
    /// The right answer with 10 MiB of padding.
    Oversized,
    /// The right answer with the key of another order.
    WrongId,
    /// The right answer with another amount.
    WrongAmount,
    /// 200 with a body that reports an error.
    ErrorBody,
    /// A redirect to where the right answer is.
    Redirect,
}

/// What is done to one query.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryBehaviour {
    /// Tell the truth.
    #[default]
    Answer,
    /// Deny any knowledge of the key.
    NotFound,
    /// Go wrong.
    Fail(Fault),
}
