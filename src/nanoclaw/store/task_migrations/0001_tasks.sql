CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder TEXT NOT NULL,
    -- Where its results go.
    channel TEXT NOT NULL,
    chat TEXT NOT NULL,
    prompt TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('cron', 'interval', 'once')),
    value TEXT NOT NULL,
    context TEXT NOT NULL CHECK (context IN ('group', 'isolated')),
    missed TEXT NOT NULL,
    script TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'done', 'cancelled')),
    created_at INTEGER NOT NULL,
    -- Null: nothing is to come.
    next_at INTEGER
) STRICT;
CREATE INDEX tasks_due ON tasks (next_at) WHERE state = 'active' AND next_at IS NOT NULL;
CREATE INDEX tasks_of_group ON tasks (folder);

-- One row an occurrence, whatever became of it. Of many that were missed together only the last has a row.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    scheduled_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'started', 'skipped', 'missed', 'failed', 'succeeded')),
    started_at INTEGER,
    finished_at INTEGER,
    result TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    cost_usd REAL NOT NULL DEFAULT 0,
    -- Null: there was nothing to deliver, or it is not known yet.
    delivered INTEGER CHECK (delivered IN (0, 1)),
    by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)),
    UNIQUE (task_id, scheduled_at)
) STRICT;
CREATE INDEX runs_open ON runs (state, task_id) WHERE state IN ('due', 'started');
