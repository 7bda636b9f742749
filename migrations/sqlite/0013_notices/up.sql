-- A message to a customer, and its own job: it is work from due_at on, which is the end of a lease while it is being sent.
-- It holds the facts that its text needs, neither the text nor an address.
CREATE TABLE notices (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES users (id),
    channel       TEXT    NOT NULL CHECK (channel IN ('email', 'sms')),
    kind          TEXT    NOT NULL,
    dedupe_key    TEXT    NOT NULL UNIQUE,
    reference     BLOB    CHECK (length(reference) = 16),
    user_offer_id INTEGER,
    offer_id      INTEGER,
    amount        INTEGER CHECK (amount > 0),
    currency      TEXT    CHECK (length(currency) = 3),
    ends_at       INTEGER,
    days          INTEGER CHECK (days > 0),
    status        TEXT    NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'abandoned')),
    due_at        INTEGER,
    attempt       INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    reason        TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    CONSTRAINT notices_facts CHECK (
        CASE kind
            WHEN 'activation_succeeded' THEN reference IS NOT NULL AND offer_id IS NOT NULL AND ends_at IS NOT NULL
            WHEN 'activation_failed' THEN reference IS NOT NULL AND offer_id IS NOT NULL
            WHEN 'expiring' THEN
                user_offer_id IS NOT NULL AND offer_id IS NOT NULL AND ends_at IS NOT NULL AND days IS NOT NULL
            WHEN 'expired' THEN user_offer_id IS NOT NULL AND offer_id IS NOT NULL AND ends_at IS NOT NULL
            WHEN 'auto_renew_failed' THEN
                user_offer_id IS NOT NULL AND offer_id IS NOT NULL AND ends_at IS NOT NULL AND amount IS NOT NULL
            WHEN 'wallet_credited' THEN reference IS NOT NULL AND amount IS NOT NULL
            ELSE FALSE
        END
    ),
    CONSTRAINT notices_amount CHECK ((amount IS NULL) = (currency IS NULL)),
    CONSTRAINT notices_schedule CHECK ((due_at IS NOT NULL) = (status IN ('queued', 'sending')))
) STRICT;

-- The work list of each channel.
CREATE INDEX notices_work ON notices (channel, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX notices_by_user ON notices (user_id, id);
-- What staff look for.
CREATE INDEX notices_undelivered ON notices (status, id) WHERE status IN ('failed', 'abandoned');
