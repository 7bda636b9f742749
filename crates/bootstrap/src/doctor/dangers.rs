//! Settings that work and are dangerous.

use std::collections::BTreeSet;
use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::report::Finding;
use crate::settings::{Database, Settings};
use crate::webhooks::reach;

/// What is in keys that somebody has copied.
const COPIED: [&str; 6] = ["change", "example", "secret", "insecure", "password", "0123456789"];
/// A key of fewer different characters is no random one.
const FEW: usize = 10;

/// One line for each danger; one that there is none.
pub(super) fn look(settings: &Settings) -> Vec<Finding> {
    let embedded = matches!(settings.database(), Ok(Database::Sqlite(_)));
    let found = [
        guessable_key(settings.secret_key.as_ref()),
        switched(
            settings.postgres.allow_unsafe_durability,
            "postgres.allow_unsafe_durability works with servers that lose commits",
        ),
        switched(settings.partner.simulate && !embedded, "partner.simulate takes money and delivers nothing"),
        switched(
            settings.partner_api.test_keys && !embedded,
            "partner_api.test_keys lets trial keys sell for real",
        ),
        switched(
            settings.webhooks.allow_loopback && !embedded,
            "webhooks.allow_loopback lets partners have this machine called",
        ),
        switched(
            reach(settings).is_ok_and(|reach| reach.opens_this_machine()),
            "webhooks.allow_networks lets partners have this machine, or what a cloud tells it, called",
        ),
        switched(!settings.limits.enabled, "limits.enabled is off: anybody may ask as often as they like"),
        open_door(settings),
        plain_text(
            "database_url",
            settings.database_url.as_ref(),
            &["sslmode=require", "sslmode=verify-full"],
        ),
        plain_text("redis_url", settings.redis_url.as_ref(), &["rediss://"]),
        plain_text(
            "activation_partner_url",
            settings.activation_partner_url.as_deref().map(SecretString::from).as_ref(),
            &["https://"],
        ),
    ];
    let mut found: Vec<_> = found.into_iter().flatten().collect();
    for (name, section) in &settings.activation_partners {
        let url = SecretString::from(section.url.as_str());
        found.extend(plain_text(&format!("activation_partners.{name}.url"), Some(&url), &["https://"]));
    }
    found
}

fn guessable_key(key: Option<&SecretString>) -> Option<Finding> {
    let key = key?.expose_secret().to_lowercase();
    let different: BTreeSet<_> = key.chars().collect();
    let guessable = different.len() < FEW || COPIED.iter().any(|word| key.contains(word));
    guessable.then(|| {
        Finding::fail(
            "settings",
            "secret_key (SECRET_KEY) looks copied, and who knows it can log in as anybody",
            "use a random one: `openssl rand -hex 32`",
        )
    })
}

fn switched(is_on: bool, what: &str) -> Option<Finding> {
    is_on.then(|| Finding::warn("settings", what, "switch it back where money counts"))
}

/// The API speaks plain HTTP: whatever it is reached through must be a proxy that is known.
fn open_door(settings: &Settings) -> Option<Finding> {
    let open = !settings.listen.ip().is_loopback() && settings.http.trusted_proxies.is_empty();
    open.then(|| {
        Finding::warn(
            "settings",
            format!("the API listens on {} in plain HTTP, and no proxy is trusted", settings.listen),
            "put TLS in a proxy before it, and name the proxy's network in http.trusted_proxies",
        )
    })
}

/// An address that leads over a network without encryption.
fn plain_text(key: &str, url: Option<&SecretString>, encrypted: &[&str]) -> Option<Finding> {
    let text = url?.expose_secret();
    let leaves = leaves_this_machine(&Url::parse(text).ok()?);
    let plain = leaves && !encrypted.iter().any(|mark| text.contains(mark));
    plain.then(|| {
        Finding::warn(
            "settings",
            format!("{key} leads over the network in plain text"),
            format!("encrypt it ({})", encrypted.join(" or ")),
        )
    })
}

fn leaves_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => match name.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => !address.is_loopback(),
            Err(_) => name != "localhost" && !name.is_empty(),
        },
        Some(Host::Ipv4(address)) => !address.is_loopback(),
        Some(Host::Ipv6(address)) => !address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(change: impl FnOnce(&mut Settings)) -> Vec<String> {
        let mut settings = Settings::default();
        change(&mut settings);
        look(&settings).into_iter().map(|finding| finding.seen).collect()
    }

    #[test]
    fn the_defaults_are_harmless() {
        assert_eq!(seen(|_| {}), [""; 0]);
    }

    #[test]
    fn each_danger_is_named() {
        type Change = fn(&mut Settings);
        let postgres = |s: &mut Settings| s.database_url = Some("postgres://localhost/offers".into());
        assert_eq!(seen(postgres), [""; 0]);
        let dangers: [(&str, Change); 12] = [
            ("allow_networks", |s| s.webhooks.allow_networks = "10.0.0.0/8,0.0.0.0/0".into()),
            ("secret_key", |s| s.secret_key = Some("change-me-change-me-change-me-xyz".into())),
            ("secret_key", |s| s.secret_key = Some("00000000000000000000000000000001".into())),
            ("allow_unsafe_durability", |s| s.postgres.allow_unsafe_durability = true),
            ("limits.enabled", |s| s.limits.enabled = false),
            ("plain HTTP", |s| s.listen = "0.0.0.0:8000".parse().unwrap()),
            ("database_url", |s| s.database_url = Some("postgres://app:word@10.0.0.7/offers".into())),
            ("redis_url", |s| s.redis_url = Some("redis://cache:6379".into())),
            ("activation_partner_url", |s| s.activation_partner_url = Some("http://partner.example".into())),
            ("test_keys", |s| {
                s.database_url = Some("postgres://[::1]/offers".into());
                s.partner_api.test_keys = true;
            }),
            ("allow_loopback", |s| {
                s.database_url = Some("postgres://localhost/offers".into());
                s.webhooks.allow_loopback = true;
            }),
            ("simulate", |s| {
                s.database_url = Some("postgres://localhost/offers".into());
                s.partner.simulate = true;
            }),
        ];
        for (word, change) in dangers {
            let seen = seen(change);
            assert!(seen.len() == 1 && seen[0].contains(word), "{word}: {seen:?}");
            assert!(!seen[0].contains("app:word"), "{seen:?}");
        }
    }

    #[test]
    fn what_is_encrypted_or_random_is_no_danger() {
        assert_eq!(
            seen(|s| {
                s.secret_key = Some("f3a9c1d27be04586a1f0c9d8e7b6a5c4".into());
                s.database_url = Some("postgres://app@db/offers?sslmode=require".into());
                s.redis_url = Some("rediss://cache".into());
                s.activation_partner_url = Some("https://partner.example".into());
            }),
            [""; 0]
        );
    }
}
