//! The machine-readable contract (OpenAPI 3.1). What answers where, to whom and how often stands in the route table; what is
//! asked and answered, in the handlers' signatures; the words and examples, in [`words`]. This joins them.

mod events;
mod operation;
mod refusals;
mod security;
mod shapes;
mod sketch;
pub(crate) mod words;

use utoipa::openapi::{Components, Info, License, OpenApi, OpenApiBuilder, PathItem, Paths};

pub(crate) use operation::{Handler, to};
pub(crate) use shapes::plain;
pub(crate) use sketch::{Answers, Asks, Sketch, draw};

use crate::problem::Document;
use crate::routes::API;
use shapes::Shapes;
use words::Tag;

/// The document, as JSON with line breaks and one at its end.
pub fn openapi() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn document() -> OpenApi {
    let mut shapes = Shapes::new();
    let _ = shapes.answered::<Document<'_>>();
    let mut paths = Paths::new();
    for endpoint in API {
        let item = PathItem::new(endpoint.method(), operation::of(endpoint, &mut shapes));
        match paths.paths.get_mut(endpoint.path) {
            Some(known) => known.merge_operations(item),
            None => drop(paths.paths.insert(endpoint.path.to_owned(), item)),
        }
    }
    let mut components = Components::new();
    components.schemas = shapes.named();
    components.responses = refusals::shared();
    components.examples = refusals::examples();
    components.security_schemes = security::schemes();
    let tags = Tag::ALL.iter().map(|tag| tag.described());
    let mut document =
        OpenApiBuilder::new().info(info()).paths(paths).components(Some(components)).tags(Some(tags)).build();
    document.webhooks = Some(events::described());
    document
}

fn info() -> Info {
    let mut info = Info::new("Offers API", env!("CARGO_PKG_VERSION"));
    info.description = Some(include_str!("conventions.md").trim_end().to_owned());
    let mut license = License::new("MIT");
    license.identifier = Some("MIT".into());
    info.license = Some(license);
    info
}
