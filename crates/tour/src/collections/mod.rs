//! The same steps for other programs.

mod hurl;
mod postman;

use crate::journeys::JOURNEYS;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One Postman collection with a folder for each journey, and one Hurl file for each journey.
pub fn collections() -> Vec<CollectionFile> {
    let postman =
        CollectionFile { name: "offers.postman_collection.json".into(), text: postman::collection() };
    let hurl = JOURNEYS
        .iter()
        .map(|journey| CollectionFile { name: format!("{}.hurl", journey.name), text: hurl::file(journey) });
    std::iter::once(postman).chain(hurl).collect()
}
