//! Money and dates as people write them, and names made safe to print.

use offers_domain::money::{Amount, Currency};
use offers_domain::user::Locale;
use time::OffsetDateTime;

const NO_BREAK: char = '\u{a0}';
const NARROW_NO_BREAK: char = '\u{202f}';

/// `€1,234.50` in English, `1 234,50 €` in French; a currency without a known sign by its code.
pub(crate) fn money(amount: Amount, locale: Locale) -> String {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (group, point) = match locale {
        Locale::En => (',', "."),
        Locale::Fr => (NARROW_NO_BREAK, ","),
    };
    let point = if fraction.is_empty() { "" } else { point };
    let number = format!("{}{point}{fraction}", grouped(whole, group));
    let (sign, known) = sign(amount.currency());
    match locale {
        Locale::En if known => format!("{sign}{number}"),
        Locale::En => format!("{sign}{NO_BREAK}{number}"),
        Locale::Fr => format!("{number}{NO_BREAK}{sign}"),
    }
}

fn grouped(digits: &str, separator: char) -> String {
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.char_indices() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

fn sign(currency: Currency) -> (String, bool) {
    match currency.code() {
        "EUR" => ("€".into(), true),
        "GBP" => ("£".into(), true),
        "USD" => ("$".into(), true),
        code => (code.to_owned(), false),
    }
}

/// `31 March 2026, 12:00 UTC` in English, `31 mars 2026 à 12:00 UTC` in French.
pub(crate) fn date(at: OffsetDateTime, locale: Locale) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (day, year) = (at.day(), at.year());
    let clock = format!("{:02}:{:02} UTC", at.hour(), at.minute());
    let month = usize::from(u8::from(at.month())).saturating_sub(1);
    match locale {
        Locale::En => format!("{day} {} {year}, {clock}", at.month()),
        Locale::Fr => {
            let first = if day == 1 { "er" } else { "" };
            format!("{day}{first} {} {year} à {clock}", MONTHS_FR.get(month).unwrap_or(&""))
        }
    }
}

const MONTHS_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// A name from outside on one line: without control characters, and without those that make text read backwards.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !turns_or_breaks(*c)).collect()
}

/// Line and paragraph separators; embeddings, overrides and isolates of the reading direction.
fn turns_or_breaks(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn amount(minor: i64, code: &str) -> Amount {
        Amount::from_minor(minor, code.parse().unwrap()).unwrap()
    }

    #[test]
    fn money_is_written_as_its_reader_writes_it() {
        for (minor, code, english, french) in [
            (1999, "EUR", "€19.99", "19,99\u{a0}€"),
            (123_456_750, "EUR", "€1,234,567.50", "1\u{202f}234\u{202f}567,50\u{a0}€"),
            (50_000, "XOF", "XOF\u{a0}50,000", "50\u{202f}000\u{a0}XOF"),
            (100_000, "USD", "$1,000.00", "1\u{202f}000,00\u{a0}$"),
            (1005, "TND", "TND\u{a0}1.005", "1,005\u{a0}TND"),
        ] {
            assert_eq!(money(amount(minor, code), Locale::En), english);
            assert_eq!(money(amount(minor, code), Locale::Fr), french);
        }
    }

    #[test]
    fn dates_are_written_as_their_reader_writes_them() {
        for (at, english, french) in [
            (datetime!(2026-03-31 9:05 UTC), "31 March 2026, 09:05 UTC", "31 mars 2026 à 09:05 UTC"),
            (datetime!(2026-08-01 1:30 +2), "31 July 2026, 23:30 UTC", "31 juillet 2026 à 23:30 UTC"),
            (datetime!(2026-12-01 0:00 UTC), "1 December 2026, 00:00 UTC", "1er décembre 2026 à 00:00 UTC"),
        ] {
            assert_eq!((date(at, Locale::En), date(at, Locale::Fr)), (english.into(), french.into()));
        }
    }

    #[test]
    fn a_name_cannot_break_the_line_or_turn_it_around() {
        assert_eq!(one_line("a\r\nBcc: b\u{0}\u{202e}c\u{2028}d\u{2066}"), "aBcc: bcd");
        assert_eq!(one_line("إنترنت Fibre אינטרנט"), "إنترنت Fibre אינטרנט");
    }
}
