//! Every setting with its name, its variable, its default and what it means, which is its field's doc comment: a field
//! without one does not compile.

use std::sync::LazyLock;

use documented::DocumentedFields;
use secrecy::SecretString;
use serde::Serializer;
use serde_json::Value;

use super::{
    ActivationPartnerSection, HttpSection, IdentitySection, LimitsSection, LogSection, NoticesSection,
    OrdersSection, PartnerApiSection, PartnerSection, PostgresSection, RedisSection, RetrySection, Settings,
    SubscriptionsSection, WebhooksSection, WorkerSection,
};

/// Shown in the place of a secret.
const REDACTED: &str = "(secret)";
/// The section of activation partners by name: their settings have as many keys as there are partners.
pub(super) const BY_NAME: &str = "activation_partners";
/// Stands for the name.
const NAME: &str = "<name>";

/// A field's name and its doc comment.
type Field = (&'static str, &'static str);

/// Keys that go by a well-known name in the environment, without our prefix.
const WELL_KNOWN: [(&str, &str); 5] = [
    ("DATABASE_URL", "database_url"),
    ("REDIS_URL", "redis_url"),
    ("REDIS_PREFIX", "redis.prefix"),
    ("SECRET_KEY", "secret_key"),
    ("ACTIVATION_PARTNER_URL", "activation_partner_url"),
];

/// One thing that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// As written in the settings file: `retry.base_ms`.
    pub(crate) key: String,
    /// What it means, in Markdown without line breaks.
    pub(crate) meaning: String,
}

impl Setting {
    fn new(section: Option<&str>, (name, meaning): Field) -> Self {
        let key = section.map_or_else(|| name.to_owned(), |section| format!("{section}.{name}"));
        Self { key, meaning: meaning.replace('\n', " ") }
    }

    /// What sets it in the environment: `OFFERS_RETRY_BASE_MS`, or a name that is known well.
    pub(crate) fn variable(&self) -> String {
        let well_known = WELL_KNOWN.iter().find(|(_, key)| *key == self.key);
        well_known.map_or_else(|| prefixed(&self.key), |(variable, _)| (*variable).to_owned())
    }
}

/// Settings that belong together.
pub(crate) struct Chapter {
    /// The section's name in the file; none for what stands before all sections.
    pub(crate) section: Option<&'static str>,
    /// What the section is about.
    pub(crate) subject: &'static str,
    pub(crate) settings: Vec<Setting>,
}

fn fields<T: DocumentedFields>() -> impl Iterator<Item = Field> {
    T::FIELD_NAMES.iter().copied().zip(T::FIELD_DOCS.iter().copied())
}

/// The fields of a section; none where the name is that of a setting.
fn section(name: &str) -> Option<Vec<Field>> {
    Some(match name {
        "http" => fields::<HttpSection>().collect(),
        "identity" => fields::<IdentitySection>().collect(),
        "limits" => fields::<LimitsSection>().collect(),
        "log" => fields::<LogSection>().collect(),
        "orders" => fields::<OrdersSection>().collect(),
        "postgres" => fields::<PostgresSection>().collect(),
        "redis" => fields::<RedisSection>().collect(),
        "worker" => fields::<WorkerSection>().collect(),
        "subscriptions" => fields::<SubscriptionsSection>().collect(),
        "retry" => fields::<RetrySection>().collect(),
        "partner" => fields::<PartnerSection>().collect(),
        "partner_api" => fields::<PartnerApiSection>().collect(),
        "notices" => fields::<NoticesSection>().collect(),
        "webhooks" => fields::<WebhooksSection>().collect(),
        BY_NAME => fields::<ActivationPartnerSection>().collect(),
        _ => return None,
    })
}

/// Every setting, section by section.
pub(crate) fn catalogue() -> &'static [Chapter] {
    static CATALOGUE: LazyLock<Vec<Chapter>> = LazyLock::new(|| {
        let own = fields::<Settings>().filter(|(name, _)| section(name).is_none());
        let own = own.map(|field| Setting::new(None, field)).collect();
        let first = Chapter { section: None, subject: "The deployment.", settings: own };
        let sections = fields::<Settings>().filter_map(|(name, subject)| {
            let prefix = if name == BY_NAME { format!("{BY_NAME}.{NAME}") } else { name.to_owned() };
            let settings = section(name)?.into_iter().map(|field| Setting::new(Some(&prefix), field));
            Some(Chapter { section: Some(name), subject, settings: settings.collect() })
        });
        std::iter::once(first).chain(sections).collect()
    });
    &CATALOGUE
}

/// Every setting that has one key.
pub(crate) fn settings() -> impl Iterator<Item = &'static Setting> {
    catalogue().iter().flat_map(|chapter| &chapter.settings).filter(|setting| !setting.key.contains(NAME))
}

/// Whether there is such a key.
pub(super) fn is_known(key: &str) -> bool {
    let by_name = || {
        let (name, field) = key.strip_prefix(BY_NAME)?.strip_prefix('.')?.split_once('.')?;
        Some(!name.is_empty() && ActivationPartnerSection::FIELD_NAMES.contains(&field))
    };
    settings().any(|setting| setting.key == key) || by_name().unwrap_or(false)
}

/// The key that a variable sets.
pub(super) fn key_of(variable: &str) -> Option<String> {
    let well_known = WELL_KNOWN.iter().find(|(name, _)| *name == variable).map(|(_, key)| (*key).to_owned());
    let ours = || settings().find(|setting| prefixed(&setting.key) == variable);
    well_known.or_else(|| ours().map(|setting| setting.key.clone())).or_else(|| key_by_name(variable))
}

/// `OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_URL` is `activation_partners.tv-house.url`.
fn key_by_name(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix(&prefixed(BY_NAME))?.strip_prefix('_')?;
    ActivationPartnerSection::FIELD_NAMES.iter().find_map(|field| {
        let name = rest.strip_suffix(&field.to_uppercase())?.strip_suffix('_')?;
        Some(format!("{BY_NAME}.{}.{field}", name.to_lowercase().replace('_', "-")))
    })
}

/// `retry.base_ms` is `OFFERS_RETRY_BASE_MS`.
fn prefixed(key: &str) -> String {
    format!("OFFERS_{}", key.to_uppercase().replace(['.', '-'], "_"))
}

/// Each key with its value, secrets redacted; none where nothing is set.
pub(crate) fn values(settings: &Settings) -> Vec<(String, Option<String>)> {
    let mut values = Vec::new();
    // The settings have text keys and plain values alone.
    flatten(String::new(), &serde_json::to_value(settings).unwrap_or_default(), &mut values);
    values
}

fn flatten(key: String, value: &Value, into: &mut Vec<(String, Option<String>)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(key, value, into);
            }
        }
        Value::Null => into.push((key, None)),
        Value::String(text) => into.push((key, Some(text.clone()))),
        other => into.push((key, Some(other.to_string()))),
    }
}

/// Writes that there is a secret, and not what it is.
#[expect(clippy::ref_option, reason = "serde hands the field over so")]
pub(super) fn redacted<S: Serializer>(secret: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => to.serialize_some(REDACTED),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_has_every_setting_that_can_be_written_and_no_other() {
        let known: BTreeSet<_> = settings().map(|setting| setting.key.clone()).collect();
        let written: BTreeSet<_> = values(&Settings::default()).into_iter().map(|(key, _)| key).collect();
        assert_eq!(known, written);
        assert!(known.iter().all(|key| is_known(key)));
    }

    #[test]
    fn every_setting_is_explained_in_sentences_and_has_a_variable_of_its_own() {
        let mut variables = BTreeSet::new();
        for setting in catalogue().iter().flat_map(|chapter| &chapter.settings) {
            let Setting { key, meaning } = setting;
            assert!(meaning.ends_with('.') && !meaning.contains("[`"), "{key}: {meaning}");
            assert!(variables.insert(setting.variable()), "{key}");
        }
    }

    #[test]
    fn every_variable_sets_the_key_that_it_is_made_of() {
        for setting in settings() {
            assert_eq!(key_of(&setting.variable()).as_ref(), Some(&setting.key));
        }
        let key = key_of("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_MAX_CONCURRENCY");
        assert_eq!(key.as_deref(), Some("activation_partners.tv-house.max_concurrency"));
        assert!(key.is_some_and(|key| is_known(&key)));
        assert!(!is_known("activation_partners.tv-house.price") && !is_known("http"));
    }

    #[test]
    fn no_value_is_a_secret() {
        let mut settings = Settings { secret_key: Some("very secret".into()), ..Settings::default() };
        settings.database_url = Some("postgres://app:very secret@db/offers".into());
        let shown = values(&settings);
        assert!(shown.contains(&("secret_key".into(), Some(REDACTED.into()))));
        assert!(
            shown.iter().all(|(_, value)| value.as_ref().is_none_or(|value| !value.contains("very secret")))
        );
    }
}
