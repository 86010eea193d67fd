-- Not null: no message of its own, but a line about an earlier one of either side, for the next prompt.
ALTER TABLE messages ADD COLUMN change TEXT CHECK (change IN ('edited', 'deleted', 'reacted'));
ALTER TABLE messages ADD COLUMN about_message INTEGER REFERENCES messages (id);
ALTER TABLE messages ADD COLUMN about_reply INTEGER REFERENCES outbox (id);
-- When its author last changed it: an older change that comes later is none.
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
-- Its text and its files are gone; the row stays, for others refer to it.
ALTER TABLE messages ADD COLUMN deleted_at INTEGER;
-- It was for the assistant.
ALTER TABLE messages ADD COLUMN woke INTEGER NOT NULL DEFAULT 0 CHECK (woke IN (0, 1));
-- Where a voice note lies, below the group's folder, that has yet to be written down: turns of its chat wait for that.
ALTER TABLE messages ADD COLUMN voice TEXT;
CREATE INDEX messages_about_message ON messages (about_message) WHERE about_message IS NOT NULL;
CREATE INDEX messages_about_reply ON messages (about_reply) WHERE about_reply IS NOT NULL;
CREATE INDEX messages_voices ON messages (chat_id) WHERE voice IS NOT NULL;

ALTER TABLE outbox ADD COLUMN deleted_at INTEGER;
CREATE INDEX outbox_by_external_id ON outbox (chat_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX outbox_by_target ON outbox (target_reply) WHERE target_reply IS NOT NULL;

-- What was done to earlier messages, each once by its own name.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    external_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (chat_id, external_id)
) STRICT;

-- Where a group's tasks and news go, if the owner has said so.
ALTER TABLE chats ADD COLUMN is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1));
CREATE UNIQUE INDEX chats_one_primary ON chats (group_id) WHERE is_primary = 1;
-- As groups.forgotten_at, for groups whose chats have conversations of their own.
ALTER TABLE chats ADD COLUMN forgotten_at INTEGER NOT NULL DEFAULT 0;
CREATE TABLE chat_sessions (
    chat_id INTEGER PRIMARY KEY REFERENCES chats (id),
    session TEXT NOT NULL,
    entry TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

DROP VIEW incoming_lines;
CREATE VIEW incoming_lines AS
SELECT m.id AS row, m.received_at AS at, 'in' AS direction, c.channel, c.address, g.folder, m.sender_name AS sender,
    m.text,
    CASE WHEN m.held THEN 'held' WHEN m.deleted_at IS NOT NULL THEN 'deleted' ELSE coalesce(t.state, 'stored') END AS state,
    m.external_id AS name, CASE m.change WHEN 'reacted' THEN 'reaction' ELSE 'text' END AS kind,
    coalesce('in-' || m.about_message, 'out-' || m.about_reply) AS target, NULL AS file, m.attachments, NULL AS options,
    m.from_assistant, m.kind AS kind_in
FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN groups g ON g.id = c.group_id
    LEFT JOIN turns t ON t.id = m.turn_id;
DROP VIEW outgoing_lines;
CREATE VIEW outgoing_lines AS
SELECT o.id AS row, o.created_at AS at, 'out' AS direction, c.channel, c.address, g.folder, NULL AS sender,
    o.text, CASE WHEN o.deleted_at IS NOT NULL THEN 'deleted' ELSE o.state END AS state, o.client_id AS name,
    o.kind, coalesce('in-' || o.target_message, 'out-' || o.target_reply) AS target, o.file, NULL AS attachments,
    (SELECT q.options FROM questions q WHERE q.id = o.question_id AND q.state = 'open') AS options,
    1 AS from_assistant, '' AS kind_in
FROM outbox o JOIN chats c ON c.id = o.chat_id LEFT JOIN groups g ON g.id = c.group_id;
