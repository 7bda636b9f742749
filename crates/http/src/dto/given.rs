//! Fields of which a client says nothing, that they are empty, or what they hold.

use serde::{Deserialize, Deserializer};

/// The value of a field that was sent; none where it was a null.
#[derive(Debug)]
pub(crate) struct Given<T>(pub(crate) Option<T>);

/// A field that was sent, be it a null.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Given<T>>, D::Error> {
    Option::deserialize(deserializer).map(|value| Some(Given(value)))
}
