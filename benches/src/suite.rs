//! Everything that is measured on PostgreSQL, in turn, several times.

use tempfile::TempDir;

use crate::completion::Costs;
use crate::customers::Customers;
use crate::database::{Database, Servers};
use crate::figures::Measured;
use crate::plan::Plan;
use crate::site::{Cast, Site};
use crate::usage::Use;
use crate::{Outcome, completion, events, logins, orders, pgbench, reads, say};

/// The servers, ready.
pub(crate) struct Suite {
    plan: Plan,
    folder: TempDir,
    servers: Servers,
    customers: Customers,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) figures: Measured,
    /// For each order that was taken.
    pub(crate) taking: Vec<Use>,
    /// For each order that was taken and carried to its end.
    pub(crate) completing: Costs,
}

impl Suite {
    pub(crate) async fn prepare(plan: Plan) -> Outcome<Self> {
        say(&format!("seeding {} wallets", plan.wallets))?;
        let folder = tempfile::tempdir()?;
        let servers = Servers::start(&plan, folder.path()).await?;
        let seed = Database::open(servers.seed_url()).await?;
        let customers = Customers::log_in(&seed, plan.customers).await?;
        Ok(Self { plan, folder, servers, customers })
    }

    pub(crate) fn servers(&self) -> &Servers {
        &self.servers
    }

    pub(crate) async fn run(&self) -> Outcome<Findings> {
        let mut findings = Findings::default();
        for repetition in 1..=self.plan.repetitions {
            let note = |what| say(&format!("repetition {repetition} of {}: {what}", self.plan.repetitions));
            note("pgbench")?;
            self.yardstick(&mut findings).await?;
            note("orders")?;
            self.orders(&mut findings).await?;
            note("orders to their end, reads, logins")?;
            self.everything(&mut findings).await?;
        }
        Ok(findings)
    }

    async fn yardstick(&self, findings: &mut Findings) -> Outcome<()> {
        let (folder, offer) = (self.folder.path(), self.customers.offer);
        pgbench::measure(&self.plan, &self.servers, offer, folder, &mut findings.figures).await
    }

    async fn orders(&self, findings: &mut Findings) -> Outcome<()> {
        let site = self.open(Cast::Api).await?;
        findings.taking = orders::measure(&site, &mut findings.figures).await?;
        reads::statuses(&site, reads::FRESH, &mut findings.figures).await?;
        site.close().await
    }

    async fn everything(&self, findings: &mut Findings) -> Outcome<()> {
        let site = self.open(Cast::ApiAndWorker).await?;
        findings.completing = completion::measure(&site, &mut findings.figures).await?;
        events::shared(&site, &mut findings.figures).await?;
        reads::statuses(&site, reads::FINAL, &mut findings.figures).await?;
        reads::offers(&site, &mut findings.figures).await?;
        reads::bare(&self.plan, self.folder.path(), &mut findings.figures).await?;
        logins::measure(&site, &mut findings.figures).await?;
        site.close().await?;
        events::embedded(self.folder.path(), &mut findings.figures).await
    }

    async fn open(&self, cast: Cast) -> Outcome<Site<'_>> {
        Site::open(cast, self.plan, &self.servers, &self.customers, self.folder.path()).await
    }
}
