//! `offers create-superuser`: the first person of the back office.

use std::io::{BufRead, Write};

use offers_application::create_users::UserForm;
use offers_application::identity::Origin;
use offers_domain::audit::Actor;
use offers_domain::user::Role;

use super::{password, say};
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::settings::Settings;
use crate::wiring::Base;

/// Who.
pub struct NewSuperuser {
    /// The login.
    pub username: String,
    /// The address.
    pub email: String,
    /// The password comes from standard input, even where that is a terminal.
    pub password_stdin: bool,
}

/// Adds a superuser.
pub async fn create_superuser(
    settings: &Settings,
    who: NewSuperuser,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let (base, _) = Base::open(settings).await?;
    let password = password::read(who.password_stdin, input)?;
    let username = who.username.clone();
    let form = UserForm { username: who.username, email: who.email, password, role: Role::Superuser };
    let user = base.create_users().run(form, Actor::System, &Origin::default()).await;
    let user = user.map_err(|error| StartError::Failed(error.to_string()))?;
    say(output, &format!("added the superuser {username} with id {user}"))
}
