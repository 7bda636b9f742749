#![doc = include_str!("../README.md")]

mod api_key;
mod argon2;
mod hs256;
mod jwt;
mod opaque;
mod pbkdf2;
mod pseudonyms;
mod refresh;

pub use api_key::RandomApiKeys;
pub use argon2::{Argon2Passwords, HashLimits};
pub use jwt::{JwtSettings, JwtTokens, KeyError, SigningKey};
pub use pseudonyms::HmacPseudonyms;
pub use refresh::OpaqueTokens;
