//! Secrets that are easy to recognise, on a whole journey through the real processes: nothing that is written holds one of
//! them, be it a log, a metric, an error, the database or Redis.

mod secrets;

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::thread::JoinHandle;

use offers_simulator::{Behaviour, Fault, Refusal};
use offers_testkit::servers::psql;
use reqwest::Method;
use serde_json::{Value, json};

use self::secrets::{
    CALLBACK_SECRET, Canaries, DATABASE_PASSWORD, EMAIL, FOREIGN_TOKEN, HOOK, IDEMPOTENCY_KEY, NEW_PASSWORD,
    PASSWORD, PHONE, QUERY, REDIS_PASSWORD, ROOT_PASSWORD, SECRET_KEY, SIGN_UP_EMAIL, SIGN_UP_PASSWORD,
    SMS_TOKEN, SMTP_PASSWORD, USERNAME, WRONG_PASSWORD,
};
use crate::support::{Answer, Client, Receiver, Server, Site, offers};

/// More of ours than by default, so that there is more to find.
const LEVEL: &str = "info,offers_http=trace,offers_application=trace,offers_runner=trace,offers_auth=trace,\
    offers_notify=trace,offers_webhooks=trace,offers_partner=trace,offers_redis=trace,offers_postgres=trace,offers_bootstrap=trace";

/// Everything that is said to one Redis from now on.
struct Overheard {
    stream: TcpStream,
    listening: JoinHandle<String>,
}

impl Overheard {
    fn of(port: u16) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(format!("AUTH {REDIS_PASSWORD}\r\nMONITOR\r\n").as_bytes()).unwrap();
        let mut ears = stream.try_clone().unwrap();
        let listening = std::thread::spawn(move || {
            let mut heard = Vec::new();
            let _ = ears.read_to_end(&mut heard);
            String::from_utf8_lossy(&heard).into_owned()
        });
        Self { stream, listening }
    }

    fn text(self) -> String {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        self.listening.join().unwrap()
    }
}

/// Gives a Redis a password.
fn lock(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(format!("CONFIG SET requirepass {REDIS_PASSWORD}\r\n").as_bytes()).unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+OK\r\n");
}

/// Who acts, and what was answered.
struct Journey<'a> {
    api: &'a Server,
    site: &'a Site,
    settings: Vec<(&'static str, String)>,
    canaries: Canaries,
    problems: String,
}

impl Journey<'_> {
    /// Keeps an answer that refuses something.
    fn refused(&mut self, answer: &Answer) {
        assert!(answer.status >= 400, "{}", answer.text);
        let _ = writeln!(self.problems, "{:?} {}", answer.headers, answer.text);
    }

    /// Runs `offers …`; what it prints.
    fn command(&self, arguments: &[&str], input: &str) -> String {
        let mut command = offers();
        command.args(arguments).envs(self.settings.clone());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn log_in(&mut self, username: &str, password: &str) -> (Client, Value) {
        let body = json!({"username": username, "password": password});
        let tokens = self.api.client().post("/api/v1/auth/login/", body).await.expect(200).json();
        for name in ["access_token", "refresh_token"] {
            self.canaries.add(name, tokens[name].as_str().unwrap());
        }
        (self.api.client().with_token(tokens["access_token"].as_str().unwrap()), tokens)
    }

    /// Staff adds a customer and gives them money.
    async fn add_customer(&mut self) {
        let who = ["create-superuser", "--username", "root1", "--email", "root1@example.com"];
        self.command(&who, &format!("{ROOT_PASSWORD}\n"));
        let (root, _) = self.log_in("root1", ROOT_PASSWORD).await;
        let body = json!({
            "username": USERNAME, "email": EMAIL, "password": PASSWORD, "reason": "a new customer",
        });
        let added = root.post("/api/v1/admin/users/", body.clone()).await.expect(201).json();
        let again = root.post("/api/v1/admin/users/", body).await;
        self.refused(&again);
        let credits = format!("/api/v1/admin/users/{}/credits/", added["id"]);
        let money = json!({"amount": "500.00", "reason": "a gift"});
        let headers = [("idempotency-key", IDEMPOTENCY_KEY)];
        root.post_with(&credits, &headers, money).await.expect(201);
        let url = format!("{}/postgres", self.site.postgres.url());
        let phone = format!("UPDATE users SET phone = '{PHONE}' WHERE username = '{USERNAME}'");
        assert!(psql(&url).args(["--command", &phone]).status().unwrap().success());
    }

    /// Somebody new signs up, and again.
    async fn sign_up(&mut self) {
        let body =
            json!({"username": "canary_new_7531", "email": SIGN_UP_EMAIL, "password": SIGN_UP_PASSWORD});
        let stranger = self.api.client();
        stranger.post("/api/v1/auth/register/", body.clone()).await.expect(201);
        let again = stranger.post("/api/v1/auth/register/", body).await;
        self.refused(&again);
    }

    /// The operator wants to be told.
    fn listen(&mut self, url: &str) {
        let said = self.command(&["webhooks", "create", &format!("{url}/{HOOK}")], "");
        self.canaries.add_kept("the secret of a webhook", said.lines().last().unwrap());
    }

    /// What strangers and clumsy clients send.
    async fn knock(&mut self) {
        let stranger = self.api.client();
        for body in [
            // Not the customer's own name, which would then have to wait.
            json!({"username": "user2", "password": WRONG_PASSWORD}),
            json!({"username": EMAIL, "password": WRONG_PASSWORD}),
            json!({"username": USERNAME, "password": WRONG_PASSWORD, "more": PASSWORD}),
            json!({"username": USERNAME, "password": {"value": PASSWORD}}),
        ] {
            let answer = stranger.post("/api/v1/auth/login/", body).await;
            self.refused(&answer);
        }
        let broken = format!("{{\"username\":\"{USERNAME}\",\"password\":\"{PASSWORD}").into_bytes();
        let json = [("content-type", "application/json")];
        let answer = stranger.send(Method::POST, "/api/v1/auth/login/", &json, Some(broken)).await;
        self.refused(&answer);
        for path in [format!("/api/v1/offers/?q={QUERY}&{PASSWORD}=1"), format!("/{FOREIGN_TOKEN}/{QUERY}")] {
            let foreign = stranger.with_token(FOREIGN_TOKEN);
            let answer = foreign.get_with(&path, &[("traceparent", PASSWORD), ("cookie", PASSWORD)]).await;
            self.refused(&answer);
        }
        for body in [json!({"refresh_token": FOREIGN_TOKEN}), json!({"refresh_token": [PASSWORD]})] {
            let answer = stranger.post("/api/v1/auth/refresh/", body).await;
            self.refused(&answer);
        }
        let forged =
            [("webhook-id", "one"), ("webhook-timestamp", "1"), ("webhook-signature", CALLBACK_SECRET)];
        let body = json!({"note": PASSWORD});
        let answer = stranger.post_with("/api/v1/partner/callbacks/activation/", &forged, body).await;
        self.refused(&answer);
    }

    /// Orders that end well, badly and late, and everything around a login.
    async fn shop(&mut self) -> Client {
        let (customer, tokens) = self.log_in(USERNAME, PASSWORD).await;
        customer.get("/api/v1/auth/profile/").await.expect(200);
        let refusal = Refusal { code: "barred".into(), message: "Barred".into() };
        let ill = Fault::Status { code: 500, retry_after: None };
        self.site.partner.handle.next([
            Behaviour::Activate,
            Behaviour::Refuse(refusal),
            Behaviour::ExecuteThen(ill),
        ]);
        let (offer, _) = customer.offer(2).await;
        for number in 0..3 {
            let key = format!("{IDEMPOTENCY_KEY}-{number}");
            let headers = [("idempotency-key", key.as_str())];
            let answer =
                customer.post_with("/api/v1/activation/", &headers, json!({"offer_id": offer})).await;
            let answer = answer.expect(202).json();
            customer.follow(answer["transaction_id"].as_str().unwrap()).await;
            let story = format!("{}events", answer["status_url"].as_str().unwrap());
            customer.get(&story).await.expect(200);
        }
        let change = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
        customer.post("/api/v1/auth/password/", change).await.expect(200);
        let body = json!({"refresh_token": tokens["refresh_token"]});
        let next = customer.post("/api/v1/auth/refresh/", body.clone()).await.expect(200).json();
        self.canaries.add("a refreshed token", next["refresh_token"].as_str().unwrap());
        self.canaries.add("a refreshed access token", next["access_token"].as_str().unwrap());
        let later = json!({"refresh_token": next["refresh_token"]});
        customer.post("/api/v1/auth/refresh/", later).await.expect(200);
        // A token from before the last one: somebody has stolen it.
        let stolen = customer.post("/api/v1/auth/refresh/", body).await;
        self.refused(&stolen);
        let (customer, tokens) = self.log_in(USERNAME, NEW_PASSWORD).await;
        let body = json!({"refresh_token": tokens["refresh_token"]});
        customer.post("/api/v1/auth/logout/", body).await.expect(200);
        self.log_in(USERNAME, NEW_PASSWORD).await.0
    }

    /// A company sells, and somebody else tries to.
    async fn sell(&mut self) {
        self.command(&["partner", "create", "Kiosk", "--credit-limit", "100.00"], "");
        let key = self.command(&["partner", "key", "Kiosk"], "");
        let key = key.lines().last().unwrap();
        self.canaries.add("an API key", key);
        let kiosk = self.api.client().with_token(key);
        let sale = json!({"user_id": 1, "offer_id": 3, "amount": "9.99", "partner_reference": "sale-1"});
        kiosk.post("/api/v1/partner/activate/", sale.clone()).await.expect(202);
        let last = if key.ends_with('0') { '1' } else { '0' };
        let wrong = format!("{}{last}", &key[..key.len() - 1]);
        for stranger in [wrong.as_str(), FOREIGN_TOKEN] {
            let stranger = self.api.client().with_token(stranger);
            let answer = stranger.post("/api/v1/partner/activate/", sale.clone()).await;
            self.refused(&answer);
        }
        self.canaries.add("a wrong API key", &wrong);
    }
}

/// Whatever is asked while a server behind the program is down may fail, but not talk.
async fn ask_everything(journey: &mut Journey<'_>, customer: &Client) {
    let login = json!({"username": USERNAME, "password": NEW_PASSWORD});
    for answer in [
        journey.api.client().post("/api/v1/auth/login/", login).await,
        customer.get(&format!("/api/v1/offers/?q={QUERY}")).await,
        customer.get("/api/v1/auth/profile/").await,
        customer.post("/api/v1/activation/", json!({"offer_id": 3})).await,
    ] {
        let _ = writeln!(journey.problems, "{:?}", answer.headers);
        if answer.status >= 400 {
            journey.refused(&answer);
        }
    }
}

/// Every row of every table as text.
fn dump(url: &str) -> String {
    let rows = "SELECT format('SELECT %L || t::text FROM %I t', tablename || ': ', tablename)
        FROM pg_tables WHERE schemaname = 'public' \\gexec";
    let mut child =
        psql(url).args(["--tuples-only"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn log_of(server: &Server) -> String {
    std::fs::read_to_string(server.data_dir().with_extension("log")).unwrap()
}

/// What each process is told, with a secret wherever there can be one.
fn told(site: &Site, gateway: &Receiver) -> Vec<(&'static str, String)> {
    let redis = site.redis.as_ref().unwrap();
    let database = site.postgres.url().replace('@', &format!(":{DATABASE_PASSWORD}@"));
    let texts = [
        ("SECRET_KEY", SECRET_KEY),
        ("OFFERS_LOG_LEVEL", LEVEL),
        ("OFFERS_NOTICES_FROM", "shop@shop.example"),
        ("OFFERS_NOTICES_POLL_MS", "50"),
        ("OFFERS_PARTNER_CALLBACK_SECRETS", CALLBACK_SECRET),
        ("OFFERS_NOTICES_SMS_TOKEN", SMS_TOKEN),
        ("OFFERS_WEBHOOKS_ALLOW_LOOPBACK", "true"),
        ("OFFERS_WEBHOOKS_POLL_MS", "50"),
        ("OFFERS_IDENTITY_REGISTRATION", "true"),
    ];
    let addresses = [
        ("DATABASE_URL", format!("{database}/postgres")),
        ("REDIS_URL", redis.url().replace("redis://", &format!("redis://:{REDIS_PASSWORD}@"))),
        // Not a mail server: what it says is no answer.
        ("OFFERS_NOTICES_EMAIL_URL", format!("smtp://canary:{SMTP_PASSWORD}@127.0.0.1:{}", redis.port())),
        ("OFFERS_NOTICES_SMS_URL", gateway.url.clone()),
    ];
    texts.map(|(name, value)| (name, value.to_owned())).into_iter().chain(addresses).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_in_anything_that_is_written() {
    let mut site = Site::open(true).await;
    let redis = site.redis.as_ref().unwrap();
    lock(redis.port());
    let overheard = Overheard::of(redis.port());
    let (hooks, gateway) = (Receiver::start([]).await, Receiver::start([]).await);
    let more = told(&site, &gateway);
    let more: Vec<_> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut settings = site.settings();
    settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let (mut api, mut worker) =
        (site.start_with("offers-api", 1, &more), site.start_with("offers-worker", 1, &more));

    let (canaries, problems) = (Canaries::secrets(), String::new());
    let mut journey = Journey { api: &api, site: &site, settings, canaries, problems };
    journey.listen(&hooks.url);
    journey.add_customer().await;
    journey.sign_up().await;
    journey.knock().await;
    let customer = journey.shop().await;
    journey.sell().await;
    let shown = journey.command(&["config", "show"], "");
    assert!(hooks.wait_for(2).await[0].header("webhook-signature").starts_with("v1,"));
    assert!(gateway.wait_for(1).await[0].header("authorization").ends_with(SMS_TOKEN));
    let dumped = dump(&format!("{}/postgres", site.postgres.url()));
    let Journey { settings, canaries, problems, .. } = journey;
    site.redis.as_mut().unwrap().kill();
    let mut journey = Journey { api: &api, site: &site, settings, canaries, problems };
    ask_everything(&mut journey, &customer).await;
    let Journey { settings, canaries, problems, .. } = journey;
    site.postgres.kill();
    let mut journey = Journey { api: &api, site: &site, settings, canaries, problems };
    ask_everything(&mut journey, &customer).await;
    let Journey { canaries, problems, .. } = journey;
    let metrics =
        async |server: &Server| Client::new(&server.metrics_url).get("/metrics").await.expect(200).text;
    let metrics = metrics(&api).await + &metrics(&worker).await;
    api.terminate();
    worker.terminate();
    let logs = log_of(&api) + &log_of(&worker);
    let heard = overheard.text();

    assert!(
        logs.contains("request answered") && logs.contains("order settled"),
        "there is something to search"
    );
    assert!(heard.contains("transaction:") && dumped.contains(EMAIL) && problems.contains("request_id"));
    assert!(dumped.contains(HOOK) && shown.contains("notices.sms_token"));
    canaries.assert_absent("the database", &dumped);
    let all = canaries.with_people();
    for (place, text) in [
        ("a log", &logs),
        ("a metric", &metrics),
        ("an error", &problems),
        ("Redis", &heard),
        ("a setting", &shown),
    ] {
        all.assert_absent(place, text);
    }
}
