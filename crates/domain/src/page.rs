//! Keyset pages: the next page starts after the last item's key, so that it costs the same however deep it is.

use thiserror::Error;

/// A page size outside 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a page has from 1 to 100 items")]
pub struct InvalidLimit;

/// How many items a page may have: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageLimit(u8);

impl PageLimit {
    /// The largest page.
    pub const MAX: Self = Self(100);

    /// Checks the limits.
    pub fn try_new(limit: u64) -> Result<Self, InvalidLimit> {
        match u8::try_from(limit) {
            Ok(limit @ 1..=100) => Ok(Self(limit)),
            _ => Err(InvalidLimit),
        }
    }

    /// The number of items.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(20)
    }
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest<K> {
    /// At most this many items.
    pub limit: PageLimit,
    /// Those after this key; from the start where none.
    pub after: Option<K>,
}

/// One page, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// At most the requested number.
    pub items: Vec<T>,
    /// Whether another page follows.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// Makes a page of up to one item more than asked for: the extra one shows that another page follows.
    pub fn from_overfetch(mut items: Vec<T>, limit: PageLimit) -> Self {
        let limit = usize::from(limit.get());
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self { items, has_more }
    }
}
