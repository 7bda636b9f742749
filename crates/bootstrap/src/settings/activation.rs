//! Activation partners beside the default one.

use documented::DocumentedFields;
use offers_domain::activation_partner::{ActivationPartner, ActivationRoutes};
use offers_domain::ids::OfferId;
use offers_domain::offer::Category;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::catalogue::redacted;
use super::{Numbers, Settings};
use crate::StartError;

/// More partners than these have not been thought of: each has connections and places of its own.
const MOST: usize = 16;

/// An activation partner beside the default one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct ActivationPartnerSection {
    /// Where it is.
    pub url: String,
    /// The ids of offers that it activates, with commas between.
    pub offers: Numbers,
    /// The categories whose offers it activates, with commas between, but for offers with a partner of their own.
    pub categories: String,
    /// How many calls run at once; as many as with the default partner where nothing is said.
    pub max_concurrency: Option<usize>,
    /// What it signs its callbacks with: secrets (`whsec_…`), with commas between while they are being changed. Without
    /// one its callbacks are refused.
    #[serde(serialize_with = "redacted")]
    pub callback_secrets: Option<SecretString>,
}

impl Settings {
    /// Every activation partner, the default one first.
    pub fn activation_partners(&self) -> Result<Vec<ActivationPartner>, StartError> {
        let mut partners = vec![ActivationPartner::DEFAULT];
        for name in self.activation_partners.keys() {
            let partner = ActivationPartner::try_new(name).map_err(|error| {
                StartError::Setting(format!("activation_partners.{name}: the name {error}"))
            })?;
            if partner == ActivationPartner::DEFAULT {
                return refuse(name, "the default partner is set by activation_partner_url and partner.*");
            }
            partners.push(partner);
        }
        if partners.len() > MOST {
            return Err(StartError::Setting(format!("there can be {MOST} activation partners at most")));
        }
        Ok(partners)
    }

    /// The section of an activation partner other than the default one.
    pub(crate) fn activation_partner(&self, partner: ActivationPartner) -> Option<&ActivationPartnerSection> {
        self.activation_partners.get(partner.as_str())
    }

    /// Which partner activates what.
    pub fn activation_routes(&self) -> Result<ActivationRoutes, StartError> {
        let mut routes = ActivationRoutes::default();
        for (name, section) in &self.activation_partners {
            let Ok(partner) = ActivationPartner::try_new(name) else { continue };
            for offer in &section.offers.0 {
                let offer = OfferId(i64::from(*offer));
                if routes.offers.insert(offer, partner).is_some() {
                    return refuse(name, "an offer has one partner");
                }
            }
            let categories = section.categories.split(',').map(str::trim).filter(|text| !text.is_empty());
            for text in categories {
                let Ok(category) = text.parse::<Category>() else {
                    return refuse(name, "categories must be internet, tv, voice or music");
                };
                if routes.categories.insert(category, partner).is_some() {
                    return refuse(name, "a category has one partner");
                }
            }
        }
        Ok(routes)
    }

    pub(super) fn check_activation_partners(&self) -> Result<(), StartError> {
        self.activation_partners()?;
        self.activation_routes()?;
        for (name, section) in &self.activation_partners {
            if section.url.is_empty() {
                return refuse(name, "url is missing");
            }
            if section.max_concurrency == Some(0) {
                return refuse(name, "max_concurrency must be greater than zero");
            }
        }
        Ok(())
    }
}

fn refuse<T>(name: &str, what: &str) -> Result<T, StartError> {
    Err(StartError::Setting(format!("activation_partners.{name}: {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings with these activation partners, each with offers and categories.
    fn with(partners: &[(&str, &str, &str)]) -> Settings {
        let section = |(name, offers, categories): &(&str, &str, &str)| {
            let section = ActivationPartnerSection {
                url: "https://partner.example".into(),
                offers: Numbers::try_from((*offers).to_owned()).unwrap(),
                categories: (*categories).to_owned(),
                ..ActivationPartnerSection::default()
            };
            ((*name).to_owned(), section)
        };
        Settings { activation_partners: partners.iter().map(section).collect(), ..Settings::default() }
    }

    #[test]
    fn what_no_partner_is_named_for_goes_to_the_default_one() {
        let settings = with(&[("tv-house", "7", "tv, music"), ("b", "3", "")]);
        assert!(settings.check_activation_partners().is_ok());
        let names: Vec<_> = settings.activation_partners().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["default", "b", "tv-house"]);
        let routes = settings.activation_routes().unwrap();
        let of = |offer, category| routes.of(OfferId(offer), category).to_string();
        assert_eq!(of(3, Category::Tv), "b");
        assert_eq!(of(4, Category::Tv), "tv-house");
        assert_eq!(of(4, Category::Internet), "default");
    }

    #[test]
    fn partners_that_contradict_each_other_are_refused_with_a_sentence() {
        for (partners, word) in [
            (vec![("default", "", "")], "activation_partner_url"),
            (vec![("TV", "", "")], "the name"),
            (vec![("a", "1", ""), ("b", "1", "")], "an offer has one partner"),
            (vec![("a", "", "tv"), ("b", "", "tv")], "a category has one partner"),
            (vec![("a", "", "radio")], "internet, tv, voice or music"),
        ] {
            let sentence = with(&partners).check_activation_partners().unwrap_err().to_string();
            assert!(sentence.contains(word), "{sentence}");
        }
    }
}
