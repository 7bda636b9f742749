use std::fmt::Write as _;

use time::macros::datetime;
use uuid::Uuid;

use super::*;

const END: OffsetDateTime = datetime!(2026-03-31 12:00 UTC);

fn amount() -> Amount {
    Amount::from_minor(123_450, Currency::EUR).unwrap()
}

/// A letter for each kind of notice, with facts that show how they are written.
fn letters(locale: Locale) -> Vec<Letter> {
    let id = Uuid::from_u128(0x0195_d7a0_0000_7000_8000_0000_0000_0001);
    let (transaction, offer, user_offer) = (TransactionId(id), OfferId(1), UserOfferId(7));
    let occasions = [
        Occasion::ActivationSucceeded { transaction, offer, expires_at: END },
        Occasion::ActivationFailed { transaction, offer, refund: Some(amount()) },
        Occasion::ActivationFailed { transaction, offer, refund: None },
        Occasion::Expiring { user_offer, offer, expires_at: END, days: 3 },
        Occasion::Expired { user_offer, offer, expired_at: END },
        Occasion::WalletCredited { credit: id, amount: amount() },
    ];
    let not_renewed = RenewalObstacle::ALL.iter().map(|obstacle| Occasion::AutoRenewFailed {
        user_offer,
        offer,
        price: amount(),
        expires_at: END,
        obstacle: *obstacle,
    });
    let letter = |occasion: Occasion| Letter {
        notice: NoticeId(1),
        created_at: END,
        occasion,
        offer: occasion.facts().offer.map(|_| "Fibre 1000".to_owned()),
        username: "anna".into(),
        locale,
        address: Address("anna@example.com".into()),
    };
    occasions.into_iter().chain(not_renewed).map(letter).collect()
}

fn built_in() -> Templates {
    Templates::try_new(None).unwrap()
}

fn everything(locale: Locale) -> String {
    let templates = built_in();
    let mut all = String::new();
    for letter in letters(locale) {
        let mail = templates.mail(&letter).unwrap();
        let sms = templates.sms(&letter).unwrap();
        let kind = letter.occasion.kind();
        write!(all, "==== {kind}\n{}\n\n{}\n---- html\n{}\n", mail.subject, mail.text, mail.html).unwrap();
        writeln!(all, "---- sms\n{sms}\n").unwrap();
    }
    all
}

#[test]
fn the_english_texts() {
    insta::assert_snapshot!(everything(Locale::En));
}

#[test]
fn the_french_texts() {
    insta::assert_snapshot!(everything(Locale::Fr));
}

#[test]
fn every_kind_of_notice_has_a_sample_that_is_tried_out() {
    let kinds: Vec<NoticeKind> = samples(Locale::En).iter().map(|letter| letter.occasion.kind()).collect();
    for kind in NoticeKind::ALL {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[test]
fn hostile_names_stay_words() {
    let letter = Letter {
        offer: Some("<b>Fibre</b> & \"co\"\r\nBcc: x@y \u{202e}gnp.exe אינטרנט".into()),
        username: "<script>alert(1)</script>{{ transaction }}".into(),
        ..letters(Locale::En).remove(0)
    };
    let mail = built_in().mail(&letter).unwrap();
    assert_eq!(mail.subject, "<b>Fibre</b> & \"co\"Bcc: x@y gnp.exe אינטרנט is active");
    assert!(
        mail.html.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;{{ transaction }}"),
        "{}",
        mail.html
    );
    assert!(mail.html.contains("&lt;b&gt;Fibre&lt;&#x2f;b&gt; &amp; &quot;co&quot;Bcc"), "{}", mail.html);
    assert!(!mail.html.contains('\u{202e}') && !mail.text.contains('\u{202e}'));
    assert!(mail.text.contains("Hello <script>alert(1)</script>{{ transaction }},"), "{}", mail.text);
}

fn folder_with(name: &str, source: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, source).unwrap();
    folder
}

#[test]
fn a_file_replaces_the_text_of_its_name_and_no_other() {
    let folder = folder_with("fr/expiring.sms", "Fin de {{ offer }} dans {{ days }} jours\n");
    let templates = Templates::try_new(Some(folder.path())).unwrap();
    let [english, french] =
        [Locale::En, Locale::Fr].map(|locale| templates.sms(&letters(locale)[3]).unwrap());
    assert_eq!(french, "Fin de Fibre 1000 dans 3 jours");
    assert_eq!(english, built_in().sms(&letters(Locale::En)[3]).unwrap());
}

#[test]
fn a_broken_text_is_found_at_the_start_with_its_file_and_line() {
    for (name, source, line, word) in [
        ("en/expired.txt", "Subject: x\n\n{{ offer", 3, "end of"),
        ("en/expired.html", "<p>\n{{ ofer }}</p>", 2, "undefined"),
        ("fr/wallet_credited.sms", "{{ days }}", 1, "undefined"),
        ("en/expired.txt", "{{ offer }} has ended", 1, "subject"),
        ("en/expired.html", "{% extends \"other.html\" %}", 1, "other.html"),
    ] {
        let folder = folder_with(name, source);
        let error = Templates::try_new(Some(folder.path())).unwrap_err();
        let TemplateError::Broken { place, reason } = &error else { panic!("{error}") };
        assert_eq!(*place, format!("{}:{line}", folder.path().join(name).display()), "{error}");
        assert!(reason.contains(word), "{error}");
    }
}

#[test]
fn a_file_that_would_be_ignored_is_refused() {
    for name in ["en/expirng.txt", "de/expired.txt", "notes.md", "en/deep/expired.txt"] {
        let folder = folder_with(name, "x");
        let error = Templates::try_new(Some(folder.path())).unwrap_err();
        assert!(matches!(error, TemplateError::UnknownName(_)), "{name}: {error}");
    }
    let hidden = folder_with(".editor", "x");
    assert!(Templates::try_new(Some(hidden.path())).is_ok());
    let missing = hidden.path().join("missing");
    assert!(matches!(Templates::try_new(Some(&missing)), Err(TemplateError::Unreadable { .. })));
}
