//! Every way to a customer, against real servers on the loopback address and a real folder.

#![cfg(test)]

mod fixtures;
mod outbox;
mod sms;
mod smtp;
