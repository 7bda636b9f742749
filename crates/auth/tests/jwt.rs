//! What `JwtTokens` promises, to friend and foe.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "that is how a test fails")]

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use offers_auth::{JwtSettings, JwtTokens, KeyError, OpaqueTokens, SigningKey};
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{AccessClaims, AccessTokens, RefreshTokens, TokenError};
use offers_domain::user::Role;
use offers_testkit::builders::NOON;
use offers_testkit::ids::CountingIds;
use proptest::prelude::*;
use ring::hmac;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const SECRET: &str = "a-secret-of-thirty-two-bytes-or-so";
const OTHER_SECRET: &str = "another-secret-of-thirty-two-bytes";

fn key(kid: &str, secret: &str) -> SigningKey {
    SigningKey { kid: kid.into(), secret: secret.into() }
}

fn settings(current: SigningKey, previous: Option<SigningKey>) -> JwtSettings {
    JwtSettings { issuer: "https://offers.example".into(), audience: "offers".into(), current, previous }
}

fn try_tokens(current: SigningKey, previous: Option<SigningKey>) -> Result<JwtTokens, KeyError> {
    JwtTokens::try_new(settings(current, previous), Arc::new(CountingIds::default()))
}

fn tokens() -> JwtTokens {
    try_tokens(key("k1", SECRET), None).unwrap()
}

fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId(42),
        session: SessionId(Uuid::from_u128(7)),
        role: Role::Staff,
        issued_at: NOON,
        expires_at: NOON + Duration::minutes(10),
    }
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// Any header and any claims under a signature that is good for `secret`.
fn signed(header: &impl ToString, claims: &impl ToString, secret: &str) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
    format!("{message}.{}", encode(signature))
}

fn good_header() -> Value {
    json!({"typ": "at+jwt", "alg": "HS256", "kid": "k1"})
}

fn good_claims() -> Value {
    json!({
        "iss": "https://offers.example", "aud": "offers", "sub": "42", "sid": Uuid::from_u128(7), "jti": Uuid::nil(),
        "role": "staff", "iat": NOON.unix_timestamp(), "nbf": NOON.unix_timestamp(), "exp": NOON.unix_timestamp() + 600,
    })
}

fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
}

fn verify(token: &str) -> Result<AccessClaims, TokenError> {
    tokens().verify(token, NOON)
}

#[test]
fn what_was_issued_is_read_back() {
    let token = tokens().issue(&claims()).unwrap();
    assert_eq!(verify(&token), Ok(claims()));
}

#[test]
fn a_token_carries_the_documented_header_and_claims() {
    let token = tokens().issue(&claims()).unwrap();
    let parts: Vec<Vec<u8>> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    assert_eq!(serde_json::from_slice::<Value>(&parts[0]).unwrap(), good_header());
    let mut claims: Value = serde_json::from_slice(&parts[1]).unwrap();
    let jti = claims["jti"].take();
    assert!(jti.as_str().unwrap().parse::<Uuid>().is_ok());
    assert_eq!(claims, with(good_claims(), "jti", Value::Null));
}

#[test]
fn every_token_has_an_id_of_its_own() {
    let tokens = tokens();
    assert_ne!(tokens.issue(&claims()).unwrap(), tokens.issue(&claims()).unwrap());
}

#[test]
fn a_token_works_from_its_issue_to_its_end_give_or_take_30_seconds() {
    let tokens = tokens();
    let token = tokens.issue(&claims()).unwrap();
    let at = |now: OffsetDateTime| tokens.verify(&token, now).map(|claims| claims.user);
    let end = claims().expires_at;
    assert_eq!(at(NOON - Duration::seconds(31)), Err(TokenError::Invalid));
    assert_eq!(at(NOON - Duration::seconds(30)), Ok(UserId(42)));
    assert_eq!(at(end + Duration::seconds(29)), Ok(UserId(42)));
    assert_eq!(at(end + Duration::seconds(30)), Err(TokenError::Expired));
}

#[test]
fn after_a_change_of_keys_the_previous_one_checks_but_does_not_sign() {
    let old_token = tokens().issue(&claims()).unwrap();
    let both = try_tokens(key("k2", OTHER_SECRET), Some(key("k1", SECRET))).unwrap();
    assert_eq!(both.verify(&old_token, NOON), Ok(claims()));

    let new_token = both.issue(&claims()).unwrap();
    assert_eq!(both.verify(&new_token, NOON), Ok(claims()));
    assert_eq!(verify(&new_token), Err(TokenError::Invalid));

    let new_alone = try_tokens(key("k2", OTHER_SECRET), None).unwrap();
    assert_eq!(new_alone.verify(&old_token, NOON), Err(TokenError::Invalid));
}

#[test]
fn a_key_checks_only_tokens_that_name_it() {
    let both = try_tokens(key("k2", OTHER_SECRET), Some(key("k1", SECRET))).unwrap();
    let crossed = signed(&good_header(), &good_claims(), OTHER_SECRET);
    assert_eq!(both.verify(&crossed, NOON), Err(TokenError::Invalid));
}

#[test]
fn weak_and_ambiguous_keys_are_refused() {
    let refusal = |current, previous| try_tokens(current, previous).err();
    assert_eq!(refusal(key("k1", &SECRET[..31]), None), Some(KeyError::TooShort));
    assert_eq!(refusal(key("k1", &SECRET[..32]), None), None);
    assert_eq!(refusal(key("k2", SECRET), Some(key("k1", ""))), Some(KeyError::TooShort));
    assert_eq!(refusal(key("k1", SECRET), Some(key("k1", OTHER_SECRET))), Some(KeyError::SameName));
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?}", settings(key("k2", OTHER_SECRET), Some(key("k1", SECRET))));
    assert!(
        printed.contains("k1") && !printed.contains(SECRET) && !printed.contains(OTHER_SECRET),
        "{printed}"
    );
}

#[test]
fn the_tokens_that_the_hostile_ones_are_bent_from_are_good() {
    assert_eq!(verify(&signed(&good_header(), &good_claims(), SECRET)), Ok(claims()));
}

#[test]
fn hostile_headers_are_refused() {
    let jwk = json!({"kty": "oct", "k": encode(SECRET), "alg": "HS256", "kid": "k1"});
    let bent = [
        without(good_header(), "typ"),
        with(good_header(), "typ", "JWT"),
        with(good_header(), "typ", "rt+jwt"),
        without(good_header(), "alg"),
        without(good_header(), "kid"),
        with(good_header(), "kid", 1),
        with(good_header(), "jku", "https://evil.example/keys"),
        with(good_header(), "jwk", jwk),
        with(good_header(), "x5u", "https://evil.example/chain"),
        with(good_header(), "x5c", json!([STANDARD.encode("chain")])),
        with(good_header(), "crit", json!([])),
        with(good_header(), "crit", json!(["exp"])),
        with(good_header(), "zip", "DEF"),
        with(good_header(), "b64", false),
        json!([]),
        json!("HS256"),
        json!(null),
    ];
    let algorithms =
        ["none", "None", "", "hs256", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA", "unknown"];
    let kids =
        ["", "k2", "K1", "k1\0", "\0", "../../dev/null", "/dev/null", "' OR 1=1 --", "k1;ls", "%00", "ключ"];
    let algorithms = algorithms.map(|name| with(good_header(), "alg", name));
    let kids = kids.map(|name| with(good_header(), "kid", name));
    for header in bent.into_iter().chain(algorithms).chain(kids) {
        let token = signed(&header, &good_claims(), SECRET);
        assert_eq!(verify(&token), Err(TokenError::Invalid), "{header}");
    }
    for header in ["", "{", r#"{"alg":"HS256","alg":"HS256","typ":"at+jwt","kid":"k1"}"#] {
        assert_eq!(verify(&signed(&header, &good_claims(), SECRET)), Err(TokenError::Invalid), "{header}");
    }
}

#[test]
fn hostile_claims_are_refused_even_under_a_good_signature() {
    let names = ["iss", "aud", "sub", "sid", "jti", "role", "iat", "nbf", "exp"];
    let missing = names.map(|name| without(good_claims(), name));
    let null = names.map(|name| with(good_claims(), name, Value::Null));
    let bent = [
        with(good_claims(), "exp", "9999999999"),
        with(good_claims(), "exp", 1e18),
        with(good_claims(), "exp", 1_772_540_400.5),
        with(good_claims(), "exp", i64::MAX),
        with(good_claims(), "exp", u64::MAX),
        with(good_claims(), "nbf", "0"),
        with(good_claims(), "nbf", NOON.unix_timestamp() + 31),
        with(good_claims(), "iat", "0"),
        with(good_claims(), "iss", "https://evil.example"),
        with(good_claims(), "iss", json!(["https://offers.example"])),
        with(good_claims(), "aud", "other"),
        with(good_claims(), "aud", json!(["offers"])),
        with(good_claims(), "sub", 42),
        with(good_claims(), "sub", "me"),
        with(good_claims(), "sub", "9223372036854775808"),
        with(good_claims(), "sid", "7"),
        with(good_claims(), "role", "root"),
        json!([]),
        json!(null),
    ];
    for claims in bent.into_iter().chain(missing).chain(null) {
        assert_eq!(verify(&signed(&good_header(), &claims, SECRET)), Err(TokenError::Invalid), "{claims}");
    }
    for exp in [NOON.unix_timestamp() - 30, 0, -1] {
        let expired = with(good_claims(), "exp", exp);
        assert_eq!(verify(&signed(&good_header(), &expired, SECRET)), Err(TokenError::Expired), "{exp}");
    }
}

#[test]
fn hostile_texts_are_refused() {
    let good = signed(&good_header(), &good_claims(), SECRET);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let raised = encode(with(good_claims(), "role", "superuser").to_string());
    let other_key = signed(&good_header(), &good_claims(), OTHER_SECRET);
    let long = with(good_claims(), "padding", "x".repeat(4096));
    let texts = [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        "\0".into(),
        "not a token".into(),
        "Bearer ".to_owned() + &good,
        message.to_owned(),
        format!("{message}."),
        format!("{message}.{}", "A".repeat(1_000_000)),
        format!("{message}.{}", encode([0; 32])),
        format!("{header}.{raised}.{signature}"),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('.', ".."),
        STANDARD.encode(&good),
        other_key,
        OpaqueTokens.generate().unwrap().0,
        signed(&good_header(), &long, SECRET),
        "é".repeat(3000),
    ];
    for text in texts {
        assert_eq!(verify(&text), Err(TokenError::Invalid), "{}", text.chars().take(400).collect::<String>());
    }
    for length in 0..good.len() {
        assert_eq!(verify(&good[..length]), Err(TokenError::Invalid), "cut at {length}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,300}") {
        prop_assert_eq!(verify(&text), Err(TokenError::Invalid));
    }

    #[test]
    fn no_three_parts_make_it_panic(parts in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}") {
        prop_assert_eq!(verify(&parts), Err(TokenError::Invalid));
    }

    #[test]
    fn no_signed_nonsense_makes_it_panic(header in ".{0,80}", claims in ".{0,80}") {
        prop_assert_eq!(verify(&signed(&header, &claims, SECRET)), Err(TokenError::Invalid));
        prop_assert_eq!(verify(&signed(&good_header(), &claims, SECRET)), Err(TokenError::Invalid));
    }

    #[test]
    fn no_changed_character_goes_unnoticed(place in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]") {
        let good = signed(&good_header(), &good_claims(), SECRET);
        let place = place.index(good.len());
        let mut changed = good.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed != good);
        prop_assert_eq!(verify(&changed), Err(TokenError::Invalid));
    }
}
