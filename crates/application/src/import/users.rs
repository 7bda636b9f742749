//! People, each with an empty wallet.

use std::collections::HashSet;

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::import::{ImportTable, ImportedRow, Newcomer, Refusal, SourceUser, newcomer};
use offers_domain::ports::{StoreError, UnitOfWork};

use super::report::{Outcome, Verdict};
use super::{ImportError, Mode, Run, before};
use crate::transact::{Done, transact};

impl Run<'_> {
    pub(super) async fn users(&self, rows: &[SourceUser]) -> Result<Outcome, ImportError> {
        let taken = &self.taken_names(rows).await?;
        let verdicts = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let known = before(unit, ImportTable::Users, rows).await?;
                let (mut verdicts, mut people) = (Vec::with_capacity(rows.len()), Vec::new());
                for row in rows {
                    verdicts.push(match (known.get(&row.id), newcomer(row)) {
                        (Some(known), _) => Verdict::before(known, None, &row.username),
                        (None, Err(refusal)) => Verdict::refused(row.id, None, &refusal),
                        (None, Ok(_)) if taken.contains(&row.username) => {
                            Verdict::refused(row.id, None, &Refusal::UsernameTaken)
                        }
                        (None, Ok(person)) => {
                            people.push((row.id, person.value));
                            Verdict::taken(row.id, None, &person.notes)
                        }
                    });
                }
                if self.mode == Mode::Trial || people.is_empty() {
                    return Ok(Done::Nothing(verdicts));
                }
                self.add(unit, &people).await?;
                Ok(Done::Write(verdicts))
            })
        })
        .await?;
        Ok(Outcome { table: ImportTable::Users, verdicts })
    }

    /// The names of a batch that somebody here has.
    async fn taken_names(&self, rows: &[SourceUser]) -> Result<HashSet<String>, StoreError> {
        let names: Vec<_> = rows.iter().filter_map(|row| newcomer(row).ok()).collect();
        let names: Vec<_> = names.into_iter().map(|person| person.value.user.username).collect();
        Ok(self.ports.queries.taken_usernames(&names).await?.into_iter().collect())
    }

    async fn add(&self, unit: &mut dyn UnitOfWork, people: &[(i64, Newcomer)]) -> Result<(), StoreError> {
        let now = unit.now().await?;
        let users: Vec<_> = people.iter().map(|(_, person)| person.user.clone()).collect();
        let ids = unit.insert_users(&users).await?;
        unit.open_wallets(&ids, self.ports.currency, now).await?;
        let added = || ids.iter().zip(people);
        let locked: Vec<_> =
            added().filter(|(_, (_, person))| !person.is_active).map(|(id, _)| *id).collect();
        unit.switch_off(&locked, &[]).await?;
        let remembered: Vec<_> = added()
            .map(|(id, (source, person))| ImportedRow {
                table: ImportTable::Users,
                source: *source,
                target: id.to_string(),
                seen: person.user.username.as_str().to_owned(),
            })
            .collect();
        unit.record_imported(&remembered, now).await?;
        let entry = |id| AuditEntry::new(Actor::System, AuditAction::UserCreated, Subject::User(id), now);
        let entries: Vec<_> = ids.iter().copied().map(entry).collect();
        unit.record_audit(&entries).await
    }
}
