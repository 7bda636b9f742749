//! What somebody who has mistyped a name may have meant.

/// How alike two names must be, from 0 to 1.
const ALIKE: f64 = 0.8;

/// Of the names that exist, the one most like this one; none where nothing is.
pub(crate) fn most_like<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &'a str| (strsim::jaro_winkler(name, known), known);
    let best = known.into_iter().map(likeness).max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_right_is_suggested_and_nothing_else() {
        let known = ["offer_not_found", "offer_sold_out", "overloaded"];
        assert_eq!(most_like("offer_notfound", known), Some("offer_not_found"));
        assert_eq!(most_like("ofer_sold_out", known), Some("offer_sold_out"));
        assert_eq!(most_like("teapot", known), None);
    }
}
