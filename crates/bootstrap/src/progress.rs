//! How far a long command is: a bar on a terminal, a line for each tenth elsewhere, on standard error in either case.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Less than this is done before anybody asks.
const WORTH_SHOWING: u64 = 100;
/// What a bar looks like: its name, how far it is, and how long it will take.
const BAR: &str = "{msg:>28} {wide_bar} {human_pos} of {human_len}, {eta}";

/// The steps of one command, one after another.
pub(crate) struct Progress {
    on_terminal: bool,
    step: Mutex<Option<Step>>,
}

struct Step {
    name: String,
    bar: ProgressBar,
    tenths: u64,
}

impl Progress {
    /// Shows itself to whoever started the command.
    pub(crate) fn new() -> Self {
        Self { on_terminal: std::io::stderr().is_terminal(), step: Mutex::new(None) }
    }

    /// So much of a step is done.
    pub(crate) fn show(&self, name: &str, done: u64, total: u64) {
        if total < WORTH_SHOWING {
            return;
        }
        let mut current = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_none_or(|step| step.name != name) {
            *current = Some(Step { name: name.to_owned(), bar: self.bar(name, total), tenths: 0 });
        }
        let Some(step) = current.as_mut() else { return };
        step.bar.set_position(done);
        let tenths = done.saturating_mul(10).checked_div(total).unwrap_or(10);
        if !self.on_terminal && tenths > step.tenths {
            // Nobody is told if even this fails; the work goes on.
            let _ = writeln!(std::io::stderr(), "{name}: {done} of {total}");
        }
        step.tenths = tenths;
        if done >= total && !step.bar.is_finished() {
            step.bar.finish();
            if self.on_terminal {
                // The bar stays, and what comes next begins below it.
                let _ = writeln!(std::io::stderr());
            }
        }
    }

    fn bar(&self, name: &str, total: u64) -> ProgressBar {
        if !self.on_terminal {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(total).with_style(style).with_message(name.to_owned())
    }
}

/// A sign of life on a terminal, for work that cannot tell how far it is; it is gone when this is dropped.
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    /// Waits for this.
    pub(crate) fn for_the(what: &'static str) -> Self {
        let bar =
            if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
