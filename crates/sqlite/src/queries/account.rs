//! Reads what belongs to one customer. The owner is part of every question.

use async_trait::async_trait;
use diesel::dsl::{AsSelect, Eq, Filter, InnerJoin, Select};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{AccountQueries, StoreError, TransactionFilter};
use offers_domain::transaction::{Transaction, TransactionKind};
use offers_domain::user_offer::{Ending, UserOfferStatus};
use offers_domain::views::{
    BalanceView, OrderPlace, TimelineEntry, TransactionDetail, TransactionView, UserOfferView,
};
use time::OffsetDateTime;

use super::overfetch;
use crate::error::SqliteError;
use crate::ledger;
use crate::rows::{
    EventRow, OfferNameRow, TransactionRow, UserOfferViewRow, micros, timeline_entry, user_offer_view,
};
use crate::schema::{offers, transaction_events, transactions, user_offers};
use crate::store::SqliteStore;

#[async_trait]
impl AccountQueries for SqliteStore {
    async fn balance(&self, user: UserId) -> Result<Option<BalanceView>, StoreError> {
        self.readers
            .read(move |connection| {
                let wallet = ledger::wallet_of(connection, user)?;
                Ok(wallet.map(|wallet| wallet.view()).transpose()?)
            })
            .await
    }

    async fn user_offers(
        &self,
        user: UserId,
        status: Option<UserOfferStatus>,
        page: &PageRequest<UserOfferId>,
        now: OffsetDateTime,
    ) -> Result<Page<UserOfferView>, StoreError> {
        let mut query = user_offers::table
            .inner_join(offers::table)
            .inner_join(transactions::table)
            .filter(user_offers::user_id.eq(user.0))
            .order(user_offers::id.desc())
            .limit(overfetch(page.limit))
            .select(UserOfferViewRow::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(user_offers::id.lt(after.0));
        }
        let (now_micros, active) = (micros(now), UserOfferStatus::Active.as_str());
        query = match status {
            None => query,
            Some(UserOfferStatus::Active) => {
                query.filter(user_offers::status.eq(active).and(user_offers::expires_at.gt(now_micros)))
            }
            Some(UserOfferStatus::Expired) => query.filter(
                user_offers::status
                    .eq(UserOfferStatus::Expired.as_str())
                    .or(user_offers::status.eq(active).and(user_offers::expires_at.le(now_micros))),
            ),
            Some(other) => query.filter(user_offers::status.eq(other.as_str())),
        };
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<UserOfferViewRow> = query.load(connection)?;
                let views =
                    rows.into_iter().map(|row| user_offer_view(row, now)).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(views, limit))
            })
            .await
    }

    async fn expiring(
        &self,
        user: UserId,
        until: OffsetDateTime,
        page: &PageRequest<Ending>,
        now: OffsetDateTime,
    ) -> Result<Page<UserOfferView>, StoreError> {
        let ends = user_offers::expires_at;
        let mut query = user_offers::table
            .inner_join(offers::table)
            .inner_join(transactions::table)
            .filter(user_offers::user_id.eq(user.0))
            .filter(user_offers::status.eq(UserOfferStatus::Active.as_str()))
            .filter(ends.gt(micros(now)).and(ends.le(micros(until))))
            .order((ends, user_offers::id))
            .limit(overfetch(page.limit))
            .select(UserOfferViewRow::as_select())
            .into_boxed();
        if let Some(Ending { at, id }) = page.after {
            let at = micros(at);
            query = query.filter(ends.gt(at).or(ends.eq(at).and(user_offers::id.gt(id.0))));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<UserOfferViewRow> = query.load(connection)?;
                let views =
                    rows.into_iter().map(|row| user_offer_view(row, now)).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(views, limit))
            })
            .await
    }

    async fn holds(&self, user: UserId, offer: OfferId) -> Result<bool, StoreError> {
        self.readers
            .read(move |connection| {
                let held = user_offers::table
                    .filter(user_offers::user_id.eq(user.0))
                    .filter(user_offers::offer_id.eq(offer.0))
                    .filter(user_offers::status.ne(UserOfferStatus::Cancelled.as_str()));
                Ok(diesel::select(diesel::dsl::exists(held)).get_result(connection)?)
            })
            .await
    }

    async fn user_offer(
        &self,
        user: UserId,
        id: UserOfferId,
        now: OffsetDateTime,
    ) -> Result<Option<UserOfferView>, StoreError> {
        self.readers
            .read(move |connection| {
                let row: Option<UserOfferViewRow> = user_offers::table
                    .inner_join(offers::table)
                    .inner_join(transactions::table)
                    .filter(user_offers::user_id.eq(user.0))
                    .filter(user_offers::id.eq(id.0))
                    .select(UserOfferViewRow::as_select())
                    .get_result(connection)
                    .optional()?;
                Ok(row.map(|row| user_offer_view(row, now)).transpose()?)
            })
            .await
    }

    async fn transactions(
        &self,
        user: UserId,
        filter: &TransactionFilter,
        page: &PageRequest<OrderPlace>,
    ) -> Result<Page<TransactionView>, StoreError> {
        let mut query = transactions_of(user)
            .order((transactions::created_at.desc(), transactions::id.desc()))
            .limit(overfetch(page.limit))
            .into_boxed();
        if let Some(after) = page.after {
            let (at, id) = (micros(after.at), after.id.0.as_bytes().to_vec());
            let before = transactions::created_at.lt(at).or(transactions::id.lt(id));
            query = query.filter(transactions::created_at.le(at).and(before));
        }
        if let Some(status) = filter.status {
            query = query.filter(transactions::status.eq(status.as_str()));
        }
        query = match filter.kind {
            None => query,
            Some(TransactionKind::Purchase) => query.filter(transactions::renews.is_null()),
            Some(TransactionKind::Renewal) => query.filter(transactions::renews.is_not_null()),
        };
        if let Some(from) = filter.from {
            query = query.filter(transactions::created_at.ge(micros(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(transactions::created_at.lt(micros(to)));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows = query.load(connection)?;
                Ok(Page::from_overfetch(rows.into_iter().map(view).collect::<Result<_, _>>()?, limit))
            })
            .await
    }

    async fn transaction(
        &self,
        user: UserId,
        id: TransactionId,
    ) -> Result<Option<TransactionDetail>, StoreError> {
        self.readers
            .snapshot(move |connection| {
                let bytes = id.0.as_bytes().as_slice();
                let row = transactions_of(user)
                    .filter(transactions::id.eq(bytes))
                    .get_result(connection)
                    .optional()?;
                let Some(row) = row else { return Ok(None) };
                let timeline = history(connection, id)?;
                Ok(Some(TransactionDetail { transaction: view(row)?, timeline }))
            })
            .await
    }
}

type TransactionsOf = Select<
    Filter<InnerJoin<transactions::table, offers::table>, Eq<transactions::user_id, i64>>,
    (AsSelect<TransactionRow, Sqlite>, AsSelect<OfferNameRow, Sqlite>),
>;

/// The user's orders, each with the name of its offer.
fn transactions_of(user: UserId) -> TransactionsOf {
    transactions::table
        .inner_join(offers::table)
        .filter(transactions::user_id.eq(user.0))
        .select((TransactionRow::as_select(), OfferNameRow::as_select()))
}

/// The transitions of an order, oldest first.
pub(super) fn history(
    connection: &mut SqliteConnection,
    id: TransactionId,
) -> Result<Vec<TimelineEntry>, SqliteError> {
    let events = transaction_events::table
        .filter(transaction_events::transaction_id.eq(id.0.as_bytes().as_slice()))
        .order(transaction_events::version)
        .select(EventRow::as_select())
        .load(connection)?;
    Ok(events.iter().map(|event| timeline_entry(id, event)).collect::<Result<_, _>>()?)
}

/// An order, with the name of its offer.
pub(super) fn view((row, offer_name): (TransactionRow, OfferNameRow)) -> Result<TransactionView, StoreError> {
    Ok(TransactionView::new(&Transaction::try_from(row)?, offer_name.into()))
}
