//! Subscriptions that end, and those that renew themselves.

use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::user_offer::Ending;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;
use time::Duration;

use super::text::{FromText, Text, canonical};
use crate::extract::page_request;
use crate::problem::Problem;

/// What cursors call the list of subscriptions that end soon.
pub(crate) const EXPIRING: &str = "expiring";

/// How soon, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpiringQuery {
    days: Option<Text<Days>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl ExpiringQuery {
    /// How soon, which page.
    pub(crate) fn search(self) -> Result<(Duration, PageRequest<Ending>), Problem> {
        let page = page_request(EXPIRING, self.limit, self.cursor.as_deref())?;
        let Days(days) = self.days.map_or(Days(3), |Text(days)| days);
        Ok((Duration::days(days), page))
    }
}

/// From 1 to 30 days.
#[derive(Debug, Clone, Copy)]
struct Days(i64);

impl FromText for Days {
    fn expected() -> String {
        "an integer from 1 to 30".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": 30, "default": 3 })
    }

    fn from_text(text: &str) -> Option<Self> {
        canonical::<i64>(text).filter(|days| (1..=30).contains(days)).map(Self)
    }
}

/// What a holder changes about a subscription.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionChange {
    pub(crate) auto_renew: bool,
}
