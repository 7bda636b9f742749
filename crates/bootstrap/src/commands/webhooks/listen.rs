//! `offers webhooks listen`: a receiver for development.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, PayloadConfig, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use clap::Args;
use offers_conventions::{Envelope, Key, keys};
use offers_domain::ports::Clock;
use offers_local::SystemClock;
use tokio::sync::mpsc;

use crate::StartError;
use crate::commands::say;
use crate::serve::{address_of, stop_requested};

/// How to receive.
#[derive(Debug, Clone, Args)]
pub struct ListenArguments {
    /// The port on the loopback address; 0 for a free one
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// The webhook's secret, whsec_…; two with a comma between while it is being changed
    #[arg(long, env = "WEBHOOK_SECRET", hide_env_values = true)]
    secret: String,
    /// What every message that is believed is answered with
    #[arg(long, value_name = "STATUS", default_value_t = 204, value_parser = clap::value_parser!(u16).range(200..600))]
    answer: u16,
}

/// What the handler works with.
struct Desk {
    keys: Vec<Key>,
    answer: StatusCode,
    lines: mpsc::UnboundedSender<String>,
}

/// Prints each message until it is told to stop.
pub(crate) async fn listen(arguments: ListenArguments, output: &mut dyn Write) -> Result<(), StartError> {
    let keys = keys(&arguments.secret).map_err(|error| StartError::Setting(format!("--secret: {error}")))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let listener = TcpListener::bind(address).map_err(|reason| StartError::Listen { address, reason })?;
    let here = address_of(&listener)?;
    let (lines, mut said) = mpsc::unbounded_channel();
    let answer = StatusCode::from_u16(arguments.answer).unwrap_or(StatusCode::NO_CONTENT);
    let desk = Data::from(Arc::new(Desk { keys, answer, lines }));
    let failed = |error: std::io::Error| StartError::Setup(format!("the receiver cannot start: {error}"));
    let server = HttpServer::new(move || {
        let payload = PayloadConfig::new(64 * 1024);
        App::new().app_data(desk.clone()).app_data(payload).default_service(to(receive))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .map_err(failed)?
    .run();
    say(output, &format!("listening on http://{here}"))?;
    let (stop, handle) = (stop_requested(), server.handle());
    tokio::pin!(server, stop);
    loop {
        tokio::select! {
            ended = &mut server => return ended.map_err(failed),
            Some(line) = said.recv() => say(output, &line)?,
            () = &mut stop => {
                handle.stop(false).await;
                return Ok(());
            }
        }
    }
}

/// What is not signed is answered 401 and told of all the same, so that a wrong secret is seen.
async fn receive(desk: Data<Desk>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let id = header("webhook-id");
    let message = Envelope {
        id,
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: &body,
    };
    let (verdict, answer) = match message.check(&desk.keys, SystemClock.now()) {
        Ok(()) => ("verified".to_owned(), desk.answer),
        Err(forgery) => (format!("NOT BELIEVED ({forgery})"), StatusCode::UNAUTHORIZED),
    };
    // A message from a stranger could hold anything; a terminal shall not obey it.
    let shown: String = String::from_utf8_lossy(&body).chars().map(printable).collect();
    let id: String = id.chars().map(printable).collect();
    let _ = desk.lines.send(format!("{verdict}  {id}  {shown}"));
    HttpResponse::build(answer).finish()
}

fn printable(character: char) -> char {
    if character.is_control() { '\u{fffd}' } else { character }
}
