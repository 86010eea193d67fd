-- JSON {option: text}, as `groups set` takes them; what stands at its default is absent.
ALTER TABLE groups ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
-- When a person last asked for a new conversation: turns that began before do not bring the old one back.
ALTER TABLE groups ADD COLUMN forgotten_at INTEGER NOT NULL DEFAULT 0;

-- A message of a person, a command such as /new, or an occurrence of a task.
ALTER TABLE messages ADD COLUMN kind TEXT NOT NULL DEFAULT 'message' CHECK (kind IN ('message', 'command', 'task'));
-- Not 0: its sender is unknown and the owner has been asked; nobody sees it until the answer. 2: it also mentions the
-- assistant in a way that only its network knows.
ALTER TABLE messages ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1, 2));
ALTER TABLE messages ADD COLUMN question_id INTEGER REFERENCES questions (id);
CREATE INDEX messages_held ON messages (chat_id, sender_id) WHERE held > 0;

ALTER TABLE turns ADD COLUMN lane TEXT NOT NULL DEFAULT 'group' CHECK (lane IN ('group', 'isolated'));
-- The occurrence of a task (a row of tasks.db) that this turn runs, and its task.
ALTER TABLE turns ADD COLUMN run INTEGER;
ALTER TABLE turns ADD COLUMN task_id INTEGER;
DROP INDEX turns_one_queued;
-- At most one turn of a chat waits: whatever comes meanwhile is claimed with it. Runs of tasks stand for themselves.
CREATE UNIQUE INDEX turns_one_queued ON turns (chat_id) WHERE state = 'queued' AND run IS NULL;
CREATE UNIQUE INDEX turns_by_run ON turns (run) WHERE run IS NOT NULL;
-- A partial index serves only a query that names its very condition: one for each state.
DROP INDEX turns_open;
CREATE INDEX turns_queued ON turns (group_id, id) WHERE state = 'queued';
CREATE INDEX turns_running ON turns (chat_id, id) WHERE state = 'running';
CREATE INDEX turns_by_task ON turns (task_id) WHERE task_id IS NOT NULL;

ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'text' CHECK (kind IN ('text', 'file', 'reaction', 'edit'));
-- JSON {"name", "media_type", "path", "size"}.
ALTER TABLE outbox ADD COLUMN file TEXT;
-- What a reaction or an edit is about: an incoming message, or one of our own.
ALTER TABLE outbox ADD COLUMN target_message INTEGER REFERENCES messages (id);
ALTER TABLE outbox ADD COLUMN target_reply INTEGER REFERENCES outbox (id);
ALTER TABLE outbox ADD COLUMN question_id INTEGER REFERENCES questions (id);

ALTER TABLE model_calls ADD COLUMN cost_usd REAL NOT NULL DEFAULT 0;

CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    -- Null: in every group.
    group_id INTEGER REFERENCES groups (id),
    added_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX people_once ON people (channel, sender, ifnull(group_id, 0));

-- Messages that were not taken in: counted, never kept.
CREATE TABLE dropped (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    chat TEXT NOT NULL,
    sender TEXT NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (channel, chat, sender, reason)
) STRICT;

CREATE TABLE questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Asking is idempotent: the same key twice is one question.
    key TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL CHECK (purpose IN ('agent', 'domain', 'sender')),
    -- The group that it is about, and the chat in which it is asked.
    group_id INTEGER NOT NULL REFERENCES groups (id),
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    text TEXT NOT NULL,
    -- JSON [text]; empty: any text is the answer.
    options TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'settled', 'expired')),
    answer TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    asked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    answered_at INTEGER
) STRICT;
CREATE INDEX questions_open ON questions (chat_id) WHERE state = 'open';
CREATE INDEX questions_to_settle ON questions (state) WHERE state IN ('open', 'answered');
CREATE VIEW questions_shown AS
SELECT q.id, q.purpose, g.folder, c.channel, c.address, q.text, q.options, q.subject, q.state, q.expires_at, q.answer,
    q.chat_id, q.key
FROM questions q JOIN groups g ON g.id = q.group_id JOIN chats c ON c.id = q.chat_id;

-- Full text of both directions. `scope` is the group at the time of writing, such as g17: a chat that later belongs to
-- another group does not take its past along. It is looked for as a word is, so that one group's lines are found without
-- going through the others'; `group_id` says the same to who looks in all. Short beginnings of words have an index of
-- their own: without it every row of every word that begins so would be read.
CREATE VIRTUAL TABLE messages_text USING fts5 (
    text, scope, group_id UNINDEXED, content = '', contentless_delete = 1, contentless_unindexed = 1,
    prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE outbox_text USING fts5 (
    text, scope, group_id UNINDEXED, content = '', contentless_delete = 1, contentless_unindexed = 1,
    prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO messages_text (rowid, text, scope, group_id)
SELECT m.id, searchable(m.text), 'g' || c.group_id, c.group_id FROM messages m JOIN chats c ON c.id = m.chat_id
WHERE c.group_id IS NOT NULL;
INSERT INTO outbox_text (rowid, text, scope, group_id)
SELECT o.id, searchable(o.text), 'g' || c.group_id, c.group_id FROM outbox o JOIN chats c ON c.id = o.chat_id
WHERE c.group_id IS NOT NULL;

-- Both directions in the same columns, for whoever shows what was said.
CREATE VIEW incoming_lines AS
SELECT m.id AS row, m.received_at AS at, 'in' AS direction, c.channel, c.address, g.folder, m.sender_name AS sender,
    m.text, CASE WHEN m.held THEN 'held' ELSE coalesce(t.state, 'stored') END AS state, m.external_id AS name,
    'text' AS kind, NULL AS target, NULL AS file, m.attachments, NULL AS options, m.from_assistant, m.kind AS kind_in
FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN groups g ON g.id = c.group_id
    LEFT JOIN turns t ON t.id = m.turn_id;
CREATE VIEW outgoing_lines AS
SELECT o.id AS row, o.created_at AS at, 'out' AS direction, c.channel, c.address, g.folder, NULL AS sender,
    o.text, o.state, o.client_id AS name,
    o.kind, coalesce('in-' || o.target_message, 'out-' || o.target_reply) AS target, o.file, NULL AS attachments,
    (SELECT q.options FROM questions q WHERE q.id = o.question_id AND q.state = 'open') AS options,
    1 AS from_assistant, '' AS kind_in
FROM outbox o JOIN chats c ON c.id = o.chat_id LEFT JOIN groups g ON g.id = c.group_id;
