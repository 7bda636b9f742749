//! `offers partner …`: companies that sell through the partner API, their keys and their credit.

use std::io::Write;
use std::str::FromStr;

use clap::{Args, Subcommand};
use offers_application::identity::{Deed, Origin};
use offers_application::partner_channel::{
    Credited, KeyForm, ManagePartners, PartnerForm, RespondToCredit, TermsChange,
};
use offers_application::seen::Seen;
use offers_domain::audit::Reason;
use offers_domain::ids::{ApiKeyId, PartnerId};
use offers_domain::money::{Amount, Currency, Money};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner_channel::api_key::{ApiKey, KeyMode, Scopes};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::views::PartnerView;
use offers_domain::partner_channel::{CreditLimit, Funding, Partner, PartnerName, PartnerTerms};
use offers_http::shown::paid;
use time::{Duration, OffsetDateTime};

use super::{Once, say};
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::settings::Settings;
use crate::wiring::Base;

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum PartnerCommand {
    /// Add a partner with an empty settlement account
    Create {
        /// What it is called; unique
        name: String,
        /// What it agrees to.
        #[command(flatten)]
        terms: TermsArguments,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Change what a partner has agreed to, from the next order on
    Change {
        /// Which partner
        name: String,
        /// What it agrees to.
        #[command(flatten)]
        terms: TermsArguments,
        /// `false` stops all its keys at once, `true` lets them work again
        #[arg(long)]
        active: Option<bool>,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Pay into a partner's settlement account
    Credit {
        /// Which partner
        name: String,
        /// How much, such as 500.00
        amount: String,
        /// Why, in a few words; it is kept in the audit trail
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// What the payment is called.
        #[command(flatten)]
        once: Once,
    },
    /// Issue a key and print it, this once
    Key {
        /// To which partner
        name: String,
        /// What it opens
        #[arg(long, default_value = "activate,read")]
        scopes: Scopes,
        /// For trials: works only where the setting `partner_api.test_keys` says so
        #[arg(long)]
        test: bool,
        /// After how many days it stops working by itself [default: never]
        #[arg(long, value_name = "DAYS")]
        expires_in: Option<u16>,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Show a partner's keys, without the keys themselves
    Keys {
        /// Which partner
        name: String,
    },
    /// Take a key back at once
    Revoke {
        /// From which partner
        name: String,
        /// The key's id
        key: i64,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Show all partners
    List,
}

/// Why something is done that needs no reason.
#[derive(Debug, Clone, Args)]
pub struct Why {
    /// Why, in a few words; it is kept in the audit trail
    #[arg(long, value_name = "TEXT", default_value = "from the command line")]
    reason: String,
}

/// What a partner agrees to; what is not said stays as it is.
#[derive(Debug, Clone, Default, Args)]
pub struct TermsArguments {
    /// Who pays for its orders: the `partner` from its settlement account, or the `subscriber` from their wallet
    /// [default: partner]
    #[arg(long)]
    funding: Option<Funding>,
    /// How far below zero its settlement account may go [default: 0]
    #[arg(long, value_name = "AMOUNT")]
    credit_limit: Option<String>,
    /// What it pays less than a customer would, in percent [default: 0]
    #[arg(long, value_name = "PERCENT")]
    discount: Option<Discount>,
    /// How many requests it may send in a minute, or `default` for what the deployment lets everybody [default: default]
    #[arg(long, value_name = "NUMBER")]
    requests_per_minute: Option<PerMinute>,
}

/// A quota of a partner's own, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PerMinute(Option<u32>);

impl FromStr for PerMinute {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "default" {
            return Ok(Self(None));
        }
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(|number| Self(Some(number))).ok_or("must be a number of at least 1, or default")
    }
}

/// Does what is asked and says what was done.
pub async fn partner(
    settings: &Settings,
    command: PartnerCommand,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let (base, _) = Base::open(settings).await?;
    let desk = Desk { manage: base.manage_partners(), base, origin: Origin::default() };
    let lines = match command {
        PartnerCommand::Create { name, terms, why } => {
            vec![desk.create(&name, terms, &reason(&why.reason)?).await?]
        }
        PartnerCommand::Change { name, terms, active, why } => {
            vec![desk.change(&name, terms, active, &reason(&why.reason)?).await?]
        }
        PartnerCommand::Credit { name, amount, reason: why, once } => {
            vec![desk.credit(&name, &amount, &once, &reason(&why)?).await?]
        }
        PartnerCommand::Key { name, scopes, test, expires_in, why } => {
            let mode = if test { KeyMode::Test } else { KeyMode::Live };
            let lifetime = expires_in.map(|days| Duration::days(i64::from(days)));
            let accepted = !test || settings.partner_api.test_keys;
            desk.issue(&name, &KeyForm { mode, scopes, lifetime }, accepted, &reason(&why.reason)?).await?
        }
        PartnerCommand::Keys { name } => desk.keys(&name).await?,
        PartnerCommand::Revoke { name, key, why } => {
            vec![desk.revoke(&name, ApiKeyId(key), &reason(&why.reason)?).await?]
        }
        PartnerCommand::List => desk.list().await?,
    };
    lines.iter().try_for_each(|line| say(output, line))
}

/// Where partners are looked after.
struct Desk {
    base: Base,
    manage: ManagePartners,
    origin: Origin,
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::Failed(error.to_string())
}

fn reason(text: &str) -> Result<Reason, StartError> {
    Reason::try_new(text).map_err(|error| failed(format!("the reason {error}")))
}

impl Desk {
    /// What whoever holds the command line does.
    fn deed<'a>(&'a self, reason: &'a Reason) -> Deed<'a> {
        Deed { by: None, reason, origin: &self.origin }
    }

    async fn create(&self, name: &str, terms: TermsArguments, reason: &Reason) -> Result<String, StartError> {
        let name = PartnerName::try_new(name).map_err(failed)?;
        let limit = terms.credit_limit.unwrap_or_else(|| "0".into());
        let form = PartnerForm {
            name: name.clone(),
            terms: PartnerTerms {
                funding: terms.funding.unwrap_or(Funding::Partner),
                discount: terms.discount.unwrap_or_default(),
                requests_per_minute: terms.requests_per_minute.and_then(|PerMinute(own)| own),
                is_active: true,
            },
            credit_limit: credit_limit(&limit, self.base.currency)?,
        };
        let id = self.manage.create(&form, self.deed(reason)).await.map_err(failed)?;
        Ok(format!("added the partner {} with id {id}", name.as_str()))
    }

    async fn change(
        &self,
        name: &str,
        terms: TermsArguments,
        active: Option<bool>,
        reason: &Reason,
    ) -> Result<String, StartError> {
        let partner = self.find(name).await?;
        let limit = terms.credit_limit.map(|limit| credit_limit(&limit, self.base.currency)).transpose()?;
        let change = TermsChange {
            funding: terms.funding,
            discount: terms.discount,
            requests_per_minute: terms.requests_per_minute.map(|PerMinute(own)| own),
            is_active: active,
            credit_limit: limit,
        };
        self.manage
            .change(partner.id, &change, &Seen::whatever(), self.deed(reason))
            .await
            .map_err(failed)?;
        Ok(format!("changed the partner {}", partner.name))
    }

    async fn credit(
        &self,
        name: &str,
        amount: &str,
        once: &Once,
        reason: &Reason,
    ) -> Result<String, StartError> {
        let partner = self.find(name).await?;
        let amount = Amount::parse(amount, self.base.currency)
            .map_err(|error| failed(format!("the amount {error}")))?;
        let (money, currency) = (amount.money(), amount.currency());
        let about = [partner.id.to_string(), money.to_string(), reason.as_str().to_owned()];
        let handle = once.handle("offers partner credit", &about.each_ref().map(String::as_str));
        let handle = handle.as_ref().map(|handle| (handle, paid as RespondToCredit));
        match self.manage.credit(partner.id, amount, handle, self.deed(reason)).await.map_err(failed)? {
            Credited::Fresh(credit) => Ok(format!(
                "credited {money} {currency} to {} ({}); the balance is {} {currency}",
                partner.name,
                reason.as_str(),
                credit.balance
            )),
            Credited::Replayed(before) => Ok(format!("was done before, and nothing moved: {}", before.body)),
        }
    }

    /// The key is the last line, alone, so that a program can take it.
    async fn issue(
        &self,
        name: &str,
        form: &KeyForm,
        accepted: bool,
        reason: &Reason,
    ) -> Result<Vec<String>, StartError> {
        let partner = self.find(name).await?;
        let issued = self.manage.issue_key(partner.id, form, self.deed(reason)).await.map_err(failed)?;
        let mut lines = vec![format!(
            "issued key {} of {} for {}; it is shown this once:",
            issued.id, partner.name, form.scopes
        )];
        if !accepted {
            lines.push("this deployment does not accept test keys (partner_api.test_keys)".into());
        }
        lines.push(issued.key);
        Ok(lines)
    }

    async fn keys(&self, name: &str) -> Result<Vec<String>, StartError> {
        let partner = self.find(name).await?;
        let keys = self.base.queries.api_keys(partner.id).await.map_err(failed)?;
        let now = self.base.clock.now();
        if keys.is_empty() {
            return Ok(vec![format!("{} has no keys", partner.name)]);
        }
        Ok(keys.iter().map(|key| key_line(key, now)).collect())
    }

    async fn revoke(&self, name: &str, key: ApiKeyId, reason: &Reason) -> Result<String, StartError> {
        let partner = self.find(name).await?;
        self.manage.revoke_key(partner.id, key, self.deed(reason)).await.map_err(failed)?;
        Ok(format!("revoked key {key} of {}", partner.name))
    }

    async fn list(&self) -> Result<Vec<String>, StartError> {
        let mut lines = Vec::new();
        let mut after: Option<PartnerId> = None;
        loop {
            let page = PageRequest { limit: PageLimit::MAX, after };
            let page = self.base.queries.partners(&page).await.map_err(failed)?;
            lines.extend(page.items.iter().map(partner_line));
            after = page.items.last().map(|view| view.partner.id);
            if !page.has_more {
                break;
            }
        }
        if lines.is_empty() {
            lines.push("there are no partners".into());
        }
        Ok(lines)
    }

    async fn find(&self, name: &str) -> Result<Partner, StartError> {
        let name = PartnerName::try_new(name).map_err(failed)?;
        let found = self.base.queries.partner_named(&name).await.map_err(failed)?;
        found.ok_or_else(|| failed(format!("there is no partner named {}", name.as_str())))
    }
}

fn credit_limit(text: &str, currency: Currency) -> Result<CreditLimit, StartError> {
    let money = Money::parse(text, currency).map_err(|error| failed(format!("the credit limit {error}")))?;
    CreditLimit::try_new(money).map_err(failed)
}

fn key_line(key: &ApiKey, now: OffsetDateTime) -> String {
    let day = |instant: OffsetDateTime| instant.date();
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked on {}", day(at)),
        (None, Some(at)) if at <= now => format!("expired on {}", day(at)),
        (None, Some(at)) => format!("works until {}", day(at)),
        (None, None) => "works".into(),
    };
    let used = key.last_used_at.map_or("never used".into(), |at| format!("last used on {}", day(at)));
    let ApiKey { id, mode, hint, scopes, .. } = key;
    format!("{id}  ok_{mode}_…{hint}  {scopes}  {state}, {used}")
}

fn partner_line(view: &PartnerView) -> String {
    let PartnerView { partner, settlement } = view;
    let state = if partner.terms.is_active { "active" } else { "stopped" };
    format!(
        "{}  {}  {state}, paid by the {}, discount {} %, balance {} {}, credit limit {}",
        partner.id,
        partner.name,
        partner.terms.funding,
        partner.terms.discount,
        settlement.balance,
        settlement.balance.currency(),
        settlement.credit_limit,
    )
}
