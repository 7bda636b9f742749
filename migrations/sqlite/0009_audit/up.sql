-- Who did what to what, when and why. The actions and the kinds of subjects are the program's closed lists; new ones need no
-- migration, so only their shape is checked here.
CREATE TABLE audit_events (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    actor_kind   TEXT    NOT NULL CHECK (actor_kind IN ('user', 'staff', 'partner', 'system', 'anonymous')),
    actor_id     INTEGER,
    action       TEXT    NOT NULL CHECK (length(action) BETWEEN 1 AND 40),
    subject_kind TEXT    NOT NULL CHECK (length(subject_kind) BETWEEN 1 AND 40),
    subject_id   TEXT    NOT NULL CHECK (length(subject_id) BETWEEN 1 AND 64),
    reason       TEXT    CHECK (length(reason) BETWEEN 1 AND 500),
    details      TEXT    NOT NULL CHECK (json_valid(details)),
    request_id   TEXT    CHECK (length(request_id) BETWEEN 1 AND 128),
    CONSTRAINT audit_events_actor CHECK ((actor_id IS NULL) = (actor_kind IN ('system', 'anonymous')))
) STRICT;

-- Newest first: everything, one actor's deeds, what was done to one thing, one kind of deed.
CREATE INDEX audit_events_by_time ON audit_events (at, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, actor_kind, at, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_by_subject ON audit_events (subject_id, subject_kind, at, id);
CREATE INDEX audit_events_by_action ON audit_events (action, at, id);

CREATE TRIGGER audit_events_are_kept BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;
CREATE TRIGGER audit_events_are_never_deleted BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never deleted');
END;
