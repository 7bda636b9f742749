//! The embedded store in process: one commit for each order against group commit, interleaved.

mod scene;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use scene::Scene;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::figures::{Hundredths, Measured, Spread, per_second};
use crate::plan::Plan;

/// Callers that wait for one order before they place the next, and the names of their figures.
const CALLERS: [(usize, &str, &str); 3] =
    [(1, "single 1", "grouped 1"), (32, "single 32", "grouped 32"), (128, "single 128", "grouped 128")];
/// Orders to a commit, at most.
const GROUP: usize = 128;

/// Measures, and writes the table.
pub(crate) async fn table(plan: &Plan) -> Outcome<String> {
    let mut measured = Measured::default();
    for _ in 0..plan.repetitions {
        for (callers, single, grouped) in CALLERS {
            measured.add(single, orders_per_second(1, callers, plan.embedded_length).await?);
            measured.add(grouped, orders_per_second(GROUP, callers, plan.embedded_length).await?);
        }
    }
    let mut table =
        "| callers | ratio | range | one commit each | group commit |\n|---|---|---|---|---|\n".to_owned();
    for (callers, single, grouped) in CALLERS {
        let Spread { low, median, high } = measured.ratio(grouped, single);
        let (low, median, high) = (Hundredths(low), Hundredths(median), Hundredths(high));
        let (one, many) = (measured.get(single).median, measured.get(grouped).median);
        let _ = writeln!(table, "| {callers} | **{median}** | {low} – {high} | {one}/s | {many}/s |");
    }
    Ok(table)
}

/// Orders accepted per second by so many callers, with at most `max_batch` orders to a commit.
async fn orders_per_second(max_batch: usize, callers: usize, length: Duration) -> Outcome<u64> {
    let scene = Scene::prepare(max_batch).await?;
    let started = Instant::now();
    let mut running = JoinSet::new();
    for caller in 0..callers {
        let scene = scene.clone();
        running.spawn(async move {
            let mut placed = 0_u64;
            while started.elapsed() < length {
                placed += u64::from(scene.order(caller).await);
            }
            placed
        });
    }
    let placed: u64 = running.join_all().await.into_iter().sum();
    Ok(per_second(placed, started.elapsed()))
}
