//! Reads for staff, whoever's it is.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::offer::Offer;
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{
    BackOfficeQueries, Credentials, OrderFilter, ShelfFilter, StoreError, UserFilter,
};
use offers_domain::transaction::{Status, Transaction};
use offers_domain::user::{Role, User, Username};
use offers_domain::views::{LedgerLine, OrderFile, TransactionDetail, TransactionView};

use super::account::view;
use super::overfetch;
use crate::error::store_error;
use crate::pool::Loan;
use crate::rows::{
    AttemptViewRow, EventRow, LedgerLineRow, OfferNameRow, OfferRow, TransactionRow, UserRow, attempt_view,
    timeline_entry,
};
use crate::schema::{attempts, offers, partner_orders, transaction_events, transactions, transfers};
use crate::statement::statement;
use crate::store::PgStore;

/// The names are compared byte by byte, as the index has them, whatever the database's language is.
const USERS: &str = r#"
    SELECT id, username, email, phone, password_hash, role, locale, is_active, joined_at
    FROM users
    WHERE username COLLATE "C" > $1 AND username COLLATE "C" >= $2 AND username COLLATE "C" < $3
      AND ($4 IS NULL OR email = $4) AND ($5 IS NULL OR role = $5)
    ORDER BY username COLLATE "C" LIMIT $6"#;

/// Several statements of one moment.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The orders with a reference, a partner's or that of the activation partner: each is in an index of its own.
const SOLD: &str = "transactions.id IN (SELECT transaction_id FROM partner_orders WHERE reference = ";
const ACTIVATED: &str = " UNION ALL SELECT id FROM transactions WHERE reference = ";

#[async_trait]
impl BackOfficeQueries for PgStore {
    async fn users(
        &self,
        filter: &UserFilter,
        page: &PageRequest<Username>,
    ) -> Result<Page<User>, StoreError> {
        let after = page.after.as_ref().map_or("", Username::as_str).to_owned();
        let prefix = filter.prefix.clone().unwrap_or_default();
        let beyond = format!("{prefix}{}", char::MAX);
        let users = statement(USERS)
            .bind::<Text, _>(after)
            .bind::<Text, _>(prefix)
            .bind::<Text, _>(beyond)
            .bind::<Nullable<Text>, _>(filter.email.clone())
            .bind::<Nullable<Text>, _>(filter.role.map(Role::as_str))
            .bind::<BigInt, _>(overfetch(page.limit));
        let rows: Vec<UserRow> = self.readers.rows(users).await?;
        let user = |row| Ok::<_, StoreError>(Credentials::try_from(row)?.user);
        Ok(Page::from_overfetch(rows.into_iter().map(user).collect::<Result<_, _>>()?, page.limit))
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
        let rows: Vec<OfferRow> = self.readers.rows(query).await?;
        let offers = rows.into_iter().map(Offer::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(offers, page.limit))
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
            query = query.filter(transactions::id.lt(after.0));
        }
        if let Some(id) = filter.id {
            query = query.filter(transactions::id.eq(id.0));
        }
        if let Some(partner) = filter.partner {
            // Walks the partner's own orders, which have the same ids.
            query = query
                .filter(partner_orders::partner_id.eq(partner.0))
                .order(partner_orders::transaction_id.desc());
            if let Some(after) = page.after {
                query = query.filter(partner_orders::transaction_id.lt(after.0));
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
            query = query.filter(transactions::created_at.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(transactions::created_at.lt(to));
        }
        let rows: Vec<(TransactionRow, OfferNameRow)> = self.readers.rows(query).await?;
        Ok(Page::from_overfetch(rows.into_iter().map(view).collect::<Result<_, _>>()?, page.limit))
    }

    async fn order_file(&self, id: TransactionId) -> Result<Option<OrderFile>, StoreError> {
        let mut snapshot = self.readers.begin(BEGIN).await?;
        let papers = Papers::read(&mut snapshot, id).await.map_err(|error| store_error(&error))?;
        if snapshot.command("ROLLBACK").await.is_ok() {
            snapshot.give_back();
        }
        papers.filed(id)
    }
}

/// The rows of one order.
struct Papers {
    order: Option<(TransactionRow, OfferNameRow)>,
    events: Vec<EventRow>,
    calls: Vec<AttemptViewRow>,
    moved: Vec<LedgerLineRow>,
}

impl Papers {
    async fn read(snapshot: &mut Loan, id: TransactionId) -> QueryResult<Self> {
        let order = transactions::table
            .inner_join(offers::table)
            .filter(transactions::id.eq(id.0))
            .select((TransactionRow::as_select(), OfferNameRow::as_select()));
        let events = transaction_events::table
            .filter(transaction_events::transaction_id.eq(id.0))
            .order(transaction_events::version)
            .select(EventRow::as_select());
        let calls = attempts::table
            .filter(attempts::transaction_id.eq(id.0))
            .order(attempts::number)
            .select(AttemptViewRow::as_select());
        let moved = transfers::table
            .filter(transfers::transaction_id.eq(id.0))
            .order(transfers::id)
            .select(LedgerLineRow::as_select());
        Ok(Self {
            order: snapshot.rows(order).await?.pop(),
            events: snapshot.rows(events).await?,
            calls: snapshot.rows(calls).await?,
            moved: snapshot.rows(moved).await?,
        })
    }

    fn filed(self, id: TransactionId) -> Result<Option<OrderFile>, StoreError> {
        let Self { order, events, calls, moved } = self;
        let Some((row, offer_name)) = order else { return Ok(None) };
        let transaction = Transaction::try_from(row)?;
        let order = *transaction.order();
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
}
