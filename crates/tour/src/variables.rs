//! Names and values between the steps.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Surprise;

/// What is never shown: a terminal is looked over, and its text is pasted into tickets.
const SECRETS: [&str; 7] = [
    "access_token",
    "partner_key",
    "password",
    "refresh_token",
    "staff_password",
    "staff_refresh_token",
    "staff_token",
];

/// Whether the value of this name is shown to nobody.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

/// A piece of a text with `{{names}}`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The pieces of a text, in order.
pub(crate) fn pieces(mut template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some((before, (name, after))) =
        template.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    {
        pieces.extend([Piece::Text(before), Piece::Name(name)]);
        template = after;
    }
    pieces.push(Piece::Text(template));
    pieces
}

/// What is known so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, Value>);

impl Variables {
    pub(crate) fn keep(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Value, Surprise> {
        self.0.get(name).ok_or_else(|| Surprise::Unknown(name.to_owned()))
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text with every name filled in.
    pub(crate) fn fill(&self, template: &str) -> Result<String, Surprise> {
        self.fill_with(template, |_, value| value)
    }

    /// The text with every name filled in; what a secret becomes is the caller's choice.
    pub(crate) fn fill_with(
        &self,
        template: &str,
        shown: impl Fn(&str, String) -> String,
    ) -> Result<String, Surprise> {
        pieces(template)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(text.to_owned()),
                Piece::Name(name) => Ok(shown(name, plain(self.get(name)?))),
            })
            .collect()
    }
}

/// A value as it stands in an address or a header: a text without quotes.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_filled_in_and_an_unknown_one_is_a_surprise() {
        let mut variables = Variables::default();
        variables.keep("offer_id", json!(3));
        variables.keep("price", json!("9.99"));
        let filled = variables.fill(r#"{"offer_id":{{offer_id}},"amount":"{{price}}"}"#).unwrap();
        assert_eq!(filled, r#"{"offer_id":3,"amount":"9.99"}"#);
        assert_eq!(variables.fill("/{{else}}/"), Err(Surprise::Unknown("else".into())));
    }

    #[test]
    fn a_brace_that_opens_nothing_is_text() {
        assert_eq!(pieces("a{{b}}{{"), [Piece::Text("a"), Piece::Name("b"), Piece::Text("{{")]);
    }
}
