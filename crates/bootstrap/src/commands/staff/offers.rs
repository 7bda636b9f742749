//! `offers offers …`: the catalogue.

use std::io::Write;
use std::str::FromStr;

use clap::{Args, Subcommand};
use offers_application::identity::Origin;
use offers_domain::ids::OfferId;
use offers_domain::money::{Amount, Currency};
use offers_domain::offer::{
    Category, Offer, OfferRules, OfferTerms, OfferText, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::offer_change::OfferChange;
use offers_domain::ports::ShelfFilter;
use offers_http::shown::ShelfBody;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Format, Part, Why, deed, failed, mention_the_server, show};
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::settings::Settings;
use crate::staff::Desk;

/// What a server on an embedded store keeps of the catalogue.
const PAGES: &str = "lists that it has read for up to five minutes; orders are priced anew at once";

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum OffersCommand {
    /// List all offers, retired ones too
    List {
        /// Those of this category: internet, tv, voice or music
        #[arg(long)]
        category: Option<Category>,
        /// `true` for those that are sold at some time, `false` for retired ones
        #[arg(long)]
        active: Option<bool>,
        /// Those after this id
        #[arg(long, value_name = "ID")]
        after: Option<OfferId>,
        /// Which part of the list.
        #[command(flatten)]
        part: Part,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Show one offer
    Show {
        /// Which
        id: OfferId,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Add an offer
    Create {
        /// What it is called
        name: String,
        /// What kind of service it is: internet, tv, voice or music
        #[arg(long)]
        category: Category,
        /// What one period costs, such as 19.99
        #[arg(long, value_name = "AMOUNT")]
        price: String,
        /// How long one period is
        #[arg(long, value_name = "DAYS")]
        days: u32,
        /// What else it promises.
        #[command(flatten)]
        terms: TermsArguments,
        /// Why.
        #[command(flatten)]
        why: Why,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Change what an offer promises, from the next order on
    Edit {
        /// Which
        id: OfferId,
        /// Only if it is still at this version
        #[arg(long, value_name = "NUMBER")]
        if_version: Option<u32>,
        /// What it is called
        #[arg(long)]
        name: Option<String>,
        /// What kind of service it is: internet, tv, voice or music
        #[arg(long)]
        category: Option<Category>,
        /// What one period costs, such as 19.99
        #[arg(long, value_name = "AMOUNT")]
        price: Option<String>,
        /// How long one period is
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
        /// What else it promises.
        #[command(flatten)]
        terms: TermsArguments,
        /// Why.
        #[command(flatten)]
        why: Why,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Take an offer from sale; what runs goes on to its end
    Retire {
        /// Which
        id: OfferId,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
    /// Bring a retired offer back
    Restore {
        /// Which
        id: OfferId,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
}

/// Terms that an offer may do without. `none` empties one that is set.
#[derive(Debug, Clone, Args)]
pub struct TermsArguments {
    /// What it is, in a few sentences
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// From when on it is sold, such as 2026-12-01T00:00:00Z, or `none`
    #[arg(long, value_name = "TIME")]
    sale_from: Option<Set<Instant>>,
    /// Until when it is sold, or `none`
    #[arg(long, value_name = "TIME")]
    sale_until: Option<Set<Instant>>,
    /// What a second purchase does: allow, extend or reject [default: allow]
    #[arg(long, value_name = "POLICY")]
    purchase_policy: Option<PurchasePolicy>,
    /// How many are sold in all, or `none`
    #[arg(long, value_name = "NUMBER")]
    stock: Option<Set<u32>>,
    /// How many one customer may have had, or `none`
    #[arg(long, value_name = "NUMBER")]
    per_customer: Option<Set<u32>>,
    /// The offer that must be active for whoever orders this one, or `none`
    #[arg(long, value_name = "ID")]
    requires: Option<Set<OfferId>>,
    /// The offer that must be neither active nor ordered for whoever orders this one, or `none`
    #[arg(long, value_name = "ID")]
    excludes: Option<Set<OfferId>>,
    /// What it is called in French, or `none`
    #[arg(long, value_name = "TEXT")]
    name_fr: Option<Set<String>>,
    /// What it is, in French
    #[arg(long, value_name = "TEXT", requires = "name_fr")]
    description_fr: Option<String>,
}

/// A value, or none where the word `none` is given.
#[derive(Debug, Clone)]
pub(super) struct Set<T>(Option<T>);

impl<T: FromStr> FromStr for Set<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "none" { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

/// A time as the API spells it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant(pub(super) OffsetDateTime);

impl FromStr for Instant {
    type Err = time::error::Parse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        OffsetDateTime::parse(text, &Rfc3339).map(|time| Self(time.to_offset(time::UtcOffset::UTC)))
    }
}

impl TermsArguments {
    /// The change that they make.
    fn change(self) -> OfferChange {
        let instant = |set: Option<Set<Instant>>| set.map(|Set(at)| at.map(|Instant(at)| at));
        let description = self.description_fr.unwrap_or_default();
        OfferChange {
            description: self.description,
            sale_from: instant(self.sale_from),
            sale_until: instant(self.sale_until),
            purchase_policy: self.purchase_policy,
            stock: self.stock.map(|Set(stock)| stock),
            per_customer: self.per_customer.map(|Set(limit)| limit),
            requires: self.requires.map(|Set(offer)| offer),
            excludes: self.excludes.map(|Set(offer)| offer),
            fr: self.name_fr.map(|Set(name)| name.map(|name| OfferText { name, description })),
            ..OfferChange::default()
        }
    }

    /// The terms of a new offer.
    fn terms(self, name: String, category: Category, price: Amount, duration_days: u32) -> OfferTerms {
        let change = self.change();
        OfferTerms {
            name,
            description: change.description.unwrap_or_default(),
            category,
            price,
            duration_days,
            sale: SaleWindow { from: change.sale_from.flatten(), until: change.sale_until.flatten() },
            purchase_policy: change.purchase_policy.unwrap_or(PurchasePolicy::Allow),
            rules: OfferRules {
                stock: change.stock.flatten(),
                per_customer: change.per_customer.flatten(),
                requires: change.requires.flatten(),
                excludes: change.excludes.flatten(),
            },
            translations: Translations { fr: change.fr.flatten() },
        }
    }
}

/// Does what is asked and says what was done.
pub async fn offers(
    settings: &Settings,
    command: OffersCommand,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let desk = Desk::open(settings).await?;
    let (keep, currency, origin) = (&desk.staff.keep_offers, desk.base.currency, Origin::default());
    match command {
        OffersCommand::List { category, active, after, part, format } => {
            let filter = ShelfFilter { category, is_active: active };
            let page = desk.base.queries.shelf(&filter, &part.page(after)?).await.map_err(failed)?;
            page.items.into_iter().try_for_each(|offer| tell(output, format, offer, ""))
        }
        OffersCommand::Show { id, format } => {
            let offer = desk.base.queries.offer(id).await.map_err(failed)?;
            tell(output, format, offer.ok_or_else(|| failed("there is no such offer"))?, "")
        }
        OffersCommand::Create { name, category, price, days, terms, why, format } => {
            let terms = terms.terms(name, category, amount(&price, currency)?, days);
            let offer = keep.create(terms, deed(&why.reason()?, &origin)).await.map_err(failed)?;
            tell(output, format, offer, "added ")?;
            mention_the_server(settings, PAGES);
            Ok(())
        }
        OffersCommand::Edit { id, if_version, name, category, price, days, terms, why, format } => {
            let price = price.map(|price| amount(&price, currency)).transpose()?;
            let change = OfferChange { name, category, price, duration_days: days, ..terms.change() };
            let edited = keep.edit(id, change, if_version, deed(&why.reason()?, &origin)).await;
            tell(output, format, edited.map_err(failed)?, "")?;
            mention_the_server(settings, PAGES);
            Ok(())
        }
        OffersCommand::Retire { id, why } => {
            let retired = keep.retire(id, None, deed(&why.reason()?, &origin)).await.map_err(failed)?;
            tell(output, Format { json: false }, retired, "")?;
            mention_the_server(settings, PAGES);
            Ok(())
        }
        OffersCommand::Restore { id, why } => {
            let restored = keep.restore(id, None, deed(&why.reason()?, &origin)).await.map_err(failed)?;
            tell(output, Format { json: false }, restored, "")?;
            mention_the_server(settings, PAGES);
            Ok(())
        }
    }
}

fn amount(text: &str, currency: Currency) -> Result<Amount, StartError> {
    Amount::parse(text, currency).map_err(|error| failed(format!("the price {error}")))
}

fn tell(output: &mut dyn Write, format: Format, offer: Offer, before: &str) -> Result<(), StartError> {
    let Offer { id, terms, is_active, version } = &offer;
    let state = if *is_active { "active" } else { "retired" };
    let (price, currency) = (terms.price.money(), terms.price.currency());
    let line = format!(
        "{before}{id}  {}  {}  {price} {currency} for {} days  {state}  version {version}",
        terms.name, terms.category, terms.duration_days
    );
    show(output, format, &ShelfBody::from(offer), &line)
}
