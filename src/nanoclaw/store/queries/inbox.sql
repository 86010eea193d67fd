-- name: chat
SELECT id, group_id FROM chats WHERE channel = :channel AND address = :address

-- name: touch_chat
INSERT INTO chats (channel, address, name, last_activity) VALUES (:channel, :address, :name, :now)
ON CONFLICT (channel, address) DO UPDATE SET
    last_activity = excluded.last_activity,
    name = CASE WHEN excluded.name = '' THEN chats.name ELSE excluded.name END
RETURNING id, group_id

-- name: group
SELECT id, folder, name, trigger, requires_trigger, is_main, options, temporary FROM groups WHERE id = :group

-- name: insert
INSERT INTO messages (chat_id, external_id, sender_id, sender_name, text, quote, attachments, from_assistant, sent_at,
    received_at, kind, held, question_id, woke, voice)
VALUES (:chat, :external_id, :sender_id, :sender_name, :text, :quote, :attachments, :from_assistant, :sent_at, :now,
    :kind, :held, :question, :woke, :voice)
ON CONFLICT (chat_id, external_id) DO NOTHING
RETURNING id

-- name: index_text
INSERT INTO messages_text (rowid, text, scope, group_id) VALUES (:message, searchable(:text), 'g' || :group, :group)

-- name: known
SELECT m.id, coalesce(m.turn_id, (SELECT t.id FROM turns t WHERE t.chat_id = m.chat_id AND t.state = 'queued'
    AND t.run IS NULL AND t.trigger_id <= m.id AND m.from_assistant = 0))
FROM messages m WHERE m.chat_id = :chat AND m.external_id = :external_id

-- name: queued
SELECT id FROM turns WHERE chat_id = :chat AND state = 'queued' AND run IS NULL

-- name: queue
INSERT INTO turns (chat_id, group_id, state, trigger_id, created_at)
VALUES (:chat, :group, 'queued', :message, :now)
RETURNING id

-- name: held
SELECT id, held FROM messages WHERE chat_id IN (SELECT id FROM chats WHERE group_id = :group AND channel = :channel)
    AND sender_id = :sender AND held > 0 ORDER BY id

-- name: release
UPDATE messages SET held = 0 WHERE id = :message RETURNING chat_id, text

-- name: voices
SELECT m.id, m.voice, g.id, g.folder, g.name, g.trigger, g.requires_trigger, g.is_main, g.options, g.temporary
FROM messages m JOIN chats c ON c.id = m.chat_id JOIN groups g ON g.id = c.group_id
WHERE m.voice IS NOT NULL ORDER BY +m.id

-- name: write_down
UPDATE messages SET text = trim(text || char(10) || :words, char(10)), voice = NULL
WHERE id = :message AND voice IS NOT NULL
RETURNING text, chat_id, woke

-- name: mark_woke
UPDATE messages SET woke = 1 WHERE id = :message

-- name: give_to
UPDATE messages SET turn_id = :turn WHERE id = :message

-- name: run_chat
SELECT c.id, g.id FROM groups g, chats c
WHERE g.folder = :folder AND g.removed_at IS NULL AND c.channel = :channel AND c.address = :address AND c.group_id = g.id

-- name: run_turn
SELECT id FROM turns WHERE run = :run

-- name: queue_run
INSERT INTO turns (chat_id, group_id, state, trigger_id, created_at, lane, run, task_id)
VALUES (:chat, :group, 'queued', :message, :now, :lane, :run, :task)
RETURNING id

-- name: newest
SELECT m.id FROM messages m
WHERE m.chat_id = (SELECT id FROM chats WHERE channel = :channel AND address = :address)
    AND m.kind = 'message' AND m.held = 0 AND m.from_assistant = 0 AND m.change IS NULL AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT 1

-- name: address_of
SELECT c.channel, c.address FROM messages m JOIN chats c ON c.id = m.chat_id JOIN groups g ON g.id = c.group_id
WHERE m.id = :message AND g.folder = :folder AND m.held = 0 AND m.change IS NULL AND m.deleted_at IS NULL
