-- name: add
INSERT INTO groups (folder, name, trigger, requires_trigger, is_main, created_at, temporary)
VALUES (:folder, :name, :trigger, :requires_trigger, :is_main, :now, :temporary)
ON CONFLICT (folder) DO UPDATE SET
    name = excluded.name, trigger = excluded.trigger, requires_trigger = excluded.requires_trigger,
    is_main = excluded.is_main, removed_at = NULL
RETURNING id

-- name: find
SELECT id, folder, name, trigger, requires_trigger, is_main, options, temporary FROM groups
WHERE folder = :folder AND removed_at IS NULL

-- name: all
SELECT id, folder, name, trigger, requires_trigger, is_main, options, temporary FROM groups
WHERE removed_at IS NULL AND temporary = 0 ORDER BY is_main DESC, folder

-- name: every
SELECT id, folder, name, trigger, requires_trigger, is_main, options, temporary FROM groups
WHERE removed_at IS NULL ORDER BY is_main DESC, temporary, folder

-- name: by_chat
SELECT g.id, g.folder, g.name, g.trigger, g.requires_trigger, g.is_main, g.options, g.temporary
FROM chats c JOIN groups g ON g.id = c.group_id
WHERE c.channel = :channel AND c.address = :address

-- name: remove
UPDATE groups SET removed_at = :now, is_main = 0, options = '{}' WHERE folder = :folder AND removed_at IS NULL RETURNING id

-- name: release_chats
UPDATE chats SET group_id = NULL, is_primary = 0 WHERE group_id = :group

-- name: chats_of
SELECT id FROM chats WHERE group_id = :group

-- name: chat_of_group
SELECT c.id FROM chats c WHERE c.channel = :channel AND c.address = :address AND c.group_id = :group

-- name: release_chat
UPDATE chats SET group_id = NULL, is_primary = 0 WHERE id = :chat

-- name: no_primary
UPDATE chats SET is_primary = 0 WHERE group_id = :group

-- name: set_primary
UPDATE chats SET is_primary = 1 WHERE id = :chat

-- name: drop_turns_of_chat
UPDATE turns SET state = 'stopped', error = 'the chat was taken from the group', finished_at = :now
WHERE id IN (
    SELECT id FROM turns WHERE chat_id = :chat AND state = 'queued'
    UNION ALL SELECT id FROM turns WHERE chat_id = :chat AND state = 'running'
)

-- name: close_questions_of_chat
UPDATE questions SET state = 'expired' WHERE chat_id = :chat AND state = 'open'

-- name: drop_open_turns
UPDATE turns SET state = 'stopped', error = 'the group was removed', finished_at = :now
WHERE (group_id = :group AND state = 'queued') OR (group_id = :group AND state = 'running')

-- name: bind_chat
INSERT INTO chats (channel, address, name, group_id, last_activity)
VALUES (:channel, :address, :name, :group, :now)
ON CONFLICT (channel, address) DO UPDATE SET
    group_id = excluded.group_id,
    name = CASE WHEN chats.name = '' THEN excluded.name ELSE chats.name END,
    -- What was said before the registration is not put before the agent.
    cursor = coalesce((SELECT max(m.id) FROM messages m WHERE m.chat_id = chats.id), 0)

-- name: chat_owner
SELECT g.folder FROM chats c JOIN groups g ON g.id = c.group_id WHERE c.channel = :channel AND c.address = :address

-- name: chats
SELECT c.channel, c.address, c.name, c.last_activity, g.folder, c.is_primary
FROM chats c LEFT JOIN groups g ON g.id = c.group_id
ORDER BY c.last_activity DESC

-- name: session
SELECT session, entry FROM sessions WHERE group_id = :group

-- name: sessions
SELECT group_id, session, entry FROM sessions

-- name: chat_session
SELECT session, entry FROM chat_sessions WHERE chat_id = :chat

-- name: set_chat_session
INSERT INTO chat_sessions (chat_id, session, entry, updated_at) VALUES (:chat, :session, :entry, :now)
ON CONFLICT (chat_id) DO UPDATE SET session = excluded.session, entry = excluded.entry, updated_at = excluded.updated_at

-- name: keep_chat_position
INSERT INTO chat_sessions (chat_id, session, entry, updated_at)
SELECT c.id, :session, :entry, :now FROM turns t JOIN groups g ON g.id = t.group_id JOIN chats c ON c.id = t.chat_id
WHERE t.id = :turn AND t.lane = 'group' AND t.started_at > max(g.forgotten_at, c.forgotten_at) AND c.group_id = g.id
ON CONFLICT (chat_id) DO UPDATE SET session = excluded.session, entry = excluded.entry, updated_at = excluded.updated_at

-- name: forget_chat
UPDATE chats SET forgotten_at = :now WHERE id = :chat

-- name: clear_chat_session
DELETE FROM chat_sessions WHERE chat_id = :chat

-- name: clear_chat_sessions
DELETE FROM chat_sessions WHERE chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: set_session
INSERT INTO sessions (group_id, session, entry, updated_at) VALUES (:group, :session, :entry, :now)
ON CONFLICT (group_id) DO UPDATE SET session = excluded.session, entry = excluded.entry, updated_at = excluded.updated_at

-- name: keep_position
-- Not of a conversation of its own, and not of one that was to be forgotten while the turn ran.
INSERT INTO sessions (group_id, session, entry, updated_at)
SELECT g.id, :session, :entry, :now FROM turns t JOIN groups g ON g.id = t.group_id
WHERE t.id = :turn AND t.lane = 'group' AND t.started_at > g.forgotten_at
ON CONFLICT (group_id) DO UPDATE SET session = excluded.session, entry = excluded.entry, updated_at = excluded.updated_at

-- name: forget
UPDATE groups SET forgotten_at = :now WHERE id = :group

-- name: change
UPDATE groups SET name = coalesce(:name, name), trigger = coalesce(:trigger, trigger),
    requires_trigger = coalesce(:requires_trigger, requires_trigger), options = coalesce(:options, options)
WHERE folder = :folder AND removed_at IS NULL

-- name: close_questions
UPDATE questions SET state = 'expired' WHERE group_id = :group AND state = 'open'

-- name: drop_roles
DELETE FROM people WHERE group_id = :group

-- name: clear_session
DELETE FROM sessions WHERE group_id = :group

-- name: installation
SELECT id FROM installation

-- name: set_installation
INSERT INTO installation (id) VALUES (:id)

-- name: add_trouble
INSERT INTO troubles (at, what, hint) VALUES (:now, :what, :hint)

-- name: trim_troubles
DELETE FROM troubles WHERE id <= (SELECT max(id) FROM troubles) - 100

-- name: troubles
SELECT at, what, hint FROM troubles ORDER BY id DESC LIMIT :limit

-- name: owner_chat
SELECT c.channel, c.address FROM chats c JOIN groups g ON g.id = c.group_id
WHERE g.is_main = 1 AND g.removed_at IS NULL ORDER BY c.is_primary DESC, c.last_activity DESC LIMIT 1
