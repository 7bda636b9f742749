//! What the shell and its users need of the command line itself: completions and manual pages.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use offers_bootstrap::StartError;

use crate::arguments::Arguments;

/// Prints the script that completes commands, flags and values in this shell.
pub(crate) fn completions(shell: Shell, output: &mut dyn Write) -> Result<(), StartError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "offers", &mut script);
    output.write_all(&script).map_err(|error| failed(&error))
}

/// Prints the manual page; into a folder it writes a page for each command.
pub(crate) fn manual(folder: Option<&Path>, output: &mut dyn Write) -> Result<(), StartError> {
    let command = Arguments::command();
    let written = match folder {
        Some(folder) => clap_mangen::generate_to(command, folder),
        None => clap_mangen::Man::new(command).render(output),
    };
    written.map_err(|error| failed(&error))
}

fn failed(error: &std::io::Error) -> StartError {
    StartError::Failed(format!("cannot write: {error}"))
}
