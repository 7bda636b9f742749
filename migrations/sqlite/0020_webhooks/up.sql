-- A key may look after the partner's webhooks. A table's checks cannot be changed, so the keys are copied into one that
-- knows the scope.
ALTER TABLE api_keys RENAME TO api_keys_before;

CREATE TABLE api_keys (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    partner_id   INTEGER NOT NULL REFERENCES partners (id),
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint         TEXT    NOT NULL CHECK (length(hint) = 4),
    mode         TEXT    NOT NULL CHECK (mode IN ('live', 'test')),
    scopes       TEXT    NOT NULL CHECK (scopes IN (
        'activate', 'read', 'webhooks', 'activate,read', 'activate,webhooks', 'read,webhooks', 'activate,read,webhooks'
    )),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT;

INSERT INTO api_keys SELECT * FROM api_keys_before;
DROP TABLE api_keys_before;

CREATE INDEX api_keys_by_partner ON api_keys (partner_id, id);

-- Where somebody hears of events; without a partner it is the operator. Secrets are kept as they are, because they sign.
CREATE TABLE webhooks (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    partner_id      INTEGER REFERENCES partners (id),
    url             TEXT    NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    description     TEXT    NOT NULL CHECK (length(description) <= 200),
    kinds           TEXT    NOT NULL CHECK (length(kinds) > 0),
    status          TEXT    NOT NULL CHECK (status IN ('enabled', 'paused', 'disabled', 'deleted')),
    disabled_reason TEXT    CHECK (disabled_reason IN ('gone', 'failing')),
    secret          TEXT    NOT NULL,
    previous_secret TEXT,
    previous_until  INTEGER,
    failing_since   INTEGER,
    failures        INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    resume_at       INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CONSTRAINT webhooks_disabled CHECK ((disabled_reason IS NOT NULL) = (status = 'disabled')),
    CONSTRAINT webhooks_deleted CHECK ((secret = '') = (status = 'deleted')),
    CONSTRAINT webhooks_previous CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
) STRICT;

CREATE INDEX webhooks_by_owner ON webhooks (partner_id, id) WHERE status <> 'deleted';
CREATE INDEX webhooks_enabled ON webhooks (id) WHERE status = 'enabled';

-- What happened, as far as somebody wanted to know. The id follows the order of the commits that touch one order; the name
-- is what receivers see.
CREATE TABLE webhook_events (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name           BLOB    NOT NULL DEFAULT (randomblob(16)) UNIQUE CHECK (length(name) = 16),
    kind           TEXT    NOT NULL,
    dedupe_key     TEXT    NOT NULL UNIQUE,
    transaction_id BLOB    CHECK (length(transaction_id) = 16),
    user_id        INTEGER,
    offer_id       INTEGER,
    user_offer_id  INTEGER,
    ends_at        INTEGER,
    days           INTEGER CHECK (days > 0),
    error_code     TEXT,
    partner_id     INTEGER,
    reference      TEXT,
    created_at     INTEGER NOT NULL,
    CONSTRAINT webhook_events_facts CHECK (
        CASE kind
            WHEN 'transaction.succeeded' THEN 1
            WHEN 'transaction.failed' THEN error_code IS NOT NULL
            WHEN 'subscription.activated' THEN user_offer_id IS NOT NULL AND ends_at IS NOT NULL
            WHEN 'subscription.expiring' THEN user_offer_id IS NOT NULL AND ends_at IS NOT NULL AND days IS NOT NULL
            WHEN 'subscription.expired' THEN user_offer_id IS NOT NULL AND ends_at IS NOT NULL
            WHEN 'subscription.renewed' THEN user_offer_id IS NOT NULL AND ends_at IS NOT NULL
            WHEN 'webhook.test' THEN 1
            ELSE 0
        END
    ),
    CONSTRAINT webhook_events_order CHECK (
        kind = 'webhook.test' OR (transaction_id IS NOT NULL AND user_id IS NOT NULL AND offer_id IS NOT NULL)
    )
) STRICT;

CREATE INDEX webhook_events_by_time ON webhook_events (created_at, id);

CREATE TRIGGER webhook_events_are_kept BEFORE UPDATE ON webhook_events
BEGIN
    SELECT RAISE(ABORT, 'webhook_events are never changed');
END;

-- One event on its way to one endpoint, and its own job: it is work from due_at on, which is the end of a lease while it is
-- being sent. The topic is the order that the event is about: of one topic, one delivery at a time, in the order of events.
CREATE TABLE webhook_deliveries (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    event_id   INTEGER NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    topic      BLOB,
    status     TEXT    NOT NULL CHECK (status IN ('queued', 'sending', 'delivered', 'failed')),
    due_at     INTEGER,
    attempt    INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    tries      INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    reason     TEXT,
    queued_at  INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT webhook_deliveries_schedule CHECK ((due_at IS NOT NULL) = (status IN ('queued', 'sending')))
) STRICT;

CREATE UNIQUE INDEX webhook_deliveries_of_event ON webhook_deliveries (event_id, webhook_id);
-- The work list of each endpoint, and what stands before a delivery in its topic.
CREATE INDEX webhook_deliveries_work ON webhook_deliveries (webhook_id, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_topic ON webhook_deliveries (webhook_id, topic, event_id) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, id);

-- The log: what each attempt led to, without a word of the receiver's.
CREATE TABLE webhook_attempts (
    delivery_id INTEGER NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL CHECK (number > 0),
    status      INTEGER CHECK (status BETWEEN 100 AND 999),
    error       TEXT,
    started_at  INTEGER NOT NULL,
    took_ms     INTEGER NOT NULL CHECK (took_ms >= 0),
    PRIMARY KEY (delivery_id, number)
) STRICT;
