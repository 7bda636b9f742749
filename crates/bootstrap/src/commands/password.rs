//! Passwords that are typed in. They stand in no command line and no history, and are not shown.

use std::io::{BufRead, IsTerminal};

use crate::StartError;

/// Asks for a password twice on a terminal; elsewhere, or where `from_input` says so, it is the first line of `input`.
pub(super) fn read(from_input: bool, input: &mut dyn BufRead) -> Result<String, StartError> {
    let asks = !from_input && std::io::stdin().is_terminal();
    let password = if asks { ask() } else { first_line(input) };
    password.map_err(|error| StartError::Failed(format!("cannot read the password: {error}")))
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
