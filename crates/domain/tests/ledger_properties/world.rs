//! A store, its workers and their partner, in memory. It saves what the domain's functions return, the way a store does,
//! and refuses what a store would refuse.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use offers_domain::activation::{Needs, OrderBook, Payer, PlaceOrder, Placed, Wish, place_orders};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::auto_renew::AutoRenew;
use offers_domain::callback::{Callback, CallbackBook, CallbackId, CallbackOutcome, hear};
use offers_domain::idempotency::{
    IdempotencyHandle, IdempotencyKey, IdempotencyRecord, Principal, Scope, StoredResponse,
};
use offers_domain::ids::{AccountId, OfferId, PartnerId, TransactionId, UserId, UserOfferId};
use offers_domain::incident::NewIncident;
use offers_domain::ledger::Transfer;
use offers_domain::money::{Amount, Currency, Money};
use offers_domain::offer::{
    Category, Offer, OfferRules, OfferTerms, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::partner::{Answer, Repeated, Step};
use offers_domain::partner_channel::reference::KnownPartnerOrder;
use offers_domain::retry::{Jitter, RetryPolicy};
use offers_domain::settlement::{Attempt, Settle, SettleWrites, settle};
use offers_domain::transaction::{Channel, ClaimOutcome, Status, Transaction, TransactionParts};
use offers_domain::user_offer::{NewUserOffer, RenewalOf, UserOffer, UserOfferState};
use proptest::sample::Index;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::loads::account_of;
use crate::partners::{self, KIOSK};
use crate::story::{Event, Key, Order, Reply};

/// Everything there is.
pub(crate) struct World {
    pub(crate) now: OffsetDateTime,
    pub(crate) policy: RetryPolicy,
    pub(crate) balances: BTreeMap<AccountId, Money>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) transactions: BTreeMap<TransactionId, Transaction>,
    pub(crate) user_offers: BTreeMap<UserOfferId, UserOffer>,
    pub(crate) offers: HashMap<OfferId, Offer>,
    records: HashMap<Scope, IdempotencyRecord>,
    /// How many of each offer with a stock are taken.
    pub(crate) stocks: HashMap<OfferId, u32>,
    pub(crate) partner_orders: BTreeMap<TransactionId, KnownPartnerOrder>,
    /// What workers hold: the order as they claimed it, and the call to make.
    held: Vec<(Transaction, Step)>,
    /// What workers have sent; any of it may come again.
    sent: Vec<Settle>,
    /// Reports that were kept.
    heard: HashSet<(ActivationPartner, CallbackId)>,
    /// What was said too late.
    pub(crate) incidents: Vec<NewIncident>,
    ids: u128,
}

fn offer(id: i64, price: i64, days: u32, policy: PurchasePolicy) -> Offer {
    let terms = OfferTerms {
        name: "Fibre".into(),
        description: String::new(),
        category: Category::Internet,
        price: Amount::from_minor(price, Currency::EUR).unwrap(),
        duration_days: days,
        sale: SaleWindow::default(),
        purchase_policy: policy,
        rules: OfferRules::default(),
        translations: Translations::default(),
    };
    Offer { id: OfferId(id), terms, is_active: id != 4, version: 1 }
}

/// Three of it, one for each customer, and not beside offer 3.
fn scarce() -> Offer {
    let mut offer = offer(6, 300, 2, PurchasePolicy::Allow);
    offer.terms.rules =
        OfferRules { stock: Some(3), per_customer: Some(2), requires: None, excludes: Some(OfferId(3)) };
    offer
}

/// One of `items`, taken out; none where there are none.
pub(crate) fn take<T>(items: &mut Vec<T>, which: Index) -> Option<T> {
    (!items.is_empty()).then(|| items.swap_remove(which.index(items.len())))
}

impl World {
    /// Three customers with some money, five offers, no orders.
    pub(crate) fn new() -> Self {
        let offers = [
            offer(1, 1999, 30, PurchasePolicy::Allow),
            offer(2, 500, 7, PurchasePolicy::Extend),
            offer(3, 2500, 1, PurchasePolicy::Reject),
            offer(4, 100, 30, PurchasePolicy::Allow),
            scarce(),
        ];
        let mut world = Self {
            now: datetime!(2026-03-03 12:00 UTC),
            policy: RetryPolicy::default(),
            balances: (1..=3)
                .map(|user| account_of(UserId(user)))
                .chain([KIOSK])
                .map(|account| (account, Money::zero(Currency::EUR)))
                .collect(),
            transfers: Vec::new(),
            transactions: BTreeMap::new(),
            user_offers: BTreeMap::new(),
            offers: offers.into_iter().map(|offer| (offer.id, offer)).collect(),
            records: HashMap::new(),
            stocks: HashMap::new(),
            partner_orders: BTreeMap::new(),
            held: Vec::new(),
            sent: Vec::new(),
            heard: HashSet::new(),
            incidents: Vec::new(),
            ids: 0,
        };
        world.play(Event::TopUp { user: 1, cents: 100_000 });
        world.play(Event::TopUp { user: 2, cents: 20_000 });
        world
    }

    pub(crate) fn play(&mut self, event: Event) {
        match event {
            Event::TopUp { user, cents } => self.top_up(UserId(user), cents),
            Event::Debit { user, cents } => self.debit(UserId(user), cents),
            Event::Decide(which, said) => self.decide(which, said),
            Event::Order(wishes) => self.order(&wishes),
            Event::Claim(limit) => self.claim(limit),
            Event::Settle { replies, twice } => {
                let mut batch = Vec::new();
                for (which, reply) in replies {
                    let Some((transaction, step)) = take(&mut self.held, which) else { break };
                    batch.push(self.settlement(&transaction, step, reply));
                }
                if twice {
                    batch.extend_from_within(..);
                }
                self.settle(&batch);
            }
            Event::SettleAgain(which, Reply { answer, jitter }) => {
                if let Some(old) = take(&mut self.sent, which) {
                    let changed =
                        Settle { attempt: Attempt { answer, ..old.attempt.clone() }, jitter, ..old.clone() };
                    self.settle(&[changed, old]);
                }
            }
            Event::Report { order, answer, id } => self.hear(order, answer, id),
            Event::Crash(which) => drop(take(&mut self.held, which)),
            Event::Pass(time) => self.now += time,
            Event::Pause(time) => self.pause(time),
        }
    }

    /// Nobody claims meanwhile, and then the clocks of open orders move, without a transition.
    fn pause(&mut self, time: Duration) {
        let since = self.now;
        self.now += time;
        for order in self.transactions.values_mut().filter(|order| !order.status().is_final()) {
            let age = order.age(since);
            let clock = order.parts().clock.map(|clock| clock.after_pause(since, self.now));
            *order = Transaction::from_parts(TransactionParts { clock, ..order.parts().clone() });
            assert_eq!(order.age(self.now), age, "a pause makes no order older");
        }
    }

    /// The workers start anew, an hour passes, and the partner gives a definite answer to every call.
    pub(crate) fn heal(&mut self) {
        self.held.clear();
        self.now += Duration::HOUR;
        self.claim(usize::MAX);
        let refused = Answer::Refused { code: "barred".into(), message: "Barred".into() };
        let confirmed = Answer::Confirmed { reference: "R".into() };
        let answers = [refused, confirmed].into_iter().cycle();
        let batch: Vec<_> = std::mem::take(&mut self.held)
            .into_iter()
            .zip(answers)
            .map(|((transaction, step), answer)| {
                self.settlement(&transaction, step, Reply { answer, jitter: Jitter(0) })
            })
            .collect();
        self.settle(&batch);
    }

    fn order(&mut self, orders: &[Order]) {
        let batch: Vec<_> = orders.iter().map(|order| self.command(order)).collect();
        let mut book = OrderBook {
            records: self.records.clone(),
            accounts: self.accounts_of(&batch),
            offers: self.offers.clone(),
            sales: partners::book(self.partner_orders.values()),
            routes: Arc::new(self.routes()),
            ..OrderBook::default()
        };
        for PlaceOrder { user, wish, .. } in &batch {
            let found = wish.renewed().and_then(|of| Some(((*user, of), self.renewable(*user, of)?)));
            book.renewables.extend(found);
        }
        let needs = Needs::of(&batch, &book.offers, &book.renewables);
        book.holdings = needs.holdings.iter().map(|pair| (*pair, self.holding(pair.0, pair.1))).collect();
        book.counts = needs.counts.iter().map(|pair| (*pair, self.count(pair.0, pair.1))).collect();
        book.stocks = needs.stocks.iter().map(|offer| (*offer, self.stock(*offer))).collect();
        let (answers, writes) = place_orders(&batch, &mut book, self.now);

        let fresh: Vec<_> = answers
            .iter()
            .filter_map(|answer| match answer {
                Ok(Placed::Fresh(transaction)) => Some(transaction.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(fresh, writes.transactions, "what was accepted is written, and nothing else");
        self.apply_transfers(&writes.transfers);
        self.stocks.extend(writes.stocks.iter().map(|stock| (stock.offer, stock.taken)));
        for wallet in book.accounts.values() {
            assert_eq!(wallet.balance(), self.balances[&wallet.id()], "the running balance is the saved one");
        }
        for record in writes.records {
            let earlier = self.records.insert(record.handle.scope.clone(), record);
            assert_eq!(earlier, None, "a key has one effect");
        }
        for transaction in writes.transactions {
            let earlier = self.transactions.insert(transaction.id(), transaction);
            assert_eq!(earlier, None, "an id is used once");
        }
        for names in writes.partner_orders {
            let placed = *self.transactions[&names.transaction].order();
            let (user, offer, amount) = (placed.user, placed.offer, placed.amount);
            let known = KnownPartnerOrder { order: names, user, offer, amount };
            let named = |other: &KnownPartnerOrder| {
                known.order.partner_reference.is_some()
                    && (other.order.partner, &other.order.partner_reference)
                        == (known.order.partner, &known.order.partner_reference)
            };
            assert!(!self.partner_orders.values().any(named), "a name has one effect");
            self.partner_orders.insert(known.order.transaction, known);
        }
        for NewUserOffer { user, offer, transaction, .. } in writes.user_offers {
            let id = UserOfferId(i64::try_from(self.user_offers.len()).unwrap());
            let state = UserOfferState::Pending;
            self.user_offers
                .insert(id, UserOffer { id, user, offer, transaction, state, auto_renew: AutoRenew::Off });
        }
    }

    fn claim(&mut self, limit: usize) {
        let mut left = limit;
        for transaction in self.transactions.clone().values_mut() {
            if left == 0 {
                break;
            }
            // An order that is not due would not be loaded; here it only says no.
            let Ok(outcome) = transaction.claim(self.now, self.policy.lease, self.policy.max_lost_leases)
            else {
                continue;
            };
            left -= 1;
            let earlier = self.transactions[&transaction.id()].attempt();
            self.save(transaction);
            if let ClaimOutcome::Call(step) = outcome {
                assert!(transaction.attempt() > earlier, "every call is counted before it is made");
                self.held.push((transaction.clone(), step));
            }
        }
    }

    pub(crate) fn settle(&mut self, batch: &[Settle]) {
        let ids: Vec<_> = batch.iter().map(|command| command.attempt.transaction).collect();
        let mut book = self.settle_book(&ids);
        let (answers, writes) = settle(batch, &mut book, &self.policy, self.now);

        for (command, answer) in batch.iter().zip(&answers) {
            let Ok(transaction) = answer else { continue };
            let current = self.transactions[&command.attempt.transaction].attempt();
            assert_eq!(command.attempt.number, current, "only the last claim settles");
            let said = &command.attempt.answer;
            let (success, failed) = (matches!(said, Answer::Confirmed { .. }), said.returns_the_money());
            assert_eq!(transaction.status() == Status::Success, success, "success is the partner's word");
            assert_eq!(transaction.status() == Status::Failed, failed, "money never goes back on silence");
        }
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), writes.transactions.len());
        self.keep(writes);
        self.sent.extend_from_slice(batch);
    }

    /// A partner reports of an order of its own, and its report comes twice.
    fn hear(&mut self, order: Index, answer: Answer, id: u8) {
        if self.transactions.is_empty() {
            return;
        }
        let ids: Vec<_> = self.transactions.keys().copied().collect();
        let transaction = ids[order.index(ids.len())];
        let partner = self.transactions[&transaction].order().activated_by;
        let id = CallbackId::try_new(&format!("msg_{id}")).unwrap();
        let callback = Callback { partner, id, transaction, answer, repeated: Repeated::default() };
        let mut book = CallbackBook { known: self.heard.clone(), orders: self.settle_book(&[transaction]) };
        let batch = [callback.clone(), callback];
        let (outcomes, writes) = hear(&batch, &mut book, &self.policy, self.now);
        assert_eq!(outcomes[1], CallbackOutcome::Duplicate);
        for received in writes.received {
            let key = (received.callback.partner, received.callback.id);
            assert!(self.heard.insert(key), "a report is kept once");
        }
        self.keep(writes.settled);
    }

    /// Saves what follows from answers, as a store does.
    fn keep(&mut self, writes: SettleWrites) {
        self.apply_transfers(&writes.transfers);
        self.stocks.extend(writes.stocks.iter().map(|stock| (stock.offer, stock.taken)));
        self.incidents.extend(writes.incidents);
        writes.transactions.iter().for_each(|transaction| self.save(transaction));
        for user_offer in writes.user_offers {
            let before = self.user_offers.insert(user_offer.id, user_offer).expect("it was loaded");
            let end = |held: &UserOffer| held.period().map(|period| period.expires_at);
            assert!(end(&before) <= end(&user_offer), "no order shortens a subscription");
        }
    }

    /// What a worker makes of a reply: past the horizon an order that the partner never saw is voided at once.
    pub(crate) fn settlement(
        &self,
        transaction: &Transaction,
        step: Step,
        Reply { answer, jitter }: Reply,
    ) -> Settle {
        let step = self.policy.first_call(transaction, step);
        let (step, answer) = match self.policy.follow_up(transaction, step, &answer) {
            Some(next) => (next, Answer::Voided),
            None => (step, answer),
        };
        let attempt = Attempt {
            transaction: transaction.id(),
            number: transaction.attempt(),
            step,
            answer,
            started_at: self.now,
            ended_at: self.now,
        };
        Settle { attempt, account: transaction.order().account, user_offer: transaction.user_offer(), jitter }
    }

    /// Saves one transition, as a store's triggers would have it.
    pub(crate) fn save(&mut self, after: &Transaction) {
        let before = self.transactions.insert(after.id(), after.clone()).expect("an order that exists");
        assert!(!before.status().is_final(), "a final status never changes");
        assert_eq!(after.parts().version, before.parts().version + 1, "versions grow by one");
        assert!(after.attempt() >= before.attempt());
        assert_eq!(after.order(), before.order());
    }

    pub(crate) fn apply_transfers(&mut self, transfers: &[Transfer]) {
        for transfer in transfers {
            let amount = transfer.amount.money();
            if let Some(balance) = self.balances.get_mut(&transfer.debit) {
                *balance = balance.checked_sub(amount).unwrap();
            }
            if let Some(balance) = self.balances.get_mut(&transfer.credit) {
                *balance = balance.checked_add(amount).unwrap();
            }
        }
        self.transfers.extend_from_slice(transfers);
    }

    fn command(&mut self, order: &Order) -> PlaceOrder {
        self.ids += 1;
        let handle = order.key.as_ref().map(|Key { number, other_body }| {
            let key = IdempotencyKey::try_new(&format!("{number:0>16}")).unwrap();
            let user = Principal::User(UserId(order.user));
            let principal =
                order.sale.as_ref().map_or(user, |sale| Principal::Partner(PartnerId(sale.partner)));
            let scope = Scope { principal, route: "POST /activation", key };
            let wanted = match order.wish {
                Wish::Buy(OfferId(id)) => id,
                Wish::Renew(RenewalOf::Subscription(UserOfferId(id))) => 10 + id,
                Wish::Renew(RenewalOf::Offer(OfferId(id))) => 20 + id,
                Wish::Continue(UserOfferId(id), _) => 30 + id,
            };
            let body = u8::try_from(wanted).unwrap() + u8::from(*other_body) * 100;
            IdempotencyHandle { scope, fingerprint: [body; 32] }
        });
        PlaceOrder {
            id: TransactionId(Uuid::from_u128(self.ids)),
            user: UserId(order.user),
            session: None,
            wish: order.wish,
            payer: order.sale.as_ref().map_or(Payer::Wallet, |sale| {
                partners::sale(sale, self.ids, partners::price(&self.offers, order.wish))
            }),
            channel: if order.sale.is_some() { Channel::Partner } else { Channel::Customer },
            handle,
            trace: None,
            respond: |order| StoredResponse { status: 202, body: order.id().to_string() },
        }
    }
}
