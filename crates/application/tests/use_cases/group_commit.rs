//! Group commit: one unit for all that wait, one answer for each.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::poll;
use offers_application::group_commit::{Batch, Executed, GroupCommit, LanePorts, LaneSettings, SubmitError};
use offers_domain::ports::mocks::{MockIdSource, MockUnitOfWork};
use offers_domain::ports::{Measure, StoreError, UnitOfWork};
use offers_domain::retry::Jitter;
use offers_domain::views::StatusView;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Duration, Instant};

use crate::stage::{Lanes, Stage, placed};

#[derive(Debug, Clone, Copy)]
enum Act {
    Write,
    Refuse,
    Fail,
    Panic,
    /// Meets another unit, as often as the probe says.
    Contend,
}

#[derive(Debug, Clone, Copy)]
struct Command {
    number: u32,
    user: u64,
    act: Act,
}

fn command(number: u32, act: Act) -> Command {
    Command { number, user: 0, act }
}

fn write(number: u32) -> Command {
    command(number, Act::Write)
}

#[derive(Debug, PartialEq, Eq)]
struct Refused;

/// Writes down which commands each unit had, and waits at a gate before it decides.
#[derive(Clone)]
struct Probe {
    units: Arc<Mutex<Vec<Vec<u32>>>>,
    entered: Arc<Notify>,
    gate: Arc<Semaphore>,
    contentions: Arc<AtomicUsize>,
}

impl Probe {
    fn open() -> Self {
        let probe = Self::closed();
        probe.let_through();
        probe
    }

    fn closed() -> Self {
        Self {
            units: Arc::default(),
            entered: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            contentions: Arc::default(),
        }
    }

    fn let_through(&self) {
        self.gate.add_permits(1);
    }

    fn units(&self) -> Vec<Vec<u32>> {
        self.units.lock().unwrap().clone()
    }

    fn meets_contention(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.contentions.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }
}

#[async_trait]
impl Batch for Probe {
    type Command = Command;
    type Answer = Result<u32, Refused>;
    const NAME: &'static str = "probe";

    fn lane(command: &Command) -> u64 {
        command.user
    }

    async fn execute(
        &self,
        _: &mut dyn UnitOfWork,
        commands: &[Command],
    ) -> Result<Executed<Self::Answer>, StoreError> {
        self.units.lock().unwrap().push(commands.iter().map(|command| command.number).collect());
        self.entered.notify_one();
        drop(self.gate.acquire().await);
        let mut executed = Executed { answers: Vec::new(), changed: Vec::new(), wrote: false };
        for Command { number, act, .. } in commands {
            match act {
                Act::Fail => return Err(broken()),
                Act::Panic => panic!("a rule is wrong"),
                Act::Contend if self.meets_contention() => return Err(contended()),
                Act::Refuse => executed.answers.push(Err(Refused)),
                Act::Write | Act::Contend => {
                    executed.answers.push(Ok(*number));
                    executed.wrote = true;
                    executed.changed.push(StatusView::from(&placed(u128::from(*number))));
                }
            }
        }
        Ok(executed)
    }
}

fn broken() -> StoreError {
    StoreError::Misuse("broken".into())
}

fn contended() -> StoreError {
    StoreError::Contention("a lock".into())
}

fn start(stage: &Stage, probe: &Probe) -> (GroupCommit<Probe>, Lanes) {
    stage.lanes(probe.clone(), stage.any_store(), LaneSettings::default())
}

type Answers = Vec<Result<Result<u32, Refused>, SubmitError>>;

/// Queues `commands` behind a first one (number 1) that waits at the probe's gate, so that they wait together.
async fn together(entrance: &GroupCommit<Probe>, probe: &Probe, commands: Vec<Command>) -> Answers {
    let mut first = pin!(entrance.submit(write(1)));
    assert!(poll!(&mut first).is_pending());
    probe.entered.notified().await;
    let mut waiting = pin!(join_all(commands.into_iter().map(|command| entrance.submit(command))));
    assert!(poll!(&mut waiting).is_pending());
    probe.let_through();
    assert_eq!(first.await, Ok(Ok(1)));
    waiting.await
}

#[tokio::test]
async fn commands_that_wait_together_share_one_unit() {
    let (stage, probe) = (Stage::new(), Probe::closed());
    let (entrance, _lanes) = start(&stage, &probe);
    let answers = together(&entrance, &probe, (2..=100).map(write).collect()).await;
    let expected: Answers = (2..=100).map(|number| Ok(Ok(number))).collect();
    assert_eq!(answers, expected, "each caller gets its own answer");
    assert_eq!(probe.units(), [vec![1], (2..=100).collect()]);
    assert_eq!((stage.log.count("begin"), stage.log.count("commit")), (2, 2));
}

#[tokio::test]
async fn a_unit_has_no_more_commands_than_allowed() {
    let (stage, probe) = (Stage::new(), Probe::closed());
    let settings = LaneSettings { max_batch: 2, ..LaneSettings::default() };
    let (entrance, _lanes) = stage.lanes(probe.clone(), stage.any_store(), settings);
    together(&entrance, &probe, (2..=6).map(write).collect()).await;
    assert_eq!(probe.units(), [vec![1], vec![2, 3], vec![4, 5], vec![6]]);
}

#[tokio::test(start_paused = true)]
async fn a_single_command_on_an_idle_lane_runs_at_once() {
    let (stage, probe) = (Stage::new(), Probe::open());
    let (entrance, _lanes) = start(&stage, &probe);
    let began = Instant::now();
    assert_eq!(entrance.submit(write(1)).await, Ok(Ok(1)));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_refusal_leaves_its_neighbours_alone() {
    let (stage, probe) = (Stage::new(), Probe::closed());
    let (entrance, lanes) = start(&stage, &probe);
    let answers = together(&entrance, &probe, vec![write(2), command(3, Act::Refuse), write(4)]).await;
    assert_eq!(answers, [Ok(Ok(2)), Ok(Err(Refused)), Ok(Ok(4))]);
    drop(entrance);
    lanes.finished().await;
    assert_eq!((stage.log.count("begin"), stage.log.count("commit")), (2, 2));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("put 2,4"));
}

#[tokio::test]
async fn a_unit_that_only_refuses_is_rolled_back_and_not_announced() {
    let (stage, probe) = (Stage::new(), Probe::open());
    let (entrance, lanes) = start(&stage, &probe);
    assert_eq!(entrance.submit(command(1, Act::Refuse)).await, Ok(Err(Refused)));
    drop(entrance);
    lanes.finished().await;
    assert_eq!(stage.log.entries(), ["begin", "rollback"]);
}

#[tokio::test]
async fn when_a_unit_fails_each_command_is_run_alone_and_only_the_bad_one_fails() {
    let panicked = StoreError::Misuse("the batch panicked".into());
    for (bad, error) in [(Act::Fail, broken()), (Act::Panic, panicked)] {
        let (stage, probe) = (Stage::new(), Probe::closed());
        let (entrance, _lanes) = start(&stage, &probe);
        let answers = together(&entrance, &probe, vec![write(2), command(3, bad), write(4)]).await;
        assert_eq!(answers, [Ok(Ok(2)), Err(SubmitError::Store(error)), Ok(Ok(4))]);
        assert_eq!(probe.units(), [vec![1], vec![2, 3, 4], vec![2], vec![3], vec![4]]);
        assert_eq!(entrance.submit(write(5)).await, Ok(Ok(5)), "the lane goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn contention_is_tried_again_three_times() {
    for (contentions, expected) in [(3, Ok(Ok(1))), (4, Err(SubmitError::Store(contended())))] {
        let (stage, probe) = (Stage::new(), Probe::open());
        probe.contentions.store(contentions, Ordering::Relaxed);
        let (entrance, _lanes) = start(&stage, &probe);
        assert_eq!(entrance.submit(command(1, Act::Contend)).await, expected);
        assert_eq!(stage.log.count("begin"), 4);
        assert_eq!(stage.log.count("rollback"), contentions);
    }
}

#[tokio::test(start_paused = true)]
async fn each_wait_for_a_contended_unit_is_up_to_twice_as_long() {
    let (stage, probe) = (Stage::new(), Probe::open());
    probe.contentions.store(3, Ordering::Relaxed);
    let mut ids = MockIdSource::new();
    ids.expect_jitter().return_const(Jitter(u32::MAX));
    let ports = LanePorts { ids: Arc::new(ids), ..stage.lane_ports(stage.any_store()) };
    let (entrance, mut lanes) = GroupCommit::new(probe, &ports, LaneSettings::default());
    let began = Instant::now();
    let lane = lanes.remove(0).run();
    tokio::select! {
        answer = entrance.submit(command(1, Act::Contend)) => assert_eq!(answer, Ok(Ok(1))),
        () = lane => panic!("the lane ended"),
    }
    assert_eq!(began.elapsed().as_millis(), 8 + 16 + 32);
}

/// An unknown outcome must not be repeated, and a store that is away is away for each command.
#[tokio::test]
async fn what_concerns_the_whole_unit_is_told_to_all_and_nothing_is_run_again() {
    let reason = || "connection lost".to_owned();
    for error in [StoreError::OutcomeUnknown(reason()), StoreError::Unavailable(reason())] {
        let (stage, probe) = (Stage::new(), Probe::closed());
        let lost = error.clone();
        let mut second = MockUnitOfWork::new();
        second.expect_commit().return_once(move || Err(lost));
        let store = stage.store_of([stage.unit(), second]);
        let (entrance, lanes) = stage.lanes(probe.clone(), store, LaneSettings::default());
        let answers = together(&entrance, &probe, vec![write(2), write(3)]).await;
        assert_eq!(answers, [Err(SubmitError::Store(error.clone())), Err(SubmitError::Store(error))]);
        drop(entrance);
        lanes.finished().await;
        assert_eq!(probe.units(), [vec![1], vec![2, 3]]);
        assert_eq!(stage.log.count("announce 2,3"), 0);
    }
}

#[tokio::test]
async fn a_full_lane_turns_a_command_away_at_once_and_counts_it() {
    let (stage, probe) = (Stage::new(), Probe::open());
    let settings = LaneSettings { queue: 2, ..LaneSettings::default() };
    // The lane is there but nobody runs it.
    let (entrance, _idle) = GroupCommit::new(probe, &stage.lane_ports(stage.no_store()), settings);
    let mut waiting = pin!(join_all([entrance.submit(write(1)), entrance.submit(write(2))]));
    assert!(poll!(&mut waiting).is_pending());
    assert_eq!(entrance.submit(write(3)).await, Err(SubmitError::Full));
    assert_eq!(stage.counter.measures(), [Measure::Shed { name: "probe" }]);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_cancel_its_command() {
    let (stage, probe) = (Stage::new(), Probe::closed());
    let (entrance, lanes) = start(&stage, &probe);
    {
        let mut caller = pin!(entrance.submit(write(1)));
        assert!(poll!(&mut caller).is_pending());
        probe.entered.notified().await;
    }
    probe.let_through();
    drop(entrance);
    lanes.finished().await;
    assert_eq!(stage.log.entries(), ["begin", "commit", "ring", "put 1"]);
}

#[tokio::test]
async fn lanes_finish_what_waits_when_the_last_entrance_is_dropped() {
    let (stage, probe) = (Stage::new(), Probe::open());
    let (entrance, lanes) = start(&stage, &probe);
    {
        let mut callers = pin!(join_all((1..=3).map(|number| entrance.submit(write(number)))));
        assert!(poll!(&mut callers).is_pending());
    }
    drop(entrance);
    lanes.finished().await;
    assert_eq!(probe.units(), [vec![1, 2, 3]]);
}

#[tokio::test]
async fn a_stopped_lane_says_so() {
    let (stage, probe) = (Stage::new(), Probe::open());
    let (entrance, lanes) =
        GroupCommit::new(probe, &stage.lane_ports(stage.no_store()), LaneSettings::default());
    drop(lanes);
    assert_eq!(entrance.submit(write(1)).await, Err(SubmitError::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_users_commands_keep_their_order_and_wait_for_no_other_lane() {
    let (stage, probe) = (Stage::new(), Probe::closed());
    let settings = LaneSettings { lanes: 2, max_batch: 2, ..LaneSettings::default() };
    let (entrance, lanes) = stage.lanes(probe.clone(), stage.any_store(), settings);
    let commands = (1..=8).map(|number| Command { user: u64::from(number % 2), ..write(number) });
    {
        let mut waiting = pin!(join_all(commands.map(|command| entrance.submit(command))));
        assert!(poll!(&mut waiting).is_pending());
        let both_lanes_began = async {
            while probe.units().len() < 2 {
                probe.entered.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), both_lanes_began).await.expect("two lanes");
        probe.let_through();
        waiting.await;
    }
    drop(entrance);
    lanes.finished().await;

    let units = probe.units();
    assert!(units[..2].contains(&vec![1, 3]) && units[..2].contains(&vec![2, 4]), "both began: {units:?}");
    for parity in [0, 1] {
        let of_user: Vec<_> = units.concat().into_iter().filter(|number| number % 2 == parity).collect();
        assert!(of_user.is_sorted(), "{of_user:?}");
    }
}

#[tokio::test]
async fn every_unit_is_counted_with_its_commands() {
    let (stage, probe) = (Stage::new(), Probe::closed());
    let (entrance, _lanes) = start(&stage, &probe);
    together(&entrance, &probe, vec![write(2), command(3, Act::Fail)]).await;
    let batches: Vec<_> = stage
        .counter
        .measures()
        .into_iter()
        .filter_map(|measure| match measure {
            Measure::Batch { name: "probe", commands, carried_out, .. } => Some((commands, carried_out)),
            _ => None,
        })
        .collect();
    assert_eq!(batches, [(1, true), (2, false), (1, true), (1, false)]);
}
