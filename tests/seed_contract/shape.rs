//! The shape of an answer: which members it has, and of which kind each is.

use serde_json::Value;

/// The kind of a member.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number.
    Number,
    /// A text that is not empty.
    Text,
    /// True or false.
    Flag,
    /// A decimal text with two decimals.
    Money,
    /// RFC 3339 in UTC, to the millisecond.
    Time,
    /// A UUID.
    Uuid,
    /// A list.
    List,
    /// An object.
    Object,
    /// Something or null.
    Perhaps,
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Number => value.is_i64(),
            Self::Text => text.is_some_and(|text| !text.is_empty()),
            Self::Flag => value.is_boolean(),
            Self::Money => text
                .and_then(|text| text.split_once('.'))
                .is_some_and(|(whole, cents)| whole.parse::<i64>().is_ok() && cents.len() == 2),
            Self::Time => text.is_some_and(|text| text.len() == 24 && text.ends_with('Z')),
            Self::Uuid => text.is_some_and(|text| text.parse::<uuid::Uuid>().is_ok()),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
            Self::Perhaps => true,
        }
    }
}

/// Fails unless the answer has every one of these members, each of its kind.
#[track_caller]
pub fn assert_shape(answer: &Value, members: &[(&str, Kind)]) {
    let object = answer.as_object().unwrap_or_else(|| panic!("no object: {answer}"));
    for (member, kind) in members {
        let value = object.get(*member).unwrap_or_else(|| panic!("no {member} in {answer}"));
        assert!(kind.fits(value), "{member} is {value}, no {kind:?}");
    }
}

/// Fails unless it is a page of a list, and gives its items.
#[track_caller]
pub fn items(answer: &Value) -> &Vec<Value> {
    assert_shape(answer, &[("data", Kind::List), ("next_cursor", Kind::Perhaps), ("has_more", Kind::Flag)]);
    answer["data"].as_array().unwrap()
}
