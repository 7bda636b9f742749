//! Customers are told how their orders end, once, whatever breaks on the way.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use offers_simulator::{Behaviour, Refusal};
use offers_testkit::servers::{Postgres, Smtp, SmtpTurn};

use crate::support::{Client, Options, PATIENCE, Partner, Server, offers};

const FROM: (&str, &str) = ("OFFERS_NOTICES_FROM", "Shop <shop@shop.example>");

/// Mails over SMTP, looked after often and given up soon.
pub(crate) fn by_smtp(smtp: &Smtp) -> Vec<(&'static str, String)> {
    vec![
        ("OFFERS_NOTICES_EMAIL_URL", format!("smtp://{}", smtp.address())),
        (FROM.0, FROM.1.to_owned()),
        ("OFFERS_NOTICES_POLL_MS", "50".to_owned()),
        ("OFFERS_NOTICES_LEASE_MS", "2000".to_owned()),
        ("OFFERS_NOTICES_RETRY_BASE_MS", "50".to_owned()),
    ]
}

/// Waits until so many files lie in the outbox; their contents.
pub(crate) async fn outbox(folder: &Path, count: usize) -> Vec<String> {
    let started = Instant::now();
    loop {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        if files.len() >= count {
            files.sort();
            return files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        }
        assert!(started.elapsed() < PATIENCE, "{} of {count} mails are there", files.len());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Waits until so many e-mails have come to this status.
async fn settled(server: &Server, status: &str, count: u32) {
    let series = format!("offers_notices_settled_total{{channel=\"email\",status=\"{status}\"}}");
    Client::new(&server.metrics_url).until_counted(&series, count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_ends_in_a_mail_in_the_outbox_folder_with_nothing_to_set_up() {
    let mut server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let (offer, _) = customer.offer(2).await;
    let transaction = customer.activate(offer).await;
    customer.follow(&transaction).await;
    let folder = server.data_dir().join("outbox");
    let mails = outbox(&folder, 1).await;
    assert!(mails[0].contains("To: user1@example.com\r\n"), "{}", mails[0]);
    assert!(mails[0].contains(&transaction), "{}", mails[0]);

    server.kill();
    server.restart();
    let customer = server.client().log_in("user1").await;
    customer.follow(&customer.activate(offer).await).await;
    assert_eq!(outbox(&folder, 2).await.len(), 2, "one for each order");
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_told_in_the_words_of_the_operators_folder() {
    let words = tempfile::tempdir().unwrap();
    let file = words.path().join("en").join("activation_succeeded.txt");
    std::fs::create_dir(words.path().join("en")).unwrap();
    std::fs::write(
        &file,
        "Subject: Enjoy {{ offer }}\n\nDear {{ username }}, order {{ transaction }} is done.\n",
    )
    .unwrap();
    let folder = words.path().to_str().unwrap().to_owned();
    let settings = vec![("OFFERS_NOTICES_TEMPLATES_DIR", folder)];
    let mut server = Server::start(Options { settings, ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    customer.follow(&transaction).await;
    let mails = outbox(&server.data_dir().join("outbox"), 1).await;
    assert!(mails[0].contains("Subject: Enjoy "), "{}", mails[0]);
    assert!(mails[0].contains(&format!("Dear user1, order {transaction} is done.")), "{}", mails[0]);

    server.terminate();
    std::fs::write(&file, "Subject: Enjoy {{ offer\n\nDear\n").unwrap();
    let output = offers()
        .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
        .arg(server.data_dir())
        .env("OFFERS_NOTICES_TEMPLATES_DIR", words.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("notices.templates_dir") && said.contains("activation_succeeded.txt"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_two_workers_send_one_mail_for_each_order() {
    let (postgres, smtp) = (Postgres::start(), Smtp::start());
    let refusal = Behaviour::Refuse(Refusal { code: "barred".into(), message: "Barred".into() });
    let partner = Partner::scripted([refusal]).await;
    let mut settings = by_smtp(&smtp);
    settings.extend([
        ("DATABASE_URL", format!("{}/postgres", postgres.url())),
        ("SECRET_KEY", "a key of 32 bytes for the tests!".to_owned()),
        ("ACTIVATION_PARTNER_URL", partner.url.clone()),
    ]);
    for command in ["migrate", "seed"] {
        let output = offers().arg(command).envs(settings.clone()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let folder = tempfile::tempdir().unwrap();
    let start = |name, number: u8| {
        let options = Options { settings: settings.clone(), ..Options::default() };
        Server::start_binary(name, &folder.path().join(format!("{name}-{number}")), options)
    };
    let (api, _one, _two) = (start("offers-api", 1), start("offers-worker", 1), start("offers-worker", 2));

    let customer = api.client().log_in("user1").await;
    let (offer, _) = customer.offer(2).await;
    let mut orders = BTreeSet::new();
    for _ in 0..8 {
        let transaction = customer.activate(offer).await;
        customer.follow(&transaction).await;
        orders.insert(transaction);
    }
    let mails = smtp.wait_for(orders.len()).await;
    let told: BTreeSet<String> = orders
        .iter()
        .filter(|order| mails.iter().any(|mail| mail.content.contains(order.as_str())))
        .cloned()
        .collect();
    assert_eq!((mails.len(), told), (orders.len(), orders), "one mail for each order");
    let refused = mails.iter().filter(|mail| mail.content.contains("went back to your wallet"));
    assert_eq!(refused.count(), 1, "the partner refused one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_killed_after_it_has_sent_does_not_send_again() {
    let smtp = Smtp::start();
    smtp.next(&[SmtpTurn::HangAfterMessage]);
    let mut server = Server::start(Options { settings: by_smtp(&smtp), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let (offer, _) = customer.offer(2).await;
    let first = customer.activate(offer).await;
    smtp.wait_for(1).await;
    server.kill();
    server.restart();

    let customer = server.client().log_in("user1").await;
    let second = customer.activate(offer).await;
    settled(&server, "abandoned", 1).await;
    settled(&server, "sent", 1).await;
    let mails = smtp.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails[0].content.contains(&first) && mails[1].content.contains(&second));
    assert_eq!(customer.follow(&first).await["status"], "SUCCESS");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_killed_between_claim_and_sending_sends_at_most_once() {
    // Connections are taken and never spoken to, so that the claim is as far as the sender comes.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = by_smtp(&Smtp::start());
    settings[0].1 = format!("smtp://{}", silent.local_addr().unwrap());
    settings[3].1 = "4000".to_owned();
    let mut server = Server::start(Options { settings, ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let (offer, _) = customer.offer(2).await;
    let transaction = customer.activate(offer).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    let (_connection, _) = silent.accept().unwrap();
    server.kill();
    server.restart();
    settled(&server, "abandoned", 1).await;
    assert_eq!(server.client().log_in("user1").await.follow(&transaction).await["status"], "SUCCESS");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_mail_server_delays_no_order_and_the_mails_come_when_it_is_back() {
    let smtp = Smtp::start();
    smtp.next(&[SmtpTurn::AnswerRecipient(450); 12]);
    let mut server = Server::start(Options { settings: by_smtp(&smtp), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let (offer, _) = customer.offer(2).await;
    let mut orders = BTreeSet::new();
    for _ in 0..4 {
        let transaction = customer.activate(offer).await;
        assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
        orders.insert(transaction);
    }
    let mails = smtp.wait_for(orders.len()).await;
    assert_eq!(mails.len(), orders.len());
    settled(&server, "queued", 12).await;
    settled(&server, "sent", 4).await;
    assert_eq!(server.terminate(), Some(0));
}
