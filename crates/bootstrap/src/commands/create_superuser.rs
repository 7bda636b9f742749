//! `offers create-superuser`: the first person of the back office.

use std::io::{BufRead, IsTerminal, Write};

use offers_application::create_users::UserForm;
use offers_application::identity::Origin;
use offers_domain::audit::Actor;
use offers_domain::user::Role;

use super::say;
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
}

/// Adds a superuser. The password is the first line of `input`, so that it stands in no command line and no history.
pub async fn create_superuser(
    settings: &Settings,
    who: NewSuperuser,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let (base, _) = Base::open(settings).await?;
    if std::io::stdin().is_terminal() {
        say(output, "Type the password (it is shown as you type) and press Enter:")?;
    }
    let mut password = String::new();
    input
        .read_line(&mut password)
        .map_err(|error| StartError::Failed(format!("cannot read the password: {error}")))?;
    let username = who.username.clone();
    let form = UserForm {
        username: who.username,
        email: who.email,
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
        role: Role::Superuser,
    };
    let user = base.create_users().run(form, Actor::System, &Origin::default()).await;
    let user = user.map_err(|error| StartError::Failed(error.to_string()))?;
    say(output, &format!("added the superuser {username} with id {user}"))
}
