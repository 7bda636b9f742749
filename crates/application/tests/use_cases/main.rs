//! What the use cases do with their ports: which calls, in which order, and what happens when one of them fails.

#![cfg(test)]

mod activation_status;
mod auto_renewal;
mod begin_activation;
mod claim_work;
mod create_users;
mod following;
mod group_commit;
mod housekeeping;
mod identity;
mod list_offers;
mod manage_activation_partners;
mod manage_partners;
mod partner_keys;
mod process_activation;
mod queries;
mod receive_callback;
mod release_work;
mod send_notices;
mod staff;
mod stage;
mod store_health;
mod void_late_successes;
mod watch_followed;
mod webhooks;
