//! A barrier in front of an activation partner: it stops one kind of call on the way there, or its answer on the way back.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The call, which the partner never hears of.
    Call,
    /// The answer to it.
    Answer,
}

/// A running barrier. It ends with the test.
pub struct Barrier {
    /// Where it stands.
    pub url: String,
    closed: watch::Sender<bool>,
    stopped: Arc<watch::Sender<u32>>,
    _passing: JoinSet<()>,
}

impl Barrier {
    /// Stands before the partner at `url` and stops calls that begin with `method`.
    pub async fn before(url: &str, method: &'static [u8], what: Stopped) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let partner: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (closed, stopped) = (watch::Sender::new(true), Arc::new(watch::Sender::new(0)));
        let (is_closed, count) = (closed.subscribe(), stopped.clone());
        let mut passing = JoinSet::new();
        passing.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (is_closed, count) = (is_closed.clone(), count.clone());
                connections.spawn(pass(client, partner, method, what, is_closed, count));
            }
        });
        Self { url, closed, stopped, _passing: passing }
    }

    /// Waits until something has been stopped.
    pub async fn stopped(&self) {
        self.stopped.subscribe().wait_for(|count| *count > 0).await.unwrap();
    }

    /// Nothing is stopped from now on.
    pub fn open(&self) {
        self.closed.send_replace(false);
    }
}

/// One connection. A call is small enough to come in one piece, and so is its answer.
async fn pass(
    mut client: TcpStream,
    partner: SocketAddr,
    method: &[u8],
    what: Stopped,
    closed: watch::Receiver<bool>,
    count: Arc<watch::Sender<u32>>,
) {
    let Ok(mut server) = TcpStream::connect(partner).await else { return };
    let (mut call, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    let mut is_held = false;
    loop {
        tokio::select! {
            read = client.read(&mut call) => {
                let Ok(length @ 1..) = read else { return };
                is_held = call[..length].starts_with(method) && *closed.borrow();
                if is_held && what == Stopped::Call {
                    break;
                }
                if server.write_all(&call[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                if is_held {
                    break;
                }
                if client.write_all(&answer[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
    count.send_modify(|count| *count += 1);
    // Neither side hears anything more.
    std::future::pending::<()>().await;
}
