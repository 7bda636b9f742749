//! Ids in paths.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::{
    ApiKeyId, EventId, IncidentId, OfferId, PartnerId, SessionId, TransactionId, UserId, UserOfferId,
    WebhookId,
};
use offers_domain::partner_channel::reference::Reference;
use schemars::{Schema, json_schema};

use crate::dto::partner::ReferenceText;
use crate::dto::text::{canonical, hyphenated, id_shape, uuid_shape};
use crate::dto::webhooks::event_shape;
use crate::error_code::ErrorCode;
use crate::handlers::documentation::PageFile;
use crate::openapi::{Asks, Sketch, plain};
use crate::problem::Problem;

/// An id with one way to write it in a path.
pub(crate) trait InPath: Sized {
    /// The name of the path's part that holds it.
    const PART: &str = "id";

    /// What an address says that has something else there.
    const OTHERWISE: ErrorCode = ErrorCode::MalformedId;

    /// Its shape in the contract.
    fn shape() -> Schema;

    /// The id; none where the segment is not one.
    fn from_segment(segment: &str) -> Option<Self>;
}

macro_rules! numbers {
    ($($id:ident),+) => { $(
        impl InPath for $id {
            fn shape() -> Schema {
                id_shape()
            }

            fn from_segment(segment: &str) -> Option<Self> {
                number(segment).map(Self)
            }
        }
    )+ };
}

numbers!(IncidentId, OfferId, PartnerId, UserId, UserOfferId, WebhookId);

impl InPath for ApiKeyId {
    const PART: &str = "key";

    fn shape() -> Schema {
        id_shape()
    }

    fn from_segment(segment: &str) -> Option<Self> {
        number(segment).map(Self)
    }
}

impl InPath for EventId {
    const PART: &str = "event";

    fn shape() -> Schema {
        event_shape()
    }

    fn from_segment(segment: &str) -> Option<Self> {
        segment.parse().ok().filter(|id: &Self| id.to_string() == segment)
    }
}

/// A name in the settings.
pub(super) fn partner_shape() -> Schema {
    json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,23}$", "examples": ["default"] })
}

fn number(segment: &str) -> Option<i64> {
    canonical::<i64>(segment).filter(|id| *id >= 1)
}

impl InPath for TransactionId {
    fn shape() -> Schema {
        uuid_shape()
    }

    fn from_segment(segment: &str) -> Option<Self> {
        hyphenated(segment).map(Self)
    }
}

impl InPath for SessionId {
    fn shape() -> Schema {
        uuid_shape()
    }

    fn from_segment(segment: &str) -> Option<Self> {
        hyphenated(segment).map(Self)
    }
}

impl InPath for ActivationPartner {
    fn shape() -> Schema {
        partner_shape()
    }

    fn from_segment(segment: &str) -> Option<Self> {
        segment.parse().ok()
    }
}

/// A code of problem documents. What is none of them is not explained anywhere.
impl InPath for ErrorCode {
    const PART: &str = "code";
    const OTHERWISE: Self = Self::NotFound;

    fn shape() -> Schema {
        Self::shape()
    }

    fn from_segment(segment: &str) -> Option<Self> {
        segment.parse().ok()
    }
}

/// The address of what is none of the page's files is nobody's.
impl InPath for PageFile {
    const PART: &str = "file";
    const OTHERWISE: ErrorCode = ErrorCode::NotFound;

    fn shape() -> Schema {
        json_schema!({ "type": "string", "enum": Self::ALL.map(Self::name) })
    }

    fn from_segment(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name() == segment)
    }
}

impl InPath for Reference {
    const PART: &str = "reference";

    fn shape() -> Schema {
        ReferenceText::shape()
    }

    fn from_segment(segment: &str) -> Option<Self> {
        segment.parse().ok()
    }
}

/// The path's `{id}`, or whatever the part is called that holds it.
pub(crate) struct PathId<T>(pub(crate) T);

impl<T: InPath> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get(T::PART).and_then(T::from_segment);
        ready(id.map(Self).ok_or_else(|| Problem::new(T::OTHERWISE)))
    }
}

impl<T: InPath> Asks for PathId<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.part(T::PART, plain(T::shape()));
        sketch.refuses(&[T::OTHERWISE]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_id_is_a_positive_integer() {
        assert_eq!(OfferId::from_segment("7"), Some(OfferId(7)));
        for segment in ["0", "-1", "07", "+7", "7.0", "seven", "7\0", "9223372036854775808", "٣"] {
            assert_eq!(OfferId::from_segment(segment), None, "{segment}");
        }
    }

    #[test]
    fn a_transaction_id_is_a_uuid_with_hyphens() {
        assert!(TransactionId::from_segment("0195d7a0-0000-7000-8000-000000000001").is_some());
        for segment in [
            "0195d7a0000070008000000000000001",
            "{0195d7a0-0000-7000-8000-000000000001}",
            "1",
            "",
            "0195d7a0-0000-7000-8000-00000000000g",
        ] {
            assert_eq!(TransactionId::from_segment(segment), None, "{segment}");
        }
    }
}
