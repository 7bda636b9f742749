//! What is said about a code: the same words in an answer, at its address, on the command line and in the documentation.

use std::borrow::Cow;

use offers_domain::user::Locale;

/// A short summary of an error in each language of ours, the same at every occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Titles {
    /// In English.
    pub en: &'static str,
    /// In French.
    pub fr: &'static str,
}

impl Titles {
    /// The title in this language.
    pub const fn in_language(self, locale: Locale) -> &'static str {
        match locale {
            Locale::En => self.en,
            Locale::Fr => self.fr,
        }
    }
}

/// The entry of a code. Its texts are Markdown of one paragraph each, with names of fields and headers between backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The spelling in documents, addresses and logs; it never changes.
    pub code: &'static str,
    /// What it is called.
    pub title: Titles,
    /// What has happened, in a sentence or two: the `detail` of an answer whose handler knows no more.
    pub explanation: &'static str,
    /// What else there is to know; empty where that is all.
    pub more: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Entry {
    /// What has happened and what else there is to know.
    pub fn story(&self) -> impl Iterator<Item = &'static str> {
        [self.explanation, self.more].into_iter().filter(|text| !text.is_empty())
    }
}

/// The text without backticks and with the names of links alone, for answers and terminals.
pub fn plain(text: &'static str) -> Cow<'static, str> {
    if !text.contains(['`', '[']) {
        return Cow::Borrowed(text);
    }
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let (name, target) = link.split_once("](").unwrap_or((link, ""));
        words.push_str(before);
        words.push_str(name);
        rest = target.split_once(')').map_or("", |(_, after)| after);
    }
    words.push_str(rest);
    Cow::Owned(words.replace('`', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_have_no_marks() {
        for (marked, words) in [
            ("Send `a` and `b`.", "Send a and b."),
            ("See [the page](page.md), and `c`.", "See the page, and c."),
            ("Wait.", "Wait."),
        ] {
            assert_eq!(plain(marked), words);
        }
    }
}
