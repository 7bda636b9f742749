//! `offers transactions …`: everybody's orders, and those that wait for a person.

use std::io::Write;

use clap::{Args, Subcommand, ValueEnum};
use offers_application::identity::Origin;
use offers_application::staff::Decision;
use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::ports::OrderFilter;
use offers_domain::transaction::{Status, SubStatus};
use offers_domain::views::{OrderFile, StatusView};
use offers_http::shown::{OrderBody, OrderFileBody, TransactionBody};
use time::Duration;

use super::offers::Instant;
use super::{Format, Part, Why, deed, failed, show};
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::commands::say;
use crate::settings::Settings;
use crate::staff::Desk;

/// Which orders, and how they are printed.
#[derive(Debug, Clone, Args)]
pub struct SearchArguments {
    /// Those of this customer
    #[arg(long, value_name = "USERNAME")]
    user: Option<String>,
    /// Those that this partner placed
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Those of this offer
    #[arg(long, value_name = "ID")]
    offer: Option<OfferId>,
    /// Those in this status: PENDING, PROCESSING, SUCCESS or FAILED
    #[arg(long)]
    status: Option<Status>,
    /// Those with this finer story, such as `needs_attention`
    #[arg(long)]
    sub_status: Option<SubStatus>,
    /// That with this reference: the REF-… that the partner was given, or the one that the activation partner answered
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// Those placed then or later, such as 2026-11-20T00:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Instant>,
    /// Those placed before then
    #[arg(long, value_name = "TIME")]
    to: Option<Instant>,
    /// Those placed so many minutes ago or earlier
    #[arg(long, value_name = "MINUTES")]
    older_than: Option<u32>,
    /// Those after this one in the list
    #[arg(long, value_name = "ID")]
    after: Option<TransactionId>,
    /// Which part of the list.
    #[command(flatten)]
    part: Part,
    /// How it is printed.
    #[command(flatten)]
    format: Format,
}

impl SearchArguments {
    /// Which orders.
    async fn filter(&self, desk: &Desk) -> Result<OrderFilter, StartError> {
        let user = match &self.user {
            Some(name) => Some(desk.person(name).await?.id),
            None => None,
        };
        let partner = match &self.partner {
            Some(name) => Some(desk.partner(name).await?.id),
            None => None,
        };
        let age = self.older_than.map(|minutes| Duration::minutes(i64::from(minutes)));
        let aged = age.map(|age| desk.base.clock.now().saturating_sub(age));
        Ok(OrderFilter {
            id: None,
            user,
            partner,
            offer: self.offer,
            status: self.status,
            sub_status: self.sub_status,
            reference: self.reference.clone(),
            from: self.from.map(|Instant(at)| at),
            to: self.to.map(|Instant(at)| at).into_iter().chain(aged).min(),
        })
    }
}

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum TransactionsCommand {
    /// List everybody's orders, newest first
    List(SearchArguments),
    /// Show one order with its history, its calls and what it moved
    Show {
        /// Which
        id: TransactionId,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Send an order that waits for a person back to work: the activation partner is asked once more
    Retry {
        /// Which
        id: TransactionId,
        /// Why.
        #[command(flatten)]
        why: Why,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// End an order that waits for a person, with what the activation partner said
    Resolve {
        /// Which
        id: TransactionId,
        /// What it said; a refused order's money goes back
        outcome: Outcome,
        /// The partner's reference of a confirmed order
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// Why.
        #[command(flatten)]
        why: Why,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
}

/// What the activation partner said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Outcome {
    /// The service is on.
    Confirmed,
    /// The service is not on and will not be.
    Refused,
}

/// Does what is asked and says what was done.
pub async fn transactions(
    settings: &Settings,
    command: TransactionsCommand,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let desk = Desk::open(settings).await?;
    let (orders, origin) = (&desk.staff.decide_orders, Origin::default());
    match command {
        TransactionsCommand::List(search) => {
            let (filter, page) = (search.filter(&desk).await?, search.part.page(search.after)?);
            let page = desk.base.queries.orders(&filter, &page).await.map_err(failed)?;
            page.items.into_iter().try_for_each(|view| {
                let line = format!("{}  {}", line(&view.status), view.offer.name.plain);
                show(output, search.format, &TransactionBody::in_full(view), &line)
            })
        }
        TransactionsCommand::Show { id, format } => {
            let file = desk.base.queries.order_file(id).await.map_err(failed)?;
            let file = file.ok_or_else(|| failed("there is no such transaction"))?;
            if format.json {
                return show(output, format, &OrderFileBody::from(file), "");
            }
            papers(&file).iter().try_for_each(|line| say(output, line))
        }
        TransactionsCommand::Retry { id, why, format } => {
            let sent = orders.retry(id, deed(&why.reason()?, &origin)).await.map_err(failed)?;
            let line = line(&sent);
            show(output, format, &OrderBody::in_full(sent), &line)
        }
        TransactionsCommand::Resolve { id, outcome, reference, why, format } => {
            let decision = match (outcome, reference) {
                (Outcome::Confirmed, reference) => Decision::Confirmed(reference),
                (Outcome::Refused, None) => Decision::Refused,
                (Outcome::Refused, Some(_)) => return Err(failed("a refused order has no reference")),
            };
            let ended = orders.resolve(id, decision, deed(&why.reason()?, &origin)).await.map_err(failed)?;
            let line = line(&ended);
            show(output, format, &OrderBody::in_full(ended), &line)
        }
    }
}

fn line(view: &StatusView) -> String {
    let StatusView { transaction, user, amount, status, sub_status, created_at, .. } = view;
    let (money, currency) = (amount.money(), amount.currency());
    format!("{transaction}  user {user}  {money} {currency}  {status} ({sub_status})  {}", created_at.date())
}

/// The order, then a line for each transition, call and movement.
fn papers(file: &OrderFile) -> Vec<String> {
    let order = &file.order.transaction;
    let mut lines = vec![format!("{}  {}", line(&order.status), order.offer.name.plain)];
    lines.extend(file.order.timeline.iter().map(|entry| {
        format!("  {}  version {}: {} ({})", entry.at, entry.version, entry.status, entry.sub_status)
    }));
    lines.extend(file.attempts.iter().map(|call| {
        let detail = call.detail.as_deref().unwrap_or_default();
        format!(
            "  {}  call {}: {} was answered {} {detail}",
            call.ended_at, call.number, call.step, call.answer
        )
    }));
    lines.extend(file.transfers.iter().map(|moved| {
        let (money, currency) = (moved.amount.money(), moved.amount.currency());
        format!(
            "  {}  {}: {money} {currency} from account {} to account {}",
            moved.at, moved.kind, moved.debit, moved.credit
        )
    }));
    lines
}
