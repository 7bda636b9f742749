//! Plays the journeys against a server.

use std::io::Write;
use std::time::Duration;

use crate::error::{Surprise, TourError};
use crate::journeys::JOURNEYS;
use crate::judge::{is_final, judge};
use crate::print;
use crate::step::{ASK_AGAIN_AFTER_MS, ASK_AT_MOST, Journey, Step};
use crate::variables::Variables;
use crate::wire::{Answer, Call, Wire};

/// Where to go, and what to show at the door.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The server, such as `http://127.0.0.1:8000`, with or without a last slash.
    pub base_url: String,
    /// A customer's login.
    pub username: String,
    /// The customer's password.
    pub password: String,
    /// A partner's API key; without one the partner's journey is left out.
    pub partner_key: Option<String>,
    /// A login of staff.
    pub staff_username: String,
    /// Their password; without one the journey of staff is left out.
    pub staff_password: Option<String>,
}

impl Guest {
    fn variables(&self) -> Variables {
        let mut variables = Variables::default();
        let base_url = self.base_url.trim_end_matches('/');
        for (name, value) in [
            ("base_url", Some(base_url)),
            ("username", Some(self.username.as_str())),
            ("password", Some(self.password.as_str())),
            ("partner_key", self.partner_key.as_deref()),
            ("staff_username", Some(self.staff_username.as_str())),
            ("staff_password", self.staff_password.as_deref()),
        ] {
            if let Some(value) = value {
                variables.keep(name, value.into());
            }
        }
        variables
    }
}

/// Plays every journey that the guest can make, and prints each call, its answer and why it is so. The first answer that
/// is not the expected one ends the tour.
pub async fn play(guest: &Guest, output: &mut dyn Write) -> Result<(), TourError> {
    let wire = Wire::to(&guest.base_url)?;
    let mut played = 0;
    for journey in JOURNEYS {
        let mut variables = guest.variables();
        if let Some(missing) = journey.needs.iter().find(|name| !variables.knows(name)) {
            print::left_out(output, journey, missing)?;
            continue;
        }
        print::journey(output, journey)?;
        for (number, step) in (1..).zip(journey.steps) {
            print::title(output, number, step)?;
            let taken = take(&wire, step, &mut variables, output).await?;
            taken.map_err(|surprise| surprised(journey, number, step, surprise))?;
            played += 1;
        }
    }
    print::end(output, played)?;
    Ok(())
}

fn surprised(journey: &Journey, number: usize, step: &Step, surprise: Surprise) -> TourError {
    TourError::Surprise { journey: journey.name, number, title: step.title, surprise }
}

/// Takes one step; what is printed of it may fail, and so may the step.
async fn take(
    wire: &Wire,
    step: &Step,
    variables: &mut Variables,
    output: &mut dyn Write,
) -> Result<Result<(), Surprise>, TourError> {
    let shown = match print::as_curl(step, variables) {
        Ok(shown) => shown,
        Err(surprise) => return Ok(Err(surprise)),
    };
    print::call(output, &shown)?;
    let answer = match ask(wire, step, variables).await {
        Ok(answer) => answer,
        Err(surprise) => return Ok(Err(surprise)),
    };
    print::answer(output, step, &answer)?;
    Ok(judge(step, &answer, variables))
}

async fn ask(wire: &Wire, step: &Step, variables: &Variables) -> Result<Answer, Surprise> {
    let headers = step.all_headers().into_iter();
    let call = Call {
        method: step.method,
        url: variables.fill(&format!("{{{{base_url}}}}{}", step.path))?,
        headers: headers
            .map(|(name, value)| Ok((name, variables.fill(&value)?)))
            .collect::<Result<_, _>>()?,
        body: step.body.map(|body| variables.fill(body)).transpose()?,
    };
    if !step.follows {
        return wire.send(&call).await;
    }
    for asked in 1..=ASK_AT_MOST {
        let answer = wire.send(&call).await?;
        if is_final(&answer) || answer.status != step.status {
            return Ok(answer);
        }
        if asked < ASK_AT_MOST {
            tokio::time::sleep(Duration::from_millis(ASK_AGAIN_AFTER_MS)).await;
        }
    }
    Err(Surprise::Endless(ASK_AT_MOST))
}
