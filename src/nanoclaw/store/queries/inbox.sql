-- name: touch_chat
INSERT INTO chats (channel, address, name, last_activity) VALUES (:channel, :address, :name, :now)
ON CONFLICT (channel, address) DO UPDATE SET
    last_activity = excluded.last_activity,
    name = CASE WHEN excluded.name = '' THEN chats.name ELSE excluded.name END
RETURNING id, group_id

-- name: group
SELECT id, folder, name, trigger, requires_trigger, is_main FROM groups WHERE id = :group

-- name: insert
INSERT INTO messages (chat_id, external_id, sender_id, sender_name, text, quote, attachments, from_assistant, sent_at,
    received_at)
VALUES (:chat, :external_id, :sender_id, :sender_name, :text, :quote, :attachments, :from_assistant, :sent_at, :now)
ON CONFLICT (chat_id, external_id) DO NOTHING
RETURNING id

-- name: known
SELECT m.id, coalesce(m.turn_id, (SELECT t.id FROM turns t WHERE t.chat_id = m.chat_id AND t.state = 'queued'
    AND t.trigger_id <= m.id AND m.from_assistant = 0))
FROM messages m WHERE m.chat_id = :chat AND m.external_id = :external_id

-- name: queued
SELECT id FROM turns WHERE chat_id = :chat AND state = 'queued'

-- name: queue
INSERT INTO turns (chat_id, group_id, state, trigger_id, created_at)
VALUES (:chat, :group, 'queued', :message, :now)
RETURNING id

-- name: history
SELECT id, at, direction, channel, address, folder, sender, text, state FROM (
    SELECT 'in-' || m.id AS id, m.received_at AS at, 'in' AS direction, c.channel, c.address, g.folder,
        m.sender_name AS sender, m.text, coalesce(t.state, 'stored') AS state, m.id AS row
    FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN groups g ON g.id = c.group_id
        LEFT JOIN turns t ON t.id = m.turn_id
    WHERE m.from_assistant = 0 AND (:folder IS NULL OR g.folder = :folder)
        AND (:channel IS NULL OR (c.channel = :channel AND c.address = :address)) AND m.received_at >= :since
    UNION ALL
    SELECT 'out-' || o.id, o.created_at, 'out', c.channel, c.address, g.folder, :assistant, o.text, o.state, o.id
    FROM outbox o JOIN chats c ON c.id = o.chat_id LEFT JOIN groups g ON g.id = c.group_id
    WHERE (:folder IS NULL OR g.folder = :folder)
        AND (:channel IS NULL OR (c.channel = :channel AND c.address = :address)) AND o.created_at >= :since
) ORDER BY at DESC, direction DESC, row DESC LIMIT :limit
