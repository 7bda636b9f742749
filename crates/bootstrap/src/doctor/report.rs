//! What the doctor finds, and how it is shown.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

use crate::StartError;
use crate::commands::say;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and should be otherwise where money counts.
    Warn,
    /// The program does not start or does not work so.
    Fail,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    /// What was looked at.
    pub(crate) subject: &'static str,
    /// What was seen, in a sentence without its full stop.
    pub(crate) seen: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

impl Finding {
    pub(crate) fn ok(subject: &'static str, seen: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, subject, seen: seen.into(), fix: None }
    }

    pub(crate) fn warn(subject: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, subject, seen: seen.into(), fix: Some(fix.into()) }
    }

    pub(crate) fn fail(subject: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, subject, seen: seen.into(), fix: Some(fix.into()) }
    }
}

/// The answer to a question, or that there was none in time.
pub(crate) async fn within<T, E: ToString>(
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match timeout(PATIENCE, question).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
    }
}

/// All lines, the worst verdict first in the document.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    verdict: Verdict,
    checks: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(checks: Vec<Finding>) -> Self {
        let verdict = checks.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok);
        Self { verdict, checks }
    }

    /// As lines for people: the fix stands below what it mends.
    pub(crate) fn tell(&self, output: &mut dyn Write) -> Result<(), StartError> {
        for Finding { verdict, subject, seen, fix } in &self.checks {
            say(output, &format!("{:<5} {subject:<20} {seen}", verdict.as_str()))?;
            if let Some(fix) = fix {
                say(output, &format!("{:<26} fix: {fix}", ""))?;
            }
        }
        Ok(())
    }

    /// Fails where something fails.
    pub(crate) fn outcome(&self) -> Result<(), StartError> {
        let failing = self.checks.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
        match failing {
            0 => Ok(()),
            1 => Err(StartError::Unwell("1 check fails".into())),
            more => Err(StartError::Unwell(format!("{more} checks fail"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_as_bad_as_its_worst_line_and_only_a_failure_fails() {
        let (good, odd) = (Finding::ok("a", "fine"), Finding::warn("b", "odd", "mend it"));
        let bad = Finding::fail("c", "broken", "mend it");
        for (checks, verdict, fails) in [
            (vec![good.clone()], Verdict::Ok, false),
            (vec![good.clone(), odd.clone()], Verdict::Warn, false),
            (vec![bad, good, odd], Verdict::Fail, true),
        ] {
            let report = Report::new(checks);
            assert_eq!((report.verdict, report.outcome().is_err()), (verdict, fails));
        }
    }
}
