#![doc = include_str!("../README.md")]

pub mod activation_status;
pub mod announcer;
pub mod auto_renewal;
pub mod begin_activation;
pub mod claim_work;
pub mod counted;
pub mod create_users;
pub mod errands;
pub mod fallback;
pub mod group_commit;
pub mod housekeeping;
pub mod identity;
pub mod import;
mod in_flight;
pub mod list_offers;
pub mod manage_activation_partners;
pub mod notebook;
pub mod partner_channel;
pub mod process_activation;
pub mod receive_callback;
pub mod release_work;
pub mod seed;
pub mod seen;
pub mod send_notices;
pub mod services;
pub mod settle_activation;
pub mod staff;
pub mod store_health;
mod transact;
pub mod void_late_successes;
pub mod watch_ends;
pub mod watch_followed;
pub mod webhooks;

pub use services::Services;
