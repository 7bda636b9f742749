//! Which page of a list.

use offers_domain::page::{PageLimit, PageRequest};

use crate::cursor::{self, Place};
use crate::dto::text::Text;
use crate::problem::Problem;

/// The page of `list` that the parameters `limit` and `cursor` ask for.
pub(crate) fn page_request<P: Place>(
    list: &str,
    limit: Option<Text<PageLimit>>,
    cursor: Option<&str>,
) -> Result<PageRequest<P>, Problem> {
    let after = cursor.map(|cursor| cursor::decode(list, cursor)).transpose()?;
    Ok(PageRequest { limit: limit.map_or_else(PageLimit::default, |Text(limit)| limit), after })
}
