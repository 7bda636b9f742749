-- When each scheduled job last ran. Whoever moves the instant on runs the job.
CREATE TABLE schedules (
    job         text           NOT NULL PRIMARY KEY,
    last_run_at timestamptz(6) NOT NULL
);
