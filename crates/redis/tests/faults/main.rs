//! What a Redis that is down, frozen, emptied, full, read-only, late or filled with rubbish does to its users: nothing
//! but make them ask the store.

#![cfg(test)]

#[path = "../support/mod.rs"]
mod support;

mod bell;
mod down;
mod emptied;
mod frozen;
mod garbage;
mod late;
mod refusing;
mod stage;
