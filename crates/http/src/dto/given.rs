//! Fields of which a client says nothing, that they are empty, or what they hold.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// The value of a field that was sent; none where it was a null.
#[derive(Debug)]
pub(crate) struct Given<T>(pub(crate) Option<T>);

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(shapes: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(shapes)
    }
}

/// A field that was sent, be it a null.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Given<T>>, D::Error> {
    Option::deserialize(deserializer).map(|value| Some(Given(value)))
}
