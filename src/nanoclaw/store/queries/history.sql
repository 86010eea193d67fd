-- name: newest
-- The newest are those that came in last. Only so many lines of either direction are made.
SELECT * FROM (
    SELECT * FROM incoming_lines WHERE row IN (
        SELECT id FROM messages
        WHERE from_assistant = 0 AND kind <> 'task' AND (change IS NULL OR (change = 'reacted' AND deleted_at IS NULL))
        ORDER BY id DESC LIMIT :limit
    )
    UNION ALL
    SELECT * FROM outgoing_lines WHERE row IN (SELECT id FROM outbox ORDER BY id DESC LIMIT :limit)
) WHERE at >= :since ORDER BY at DESC, direction DESC, row DESC LIMIT :limit

-- name: newest_of
WITH places AS (
    SELECT id FROM chats WHERE (:folder IS NULL OR group_id = (SELECT id FROM groups WHERE folder = :folder))
        AND (:channel IS NULL OR (channel = :channel AND address = :address))
)
SELECT * FROM (
    SELECT * FROM incoming_lines WHERE row IN (
        SELECT m.id FROM places p CROSS JOIN messages m ON m.id IN (
            SELECT id FROM messages WHERE chat_id = p.id AND from_assistant = 0 AND kind <> 'task'
                AND (change IS NULL OR (change = 'reacted' AND deleted_at IS NULL))
            ORDER BY id DESC LIMIT :limit
        )
    )
    UNION ALL
    SELECT * FROM outgoing_lines WHERE row IN (
        SELECT o.id FROM places p CROSS JOIN outbox o ON o.id IN (
            SELECT id FROM outbox WHERE chat_id = p.id ORDER BY id DESC LIMIT :limit
        )
    )
) WHERE at >= :since ORDER BY at DESC, direction DESC, row DESC LIMIT :limit

-- name: incoming_line
SELECT * FROM incoming_lines WHERE row = :row AND channel = :channel AND address = :address

-- name: outgoing_line
SELECT * FROM outgoing_lines WHERE row = :row AND channel = :channel AND address = :address

-- name: find_incoming
SELECT i.* FROM messages_text f JOIN incoming_lines i ON i.row = f.rowid
WHERE f.messages_text MATCH :expression AND i.state <> 'held' ORDER BY f.rowid DESC LIMIT :limit

-- name: find_outgoing
SELECT o.* FROM outbox_text f JOIN outgoing_lines o ON o.row = f.rowid
WHERE f.outbox_text MATCH :expression ORDER BY f.rowid DESC LIMIT :limit

-- name: find_incoming_anywhere
-- Each line with the group in which it was said; not those of groups that were removed.
SELECT i.*, g.folder AS said_in FROM messages_text f CROSS JOIN groups g ON g.id = f.group_id AND g.removed_at IS NULL
    CROSS JOIN incoming_lines i ON i.row = f.rowid
WHERE f.messages_text MATCH :expression AND i.state <> 'held' ORDER BY f.rowid DESC LIMIT :limit

-- name: find_outgoing_anywhere
SELECT o.*, g.folder AS said_in FROM outbox_text f CROSS JOIN groups g ON g.id = f.group_id AND g.removed_at IS NULL
    CROSS JOIN outgoing_lines o ON o.row = f.rowid
WHERE f.outbox_text MATCH :expression ORDER BY f.rowid DESC LIMIT :limit
