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
    /// The password comes from standard input, even where that is a terminal.
    pub password_stdin: bool,
}

/// Adds a superuser. The password stands in no command line and no history, and is not shown: it is asked for twice on a
/// terminal, and is the first line of `input` elsewhere.
pub async fn create_superuser(
    settings: &Settings,
    who: NewSuperuser,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let (base, _) = Base::open(settings).await?;
    let asks = !who.password_stdin && std::io::stdin().is_terminal();
    let password = if asks { ask() } else { first_line(input) };
    let password =
        password.map_err(|error| StartError::Failed(format!("cannot read the password: {error}")))?;
    let username = who.username.clone();
    let form = UserForm { username: who.username, email: who.email, password, role: Role::Superuser };
    let user = base.create_users().run(form, Actor::System, &Origin::default()).await;
    let user = user.map_err(|error| StartError::Failed(error.to_string()))?;
    say(output, &format!("added the superuser {username} with id {user}"))
}

/// Asks until it was typed twice alike.
fn ask() -> std::io::Result<String> {
    loop {
        let password = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Once more: ")? == password {
            return Ok(password);
        }
    }
}

fn first_line(input: &mut dyn BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
