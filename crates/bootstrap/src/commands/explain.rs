//! `offers explain`: what a code means and what to do about it, and the page of all codes.

use std::fmt::Write as _;
use std::io::Write;

use offers_domain::user::Locale;
use offers_http::{Entry, ErrorCode, plain};

use super::say;
use crate::StartError;
use crate::suggestion::most_like;

/// Before the codes of the API on the page.
const API: &str = "\
Every error of the API is a problem document (RFC 9457) with the content type `application/problem+json`. Its `code`
is one of those below and does not change; `title` and `status` go with the code; `detail` explains the occurrence and
may change; `type` is the address that explains the code, `/problems/` and the code; `request_id` names the request,
as the header `X-Request-Id` does. `title` is in English or French, as `Accept-Language` asks. Write programs against
`code`, and show `request_id` to whoever helps you.

A request that cannot be read so far as its head has no route and no id: the server answers it with a bare status, or
closes the connection.";

/// Before the codes of commands on the page.
const COMMANDS: &str = "\
A command that fails says why in one sentence on standard error, with the code of the failure in brackets at its end,
and gives the shell the exit code. `offers explain` and the code print what stands here.";

/// Where a code is met.
#[derive(Debug, Clone, Copy)]
enum Met {
    /// In an answer of the API with this status.
    Answer(u16),
    /// When a command ends with this exit code.
    Exit(u8),
}

impl std::fmt::Display for Met {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&match self {
            Self::Answer(status) => format!("HTTP {status}"),
            Self::Exit(code) => format!("exit {code}"),
        })
    }
}

/// Explains a code; without one, lists them all.
pub fn explain(code: Option<&str>, output: &mut dyn Write) -> Result<(), StartError> {
    let Some(code) = code else {
        for (met, entry) in registry() {
            say(output, &format!("{met:<10}{:<27}{}", entry.code, entry.title.en))?;
        }
        return Ok(());
    };
    match registry().find(|(_, entry)| entry.code == code) {
        Some((met, entry)) => say(output, &explanation(met, entry)),
        None => Err(unknown(code)),
    }
}

/// Prints every code as the page `docs/errors.md`.
pub fn errors_page(output: &mut dyn Write) -> Result<(), StartError> {
    let mut page =
        String::from("# Errors\n\n<!-- Printed by `offers explain --page`; see `make pages`. -->\n");
    for (title, introduction, codes) in [
        ("Answers of the API", API, answers().collect::<Vec<_>>()),
        ("Failures of commands", COMMANDS, failures().collect()),
    ] {
        let _ = writeln!(page, "\n## {title}\n\n{introduction}");
        for (met, entry) in codes {
            page.push_str(&section(met, entry));
        }
    }
    say(output, page.trim_end())
}

fn registry() -> impl Iterator<Item = (Met, &'static Entry)> {
    answers().chain(failures())
}

fn answers() -> impl Iterator<Item = (Met, &'static Entry)> {
    ErrorCode::ALL.iter().map(|code| (Met::Answer(code.status().as_u16()), code.entry()))
}

fn failures() -> impl Iterator<Item = (Met, &'static Entry)> {
    StartError::explained().map(|(exit, entry)| (Met::Exit(exit), entry))
}

fn explanation(met: Met, entry: &'static Entry) -> String {
    let mut text = format!("{}: {} ({met})\n", entry.code, entry.title.en);
    for paragraph in entry.story() {
        let _ = write!(text, "\n{}\n", plain(paragraph));
    }
    let _ = write!(text, "\nWhat to do: {}", plain(entry.remedy));
    text
}

fn section(met: Met, entry: &Entry) -> String {
    let Entry { code, title, remedy, .. } = entry;
    let titles = Locale::ALL.iter().map(|locale| format!("*{}*", title.in_language(*locale)));
    let mut text = format!("\n### {code}\n\n{met} · {}\n", titles.collect::<Vec<_>>().join(" · "));
    for paragraph in entry.story() {
        let _ = write!(text, "\n{paragraph}\n");
    }
    let _ = write!(text, "\n**What to do:** {remedy}\n");
    text
}

fn unknown(code: &str) -> StartError {
    let suggestion = most_like(code, registry().map(|(_, entry)| entry.code)).map_or_else(
        || "`offers explain` lists them all".to_owned(),
        |known| format!("did you mean {known}?"),
    );
    StartError::Usage(format!("there is no code {code}; {suggestion}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_code_stands_for_two_things() {
        let codes: Vec<_> = registry().map(|(_, entry)| entry.code).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
    }

    #[test]
    fn every_failure_is_explained_has_a_remedy_and_is_called_something_in_each_language() {
        for (_, entry) in failures() {
            assert!(!entry.explanation.is_empty() && !entry.remedy.is_empty(), "{}", entry.code);
            assert!(entry.story().chain([entry.remedy]).all(|text| text.ends_with('.')), "{}", entry.code);
            assert_ne!(entry.title.en, entry.title.fr, "{}", entry.code);
        }
    }
}
