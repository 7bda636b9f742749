//! People.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::UserId;
use offers_domain::ports::{Credentials, Locked, StoreError, Users};
use offers_domain::user::{NewUser, Role, User};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{NewUserRow, UserRow, micros};
use crate::schema::users;
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

#[async_trait]
impl Users for SqliteUnitOfWork {
    async fn insert_users(&mut self, users: &[NewUser]) -> Result<Vec<UserId>, StoreError> {
        self.over(users, |connection, users| users.iter().map(|user| insert(connection, user)).collect())
            .await
    }

    async fn find_users(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        self.over(ids, |connection, ids| {
            let found = ids.iter().filter_map(|id| find(connection, *id).transpose());
            found.collect()
        })
        .await
    }

    async fn lock_credentials(&mut self, ids: &[UserId]) -> Result<Vec<Locked<Credentials>>, StoreError> {
        self.over(ids, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            let known = ids.iter().filter_map(|id| credentials(connection, *id).transpose());
            known.map(|known| Ok(Locked::by_store(known?))).collect()
        })
        .await
    }

    async fn set_access(
        &mut self,
        user: UserId,
        role: Role,
        is_active: bool,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.run(move |connection| {
            let changes = (
                users::role.eq(role.as_str()),
                users::is_active.eq(is_active),
                users::updated_at.eq(micros(now)),
            );
            update(&users::table, changes, users::id.eq(user.0)).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn set_contact(&mut self, user: &User, now: OffsetDateTime) -> Result<(), StoreError> {
        let (id, phone, locale) = (user.id, user.phone.clone(), user.locale);
        self.run(move |connection| {
            let changes = (
                users::phone.eq(phone),
                users::locale.eq(locale.as_str()),
                users::updated_at.eq(micros(now)),
            );
            update(&users::table, changes, users::id.eq(id.0)).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn set_password_hash(
        &mut self,
        user: UserId,
        hash: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let hash = hash.to_owned();
        self.run(move |connection| {
            let changes = (users::password_hash.eq(hash), users::updated_at.eq(micros(now)));
            update(&users::table, changes, users::id.eq(user.0)).execute(connection)?;
            Ok(())
        })
        .await
    }
}

fn insert(connection: &mut SqliteConnection, user: &NewUser) -> Result<UserId, SqliteError> {
    let id = diesel::insert_into(users::table)
        .values(NewUserRow::from(user))
        .returning(users::id)
        .get_result(connection)?;
    Ok(UserId(id))
}

/// One person, for this unit and for the reading side.
pub(crate) fn find(connection: &mut SqliteConnection, id: UserId) -> Result<Option<User>, SqliteError> {
    Ok(credentials(connection, id)?.map(|credentials| credentials.user))
}

fn credentials(connection: &mut SqliteConnection, id: UserId) -> Result<Option<Credentials>, SqliteError> {
    let user = users::table.find(id.0).select(UserRow::as_select());
    Ok(user.get_result(connection).optional()?.map(Credentials::try_from).transpose()?)
}
