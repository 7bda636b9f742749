//! Scripting and inspecting, from the same process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::behaviour::{Behaviour, QueryBehaviour};
use crate::book::{Book, Decision, Execution, Ordered, Standing};
use crate::callbacks::{CallbackTarget, Report, SentCallback};
use crate::calls::{Call, CallLog};
use crate::script::{Behaviours, Script};

/// Orders that are remembered.
const BOOK_CAPACITY: usize = 1_000_000;
/// Calls that are remembered.
const LOG_CAPACITY: usize = 10_000;

/// Scripts and inspects a [`Simulator`](crate::Simulator), running or not. Clones share it.
#[derive(Debug, Clone)]
pub struct SimulatorHandle {
    state: Arc<Mutex<State>>,
    call_count: watch::Sender<u64>,
    releases: watch::Sender<()>,
    reports: mpsc::Sender<Report>,
}

#[derive(Debug)]
struct State {
    script: Script,
    book: Book,
    calls: CallLog,
    target: Option<CallbackTarget>,
    sent: VecDeque<SentCallback>,
}

impl SimulatorHandle {
    /// With the other end of what is to be reported.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Report>) {
        let state = State {
            script: Script::default(),
            book: Book::new(BOOK_CAPACITY),
            calls: CallLog::new(LOG_CAPACITY),
            target: None,
            sent: VecDeque::new(),
        };
        let (reports, waiting) = mpsc::channel(LOG_CAPACITY);
        let handle = Self {
            state: Arc::new(Mutex::new(state)),
            call_count: watch::Sender::new(0),
            releases: watch::Sender::new(()),
            reports,
        };
        (handle, waiting)
    }

    /// Changes the script: each part that is there replaces the one before.
    pub fn script(&self, behaviours: Behaviours) {
        self.state().script.change(behaviours);
    }

    /// Does this to every order without a more special behaviour.
    pub fn always(&self, behaviour: Behaviour) {
        self.script(Behaviours { default: Some(behaviour), ..Behaviours::default() });
    }

    /// Does these to the next orders, in order.
    pub fn next(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        let next = Some(behaviours.into_iter().collect());
        self.script(Behaviours { next, ..Behaviours::default() });
    }

    /// Does these to the next queries, in order.
    pub fn next_queries(&self, behaviours: impl IntoIterator<Item = QueryBehaviour>) {
        let query_next = Some(behaviours.into_iter().collect());
        self.script(Behaviours { query_next, ..Behaviours::default() });
    }

    /// Calls back to this address, signed with this secret.
    pub fn call_back(&self, target: CallbackTarget) {
        self.state().target = Some(target);
    }

    /// The last 10 000 reports that were sent, with how they were answered.
    pub fn sent_callbacks(&self) -> Vec<SentCallback> {
        self.state().sent.iter().cloned().collect()
    }

    /// Forgets the script: every order is activated at once.
    pub fn reset(&self) {
        self.state().script = Script::default();
    }

    /// Ends every wait: what would be decided later is decided now, and callers that are kept waiting are answered.
    pub fn release(&self) {
        self.state().book.decide_all(Instant::now());
        self.releases.send_replace(());
    }

    /// Forgets the key, as a partner may after a day: the service stays as it is, and a later call finds a new key.
    pub fn forget(&self, transaction: Uuid) {
        self.state().book.forget(transaction, Instant::now());
    }

    /// How often the order was executed: never more than once, unless its key was forgotten in between.
    pub fn executed(&self, transaction: Uuid) -> u32 {
        self.execution(transaction).executed
    }

    /// Whether the order was executed and then undone by a void.
    pub fn reversed(&self, transaction: Uuid) -> bool {
        self.execution(transaction).reversed
    }

    /// The last 10 000 calls.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.last()
    }

    /// Returns once `count` calls have arrived since the start; their orders are in the book by then.
    pub async fn wait_for_calls(&self, count: u64) {
        // The sender lives as long as this handle, so waiting cannot fail.
        let _ = self.call_count.subscribe().wait_for(|arrived| *arrived >= count).await;
    }

    pub(crate) fn execution(&self, key: Uuid) -> Execution {
        self.state().book.execution(key, Instant::now())
    }

    pub(crate) fn log(&self, method: &str, key: Uuid, traceparent: Option<String>) {
        let count = self.state().calls.add(method, key, traceparent);
        self.call_count.send_if_modified(|seen| {
            let later = count > *seen;
            *seen = count.max(*seen);
            later
        });
    }

    pub(crate) fn behaviour(&self, key: Uuid, offer: i64) -> Behaviour {
        self.state().script.for_order(key, offer)
    }

    pub(crate) fn query_behaviour(&self) -> QueryBehaviour {
        self.state().script.for_query()
    }

    pub(crate) fn place(&self, key: Uuid, ordered: Ordered, decision: Decision) -> bool {
        self.state().book.place(key, ordered, decision)
    }

    pub(crate) fn standing(&self, key: Uuid) -> Option<Standing> {
        self.state().book.standing(key, Instant::now())
    }

    /// Where the order stands once its decision has fallen.
    pub(crate) async fn decided(&self, key: Uuid) -> Option<Standing> {
        let mut released = self.releases.subscribe();
        loop {
            match self.standing(key) {
                // Either way it is looked at again.
                Some(Standing::InFlight(_, due)) => drop(timeout_at(due, released.changed()).await),
                standing => return standing,
            }
        }
    }

    /// Where the order stands once its decision has fallen, whether its caller waits or not.
    pub(crate) async fn final_standing(&self, key: Uuid) -> Option<Standing> {
        let mut released = self.releases.subscribe();
        loop {
            let decides_at = self.state().book.decides_at(key);
            match self.standing(key) {
                Some(Standing::InFlight(..) | Standing::Pending(_)) => {
                    let due = decides_at.unwrap_or_else(Instant::now);
                    drop(timeout_at(due, released.changed()).await);
                }
                standing => return standing,
            }
        }
    }

    /// Has a decision reported; a report beyond the last 10 000 that wait is forgotten.
    pub(crate) fn report(&self, report: Report) {
        if self.reports.try_send(report).is_err() {
            tracing::warn!("the simulator forgets a report");
        }
    }

    pub(crate) fn turn_round(&self, key: Uuid) {
        self.state().book.turn_round(key, Instant::now());
    }

    pub(crate) fn callback_target(&self) -> Option<CallbackTarget> {
        self.state().target.clone()
    }

    pub(crate) fn sent(&self, callback: SentCallback) {
        let mut state = self.state();
        state.sent.push_back(callback);
        if state.sent.len() > LOG_CAPACITY {
            state.sent.pop_front();
        }
    }

    pub(crate) fn void(&self, key: Uuid) {
        self.state().book.void(key, Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
