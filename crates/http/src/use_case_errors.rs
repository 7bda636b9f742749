//! What each use case's error means to a client. What a client must not see goes to the log.

mod activation_partners;
mod partners;
mod webhooks;

use std::fmt;

use actix_web::http::header::{self, HeaderValue};
use offers_application::auto_renewal::SwitchError;
use offers_application::begin_activation::BeginActivationError;
use offers_application::create_users::CreateUserError;
use offers_application::group_commit::SubmitError;
use offers_application::identity::{
    AuthenticateError, ChangePasswordError, ChangeProfileError, LoginError, ManageAccessError, RefreshError,
    RegisterError, ResetPasswordError,
};
use offers_application::receive_callback::ReceiveCallbackError;
use offers_application::seen::Overtaken;
use offers_application::staff::{AdjustWalletError, DecideOrderError, KeepOfferError};
use offers_domain::account::AccountError;
use offers_domain::activation::OrderRefusal;
use offers_domain::offer::OfferError;
use offers_domain::offer_change::OfferChangeError;
use offers_domain::password::PasswordRefusal;
use offers_domain::ports::{CallbackRefusal, PasswordError, StoreError, TokenError};
use offers_domain::user::UserError;

use crate::error_code::ErrorCode;
use crate::etag::ETag;
use crate::problem::Problem;

fn internal(error: impl fmt::Display) -> Problem {
    tracing::error!(%error, "a request failed");
    Problem::new(ErrorCode::InternalError)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Contention(_) | StoreError::Unavailable(_) => ErrorCode::ServiceUnavailable,
            StoreError::Overloaded(_) => ErrorCode::Overloaded,
            StoreError::OutcomeUnknown(_) => ErrorCode::OutcomeUnknown,
            StoreError::Conflict(_) | StoreError::Corrupt { .. } | StoreError::Misuse(_) => {
                return internal(error);
            }
        };
        tracing::warn!(%error, "the store could not serve a request");
        Self::new(code)
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Full => Self::new(ErrorCode::Overloaded),
            SubmitError::Stopped => Self::new(ErrorCode::ServiceUnavailable),
            SubmitError::Store(error) => error.into(),
        }
    }
}

impl From<OrderRefusal> for Problem {
    fn from(refusal: OrderRefusal) -> Self {
        match refusal {
            // Who is locked out has no login that lives; where none asks, nobody is answered.
            OrderRefusal::SessionEnded | OrderRefusal::CustomerLocked => Self::invalid_token(),
            OrderRefusal::OfferNotFound => Self::new(ErrorCode::OfferNotFound),
            OrderRefusal::UserOfferNotFound => Self::new(ErrorCode::UserOfferNotFound),
            OrderRefusal::OfferRetired => Self::new(ErrorCode::OfferRetired),
            OrderRefusal::SoldOut => Self::new(ErrorCode::OfferSoldOut),
            OrderRefusal::LimitReached => Self::new(ErrorCode::PurchaseLimitReached),
            OrderRefusal::Requires(other) => {
                Self::new(ErrorCode::OfferRequiresAnother).member("offer_id", other.0)
            }
            OrderRefusal::Excluded(other) => Self::new(ErrorCode::OfferExcluded).member("offer_id", other.0),
            OrderRefusal::InsufficientBalance => Self::new(ErrorCode::InsufficientBalance),
            OrderRefusal::OfferAlreadyActive => Self::new(ErrorCode::OfferAlreadyActive),
            OrderRefusal::OrderInProgress(id) => {
                Self::new(ErrorCode::OrderInProgress).member("transaction_id", id.to_string()).retry_after(1)
            }
            OrderRefusal::KeyReused => Self::new(ErrorCode::IdempotencyKeyReused),
            OrderRefusal::NoWallet => Self::new(ErrorCode::NoWallet),
            OrderRefusal::Key(refusal) => refusal.into(),
            OrderRefusal::AmountMismatch => Self::new(ErrorCode::AmountMismatch),
            OrderRefusal::InsufficientPartnerFunds => Self::new(ErrorCode::InsufficientPartnerFunds),
            OrderRefusal::PartnerReferenceReused => Self::new(ErrorCode::PartnerReferenceReused),
        }
    }
}

impl From<BeginActivationError> for Problem {
    fn from(error: BeginActivationError) -> Self {
        match error {
            BeginActivationError::Refused(refusal) => refusal.into(),
            BeginActivationError::KeyInUse => Self::new(ErrorCode::IdempotencyKeyInUse).retry_after(1),
            BeginActivationError::NotRun(error) => error.into(),
        }
    }
}

/// An order's refusal, in words for a partner. That a rule of the offer keeps this customer out is said, as the partner
/// has to sell something else then; under which id an order is open is not the partner's business.
#[derive(Debug)]
pub(crate) struct ForPartner(pub(crate) BeginActivationError);

impl From<ForPartner> for Problem {
    fn from(ForPartner(error): ForPartner) -> Self {
        match error {
            BeginActivationError::Refused(OrderRefusal::OfferNotFound) => {
                Self::new(ErrorCode::OfferUnavailable)
            }
            BeginActivationError::Refused(OrderRefusal::NoWallet | OrderRefusal::CustomerLocked) => {
                Self::new(ErrorCode::UnknownUser)
            }
            BeginActivationError::Refused(OrderRefusal::OrderInProgress(_)) => {
                Self::new(ErrorCode::OrderInProgress)
                    .detail(
                        "An order of this customer for this offer has not ended yet. Nothing was charged.",
                    )
                    .retry_after(1)
            }
            BeginActivationError::Refused(OrderRefusal::LimitReached) => {
                Self::new(ErrorCode::PurchaseLimitReached).detail(
                    "This customer has had the offer as often as one customer may. Nothing was charged.",
                )
            }
            BeginActivationError::Refused(OrderRefusal::Excluded(other)) => {
                Self::new(ErrorCode::OfferExcluded)
                    .detail(
                        "This offer does not go with another one of this customer; offer_id names it. Nothing was charged.",
                    )
                    .member("offer_id", other.0)
            }
            other => other.into(),
        }
    }
}

impl Problem {
    /// A report that is not believed.
    pub(crate) fn invalid_signature() -> Self {
        Self::new(ErrorCode::InvalidSignature)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Standard-Webhooks"))
    }
}

impl From<ReceiveCallbackError> for Problem {
    fn from(error: ReceiveCallbackError) -> Self {
        match error {
            ReceiveCallbackError::Refused(CallbackRefusal::Forged | CallbackRefusal::Stale) => {
                Self::invalid_signature()
            }
            ReceiveCallbackError::Refused(CallbackRefusal::Malformed(what)) => {
                Self::new(ErrorCode::MalformedRequest)
                    .detail(format!("The report cannot be understood: {what}."))
            }
            ReceiveCallbackError::Unsettled => Self::new(ErrorCode::ServiceUnavailable),
            ReceiveCallbackError::NotRun(error) => error.into(),
        }
    }
}

impl From<SwitchError> for Problem {
    fn from(error: SwitchError) -> Self {
        match error {
            SwitchError::SessionEnded => Self::invalid_token(),
            SwitchError::NotFound => Self::new(ErrorCode::UserOfferNotFound),
            SwitchError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded => Self::new(ErrorCode::Overloaded),
            PasswordError::Failed => internal(error),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        internal(error)
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::TooManyTries(wait) => Self::too_often(wait),
            LoginError::InvalidCredentials => Self::new(ErrorCode::InvalidCredentials),
            LoginError::Password(error) => error.into(),
            LoginError::Token(error) => error.into(),
            LoginError::Store(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidToken => Self::new(ErrorCode::InvalidRefreshToken),
            RefreshError::Token(error) => error.into(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::InvalidToken => Self::invalid_token(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::SessionEnded => Self::invalid_token(),
            ChangePasswordError::WrongPassword => {
                Self::invalid_value("/current_password", "This is not the current password.")
            }
            ChangePasswordError::TooManyTries(wait) => Self::too_often(wait),
            ChangePasswordError::Refused(refusal) => Self::invalid_value("/new_password", sentence(refusal)),
            ChangePasswordError::Password(error) => error.into(),
            ChangePasswordError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeProfileError> for Problem {
    fn from(error: ChangeProfileError) -> Self {
        match error {
            ChangeProfileError::SessionEnded => Self::invalid_token(),
            ChangeProfileError::Store(error) => error.into(),
        }
    }
}

/// What is wrong with a new password.
fn sentence(refusal: PasswordRefusal) -> &'static str {
    match refusal {
        PasswordRefusal::Length => "This must be a text of 8 to 128 characters and at most 512 bytes.",
        PasswordRefusal::Common => "This is one of the most common passwords.",
        PasswordRefusal::Personal => "This must not be made of the username or the e-mail address.",
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Username(fault) => Self::invalid_value("/username", format!("This {fault}.")),
            UserError::Email(fault) => Self::invalid_value("/email", format!("This {fault}.")),
            UserError::Phone(fault) => Self::invalid_value("/phone", format!("This {fault}.")),
            UserError::Password(refusal) => Self::invalid_value("/password", sentence(refusal)),
        }
    }
}

impl From<CreateUserError> for Problem {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::SessionEnded => Self::invalid_token(),
            CreateUserError::Invalid(error) => error.into(),
            CreateUserError::Forbidden => Self::new(ErrorCode::Forbidden),
            CreateUserError::UsernameTaken => Self::new(ErrorCode::UsernameTaken),
            CreateUserError::Password(error) => error.into(),
            CreateUserError::Balance(error) => internal(error),
            CreateUserError::Store(error) => error.into(),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Closed => Self::new(ErrorCode::NotFound),
            RegisterError::NotCreated(error) => error.into(),
        }
    }
}

impl From<ManageAccessError> for Problem {
    fn from(error: ManageAccessError) -> Self {
        match error {
            ManageAccessError::SessionEnded => Self::invalid_token(),
            ManageAccessError::UnknownUser => Self::new(ErrorCode::UserNotFound),
            ManageAccessError::Forbidden => Self::new(ErrorCode::Forbidden),
            ManageAccessError::Overtaken(overtaken) => overtaken.into(),
            ManageAccessError::Store(error) => error.into(),
        }
    }
}

impl From<ResetPasswordError> for Problem {
    fn from(error: ResetPasswordError) -> Self {
        match error {
            ResetPasswordError::Access(error) => error.into(),
            ResetPasswordError::Refused(refusal) => Self::invalid_value("/password", sentence(refusal)),
            ResetPasswordError::Password(error) => error.into(),
            ResetPasswordError::Store(error) => error.into(),
        }
    }
}

impl From<AdjustWalletError> for Problem {
    fn from(error: AdjustWalletError) -> Self {
        match error {
            AdjustWalletError::SessionEnded => Self::invalid_token(),
            AdjustWalletError::UnknownUser => Self::new(ErrorCode::UserNotFound),
            AdjustWalletError::Forbidden => Self::new(ErrorCode::Forbidden),
            AdjustWalletError::NoWallet => Self::new(ErrorCode::NoWallet),
            AdjustWalletError::KeyReused => Self::new(ErrorCode::IdempotencyKeyReused),
            AdjustWalletError::Account(AccountError::InsufficientBalance) => {
                Self::new(ErrorCode::InsufficientBalance)
            }
            AdjustWalletError::Account(AccountError::Money(error)) => {
                Self::invalid_value("/amount", format!("This {error}."))
            }
            AdjustWalletError::Store(error) => error.into(),
        }
    }
}

impl From<DecideOrderError> for Problem {
    fn from(error: DecideOrderError) -> Self {
        match error {
            DecideOrderError::SessionEnded => Self::invalid_token(),
            DecideOrderError::UnknownOrder => Self::new(ErrorCode::TransactionNotFound),
            DecideOrderError::Forbidden => Self::new(ErrorCode::Forbidden),
            DecideOrderError::NotParked => Self::new(ErrorCode::OrderNotParked),
            DecideOrderError::NoReference => Self::invalid_value(
                "/reference",
                "A confirmed order needs the activation partner's reference.",
            ),
            DecideOrderError::Settle(error) => internal(error),
            DecideOrderError::Store(error) => error.into(),
        }
    }
}

impl From<KeepOfferError> for Problem {
    fn from(error: KeepOfferError) -> Self {
        match error {
            KeepOfferError::SessionEnded => Self::invalid_token(),
            KeepOfferError::UnknownOffer => Self::new(ErrorCode::OfferNotFound),
            KeepOfferError::UnknownOther(other) => {
                Self::invalid_value("/requires", format!("There is no offer {other} to require or exclude."))
            }
            KeepOfferError::Refused(OfferChangeError::Outdated(version)) => {
                let problem = Self::new(ErrorCode::PreconditionFailed);
                ETag::of_version(version).on(problem)
            }
            KeepOfferError::Refused(OfferChangeError::Itself) => {
                Self::invalid_value("/requires", "An offer cannot require or exclude itself.")
            }
            KeepOfferError::Refused(OfferChangeError::Terms(error)) => error.into(),
            KeepOfferError::Store(error) => error.into(),
        }
    }
}

impl From<Overtaken> for Problem {
    fn from(Overtaken(tag): Overtaken) -> Self {
        ETag::of_text(tag).on(Self::new(ErrorCode::PreconditionFailed))
    }
}

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Name(fault) => Self::invalid_value("/name", format!("This {fault}.")),
            OfferError::Description(fault) => Self::invalid_value("/description", format!("This {fault}.")),
            OfferError::Duration => {
                Self::invalid_value("/duration_days", "This must be from 1 to 3650 days.")
            }
            OfferError::Rules => {
                Self::invalid_value("/per_customer", "The rules must leave somebody who may buy.")
            }
            OfferError::SaleWindow => {
                Self::invalid_value("/sale_until", "The sale must start before it ends.")
            }
        }
    }
}
