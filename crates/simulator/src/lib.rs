#![doc = include_str!("../README.md")]

mod behaviour;
mod book;
mod callbacks;
mod calls;
mod control_api;
mod handle;
mod partner_api;
mod reply;
mod script;
mod server;

pub use behaviour::{Behaviour, Ending, Fault, QueryBehaviour, Refusal};
pub use callbacks::{CallbackTarget, Delivery, SentCallback};
pub use calls::Call;
pub use handle::SimulatorHandle;
pub use script::Behaviours;
pub use server::Simulator;
