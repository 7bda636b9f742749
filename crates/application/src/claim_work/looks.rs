//! Where a look at the work list begins: a bell tells of new work, so what was looked at a moment ago need not be read again.

use std::collections::HashMap;

use offers_domain::activation_partner::{ActivationPartner, Places};
use offers_domain::transaction::Transaction;
use time::{Duration, OffsetDateTime};

/// How often all of the list is looked at: for what others gave back, and for orders whose commit took longer than
/// [`OVERLAP`].
const WHOLE: Duration = Duration::SECOND;
/// So long after it was due an order is usually there to be seen.
const OVERLAP: Duration = Duration::milliseconds(250);

/// What was looked at so far.
#[derive(Debug, Default)]
pub(super) struct Looks {
    whole: Option<OffsetDateTime>,
    /// The last look that left a partner nothing.
    empty: HashMap<ActivationPartner, OffsetDateTime>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) places: Vec<Places>,
    /// Whether it begins at the head of the list for everybody.
    pub(super) is_whole: bool,
    pub(super) now: OffsetDateTime,
}

impl Looks {
    /// What to look at for these places at `now`. A clock that was set back begins anew.
    pub(super) fn next(&self, places: &[Places], now: OffsetDateTime) -> Look {
        let is_whole = self.whole.is_none_or(|last| now < last || now - last >= WHOLE);
        let since = |places: &Places| {
            let empty = self.empty.get(&places.partner).filter(|_| !is_whole)?;
            Some(empty.saturating_sub(OVERLAP))
        };
        let places = places.iter().map(|places| Places { since: since(places), ..*places }).collect();
        Look { places, is_whole, now }
    }

    /// Takes down a look that has found these orders. A partner whose places were all taken may have more.
    pub(super) fn made(&mut self, look: &Look, found: &[Transaction]) {
        if look.is_whole {
            self.whole = Some(look.now);
        }
        for Places { partner, free, .. } in &look.places {
            let taken = found.iter().filter(|order| order.order().activated_by == *partner).count();
            if taken < *free {
                self.empty.insert(*partner, look.now);
            } else {
                self.empty.remove(partner);
            }
        }
    }
}
