//! What processes use of the machine, from /proc.

use std::fs::read_to_string;

use crate::Outcome;

/// The kernel counts processor time in hundredths of a second.
const TICK_MICROSECONDS: u64 = 10_000;

/// A process, alone or with its children.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    name: &'static str,
    pid: u32,
    family: bool,
}

/// What it used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use {
    pub(crate) name: &'static str,
    /// Processor time in microseconds, as a whole or for each order.
    pub(crate) processor: u64,
    /// In hundredths of a percent of what all used.
    pub(crate) share: u64,
    /// Memory that is resident at the end, in KiB.
    pub(crate) memory: u64,
}

impl Watched {
    pub(crate) fn alone(name: &'static str, pid: u32) -> Self {
        Self { name, pid, family: false }
    }

    pub(crate) fn family(name: &'static str, pid: u32) -> Self {
        Self { name, pid, family: true }
    }

    /// Its processor time so far; that of a family with its children, those that have ended among them.
    fn processor(self) -> u64 {
        let children = self.children().map(|child| ticks(child, 2)).sum::<u64>();
        let fields = if self.family { 4 } else { 2 };
        (ticks(self.pid, fields) + children) * TICK_MICROSECONDS
    }

    /// Of a family: what each process has for itself, and once what they share.
    fn memory(self) -> u64 {
        if !self.family {
            return status(self.pid, "VmRSS:");
        }
        let all = || self.children().chain([self.pid]);
        let largest = |what| all().map(|pid| status(pid, what)).max().unwrap_or_default();
        let own: u64 = all().map(|pid| status(pid, "RssAnon:")).sum();
        own + largest("RssFile:") + largest("RssShmem:")
    }

    fn children(self) -> impl Iterator<Item = u32> {
        let list = format!("/proc/{0}/task/{0}/children", self.pid);
        let list = if self.family { read_to_string(list).unwrap_or_default() } else { String::new() };
        list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>().into_iter()
    }
}

impl Use {
    /// For each of so many orders.
    pub(crate) fn per(self, orders: u64) -> Self {
        Self { processor: self.processor / orders.max(1), ..self }
    }
}

/// Runs `work` and tells what each process used meanwhile.
pub(crate) async fn of<T, F: Future<Output = Outcome<T>>>(
    watched: &[Watched],
    work: impl FnOnce() -> F,
) -> Outcome<(T, Vec<Use>)> {
    let before: Vec<u64> = watched.iter().map(|process| process.processor()).collect();
    let result = work().await?;
    let spent: Vec<u64> = watched
        .iter()
        .zip(before)
        .map(|(process, before)| process.processor().saturating_sub(before))
        .collect();
    let all = spent.iter().sum::<u64>().max(1);
    let uses = watched.iter().zip(spent).map(|(process, processor)| Use {
        name: process.name,
        processor,
        share: processor.saturating_mul(10_000) / all,
        memory: process.memory(),
    });
    Ok((result, uses.collect()))
}

/// The first so many of: own user and system time, ended children's user and system time.
fn ticks(pid: u32, fields: usize) -> u64 {
    const USER_TIME: usize = 11;
    let stat = read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let times = after_name.split(' ').skip(USER_TIME).take(fields);
    times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

fn status(pid: u32, label: &str) -> u64 {
    let status = read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(label));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
