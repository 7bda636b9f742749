//! Values of the domain with one spelling each.

use std::borrow::Cow;

use offers_domain::adjustment::Direction;
use offers_domain::audit::{ActorKind, AuditAction, SubjectKind};
use offers_domain::incident::{IncidentKind, IncidentStatus};
use offers_domain::ledger::TransferKind;
use offers_domain::notice::{NoticeChannel, NoticeKind, NoticeStatus};
use offers_domain::offer::{Category, OfferSort, PurchasePolicy};
use offers_domain::partner::{AnswerKind, Step};
use offers_domain::partner_channel::Funding;
use offers_domain::partner_channel::api_key::{KeyMode, KeyScope};
use offers_domain::transaction::{Channel, Status, SubStatus, TransactionKind};
use offers_domain::user::{Locale, Role};
use offers_domain::user_offer::UserOfferStatus;
use offers_domain::webhook::delivery::DeliveryStatus;
use offers_domain::webhook::endpoint::{DisabledReason, WebhookStatus};
use offers_domain::webhook::event::EventKind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::text::FromText;

/// One of a few values, each with one spelling.
pub(crate) trait Spelling: Copy + 'static {
    /// What the contract calls it.
    const NAME: &'static str;
    /// Every spelling.
    fn spellings() -> impl Iterator<Item = &'static str>;
    /// This one's.
    fn spelled(self) -> &'static str;
}

/// A value, shown as it is spelled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelled<T>(pub(crate) T);

impl<T> From<T> for Spelled<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Spelling> Serialize for Spelled<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.spelled())
    }
}

impl<T: Spelling> JsonSchema for Spelled<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        shape::<T>()
    }
}

/// Every spelling, and nothing else.
fn shape<T: Spelling>() -> Schema {
    json_schema!({ "type": "string", "enum": T::spellings().collect::<Vec<_>>() })
}

macro_rules! shown {
    ($($type:ty as $name:literal),+ $(,)?) => { $(
        impl Spelling for $type {
            const NAME: &'static str = $name;

            fn spellings() -> impl Iterator<Item = &'static str> {
                Self::ALL.iter().map(|value| value.as_str())
            }

            fn spelled(self) -> &'static str {
                self.as_str()
            }
        }
    )+ };
}

macro_rules! asked_for {
    ($($type:ty as $name:literal),+ $(,)?) => {
        shown!($($type as $name),+);
        $(
            impl FromText for $type {
                const NAME: Option<&'static str> = Some($name);

                fn expected() -> String {
                    format!("one of {}", Self::spellings().collect::<Vec<_>>().join(", "))
                }

                fn shape() -> Schema {
                    shape::<Self>()
                }

                fn from_text(text: &str) -> Option<Self> {
                    text.parse().ok()
                }
            }
        )+
    };
}

asked_for!(
    ActorKind as "ActorKind",
    AuditAction as "AuditAction",
    Category as "Category",
    DeliveryStatus as "DeliveryStatus",
    EventKind as "EventKind",
    Funding as "Funding",
    IncidentStatus as "IncidentStatus",
    KeyMode as "KeyMode",
    KeyScope as "KeyScope",
    Locale as "Locale",
    NoticeChannel as "NoticeChannel",
    NoticeKind as "NoticeKind",
    NoticeStatus as "NoticeStatus",
    OfferSort as "OfferSort",
    PurchasePolicy as "PurchasePolicy",
    Role as "Role",
    Status as "Status",
    SubStatus as "SubStatus",
    SubjectKind as "SubjectKind",
    TransactionKind as "TransactionKind",
    UserOfferStatus as "SubscriptionStatus",
);

shown!(
    AnswerKind as "AnswerKind",
    Channel as "Channel",
    Direction as "Direction",
    DisabledReason as "DisabledReason",
    IncidentKind as "IncidentKind",
    Step as "Step",
    TransferKind as "TransferKind",
    WebhookStatus as "WebhookStatus",
);
