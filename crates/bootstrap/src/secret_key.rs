//! The key that signs access tokens.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use offers_auth::{JwtSettings, JwtTokens, SigningKey};
use offers_domain::ports::{AccessTokens, IdSource};
use secrecy::SecretString;

use crate::StartError;
use crate::backend::make_folder;
use crate::settings::Settings;

/// The key from the settings; without one, the key in the data folder, made at the first start and readable by its owner
/// only, so that tokens outlive a restart.
pub(crate) fn load(settings: &Settings, ids: &dyn IdSource) -> Result<SecretString, StartError> {
    if let Some(key) = &settings.secret_key {
        return Ok(key.clone());
    }
    let path = settings.data_dir.join("secret_key");
    let unusable = |error: std::io::Error| {
        StartError::Setup(format!("the signing key {} cannot be used: {error}", path.display()))
    };
    match std::fs::read_to_string(&path) {
        Ok(key) if key.trim_end().len() >= 32 => Ok(key.trim_end().into()),
        Ok(_) => Err(StartError::Setup(format!("the signing key {} is too short", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(&path, ids).map_err(unusable),
        Err(error) => Err(unusable(error)),
    }
}

/// Two random UUIDs: 244 random bits. The file appears with its whole content or not at all.
fn make(path: &Path, ids: &dyn IdSource) -> std::io::Result<SecretString> {
    path.parent().map_or(Ok(()), make_folder)?;
    let key = format!("{}{}", ids.random_uuid().simple(), ids.random_uuid().simple());
    let draft = path.with_extension(format!("{}.draft", ids.random_uuid().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    Ok(key.into())
}

/// What signs access tokens with the key, and checks them.
pub(crate) fn access_tokens(
    key: SecretString,
    ids: Arc<dyn IdSource>,
) -> Result<Arc<dyn AccessTokens>, StartError> {
    let settings = JwtSettings {
        issuer: "offers-api".into(),
        audience: "offers-api".into(),
        current: SigningKey { kid: "1".into(), secret: key },
        previous: None,
    };
    let tokens = JwtTokens::try_new(settings, ids)
        .map_err(|error| StartError::Setting(format!("secret_key (SECRET_KEY): {error}")))?;
    Ok(Arc::new(tokens))
}
