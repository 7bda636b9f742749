//! `offers doctor`: looks at everything that the program needs, one line each, also where nothing of it answers. It
//! changes nothing.

mod dangers;
mod database;
mod folder;
mod report;
mod servers;

use std::io::Write;

use report::{Finding, Report};

use crate::StartError;
use crate::commands::say;
use crate::settings::{Overrides, Settings};

/// Looks, prints the report, and fails where something fails.
pub async fn doctor(overrides: &Overrides, json: bool, output: &mut dyn Write) -> Result<(), StartError> {
    let report = Report::new(examined(overrides).await);
    if json {
        let document = serde_json::to_string(&report);
        say(output, &document.map_err(|error| StartError::Failed(error.to_string()))?)?;
    } else {
        report.tell(output)?;
    }
    report.outcome()
}

async fn examined(overrides: &Overrides) -> Vec<Finding> {
    let survey = match Settings::survey(overrides) {
        Ok(survey) => survey,
        Err(error) => {
            return vec![Finding::fail("settings", error.to_string(), "correct the file or variable")];
        }
    };
    let mut findings = settings(&survey.settings, &survey.mistakes);
    let settings = &survey.settings;
    // Servers that do not answer are waited for side by side.
    let (database, redis, partners, pauses, customers, own) = tokio::join!(
        database::look(settings),
        servers::redis(settings),
        servers::activation_partners(settings),
        servers::pauses(settings),
        servers::ways_to_customers(settings),
        servers::own(settings),
    );
    findings.push(folder::look(settings));
    findings.extend(database);
    findings.push(redis);
    findings.extend(partners);
    findings.extend(pauses);
    findings.extend(customers);
    findings.push(own);
    findings
}

fn settings(settings: &Settings, mistakes: &[String]) -> Vec<Finding> {
    let fix = "correct it; `offers config check` names every mistake";
    let mut findings: Vec<_> =
        mistakes.iter().map(|mistake| Finding::fail("settings", mistake.as_str(), fix)).collect();
    findings.extend(dangers::look(settings));
    if findings.is_empty() {
        findings.push(Finding::ok("settings", "they are good and none is dangerous"));
    }
    findings
}
