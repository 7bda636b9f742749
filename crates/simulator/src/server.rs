//! The HTTP server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::callbacks::{self, Report};
use crate::handle::SimulatorHandle;
use crate::reply::Reply;
use crate::{control_api, partner_api};

/// How long to rest when no connection can be accepted, for lack of file descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A programmable activation partner, bound to an address.
#[derive(Debug)]
pub struct Simulator {
    listener: TcpListener,
    address: SocketAddr,
    handle: SimulatorHandle,
    reports: mpsc::Receiver<Report>,
}

impl Simulator {
    /// Binds the address; port 0 takes a free one. Calls are answered once it runs.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (handle, reports) = SimulatorHandle::new();
        Ok(Self { listener, address, handle, reports })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Scripts and inspects it.
    pub fn handle(&self) -> SimulatorHandle {
        self.handle.clone()
    }

    /// Answers calls until `stop` is ready, then closes every connection.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                Some(_) = connections.join_next() => {}
                Some(report) = self.reports.recv() => {
                    let handle = self.handle.clone();
                    connections.spawn(async move { callbacks::report(&handle, report).await });
                }
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(stream, self.handle.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the simulator cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }
}

async fn serve(stream: TcpStream, handle: SimulatorHandle) {
    // Without it a small answer may wait for the peer's acknowledgement; with it failing, it is only slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| dispatch(&handle, request));
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection of the simulator ended early");
    }
}

async fn dispatch(handle: &SimulatorHandle, request: Request<Incoming>) -> Reply {
    if request.uri().path().starts_with(control_api::PREFIX) {
        Ok(control_api::answer(handle, request).await.into_response())
    } else {
        partner_api::answer(handle, request).await
    }
}
