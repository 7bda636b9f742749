//! What a server must be like.

use diesel::prelude::*;
use diesel::sql_types::Text;
use offers_domain::ports::StoreError;

use crate::error::OpenError;
use crate::pool::Connections;
use crate::statement::statement;

/// Without these a crash of the server loses what was answered as done.
const DURABILITY: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    setting: String,
}

pub(crate) async fn check(connections: &Connections, allow_unsafe: bool) -> Result<(), OpenError> {
    let unreachable = |error: StoreError| OpenError::Unreachable(error.to_string());
    let settings: Vec<Setting> = connections
        .rows(statement(
            "SELECT name, setting FROM pg_settings
             WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'lc_messages')",
        ))
        .await
        .map_err(unreachable)?;
    if let Some(language) = settings.iter().find(|setting| setting.name == "lc_messages")
        && !is_english(&language.setting)
    {
        return Err(OpenError::ForeignMessages(language.setting.clone()));
    }
    let is_off = |setting: &&Setting| DURABILITY.contains(&&*setting.name) && setting.setting == "off";
    let off: Vec<String> = settings.iter().filter(is_off).map(|setting| setting.name.clone()).collect();
    if !off.is_empty() && !allow_unsafe {
        return Err(OpenError::UnsafeServer(off));
    }
    Ok(())
}

fn is_english(locale: &str) -> bool {
    let language = locale.split(['.', '_', '@']).next().unwrap_or_default();
    ["", "C", "POSIX", "en"].contains(&language) || locale.starts_with("English")
}

#[cfg(test)]
mod tests {
    use super::*;

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
