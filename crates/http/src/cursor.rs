//! Cursors: the place of a page's last item, opaque to clients. A cursor names its format and its list, and is taken
//! back only in the exact form in which it was given.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use offers_domain::audit::AuditKey;
use offers_domain::ids::{
    DeliveryId, IncidentId, NoticeId, OfferId, PartnerId, TransactionId, TransferId, UserOfferId, WebhookId,
};
use offers_domain::ports::OfferKey;
use offers_domain::text;
use offers_domain::user::Username;
use offers_domain::user_offer::Ending;
use offers_domain::views::OrderPlace;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::dto::text::canonical;
use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// The format's version.
const VERSION: &str = "1";
/// No list has a longer place: an offer's name of 100 characters.
const MAX_LENGTH: usize = 1024;

/// The place of an item in a list.
pub(crate) trait Place: Sized {
    /// The place as text.
    fn write(&self) -> String;

    /// The place that was written as this text.
    fn read(text: &str) -> Option<Self>;
}

/// The cursor of a place in `list`.
pub(crate) fn encode(list: &str, place: &impl Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}:{list}:{}", place.write()))
}

/// The place in `list` that a cursor names.
pub(crate) fn decode<P: Place>(list: &str, cursor: &str) -> Result<P, Problem> {
    Some(cursor)
        .filter(|cursor| cursor.len() <= MAX_LENGTH)
        .and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            P::read(text.strip_prefix(VERSION)?.strip_prefix(':')?.strip_prefix(list)?.strip_prefix(':')?)
        })
        .filter(|place| encode(list, place) == cursor)
        .ok_or_else(|| Problem::new(ErrorCode::InvalidCursor))
}

macro_rules! numbers {
    ($($id:ident),+) => { $(
        impl Place for $id {
            fn write(&self) -> String {
                self.to_string()
            }

            fn read(text: &str) -> Option<Self> {
                positive(text).map(Self)
            }
        }
    )+ };
}

numbers!(DeliveryId, IncidentId, NoticeId, OfferId, PartnerId, TransferId, UserOfferId, WebhookId);

impl Place for Ending {
    fn write(&self) -> String {
        format!("{}:{}", self.at.unix_timestamp_nanos(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (at, id) = text.split_once(':')?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(canonical(at)?).ok()?;
        Some(Self { at, id: UserOfferId::read(id)? })
    }
}

impl Place for Username {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        Self::try_new(text).ok()
    }
}

impl Place for AuditKey {
    fn write(&self) -> String {
        format!("{}:{}", self.at.unix_timestamp_nanos(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (at, id) = text.split_once(':')?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(canonical(at)?).ok()?;
        Some(Self { at, id: positive(id)? })
    }
}

impl Place for OrderPlace {
    fn write(&self) -> String {
        format!("{}:{}", self.at.unix_timestamp_nanos(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (at, id) = text.split_once(':')?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(canonical(at)?).ok()?;
        Some(Self { at, id: TransactionId::read(id)? })
    }
}

impl Place for TransactionId {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }
}

/// The letter says what the list is sorted by; whether that fits the list is checked by the list's name.
impl Place for OfferKey {
    fn write(&self) -> String {
        match self {
            Self::Id(id) => format!("i:{id}"),
            Self::Price(minor, id) => format!("p:{id}:{minor}"),
            Self::Name(name, id) => format!("n:{id}:{name}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (letter, rest) = text.split_once(':')?;
        if letter == "i" {
            return positive(rest).map(|id| Self::Id(OfferId(id)));
        }
        let (id, value) = rest.split_once(':')?;
        let id = OfferId(positive(id)?);
        match letter {
            "p" => canonical(value).map(|minor| Self::Price(minor, id)),
            "n" => text::line(value, 100).ok().map(|name| Self::Name(name, id)),
            _ => None,
        }
    }
}

fn positive(text: &str) -> Option<i64> {
    canonical(text).filter(|id| *id >= 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> OfferKey {
        OfferKey::Name(text.into(), OfferId(7))
    }

    #[test]
    fn a_place_survives_the_way_to_the_client_and_back() {
        let longest = "é".repeat(100);
        for key in [
            OfferKey::Id(OfferId(1)),
            OfferKey::Price(1999, OfferId(i64::MAX)),
            name("Fibre: 1 Gb/s"),
            name(&longest),
        ] {
            assert_eq!(decode::<OfferKey>("offers", &encode("offers", &key)).unwrap(), key);
        }
        let id = TransactionId(Uuid::from_u128(42));
        assert_eq!(decode::<TransactionId>("t", &encode("t", &id)).unwrap(), id);
        let place = OrderPlace { at: OffsetDateTime::UNIX_EPOCH, id };
        assert_eq!(decode::<OrderPlace>("t", &encode("t", &place)).unwrap(), place);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = encode("subscriptions", &UserOfferId(7));
        assert!(decode::<UserOfferId>("subscriptions", &cursor).is_ok());
        assert!(decode::<UserOfferId>("transactions", &cursor).is_err());
        assert!(decode::<TransactionId>("subscriptions", &cursor).is_err());
    }

    #[test]
    fn a_cursor_that_was_not_given_out_is_refused() {
        for text in [
            "2:offers:i:7",
            "1:offers:i:0",
            "1:offers:i:-1",
            "1:offers:i:07",
            "1:offers:i:7 ",
            "1:offers:x:7",
            "1:offers:p:7",
            "1:offers:p:7:1.5",
            "1:offers:n:7:",
            "1:offers:n:7:a\0b",
            "1:offers:",
            "offers:i:7",
            "",
        ] {
            assert!(decode::<OfferKey>("offers", &URL_SAFE_NO_PAD.encode(text)).is_err(), "{text}");
        }
        let good = encode("offers", &OfferKey::Id(OfferId(7)));
        for cursor in
            [format!("{good}="), format!(" {good}"), good.replace('M', "N"), "*".into(), "a".repeat(5000)]
        {
            assert!(decode::<OfferKey>("offers", &cursor).is_err(), "{cursor}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_decoder_panic(text in ".{0,60}") {
            let _ = decode::<OfferKey>("offers", &text);
            let _ = decode::<OfferKey>("offers", &URL_SAFE_NO_PAD.encode(format!("1:offers:{text}")));
        }
    }
}
