//! The reading side, one file for each of the ports' query traits.

mod account;
mod activation;
mod audit;
mod back_office;
mod catalogue;
mod identity;
mod notices;
mod partners;
mod status;
mod webhooks;

use offers_domain::page::PageLimit;

/// One row more than asked for, which shows whether another page follows.
fn overfetch(limit: PageLimit) -> i64 {
    i64::from(limit.get()) + 1
}
