//! What settings may not say, alone or together.

use offers_application::housekeeping::KEEP_NOTICES;
use offers_http::HttpSettings;
use secrecy::ExposeSecret;

use super::Settings;
use crate::StartError;

impl Settings {
    /// Everything that is wrong, in one sentence each that names the settings; empty where all is well.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let parsed = [
            self.currency().map(drop),
            self.database().map(drop),
            self.trusted_proxies().map(drop),
            self.check_activation_partners(),
        ];
        let parsed = parsed.into_iter().filter_map(Result::err).map(|error: StartError| error.to_string());
        let combined = [
            self.short_key(),
            self.zeros(),
            self.few_connections(),
            self.forgotten_warnings(),
            self.long_stops(),
            self.many_streams(),
            self.two_partners(),
            self.short_lease(),
            self.short_webhook_lease(),
        ];
        parsed.chain(combined.into_iter().flatten()).collect()
    }

    fn short_key(&self) -> Option<String> {
        let short = self.secret_key.as_ref().is_some_and(|key| key.expose_secret().len() < 32);
        short.then(|| "secret_key (SECRET_KEY) must have at least 32 bytes".to_owned())
    }

    fn zeros(&self) -> Option<String> {
        let zero = [
            ("http.workers", self.http.workers == 0),
            ("http.event_streams_per_user", self.http.event_streams_per_user == 0),
            ("orders.queue", self.orders.queue == 0),
            ("orders.max_batch", self.orders.max_batch == 0),
            ("orders.lanes", self.orders.lanes == 0),
            ("postgres.pool_size", self.postgres.pool_size == 0),
            ("postgres.reader_pool_size", self.postgres.reader_pool_size == 0),
            ("worker.concurrency", self.worker.concurrency == 0),
            ("worker.poll_ms", self.worker.poll_ms == 0),
            ("subscriptions.look_ms", self.subscriptions.look_ms == 0),
            ("notices.concurrency", self.notices.concurrency == 0),
            ("notices.poll_ms", self.notices.poll_ms == 0),
            ("webhooks.concurrency", self.webhooks.concurrency == 0),
            ("webhooks.per_webhook", self.webhooks.per_webhook == 0),
            ("webhooks.poll_ms", self.webhooks.poll_ms == 0),
            ("partner.max_concurrency", self.partner.max_concurrency == 0),
            ("partner.call_timeout_ms", self.partner.call_timeout_ms == 0),
        ];
        let named: Vec<_> = zero.iter().filter(|(_, is_zero)| *is_zero).map(|(name, _)| *name).collect();
        (!named.is_empty()).then(|| format!("{} must be greater than zero", named.join(", ")))
    }

    /// Orders and settlements each have so many lanes, renewals have one, and claims and logins need connections too.
    fn few_connections(&self) -> Option<String> {
        let needed = self.orders.lanes.saturating_mul(2).saturating_add(3);
        (needed > self.postgres.pool_size)
            .then(|| "postgres.pool_size must be at least 2 × orders.lanes + 3".to_owned())
    }

    /// A notice that is forgotten before the next threshold is crossed would be sent again.
    fn forgotten_warnings(&self) -> Option<String> {
        let remembered = KEEP_NOTICES.whole_days();
        let forgotten = self.subscriptions.warn_days.0.iter().any(|days| i64::from(*days) > remembered);
        forgotten.then(|| {
            "subscriptions.warn_days must be at most 90 days, which a notice is remembered".to_owned()
        })
    }

    /// A stop may take 28 seconds, and giving work back takes some of them.
    fn long_stops(&self) -> Option<String> {
        let long = self.worker.drain_ms > 25_000 || self.http.drain_ms > 10_000;
        long.then(|| "worker.drain_ms must be at most 25000, and http.drain_ms at most 10000".to_owned())
    }

    /// Streams that take every connection leave none for requests and probes.
    fn many_streams(&self) -> Option<String> {
        let each = HttpSettings::default().max_connections;
        (self.http.event_streams >= self.http.workers.saturating_mul(each)).then(|| {
            format!("http.event_streams must be less than all connections, which are http.workers × {each}")
        })
    }

    fn two_partners(&self) -> Option<String> {
        (self.partner.simulate && self.activation_partner_url.is_some()).then(|| {
            "partner.simulate and activation_partner_url (ACTIVATION_PARTNER_URL) contradict each other"
                .to_owned()
        })
    }

    /// A claim may make two calls before it settles; a lease that ends earlier would give the order to two workers.
    fn short_lease(&self) -> Option<String> {
        let two_calls = self.partner.call_timeout_ms.saturating_mul(2).saturating_add(500);
        (self.worker.lease_ms <= two_calls).then(|| {
            "worker.lease_ms must be longer than two calls: 2 × partner.call_timeout_ms + 500".to_owned()
        })
    }

    /// A lease that ends before an attempt does would send everything twice.
    fn short_webhook_lease(&self) -> Option<String> {
        (self.webhooks.lease_ms <= 12_000)
            .then(|| "webhooks.lease_ms must be longer than an attempt: more than 12000".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Numbers;

    #[test]
    fn what_would_lose_money_or_hang_is_refused_with_a_sentence() {
        type Change = fn(&mut Settings);
        let refused: [(&str, Change); 12] = [
            ("http.event_streams must be less", |s| s.http.workers = 1),
            ("SECRET_KEY", |s| s.secret_key = Some("short".into())),
            ("postgres://", |s| s.database_url = Some("mysql://localhost/offers".into())),
            ("currency", |s| s.currency = "euro".into()),
            ("worker.concurrency must be greater than zero", |s| s.worker.concurrency = 0),
            ("postgres.pool_size", |s| s.orders.lanes = 3),
            ("subscriptions.warn_days", |s| s.subscriptions.warn_days = Numbers(vec![3, 91])),
            ("two calls", |s| s.worker.lease_ms = 20_000),
            ("webhooks.per_webhook", |s| s.webhooks.per_webhook = 0),
            ("webhooks.lease_ms", |s| s.webhooks.lease_ms = 12_000),
            ("drain_ms", |s| s.worker.drain_ms = 26_000),
            ("contradict", |s| {
                s.partner.simulate = true;
                s.activation_partner_url = Some("https://partner.example".into());
            }),
        ];
        for (word, change) in refused {
            let mut settings = Settings::default();
            change(&mut settings);
            let mistakes = settings.mistakes();
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert!(mistakes[0].contains(word), "{mistakes:?}");
        }
    }

    #[test]
    fn every_mistake_is_listed() {
        let mut settings = Settings { currency: "euro".into(), ..Settings::default() };
        settings.worker.lease_ms = 1;
        settings.worker.poll_ms = 0;
        assert_eq!(settings.mistakes().len(), 3);
    }
}
