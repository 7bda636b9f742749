//! What is agreed with a partner, and what the trail says of it.

use offers_domain::audit::AuditEntry;
use offers_domain::money::Money;
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::{CreditLimit, Funding, PartnerName, PartnerTerms};

/// A partner to add.
#[derive(Debug, Clone)]
pub struct PartnerForm {
    /// What it is called.
    pub name: PartnerName,
    /// What it has agreed to.
    pub terms: PartnerTerms,
    /// How far below zero its account may go.
    pub credit_limit: CreditLimit,
}

impl PartnerForm {
    pub(super) fn agreed(&self) -> Agreed {
        Agreed { terms: self.terms, credit_limit: self.credit_limit.money() }
    }
}

/// What changes of a partner's terms; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct TermsChange {
    /// Who pays for its orders from now on. Refunds go to the account that was charged.
    pub funding: Option<Funding>,
    /// What it pays less than a customer.
    pub discount: Option<Discount>,
    /// How many requests it may send in a minute; none within for what everybody may.
    pub requests_per_minute: Option<Option<u32>>,
    /// Whether its keys work at all.
    pub is_active: Option<bool>,
    /// How far below zero its account may go.
    pub credit_limit: Option<CreditLimit>,
}

impl TermsChange {
    /// What is agreed afterwards.
    pub(super) fn of(&self, before: Agreed) -> Agreed {
        let PartnerTerms { funding, discount, requests_per_minute, is_active } = before.terms;
        Agreed {
            terms: PartnerTerms {
                funding: self.funding.unwrap_or(funding),
                discount: self.discount.unwrap_or(discount),
                requests_per_minute: self.requests_per_minute.unwrap_or(requests_per_minute),
                is_active: self.is_active.unwrap_or(is_active),
            },
            credit_limit: self.credit_limit.map_or(before.credit_limit, CreditLimit::money),
        }
    }
}

/// Everything that is agreed with a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The terms of its orders.
    pub terms: PartnerTerms,
    /// How far below zero its account may go.
    pub credit_limit: Money,
}

impl Agreed {
    /// Tells of all of it.
    pub(super) fn tell(&self, entry: AuditEntry) -> AuditEntry {
        self.words().into_iter().fold(entry, |entry, (name, value)| entry.with(name, value))
    }

    /// Tells of what was otherwise before.
    pub(super) fn tell_since(&self, before: &Self, entry: AuditEntry) -> AuditEntry {
        let changed = before.words().into_iter().zip(self.words()).filter(|(was, is)| was != is);
        changed.fold(entry, |entry, ((name, was), (_, is))| {
            entry.with(format!("{name}.from"), was).with(format!("{name}.to"), is)
        })
    }

    fn words(&self) -> [(&'static str, String); 5] {
        let PartnerTerms { funding, discount, requests_per_minute, is_active } = self.terms;
        let quota = requests_per_minute.map_or("default".into(), |quota| quota.to_string());
        [
            ("funding", funding.to_string()),
            ("discount", discount.to_string()),
            ("requests_per_minute", quota),
            ("active", is_active.to_string()),
            ("credit_limit", self.credit_limit.to_string()),
        ]
    }
}
