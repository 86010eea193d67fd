-- name: chat_here
SELECT c.id, g.folder FROM chats c LEFT JOIN groups g ON g.id = c.group_id
WHERE c.channel = :channel AND c.address = :address

-- name: hear_of
INSERT INTO chats (channel, address, name, last_activity) VALUES (:channel, :address, :name, :at)
ON CONFLICT (channel, address) DO NOTHING
RETURNING id

-- name: open_here
-- What the chat's agent still has before it: it must not be passed over.
SELECT 1 FROM turns WHERE chat_id = :chat AND state IN ('queued', 'running')
UNION
SELECT 1 FROM messages m JOIN chats c ON c.id = m.chat_id
WHERE m.chat_id = :chat AND m.id > c.cursor AND m.from_assistant = 0 AND m.kind = 'message'
LIMIT 1

-- name: add_incoming
INSERT INTO messages (chat_id, external_id, sender_id, sender_name, text, quote, from_assistant, sent_at, received_at)
VALUES (:chat, :external_id, :sender, :name, :text, :quote, 0, :at, :at)
ON CONFLICT (chat_id, external_id) DO NOTHING
RETURNING id

-- name: add_outgoing
INSERT INTO outbox (chat_id, client_id, text, state, attempts, external_id, created_at, sent_at)
VALUES (:chat, :client_id, :text, 'sent', 1, :external_id, :at, :at)
ON CONFLICT (client_id) DO NOTHING
RETURNING id

-- name: pass_over
UPDATE chats SET cursor = coalesce((SELECT max(id) FROM messages WHERE chat_id = :chat), 0) WHERE id = :chat
