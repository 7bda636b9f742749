//! What became of every row.

use offers_domain::import::{ImportTable, ImportedRow, Note, Refusal};
use offers_domain::money::Money;
use offers_domain::ports::SourceTotal;

use super::Progress;

/// Remarks that are kept for each table and kind; the others are only counted.
const LISTED: usize = 50;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is taken now.
    Taken,
    /// An earlier run has taken it.
    Before,
    /// It cannot be taken.
    Refused,
}

/// One row, its money, and what is to be said about it.
pub(super) struct Verdict {
    pub(super) source: i64,
    money: Option<Money>,
    fate: Fate,
    remarks: Vec<String>,
}

impl Verdict {
    pub(super) fn taken(source: i64, money: Option<Money>, notes: &[Note]) -> Self {
        Self { source, money, fate: Fate::Taken, remarks: notes.iter().map(Note::to_string).collect() }
    }

    pub(super) fn refused(source: i64, money: Option<Money>, refusal: &Refusal) -> Self {
        Self { source, money, fate: Fate::Refused, remarks: vec![refusal.to_string()] }
    }

    /// Taken by an earlier run, when it said `row.seen`; it says `now` today.
    pub(super) fn before(row: &ImportedRow, money: Option<Money>, now: &str) -> Self {
        let change = Note::Changed { was: row.seen.clone(), is: now.to_owned() };
        let remarks = if row.seen == now { Vec::new() } else { vec![change.to_string()] };
        Self { source: row.source, money, fate: Fate::Before, remarks }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.fate == Fate::Refused
    }
}

/// What became of a batch.
pub(super) struct Outcome {
    pub(super) table: ImportTable,
    pub(super) verdicts: Vec<Verdict>,
}

/// Rows with one fate, and their money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// How many.
    pub rows: u64,
    /// What they are about, where that can be added up.
    pub sum: Option<Money>,
    /// Whether they are about more than can be added up: there is no sum any more, whatever comes after.
    pub overflown: bool,
}

impl Bucket {
    fn add(&mut self, money: Option<Money>) {
        self.rows += 1;
        let Some(money) = money.filter(|_| !self.overflown) else { return };
        self.sum = self.sum.map_or(Some(money), |sum| sum.checked_add(money).ok());
        self.overflown = self.sum.is_none();
    }
}

/// Something to be said about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The row's key there.
    pub source: i64,
    /// The sentence.
    pub text: String,
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// The table.
    pub table: ImportTable,
    /// How much the earlier system says that there is.
    pub total: SourceTotal,
    /// Taken now.
    pub taken: Bucket,
    /// Taken by earlier runs.
    pub before: Bucket,
    /// Not taken.
    pub refused: Bucket,
    /// Why the first ones are not.
    pub refusals: Vec<Remark>,
    /// What is to be known of the first ones that are.
    pub notes: Vec<Remark>,
    /// How many there are to be known of.
    pub noted: u64,
}

/// What became of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Table by table.
    pub tables: Vec<TableReport>,
}

impl ImportReport {
    pub(super) fn new(mut totals: Vec<SourceTotal>) -> Self {
        let table = |table: &ImportTable| {
            let known = totals.iter().position(|total| total.table == *table);
            let none = SourceTotal { table: *table, rows: 0, sum: None };
            TableReport {
                table: *table,
                total: known.map_or(none, |place| totals.swap_remove(place)),
                taken: Bucket::default(),
                before: Bucket::default(),
                refused: Bucket::default(),
                refusals: Vec::new(),
                notes: Vec::new(),
                noted: 0,
            }
        };
        Self { tables: ImportTable::ALL.iter().map(table).collect() }
    }

    /// One table's part.
    pub fn table(&self, table: ImportTable) -> Option<&TableReport> {
        self.tables.iter().find(|report| report.table == table)
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        if let Some(report) = self.tables.iter_mut().find(|report| report.table == outcome.table) {
            outcome.verdicts.into_iter().for_each(|verdict| report.add(verdict));
        }
    }

    pub(super) fn progress(&self, table: ImportTable) -> Progress {
        let (done, total) = self.table(table).map_or((0, 0), |report| (report.rows(), report.total.rows));
        Progress { table, done, total: total.max(done) }
    }
}

impl TableReport {
    /// Rows decided.
    pub fn rows(&self) -> u64 {
        self.taken.rows + self.before.rows + self.refused.rows
    }

    fn add(&mut self, verdict: Verdict) {
        let (bucket, list) = match verdict.fate {
            Fate::Taken => (&mut self.taken, &mut self.notes),
            Fate::Before => (&mut self.before, &mut self.notes),
            Fate::Refused => (&mut self.refused, &mut self.refusals),
        };
        bucket.add(verdict.money);
        if verdict.fate != Fate::Refused && !verdict.remarks.is_empty() {
            self.noted += 1;
        }
        let room = LISTED.saturating_sub(list.len());
        let source = verdict.source;
        list.extend(verdict.remarks.into_iter().take(room).map(|text| Remark { source, text }));
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::money::Currency;

    use super::*;

    #[test]
    fn a_sum_that_has_grown_too_large_stays_unknown() {
        let money = |minor| Some(Money::from_minor(minor, Currency::EUR));
        let mut bucket = Bucket::default();
        for minor in [i64::MAX - 1, 1] {
            bucket.add(money(minor));
        }
        bucket.add(None);
        assert_eq!((bucket.rows, bucket.sum), (3, money(i64::MAX)));
        for minor in [1, -5, 7] {
            bucket.add(money(minor));
            assert_eq!(bucket.sum, None);
        }
        assert_eq!(bucket.rows, 6);
    }
}
