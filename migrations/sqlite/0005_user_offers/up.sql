CREATE TABLE user_offers (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id        INTEGER NOT NULL REFERENCES users (id),
    offer_id       INTEGER NOT NULL REFERENCES offers (id),
    transaction_id BLOB    NOT NULL UNIQUE REFERENCES transactions (id) DEFERRABLE INITIALLY DEFERRED,
    status         TEXT    NOT NULL CHECK (status IN ('pending', 'active', 'expired', 'cancelled')),
    activated_at   INTEGER,
    expires_at     INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    CONSTRAINT user_offers_period CHECK (
        (activated_at IS NOT NULL) = (status IN ('active', 'expired'))
        AND (expires_at IS NOT NULL) = (status IN ('active', 'expired'))
    )
) STRICT;

CREATE INDEX user_offers_by_user ON user_offers (user_id, id);
-- What a customer holds of an offer, the longest running last.
CREATE INDEX user_offers_running ON user_offers (user_id, offer_id, expires_at) WHERE expires_at IS NOT NULL;
