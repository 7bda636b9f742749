//! The body of a message: what happened, when, and the ids to ask about.

use offers_domain::ids::{EventId, OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::transaction::FailureKind;
use offers_domain::webhook::event::{Event, EventKind, Happening, Term, What};
use serde::Serialize;
use time::format_description::BorrowedFormatItem;
use time::macros::{datetime, format_description};
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    timestamp: String,
    data: Data,
}

/// What is not there is left out.
#[derive(Default, Serialize)]
struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
}

/// RFC 3339 in UTC, to the millisecond, as everywhere in the API.
const INSTANT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

fn instant(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(INSTANT).unwrap_or_default()
}

/// The JSON of an event, the same at each attempt.
pub fn render(event: &Event) -> String {
    let data = event.happening.map(|happening| data(event, &happening)).unwrap_or_default();
    let body = Body { r#type: event.kind().as_str(), timestamp: instant(event.at), data };
    // A struct of texts and numbers can always be written.
    serde_json::to_string(&body).unwrap_or_default()
}

fn data(event: &Event, happening: &Happening) -> Data {
    let facts = happening.facts();
    Data {
        transaction_id: Some(happening.about.to_string()),
        reference: event.reference.map(|reference| reference.to_string()),
        subscription_id: facts.subscription.map(|id| id.0),
        user_id: Some(happening.user.0),
        offer_id: Some(happening.offer.0),
        error_code: facts.failure.map(FailureKind::as_str),
        expiration_date: facts.ends_at.map(instant),
        days: facts.days,
    }
}

/// An example of each kind of event, for documentation.
pub fn example(kind: EventKind) -> Event {
    let term = Term { subscription: UserOfferId(42), ends_at: datetime!(2026-12-20 12:00 UTC) };
    let what = match kind {
        EventKind::TransactionSucceeded => Some(What::Succeeded),
        EventKind::TransactionFailed => Some(What::Failed(FailureKind::Refused)),
        EventKind::SubscriptionActivated => Some(What::Activated(term)),
        EventKind::SubscriptionExpiring => Some(What::Expiring(term, 3)),
        EventKind::SubscriptionExpired => Some(What::Expired(term)),
        EventKind::SubscriptionRenewed => Some(What::Renewed(term)),
        EventKind::Test => None,
    };
    let about = TransactionId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));
    let happening = what.map(|what| Happening { about, user: UserId(1), offer: OfferId(3), what });
    let id = EventId(Uuid::from_u128(0x3f2b_8a54_0c1d_4e6f_9a7b_1122_3344_5566));
    Event { id, happening, reference: None, at: datetime!(2026-11-20 12:00 UTC) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_happened_when_and_to_what() {
        let failed = render(&example(EventKind::TransactionFailed));
        assert_eq!(
            failed,
            r#"{"type":"transaction.failed","timestamp":"2026-11-20T12:00:00.000Z","data":{"transaction_id":"01930000-0000-7000-8000-000000000001","user_id":1,"offer_id":3,"error_code":"partner_refused"}}"#
        );
        let test = render(&example(EventKind::Test));
        assert_eq!(test, r#"{"type":"webhook.test","timestamp":"2026-11-20T12:00:00.000Z","data":{}}"#);
    }

    #[test]
    fn the_documentation_shows_every_body_as_it_is() {
        let page = include_str!("../../../docs/webhooks.md");
        for kind in EventKind::ALL {
            let body = render(&example(*kind));
            assert!(page.contains(&body), "docs/webhooks.md lacks {body}");
        }
    }
}
