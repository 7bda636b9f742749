//! `offers seed`: demonstration customers and offers.

use std::io::Write;

use offers_application::create_users::{CreateUserError, UserForm};
use offers_application::identity::{Deed, Origin};
use offers_application::seed::{SeedError, SeedPlan, Seeded};
use offers_application::seen::Seen;
use offers_domain::audit::{Actor, Reason};
use offers_domain::user::Role;

use super::say;
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::wiring::Base;

/// Adds what is missing and says what was added.
pub async fn seed(
    settings: &Settings,
    users: usize,
    offers: usize,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let (base, _) = Base::open(settings).await?;
    let seeded = run(&base, SeedPlan { users, offers }).await?;
    say(output, &format!("added {} users and {} offers", seeded.users, seeded.offers))
}

async fn run(base: &Base, plan: SeedPlan) -> Result<Seeded, StartError> {
    let progress = Progress::new();
    let show = |done, total| progress.show("people and offers", count(done), count(total));
    base.seed().run(plan, &show).await.map_err(|error: SeedError| StartError::Failed(error.to_string()))
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// What the first start shows.
pub(crate) struct Demonstration {
    /// The generated password of the staff user `admin`.
    pub(crate) staff_password: String,
}

/// Fills a new database: five customers, twelve offers, one member of staff. What an interrupted first start has left is
/// kept; only the password of staff, which nobody has seen, is made anew.
pub(crate) async fn demonstrate(base: &Base) -> Result<Demonstration, StartError> {
    run(base, SeedPlan { users: 5, offers: 12 }).await?;
    let mut password = base.ids.random_uuid().simple().to_string();
    password.truncate(20);
    let form = UserForm {
        username: "admin".into(),
        email: "admin@example.com".into(),
        password: password.clone(),
        role: Role::Staff,
    };
    let failed = |error: CreateUserError| StartError::Failed(error.to_string());
    let users = base.create_users();
    match base.queries.credentials(&form.username).await {
        Ok(Some(known)) => {
            let reason =
                Reason::try_new("first start").map_err(|error| StartError::Failed(error.to_string()))?;
            let deed = Deed { by: None, reason: &reason, origin: &Origin::default() };
            let reset =
                base.reset_password().run(known.user.id, &form.password, &Seen::whatever(), deed).await;
            reset.map_err(|error| StartError::Failed(error.to_string()))?;
        }
        _ => users.run(form, Actor::System, &Origin::default()).await.map(drop).map_err(failed)?,
    }
    Ok(Demonstration { staff_password: password })
}

/// Whether somebody may log in as `user1`.
pub(crate) async fn has_demonstration_customers(base: &Base) -> Result<bool, StartError> {
    let found = base.queries.credentials("user1").await;
    Ok(found.map_err(|error| StartError::Store(error.to_string()))?.is_some())
}
