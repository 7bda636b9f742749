//! A server on a free port, what it is told by its ports, and a client that sends exactly what it is told to.

mod activation;
mod back_office;
mod client;
mod identity;
mod judge;
mod partners;
mod server;
mod store;
mod webhooks;
mod world;

pub(crate) use back_office::{ROOT, STAFF, colleague, parked_order};
pub(crate) use client::{Answer, Client, Wire};
pub(crate) use identity::session;
pub(crate) use partners::partner_order;
pub(crate) use server::Server;
pub(crate) use world::{CALLER, OTHER, detail, order, status, subscription, transaction_id};
