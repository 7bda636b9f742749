//! JSON as it was sent: a bounded tree that forgets nothing, not even a field that is there twice.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};
use serde_json::Number;

/// How deep lists and objects may nest.
const MAX_DEPTH: u8 = 32;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Not JSON, or nested too deeply; where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Json {
    /// Reads one document and nothing after it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let malformed = |error: serde_json::Error| Malformed { line: error.line(), column: error.column() };
        let json = Tree { levels: MAX_DEPTH }.deserialize(&mut deserializer).map_err(malformed)?;
        deserializer.end().map_err(malformed)?;
        Ok(json)
    }

    /// An object but for its fields of this name.
    pub(crate) fn without(&self, name: &str) -> Self {
        match self {
            Self::Object(fields) => {
                Self::Object(fields.iter().filter(|(known, _)| known != name).cloned().collect())
            }
            other => other.clone(),
        }
    }
}

/// The same document always gives the same text: no white space, fields in the order of their names.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name, value)).collect();
                fields.sort_by_key(|(name, _)| *name);
                serializer.collect_map(fields)
            }
        }
    }
}

/// Builds a tree of at most so many levels.
#[derive(Clone, Copy)]
struct Tree {
    levels: u8,
}

impl Tree {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { levels })
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut fields = Vec::new();
        while let Some(name) = object.next_key()? {
            fields.push((name, object.next_value_seed(inner)?));
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        serde_json::to_string(&Json::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn order_and_white_space_make_no_difference() {
        assert_eq!(
            canonical(r#" { "b" : [1, 2.5], "a" : {"d":null, "c":true} } "#),
            canonical(r#"{"a":{"c":true,"d":null},"b":[1,2.5]}"#)
        );
        assert_ne!(canonical("[1,2]"), canonical("[2,1]"));
        assert_ne!(canonical("1"), canonical("\"1\""));
    }

    #[test]
    fn a_field_that_is_there_twice_is_kept_twice() {
        let Json::Object(fields) = Json::parse(br#"{"a":1,"a":2}"#).unwrap() else { panic!("no object") };
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        assert_eq!(Json::parse(b"{\"a\":\n x}"), Err(Malformed { line: 2, column: 2 }));
        let bad: [&[u8]; 9] =
            [b"", b" ", b"{", b"nul", b"{} {}", b"[1,]", b"{'a':1}", b"\"\xff\"", br#""\ud800""#];
        for bad in bad {
            assert!(Json::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn more_than_32_levels_are_refused() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(Json::parse(nested(32).as_bytes()).is_ok());
        assert!(Json::parse(nested(33).as_bytes()).is_err());
        assert!(Json::parse("[".repeat(16_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            let _ = Json::parse(&bytes);
        }
    }
}
