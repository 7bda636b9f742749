//! A receiver that answers as it is told and keeps what it got.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What it answers.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: String,
    endless: bool,
    silent: bool,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: String::new(), endless: false, silent: false }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers = format!("{}{name}: {value}\r\n", self.headers);
        self
    }

    pub(crate) fn endless(self) -> Self {
        Self { endless: true, ..self }
    }

    pub(crate) fn silent(self) -> Self {
        Self { silent: true, ..self }
    }
}

/// A message that it got.
pub(crate) struct Got {
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&prefix)).expect(name)
    }
}

type Kept = Arc<Mutex<Vec<Got>>>;

/// It stops when it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    scheme: &'static str,
    got: Kept,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start(reply: Reply) -> Self {
        Self::serve(reply, None).await
    }

    /// With a certificate of its own, which is returned as well.
    pub(crate) async fn start_encrypted(reply: Reply) -> (Self, Vec<u8>) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        (Self::serve(reply, Some(acceptor)).await, cert.pem().into_bytes())
    }

    #[expect(clippy::disallowed_methods, reason = "a receiver of its own, outside the program")]
    async fn serve(reply: Reply, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, got) = (listener.local_addr().unwrap(), Kept::default());
        let (kept, scheme) = (got.clone(), if tls.is_some() { "https" } else { "http" });
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, kept, tls) = (reply.clone(), kept.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => answer(stream, reply, kept).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                answer(stream, reply, kept).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, scheme, got, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}/hooks", self.scheme, self.address)
    }

    pub(crate) async fn received(&self) -> Vec<Got> {
        std::mem::take(&mut *self.got.lock().await)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address where nobody is.
pub(crate) async fn closed_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

/// One message for each connection.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, reply: Reply, kept: Kept) {
    let Some(got) = read(&mut stream).await else { return };
    kept.lock().await.push(got);
    if reply.silent {
        std::future::pending::<()>().await;
    }
    let length = if reply.endless { u32::MAX } else { 0 };
    let head = format!(
        "HTTP/1.1 {} Whatever\r\ncontent-length: {length}\r\nconnection: close\r\n{}\r\n",
        reply.status, reply.headers
    );
    let _ = stream.write_all(head.as_bytes()).await;
    while reply.endless && stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    let _ = stream.shutdown().await;
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Got> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let (length, begin): (usize, usize) = (length.parse().unwrap(), head.len() + 4);
            if bytes.len() >= begin + length {
                return Some(Got { head: head.to_owned(), body: bytes[begin..begin + length].to_vec() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
