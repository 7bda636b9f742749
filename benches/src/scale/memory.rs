//! The memory of this process.

use std::fs;

use crate::Outcome;

/// Forgets the peak so far; what is resident now, in KiB.
pub(super) fn begin() -> Outcome<u64> {
    // See proc_pid_clear_refs(5): 5 sets the peak back to what is resident.
    fs::write("/proc/self/clear_refs", "5")?;
    field("VmRSS:")
}

/// The most that was resident since, in KiB.
pub(super) fn peak() -> Outcome<u64> {
    field("VmHWM:")
}

fn field(label: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(label));
    let number =
        line.and_then(|line| line.split_whitespace().next()).ok_or("no such line in /proc/self/status")?;
    Ok(number.parse()?)
}
