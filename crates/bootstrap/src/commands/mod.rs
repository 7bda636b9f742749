//! Commands that run once and end.

mod create_superuser;
mod migrate;
mod seed;
mod simulate_partner;
mod verify;

pub use create_superuser::{NewSuperuser, create_superuser};
pub(crate) use migrate::bring_up_to_date;
pub use migrate::migrate;
pub use seed::seed;
pub(crate) use seed::{Demonstration, demonstrate, has_demonstration_customers};
pub use simulate_partner::simulate_partner;
pub use verify::verify;
