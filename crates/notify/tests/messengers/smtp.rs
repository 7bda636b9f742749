//! E-mail, against a real SMTP server.

use std::time::Duration;

use offers_domain::ports::Messenger;
use offers_domain::sending::Delivery;
use offers_notify::{SmtpMessenger, SmtpSettings};
use offers_testkit::servers::{Smtp, SmtpSecurity, SmtpTurn};
use secrecy::SecretString;

use crate::fixtures::{headers, letter, not_sent, reason, refused, templates, unknown};

const ANNA: &str = "anna@example.com";

fn settings(url: String) -> SmtpSettings {
    SmtpSettings {
        ready_timeout: Duration::from_secs(5),
        answer_timeout: Duration::from_secs(5),
        ..SmtpSettings::new(SecretString::from(url))
    }
}

fn messenger(settings: &SmtpSettings) -> SmtpMessenger {
    SmtpMessenger::try_new(templates(), headers(), settings).unwrap()
}

fn to(server: &Smtp) -> SmtpMessenger {
    messenger(&settings(format!("smtp://{}", server.address())))
}

#[tokio::test]
async fn a_mail_arrives_with_its_headers_and_both_parts() {
    let server = Smtp::start();
    assert_eq!(to(&server).send(&letter(7, ANNA)).await, Delivery::Delivered);
    let mail = server.mails().remove(0);
    assert_eq!(mail.to, ANNA);
    for (name, value) in [
        ("From", "Offers <offers@shop.example>"),
        ("Reply-To", "help@shop.example"),
        ("To", ANNA),
        ("Message-ID", "<notice-7.1772539200000000@shop.example>"),
        ("Date", "Tue, 03 Mar 2026 12:00:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(mail.header(name).as_deref(), Some(value), "{name}");
    }
    assert!(mail.header("Subject").unwrap().starts_with("=?utf-8?"), "{}", mail.content);
    assert!(mail.header("Content-Type").unwrap().starts_with("multipart/alternative;"));
    assert!(mail.content.contains("text/plain") && mail.content.contains("text/html"));
    assert!(mail.content.contains("&lt;Essentielle&gt;"), "{}", mail.content);
}

#[tokio::test]
async fn what_the_server_says_about_the_message_is_final_or_not_as_it_says() {
    let server = Smtp::start();
    let messenger = to(&server);
    server.next(&[
        SmtpTurn::AnswerRecipient(550),
        SmtpTurn::AnswerRecipient(450),
        SmtpTurn::AnswerMessage(554),
        SmtpTurn::AnswerMessage(451),
    ]);
    let reasons = [
        reason(messenger.send(&letter(1, ANNA)).await, refused),
        reason(messenger.send(&letter(2, ANNA)).await, not_sent),
        reason(messenger.send(&letter(3, ANNA)).await, refused),
        reason(messenger.send(&letter(4, ANNA)).await, not_sent),
    ];
    assert_eq!(
        reasons,
        [
            "the SMTP server refuses the recipient (550)",
            "the SMTP server refuses the recipient (450)",
            "the SMTP server refuses the message (554)",
            "the SMTP server refuses the message (451)",
        ],
        "codes only: the server's words quote the recipient"
    );
    assert_eq!(server.mails(), []);
}

#[tokio::test]
async fn once_the_message_is_on_its_way_only_an_answer_tells() {
    let server = Smtp::start();
    let settings = SmtpSettings {
        answer_timeout: Duration::from_millis(200),
        ..settings(format!("smtp://{}", server.address()))
    };
    let messenger = messenger(&settings);
    server.next(&[SmtpTurn::DropBeforeMessage, SmtpTurn::DropAfterMessage, SmtpTurn::HangAfterMessage]);
    // The connection is closed while the message is being written: the first bytes may have been read.
    reason(messenger.send(&letter(1, ANNA)).await, unknown);
    reason(messenger.send(&letter(2, ANNA)).await, unknown);
    let late = reason(messenger.send(&letter(3, ANNA)).await, unknown);
    assert_eq!(late, "the SMTP server did not answer in time");
    assert_eq!(server.mails().len(), 2, "both that it kept had arrived");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_asked_again() {
    let server = Smtp::start();
    let url = format!("smtp://{}", server.address());
    drop(server);
    reason(messenger(&settings(url)).send(&letter(1, ANNA)).await, not_sent);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let settings = SmtpSettings { ready_timeout: Duration::from_millis(100), ..settings(url) };
    let why = reason(messenger(&settings).send(&letter(1, ANNA)).await, not_sent);
    assert_eq!(why, "the SMTP server was not ready in time");
}

#[tokio::test]
async fn one_connection_carries_many_mails_and_a_closed_one_is_replaced() {
    let server = Smtp::start();
    let messenger = to(&server);
    for number in 0..3 {
        assert_eq!(messenger.send(&letter(number, ANNA)).await, Delivery::Delivered);
    }
    assert_eq!(server.connections(), 1);
    server.next(&[SmtpTurn::DropAfterMessage]);
    reason(messenger.send(&letter(4, ANNA)).await, unknown);
    assert_eq!(messenger.send(&letter(5, ANNA)).await, Delivery::Delivered);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn tls_is_used_from_the_first_byte_or_by_starttls_and_the_login_goes_through_it() {
    for (security, scheme, query) in
        [(SmtpSecurity::Tls, "smtps", ""), (SmtpSecurity::StartTls, "smtp", "?tls=required")]
    {
        let server = Smtp::start_with(security);
        let port = server.address().port();
        let url = format!("{scheme}://user%40shop:p%3Aw@localhost:{port}{query}");
        let trusting =
            SmtpSettings { extra_roots: Some(server.certificate().into()), ..settings(url.clone()) };
        assert_eq!(messenger(&trusting).send(&letter(1, ANNA)).await, Delivery::Delivered, "{security:?}");
        assert!(server.mails()[0].encrypted);
        assert_eq!(server.logins(), ["AUTH PLAIN AHVzZXJAc2hvcABwOnc="]);

        reason(messenger(&settings(url)).send(&letter(2, ANNA)).await, not_sent);
        assert_eq!(server.mails().len(), 1, "a stranger's certificate is not trusted");
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_not_spoken_to_in_plain_text() {
    let server = Smtp::start();
    let url = format!("smtp://user:word@{}?tls=required", server.address());
    reason(messenger(&settings(url)).send(&letter(1, ANNA)).await, not_sent);
    assert_eq!((server.mails(), server.logins()), (vec![], vec![]));
}

#[tokio::test]
async fn an_address_cannot_add_a_recipient_or_a_header() {
    let server = Smtp::start();
    let messenger = to(&server);
    for address in ["a@b.example\r\nBcc: c@d.example", "a@b.example>\r\nRCPT TO:<c@d.example", "a@b@c", ""] {
        reason(messenger.send(&letter(1, address)).await, refused);
    }
    assert_eq!((server.mails(), server.connections()), (vec![], 0));
}
