-- name: newest
SELECT * FROM (
    SELECT * FROM incoming_lines
    WHERE from_assistant = 0 AND kind_in <> 'task' AND (:folder IS NULL OR folder = :folder)
        AND (:channel IS NULL OR (channel = :channel AND address = :address)) AND at >= :since
    UNION ALL
    SELECT * FROM outgoing_lines
    WHERE (:folder IS NULL OR folder = :folder)
        AND (:channel IS NULL OR (channel = :channel AND address = :address)) AND at >= :since
) ORDER BY at DESC, direction DESC, row DESC LIMIT :limit

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
