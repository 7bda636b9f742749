//! Access tokens: JWT (RFC 7519) in the profile of RFC 9068, with the care of RFC 8725.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{AccessClaims, AccessTokens, IdSource, TokenError};
use offers_domain::user::Role;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::serde::timestamp;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::hs256;

/// Longer tokens are not looked at.
const LONGEST_TOKEN: usize = 4096;
/// HMAC-SHA256 is as strong as its key, up to this many bytes.
const SHORTEST_SECRET: usize = 32;
/// How far the clocks of two machines may be apart.
const LEEWAY: Duration = Duration::seconds(30);

/// A key that tokens are signed with.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// Its name, written into every token.
    pub kid: String,
    /// At least 32 bytes that nobody else knows.
    pub secret: SecretString,
}

/// Who issues tokens, for whom, and with which keys.
#[derive(Debug, Clone)]
pub struct JwtSettings {
    /// The claim `iss`.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
    /// Signs, and checks what it signed.
    pub current: SigningKey,
    /// Still checks what it signed. Needed for one lifetime of an access token after the keys were changed.
    pub previous: Option<SigningKey>,
}

/// Why the keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Easier to guess than the signature.
    #[error("a signing key needs at least {SHORTEST_SECRET} bytes")]
    TooShort,
    /// Tokens would not say which of the two signed them.
    #[error("the current and the previous signing key have the same name")]
    SameName,
    /// A token signed with the current key was not accepted.
    #[error("a freshly signed token is not accepted")]
    SelfTest,
}

/// What a token says, as it is written.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: Uuid,
    jti: Uuid,
    role: String,
    #[serde(with = "timestamp")]
    iat: OffsetDateTime,
    #[serde(with = "timestamp")]
    nbf: OffsetDateTime,
    #[serde(with = "timestamp")]
    exp: OffsetDateTime,
}

struct Key {
    header: Header,
    signing: EncodingKey,
    checking: DecodingKey,
}

impl Key {
    fn try_new(key: SigningKey) -> Result<Self, KeyError> {
        let secret = key.secret.expose_secret().as_bytes();
        if secret.len() < SHORTEST_SECRET {
            return Err(KeyError::TooShort);
        }
        Ok(Self {
            header: Header {
                typ: Some("at+jwt".into()),
                kid: Some(key.kid),
                ..Header::new(Algorithm::HS256)
            },
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
        })
    }
}

/// Signs and checks access tokens with HS256.
pub struct JwtTokens {
    issuer: String,
    audience: String,
    current: Key,
    previous: Option<Key>,
    signature_only: Validation,
    ids: Arc<dyn IdSource>,
}

impl JwtTokens {
    /// Takes the keys, and shows that they work before anybody relies on them.
    pub fn try_new(settings: JwtSettings, ids: Arc<dyn IdSource>) -> Result<Self, KeyError> {
        if settings.previous.as_ref().is_some_and(|previous| previous.kid == settings.current.kid) {
            return Err(KeyError::SameName);
        }
        hs256::install();
        let tokens = Self {
            issuer: settings.issuer,
            audience: settings.audience,
            current: Key::try_new(settings.current)?,
            previous: settings.previous.map(Key::try_new).transpose()?,
            signature_only: signature_only(),
            ids,
        };
        tokens.test()?;
        Ok(tokens)
    }

    fn test(&self) -> Result<(), KeyError> {
        let claims = AccessClaims {
            user: UserId(1),
            session: SessionId(Uuid::nil()),
            role: Role::Customer,
            issued_at: OffsetDateTime::UNIX_EPOCH,
            expires_at: OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::minutes(1)),
        };
        let token = self.issue(&claims).map_err(|_| KeyError::SelfTest)?;
        match self.verify(&token, claims.issued_at) {
            Ok(read) if read == claims => Ok(()),
            _ => Err(KeyError::SelfTest),
        }
    }

    fn key(&self, header: &Header) -> Option<&Key> {
        // Compared as a whole: another algorithm or type, an unknown key, and every header that could name a key
        // (jku, jwk, x5u, x5c) or an extension (crit) is refused in one go.
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.header == *header)
    }

    fn read(&self, token: &str) -> Option<Claims> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self.key(&header)?;
        let claims: Claims = jsonwebtoken::decode(token, &key.checking, &self.signature_only).ok()?.claims;
        (claims.iss == self.issuer && claims.aud == self.audience).then_some(claims)
    }
}

/// The library checks the signature. Claims are checked here, by the caller's time and with strict types.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

impl AccessTokens for JwtTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, TokenError> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.user.to_string(),
            sid: claims.session.0,
            jti: self.ids.random_uuid(),
            role: claims.role.to_string(),
            iat: claims.issued_at,
            nbf: claims.issued_at,
            exp: claims.expires_at,
        };
        jsonwebtoken::encode(&self.current.header, &claims, &self.current.signing)
            .map_err(|_| TokenError::Signing)
    }

    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, TokenError> {
        let claims = self.read(token).ok_or(TokenError::Invalid)?;
        if claims.nbf > now.saturating_add(LEEWAY) {
            return Err(TokenError::Invalid);
        }
        if claims.exp.saturating_add(LEEWAY) <= now {
            return Err(TokenError::Expired);
        }
        Ok(AccessClaims {
            user: claims.sub.parse().map_err(|_| TokenError::Invalid)?,
            session: SessionId(claims.sid),
            role: claims.role.parse().map_err(|_| TokenError::Invalid)?,
            issued_at: claims.iat,
            expires_at: claims.exp,
        })
    }
}
