//! The witness that a row is locked.

use std::ops::{Deref, DerefMut};

/// A value whose row is locked until the unit of work ends. Rules that change a row ask for this type, so that nobody
/// decides on a row that another unit may be changing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked<T>(T);

impl<T> Locked<T> {
    /// For stores alone: says that the row was read under a lock. A test checks who calls it.
    pub fn by_store(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Locked<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Locked<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
