//! A client's connection with a deadline on everything that the client could drag out.
//!
//! The server itself bounds the first head and idle keep-alive. It does not bound a later head that comes in drips, the rest
//! of a body that nobody reads, or a client that never takes its answer; this does.

use std::cell::Cell;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a head, from its first byte.
    pub(crate) head: Duration,
    /// Between an answer and the next head's first byte.
    pub(crate) idle: Duration,
    /// To take what was written.
    pub(crate) write: Duration,
    /// For all its requests together.
    pub(crate) lifetime: Duration,
}

/// What the connection and the requests on it know of each other.
#[derive(Default)]
struct Exchange {
    /// Requests that are being answered.
    answering: Cell<u32>,
    /// When the next head must be complete.
    head_by: Cell<Option<Instant>>,
    /// Whether the client has closed its side.
    left: Cell<bool>,
}

/// The connection.
pub(crate) struct Connection {
    io: TcpStream,
    patience: Patience,
    exchange: Rc<Exchange>,
    ends_by: Instant,
    taken_by: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Connection {
    /// A connection that has just been accepted.
    pub(crate) fn new(io: TcpStream, patience: Patience) -> Self {
        let ends_by = Instant::now() + patience.lifetime;
        let timer = Box::pin(sleep_until(ends_by));
        Self { io, patience, exchange: Rc::default(), ends_by, taken_by: None, timer }
    }

    /// Lets the requests of this connection find it.
    pub(crate) fn introduce(&self, data: &mut Extensions) {
        data.insert(self.exchange.clone());
    }

    fn bytes_came(&self) {
        if self.exchange.answering.get() == 0 {
            let by = Instant::now() + self.patience.head;
            let by = self.exchange.head_by.get().map_or(by, |earlier| earlier.min(by));
            self.exchange.head_by.set(Some(by));
        }
    }

    fn everything_taken(&mut self) {
        self.taken_by = None;
        if self.exchange.answering.get() == 0 && self.exchange.head_by.get().is_none() {
            let by = Instant::now() + self.patience.idle + self.patience.head;
            self.exchange.head_by.set(Some(by));
        }
    }

    /// The next instant at which the client is late. A request that is being answered is the server's time, not the
    /// client's.
    fn late_at(&self) -> Option<Instant> {
        let clients_turn = self.exchange.answering.get() == 0;
        let head_by = self.exchange.head_by.get().filter(|_| clients_turn);
        let ends_by = Some(self.ends_by).filter(|_| clients_turn);
        [head_by, ends_by, self.taken_by].into_iter().flatten().min()
    }

    /// Whether the client is late; otherwise the task is woken when it will be.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let Some(late_at) = self.late_at() else { return false };
        if late_at < self.timer.deadline() || self.timer.is_elapsed() {
            self.timer.as_mut().reset(late_at);
        }
        // The timer may have been set for an earlier instant that has lost its meaning.
        while self.timer.as_mut().poll(context).is_ready() {
            if late_at <= Instant::now() {
                return true;
            }
            self.timer.as_mut().reset(late_at);
        }
        false
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        if read.is_pending() && this.is_late(context) {
            // As if the client had closed its side: what is being written is still written.
            return Poll::Ready(Ok(()));
        }
        if buffer.filled().len() > before {
            this.bytes_came();
        } else if read.is_ready() && buffer.remaining() > 0 {
            this.exchange.left.set(true);
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        if written.is_pending() {
            let by = *this.taken_by.get_or_insert_with(|| Instant::now() + this.patience.write);
            if this.is_late(context) && by <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.everything_taken();
        // Sets the timer: nothing else may wake this task again.
        let _ = this.is_late(context);
        Pin::new(&mut this.io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}

/// A body that goes on for as long as there is something to tell and somebody to tell it to. All the while its request is
/// being answered.
struct Streaming {
    body: BoxBody,
    answering: Answering,
}

impl MessageBody for Streaming {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.answering.0.left.get() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A request that is being answered.
struct Answering(Rc<Exchange>);

impl Answering {
    fn begin(exchange: &Rc<Exchange>) -> Self {
        exchange.answering.set(exchange.answering.get().saturating_add(1));
        exchange.head_by.set(None);
        Self(exchange.clone())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.set(self.0.answering.get().saturating_sub(1));
    }
}

/// Middleware: while a request is being answered, its connection does not wait for the client.
pub(crate) async fn answering(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    let answering = request.conn_data::<Rc<Exchange>>().map(Answering::begin);
    let response = next.call(request).await?;
    Ok(match answering {
        Some(answering) if response.response().body().size() == BodySize::Stream => {
            response.map_body(|_, body| BoxBody::new(Streaming { body, answering }))
        }
        _ => response,
    })
}
