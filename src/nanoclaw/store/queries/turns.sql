-- name: due
SELECT g.id, g.folder, g.name, g.trigger, g.requires_trigger, g.is_main, g.options, g.temporary, t.not_before
FROM turns t JOIN groups g ON g.id = t.group_id
WHERE t.state = 'queued' AND t.lane = :lane
    AND (t.run IS NOT NULL OR NOT EXISTS (SELECT 1 FROM messages v WHERE v.chat_id = t.chat_id AND v.voice IS NOT NULL))
ORDER BY (t.run IS NULL), t.not_before, t.id

-- name: next_of_group
-- Beside a turn that runs already (:chat) only messages of the same chat are taken in.
SELECT t.id, t.chat_id, t.trigger_id, t.attempt, c.channel, c.address, c.cursor,
    g.id, g.folder, g.name, g.trigger, g.requires_trigger, g.is_main, g.options, g.temporary,
    (SELECT max(r.through_id) FROM turns r WHERE r.chat_id = t.chat_id AND r.state = 'running'), t.run,
    CASE WHEN EXISTS (SELECT 1 FROM chats o WHERE o.group_id = g.id AND o.id <> c.id)
        THEN iif(c.name = '', c.address, c.name) || ' on ' || c.channel ELSE '' END
FROM turns t JOIN chats c ON c.id = t.chat_id JOIN groups g ON g.id = t.group_id
WHERE t.group_id = :group AND t.state = 'queued' AND t.lane = :lane AND t.not_before <= :now
    AND (:chat IS NULL OR (t.chat_id = :chat AND t.run IS NULL))
    -- What was spoken is read in its place, once it is written down.
    AND (t.run IS NOT NULL OR NOT EXISTS (SELECT 1 FROM messages v WHERE v.chat_id = t.chat_id AND v.voice IS NOT NULL))
ORDER BY (t.run IS NULL), t.id LIMIT 1

-- name: claimable
SELECT m.id, m.chat_id, m.external_id, m.sender_id, m.sender_name, m.text, m.quote, m.attachments, m.sent_at, q.text,
    m.change, coalesce('in-' || m.about_message, 'out-' || m.about_reply), coalesce(a.text, r.text)
FROM messages m LEFT JOIN questions q ON q.id = m.question_id
    LEFT JOIN messages a ON a.id = m.about_message LEFT JOIN outbox r ON r.id = m.about_reply
WHERE m.deleted_at IS NULL AND m.id IN (
    SELECT id FROM (
        SELECT id FROM messages
        WHERE chat_id = :chat AND id > :after AND from_assistant = 0 AND kind = 'message' AND held = 0
            AND deleted_at IS NULL
        ORDER BY id DESC LIMIT :limit
    ) UNION SELECT :trigger
    UNION
    -- What this turn claimed before, and a later turn's answer left behind.
    SELECT id FROM (SELECT id FROM messages WHERE turn_id = :turn AND id <= :after ORDER BY id DESC LIMIT :limit)
)
ORDER BY m.id

-- name: only_trigger
SELECT id, chat_id, external_id, sender_id, sender_name, text, quote, attachments, sent_at, NULL, NULL, NULL, NULL
FROM messages WHERE id = :trigger

-- name: start
UPDATE turns SET state = 'running', through_id = :through, started_at = :now, model_request_at = NULL WHERE id = :turn

-- name: claim
-- Of a long silence only what is put before the agent: the claim costs no more than that.
UPDATE messages SET turn_id = :turn WHERE chat_id = :chat AND id > :after AND id >= :oldest AND id <= :through
    AND from_assistant = 0 AND kind = 'message' AND held = 0

-- name: claim_trigger
UPDATE messages SET turn_id = :turn WHERE id = :trigger

-- name: mark_model_request
UPDATE turns SET model_request_at = coalesce(model_request_at, :at) WHERE id = :turn AND state = 'running'

-- name: finish
UPDATE turns SET state = :state, finished_at = :now, error = :error, covered_by = :covered_by
WHERE id = :turn AND state = 'running'
RETURNING chat_id, through_id

-- name: set_usage
UPDATE turns SET input_tokens = :input_tokens, output_tokens = :output_tokens, cache_read_tokens = :cache_read_tokens,
    cache_write_tokens = :cache_write_tokens, cost_usd = :cost_usd, model = :model
WHERE id = :turn

-- name: move_cursor
UPDATE chats SET cursor = max(cursor, :through) WHERE id = :chat

-- name: queued_of_chat
SELECT id FROM turns WHERE chat_id = :chat AND state = 'queued' AND run IS NULL

-- name: chat_of
SELECT chat_id, run FROM turns WHERE id = :turn

-- name: requeue
UPDATE turns SET state = 'queued', attempt = :attempt, not_before = :not_before, error = :error, started_at = NULL,
    interruptions = interruptions + :interruptions
WHERE id = :turn AND state = 'running'

-- name: merge
UPDATE turns SET state = 'merged', covered_by = :into, finished_at = :now WHERE id = :turn

-- name: repoint
UPDATE messages SET turn_id = :into WHERE turn_id = :turn

-- name: running
-- The plus keeps it from going through all turns by their ids, to save the sorting of a few.
SELECT id, group_id, interruptions, attempt, run FROM turns WHERE state = 'running' AND lane = :lane ORDER BY +id

-- name: outcome
SELECT t.id, t.state, t.error, t.covered_by, t.started_at, t.model_request_at, t.finished_at FROM turns t WHERE t.id = :turn

-- name: replies
SELECT id, text, state, created_at, sent_at, kind, file FROM outbox WHERE turn_id = :turn AND kind <> 'reaction' ORDER BY id

-- name: counts
SELECT (SELECT count(*) FROM turns WHERE state = 'queued'), (SELECT count(*) FROM turns WHERE state = 'running'),
    (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))

-- name: counts_of
SELECT (SELECT count(*) FROM turns WHERE group_id = :group AND state = 'queued'),
    (SELECT count(*) FROM turns WHERE group_id = :group AND state = 'running'),
    (SELECT count(*) FROM outbox o JOIN chats c ON c.id = o.chat_id
        WHERE c.group_id = :group AND o.state IN ('pending', 'sending'))

-- name: attempt_of
SELECT attempt FROM turns WHERE id = :turn AND state = 'running'

-- name: address_of
SELECT c.channel, c.address FROM turns t JOIN chats c ON c.id = t.chat_id WHERE t.id = :turn

-- name: run_outcome
SELECT t.id, t.state, t.error, t.finished_at, t.cost_usd FROM turns t WHERE t.run = :run

-- name: run_of
SELECT t.run FROM turns t JOIN outbox o ON o.turn_id = t.id WHERE o.id = :reply AND t.run IS NOT NULL
