//! Customers who are logged in. Logging thousands in through the API would measure password hashing, so their sessions
//! are written to the store, and their tokens signed with the key that the API is given.

use std::sync::Arc;

use offers_auth::{JwtSettings, JwtTokens, SigningKey};
use offers_domain::ids::UserId;
use offers_domain::ports::{AccessClaims, AccessTokens, IdSource};
use offers_domain::user::Role;
use offers_local::RandomIds;
use offers_postgres::{PgSettings, PgStore};
use time::Duration;

use crate::Outcome;
use crate::database::Database;
use crate::sessions::log_in;

/// The key of the programs under test; nobody's secret.
pub(crate) const KEY: &str = "a key of 32 bytes for measuring!";
/// What the programs write into their tokens.
const ISSUER: &str = "offers-api";
/// Longer than any run.
const LIFETIME: Duration = Duration::hours(2);
/// Sessions to a commit.
const BATCH: usize = 500;

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) user: i64,
    pub(crate) token: String,
}

/// Who orders, and what.
#[derive(Debug, Clone)]
pub(crate) struct Customers {
    pub(crate) people: Arc<[Customer]>,
    /// The cheapest offer.
    pub(crate) offer: i64,
}

impl Customers {
    /// Logs customers from all over the table in.
    pub(crate) async fn log_in(database: &Database, count: usize) -> Outcome<Self> {
        let users = "SELECT user_id FROM accounts WHERE kind = 'wallet' ORDER BY hashint8(user_id) LIMIT $1";
        let rows = database.client.query(users, &[&i64::try_from(count)?]).await?;
        let users: Vec<_> = rows.iter().map(|row| row.try_get(0).map(UserId)).collect::<Result<_, _>>()?;
        let store = PgStore::connect(&PgSettings::new(&database.url)).await?;
        let mut people = Vec::with_capacity(users.len());
        for batch in users.chunks(BATCH) {
            people.extend(tokens(&store, batch).await?);
        }
        let cheapest = "SELECT id FROM offers WHERE is_active ORDER BY price, id LIMIT 1";
        let offer = database.client.query_one(cheapest, &[]).await?.try_get(0)?;
        Ok(Self { people: people.into(), offer })
    }

    /// Goes round.
    pub(crate) fn number(&self, number: u64) -> Option<&Customer> {
        let count = u64::try_from(self.people.len()).ok()?.max(1);
        self.people.get(usize::try_from(number % count).ok()?)
    }
}

async fn tokens(store: &PgStore, users: &[UserId]) -> Outcome<Vec<Customer>> {
    let ids: Arc<dyn IdSource> = Arc::new(RandomIds);
    let key = SigningKey { kid: "1".into(), secret: KEY.into() };
    let settings =
        JwtSettings { issuer: ISSUER.into(), audience: ISSUER.into(), current: key, previous: None };
    let tokens = JwtTokens::try_new(settings, ids.clone())?;
    let mut people = Vec::with_capacity(users.len());
    for session in log_in(store, users, &*ids).await? {
        let claims = AccessClaims {
            user: session.user,
            session: session.id,
            role: Role::Customer,
            issued_at: session.created_at,
            expires_at: session.created_at.saturating_add(LIFETIME),
        };
        people.push(Customer { user: session.user.0, token: tokens.issue(&claims)? });
    }
    Ok(people)
}
