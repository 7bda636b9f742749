//! An SMTP server that keeps what it is given and fails when it is told to.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What the server does with one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTurn {
    /// Answers 250 and keeps it.
    Accept,
    /// Answers RCPT with this code.
    AnswerRecipient(u16),
    /// Answers the message's last line with this code and does not keep it.
    AnswerMessage(u16),
    /// Closes the connection after DATA, before the message.
    DropBeforeMessage,
    /// Keeps the message and closes the connection without an answer.
    DropAfterMessage,
    /// Keeps the message and never answers.
    HangAfterMessage,
    /// Accepts the message so much later.
    AcceptAfter(Duration),
}

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all.
    Plain,
    /// By STARTTLS; nothing else is answered before it.
    StartTls,
    /// From the first byte.
    Tls,
}

/// One message that the server has kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMail {
    /// Whom it was for.
    pub to: String,
    /// Headers and body, as sent.
    pub content: String,
    /// Whether it came through TLS.
    pub encrypted: bool,
}

impl KeptMail {
    /// A header's value, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let (headers, _) = self.content.split_once("\r\n\r\n")?;
        let unfolded = headers.replace("\r\n ", " ");
        let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
        unfolded.lines().find_map(value)
    }
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<SmtpTurn>,
    mails: Vec<KeptMail>,
    logins: Vec<String>,
    connections: usize,
}

/// A server on a free port of the loopback address, in a thread of its own, gone with this value.
#[derive(Debug)]
pub struct Smtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    certificate: Option<String>,
    _stop: oneshot::Sender<()>,
}

impl Smtp {
    /// Starts without protection.
    pub fn start() -> Self {
        Self::start_with(SmtpSecurity::Plain)
    }

    /// Starts with a certificate of its own for `localhost`.
    pub fn start_with(security: SmtpSecurity) -> Self {
        let (acceptor, certificate) = match security {
            SmtpSecurity::Plain => (None, None),
            SmtpSecurity::StartTls | SmtpSecurity::Tls => {
                let (acceptor, pem) = certified();
                (Some(acceptor), Some(pem))
            }
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, stopped) = oneshot::channel();
        let post = Post { state: Arc::clone(&state), acceptor, security };
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = post.accept(listener) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, state, certificate, _stop: stop }
    }

    /// `127.0.0.1` and the port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate to trust, in PEM.
    pub fn certificate(&self) -> &str {
        self.certificate.as_deref().unwrap()
    }

    /// What the server does with the next messages; those after them are accepted.
    pub fn next(&self, turns: &[SmtpTurn]) {
        self.state().script.extend(turns);
    }

    /// What it has kept.
    pub fn mails(&self) -> Vec<KeptMail> {
        self.state().mails.clone()
    }

    /// The AUTH PLAIN and LOGIN commands that it was sent.
    pub fn logins(&self) -> Vec<String> {
        self.state().logins.clone()
    }

    /// How often somebody has connected.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Waits until it has kept so many.
    pub async fn wait_for(&self, count: usize) -> Vec<KeptMail> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            assert!(Instant::now() < deadline, "only {} of {count} mails came", mails.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn certified() -> (TlsAcceptor, String) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key.into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), signed.cert.pem())
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// How a conversation ended.
enum End {
    Closed,
    Upgrade(Box<dyn Stream>),
}

#[derive(Clone)]
struct Post {
    state: Arc<Mutex<State>>,
    acceptor: Option<TlsAcceptor>,
    security: SmtpSecurity,
}

impl Post {
    async fn accept(self, listener: TcpListener) {
        let mut conversations = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            self.state.lock().unwrap().connections += 1;
            let post = self.clone();
            // A client that goes away in the middle ends its own conversation only.
            conversations.spawn(async move { drop(post.serve(stream).await) });
        }
    }

    async fn serve(self, stream: TcpStream) -> io::Result<()> {
        match (self.security, &self.acceptor) {
            (SmtpSecurity::Tls, Some(acceptor)) => {
                let stream = acceptor.accept(stream).await?;
                self.converse(Box::new(stream), true, true).await.map(drop)
            }
            (SmtpSecurity::StartTls, Some(acceptor)) => {
                if let End::Upgrade(plain) = self.converse(Box::new(stream), false, true).await? {
                    let stream = acceptor.accept(plain).await?;
                    self.converse(Box::new(stream), true, false).await?;
                }
                Ok(())
            }
            _ => self.converse(Box::new(stream), false, true).await.map(drop),
        }
    }

    async fn converse(&self, stream: Box<dyn Stream>, encrypted: bool, greet: bool) -> io::Result<End> {
        let mut stream = BufReader::new(stream);
        let must_upgrade = self.security == SmtpSecurity::StartTls && !encrypted;
        if greet {
            say(&mut stream, "220 test ESMTP").await?;
        }
        let (mut to, mut turn) = (String::new(), SmtpTurn::Accept);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(End::Closed);
            }
            let line = line.trim_end();
            let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match command.as_str() {
                "EHLO" if must_upgrade => say(&mut stream, "250-test\r\n250 STARTTLS").await?,
                "EHLO" => say(&mut stream, "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await?,
                "STARTTLS" if must_upgrade => {
                    say(&mut stream, "220 go ahead").await?;
                    return Ok(End::Upgrade(stream.into_inner()));
                }
                "QUIT" => {
                    say(&mut stream, "221 bye").await?;
                    return Ok(End::Closed);
                }
                _ if must_upgrade => say(&mut stream, "530 STARTTLS first").await?,
                "AUTH" => {
                    self.state.lock().unwrap().logins.push(line.to_owned());
                    say(&mut stream, "235 welcome").await?;
                }
                "MAIL" => {
                    turn = self.state.lock().unwrap().script.pop_front().unwrap_or(SmtpTurn::Accept);
                    say(&mut stream, "250 sender").await?;
                }
                "RCPT" => match turn {
                    SmtpTurn::AnswerRecipient(code) => {
                        say(&mut stream, &format!("{code} <{line}> is not welcome")).await?;
                    }
                    _ => {
                        to = line.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                        say(&mut stream, "250 recipient").await?;
                    }
                },
                "DATA" => {
                    say(&mut stream, "354 go on").await?;
                    if turn == SmtpTurn::DropBeforeMessage {
                        return Ok(End::Closed);
                    }
                    let content = read_message(&mut stream).await?;
                    if !self.take(turn, KeptMail { to: to.clone(), content, encrypted }, &mut stream).await? {
                        return Ok(End::Closed);
                    }
                }
                _ => say(&mut stream, "250 fine").await?,
            }
        }
    }

    /// False ends the conversation.
    async fn take(
        &self,
        turn: SmtpTurn,
        mail: KeptMail,
        stream: &mut BufReader<Box<dyn Stream>>,
    ) -> io::Result<bool> {
        if let SmtpTurn::AnswerMessage(code) = turn {
            say(stream, &format!("{code} no")).await?;
            return Ok(true);
        }
        if let SmtpTurn::AcceptAfter(delay) = turn {
            tokio::time::sleep(delay).await;
        }
        self.state.lock().unwrap().mails.push(mail);
        match turn {
            SmtpTurn::DropAfterMessage => Ok(false),
            SmtpTurn::HangAfterMessage => std::future::pending().await,
            _ => say(stream, "250 kept").await.map(|()| true),
        }
    }
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, line: &str) -> io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

async fn read_message(stream: &mut BufReader<Box<dyn Stream>>) -> io::Result<String> {
    let mut content = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(content);
        }
        content.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
