//! What an endpoint's messages are signed with.

use std::fmt;

/// A signing secret in the spelling of Standard Webhooks: `whsec_` and base64. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_printed() {
        assert_eq!(format!("{:?}", Secret("whsec_abc".into())), "Secret(…)");
    }
}
