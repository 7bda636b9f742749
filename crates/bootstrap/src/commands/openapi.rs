//! The contract of the API.

use std::io::Write;

use crate::StartError;

/// Prints it, as JSON.
pub fn openapi(output: &mut dyn Write) -> Result<(), StartError> {
    let printed = output.write_all(offers_http::openapi().as_bytes()).and_then(|()| output.flush());
    printed.map_err(|error| StartError::Failed(format!("cannot print: {error}")))
}
