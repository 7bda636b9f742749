//! Demonstration data: customers with money, and something to buy.

use std::collections::HashSet;
use std::sync::Arc;

use offers_domain::audit::Actor;
use offers_domain::money::{Amount, Currency, MoneyError};
use offers_domain::offer::{
    Category, OfferError, OfferRules, OfferSort, OfferTerms, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::{
    Clock, IdSource, OfferCache, OfferFilter, OfferKey, PasswordError, Passwords, Queries, Store, StoreError,
};
use offers_domain::user::{Email, Locale, NewUser, Role, UserError, Username};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use thiserror::Error;

use crate::create_users::{CreateUserError, CreateUsers, FundedUser};
use crate::identity::Origin;
use crate::transact::{Done, transact};

/// The password of every demonstration customer.
pub const PASSWORD: &str = "password123";

/// People and offers are added this many at a time.
const BATCH: usize = 500;

/// What to have in the end; what is there already is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedPlan {
    /// Customers `user1` to `userN`.
    pub users: usize,
    /// Offers on sale.
    pub offers: usize,
}

/// What was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seeded {
    /// Customers.
    pub users: usize,
    /// Offers.
    pub offers: usize,
}

/// Why the data could not be added.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SeedError {
    /// A customer could not be added.
    #[error(transparent)]
    User(#[from] CreateUserError),
    /// A name could not be made.
    #[error(transparent)]
    Name(#[from] UserError),
    /// An offer could not be made.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// A price could not be made.
    #[error(transparent)]
    Price(#[from] MoneyError),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct Seed {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Adds customers.
    pub users: CreateUsers,
    /// Pages of offers near.
    pub offers: Arc<dyn OfferCache>,
    /// Password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Of the prices.
    pub currency: Currency,
}

impl Seed {
    /// Adds what is missing and tells `progress` how many of how many rows are there. The same plan gives the same
    /// balances everywhere: between 50 and 500 for each customer, from a fixed seed.
    pub async fn run(
        &self,
        plan: SeedPlan,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Seeded, SeedError> {
        let total = plan.users + plan.offers;
        let offers = self.add_offers(plan.offers).await?;
        progress(plan.offers, total);
        let users = self.add_users(plan.users, &|done| progress(plan.offers + done, total)).await?;
        Ok(Seeded { users, offers })
    }

    async fn add_users(&self, count: usize, progress: &(dyn Fn(usize) + Sync)) -> Result<usize, SeedError> {
        let mut random = StdRng::seed_from_u64(1);
        let mut added = 0;
        let mut hash = None;
        let numbers: Vec<usize> = (1..=count).collect();
        for batch in numbers.chunks(BATCH) {
            let mut wanted = Vec::with_capacity(batch.len());
            for number in batch {
                let balance = Amount::from_minor(random.random_range(5_000..=50_000), self.currency)?;
                wanted.push((Username::try_new(&format!("user{number}"))?, balance));
            }
            let names: Vec<Username> = wanted.iter().map(|(name, _)| name.clone()).collect();
            let taken: HashSet<String> = self.queries.taken_usernames(&names).await?.into_iter().collect();
            wanted.retain(|(name, _)| !taken.contains(name.as_str()));
            let mut people = Vec::with_capacity(wanted.len());
            for (username, balance) in wanted {
                // One hash for all: hashing each would take half an hour for 100 000 customers.
                let password_hash = match &hash {
                    Some(known) => String::clone(known),
                    None => hash.insert(self.passwords.hash(PASSWORD.into()).await?).clone(),
                };
                let user = NewUser {
                    email: Email::try_new(&format!("{}@example.com", username.as_str()))?,
                    username,
                    phone: None,
                    password_hash,
                    role: Role::Customer,
                    locale: Locale::En,
                    joined_at: self.clock.now(),
                };
                people.push(FundedUser { user, balance: Some(balance) });
            }
            if !people.is_empty() {
                added += self.users.add(&people, Actor::System, &Origin::default()).await?.len();
            }
            progress(batch.last().copied().unwrap_or_default());
        }
        Ok(added)
    }

    async fn add_offers(&self, count: usize) -> Result<usize, SeedError> {
        let present = self.count_offers(count).await?;
        let terms: Vec<OfferTerms> =
            (present..count).map(|index| self.terms(index)).collect::<Result<_, _>>()?;
        if terms.is_empty() {
            return Ok(0);
        }
        let inserted = self.insert_offers(&terms).await;
        // Some batches may be there even if another failed.
        self.offers.clear().await;
        inserted.map(|()| terms.len())
    }

    async fn insert_offers(&self, terms: &[OfferTerms]) -> Result<(), SeedError> {
        for batch in terms.chunks(BATCH) {
            transact(&*self.store, &*self.ids, |unit| {
                Box::pin(async move {
                    let now = unit.now().await?;
                    unit.insert_offers(batch, now).await?;
                    Ok(Done::Write(()))
                })
            })
            .await?;
        }
        Ok(())
    }

    async fn count_offers(&self, enough: usize) -> Result<usize, SeedError> {
        let mut page = PageRequest { limit: PageLimit::MAX, after: None };
        let mut count = 0;
        loop {
            let (filter, now) = (OfferFilter::default(), self.clock.now());
            let found = self.queries.offers_on_sale(&filter, OfferSort::Id, &page, now).await?;
            count += found.items.len();
            if !found.has_more || count >= enough {
                return Ok(count);
            }
            page.after = found.items.last().map(|offer| OfferKey::of(offer, OfferSort::Id));
        }
    }

    fn terms(&self, index: usize) -> Result<OfferTerms, SeedError> {
        let (name, description, category, price, duration_days) =
            CATALOGUE.get(index % CATALOGUE.len()).copied().unwrap_or(CATALOGUE[0]);
        let name = match index / CATALOGUE.len() {
            0 => name.to_owned(),
            again => format!("{name} {}", again + 1),
        };
        Ok(OfferTerms {
            name,
            description: description.to_owned(),
            category,
            price: Amount::from_minor(price, self.currency)?,
            duration_days,
            sale: SaleWindow::default(),
            purchase_policy: PurchasePolicy::Allow,
            rules: OfferRules::default(),
            translations: Translations::default(),
        }
        .validate()?)
    }
}

type Bundle = (&'static str, &'static str, Category, i64, u32);

/// Name, description, category, price in minor units, days.
const CATALOGUE: [Bundle; 12] = [
    ("Fibre 300", "Fibre internet at 300 Mb/s, unlimited data", Category::Internet, 2_499, 30),
    (
        "Fibre 1000",
        "Fibre internet at 1 Gb/s, unlimited data, router included",
        Category::Internet,
        3_999,
        30,
    ),
    ("Mobile 10 GB", "10 GB of mobile data on 5G", Category::Internet, 999, 30),
    ("Mobile 50 GB", "50 GB of mobile data on 5G, roaming included", Category::Internet, 1_999, 30),
    ("Day Pass 2 GB", "2 GB of mobile data for one day", Category::Internet, 199, 1),
    ("TV Essential", "80 channels in HD", Category::Tv, 1_299, 30),
    ("TV Cinema", "Essential channels, films and series on demand", Category::Tv, 2_199, 30),
    ("TV Sport Week", "Every sports channel for a week", Category::Tv, 899, 7),
    ("Calls 300", "300 minutes to every network", Category::Voice, 799, 30),
    ("Calls Unlimited", "Unlimited calls and messages", Category::Voice, 1_499, 30),
    ("Music Solo", "Music streaming for one person, without advertising", Category::Music, 999, 30),
    ("Music Family", "Music streaming for up to six people", Category::Music, 1_599, 30),
];
