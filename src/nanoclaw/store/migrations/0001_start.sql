CREATE TABLE groups (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    trigger TEXT NOT NULL,
    requires_trigger INTEGER NOT NULL CHECK (requires_trigger IN (0, 1)),
    is_main INTEGER NOT NULL CHECK (is_main IN (0, 1)),
    created_at INTEGER NOT NULL,
    -- Set when the registration was removed: history keeps its group, and the folder may be registered again.
    removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX groups_one_main ON groups (is_main) WHERE is_main = 1 AND removed_at IS NULL;

CREATE TABLE chats (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    -- Null: not registered. Its messages are not kept, only its name and last activity.
    group_id INTEGER REFERENCES groups (id),
    -- The newest message that an answered turn has covered.
    cursor INTEGER NOT NULL DEFAULT 0,
    last_activity INTEGER NOT NULL,
    UNIQUE (channel, address)
) STRICT;
CREATE INDEX chats_by_group ON chats (group_id);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    external_id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    text TEXT NOT NULL,
    -- JSON {"sender", "text"} of the message replied to.
    quote TEXT,
    -- JSON [{"name", "media_type", "path"}].
    attachments TEXT,
    from_assistant INTEGER NOT NULL CHECK (from_assistant IN (0, 1)),
    sent_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    -- The last turn that claimed it.
    turn_id INTEGER REFERENCES turns (id),
    UNIQUE (chat_id, external_id)
) STRICT;
CREATE INDEX messages_by_chat ON messages (chat_id, id);
CREATE INDEX messages_by_turn ON messages (turn_id) WHERE turn_id IS NOT NULL;

CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    group_id INTEGER NOT NULL REFERENCES groups (id),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'answered', 'merged', 'failed', 'stopped')),
    -- The message that woke the agent; always among those claimed.
    trigger_id INTEGER NOT NULL REFERENCES messages (id),
    -- The newest message claimed; null until it first runs.
    through_id INTEGER,
    -- Failures so far.
    attempt INTEGER NOT NULL DEFAULT 0,
    -- Restarts of the daemon while it ran.
    interruptions INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    -- The turn whose reply answered this one too, or that took its messages over.
    covered_by INTEGER REFERENCES turns (id),
    error TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    model_request_at INTEGER,
    finished_at INTEGER,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cache_read_tokens INTEGER NOT NULL DEFAULT 0,
    cache_write_tokens INTEGER NOT NULL DEFAULT 0,
    cost_usd REAL NOT NULL DEFAULT 0
) STRICT;
-- At most one turn of a chat waits: whatever comes meanwhile is claimed with it.
CREATE UNIQUE INDEX turns_one_queued ON turns (chat_id) WHERE state = 'queued';
CREATE INDEX turns_open ON turns (state, id) WHERE state IN ('queued', 'running');

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    turn_id INTEGER REFERENCES turns (id),
    -- The same at every attempt, so that the network can see a resend for what it is. Also makes queueing idempotent.
    client_id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    external_id TEXT,
    error TEXT,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
CREATE INDEX outbox_open ON outbox (chat_id, id) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_by_turn ON outbox (turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX outbox_by_chat ON outbox (chat_id, id);

CREATE TABLE sessions (
    group_id INTEGER PRIMARY KEY REFERENCES groups (id),
    session TEXT NOT NULL,
    -- The transcript entry to resume at: whatever came after it belongs to a turn that never finished.
    entry TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE model_calls (
    id INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups (id),
    model TEXT NOT NULL,
    status INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL
) STRICT;
CREATE INDEX model_calls_by_time ON model_calls (group_id, started_at);

-- What the owner should know of; the newest are shown by `nanoclaw status`.
CREATE TABLE troubles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    hint TEXT NOT NULL
) STRICT;

CREATE TABLE installation (
    id TEXT NOT NULL
) STRICT;
