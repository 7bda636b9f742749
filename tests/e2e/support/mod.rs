//! What the suites share: a server to start and kill, a client to call it with, a partner to script.

mod barrier;
mod client;
mod partner;
mod receiver;
mod server;
mod site;

pub use barrier::{Barrier, Stopped};
pub use client::{Answer, Client};
pub use partner::Partner;
pub use receiver::{Message, Receiver, Reply};
pub use server::{Options, Server, binary, offers};
pub use site::{SITE_KEY, Site, cheapest};

use std::time::Duration;

/// How long anything may take before a test gives up; only failures wait that long.
pub const PATIENCE: Duration = Duration::from_secs(30);
