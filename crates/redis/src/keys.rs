//! Every key and channel that this crate uses.

use offers_domain::ids::{SessionId, TransactionId};
use offers_domain::limits::LimitKey;
use offers_domain::login_tries::LoginTry;
use offers_domain::ports::OfferListQuery;
use sha2::{Digest, Sha256};

use crate::offer_page::question;

/// Makes the keys of one deployment.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// A hash: where an order stands.
    pub(crate) fn transaction(&self, id: TransactionId) -> String {
        format!("{}transaction:{id}", self.prefix)
    }

    /// A hash: whether a login lives.
    pub(crate) fn session(&self, id: SessionId) -> String {
        format!("{}session:{id}", self.prefix)
    }

    /// A string: when all of a quota is back.
    pub(crate) fn limit(&self, key: &LimitKey) -> String {
        format!("{}limit:{}", self.prefix, key.as_str())
    }

    /// Two hashes, tries from one network and from unknown ones, and a mark that the network is known.
    pub(crate) fn login(&self, login: &LoginTry) -> [String; 3] {
        let LoginTry { name, network } = login;
        let prefix = format!("{}login:{name}", self.prefix);
        [format!("{prefix}:from:{network}"), prefix.clone(), format!("{prefix}:known:{network}")]
    }

    /// A string: one page of the catalogue. What clients ask for never becomes part of a key; its digest does.
    pub(crate) fn offer_list(&self, query: &OfferListQuery) -> String {
        let digest = Sha256::digest(question(query));
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        format!("{}offers:list:{digest}", self.prefix)
    }

    /// A string: the edition that a page must belong to.
    pub(crate) fn offer_edition(&self) -> String {
        format!("{}offers:edition", self.prefix)
    }

    /// A channel: what processes tell each other.
    pub(crate) fn signals(&self) -> String {
        format!("{}signals", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::offer::OfferSort;
    use offers_domain::page::{PageLimit, PageRequest};
    use offers_domain::ports::OfferFilter;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn keys_are_those_of_the_data_model() {
        let keys = Keys::new("");
        let id = Uuid::from_u128(7);
        assert_eq!(keys.transaction(TransactionId(id)), "transaction:00000000-0000-0000-0000-000000000007");
        assert_eq!(keys.session(SessionId(id)), "session:00000000-0000-0000-0000-000000000007");
        assert_eq!(Keys::new("test:").signals(), "test:signals");
    }

    #[test]
    fn what_a_client_searches_for_is_not_part_of_a_key() {
        let query = OfferListQuery {
            filter: OfferFilter { text: Some("x\r\nFLUSHALL".into()), ..OfferFilter::default() },
            sort: OfferSort::Id,
            page: PageRequest { limit: PageLimit::default(), after: None },
        };
        let key = Keys::new("").offer_list(&query);
        let digest = key.strip_prefix("offers:list:").unwrap();
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    }
}
