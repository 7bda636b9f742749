//! What a step is: a call, what must come back, what is kept of it, and why it is so.

/// What somebody does from their login to their logout.
#[derive(Debug)]
pub(crate) struct Journey {
    /// In file names.
    pub(crate) name: &'static str,
    /// What happens in it.
    pub(crate) title: &'static str,
    /// What whoever plays it must know beforehand, besides the server's address.
    pub(crate) needs: &'static [&'static str],
    pub(crate) steps: &'static [Step],
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Anybody,
    Customer,
    Partner,
    Staff,
}

impl Caller {
    /// The name of the secret that the caller shows.
    pub(crate) fn secret(self) -> Option<&'static str> {
        match self {
            Self::Anybody => None,
            Self::Customer => Some("access_token"),
            Self::Partner => Some("partner_key"),
            Self::Staff => Some("staff_token"),
        }
    }
}

/// A part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A member of the JSON body, such as `data[0].id`.
    Member(&'static str),
    /// A header.
    Header(&'static str),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member(path) => write!(f, "`{path}`"),
            Self::Header(name) => write!(f, "the header {name}"),
        }
    }
}

/// What a part of an answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// This text, with `{{names}}` filled in.
    Text(&'static str),
    /// True or false.
    Flag(bool),
    /// What was kept under this name, a number for instance.
    Kept(&'static str),
    /// Anything but missing or null.
    Present,
}

/// One expectation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check {
    pub(crate) place: Place,
    pub(crate) expected: Expected,
}

/// A member that must be this text.
pub(crate) const fn text(path: &'static str, expected: &'static str) -> Check {
    Check { place: Place::Member(path), expected: Expected::Text(expected) }
}

/// A member that must be true or false.
pub(crate) const fn flag(path: &'static str, expected: bool) -> Check {
    Check { place: Place::Member(path), expected: Expected::Flag(expected) }
}

/// A member that must be what was kept.
pub(crate) const fn same(path: &'static str, kept: &'static str) -> Check {
    Check { place: Place::Member(path), expected: Expected::Kept(kept) }
}

/// A member that must be there.
pub(crate) const fn present(path: &'static str) -> Check {
    Check { place: Place::Member(path), expected: Expected::Present }
}

/// A header that must be this text.
pub(crate) const fn header(name: &'static str, expected: &'static str) -> Check {
    Check { place: Place::Header(name), expected: Expected::Text(expected) }
}

/// What is kept of an answer, and under which name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
}

/// Keeps a member.
pub(crate) const fn member(name: &'static str, path: &'static str) -> Keep {
    Keep { name, place: Place::Member(path) }
}

/// Keeps a header.
pub(crate) const fn keep_header(name: &'static str, header: &'static str) -> Keep {
    Keep { name, place: Place::Header(header) }
}

/// One call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) title: &'static str,
    /// Why the answer is as it is.
    pub(crate) why: &'static str,
    pub(crate) caller: Caller,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// JSON.
    pub(crate) body: Option<&'static str>,
    /// Asked again until the member `status` is a final one.
    pub(crate) follows: bool,
    pub(crate) status: u16,
    pub(crate) checks: &'static [Check],
    pub(crate) keeps: &'static [Keep],
}

/// The statuses that never change.
pub(crate) const FINAL: [&str; 2] = ["SUCCESS", "FAILED"];
/// How often an order is asked about.
pub(crate) const ASK_AT_MOST: u32 = 60;
/// How long to wait before an order is asked about again.
pub(crate) const ASK_AGAIN_AFTER_MS: u64 = 500;

/// A step that reads.
pub(crate) const fn get(path: &'static str) -> Step {
    Step {
        title: "",
        why: "",
        caller: Caller::Anybody,
        method: "GET",
        path,
        headers: &[],
        body: None,
        follows: false,
        status: 200,
        checks: &[],
        keeps: &[],
    }
}

/// A step that sends JSON.
pub(crate) const fn post(path: &'static str, body: &'static str) -> Step {
    Step { method: "POST", body: Some(body), ..get(path) }
}

impl Step {
    pub(crate) const fn titled(self, title: &'static str) -> Self {
        Self { title, ..self }
    }

    pub(crate) const fn because(self, why: &'static str) -> Self {
        Self { why, ..self }
    }

    pub(crate) const fn by(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }

    pub(crate) const fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    pub(crate) const fn followed(self) -> Self {
        Self { follows: true, ..self }
    }

    pub(crate) const fn answers(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) const fn showing(self, checks: &'static [Check]) -> Self {
        Self { checks, ..self }
    }

    pub(crate) const fn keeping(self, keeps: &'static [Keep]) -> Self {
        Self { keeps, ..self }
    }

    /// The headers of the call, in order, with `{{names}}`: who calls, what is sent, and what the step adds.
    pub(crate) fn all_headers(&self) -> Vec<(&'static str, String)> {
        let caller = self.caller.secret().map(|secret| ("Authorization", format!("Bearer {{{{{secret}}}}}")));
        let json = self.body.map(|_| ("Content-Type", "application/json".to_owned()));
        let own = self.headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        caller.into_iter().chain(json).chain(own).collect()
    }
}
