//! What an editor has read, so that nobody undoes what they have not seen.

use thiserror::Error;

/// What was read of a `T`, as a text that tells its states apart.
pub struct Seen<T> {
    tag: Option<String>,
    tag_of: fn(&T) -> String,
}

/// Somebody else was faster: the tag of what there is instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("somebody else has changed it since it was read")]
pub struct Overtaken(pub String);

impl<T> Seen<T> {
    /// Whatever there is: for whoever reads and writes in one breath.
    pub fn whatever() -> Self {
        Self { tag: None, tag_of: |_| String::new() }
    }

    /// The state with this tag, or whatever there is where none is named.
    pub fn tagged(tag: Option<String>, tag_of: fn(&T) -> String) -> Self {
        Self { tag, tag_of }
    }

    /// Whether it is still so.
    pub(crate) fn check(&self, current: &T) -> Result<(), Overtaken> {
        let Some(seen) = &self.tag else { return Ok(()) };
        let there = (self.tag_of)(current);
        if *seen == there { Ok(()) } else { Err(Overtaken(there)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_must_still_be_there_unless_anything_will_do() {
        let spelled = |number: &u8| number.to_string();
        let seen = Seen::tagged(Some("7".into()), spelled);
        assert_eq!(seen.check(&7), Ok(()));
        assert_eq!(seen.check(&8), Err(Overtaken("8".into())));
        for any in [Seen::tagged(None, spelled), Seen::whatever()] {
            assert_eq!(any.check(&8), Ok(()));
        }
    }
}
