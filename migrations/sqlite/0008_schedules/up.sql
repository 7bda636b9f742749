-- When each scheduled job last ran. Whoever moves the instant on runs the job.
CREATE TABLE schedules (
    job         TEXT    NOT NULL PRIMARY KEY,
    last_run_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
