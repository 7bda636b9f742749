//! The proof that the money adds up.

use offers_domain::activation::PlaceOrder;
use offers_domain::offer::{OfferTerms, PurchasePolicy};
use offers_domain::partner::Answer;
use offers_domain::ports::LedgerReport;
use offers_domain::transaction::Status;
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::steps::{self, Claimed};
use super::world::{Customer, LEASE, World, confirmed, refused};
use crate::builders::{NOON, handle, terms};

pub async fn an_empty_store_is_sound<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert_eq!(world.queries.verify_ledger().await, Ok(LedgerReport::default()));
}

pub async fn everything_is_counted<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    world.customer("bert", 0).await;
    world.buy(anna, world.offer_for(100).await).await;
    world.confirm_all(NOON).await;
    world.buy(anna, world.offer_for(100).await).await;
    world.refuse_all(NOON).await;
    let report = world.queries.verify_ledger().await.unwrap();
    let expected = LedgerReport { accounts: 2, transfers: 4, transactions: 2, differences: Vec::new() };
    assert_eq!(report, expected);
}

/// Chance that can be repeated: a linear congruential generator, good enough to shuffle a workload.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A day at random: orders with and without keys, claims that end well, badly, unclearly or not at all.
struct Day<'a, H> {
    world: &'a World<H>,
    customers: Vec<Customer>,
    offers: Vec<offers_domain::ids::OfferId>,
    dice: Dice,
    now: OffsetDateTime,
    held: Vec<Claimed>,
    placed: u64,
    ended: [u64; 2],
}

impl<H: StoreHarness> Day<'_, H> {
    async fn step(&mut self) {
        self.now += Duration::milliseconds(i64::try_from(self.dice.below(5_000)).unwrap());
        match self.dice.below(4) {
            0 => self.place().await,
            1 => self.claim().await,
            _ => self.settle().await,
        }
    }

    async fn place(&mut self) {
        let batch: Vec<PlaceOrder> = (0..=self.dice.below(4))
            .map(|_| {
                let (customer, offer) = (*self.dice.pick(&self.customers), *self.dice.pick(&self.offers));
                let key = self.dice.below(60).to_string();
                let key = (self.dice.below(2) == 0).then(|| handle(customer.user, &key, 1));
                PlaceOrder { handle: key, ..self.world.wish(customer, offer) }
            })
            .collect();
        let now = self.now;
        let answers = self.world.commit(async |unit| steps::place(unit, &batch, now).await).await;
        let fresh = |answer: &&Result<_, _>| matches!(answer, Ok(offers_domain::activation::Placed::Fresh(_)));
        self.placed += answers.iter().filter(fresh).count() as u64;
    }

    async fn claim(&mut self) {
        let (limit, now) = (1 + self.dice.below(4), self.now);
        let claimed = self.world.commit(async |unit| steps::claim(unit, limit, LEASE, now).await).await;
        // One worker in five vanishes with what it has taken.
        if self.dice.below(5) > 0 {
            self.held.extend(claimed);
        }
    }

    async fn settle(&mut self) {
        let (count, now) = (self.dice.below(4).min(self.held.len()), self.now);
        let batch: Vec<_> = self
            .held
            .drain(..count)
            .map(|claimed| {
                let answers = [
                    confirmed(),
                    confirmed(),
                    refused(),
                    Answer::Pending { reference: "later".into() },
                    Answer::Unknown { reason: "time-out".into() },
                    Answer::NotExecuted { reason: "busy".into(), retry_after: None },
                    Answer::Voided,
                ];
                steps::answered(&claimed, self.dice.pick(&answers).clone(), now)
            })
            .collect();
        let answers = self.world.commit(async |unit| steps::settle(unit, &batch, now).await).await;
        for ended in answers.iter().flatten() {
            match ended.status() {
                Status::Success => self.ended[0] += 1,
                Status::Failed => self.ended[1] += 1,
                Status::Pending | Status::Processing => {}
            }
        }
    }
}

pub async fn the_books_are_sound_after_a_random_day<H: StoreHarness>() {
    for seed in 1..=3 {
        let world = World::<H>::fresh().await;
        let mut customers = Vec::new();
        for number in 0..4 {
            customers.push(world.customer(&format!("customer{number}"), 20_000).await);
        }
        let mut offers = Vec::new();
        for (policy, price) in PurchasePolicy::ALL.iter().zip([110, 290, 430]) {
            offers.push(world.offer(OfferTerms { purchase_policy: *policy, ..terms(price) }).await);
        }
        let (dice, now, held) = (Dice(seed), NOON, Vec::new());
        let mut day = Day { world: &world, customers, offers, dice, now, held, placed: 0, ended: [0, 0] };
        for _ in 0..200 {
            day.step().await;
        }
        let report = world.queries.verify_ledger().await.unwrap();
        assert_eq!(report.differences, [], "seed {seed}");
        assert_eq!((report.accounts, report.transactions), (4, day.placed), "seed {seed}");
        let [confirmed, refused] = day.ended;
        assert!(confirmed > 5 && refused > 5, "seed {seed} hardly ends an order: {confirmed}, {refused}");
        assert_eq!(report.transfers, 4 + day.placed + refused, "seed {seed}");
        let backlog = world.queries.backlog().await.unwrap();
        assert_eq!(backlog.open(), day.placed - confirmed - refused, "seed {seed}");
    }
}
