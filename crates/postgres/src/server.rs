//! What a server must be like.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::error::{OpenError, open_error};
use crate::pool::Connections;
use crate::statement::statement;

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    setting: String,
}

pub(crate) async fn check(connections: &Connections, allow_unsafe: bool) -> Result<(), OpenError> {
    let settings: Vec<Setting> = connections
        .rows(statement(
            "SELECT name, setting FROM pg_settings
             WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names', 'lc_messages')",
        ))
        .await
        .map_err(|error| open_error(&error))?;
    if let Some(language) = settings.iter().find(|setting| setting.name == "lc_messages")
        && !is_english(&language.setting)
    {
        return Err(OpenError::ForeignMessages(language.setting.clone()));
    }
    let unsafe_settings = forgetful(&settings);
    if !unsafe_settings.is_empty() && !allow_unsafe {
        return Err(OpenError::UnsafeServer(unsafe_settings));
    }
    Ok(())
}

/// The settings with which a crash of the server, or a failover to the standby that it is told to wait for, loses what was
/// answered as done.
fn forgetful(settings: &[Setting]) -> Vec<String> {
    let has_standby = settings.iter().any(|s| s.name == "synchronous_standby_names" && !s.setting.is_empty());
    let loses = |setting: &&Setting| match (setting.name.as_str(), setting.setting.as_str()) {
        ("fsync" | "full_page_writes" | "synchronous_commit", "off") => true,
        ("synchronous_commit", "local") => has_standby,
        _ => false,
    };
    let named = |setting: &Setting| format!("{} is {}", setting.name, setting.setting);
    settings.iter().filter(loses).map(named).collect()
}

fn is_english(locale: &str) -> bool {
    let language = locale.split(['.', '_', '@']).next().unwrap_or_default();
    ["", "C", "POSIX", "en"].contains(&language) || locale.starts_with("English")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forgotten(synchronous_commit: &str, standbys: &str) -> Vec<String> {
        let setting = |(name, setting): (&str, &str)| Setting { name: name.into(), setting: setting.into() };
        let rows = [
            ("synchronous_commit", synchronous_commit),
            ("synchronous_standby_names", standbys),
            ("fsync", "on"),
        ];
        forgetful(&rows.map(setting))
    }

    #[test]
    fn a_commit_must_reach_whatever_the_server_is_told_to_wait_for() {
        for safe in ["on", "remote_apply", "remote_write"] {
            assert_eq!(forgotten(safe, ""), [""; 0], "{safe}");
            assert_eq!(forgotten(safe, "standby"), [""; 0], "{safe}");
        }
        assert_eq!(forgotten("local", ""), [""; 0], "there is nobody else to wait for");
        assert_eq!(forgotten("local", "standby"), ["synchronous_commit is local"]);
        assert_eq!(forgotten("off", ""), ["synchronous_commit is off"]);
    }

    #[test]
    fn english_has_many_names() {
        for english in ["", "C", "C.UTF-8", "POSIX", "en_US.UTF-8", "en_GB", "en"] {
            assert!(is_english(english), "{english}");
        }
        for other in ["fr_FR.UTF-8", "de_DE@euro", "es"] {
            assert!(!is_english(other), "{other}");
        }
    }
}
