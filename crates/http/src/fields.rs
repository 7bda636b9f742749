//! From a JSON tree to a typed request, or to the list of what is wrong with it. The sentences are ours: nothing that
//! the client sent and no name of a type is repeated.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_path_to_error::{Path, Segment};

use crate::json::Json;
use crate::problem::{FieldCode, FieldError, Problem};

/// How much of an unknown field's name a pointer repeats.
const MAX_NAME: usize = 64;

/// How many faults of one request are listed at most.
const MOST: usize = 20;

/// Reads a request from the tree, or lists what is wrong with it: one fault of each field that is there, and the first field
/// that is missing. Pointers start with `root`.
///
/// A derived reader stops at the first fault. So the faulty field is left out, and the rest is read for its own faults.
pub(crate) fn read<T: DeserializeOwned>(json: &Json, root: &str) -> Result<T, Problem> {
    let (mut rest, mut faulty, mut errors) = (Cow::Borrowed(json), Vec::new(), Vec::new());
    loop {
        let error = match serde_path_to_error::deserialize(&*rest) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(error) => error,
        };
        let path = error.path().clone();
        let fault = error.into_inner();
        let (field, missing) =
            (fault.field(&path), matches!(fault, Fault::Required(_)) && path.iter().len() == 0);
        if missing && field.as_ref().is_some_and(|field| faulty.contains(field)) {
            break;
        }
        errors.push(fault.at(root, &path));
        match field {
            Some(field) if !missing && errors.len() < MOST => {
                rest = Cow::Owned(rest.without(&field));
                faulty.push(field);
            }
            _ => break,
        }
    }
    Err(Problem::invalid(errors))
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Required(&'static str),
    Unknown,
    Duplicate(&'static str),
    /// Another kind of value than expected.
    Type(String),
    /// The right kind, but not what was expected.
    Value(String),
}

impl Fault {
    /// The field of the whole that it is about; none where the whole is wrong.
    fn field(&self, path: &Path) -> Option<String> {
        match (path.iter().next(), self) {
            (Some(Segment::Map { key }), _) => Some(key.clone()),
            (None, Self::Required(name) | Self::Duplicate(name)) => Some((*name).to_owned()),
            _ => None,
        }
    }

    /// The path ends at the faulty field, but at its object where the field is missing or there twice.
    fn at(self, root: &str, path: &Path) -> FieldError {
        let place = pointer(root, path);
        let (pointer, code, detail) = match self {
            Self::Required(name) => {
                (format!("{place}/{name}"), FieldCode::Required, "This field is required.".into())
            }
            Self::Duplicate(name) => (
                format!("{place}/{name}"),
                FieldCode::DuplicateField,
                "This field must be given once.".into(),
            ),
            Self::Unknown => (place, FieldCode::UnknownField, "This field is not known here.".into()),
            Self::Type(expected) => (place, FieldCode::InvalidType, format!("This must be {expected}.")),
            Self::Value(expected) => (place, FieldCode::InvalidValue, format!("This must be {expected}.")),
        };
        FieldError { pointer, code, detail }
    }
}

fn pointer(root: &str, path: &Path) -> String {
    path.iter().fold(root.to_owned(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", token(key)),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

/// A name as part of a pointer (RFC 6901, section 3).
fn token(name: &str) -> String {
    name.chars().take(MAX_NAME).collect::<String>().replace('~', "~0").replace('/', "~1")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field is not valid")
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Type(expected.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Value(expected.to_string())
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Required(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::Duplicate(name)
    }
}

impl<'de> IntoDeserializer<'de, Fault> for &'de Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Json {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (.., value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Json::Text(text) => visitor.visit_borrowed_str(text),
            Json::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Json::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), value));
                visitor.visit_map(MapDeserializer::new(fields))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if *self == Json::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// An object and nothing else: derived code would take a list of the fields' values, too.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self {
            Json::Object(_) => self.deserialize_any(visitor),
            _ => Err(Fault::Type("an object".into())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::user::Locale;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read by the deserializer")]
        a: bool,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by the deserializer")]
    struct Outer {
        inner: Inner,
        #[serde(default)]
        list: Vec<Inner>,
        note: Option<bool>,
    }

    fn fault(text: &str) -> (String, FieldCode, String) {
        let json = Json::parse(text.as_bytes()).unwrap();
        let problem = serde_path_to_error::deserialize::<_, Outer>(&json).unwrap_err();
        let path = problem.path().clone();
        let FieldError { pointer, code, detail } = problem.into_inner().at("", &path);
        (pointer, code, detail)
    }

    #[test]
    fn each_fault_points_to_its_field() {
        use FieldCode::{DuplicateField, InvalidType, Required, UnknownField};
        for (text, pointer, code) in [
            ("{}", "/inner", Required),
            (r#"{"inner":{}}"#, "/inner/a", Required),
            (r#"{"inner":{"a":true},"x":1}"#, "/x", UnknownField),
            (r#"{"inner":{"a":true,"a/b~":1}}"#, "/inner/a~1b~0", UnknownField),
            (r#"{"inner":{"a":true,"inner":1}}"#, "/inner/inner", UnknownField),
            (r#"{"inner":{"a":true},"inner":{"a":true}}"#, "/inner", DuplicateField),
            (r#"{"inner":{"a":true,"a":true}}"#, "/inner/a", DuplicateField),
            (r#"{"inner":{"a":"yes"}}"#, "/inner/a", InvalidType),
            (r#"{"inner":[true]}"#, "/inner", InvalidType),
            (r#"{"inner":{"a":true},"list":[{"a":true},{"a":1}]}"#, "/list/1/a", InvalidType),
            (r#"{"inner":{"a":true},"list":[{}]}"#, "/list/0/a", Required),
            (r#"{"inner":{"a":true},"note":1.5}"#, "/note", InvalidType),
            ("[]", "", InvalidType),
            ("7", "", InvalidType),
        ] {
            let (found, found_code, _) = fault(text);
            assert_eq!((found.as_str(), found_code), (pointer, code), "{text}");
        }
    }

    #[test]
    fn every_field_with_a_fault_is_listed_once() {
        let pointers = |text: &str| -> Vec<String> {
            let problem = read::<Outer>(&Json::parse(text.as_bytes()).unwrap(), "").unwrap_err();
            let document: serde_json::Value = serde_json::from_str(&problem.body("", Locale::En)).unwrap();
            let errors = document["errors"].as_array().unwrap();
            errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
        };
        for (text, expected) in [
            (r#"{"inner":7,"list":7,"note":7,"x":7}"#, vec!["/inner", "/list", "/note", "/x"]),
            (r#"{"list":[{"a":1},{"a":2}],"x":1}"#, vec!["/list/0/a", "/x", "/inner"]),
            (r#"{"note":true,"note":true,"inner":{"a":true},"x":1}"#, vec!["/note", "/x"]),
            (r#"{"inner":{"a":1,"b":1}}"#, vec!["/inner/a"]),
            ("[]", vec![""]),
        ] {
            assert_eq!(pointers(text), expected, "{text}");
        }
        let many: Vec<_> = (0..1000).map(|number| format!("\"x{number}\":1")).collect();
        assert_eq!(pointers(&format!("{{{}}}", many.join(","))).len(), MOST);
    }

    #[test]
    fn a_long_name_is_cut_and_a_value_never_repeated() {
        let (pointer, ..) = fault(&format!(r#"{{"inner":{{"a":true}},"{}":1}}"#, "n".repeat(5000)));
        assert_eq!(pointer.len(), 65);
        let (.., detail) = fault(r#"{"inner":{"a":"secret"}}"#);
        assert_eq!(detail, "This must be a boolean.");
    }
}
