//! The data folder: whether it can be written, and how much room there is.

use std::path::Path;

use super::report::Finding;
use crate::settings::{Database, Settings};

/// Room with which an embedded store lives for a while.
const ENOUGH: u64 = 1 << 30;
/// Room with which it soon ends.
const TOO_LITTLE: u64 = 100 << 20;

pub(super) fn look(settings: &Settings) -> Finding {
    let folder = settings.data_dir.as_path();
    let subject = "data folder";
    if !folder.exists() {
        let embedded = matches!(settings.database(), Ok(Database::Sqlite(_)));
        let seen = format!("{} does not exist", folder.display());
        return if embedded {
            Finding::warn(subject, seen, "the first start makes it, where it may")
        } else {
            Finding::ok(subject, format!("{seen}, and is not needed before the first start"))
        };
    }
    if let Err(reason) = tempfile::tempfile_in(folder) {
        return Finding::fail(
            subject,
            format!("{} cannot be written: {reason}", folder.display()),
            "give it to the user who runs the program, or choose another one with --data-dir",
        );
    }
    match room(folder) {
        Ok(bytes) => judged(folder, bytes),
        Err(reason) => Finding::warn(
            subject,
            format!("the room in {} cannot be seen: {reason}", folder.display()),
            "look at it by other means",
        ),
    }
}

/// How many bytes may still be written.
fn room(folder: &Path) -> std::io::Result<u64> {
    let system = rustix::fs::statvfs(folder)?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}

fn judged(folder: &Path, bytes: u64) -> Finding {
    let seen = format!("{} can be written and has {} MiB left", folder.display(), bytes >> 20);
    let fix = "make room, or choose another folder with --data-dir";
    if bytes < TOO_LITTLE {
        Finding::fail("data folder", seen, fix)
    } else if bytes < ENOUGH {
        Finding::warn("data folder", seen, fix)
    } else {
        Finding::ok("data folder", seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Verdict;

    #[test]
    fn room_is_judged_by_how_long_it_lasts() {
        for (bytes, verdict) in
            [(10 << 20, Verdict::Fail), (200 << 20, Verdict::Warn), (2 << 30, Verdict::Ok)]
        {
            assert_eq!(judged(Path::new("/data"), bytes).verdict, verdict, "{bytes}");
        }
    }

    #[test]
    fn a_folder_that_is_there_is_written_and_measured() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { data_dir: folder.path().to_owned(), ..Settings::default() };
        let finding = look(&settings);
        assert!(finding.seen.contains("MiB left"), "{finding:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
