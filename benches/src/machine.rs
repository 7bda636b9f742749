//! The machine and the versions.

use std::fs::read_to_string;
use std::process::Command;

use crate::Outcome;
use crate::database::{Database, Servers};
use crate::programs::finish;

/// One line for each fact: what, and how much.
pub(crate) async fn describe(servers: &Servers) -> Outcome<Vec<(&'static str, String)>> {
    let database = Database::open(servers.seed_url()).await?;
    let version = database.client.query_one("SHOW server_version", &[]).await?.try_get(0)?;
    let cores = std::thread::available_parallelism()?;
    Ok(vec![
        ("Machine", format!("{cores} cores ({}), {} of memory", processor(), memory())),
        ("Kernel", format!("Linux {}", read_to_string("/proc/sys/kernel/osrelease")?.trim())),
        ("PostgreSQL", version),
        ("Redis", redis()?),
        ("Compiler", finish(Command::new("rustc").arg("--version"))?.trim().to_owned()),
        ("Commit", commit()),
    ])
}

fn processor() -> String {
    let text = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    model.map_or_else(|| "unknown".into(), |(_, name)| name.trim().to_owned())
}

fn memory() -> String {
    let text = read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = text.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    format!("{} MiB", kibibytes.unwrap_or_default() / 1024)
}

fn redis() -> Outcome<String> {
    let said = finish(Command::new("redis-server").arg("--version"))?;
    let version = said.split_whitespace().find_map(|word| word.strip_prefix("v="));
    Ok(version.unwrap_or("unknown").to_owned())
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let folder = env!("CARGO_MANIFEST_DIR");
        finish(Command::new("git").args(["-C", folder]).args(arguments)).unwrap_or_default()
    };
    let changed = if git(&["status", "--porcelain"]).is_empty() { "" } else { ", with changes" };
    format!("{}{changed}", git(&["rev-parse", "--short", "HEAD"]).trim())
}
