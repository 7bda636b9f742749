//! Which call gets which behaviour.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::behaviour::{Behaviour, QueryBehaviour};

/// A change to the script: each part that is there replaces the one before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviours {
    /// For every order without a more special behaviour.
    pub default: Option<Behaviour>,
    /// For every order of an offer.
    pub by_offer: Option<HashMap<i64, Behaviour>>,
    /// For the next calls of one transaction, in order.
    pub by_transaction: Option<HashMap<Uuid, VecDeque<Behaviour>>>,
    /// For the next orders, in order.
    pub next: Option<VecDeque<Behaviour>>,
    /// For the next queries, in order.
    pub query_next: Option<VecDeque<QueryBehaviour>>,
}

/// The behaviours that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Script {
    default: Behaviour,
    by_offer: HashMap<i64, Behaviour>,
    by_transaction: HashMap<Uuid, VecDeque<Behaviour>>,
    next: VecDeque<Behaviour>,
    query_next: VecDeque<QueryBehaviour>,
}

impl Script {
    pub(crate) fn change(&mut self, behaviours: Behaviours) {
        let Behaviours { default, by_offer, by_transaction, next, query_next } = behaviours;
        replace(&mut self.default, default);
        replace(&mut self.by_offer, by_offer);
        replace(&mut self.by_transaction, by_transaction);
        replace(&mut self.next, next);
        replace(&mut self.query_next, query_next);
    }

    /// The behaviour for this order; queued ones are used up.
    pub(crate) fn for_order(&mut self, transaction: Uuid, offer: i64) -> Behaviour {
        if let Some(behaviour) = self.by_transaction.get_mut(&transaction).and_then(VecDeque::pop_front) {
            return behaviour;
        }
        if let Some(behaviour) = self.next.pop_front() {
            return behaviour;
        }
        self.by_offer.get(&offer).unwrap_or(&self.default).clone()
    }

    /// The behaviour for this query, which is used up.
    pub(crate) fn for_query(&mut self) -> QueryBehaviour {
        self.query_next.pop_front().unwrap_or_default()
    }
}

fn replace<T>(part: &mut T, with: Option<T>) {
    if let Some(with) = with {
        *part = with;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::{Fault, Refusal};

    const TRANSACTION: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn refuse(code: &str) -> Behaviour {
        Behaviour::Refuse(Refusal { code: code.into(), message: "no".into() })
    }

    #[test]
    fn an_empty_script_activates() {
        let mut script = Script::default();
        assert_eq!(script.for_order(TRANSACTION, 1), Behaviour::Activate);
        assert_eq!(script.for_query(), QueryBehaviour::Answer);
    }

    #[test]
    fn the_most_special_behaviour_wins_and_queues_are_used_up_in_order() {
        let mut script = Script::default();
        script.change(Behaviours {
            default: Some(refuse("default")),
            by_offer: Some([(3, refuse("offer"))].into()),
            by_transaction: Some([(TRANSACTION, [refuse("own 1"), refuse("own 2")].into())].into()),
            next: Some([refuse("next")].into()),
            query_next: None,
        });
        assert_eq!(script.for_order(TRANSACTION, 3), refuse("own 1"));
        assert_eq!(script.for_order(OTHER, 3), refuse("next"));
        assert_eq!(script.for_order(OTHER, 3), refuse("offer"));
        assert_eq!(script.for_order(OTHER, 4), refuse("default"));
        assert_eq!(script.for_order(TRANSACTION, 4), refuse("own 2"));
        assert_eq!(script.for_order(TRANSACTION, 3), refuse("offer"));
    }

    #[test]
    fn a_change_leaves_the_parts_it_does_not_name() {
        let mut script = Script::default();
        script.change(Behaviours { default: Some(refuse("default")), ..Behaviours::default() });
        script.change(Behaviours { next: Some([refuse("next")].into()), ..Behaviours::default() });
        assert_eq!(script.for_order(TRANSACTION, 1), refuse("next"));
        assert_eq!(script.for_order(TRANSACTION, 1), refuse("default"));
    }

    #[test]
    fn scripts_are_written_as_documented() {
        let written = r#"{
            "default": "activate",
            "by_offer": {"3": {"refuse": {"code": "barred", "message": "no"}}},
            "by_transaction": {"00000000-0000-0000-0000-000000000001": [{"delay": {"ms": 500}}]},
            "next": [
                {"pending": {"ms": 500, "then": "activate"}},
                {"fail": {"status": {"code": 503, "retry_after": 7}}},
                {"execute_then": "drop"},
                {"execute_then": {"drip": {"ms": 50}}}
            ],
            "query_next": ["answer", "not_found", {"fail": "hang"}]
        }"#;
        let behaviours: Behaviours = serde_json::from_str(written).unwrap();
        assert_eq!(behaviours.by_offer, Some([(3, refuse("barred"))].into()));
        let next = behaviours.next.unwrap();
        assert_eq!(next[1], Behaviour::Fail(Fault::Status { code: 503, retry_after: Some(7) }));
        assert_eq!(next[2], Behaviour::ExecuteThen(Fault::Drop));
        assert!(serde_json::from_str::<Behaviours>(r#"{"nxt": []}"#).is_err());
    }
}
