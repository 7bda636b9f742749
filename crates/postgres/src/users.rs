//! People.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use offers_domain::ids::UserId;
use offers_domain::ports::{Credentials, Locked, StoreError, Users};
use offers_domain::user::{NewUser, Role, User};
use time::OffsetDateTime;

use crate::rows::{NewUserRow, UserRow};
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const INSERT: &str = "
    INSERT INTO users (username, email, phone, password_hash, role, locale, joined_at, updated_at)
    SELECT username, email, phone, password_hash, role, locale, joined_at, joined_at
    FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY
        AS n (username, email, phone, password_hash, role, locale, joined_at, place)
    ORDER BY place
    RETURNING id";

const FIND: &str = "
    SELECT id, username, email, phone, password_hash, role, locale, is_active, joined_at
    FROM users WHERE id = ANY ($1) ORDER BY id";

const LOCK: &str = "
    SELECT id, username, email, phone, password_hash, role, locale, is_active, joined_at
    FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

const SET_ACCESS: &str = "UPDATE users SET role = $2, is_active = $3, updated_at = $4 WHERE id = $1";

const SET_CONTACT: &str = "UPDATE users SET phone = $2, locale = $3, updated_at = $4 WHERE id = $1";

const SET_PASSWORD_HASH: &str = "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1";

#[async_trait]
impl Users for PgUnitOfWork {
    async fn insert_users(&mut self, users: &[NewUser]) -> Result<Vec<UserId>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<NewUserRow> = users.iter().map(NewUserRow::from).collect();
        let insert = bind_columns!(statement(INSERT), rows;
            username: Text, email: Text, phone: Nullable<Text>, password_hash: Text, role: Text, locale: Text,
            joined_at: Timestamptz);
        self.insert(insert, UserId).await
    }

    async fn find_users(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<UserRow> = self.rows(statement(FIND).bind::<Array<BigInt>, _>(ids)).await?;
        rows.into_iter().map(|row| Ok(Credentials::try_from(row)?.user)).collect()
    }

    async fn lock_credentials(&mut self, ids: &[UserId]) -> Result<Vec<Locked<Credentials>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<UserRow> = self.rows(statement(LOCK).bind::<Array<BigInt>, _>(ids)).await?;
        rows.into_iter().map(|row| Ok(Locked::by_store(Credentials::try_from(row)?))).collect()
    }

    async fn set_access(
        &mut self,
        user: UserId,
        role: Role,
        is_active: bool,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let update = statement(SET_ACCESS)
            .bind::<BigInt, _>(user.0)
            .bind::<Text, _>(role.as_str())
            .bind::<Bool, _>(is_active)
            .bind::<Timestamptz, _>(now);
        self.write(update)
    }

    async fn set_contact(&mut self, user: &User, now: OffsetDateTime) -> Result<(), StoreError> {
        let update = statement(SET_CONTACT)
            .bind::<BigInt, _>(user.id.0)
            .bind::<Nullable<Text>, _>(user.phone.clone())
            .bind::<Text, _>(user.locale.as_str())
            .bind::<Timestamptz, _>(now);
        self.write(update)
    }

    async fn set_password_hash(
        &mut self,
        user: UserId,
        hash: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let update = statement(SET_PASSWORD_HASH)
            .bind::<BigInt, _>(user.0)
            .bind::<Text, _>(hash.to_owned())
            .bind::<Timestamptz, _>(now);
        self.write(update)
    }
}
