//! What `Argon2Passwords` promises.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

use std::sync::mpsc;
use std::time::Duration;

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use futures_util::FutureExt;
use offers_auth::{Argon2Passwords, HashLimits};
use offers_domain::ports::{PasswordError, Passwords, Verification};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

const RIGHT: Verification = Verification { matches: true, outdated: false };
const WRONG: Verification = Verification { matches: false, outdated: false };

fn passwords() -> Argon2Passwords {
    Argon2Passwords::try_new(HashLimits::for_cores(2)).unwrap()
}

fn limited(at_once: usize, waiting: usize) -> Argon2Passwords {
    Argon2Passwords::try_new(HashLimits { at_once, waiting, ..HashLimits::for_cores(1) }).unwrap()
}

async fn verify(passwords: &Argon2Passwords, password: &str, hash: Option<&str>) -> Verification {
    passwords.verify(password.into(), hash.map(Into::into)).await.unwrap()
}

fn made_with(algorithm: Algorithm, memory: u32, password: &str) -> String {
    let params = Params::new(memory, 2, 1, None).unwrap();
    Argon2::new(algorithm, Version::V0x13, params).hash_password(password.as_bytes()).unwrap().to_string()
}

#[tokio::test]
async fn a_password_matches_its_own_hash_and_no_other() {
    let passwords = passwords();
    let hash = passwords.hash("grüne Wiese 7".into()).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(verify(&passwords, "grüne Wiese 7", Some(&hash)).await, RIGHT);
    assert_eq!(verify(&passwords, "grune Wiese 7", Some(&hash)).await, WRONG);
    assert_eq!(verify(&passwords, "", Some(&hash)).await, WRONG);
}

#[tokio::test]
async fn one_password_is_never_hashed_to_the_same_text_twice() {
    let passwords = passwords();
    let first = passwords.hash("correct horse".into()).await.unwrap();
    assert_ne!(passwords.hash("correct horse".into()).await.unwrap(), first);
}

#[tokio::test]
async fn nothing_matches_for_an_unknown_user() {
    let passwords = passwords();
    for password in ["correct horse", ""] {
        assert_eq!(verify(&passwords, password, None).await, WRONG);
    }
}

#[tokio::test]
async fn a_hash_made_with_other_parameters_matches_and_is_outdated() {
    let passwords = passwords();
    for (algorithm, memory) in
        [(Algorithm::Argon2id, 1024), (Algorithm::Argon2i, 19_456), (Algorithm::Argon2d, 64)]
    {
        let hash = made_with(algorithm, memory, "correct horse");
        let found = verify(&passwords, "correct horse", Some(&hash)).await;
        assert_eq!(found, Verification { matches: true, outdated: true }, "{hash}");
        assert!(!verify(&passwords, "wrong horse", Some(&hash)).await.matches);
    }
}

/// Made by the earlier system's own code: `correct horse`, salt `seasaltseasalt`, 1000 passes.
const PBKDF2: &str =
    "$pbkdf2-sha256$i=1000,l=32$c2Vhc2FsdHNlYXNhbHQ$nFEtiBJrsFKs/zt16fe0xZYOaKEZwkghPKgXrtcV9Hc";

#[tokio::test]
async fn a_hash_of_the_earlier_system_matches_and_is_outdated() {
    let passwords = passwords();
    let found = verify(&passwords, "correct horse", Some(PBKDF2)).await;
    assert_eq!(found, Verification { matches: true, outdated: true });
    assert!(!verify(&passwords, "wrong horse", Some(PBKDF2)).await.matches);
    let endless = PBKDF2.replace("i=1000", "i=2000001");
    assert!(!verify(&passwords, "correct horse", Some(&endless)).await.matches);
}

/// Nothing that a password could be checked against, some of it looking much like it.
const MALFORMED: [&str; 10] = [
    "",
    "correct horse",
    "!",
    "$argon2id",
    "$argon2id$v=19$m=19456,t=2,p=1",
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA",
    "$argon2id$v=19$m=1,t=0,p=0$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=99$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=15,r=8,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
    "pbkdf2_sha256$720000$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA==",
];

#[tokio::test]
async fn a_malformed_hash_never_matches() {
    let passwords = passwords();
    for hash in MALFORMED {
        for password in ["correct horse", ""] {
            assert!(!verify(&passwords, password, Some(hash)).await.matches, "{hash}");
        }
    }
}

#[tokio::test]
async fn an_unknown_user_and_a_malformed_hash_cost_as_much_as_a_wrong_password() {
    let passwords = passwords();
    let known = passwords.hash("correct horse".into()).await.unwrap();
    let long = "x".repeat(513);
    let fastest = async |password: &str, hash: Option<&str>| {
        let mut fastest = Duration::MAX;
        for _ in 0..3 {
            let start = Instant::now();
            verify(&passwords, password, hash).await;
            fastest = fastest.min(start.elapsed());
        }
        fastest
    };
    let wrong = fastest("wrong horse", Some(&known)).await;
    // Without a hash of its own a check takes a thousandth of the time, so a twentieth tells them apart on a busy machine too.
    assert!(fastest("wrong horse", None).await > wrong / 20);
    assert!(fastest(&long, Some(&known)).await > wrong / 20);
    for hash in MALFORMED {
        assert!(fastest("wrong horse", Some(hash)).await > wrong / 20, "{hash}");
    }
}

#[tokio::test]
async fn a_password_beyond_512_bytes_is_never_hashed() {
    let passwords = passwords();
    let long = "x".repeat(513);
    assert_eq!(passwords.hash(long.clone()).await, Err(PasswordError::Failed));
    let hash = made_with(Algorithm::Argon2id, 1024, &long);
    assert!(!verify(&passwords, &long, Some(&hash)).await.matches);

    let longest = "x".repeat(512);
    let hash = passwords.hash(longest.clone()).await.unwrap();
    assert_eq!(verify(&passwords, &longest, Some(&hash)).await, RIGHT);
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_two_seconds_for_its_turn_and_not_longer() {
    let nobody_gets_a_turn = limited(0, 1);
    let start = Instant::now();
    assert_eq!(nobody_gets_a_turn.hash("correct horse".into()).await, Err(PasswordError::Overloaded));
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(2) && waited < Duration::from_millis(2100), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_beyond_the_queue_is_turned_away_at_once() {
    let passwords = limited(0, 2);
    let start = Instant::now();
    let call = || passwords.hash("correct horse".into()).map(|result| (result, start.elapsed()));
    let calls = tokio::join!(call(), call(), call());
    let turned_away: Vec<_> = [calls.0, calls.1, calls.2]
        .into_iter()
        .filter(|(result, waited)| *result == Err(PasswordError::Overloaded) && waited.is_zero())
        .collect();
    assert_eq!(turned_away.len(), 1);
}

#[test]
fn a_caller_who_goes_away_leaves_no_room_until_the_hash_is_done() {
    // One blocking thread, kept busy until the gate opens, makes the order of things certain.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_time().build();
    runtime.unwrap().block_on(async {
        let passwords = limited(1, 0);
        let (open_gate, gate) = mpsc::channel::<()>();
        let gate = spawn_blocking(move || gate.recv());

        assert!(passwords.hash("goes away".into()).now_or_never().is_none());
        assert_eq!(passwords.hash("comes next".into()).await, Err(PasswordError::Overloaded));

        open_gate.send(()).unwrap();
        gate.await.unwrap().unwrap();
        spawn_blocking(|| ()).await.unwrap();
        assert!(passwords.hash("comes later".into()).await.is_ok());
    });
}
