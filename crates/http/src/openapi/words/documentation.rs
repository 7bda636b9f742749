//! The contract, for machines and for people.

use super::{Tag, Words};

pub(crate) fn contract() -> Words {
    Tag::Operation.says("Show this contract").more("Where the deployment shows it.")
}

pub(crate) fn page() -> Words {
    Tag::Operation
        .says("Show the interactive page of this contract")
        .more("To log in there, run `POST /api/v1/auth/login/` and paste its `access_token` under Authorize.")
}

pub(crate) fn file() -> Words {
    Tag::Operation.says("Show a file of the interactive page")
}
