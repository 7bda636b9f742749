//! New passwords: long enough, and not among the first that anybody would try. Any character is welcome, and nothing is
//! asked of their mixture (NIST SP 800-63B).

use std::fmt;

use thiserror::Error;

/// The words around which the most common passwords are built, one in each line. Leaked lists differ in their order and
/// in their decoration, `Password1!` for `password`, hardly in these.
const COMMON: &str = include_str!("common_passwords.txt");
/// Passwords among the 3 000 most frequent ones of 8 characters or more of which that is not true, in lower case, the most
/// frequent first: from the list that Django ships (BSD licence, beside it).
const FREQUENT: &str = include_str!("frequent_passwords.txt");
/// Shorter names are part of too many good passwords.
const SHORTEST_NAME: usize = 4;

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordRefusal {
    /// Fewer than 8 or more than 128 characters, or beyond 512 bytes.
    #[error("password must have from 8 to 128 characters")]
    Length,
    /// Everybody's first guess.
    #[error("password is one of the most common ones")]
    Common,
    /// Made of its owner's name or address.
    #[error("password must not be made of the username or the e-mail address")]
    Personal,
}

/// A password that may be taken. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(String);

impl NewPassword {
    /// Checks a password for the person with this name and address.
    pub fn try_new(password: &str, username: &str, email: &str) -> Result<Self, PasswordRefusal> {
        let characters = password.chars().count();
        if !(8..=128).contains(&characters) || password.len() > 512 {
            return Err(PasswordRefusal::Length);
        }
        if is_common(password) {
            return Err(PasswordRefusal::Common);
        }
        let local = email.split('@').next().unwrap_or_default();
        if [username, local].iter().any(|name| is_made_of(password, name)) {
            return Err(PasswordRefusal::Personal);
        }
        Ok(Self(password.to_owned()))
    }

    /// The text, to be hashed.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword")
    }
}

/// Whether there is nothing to it but a common word and decoration, a run such as `12345678`, or a few characters over and over.
fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let listed = |list: &str, word: &str| list.lines().any(|known| known == word);
    is_run(&lower)
        || repeats(&lower)
        || listed(FREQUENT, &lower)
        || cores(&lower).any(|core| listed(COMMON, &core))
}

/// Whether `name`, and nothing but decoration, is in it, forwards or backwards.
fn is_made_of(password: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let backwards: String = name.chars().rev().collect();
    let lower = password.to_lowercase();
    let bare = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let named = |name: &str| lower == name || (bare(&lower) == bare(name) && !bare(name).is_empty());
    name.chars().count() >= SHORTEST_NAME && (named(&name) || named(&backwards))
}

/// The text without what stands around its letters, as it is and with look-alikes read as letters: `p@ssw0rd!` is
/// `password`. Letters alone count where they are at least half of it: what is strewn among many digits is no word.
fn cores(lower: &str) -> impl Iterator<Item = String> {
    let read = |c: char| match c {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    let undecorated = lower.trim_matches(|c: char| !c.is_alphabetic());
    let bare: String = undecorated.chars().filter(|c| c.is_alphabetic()).collect();
    let bare = Some(bare).filter(|bare| bare.len().saturating_mul(2) >= lower.len());
    let ends_in_digits = lower.trim_end_matches(|c: char| !c.is_alphabetic() && !"@$".contains(c));
    [
        undecorated.chars().map(read).collect(),
        lower.chars().map(read).collect(),
        ends_in_digits.chars().map(read).collect(),
    ]
    .into_iter()
    .chain(bare)
}

/// Whether each character follows the one before it, up or down, but for at most two of them: `12345678`, `87654321`,
/// `abcdefgh`, `1234567890`.
fn is_run(lower: &str) -> bool {
    let codes: Vec<u32> = lower.chars().map(u32::from).collect();
    let steps = |by: i64| {
        let follows =
            |pair: &[u32]| matches!(pair, [a, b] if i64::from(*b).saturating_sub(i64::from(*a)) == by);
        codes.windows(2).filter(|pair| !follows(pair)).count() <= 2
    };
    steps(1) || steps(-1)
}

/// Whether it is one piece of at most four characters over and over: `aaaaaaaa`, `12121212`, `abcdabcd`.
fn repeats(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    (1..=4).any(|length| {
        let mut pieces = characters.chunks(length);
        let first = pieces.next().unwrap_or_default();
        pieces.all(|piece| first.starts_with(piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(password: &str) -> Option<PasswordRefusal> {
        NewPassword::try_new(password, "marybelline", "bella.k@example.com").err()
    }

    #[test]
    fn passwords_are_8_to_128_characters_and_512_bytes() {
        for good in ["correct horse", &"éÀ𝄞ñß-漢字".repeat(10), &format!("{}!", "\u{1F600}é ".repeat(42))]
        {
            assert_eq!(refusal(good), None, "{good}");
        }
        let too_long = format!("{}correct horse", "x".repeat(120));
        for bad in ["", "sh0rt ü", &too_long] {
            assert_eq!(refusal(bad), Some(PasswordRefusal::Length), "{bad}");
        }
    }

    #[test]
    fn what_everybody_tries_first_is_refused_however_it_is_decorated() {
        for bad in [
            "password",
            "Password1!",
            "p@ssw0rd",
            "P4$$w0rd2026",
            "123password",
            "qwertyuiop",
            "QWERTZUIOP1",
            "iloveyou!!",
            "12345678",
            "1234567890",
            "87654321",
            "abcdefgh",
            "aaaaaaaa",
            "12121212",
            "abcdabcd",
            "letmein123",
            "welcome2026!",
            "changeme",
            "administrator",
            "sunshine99",
            "football1",
            "Motdepasse1",
            "offersapi",
            "subscription1",
            "11111111",
            "00000000",
            "123123123",
            "trustno1!",
            "starwars77",
            "12qwaszx",
            "Zaq12wsx",
            "spongebob1",
            "j38ifUbn",
        ] {
            assert_eq!(refusal(bad), Some(PasswordRefusal::Common), "{bad}");
        }
    }

    #[test]
    fn letters_strewn_among_digits_are_a_word_only_where_they_are_half_of_it() {
        assert_eq!(refusal("p1a2s3s4w5o6r7d8"), Some(PasswordRefusal::Common));
        assert_eq!(refusal("4a902c7715d30c668"), None, "what a generator may well come up with");
    }

    #[test]
    fn a_password_is_not_its_owners_name() {
        for bad in ["marybelline", "Marybelline2026", "enillebyram1", "bella.k1", "BellaK!!"] {
            assert_eq!(refusal(bad), Some(PasswordRefusal::Personal), "{bad}");
        }
    }

    #[test]
    fn a_common_word_among_others_is_no_reason() {
        for good in [
            "sunshine in a bottle",
            "my dragon reads at night",
            "annabelle sings loudly",
            "tr0ub4dor&3",
            "kxq-98-vbn",
        ] {
            assert_eq!(refusal(good), None, "{good}");
        }
    }

    #[test]
    fn the_list_is_words_in_order() {
        let words: Vec<_> = COMMON.lines().collect();
        assert!(words.len() > 800 && words.is_sorted());
        assert!(words.iter().all(|word| word.len() >= 3 && word.chars().all(|c| c.is_ascii_lowercase())));
    }

    #[test]
    fn every_frequent_password_is_refused() {
        let passwords: Vec<_> = FREQUENT.lines().collect();
        assert!(passwords.len() > 1_500);
        for password in passwords {
            assert_eq!(refusal(password), Some(PasswordRefusal::Common), "{password}");
            assert_eq!(password, password.to_lowercase());
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let password = NewPassword::try_new("correct horse", "anna", "a@b").unwrap();
        assert_eq!(format!("{password:?}"), "NewPassword");
    }
}
