//! Rows of the earlier system, as they stand there: texts and numbers that nobody has checked yet.

use time::OffsetDateTime;

use super::ImportTable;

/// What a person logged in with.
#[derive(Clone, PartialEq, Eq)]
pub enum SourcePassword {
    /// A hash that can be checked here, as a PHC string.
    Hash(String),
    /// None, or one that cannot be checked here.
    Unusable,
}

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceUser {
    /// The key.
    pub id: i64,
    /// The login.
    pub username: String,
    /// Where to write to them; often empty.
    pub email: String,
    /// What they log in with.
    pub password: SourcePassword,
    /// Whether the back office is open to them.
    pub is_staff: bool,
    /// Whether everything is.
    pub is_superuser: bool,
    /// Whether they may log in.
    pub is_active: bool,
    /// When they joined, UTC.
    pub joined_at: OffsetDateTime,
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceOffer {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The price, decimal.
    pub price: String,
    /// The period in days.
    pub duration_days: i64,
    /// Whether it is on sale.
    pub is_active: bool,
}

/// A wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceAccount {
    /// The key.
    pub id: i64,
    /// Whose it is.
    pub user: i64,
    /// What it holds, decimal.
    pub balance: String,
}

/// A subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceService {
    /// When it was switched on.
    pub activated_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// Whether it is on.
    pub is_active: bool,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceOrder {
    /// Its table: of customers, or of partners.
    pub table: ImportTable,
    /// The key.
    pub id: i64,
    /// What clients know it by.
    pub transaction_id: String,
    /// Whose it is.
    pub user: i64,
    /// What was ordered.
    pub offer: i64,
    /// What was paid, decimal.
    pub amount: String,
    /// Where it stands.
    pub status: String,
    /// The reference of the other side, if any.
    pub reference: Option<String>,
    /// When it was placed.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// When it ended, where that was noted.
    pub completed_at: Option<OffsetDateTime>,
    /// The period of its offer, in days, as it is today.
    pub duration_days: i64,
    /// Its subscription, if any.
    pub service: Option<SourceService>,
}
