//! A folder instead of the world.

use std::path::Path;

use offers_domain::ports::Messenger;
use offers_domain::sending::Delivery;
use offers_notify::Outbox;

use crate::fixtures::{headers, letter, not_sent, reason, refused, templates};

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = std::fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

fn mail_box(folder: &Path, keep: usize) -> Outbox {
    Outbox::for_mail(templates(), headers(), folder, keep).unwrap()
}

#[tokio::test]
async fn each_message_is_a_file_and_the_same_one_is_never_two() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data/outbox");
    let (mails, texts) = (mail_box(&folder, 10), Outbox::for_sms(templates(), &folder, 10).unwrap());
    for _ in 0..2 {
        assert_eq!(mails.send(&letter(7, "anna@example.com")).await, Delivery::Delivered);
        assert_eq!(texts.send(&letter(8, "+33612345678")).await, Delivery::Delivered);
    }
    let [mail, text] = ["000000000007-activation_succeeded.eml", "000000000008-activation_succeeded.txt"];
    assert_eq!(names(&folder), [mail, text]);
    let mail = std::fs::read_to_string(folder.join(mail)).unwrap();
    assert!(mail.contains("To: anna@example.com\r\n") && mail.contains("multipart/alternative"), "{mail}");
    let text = std::fs::read_to_string(folder.join(text)).unwrap();
    assert!(text.starts_with("To: +33612345678\n\nL’offre Télé <Essentielle> est active"), "{text}");
}

#[tokio::test]
async fn the_newest_files_are_kept_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=3 {
        mail_box(folder.path(), 2).send(&letter(number, "anna@example.com")).await;
    }
    let kept = ["000000000002-activation_succeeded.eml", "000000000003-activation_succeeded.eml"];
    assert_eq!(names(folder.path()), kept);
}

#[tokio::test]
async fn a_folder_that_is_gone_is_waited_for_and_a_bad_address_is_not() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("outbox");
    let outbox = mail_box(&folder, 10);
    std::fs::remove_dir(&folder).unwrap();
    reason(outbox.send(&letter(1, "anna@example.com")).await, not_sent);
    reason(outbox.send(&letter(1, "a@b\r\nBcc: c@d")).await, refused);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_messages() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("outbox");
    mail_box(&folder, 10).send(&letter(1, "anna@example.com")).await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("000000000001-activation_succeeded.eml")), 0o600);
}
