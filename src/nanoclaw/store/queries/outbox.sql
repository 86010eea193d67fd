-- name: add
INSERT INTO outbox (chat_id, turn_id, client_id, text, state, created_at)
VALUES (:chat, :turn, :client_id, :text, 'pending', :now)
ON CONFLICT (client_id) DO NOTHING

-- name: chat_id
SELECT id FROM chats WHERE channel = :channel AND address = :address

-- name: waiting_chats
SELECT c.channel, c.address FROM outbox o JOIN chats c ON c.id = o.chat_id
WHERE o.state IN ('pending', 'sending') GROUP BY c.id ORDER BY min(o.id)

-- name: take
UPDATE outbox SET state = 'sending', attempts = attempts + 1
WHERE id = (
    SELECT o.id FROM outbox o JOIN chats c ON c.id = o.chat_id
    WHERE c.channel = :channel AND c.address = :address AND o.state IN ('pending', 'sending')
    ORDER BY o.id LIMIT 1
) AND not_before <= :now
RETURNING id, turn_id, client_id, text, attempts, created_at

-- name: next_attempt
SELECT o.not_before FROM outbox o JOIN chats c ON c.id = o.chat_id
WHERE c.channel = :channel AND c.address = :address AND o.state IN ('pending', 'sending')
ORDER BY o.id LIMIT 1

-- name: sent
UPDATE outbox SET state = 'sent', sent_at = :now, external_id = :external_id, error = NULL WHERE id = :reply

-- name: retry
UPDATE outbox SET state = 'pending', not_before = :not_before, error = :error WHERE id = :reply

-- name: failed
UPDATE outbox SET state = 'failed', error = :error WHERE id = :reply
