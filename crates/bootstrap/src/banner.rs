//! What a person sees when a process is ready.

use std::fmt::Write as _;
use std::io::Write;
use std::net::SocketAddr;

use offers_application::seed::PASSWORD;

use crate::StartError;
use crate::commands::Demonstration;

/// Addresses, logins, and what to try next.
pub(crate) struct Banner {
    metrics: SocketAddr,
    /// Whether the demonstration customers are there.
    pub(crate) customers: bool,
    pub(crate) demonstration: Option<Demonstration>,
    pub(crate) api: Option<SocketAddr>,
    /// Whether the API has an interactive page.
    pub(crate) documentation: bool,
    pub(crate) partner: Option<String>,
}

impl Banner {
    pub(crate) fn new(metrics: SocketAddr) -> Self {
        Self {
            metrics,
            customers: false,
            demonstration: None,
            api: None,
            documentation: false,
            partner: None,
        }
    }

    /// Prints itself; the last line says `ready`.
    pub(crate) fn print(&self, output: &mut dyn Write) -> Result<(), StartError> {
        let text = self.text();
        output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush())
            .map_err(|error| StartError::Failed(format!("cannot print: {error}")))
    }

    fn text(&self) -> String {
        let mut text = format!("\nOffers API {}\n\n", env!("CARGO_PKG_VERSION"));
        if let Some(api) = self.api {
            let _ = writeln!(text, "  API      http://{api}/api/v1/");
            if self.documentation {
                let _ = writeln!(text, "  Docs     http://{api}/swagger/");
            }
        }
        let _ = writeln!(text, "  Metrics  http://{}/metrics", self.metrics);
        if let Some(partner) = &self.partner {
            let _ = writeln!(text, "  Partner  {partner}");
        }
        if let (Some(api), true) = (self.api, self.customers) {
            let _ = writeln!(text, "\n  Customers  user1 … user5, password {PASSWORD}");
            if let Some(demonstration) = &self.demonstration {
                let _ = writeln!(
                    text,
                    "  Staff      admin, shown only this once: {}",
                    demonstration.staff_password
                );
            }
            let _ = writeln!(text, "\n  Try: {}", first_call(api));
        }
        text.push_str("\n  ready\n");
        text
    }
}

fn first_call(api: SocketAddr) -> String {
    format!(
        "curl -s http://{api}/api/v1/auth/login/ -H 'Content-Type: application/json' -d '{{\"username\":\"user1\",\"password\":\"{PASSWORD}\"}}'"
    )
}
