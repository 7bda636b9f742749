#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

#[macro_use]
mod macros;

pub mod account;
pub mod activation;
pub mod activation_partner;
pub mod adjustment;
pub mod audit;
pub mod auto_renew;
pub mod callback;
pub mod expiry;
pub mod idempotency;
pub mod ids;
pub mod import;
pub mod incident;
pub mod ledger;
pub mod limits;
pub mod login_tries;
pub mod money;
pub mod notice;
pub mod offer;
pub mod offer_change;
mod order_book;
pub mod page;
pub mod partner;
pub mod partner_channel;
pub mod password;
pub mod ports;
pub mod refusals;
pub mod retry;
pub mod sending;
pub mod session;
pub mod settlement;
mod status;
pub mod text;
pub mod trace;
pub mod transaction;
pub mod user;
pub mod user_offer;
pub mod views;
pub mod webhook;
