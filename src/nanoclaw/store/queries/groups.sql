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
UPDATE chats SET group_id = NULL WHERE group_id = :group

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
SELECT c.channel, c.address, c.name, c.last_activity, g.folder
FROM chats c LEFT JOIN groups g ON g.id = c.group_id
ORDER BY c.last_activity DESC

-- name: session
SELECT session, entry FROM sessions WHERE group_id = :group

-- name: sessions
SELECT group_id, session, entry FROM sessions

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
WHERE g.is_main = 1 AND g.removed_at IS NULL ORDER BY c.last_activity DESC LIMIT 1
