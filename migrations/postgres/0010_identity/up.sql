-- When each login was last heard of, for its owner's list.
-- The default is for processes of the version before, which may still log people in.
ALTER TABLE sessions ADD COLUMN last_used_at timestamptz(6) NOT NULL DEFAULT now();
UPDATE sessions SET last_used_at = created_at;

CREATE INDEX sessions_of_user ON sessions (user_id, created_at, id) WHERE revoked_at IS NULL;

-- The token that was traded for this one. Of a trade whose answer was lost there are two children.
ALTER TABLE refresh_tokens ADD COLUMN parent bytea CHECK (length(parent) = 32);

CREATE INDEX refresh_tokens_by_parent ON refresh_tokens (parent) WHERE parent IS NOT NULL;
