//! Companies that sell through the partner API.

use actix_web::web::Json;
use offers_application::partner_channel::{Agreed, Credited};
use offers_application::seen::Seen;
use offers_domain::ids::{ApiKeyId, PartnerId};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner_channel::PartnerTerms;
use offers_domain::partner_channel::views::PartnerView;

use super::{State, deed};
use crate::answer::{Created, Kept, Versioned};
use crate::cursor;
use crate::dto::admin::ReasonBody;
use crate::dto::admin::partners::{
    CreditBody, IssuedKeyBody, NewKeyBody, NewPartnerBody, PARTNERS, PaidBody, PartnerBody,
    PartnerChangeBody, PartnerFileBody, PartnersQuery, paid,
};
use crate::dto::page::ListBody;
use crate::dto::text::Text;
use crate::error_code::ErrorCode;
use crate::etag::ETag;
use crate::extract::{Body, Client, IfUnchanged, PathId, Query, RequiredKey, SignedIn};
use crate::fingerprint;
use crate::problem::Problem;

// The route's name in idempotency records, which outlive the process.
const CREDIT: &str = "POST /admin/partners/{id}/credits";

/// One page of the partners, by id.
pub(crate) async fn list(
    state: State,
    query: Query<PartnersQuery>,
) -> Result<Json<ListBody<PartnerBody>>, Problem> {
    let page = state.services.queries.partners(&query.0.page()?).await?;
    let cursor = |last: &PartnerView| cursor::encode(PARTNERS, &last.partner.id);
    Ok(Json(ListBody::new(page, cursor, PartnerBody::from)))
}

/// One partner with its account and its keys.
pub(crate) async fn get(state: State, id: PathId<PartnerId>) -> Result<Versioned<PartnerFileBody>, Problem> {
    find(&state, id.0).await
}

/// The partner is the first one after those before it.
async fn find<const STATUS: u16>(
    state: &State,
    id: PartnerId,
) -> Result<Versioned<PartnerFileBody, STATUS>, Problem> {
    let queries = &state.services.queries;
    let limit = PageLimit::try_new(1).unwrap_or_default();
    let page = PageRequest { limit, after: Some(PartnerId(id.0.saturating_sub(1))) };
    let found = queries.partners(&page).await?.items.into_iter().find(|view| view.partner.id == id);
    let partner = found.ok_or_else(|| Problem::new(ErrorCode::PartnerNotFound))?;
    let (terms, credit_limit) = (partner.partner.terms, partner.settlement.credit_limit);
    let tag = ETag::of_text(tag_of(&Agreed { terms, credit_limit }));
    Ok(Versioned { tag, body: PartnerFileBody::new(partner, queries.api_keys(id).await?) })
}

/// What a change names: all that it can change.
fn tag_of(agreed: &Agreed) -> String {
    let PartnerTerms { funding, discount, requests_per_minute, is_active } = agreed.terms;
    let quota = requests_per_minute.map(|quota| quota.to_string()).unwrap_or_default();
    let (discount, limit) = (discount.to_string(), agreed.credit_limit.to_string());
    let active = is_active.to_string();
    ETag::of_parts(&[funding.as_str(), &discount, &quota, &active, &limit]).into_text()
}

/// Adds a partner with an empty settlement account.
pub(crate) async fn create(
    state: State,
    caller: SignedIn,
    client: Client,
    body: Body<NewPartnerBody>,
) -> Result<Versioned<PartnerFileBody, 201>, Problem> {
    let (form, reason) = body.value.form(state.services.currency)?;
    let partners = &state.services.staff.manage_partners;
    let id = partners.create(&form, deed(&caller, &client, &reason)).await?;
    find(&state, id).await
}

/// Changes what a partner has agreed to, or stops it.
pub(crate) async fn change(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<PartnerId>,
    seen: IfUnchanged,
    body: Body<PartnerChangeBody>,
) -> Result<Versioned<PartnerFileBody>, Problem> {
    let (change, reason) = body.value.change(state.services.currency)?;
    let partners = &state.services.staff.manage_partners;
    let seen = Seen::tagged(seen.0, tag_of);
    partners.change(id.0, &change, &seen, deed(&caller, &client, &reason)).await?;
    find(&state, id.0).await
}

/// Pays into a partner's settlement account.
pub(crate) async fn credit(
    state: State,
    caller: SignedIn,
    client: Client,
    PathId(id): PathId<PartnerId>,
    RequiredKey(key): RequiredKey,
    body: Body<CreditBody>,
) -> Result<Kept<PaidBody, 201>, Problem> {
    let handle = fingerprint::handle_about(&caller.0, CREDIT, id, key, &body.json);
    let amount = body.value.amount(state.services.currency)?;
    let Text(reason) = body.value.reason;
    let partners = &state.services.staff.manage_partners;
    let credited =
        partners.credit(id, amount, Some((&handle, paid)), deed(&caller, &client, &reason)).await?;
    Ok(match credited {
        Credited::Fresh(credit) => Kept::new(paid(&credit), false),
        Credited::Replayed(stored) => Kept::new(stored, true),
    })
}

/// Issues a key and shows it, this once.
pub(crate) async fn issue_key(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<PartnerId>,
    body: Body<NewKeyBody>,
) -> Result<Created<IssuedKeyBody>, Problem> {
    let (form, reason) = body.value.form()?;
    let partners = &state.services.staff.manage_partners;
    let issued = partners.issue_key(id.0, &form, deed(&caller, &client, &reason)).await?;
    Ok(Created(issued.into()))
}

/// Takes a key back.
pub(crate) async fn revoke_key(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<PartnerId>,
    key: PathId<ApiKeyId>,
    body: Body<ReasonBody>,
) -> Result<Versioned<PartnerFileBody>, Problem> {
    let Text(reason) = body.value.reason;
    let partners = &state.services.staff.manage_partners;
    partners.revoke_key(id.0, key.0, deed(&caller, &client, &reason)).await?;
    find(&state, id.0).await
}
