CREATE TABLE sessions (
    id         uuid           PRIMARY KEY,
    user_id    bigint         NOT NULL REFERENCES users (id),
    created_at timestamptz(6) NOT NULL,
    expires_at timestamptz(6) NOT NULL,
    revoked_at timestamptz(6)
);

-- Both ways in which a session ends, for forgetting it afterwards.
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_revocation ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- SHA-256 of each token; the token itself is kept nowhere.
CREATE TABLE refresh_tokens (
    hash       bytea          PRIMARY KEY CHECK (length(hash) = 32),
    session_id uuid           NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at timestamptz(6) NOT NULL,
    used_at    timestamptz(6)
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
