//! Balances: what a wallet held becomes its first top-up.

use std::collections::HashMap;

use offers_domain::account::{Account, AccountError, AccountOwner};
use offers_domain::ids::UserId;
use offers_domain::import::{ImportTable, ImportedRow, SourceAccount, money, opening_balance};
use offers_domain::money::Amount;
use offers_domain::ports::{Locked, StoreError, UnitOfWork};

use super::report::{Outcome, Verdict};
use super::{Home, Homes, ImportError, Mode, Run, before};
use crate::transact::{Done, transact};

impl Run<'_> {
    pub(super) async fn accounts(&self, rows: &[SourceAccount]) -> Result<Outcome, ImportError> {
        let currency = self.ports.currency;
        let users: &Vec<i64> = &rows.iter().map(|row| row.user).collect();
        let verdicts = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let homes = Homes::of(unit, users, &[], &self.refused, self.mode).await?;
                let known = before(unit, ImportTable::Accounts, rows).await?;
                let (mut verdicts, mut openings) = (Vec::with_capacity(rows.len()), Vec::new());
                for row in rows {
                    let holds = money(&row.balance, currency).ok();
                    if let Some(known) = known.get(&row.id) {
                        verdicts.push(Verdict::before(known, holds, &row.balance));
                        continue;
                    }
                    let opening =
                        homes.user(row.user).and_then(|home| Ok((home, opening_balance(row, currency)?)));
                    verdicts.push(match opening {
                        Err(refusal) => Verdict::refused(row.id, holds, &refusal),
                        Ok((home, amount)) => {
                            if let Home::Here(user) = home {
                                openings.push((row, user, amount));
                            }
                            Verdict::taken(row.id, holds, &[])
                        }
                    });
                }
                if self.mode == Mode::Trial || openings.is_empty() {
                    return Ok(Done::Nothing(Ok(verdicts)));
                }
                Ok(match fill(unit, &openings).await? {
                    Ok(()) => Done::Write(Ok(verdicts)),
                    Err(error) => Done::Nothing(Err(error)),
                })
            })
        })
        .await??;
        Ok(Outcome { table: ImportTable::Accounts, verdicts })
    }
}

async fn fill(
    unit: &mut dyn UnitOfWork,
    openings: &[(&SourceAccount, UserId, Option<Amount>)],
) -> Result<Result<(), AccountError>, StoreError> {
    let now = unit.now().await?;
    let users: Vec<_> = openings.iter().map(|(_, user, _)| *user).collect();
    let mut wallets = wallets_of(unit, &users).await?;
    let (mut transfers, mut remembered) = (Vec::new(), Vec::new());
    for (row, user, amount) in openings {
        let Some(wallet) = wallets.get_mut(user) else {
            return Err(StoreError::Misuse(format!("user {user} has no wallet")));
        };
        match amount.map(|amount| wallet.top_up(amount)).transpose() {
            Ok(transfer) => transfers.extend(transfer),
            Err(error) => return Ok(Err(error)),
        }
        remembered.push(ImportedRow {
            table: ImportTable::Accounts,
            source: row.id,
            target: wallet.id().to_string(),
            seen: row.balance.clone(),
        });
    }
    unit.apply_transfers(&transfers, now).await?;
    unit.record_imported(&remembered, now).await.map(Ok)
}

/// Locked wallets, by their users.
pub(super) type Wallets = HashMap<UserId, Locked<Account>>;

pub(super) async fn wallets_of(unit: &mut dyn UnitOfWork, users: &[UserId]) -> Result<Wallets, StoreError> {
    let wallets = unit.lock_wallets(users).await?.into_iter();
    let owned = wallets.filter_map(|wallet| match wallet.owner() {
        AccountOwner::User(user) => Some((user, wallet)),
        AccountOwner::Partner(_) => None,
    });
    Ok(owned.collect())
}
