//! The steps: one file for each of those who come to the API.

mod customer;
mod partner;
mod staff;

use crate::step::Journey;

/// In the order in which a newcomer should see them.
pub(crate) static JOURNEYS: [&Journey; 3] = [&customer::JOURNEY, &partner::JOURNEY, &staff::JOURNEY];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::step::{Expected, Place, Step};
    use crate::variables::{Piece, pieces};

    fn used(step: &Step) -> BTreeSet<&str> {
        let expected = step.checks.iter().filter_map(|check| match check.expected {
            Expected::Text(text) => Some(text),
            _ => None,
        });
        let headers = step.headers.iter().map(|(_, value)| *value);
        let texts = [step.path].into_iter().chain(step.body).chain(headers).chain(expected);
        let kept = step.checks.iter().filter_map(|check| match check.expected {
            Expected::Kept(name) => Some(name),
            _ => None,
        });
        let named = texts.flat_map(pieces).filter_map(|piece| match piece {
            Piece::Name(name) => Some(name),
            Piece::Text(_) => None,
        });
        named.chain(kept).chain(step.caller.secret()).collect()
    }

    #[test]
    fn every_step_uses_only_what_is_known_by_then() {
        for journey in JOURNEYS {
            let mut known: BTreeSet<_> = journey.needs.iter().copied().collect();
            for step in journey.steps {
                for name in used(step) {
                    assert!(known.contains(name), "{}, {}: nobody keeps {name}", journey.name, step.title);
                }
                known.extend(step.keeps.iter().map(|keep| keep.name));
            }
        }
    }

    #[test]
    fn every_step_says_what_it_is_and_why_it_is_answered_so() {
        for journey in JOURNEYS {
            let titles: BTreeSet<_> = journey.steps.iter().map(|step| step.title).collect();
            assert_eq!(titles.len(), journey.steps.len(), "{}: two steps have one name", journey.name);
            for step in journey.steps {
                assert!(
                    !step.title.is_empty() && step.why.ends_with('.'),
                    "{}: {}",
                    journey.name,
                    step.title
                );
            }
        }
    }

    #[test]
    fn headers_are_only_compared_as_texts() {
        for check in JOURNEYS.iter().flat_map(|journey| journey.steps).flat_map(|step| step.checks) {
            let comparable = matches!(check.expected, Expected::Text(_) | Expected::Present);
            assert!(comparable || matches!(check.place, Place::Member(_)), "{check:?}");
        }
    }
}
