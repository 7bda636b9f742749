//! Taking over what an earlier system knows, table by table, in batches of one commit each.
//!
//! A row that was taken is remembered by its key there in the commit that takes it: an import that is interrupted goes on
//! where it was, and one that is run again adds what is new. A trial reads and decides the same, and writes nothing.

mod accounts;
mod catalogue;
mod orders;
mod report;
mod users;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use offers_domain::account::AccountError;
use offers_domain::ids::{OfferId, UserId};
use offers_domain::import::{ImportTable, ImportedRow, Refusal};
use offers_domain::money::Currency;
use offers_domain::offer::Category;
use offers_domain::ports::{
    IdSource, ImportSource, ImportSourceError, OfferCache, Queries, Store, StoreError, UnitOfWork,
};
use thiserror::Error;

pub use report::{Bucket, Fate, ImportReport, Remark, TableReport};
use report::{Outcome, Verdict};

/// Rows that are taken in one commit.
const BATCH: i64 = 500;

/// Why an import stopped. What was committed before stays, and the next run goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// The earlier system.
    #[error(transparent)]
    Source(#[from] ImportSourceError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A wallet could not take its money.
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is.
    Trial,
    /// What can be taken is.
    Apply,
}

/// How far an import has come with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table.
    pub table: ImportTable,
    /// Rows decided.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
}

/// The use case.
pub struct Import {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Pages of offers near.
    pub offers: Arc<dyn OfferCache>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Of all amounts.
    pub currency: Currency,
    /// Of all offers.
    pub category: Category,
}

impl Import {
    /// Takes what can be taken and says what became of every row.
    pub async fn run(
        &self,
        source: &mut dyn ImportSource,
        mode: Mode,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<ImportReport, ImportError> {
        let totals = source.totals().await?;
        let mut run =
            Run { ports: self, mode, refused: Refused::default(), report: ImportReport::new(totals) };
        let taken = run.all(source, progress).await;
        if mode == Mode::Apply {
            // Some batches may be there even if another failed.
            self.offers.clear().await;
        }
        taken.map(|()| run.report)
    }
}

/// The keys of rows that others refer to and that are not taken.
#[derive(Default)]
struct Refused {
    users: HashSet<i64>,
    offers: HashSet<i64>,
}

struct Run<'a> {
    ports: &'a Import,
    mode: Mode,
    refused: Refused,
    report: ImportReport,
}

/// Takes all pages of one table: reads a page, decides and writes it, and goes on behind its last key.
macro_rules! pages {
    ($run:ident, $progress:ident, $table:expr, |$after:ident| $read:expr, |$rows:ident| $take:expr) => {{
        let mut $after = 0;
        loop {
            let $rows = $read.await?;
            let Some(last) = $rows.last().map(Key::key) else { break };
            $after = last;
            $run.note($take);
            $progress($run.report.progress($table));
        }
    }};
}

impl Run<'_> {
    async fn all(
        &mut self,
        source: &mut dyn ImportSource,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<(), ImportError> {
        use ImportTable::{Accounts, Offers, PartnerTransactions, Transactions, UserOffers, Users};
        pages!(self, progress, Users, |after| source.users(after, BATCH), |rows| self.users(&rows).await?);
        pages!(self, progress, Offers, |after| source.offers(after, BATCH), |rows| self
            .offers(&rows)
            .await?);
        pages!(self, progress, Accounts, |after| source.accounts(after, BATCH), |rows| {
            self.accounts(&rows).await?
        });
        for table in [Transactions, PartnerTransactions] {
            pages!(self, progress, table, |after| source.orders(table, after, BATCH), |rows| {
                self.orders(table, &rows).await?
            });
        }
        pages!(self, progress, UserOffers, |after| source.unpaid_user_offers(after, BATCH), |rows| {
            let verdict = |key: &i64| Verdict::refused(*key, None, &Refusal::Unpaid);
            Outcome { table: UserOffers, verdicts: rows.iter().map(verdict).collect() }
        });
        Ok(())
    }

    /// Puts a batch into the report, and remembers what others will look for in vain.
    fn note(&mut self, outcome: Outcome) {
        let missing = match outcome.table {
            ImportTable::Users => Some(&mut self.refused.users),
            ImportTable::Offers => Some(&mut self.refused.offers),
            _ => None,
        };
        if let Some(missing) = missing {
            missing.extend(outcome.verdicts.iter().filter(|verdict| verdict.is_refused()).map(|v| v.source));
        }
        self.report.add(outcome);
    }
}

/// A row's key.
trait Key {
    fn key(&self) -> i64;
}

macro_rules! keys {
    ($($row:ident),+) => {
        $(impl Key for offers_domain::import::$row {
            fn key(&self) -> i64 {
                self.id
            }
        })+
    };
}

keys!(SourceUser, SourceOffer, SourceAccount, SourceOrder);

impl Key for i64 {
    fn key(&self) -> i64 {
        *self
    }
}

/// The rows of a batch that were taken by an earlier run, by their keys.
async fn before<R: Key>(
    unit: &mut dyn UnitOfWork,
    table: ImportTable,
    rows: &[R],
) -> Result<HashMap<i64, ImportedRow>, StoreError> {
    let keys: Vec<i64> = rows.iter().map(Key::key).collect();
    let found = unit.imported(table, &keys).await?;
    Ok(found.into_iter().map(|row| (row.source, row)).collect())
}

/// Where what a row refers to is.
enum Home<T> {
    /// Here.
    Here(T),
    /// Here, once this is no trial.
    Coming,
}

/// The users and offers that a batch refers to.
struct Homes<'a> {
    users: HashMap<i64, UserId>,
    offers: HashMap<i64, OfferId>,
    refused: &'a Refused,
    mode: Mode,
}

impl<'a> Homes<'a> {
    async fn of(
        unit: &mut dyn UnitOfWork,
        users: &[i64],
        offers: &[i64],
        refused: &'a Refused,
        mode: Mode,
    ) -> Result<Self, StoreError> {
        let users = targets(unit.imported(ImportTable::Users, users).await?);
        let offers = targets(unit.imported(ImportTable::Offers, offers).await?);
        Ok(Self { users, offers, refused, mode })
    }

    fn user(&self, source: i64) -> Result<Home<UserId>, Refusal> {
        self.home(&self.users, &self.refused.users, source).ok_or(Refusal::UserMissing)
    }

    fn offer(&self, source: i64) -> Result<Home<OfferId>, Refusal> {
        self.home(&self.offers, &self.refused.offers, source).ok_or(Refusal::OfferMissing)
    }

    /// Those who are here.
    fn people(&self) -> Vec<UserId> {
        self.users.values().copied().collect()
    }

    fn home<T: Copy>(&self, here: &HashMap<i64, T>, refused: &HashSet<i64>, source: i64) -> Option<Home<T>> {
        match here.get(&source) {
            Some(target) => Some(Home::Here(*target)),
            None if self.mode == Mode::Trial && !refused.contains(&source) => Some(Home::Coming),
            None => None,
        }
    }
}

fn targets<T: std::str::FromStr>(rows: Vec<ImportedRow>) -> HashMap<i64, T> {
    rows.into_iter().filter_map(|row| Some((row.source, row.target.parse().ok()?))).collect()
}
