//! Lists, one page at a time.

use offers_domain::page::Page;
use schemars::JsonSchema;
use serde::Serialize;

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub(crate) struct ListBody<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
    has_more: bool,
}

impl<T> ListBody<T> {
    /// Shows a page. `cursor` names the place of its last item, `show` gives each item its shape.
    pub(crate) fn new<V>(page: Page<V>, cursor: impl Fn(&V) -> String, show: impl Fn(V) -> T) -> Self {
        let next_cursor = if page.has_more { page.items.last().map(cursor) } else { None };
        let has_more = page.has_more;
        Self { data: page.items.into_iter().map(show).collect(), next_cursor, has_more }
    }
}
