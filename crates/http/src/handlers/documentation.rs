//! The contract, for machines and for people. The files of the interactive page are in the program: nothing is fetched from
//! elsewhere, neither while it is built nor while it is looked at.

use std::sync::{Arc, LazyLock};

use utoipa_swagger_ui::Config;

use crate::answer::Asset;
use crate::error_code::ErrorCode;
use crate::extract::{IfDocumented, PathId};
use crate::openapi::openapi;
use crate::problem::Problem;

/// Where the contract is.
const CONTRACT: &str = "/openapi.json";
/// The page, which runs scripts and styles of ours alone, and calls nobody but us.
const PAGE: &str = include_str!("documentation.html");

static WRITTEN: LazyLock<String> = LazyLock::new(openapi);

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageFile {
    Style,
    Layout,
    Program,
    Preset,
    Start,
    Icon,
}

impl PageFile {
    /// Every file.
    pub(crate) const ALL: [Self; 6] =
        [Self::Style, Self::Layout, Self::Program, Self::Preset, Self::Start, Self::Icon];

    /// Its name, which is also what the page's makers call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Style => "swagger-ui.css",
            Self::Layout => "index.css",
            Self::Program => "swagger-ui-bundle.js",
            Self::Preset => "swagger-ui-standalone-preset.js",
            Self::Start => "swagger-initializer.js",
            Self::Icon => "favicon-32x32.png",
        }
    }
}

/// The contract.
pub(crate) async fn contract(_: IfDocumented) -> Asset {
    Asset::new("application/json", WRITTEN.as_bytes())
}

/// The page.
pub(crate) async fn page(_: IfDocumented) -> Asset {
    Asset::new("text/html; charset=utf-8", PAGE.as_bytes()).for_people()
}

/// A file of the page.
pub(crate) async fn file(_: IfDocumented, file: PathId<PageFile>) -> Result<Asset, Problem> {
    let config = Config::from(CONTRACT).use_base_layout();
    let config = config.persist_authorization(true).try_it_out_enabled(true).filter(true);
    let file = utoipa_swagger_ui::serve(file.0.name(), Arc::new(config)).ok().flatten();
    let file = file.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    Ok(Asset::new(file.content_type, file.bytes).lasting())
}
