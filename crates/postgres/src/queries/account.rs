//! Reads what belongs to one customer. The owner is part of every question.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{AccountQueries, StoreError, TransactionFilter};
use offers_domain::transaction::{Transaction, TransactionKind};
use offers_domain::user_offer::{Ending, UserOfferStatus};
use offers_domain::views::{BalanceView, OrderPlace, TransactionDetail, TransactionView, UserOfferView};
use time::OffsetDateTime;

use super::overfetch;
use crate::rows::{
    AccountRow, EventRow, OfferNameRow, TransactionRow, UserOfferViewRow, timeline_entry, user_offer_view,
};
use crate::schema::{accounts, offers, transaction_events, transactions, user_offers};
use crate::store::PgStore;

#[async_trait]
impl AccountQueries for PgStore {
    async fn balance(&self, user: UserId) -> Result<Option<BalanceView>, StoreError> {
        let wallet = accounts::table.filter(accounts::user_id.eq(user.0)).select(AccountRow::as_select());
        self.readers.row::<_, AccountRow>(wallet).await?.map(|wallet| wallet.view()).transpose()
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
        let active = UserOfferStatus::Active.as_str();
        query = match status {
            None => query,
            Some(UserOfferStatus::Active) => {
                query.filter(user_offers::status.eq(active).and(user_offers::expires_at.gt(now)))
            }
            Some(UserOfferStatus::Expired) => query.filter(
                user_offers::status
                    .eq(UserOfferStatus::Expired.as_str())
                    .or(user_offers::status.eq(active).and(user_offers::expires_at.le(now))),
            ),
            Some(other) => query.filter(user_offers::status.eq(other.as_str())),
        };
        let rows: Vec<UserOfferViewRow> = self.readers.rows(query).await?;
        let views = rows.into_iter().map(|row| user_offer_view(row, now)).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(views, page.limit))
    }

    async fn expiring(
        &self,
        user: UserId,
        until: OffsetDateTime,
        page: &PageRequest<Ending>,
        now: OffsetDateTime,
    ) -> Result<Page<UserOfferView>, StoreError> {
        let mut query = user_offers::table
            .inner_join(offers::table)
            .inner_join(transactions::table)
            .filter(user_offers::user_id.eq(user.0))
            .filter(user_offers::status.eq(UserOfferStatus::Active.as_str()))
            .filter(user_offers::expires_at.gt(now).and(user_offers::expires_at.le(until)))
            .order((user_offers::expires_at, user_offers::id))
            .limit(overfetch(page.limit))
            .select(UserOfferViewRow::as_select())
            .into_boxed();
        if let Some(Ending { at, id }) = page.after {
            let later = user_offers::expires_at.gt(at);
            query = query.filter(later.or(user_offers::expires_at.eq(at).and(user_offers::id.gt(id.0))));
        }
        let rows: Vec<UserOfferViewRow> = self.readers.rows(query).await?;
        let views = rows.into_iter().map(|row| user_offer_view(row, now)).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(views, page.limit))
    }

    async fn holds(&self, user: UserId, offer: OfferId) -> Result<bool, StoreError> {
        let held = user_offers::table
            .filter(user_offers::user_id.eq(user.0))
            .filter(user_offers::offer_id.eq(offer.0))
            .filter(user_offers::status.ne(UserOfferStatus::Cancelled.as_str()))
            .select(user_offers::id)
            .limit(1);
        Ok(self.readers.row::<_, i64>(held).await?.is_some())
    }

    async fn user_offer(
        &self,
        user: UserId,
        id: UserOfferId,
        now: OffsetDateTime,
    ) -> Result<Option<UserOfferView>, StoreError> {
        let query = user_offers::table
            .inner_join(offers::table)
            .inner_join(transactions::table)
            .filter(user_offers::user_id.eq(user.0))
            .filter(user_offers::id.eq(id.0))
            .select(UserOfferViewRow::as_select());
        let row: Option<UserOfferViewRow> = self.readers.row(query).await?;
        row.map(|row| user_offer_view(row, now)).transpose()
    }

    async fn transactions(
        &self,
        user: UserId,
        filter: &TransactionFilter,
        page: &PageRequest<OrderPlace>,
    ) -> Result<Page<TransactionView>, StoreError> {
        let mut query = transactions::table
            .inner_join(offers::table)
            .filter(transactions::user_id.eq(user.0))
            .order((transactions::created_at.desc(), transactions::id.desc()))
            .limit(overfetch(page.limit))
            .select((TransactionRow::as_select(), OfferNameRow::as_select()))
            .into_boxed();
        if let Some(after) = page.after {
            let before = transactions::created_at.lt(after.at).or(transactions::id.lt(after.id.0));
            query = query.filter(transactions::created_at.le(after.at).and(before));
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
            query = query.filter(transactions::created_at.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(transactions::created_at.lt(to));
        }
        let rows: Vec<(TransactionRow, OfferNameRow)> = self.readers.rows(query).await?;
        Ok(Page::from_overfetch(rows.into_iter().map(view).collect::<Result<_, _>>()?, page.limit))
    }

    /// One statement, so that the order and its history are of one moment.
    async fn transaction(
        &self,
        user: UserId,
        id: TransactionId,
    ) -> Result<Option<TransactionDetail>, StoreError> {
        let query = transactions::table
            .inner_join(offers::table)
            .left_join(transaction_events::table)
            .filter(transactions::user_id.eq(user.0))
            .filter(transactions::id.eq(id.0))
            .order(transaction_events::version)
            .select((
                TransactionRow::as_select(),
                OfferNameRow::as_select(),
                Option::<EventRow>::as_select(),
            ));
        let rows: Vec<(TransactionRow, OfferNameRow, Option<EventRow>)> = self.readers.rows(query).await?;
        let (mut timeline, mut order) = (Vec::with_capacity(rows.len()), None);
        for (row, offer_name, event) in rows {
            timeline.extend(event.map(|event| timeline_entry(id, &event)).transpose()?);
            order = Some((row, offer_name));
        }
        let transaction = order.map(view).transpose()?;
        Ok(transaction.map(|transaction| TransactionDetail { transaction, timeline }))
    }
}

/// An order, with the name of its offer.
pub(super) fn view((row, offer_name): (TransactionRow, OfferNameRow)) -> Result<TransactionView, StoreError> {
    Ok(TransactionView::new(&Transaction::try_from(row)?, offer_name.into()))
}
