-- name: place
SELECT c.id, g.id, g.folder, g.name, g.trigger, g.requires_trigger, g.is_main, g.options, g.temporary
FROM chats c JOIN groups g ON g.id = c.group_id
WHERE c.channel = :channel AND c.address = :address

-- name: known
-- A reaction that answered a question is a message under the change's own name.
SELECT 1 FROM changes WHERE chat_id = :chat AND external_id = :external_id
UNION ALL
SELECT 1 FROM messages WHERE chat_id = :chat AND external_id = :external_id

-- name: note
INSERT INTO changes (chat_id, external_id, received_at) VALUES (:chat, :external_id, :now)

-- name: message
-- Seen: the agent that goes on from here has it in its conversation.
SELECT m.id, m.sender_id, m.attachments, m.text, m.kind, m.held, m.woke, m.edited_at, m.deleted_at, m.from_assistant,
    coalesce(t.state = 'running' OR (t.state IN ('answered', 'stopped') AND m.id <= c.cursor), 0) AS seen
FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN turns t ON t.id = m.turn_id
WHERE m.chat_id = :chat AND m.external_id = :target AND m.change IS NULL

-- name: reply
SELECT o.id, o.client_id, o.question_id FROM outbox o
WHERE o.chat_id = :chat AND o.external_id = :target AND o.deleted_at IS NULL AND o.kind IN ('text', 'file')
ORDER BY o.id DESC LIMIT 1

-- name: edit
UPDATE messages SET text = :text, edited_at = :at WHERE id = :message

-- name: forget_text
DELETE FROM messages_text WHERE rowid = :message

-- name: index_text
INSERT INTO messages_text (rowid, text, scope, group_id) VALUES (:message, searchable(:text), 'g' || :group, :group)

-- name: lines_about
-- Waiting: it goes with the next prompt, as it stands then.
SELECT m.id, m.text, m.id > c.cursor AND coalesce(t.state, '') <> 'running' AS waiting
FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN turns t ON t.id = m.turn_id
WHERE m.about_message = :message AND m.change = :change AND m.sender_id = :sender AND m.deleted_at IS NULL
UNION ALL
SELECT m.id, m.text, m.id > c.cursor AND coalesce(t.state, '') <> 'running'
FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN turns t ON t.id = m.turn_id
WHERE m.about_reply = :reply AND m.change = :change AND m.sender_id = :sender AND m.deleted_at IS NULL
ORDER BY 1

-- name: add_line
INSERT INTO messages (chat_id, external_id, sender_id, sender_name, text, from_assistant, sent_at, received_at, change,
    about_message, about_reply)
VALUES (:chat, 'change-' || lower(hex(randomblob(12))), :sender, :name, :text, 0, :at, :now, :change, :message, :reply)
RETURNING id

-- name: rewrite_line
UPDATE messages SET text = :text, sent_at = :at WHERE id = :line

-- name: drop_line
UPDATE messages SET text = '', deleted_at = :now WHERE id = :line

-- name: blank_message
UPDATE messages SET text = '', quote = NULL, attachments = NULL, voice = NULL, held = 0, deleted_at = :now
WHERE id = :message

-- name: blank_lines
UPDATE messages SET text = '', deleted_at = :now WHERE about_message = :message AND change = 'edited'

-- name: blank_answer
UPDATE questions SET answer = '' WHERE state = 'settled' AND purpose = 'agent'
    AND id = (SELECT question_id FROM messages WHERE id = :message)

-- name: blank_reply
UPDATE outbox SET text = '', file = NULL, deleted_at = :now WHERE id = :reply OR (target_reply = :reply AND kind = 'edit')
RETURNING id

-- name: forget_reply
DELETE FROM outbox_text WHERE rowid = :reply

-- name: triggerless
SELECT t.id FROM turns t JOIN messages m ON m.id = t.trigger_id
WHERE t.chat_id = :chat AND t.state = 'queued' AND t.run IS NULL AND m.deleted_at IS NOT NULL

-- name: other_trigger
SELECT m.id FROM messages m JOIN chats c ON c.id = m.chat_id
WHERE m.chat_id = :chat AND m.id > c.cursor AND m.woke = 1 AND m.deleted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.id = m.turn_id AND t.state = 'running')
ORDER BY m.id LIMIT 1

-- name: retarget
UPDATE turns SET trigger_id = :message WHERE id = :turn

-- name: cancel
UPDATE turns SET state = 'stopped', error = 'the message was deleted', finished_at = :now WHERE id = :turn
