//! Customers who are logged in. Logging thousands in through the API would measure password hashing, so their sessions
//! are written to the store, and their tokens signed with the key that the API is given.

use std::sync::Arc;

use offers_auth::{JwtSettings, JwtTokens, SigningKey};
use offers_domain::ids::UserId;
use offers_domain::ports::{AccessClaims, AccessTokens, Clock, IdSource, Store};
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};
use offers_domain::user::Role;
use offers_local::{RandomIds, SystemClock};
use offers_postgres::{PgSettings, PgStore};
use time::Duration;

use crate::Outcome;
use crate::database::Database;

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
        let users: Vec<i64> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let store = PgStore::connect(&PgSettings::new(&database.url)).await?;
        let mut people = Vec::with_capacity(users.len());
        for batch in users.chunks(BATCH) {
            people.extend(sessions(&store, batch).await?);
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

async fn sessions(store: &PgStore, users: &[i64]) -> Outcome<Vec<Customer>> {
    let ids: Arc<dyn IdSource> = Arc::new(RandomIds);
    let key = SigningKey { kid: "1".into(), secret: KEY.into() };
    let settings =
        JwtSettings { issuer: ISSUER.into(), audience: ISSUER.into(), current: key, previous: None };
    let tokens = JwtTokens::try_new(settings, ids.clone())?;
    let (policy, now) = (SessionPolicy::default(), SystemClock.now());
    let mut unit = store.begin().await?;
    let mut people = Vec::with_capacity(users.len());
    for user in users {
        let session = Session::begin(ids.session_id(), UserId(*user), &policy, now);
        let mut hash = [0; 32];
        hash.iter_mut().zip(session.id.0.as_bytes()).for_each(|(to, from)| *to = *from);
        let expires_at = session.token_expiry(&policy, now);
        let refresh = RefreshToken {
            hash: RefreshHash(hash),
            session: session.id,
            parent: None,
            expires_at,
            used_at: None,
        };
        unit.insert_session(&session, &refresh).await?;
        let claims = AccessClaims {
            user: session.user,
            session: session.id,
            role: Role::Customer,
            issued_at: now,
            expires_at: now.saturating_add(LIFETIME),
        };
        people.push(Customer { user: *user, token: tokens.issue(&claims)? });
    }
    unit.commit().await?;
    Ok(people)
}
