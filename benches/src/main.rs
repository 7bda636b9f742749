//! `make bench`: orders per second on the embedded store, one commit for each order against group commit, interleaved in
//! one run. Ratios are what to read: the machine is the same for every row.
#![expect(clippy::print_stdout, reason = "a table is what this program is for")]

mod scene;

use std::error::Error;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::scene::Scene;

/// How long each measurement lasts.
const LENGTH: Duration = Duration::from_secs(3);
/// How often everything is measured; the middle one counts.
const REPETITIONS: usize = 3;
/// Callers that wait for one order before they place the next.
const CALLERS: [usize; 3] = [1, 32, 128];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<Row> = CALLERS.iter().map(|callers| Row::new(*callers)).collect();
    for _ in 0..REPETITIONS {
        for row in &mut rows {
            row.single.push(orders_per_second(1, row.callers).await?);
            row.grouped.push(orders_per_second(128, row.callers).await?);
        }
    }
    println!("| callers | one commit each | group commit | ratio |");
    println!("|---|---|---|---|");
    for row in rows {
        let (single, grouped) = (median(row.single), median(row.grouped));
        let hundredths = grouped.saturating_mul(100) / single.max(1);
        println!(
            "| {} | {single}/s | {grouped}/s | {}.{:02} |",
            row.callers,
            hundredths / 100,
            hundredths % 100
        );
    }
    Ok(())
}

struct Row {
    callers: usize,
    single: Vec<u64>,
    grouped: Vec<u64>,
}

impl Row {
    fn new(callers: usize) -> Self {
        Self { callers, single: Vec::new(), grouped: Vec::new() }
    }
}

/// Orders accepted per second by so many callers, with at most `max_batch` orders to a commit.
async fn orders_per_second(max_batch: usize, callers: usize) -> Result<u64, Box<dyn Error>> {
    let scene = Scene::prepare(max_batch).await?;
    let started = Instant::now();
    let mut running = JoinSet::new();
    for caller in 0..callers {
        let scene = scene.clone();
        running.spawn(async move {
            let mut placed = 0_u64;
            while started.elapsed() < LENGTH {
                placed += u64::from(scene.order(caller).await);
            }
            placed
        });
    }
    let placed: u64 = running.join_all().await.into_iter().sum();
    let milliseconds = u64::try_from(started.elapsed().as_millis())?;
    Ok(placed.saturating_mul(1000) / milliseconds.max(1))
}

fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
