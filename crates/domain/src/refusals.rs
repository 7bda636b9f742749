//! What was refused to those who are known, added up: somebody who asks for what is not theirs leaves a trace, and one who
//! asks again and again leaves no more of it (ADR 0023).

use std::collections::{BTreeMap, HashMap};

use time::OffsetDateTime;

use crate::audit::{Actor, AuditAction, AuditEntry, RequestId, Subject};

/// So many are kept apart between two writings; more are counted together.
const KEPT: usize = 1_000;

/// One request that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who asked.
    pub actor: Actor,
    /// With which code: a closed set of names.
    pub code: &'static str,
    /// Where: the route, with places for its ids.
    pub route: &'static str,
    /// For what, where the path names it.
    pub asked_for: Option<String>,
    /// The request.
    pub request: Option<RequestId>,
    /// When, UTC.
    pub at: OffsetDateTime,
}

/// What was refused since the last writing.
#[derive(Debug, Default)]
pub struct Refusals {
    known: HashMap<Actor, Counted>,
    others: u64,
}

/// How often, and what the last one was.
#[derive(Debug)]
struct Counted {
    codes: BTreeMap<&'static str, u64>,
    last: Refusal,
}

impl Refusals {
    /// Counts one. Those of nobody in particular are not worth a trace.
    pub fn note(&mut self, refusal: Refusal) {
        let full = self.known.len() >= KEPT;
        if let Some(counted) = self.known.get_mut(&refusal.actor) {
            let times = counted.codes.entry(refusal.code).or_default();
            *times = times.saturating_add(1);
            counted.last = refusal;
        } else if full {
            self.others = self.others.saturating_add(1);
        } else {
            let codes = BTreeMap::from([(refusal.code, 1)]);
            self.known.insert(refusal.actor, Counted { codes, last: refusal });
        }
    }

    /// One entry for each who was refused something, and how many requests of others there were beside.
    pub fn take(&mut self) -> (Vec<AuditEntry>, u64) {
        let known = std::mem::take(&mut self.known);
        let mut entries: Vec<_> = known.into_values().filter_map(Counted::entry).collect();
        entries.sort_by_key(|entry| entry.at);
        (entries, std::mem::take(&mut self.others))
    }
}

impl Counted {
    /// The trail is about whoever asked: what they asked for may not exist.
    fn entry(self) -> Option<AuditEntry> {
        let Refusal { actor, route, asked_for, request, at, .. } = self.last;
        let subject = match actor {
            Actor::User(user) | Actor::Staff(user) => Subject::User(user),
            Actor::Partner(partner) => Subject::Partner(partner),
            Actor::System | Actor::Anonymous => return None,
        };
        let entry = AuditEntry::new(actor, AuditAction::AccessRefused, subject, at)
            .in_request(request.as_ref())
            .with("last_route", route);
        let entry = match asked_for {
            Some(id) => entry.with("last_id", id),
            None => entry,
        };
        Some(self.codes.into_iter().fold(entry, |entry, (code, times)| entry.with(code, times)))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::ids::{PartnerId, UserId};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn refusal(actor: Actor, code: &'static str, id: &str) -> Refusal {
        Refusal {
            actor,
            code,
            route: "/api/v1/account/transactions/{id}/",
            asked_for: Some(id.to_owned()),
            request: RequestId::try_new(id),
            at: NOW,
        }
    }

    #[test]
    fn whoever_asks_a_hundred_times_has_one_entry() {
        let (user, partner) = (Actor::User(UserId(7)), Actor::Partner(PartnerId(2)));
        let mut refusals = Refusals::default();
        for number in 0..100 {
            refusals.note(refusal(user, "transaction_not_found", &number.to_string()));
        }
        refusals.note(Refusal { asked_for: None, ..refusal(user, "forbidden", "last") });
        let later = NOW + time::Duration::SECOND;
        refusals.note(Refusal { at: later, ..refusal(partner, "transaction_not_found", "REF-1") });
        let (entries, others) = refusals.take();
        assert_eq!((entries.len(), others), (2, 0));
        assert_eq!((entries[0].actor, entries[0].subject), (user, Subject::User(UserId(7))));
        assert_eq!(entries[0].details["transaction_not_found"], "100");
        assert_eq!((&*entries[0].details["forbidden"], entries[0].details.get("last_id")), ("1", None));
        assert_eq!(entries[0].request, RequestId::try_new("last"));
        assert_eq!(entries[1].details["last_id"], "REF-1");
        assert_eq!(refusals.take(), (Vec::new(), 0), "each is told of once");
    }

    #[test]
    fn many_who_ask_have_no_more_than_there_is_room_for() {
        let mut refusals = Refusals::default();
        for user in 0..1_500 {
            refusals.note(refusal(Actor::User(UserId(user)), "forbidden", "1"));
        }
        let (entries, others) = refusals.take();
        assert_eq!((entries.len(), others), (KEPT, 500));
    }
}
