//! People.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::UserId;
use offers_domain::ports::{StoreError, Users};
use offers_domain::user::NewUser;
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{NewUserRow, micros};
use crate::schema::users;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl Users for SqliteUnitOfWork {
    async fn insert_users(&mut self, users: &[NewUser]) -> Result<Vec<UserId>, StoreError> {
        self.over(users, |connection, users| users.iter().map(|user| insert(connection, user)).collect())
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
            diesel::update(users::table.find(user.0))
                .set((users::password_hash.eq(hash), users::updated_at.eq(micros(now))))
                .execute(connection)?;
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
