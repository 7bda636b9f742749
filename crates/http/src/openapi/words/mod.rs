//! What there is to say about each handler that its signature does not: what it is for, examples, and the errors of its
//! use case. The functions are called as the handlers are.

pub(crate) mod account;
pub(crate) mod activation;
pub(crate) mod activation_events;
pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod callbacks;
pub(crate) mod documentation;
mod examples;
pub(crate) mod health;
pub(crate) mod offers;
pub(crate) mod partner;
pub(crate) mod problems;
pub(crate) mod sessions;
pub(crate) mod subscriptions;
pub(crate) mod webhooks;

use schemars::Schema;
use serde_json::Value;
use utoipa::openapi::tag::{Tag as Described, TagBuilder};

use crate::error_code::ErrorCode;

/// What operations are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Login,
    Offers,
    Orders,
    Account,
    Partners,
    ActivationPartners,
    Staff,
    Operation,
}

impl Tag {
    pub(super) const ALL: &'static [Self] = &[
        Self::Login,
        Self::Offers,
        Self::Orders,
        Self::Account,
        Self::Partners,
        Self::ActivationPartners,
        Self::Staff,
        Self::Operation,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Login => "Login",
            Self::Offers => "Offers",
            Self::Orders => "Orders",
            Self::Account => "Account",
            Self::Partners => "Partners",
            Self::ActivationPartners => "Activation partners",
            Self::Staff => "Staff",
            Self::Operation => "Operation",
        }
    }

    pub(super) fn described(self) -> Described {
        let about = match self {
            Self::Login => "Logging in and out, passwords, the profile, sessions.",
            Self::Offers => "What is on sale.",
            Self::Orders => "Buying and renewing offers, and following an order to its end.",
            Self::Account => "The caller's wallet, subscriptions and orders.",
            Self::Partners => "Selling offers to customers, for companies with an API key.",
            Self::ActivationPartners => "What the systems report that switch services on.",
            Self::Staff => "The back office. Every write takes a reason and is kept in the audit trail.",
            Self::Operation => "Probes, and what error codes mean.",
        };
        TagBuilder::new().name(self.name()).description(Some(about)).build()
    }
}

/// A header that answers have, what it says, and its shape.
pub(super) type Sent = (&'static str, &'static str, fn() -> Schema);

/// The words about one handler.
pub(crate) struct Words {
    pub(super) tag: Tag,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) asks: Option<Value>,
    pub(super) answers: Option<Value>,
    pub(super) sends: &'static [Sent],
    pub(super) refuses: &'static [ErrorCode],
}

impl Tag {
    /// Words, begun with what the operation does.
    fn says(self, summary: &'static str) -> Words {
        Words { tag: self, summary, description: "", asks: None, answers: None, sends: &[], refuses: &[] }
    }
}

impl Words {
    /// More about it.
    fn more(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// An example of its body.
    fn asks(self, example: Value) -> Self {
        Self { asks: Some(example), ..self }
    }

    /// An example of its answer.
    fn answers(self, example: Value) -> Self {
        Self { answers: Some(example), ..self }
    }

    /// Headers of its answers.
    fn sends(self, headers: &'static [Sent]) -> Self {
        Self { sends: headers, ..self }
    }

    /// The errors of its use case.
    fn refuses(self, codes: &'static [ErrorCode]) -> Self {
        Self { refuses: codes, ..self }
    }
}
