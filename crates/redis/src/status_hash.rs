//! An order's status as a hash: every field as text.

use offers_domain::ids::TransactionId;
use offers_domain::money::{Amount, Currency};
use offers_domain::transaction::Status;
use offers_domain::views::StatusView;

use crate::fields::{Fields, spell};

pub(crate) const NAMES: &[&str] = &[
    "version",
    "transaction_id",
    "user_id",
    "offer_id",
    "amount",
    "currency",
    "paid_by",
    "status",
    "sub_status",
    "reference",
    "error_code",
    "error_message",
    "created_at",
    "updated_at",
    "completed_at",
];

/// The fields beside the version; none where an instant cannot be spelled.
pub(crate) fn to_fields(view: &StatusView) -> Option<Vec<(&'static str, String)>> {
    let money = view.amount.money();
    let mut fields = vec![
        ("transaction_id", view.transaction.to_string()),
        ("user_id", view.user.to_string()),
        ("offer_id", view.offer.to_string()),
        ("amount", money.to_string()),
        ("currency", money.currency().to_string()),
        ("paid_by", view.paid_by.to_string()),
        ("status", view.status.to_string()),
        ("sub_status", view.sub_status.to_string()),
        ("created_at", spell(view.created_at)?),
        ("updated_at", spell(view.updated_at)?),
    ];
    if let Some(completed_at) = view.completed_at {
        fields.push(("completed_at", spell(completed_at)?));
    }
    let texts = [
        ("reference", &view.reference),
        ("error_code", &view.error_code),
        ("error_message", &view.error_message),
    ];
    fields.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
    Some(fields)
}

/// None where anything is missing, malformed, at odds with the rest, or about another order.
pub(crate) fn from_fields(id: TransactionId, fields: &Fields) -> Option<StatusView> {
    let currency: Currency = fields.parse("currency")?;
    let status: Status = fields.parse("status")?;
    let text = |name| fields.text(name).map(str::to_owned);
    let view = StatusView {
        transaction: fields.parse("transaction_id")?,
        user: fields.parse("user_id")?,
        offer: fields.parse("offer_id")?,
        amount: Amount::parse(fields.text("amount")?, currency).ok()?,
        paid_by: fields.parse("paid_by")?,
        status,
        sub_status: fields.parse("sub_status")?,
        reference: text("reference"),
        error_code: text("error_code"),
        error_message: text("error_message"),
        created_at: fields.instant("created_at")?,
        updated_at: fields.instant("updated_at")?,
        completed_at: fields.instant_if_any("completed_at").ok()?,
        version: fields.parse("version")?,
    };
    let ended = view.completed_at.is_some();
    let whole = view.transaction == id && ended == status.is_final();
    let explained = view.error_code.is_some() == (status == Status::Failed);
    (whole && explained).then_some(view)
}
