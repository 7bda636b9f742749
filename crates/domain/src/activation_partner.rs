//! Activation partners: the systems outside that switch services on, by name; which of them gets an order, and when they
//! get none.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;

use crate::audit::Reason;
use crate::ids::OfferId;
use crate::offer::Category;
use crate::text::TextError;

/// Longest name.
const LENGTH: usize = 24;

/// An activation partner's name in the settings, in rows and on the command line: a lower-case letter, then letters,
/// digits and hyphens, 24 characters at most. So short that it is copied like a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActivationPartner([u8; LENGTH]);

impl ActivationPartner {
    /// The one that gets what no other is chosen for.
    pub const DEFAULT: Self = Self(*b"default\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");

    /// Checks the shape.
    pub fn try_new(name: &str) -> Result<Self, TextError> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(good) {
            return Err(TextError::Malformed(
                "must be a lower-case letter, then letters, digits and hyphens",
            ));
        }
        let mut bytes = [0; LENGTH];
        bytes.get_mut(..name.len()).ok_or(TextError::TooLong(LENGTH))?.copy_from_slice(name.as_bytes());
        Ok(Self(bytes))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let name = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }
}

impl fmt::Display for ActivationPartner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ActivationPartner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ActivationPartner {
    type Err = TextError;

    fn from_str(name: &str) -> Result<Self, TextError> {
        Self::try_new(name)
    }
}

/// Which partner activates what. The choice is made when an order is placed and stays with the order, so that changed
/// settings never move an order from one partner to another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActivationRoutes {
    /// The partners of single offers.
    pub offers: HashMap<OfferId, ActivationPartner>,
    /// The partners of kinds of services.
    pub categories: HashMap<Category, ActivationPartner>,
}

impl ActivationRoutes {
    /// The offer's own partner, else that of its category, else the default one.
    pub fn of(&self, offer: OfferId, category: Category) -> ActivationPartner {
        let chosen = self.offers.get(&offer).or_else(|| self.categories.get(&category));
        chosen.copied().unwrap_or(ActivationPartner::DEFAULT)
    }
}

/// How many orders of one partner a worker can take. Each partner has places of its own, so that one which is slow or
/// dead holds up nobody else's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Whose orders.
    pub partner: ActivationPartner,
    /// How many at most.
    pub free: usize,
    /// Orders that have been due since before are left out, because somebody looked at them a moment ago; none where all
    /// count.
    pub since: Option<OffsetDateTime>,
}

/// A partner that is not called for the time being. Orders for it are taken and wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationPause {
    /// Who is not called.
    pub partner: ActivationPartner,
    /// Why, in somebody's words.
    pub reason: Reason,
    /// Since when, UTC.
    pub since: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partner(name: &str) -> ActivationPartner {
        ActivationPartner::try_new(name).unwrap()
    }

    #[test]
    fn a_name_is_short_and_plain() {
        for name in ["default", "a", "tv-house-2", &"x".repeat(24)] {
            assert_eq!(partner(name).as_str(), name);
            assert_eq!(name.parse(), Ok(partner(name)));
        }
        for bad in ["", "-a", "1st", "Tv", "tv house", "tv\0", "télé", &"x".repeat(25)] {
            assert!(ActivationPartner::try_new(bad).is_err(), "{bad}");
        }
        assert_eq!(partner("default"), ActivationPartner::DEFAULT);
        assert_eq!(format!("{:?} {:>9}|", partner("tv"), partner("tv")), "tv        tv|");
    }

    #[test]
    fn the_most_special_route_wins() {
        let routes = ActivationRoutes {
            offers: HashMap::from([(OfferId(3), partner("three"))]),
            categories: HashMap::from([(Category::Tv, partner("tv"))]),
        };
        assert_eq!(routes.of(OfferId(3), Category::Tv), partner("three"));
        assert_eq!(routes.of(OfferId(4), Category::Tv), partner("tv"));
        assert_eq!(routes.of(OfferId(4), Category::Music), ActivationPartner::DEFAULT);
    }
}
