//! The contract of a store: what every database behind [`Store`] and [`Queries`] must do.
//!
//! A case states an outcome, never a mechanism, so that the same cases hold for a server with row locks and for a file
//! with one writer. `store_contract!(Harness)` runs each as a test of its own name.

mod cases;
pub mod steps;
mod world;

/// One module for each subject; each case is one behaviour.
macro_rules! subjects {
    ($($subject:ident),+ $(,)?) => {
        $(
            #[expect(missing_docs, reason = "a case's name is the sentence that it shows")]
            pub mod $subject;
        )+

        /// The cases' source text, for the test that none is forgotten.
        #[cfg(test)]
        const SOURCES: &[(&str, &str)] =
            &[$((stringify!($subject), include_str!(concat!(stringify!($subject), ".rs")))),+];
    };
}

subjects!(
    activation_partners,
    audit,
    back_office,
    callbacks,
    catalogue,
    concurrency,
    due_user_offers,
    idempotency,
    imports,
    incidents,
    ledger,
    ledger_audit,
    notices,
    offer_rules,
    partner_orders,
    partners,
    queries,
    renewals,
    schedules,
    sessions,
    status,
    transactions,
    unit_of_work,
    user_offers,
    users,
    webhook_deliveries,
    webhooks,
    work,
);

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ports::{Queries, Store};

/// Makes databases for the contract's cases.
#[async_trait]
pub trait StoreHarness: Send + Sync + Sized + 'static {
    /// An empty database with the newest schema. It goes away with the harness.
    async fn fresh() -> Self;

    /// The database's writing side.
    fn store(&self) -> Arc<dyn Store>;

    /// The database's reading side.
    fn queries(&self) -> Arc<dyn Queries>;

    /// Another store on the same database, as another process would have.
    fn second_connection(&self) -> Arc<dyn Store>;
}

#[cfg(test)]
mod tests {
    use super::SOURCES;
    use crate::contract::guard::unlisted;

    #[test]
    fn every_case_is_run_by_every_store() {
        let listed: &[(&str, &[&str])] = &crate::store_contract!(@names);
        for (subject, source) in SOURCES {
            let (_, cases) = listed.iter().find(|(listed, _)| listed == subject).expect(subject);
            assert_eq!(unlisted(source, cases), [""; 0], "cases of {subject} are not in cases.rs");
        }
    }
}
