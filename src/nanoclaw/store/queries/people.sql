-- name: forget
DELETE FROM people WHERE channel = :channel AND sender = :sender
    AND group_id IS (SELECT id FROM groups WHERE folder = :folder)

-- name: add
INSERT INTO people (channel, sender, name, role, group_id, added_at)
SELECT :channel, :sender, :name, :role, (SELECT id FROM groups WHERE folder = :folder AND removed_at IS NULL), :now
WHERE :folder IS NULL OR EXISTS (SELECT 1 FROM groups WHERE folder = :folder AND removed_at IS NULL)
RETURNING id

-- name: remove
DELETE FROM people WHERE channel = :channel AND sender = :sender
    AND group_id IS (SELECT id FROM groups WHERE folder = :folder)
RETURNING id

-- name: all
SELECT p.channel, p.sender, p.name, p.role, g.folder FROM people p LEFT JOIN groups g ON g.id = p.group_id
ORDER BY p.group_id IS NOT NULL, g.folder, p.id

-- name: roles
SELECT role FROM people WHERE channel = :channel AND sender = :sender AND (group_id IS NULL OR group_id = :group)

-- name: drop
INSERT INTO dropped (channel, chat, sender, name, reason, count, first_at, last_at)
VALUES (:channel, :chat, :sender, :name, :reason, 1, :now, :now)
ON CONFLICT (channel, chat, sender, reason) DO UPDATE SET
    count = count + 1, last_at = excluded.last_at, name = excluded.name

-- name: trim_dropped
-- Anyone can make rows here: the newest ten thousand are kept.
DELETE FROM dropped WHERE id <= (SELECT max(id) FROM dropped) - 10000

-- name: dropped
SELECT channel, chat, sender, name, reason, count, first_at, last_at FROM dropped ORDER BY last_at DESC LIMIT :limit
