//! Reads for staff, whoever's it is.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::offer::Offer;
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{
    BackOfficeQueries, Credentials, OrderFilter, ShelfFilter, StoreError, UserFilter,
};
use offers_domain::transaction::{Status, Transaction};
use offers_domain::user::{User, Username};
use offers_domain::views::{LedgerLine, OrderFile, TransactionDetail, TransactionView};

use super::account::view;
use super::overfetch;
use crate::error::SqliteError;
use crate::rows::{
    AttemptViewRow, EventRow, LedgerLineRow, OfferNameRow, OfferRow, TransactionRow, UserRow, attempt_view,
    micros, timeline_entry,
};
use crate::schema::{attempts, offers, partner_orders, transaction_events, transactions, transfers, users};
use crate::store::SqliteStore;

/// The orders with a reference, a partner's or that of the activation partner: each is in an index of its own.
const SOLD: &str = "transactions.id IN (SELECT transaction_id FROM partner_orders WHERE reference = ";
const ACTIVATED: &str = " UNION ALL SELECT id FROM transactions WHERE reference = ";

#[async_trait]
impl BackOfficeQueries for SqliteStore {
    async fn users(
        &self,
        filter: &UserFilter,
        page: &PageRequest<Username>,
    ) -> Result<Page<User>, StoreError> {
        let mut query = users::table
            .order(users::username)
            .limit(overfetch(page.limit))
            .select(UserRow::as_select())
            .into_boxed();
        if let Some(after) = &page.after {
            query = query.filter(users::username.gt(after.as_str().to_owned()));
        }
        if let Some(prefix) = &filter.prefix {
            let beyond = format!("{prefix}{}", char::MAX);
            query = query.filter(users::username.ge(prefix.clone()).and(users::username.lt(beyond)));
        }
        if let Some(email) = &filter.email {
            query = query.filter(users::email.eq(email.clone()));
        }
        if let Some(role) = filter.role {
            query = query.filter(users::role.eq(role.as_str()));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<UserRow> = query.load(connection)?;
                let user = |row| Ok::<_, SqliteError>(Credentials::try_from(row)?.user);
                Ok(Page::from_overfetch(rows.into_iter().map(user).collect::<Result<_, _>>()?, limit))
            })
            .await
    }

    async fn shelf(
        &self,
        filter: &ShelfFilter,
        page: &PageRequest<OfferId>,
    ) -> Result<Page<Offer>, StoreError> {
        let mut query = offers::table
            .order(offers::id)
            .limit(overfetch(page.limit))
            .select(OfferRow::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(offers::id.gt(after.0));
        }
        if let Some(category) = filter.category {
            query = query.filter(offers::category.eq(category.as_str()));
        }
        if let Some(active) = filter.is_active {
            query = query.filter(offers::is_active.eq(active));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<OfferRow> = query.load(connection)?;
                let offers = rows.into_iter().map(Offer::try_from).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(offers, limit))
            })
            .await
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        page: &PageRequest<TransactionId>,
    ) -> Result<Page<TransactionView>, StoreError> {
        let mut query = transactions::table
            .inner_join(offers::table)
            .left_join(partner_orders::table)
            .order(transactions::id.desc())
            .limit(overfetch(page.limit))
            .select((TransactionRow::as_select(), OfferNameRow::as_select()))
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(transactions::id.lt(after.0.as_bytes().to_vec()));
        }
        if let Some(id) = filter.id {
            query = query.filter(transactions::id.eq(id.0.as_bytes().to_vec()));
        }
        if let Some(partner) = filter.partner {
            // Walks the partner's own orders, which have the same ids.
            query = query
                .filter(partner_orders::partner_id.eq(partner.0))
                .order(partner_orders::transaction_id.desc());
            if let Some(after) = page.after {
                query = query.filter(partner_orders::transaction_id.lt(after.0.as_bytes().to_vec()));
            }
        }
        if let Some(user) = filter.user {
            query = query.filter(transactions::user_id.eq(user.0));
        }
        if let Some(offer) = filter.offer {
            query = query.filter(transactions::offer_id.eq(offer.0));
        }
        if let Some(status) = filter.status {
            query = query.filter(transactions::status.eq(status.as_str()));
            if !status.is_final() {
                query = query.filter(transactions::completed_at.is_null());
            }
            if status == Status::Failed {
                query = query.filter(transactions::error_code.is_not_null());
            }
        }
        if let Some(sub_status) = filter.sub_status {
            query = query.filter(transactions::sub_status.eq(sub_status.as_str()));
            if sub_status.is_parked() {
                query =
                    query.filter(transactions::due_at.is_null().and(transactions::completed_at.is_null()));
            }
        }
        if let Some(reference) = &filter.reference {
            let named = sql::<Bool>(SOLD).bind::<Text, _>(reference.clone()).sql(ACTIVATED);
            query = query.filter(named.bind::<Text, _>(reference.clone()).sql(")"));
        }
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

    async fn order_file(&self, id: TransactionId) -> Result<Option<OrderFile>, StoreError> {
        self.readers.snapshot(move |connection| order_file(connection, id)).await
    }
}

fn order_file(
    connection: &mut SqliteConnection,
    id: TransactionId,
) -> Result<Option<OrderFile>, SqliteError> {
    let bytes = id.0.as_bytes().as_slice();
    let Some(row) = crate::transactions::find(connection, id)? else { return Ok(None) };
    let transaction = Transaction::try_from(row)?;
    let order = *transaction.order();
    let offer_name: OfferNameRow =
        offers::table.find(order.offer.0).select(OfferNameRow::as_select()).get_result(connection)?;
    let events: Vec<EventRow> = transaction_events::table
        .filter(transaction_events::transaction_id.eq(bytes))
        .order(transaction_events::version)
        .select(EventRow::as_select())
        .load(connection)?;
    let calls: Vec<AttemptViewRow> = attempts::table
        .filter(attempts::transaction_id.eq(bytes))
        .order(attempts::number)
        .select(AttemptViewRow::as_select())
        .load(connection)?;
    let moved: Vec<LedgerLineRow> = transfers::table
        .filter(transfers::transaction_id.eq(bytes))
        .order(transfers::id)
        .select(LedgerLineRow::as_select())
        .load(connection)?;
    let timeline = events.iter().map(|event| timeline_entry(id, event)).collect::<Result<_, _>>()?;
    Ok(Some(OrderFile {
        order: TransactionDetail {
            transaction: TransactionView::new(&transaction, offer_name.into()),
            timeline,
        },
        account: order.account,
        renews: order.renews,
        attempts: calls.into_iter().map(|row| attempt_view(id, row)).collect::<Result<_, _>>()?,
        transfers: moved.into_iter().map(LedgerLine::try_from).collect::<Result<_, _>>()?,
    }))
}
