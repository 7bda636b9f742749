//! The shapes of what is asked and answered, as the contract writes them.

use std::collections::BTreeMap;

use schemars::generate::{Contract, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema as Shape, SchemaGenerator};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

/// Collects the shapes that have names: a request's from what is read, an answer's from what is written.
pub(crate) struct Shapes {
    asked: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Shapes {
    /// None so far.
    pub(super) fn new() -> Self {
        let collector = |contract| {
            let settings = SchemaSettings::draft2020_12();
            let settings = settings.with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.contract = contract;
            });
            settings.with_transform(RecursiveTransform(simplified)).into_generator()
        };
        Self { asked: collector(Contract::Deserialize), answered: collector(Contract::Serialize) }
    }

    /// The shape of a request's body or parameter.
    pub(crate) fn asked<T: JsonSchema>(&mut self) -> RefOr<Schema> {
        written(self.asked.subschema_for::<T>().to_value())
    }

    /// The shape of an answer's body.
    pub(crate) fn answered<T: JsonSchema>(&mut self) -> RefOr<Schema> {
        written(self.answered.subschema_for::<T>().to_value())
    }

    /// The fields of a request that is no body: name, shape, and whether it must be there.
    pub(crate) fn fields<T: JsonSchema>(&mut self) -> Vec<(String, Value, bool)> {
        let mut whole = T::json_schema(&mut self.asked).to_value();
        let required: Vec<_> = whole.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let fields = whole.get_mut("properties").and_then(Value::as_object_mut).map(std::mem::take);
        let fields = fields.into_iter().flatten();
        fields
            .map(|(name, shape)| (name.clone(), never_null(shape), required.contains(&name.into())))
            .collect()
    }

    /// Every shape with a name.
    pub(super) fn named(mut self) -> BTreeMap<String, RefOr<Schema>> {
        let asked = self.asked.take_definitions(true).into_iter();
        let answered = self.answered.take_definitions(true);
        asked.chain(answered).map(|(name, shape)| (name, written(shape))).collect()
    }
}

/// The document's own types know lists of values, not single ones, and no default that is nothing.
fn simplified(shape: &mut Shape) {
    if let Some(value) = shape.remove("const") {
        shape.insert("enum".to_owned(), Value::Array(vec![value]));
    }
    if shape.get("default").is_some_and(Value::is_null) {
        shape.remove("default");
    }
}

/// A parameter that is not there is not sent: what is read as `Option` is never a null.
fn never_null(mut shape: Value) -> Value {
    if let Some(either) = shape.get("anyOf").and_then(Value::as_array) {
        let mut some = either.iter().filter(|shape| shape.get("type").is_none_or(|kind| kind != "null"));
        if let Some(Value::Object(only)) = some.next().filter(|_| some.next().is_none()).cloned() {
            let mut only = only;
            if let Some(description) = shape.get("description") {
                only.insert("description".to_owned(), description.clone());
            }
            shape = Value::Object(only);
        }
    }
    if let Some(kind) = shape.get_mut("type")
        && let Value::Array(kinds) = kind
    {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            *kind = only.clone();
        }
    }
    shape
}

/// A shape in the document's own types. They know every word that ours use, where its `type` is said.
pub(crate) fn written(shape: Value) -> RefOr<Schema> {
    let written = serde_json::from_value(shape.clone()).unwrap_or_else(|_| RefOr::T(Schema::default()));
    debug_assert_eq!(serde_json::to_value(&written).ok(), Some(shape), "a part of a shape is lost");
    written
}

/// The same for one that is written down here and there.
pub(crate) fn plain(shape: Shape) -> RefOr<Schema> {
    written(shape.to_value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::Sketch;
    use crate::routes::API;

    fn of_the_api() -> Shapes {
        let mut shapes = Shapes::new();
        for endpoint in API {
            (endpoint.handler.draw)(&mut Sketch::new(&mut shapes));
        }
        shapes
    }

    #[test]
    fn what_is_asked_and_answered_under_one_name_is_one_shape() {
        let shapes = of_the_api();
        for (name, shape) in shapes.asked.definitions() {
            let answered = shapes.answered.definitions().get(name);
            assert!(answered.is_none_or(|answered| answered == shape), "{name}");
        }
    }
}
