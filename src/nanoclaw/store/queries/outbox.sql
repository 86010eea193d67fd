-- name: add
INSERT INTO outbox (chat_id, turn_id, client_id, text, state, created_at, kind, file, target_message, target_reply,
    question_id)
VALUES (:chat, :turn, :client_id, :text, 'pending', :now, :kind, :file, :target_message, :target_reply, :question)
ON CONFLICT (client_id) DO NOTHING
RETURNING id

-- name: index_text
INSERT INTO outbox_text (rowid, text, scope, group_id)
SELECT :reply, searchable(:text), 'g' || group_id, group_id FROM chats WHERE id = :chat AND group_id IS NOT NULL

-- name: by_client_id
SELECT id FROM outbox WHERE client_id = :client_id

-- name: chat_id
SELECT id FROM chats WHERE channel = :channel AND address = :address

-- name: waiting_chats
SELECT c.channel, c.address FROM outbox o JOIN chats c ON c.id = o.chat_id
WHERE o.state IN ('pending', 'sending') GROUP BY c.id ORDER BY min(o.id)

-- name: waiting_news
SELECT o.client_id, o.text FROM outbox o JOIN chats c ON c.id = o.chat_id
WHERE c.channel = :channel AND o.state IN ('pending', 'sending')
    AND (o.client_id GLOB 'owner-*' OR o.client_id GLOB 'failed-*')
ORDER BY o.id LIMIT 20

-- name: fate
SELECT state, coalesce(error, '') FROM outbox WHERE client_id = :client_id

-- name: withdraw
UPDATE outbox SET state = 'failed', error = coalesce(error, :why)
WHERE client_id = :client_id AND state IN ('pending', 'sending')
RETURNING error

-- name: take
UPDATE outbox SET state = 'sending', attempts = attempts + 1
WHERE id = (
    SELECT o.id FROM outbox o JOIN chats c ON c.id = o.chat_id
    WHERE c.channel = :channel AND c.address = :address AND o.state IN ('pending', 'sending')
    ORDER BY o.id LIMIT 1
) AND not_before <= :now
RETURNING id, turn_id, client_id, text, attempts, created_at, kind, file,
    coalesce((SELECT m.external_id FROM messages m WHERE m.id = outbox.target_message),
        (SELECT r.external_id FROM outbox r WHERE r.id = outbox.target_reply)),
    (SELECT r.sent_at FROM outbox r WHERE r.id = outbox.target_reply),
    (SELECT q.options FROM questions q WHERE q.id = outbox.question_id),
    -- The message that a turn's first text answers, where several people write and could take it for another's.
    (SELECT json_object('external_id', m.external_id, 'sender', m.sender_id, 'text', substr(m.text, 1, 300))
        FROM turns t JOIN groups g ON g.id = t.group_id JOIN messages w ON w.id = t.trigger_id
            JOIN messages m ON m.id = coalesce(w.about_message, w.id)
        WHERE t.id = outbox.turn_id AND t.run IS NULL AND outbox.kind = 'text' AND g.is_main = 0
            AND m.chat_id = outbox.chat_id AND m.deleted_at IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM outbox e WHERE e.turn_id = outbox.turn_id AND e.kind = 'text' AND e.id < outbox.id
            )
            AND (g.requires_trigger = 1 OR EXISTS (
                SELECT 1 FROM (
                    SELECT sender_id FROM messages
                    WHERE chat_id = m.chat_id AND kind = 'message' AND held = 0 AND from_assistant = 0
                    ORDER BY id DESC LIMIT 200
                ) WHERE sender_id <> m.sender_id
            )))

-- name: next_attempt
SELECT o.not_before FROM outbox o JOIN chats c ON c.id = o.chat_id
WHERE c.channel = :channel AND c.address = :address AND o.state IN ('pending', 'sending')
ORDER BY o.id LIMIT 1

-- name: sent
UPDATE outbox SET state = 'sent', sent_at = :now, external_id = :external_id, error = NULL WHERE id = :reply

-- name: retry
-- Not what was withdrawn meanwhile.
UPDATE outbox SET state = 'pending', not_before = :not_before, error = :error WHERE id = :reply AND state = 'sending'

-- name: failed
UPDATE outbox SET state = 'failed', error = :error WHERE id = :reply

-- name: place_of
SELECT c.channel, c.address, o.state FROM outbox o JOIN chats c ON c.id = o.chat_id JOIN groups g ON g.id = c.group_id
WHERE o.id = :reply AND g.folder = :folder AND o.kind = 'text'

-- name: last_of
SELECT o.id FROM outbox o
WHERE o.chat_id = (SELECT id FROM chats WHERE channel = :channel AND address = :address) AND o.kind = 'text'
ORDER BY o.id DESC LIMIT 1
