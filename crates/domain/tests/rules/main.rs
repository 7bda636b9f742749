//! The rules of orders, as tables: the life of one order, taking a batch of orders, ending a batch of claims;
//! and the words that they use.

#![cfg(test)]

mod activation;
mod auto_renew;
mod callback;
mod clock;
mod expiry;
mod fixtures;
mod last_renewal;
mod offer_rules;
mod partner_sale;
mod renewal;
mod settlement;
mod transaction;
mod vocabulary;
mod webhook;
