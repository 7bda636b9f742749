//! The wallet, the subscriptions and the orders of one customer.

use offers_domain::ids::UserOfferId;
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::ports::TransactionFilter;
use offers_domain::transaction::{Channel, Status, SubStatus, TransactionKind};
use offers_domain::user::Locale;
use offers_domain::user_offer::{Period, UserOfferStatus};
use offers_domain::views::{
    BalanceView, OfferSummary, OrderPlace, TimelineEntry, TransactionDetail, TransactionView, UserOfferView,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::activation::OrderBody;
use super::money::{CurrencyCode, Decimal};
use super::spelled::Spelled;
use super::text::Text;
use super::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;
use uuid::Uuid;

/// What cursors call the list of subscriptions.
pub(crate) const SUBSCRIPTIONS: &str = "subscriptions";
/// What cursors call the list of orders.
pub(crate) const TRANSACTIONS: &str = "transactions";

/// Which subscriptions, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionsQuery {
    status: Option<Text<UserOfferStatus>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl SubscriptionsQuery {
    /// Which subscriptions, which page.
    pub(crate) fn search(self) -> Result<(Option<UserOfferStatus>, PageRequest<UserOfferId>), Problem> {
        let page = page_request(SUBSCRIPTIONS, self.limit, self.cursor.as_deref())?;
        Ok((self.status.map(|Text(status)| status), page))
    }
}

/// Which orders, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionsQuery {
    status: Option<Text<Status>>,
    kind: Option<Text<TransactionKind>>,
    from: Option<Text<OffsetDateTime>>,
    to: Option<Text<OffsetDateTime>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl TransactionsQuery {
    /// Which orders, which page.
    pub(crate) fn search(self) -> Result<(TransactionFilter, PageRequest<OrderPlace>), Problem> {
        let page = page_request(TRANSACTIONS, self.limit, self.cursor.as_deref())?;
        let filter = TransactionFilter {
            status: self.status.map(|Text(status)| status),
            kind: self.kind.map(|Text(kind)| kind),
            from: self.from.map(|Text(from)| from),
            to: self.to.map(|Text(to)| to),
        };
        Ok((filter, page))
    }
}

/// The wallet.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BalanceBody {
    balance: Decimal,
    currency: CurrencyCode,
    updated_at: Timestamp,
}

impl From<BalanceView> for BalanceBody {
    fn from(view: BalanceView) -> Self {
        Self {
            balance: view.balance.into(),
            currency: view.balance.currency().into(),
            updated_at: view.updated_at.into(),
        }
    }
}

/// The wallet and the active subscriptions.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccountBody {
    balance: Decimal,
    currency: CurrencyCode,
    /// The newest hundred.
    subscriptions: Vec<SubscriptionBody>,
    /// Whether there are more active subscriptions than these: the list of subscriptions has them all.
    has_more: bool,
}

impl AccountBody {
    /// The wallet with its active subscriptions, in this language.
    pub(crate) fn new(
        view: BalanceView,
        active: &Page<UserOfferView>,
        now: OffsetDateTime,
        locale: Locale,
    ) -> Self {
        Self {
            balance: view.balance.into(),
            currency: view.balance.currency().into(),
            has_more: active.has_more,
            subscriptions: active.items.iter().map(|view| SubscriptionBody::at(view, now, locale)).collect(),
        }
    }
}

/// An offer, in short.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OfferRef {
    id: i64,
    name: String,
}

impl OfferRef {
    /// The offer with its name in this language.
    pub(crate) fn in_language(offer: &OfferSummary, locale: Locale) -> Self {
        Self { id: offer.id.0, name: offer.name.text_in(locale).to_owned() }
    }
}

/// A subscription, in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SubscriptionBody {
    id: i64,
    offer: OfferRef,
    activation_date: Option<Timestamp>,
    expiration_date: Option<Timestamp>,
    is_active: bool,
    transaction_id: Uuid,
    status: Spelled<UserOfferStatus>,
    days_left: Option<i64>,
    channel: Spelled<Channel>,
    auto_renew: bool,
}

impl SubscriptionBody {
    /// The subscription as it stands at `now`, in this language.
    pub(crate) fn at(view: &UserOfferView, now: OffsetDateTime, locale: Locale) -> Self {
        Self {
            id: view.id.0,
            offer: OfferRef::in_language(&view.offer, locale),
            activation_date: view.period.map(|period| period.activated_at.into()),
            expiration_date: view.period.map(|period| period.expires_at.into()),
            is_active: view.status == UserOfferStatus::Active,
            transaction_id: view.transaction.0,
            status: view.status.into(),
            days_left: days_left(view.status, view.period, now),
            channel: view.channel.into(),
            auto_renew: view.auto_renew,
        }
    }
}

/// Whole days until the end, a begun day counted whole; none before the service is on.
fn days_left(status: UserOfferStatus, period: Option<Period>, now: OffsetDateTime) -> Option<i64> {
    const DAY: i64 = 86_400;
    match (status, period) {
        (UserOfferStatus::Pending, _) => None,
        (UserOfferStatus::Active, Some(period)) => {
            let left = period.expires_at - now;
            let seconds = left.whole_seconds().saturating_add(i64::from(left.subsec_nanoseconds() > 0));
            Some(seconds.max(0).saturating_add(DAY - 1) / DAY)
        }
        _ => Some(0),
    }
}

/// An order, in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TransactionBody {
    #[serde(flatten)]
    order: OrderBody,
    kind: Spelled<TransactionKind>,
    channel: Spelled<Channel>,
    offer: OfferRef,
}

impl TransactionBody {
    /// The order as those see it who see everything.
    pub fn in_full(view: TransactionView) -> Self {
        Self { order: OrderBody::in_full(view.status.clone()), ..Self::in_language(view, Locale::En) }
    }

    /// The order as its customer sees it, in this language.
    pub(crate) fn in_language(view: TransactionView, locale: Locale) -> Self {
        Self {
            order: view.status.into(),
            kind: view.kind.into(),
            channel: view.channel.into(),
            offer: OfferRef::in_language(&view.offer, locale),
        }
    }
}

/// An order with its history.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TransactionDetailBody {
    #[serde(flatten)]
    transaction: TransactionBody,
    timeline: Vec<TimelineBody>,
}

/// One transition.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TimelineBody {
    status: Spelled<Status>,
    sub_status: Spelled<SubStatus>,
    at: Timestamp,
}

impl From<TimelineEntry> for TimelineBody {
    fn from(entry: TimelineEntry) -> Self {
        Self { status: entry.status.into(), sub_status: entry.sub_status.into(), at: entry.at.into() }
    }
}

impl TransactionDetailBody {
    /// The order as those see it who see everything.
    pub(crate) fn in_full(detail: TransactionDetail) -> Self {
        Self::of(TransactionBody::in_full(detail.transaction), detail.timeline)
    }

    /// The order as its customer sees it, in this language.
    pub(crate) fn in_language(detail: TransactionDetail, locale: Locale) -> Self {
        Self::of(TransactionBody::in_language(detail.transaction, locale), detail.timeline)
    }

    fn of(transaction: TransactionBody, timeline: Vec<TimelineEntry>) -> Self {
        Self { transaction, timeline: timeline.into_iter().map(TimelineBody::from).collect() }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn days_left_are_rounded_up_and_never_negative() {
        let period = Some(Period {
            activated_at: datetime!(2026-03-01 12:00 UTC),
            expires_at: datetime!(2026-03-31 12:00 UTC),
        });
        for (now, days) in [
            (datetime!(2026-03-01 12:00 UTC), 30),
            (datetime!(2026-03-01 12:00:00.001 UTC), 30),
            (datetime!(2026-03-30 12:00 UTC), 1),
            (datetime!(2026-03-31 11:59:59.999 UTC), 1),
            (datetime!(2026-03-31 12:00 UTC), 0),
            (datetime!(2026-05-01 12:00 UTC), 0),
        ] {
            assert_eq!(days_left(UserOfferStatus::Active, period, now), Some(days), "{now}");
        }
    }

    #[test]
    fn a_pending_subscription_has_no_days_yet_and_an_ended_one_none_left() {
        let now = datetime!(2026-03-01 12:00 UTC);
        let period = Some(Period { activated_at: now, expires_at: now });
        assert_eq!(days_left(UserOfferStatus::Pending, None, now), None);
        assert_eq!(days_left(UserOfferStatus::Expired, period, now), Some(0));
        assert_eq!(days_left(UserOfferStatus::Cancelled, None, now), Some(0));
    }
}
