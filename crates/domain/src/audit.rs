//! Who did what to what, when and why: entries that are written in the commit of what they tell of, and never changed.

use std::collections::BTreeMap;
use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::activation_partner::ActivationPartner;
use crate::ids::{
    AccountId, IncidentId, OfferId, PartnerId, SessionId, TransactionId, UserId, UserOfferId, WebhookId,
};
use crate::text::{self, TextError};

string_enum!(
    /// What was done.
    AuditAction {
        /// A login with the right password.
        LoginSucceeded => "login_succeeded",
        /// A login with a wrong password, of a locked account, or of nobody.
        LoginFailed => "login_failed",
        /// A refresh token was traded for the next pair.
        TokenRefreshed => "token_refreshed",
        /// A refresh token came a second time, and its session was ended.
        TokenReused => "token_reused",
        /// A person ended their session.
        LoggedOut => "logged_out",
        /// Sessions were ended otherwise.
        SessionsRevoked => "sessions_revoked",
        /// A password was replaced.
        PasswordChanged => "password_changed",
        /// A person who wanted a new password did not know the current one.
        PasswordRefused => "password_refused",
        /// A person has another telephone number or language.
        ProfileChanged => "profile_changed",
        /// Somebody signed up.
        UserRegistered => "user_registered",
        /// A person was added by staff or from the command line.
        UserCreated => "user_created",
        /// A person was locked out.
        UserLocked => "user_locked",
        /// A person was let in again.
        UserUnlocked => "user_unlocked",
        /// A person may do more or less than before.
        RoleChanged => "role_changed",
        /// An activation partner is not called any more.
        ActivationPaused => "activation_paused",
        /// An activation partner is called again.
        ActivationResumed => "activation_resumed",
        /// Somebody who is known asked for what is not theirs, or is not there: so often since the last such entry.
        AccessRefused => "access_refused",
        /// A person has dealt with what an activation partner said too late.
        IncidentClosed => "incident_closed",
        /// Money was added to a wallet by staff.
        WalletCredited => "wallet_credited",
        /// Money was taken from a wallet by staff.
        WalletDebited => "wallet_debited",
        /// An offer was added to the catalogue.
        OfferCreated => "offer_created",
        /// An offer promises something else from now on.
        OfferChanged => "offer_changed",
        /// An offer is not sold any more.
        OfferRetired => "offer_retired",
        /// A retired offer is sold again.
        OfferRestored => "offer_restored",
        /// An order that waited for a person is work again.
        OrderRetried => "order_retried",
        /// An order that waited for a person was ended by one.
        OrderResolved => "order_resolved",
        /// A company may sell through the partner API.
        PartnerCreated => "partner_created",
        /// A partner has agreed to something else, or was stopped.
        PartnerChanged => "partner_changed",
        /// A partner paid into its settlement account.
        PartnerCredited => "partner_credited",
        /// A partner was given an API key.
        ApiKeyIssued => "api_key_issued",
        /// A partner's API key was taken back.
        ApiKeyRevoked => "api_key_revoked",
        /// An address was registered that hears of events.
        WebhookCreated => "webhook_created",
        /// An endpoint hears of something else, or somewhere else.
        WebhookChanged => "webhook_changed",
        /// An endpoint was removed.
        WebhookDeleted => "webhook_deleted",
        /// An endpoint's messages are signed with another secret.
        WebhookSecretRotated => "webhook_secret_rotated",
        /// An endpoint was sent a test.
        WebhookTested => "webhook_tested",
        /// Events are sent to an endpoint again.
        WebhookReplayed => "webhook_replayed",
        /// An endpoint was given up, because it is gone or failed for days.
        WebhookDisabled => "webhook_disabled",
    }
);

string_enum!(
    /// The kinds of those who act.
    ActorKind {
        /// A customer, on what is theirs.
        User => "user",
        /// A member of staff, on what is not.
        Staff => "staff",
        /// A company, through the partner API.
        Partner => "partner",
        /// The program itself, or whoever holds its command line.
        System => "system",
        /// Somebody who has not shown who they are.
        Anonymous => "anonymous",
    }
);

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person, on what is theirs.
    User(UserId),
    /// A member of staff, on what is not.
    Staff(UserId),
    /// A company, through the partner API.
    Partner(PartnerId),
    /// The program itself, or whoever holds its command line.
    System,
    /// Somebody who has not shown who they are.
    Anonymous,
}

impl Actor {
    /// Its kind.
    pub fn kind(self) -> ActorKind {
        match self {
            Self::User(_) => ActorKind::User,
            Self::Staff(_) => ActorKind::Staff,
            Self::Partner(_) => ActorKind::Partner,
            Self::System => ActorKind::System,
            Self::Anonymous => ActorKind::Anonymous,
        }
    }

    /// Its id among its kind, for those that have one.
    pub fn id(self) -> Option<i64> {
        match self {
            Self::User(id) | Self::Staff(id) => Some(id.0),
            Self::Partner(id) => Some(id.0),
            Self::System | Self::Anonymous => None,
        }
    }

    /// The actor of this kind with this id; none where they do not go together.
    pub fn of(kind: ActorKind, id: Option<i64>) -> Option<Self> {
        match (kind, id) {
            (ActorKind::User, Some(id)) => Some(Self::User(UserId(id))),
            (ActorKind::Staff, Some(id)) => Some(Self::Staff(UserId(id))),
            (ActorKind::Partner, Some(id)) => Some(Self::Partner(PartnerId(id))),
            (ActorKind::System, None) => Some(Self::System),
            (ActorKind::Anonymous, None) => Some(Self::Anonymous),
            _ => None,
        }
    }
}

/// What stands for a text that must not be kept: the same text has the same pseudonym, and nobody without the key can
/// tell which text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pseudonym(pub u128);

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

string_enum!(
    /// The kinds of things to which something is done.
    SubjectKind {
        /// A person.
        User => "user",
        /// A login name that nobody has.
        Username => "username",
        /// A login session.
        Session => "session",
        /// A ledger account.
        Account => "account",
        /// An offer.
        Offer => "offer",
        /// A user's subscription to an offer.
        UserOffer => "user_offer",
        /// An order.
        Transaction => "transaction",
        /// A company that sells through the partner API.
        Partner => "partner",
        /// A system that switches services on.
        ActivationPartner => "activation_partner",
        /// What an activation partner said too late.
        Incident => "incident",
        /// An endpoint that hears of events.
        Webhook => "webhook",
    }
);

/// To what it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A person.
    User(UserId),
    /// A login name that nobody has. It may be a password in the wrong field, so the name itself is not kept.
    Username(Pseudonym),
    /// A login session.
    Session(SessionId),
    /// A ledger account.
    Account(AccountId),
    /// An offer.
    Offer(OfferId),
    /// A user's subscription to an offer.
    UserOffer(UserOfferId),
    /// An order.
    Transaction(TransactionId),
    /// A company that sells through the partner API.
    Partner(PartnerId),
    /// A system that switches services on.
    ActivationPartner(ActivationPartner),
    /// What an activation partner said too late.
    Incident(IncidentId),
    /// An endpoint that hears of events.
    Webhook(WebhookId),
}

impl Subject {
    /// Its kind.
    pub fn kind(self) -> SubjectKind {
        match self {
            Self::User(_) => SubjectKind::User,
            Self::Username(_) => SubjectKind::Username,
            Self::Session(_) => SubjectKind::Session,
            Self::Account(_) => SubjectKind::Account,
            Self::Offer(_) => SubjectKind::Offer,
            Self::UserOffer(_) => SubjectKind::UserOffer,
            Self::Transaction(_) => SubjectKind::Transaction,
            Self::Partner(_) => SubjectKind::Partner,
            Self::ActivationPartner(_) => SubjectKind::ActivationPartner,
            Self::Incident(_) => SubjectKind::Incident,
            Self::Webhook(_) => SubjectKind::Webhook,
        }
    }

    /// Its id among its kind.
    pub fn id(self) -> String {
        match self {
            Self::User(id) => id.to_string(),
            Self::Username(name) => name.to_string(),
            Self::Session(id) => id.to_string(),
            Self::Account(id) => id.to_string(),
            Self::Offer(id) => id.to_string(),
            Self::UserOffer(id) => id.to_string(),
            Self::Transaction(id) => id.to_string(),
            Self::Partner(id) => id.to_string(),
            Self::ActivationPartner(name) => name.to_string(),
            Self::Incident(id) => id.to_string(),
            Self::Webhook(id) => id.to_string(),
        }
    }

    /// The subject of this kind with this id; none where the id is not one of that kind.
    pub fn of(kind: SubjectKind, id: &str) -> Option<Self> {
        let number = || id.parse::<i64>().ok();
        let uuid = || id.parse::<Uuid>().ok();
        match kind {
            SubjectKind::User => number().map(UserId).map(Self::User),
            SubjectKind::Username => u128::from_str_radix(id, 16).ok().map(Pseudonym).map(Self::Username),
            SubjectKind::Session => uuid().map(SessionId).map(Self::Session),
            SubjectKind::Account => number().map(AccountId).map(Self::Account),
            SubjectKind::Offer => number().map(OfferId).map(Self::Offer),
            SubjectKind::UserOffer => number().map(UserOfferId).map(Self::UserOffer),
            SubjectKind::Transaction => uuid().map(TransactionId).map(Self::Transaction),
            SubjectKind::Partner => number().map(PartnerId).map(Self::Partner),
            SubjectKind::ActivationPartner => id.parse().ok().map(Self::ActivationPartner),
            SubjectKind::Incident => number().map(IncidentId).map(Self::Incident),
            SubjectKind::Webhook => number().map(WebhookId).map(Self::Webhook),
        }
    }
}

/// Why somebody did it, in their words: one line of 1 to 500 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Checks the limits.
    pub fn try_new(text: &str) -> Result<Self, TextError> {
        text::line(text.trim(), 500).map(Self)
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request's name, as it stands in logs and problem documents: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Checks the limits; none for a text that is no name.
    pub fn try_new(text: &str) -> Option<Self> {
        let good = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for RequestId {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

/// What else there is to know, by name. No secrets, nothing personal.
pub type Details = BTreeMap<String, String>;

/// One deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: AuditAction,
    /// To what.
    pub subject: Subject,
    /// Why; staff always say.
    pub reason: Option<Reason>,
    /// What else there is to know.
    pub details: Details,
    /// The request that did it.
    pub request: Option<RequestId>,
    /// When, UTC.
    pub at: OffsetDateTime,
}

impl AuditEntry {
    /// A deed without reason, details and request.
    pub fn new(actor: Actor, action: AuditAction, subject: Subject, at: OffsetDateTime) -> Self {
        Self { actor, action, subject, reason: None, details: Details::new(), request: None, at }
    }

    /// Done for this reason.
    #[must_use]
    pub fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.details.insert(name.into(), value.to_string());
        self
    }

    /// Done by this request, if by any.
    #[must_use]
    pub fn in_request(self, request: Option<&RequestId>) -> Self {
        Self { request: request.cloned(), ..self }
    }
}

/// The place of an entry in the trail: by time, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditKey {
    /// When it was done, UTC.
    pub at: OffsetDateTime,
    /// Its number.
    pub id: i64,
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its number.
    pub id: i64,
    /// The deed.
    pub entry: AuditEntry,
}

impl AuditEvent {
    /// Where it stands.
    pub fn key(&self) -> AuditKey {
        AuditKey { at: self.entry.at, id: self.id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_and_subjects_are_known_again_by_kind_and_id() {
        for actor in [
            Actor::User(UserId(1)),
            Actor::Staff(UserId(2)),
            Actor::Partner(PartnerId(3)),
            Actor::System,
            Actor::Anonymous,
        ] {
            assert_eq!(Actor::of(actor.kind(), actor.id()), Some(actor));
        }
        assert_eq!(Actor::of(ActorKind::User, None), None);
        assert_eq!(Actor::of(ActorKind::System, Some(1)), None);
        for subject in [
            Subject::User(UserId(1)),
            Subject::Username(Pseudonym(7)),
            Subject::Session(SessionId(Uuid::from_u128(1))),
            Subject::Account(AccountId(1)),
            Subject::Offer(OfferId(1)),
            Subject::UserOffer(UserOfferId(1)),
            Subject::Transaction(TransactionId(Uuid::from_u128(1))),
            Subject::Partner(PartnerId(1)),
            Subject::ActivationPartner(ActivationPartner::DEFAULT),
            Subject::Incident(IncidentId(1)),
            Subject::Webhook(WebhookId(1)),
        ] {
            assert_eq!(Subject::of(subject.kind(), &subject.id()), Some(subject));
            assert_eq!(Subject::of(subject.kind(), "?"), None);
        }
    }

    #[test]
    fn the_databases_take_every_spelling() {
        let actions = AuditAction::ALL.iter().map(|action| action.as_str());
        let kinds = SubjectKind::ALL.iter().map(|kind| kind.as_str());
        for spelling in actions.chain(kinds) {
            assert!((1..=40).contains(&spelling.len()), "{spelling}");
        }
        assert!(Subject::Username(Pseudonym(u128::MAX)).id().len() <= 64);
    }

    #[test]
    fn a_reason_is_one_line_of_words() {
        assert_eq!(Reason::try_new(" lost phone ").unwrap().as_str(), "lost phone");
        for bad in ["", " ", "a\nb", &"a".repeat(501)] {
            assert!(Reason::try_new(bad).is_err(), "{bad}");
        }
    }
}
