-- name: temporary
SELECT id FROM groups WHERE folder = :folder AND temporary = 1

-- name: forget_incoming_words
DELETE FROM messages_text WHERE rowid IN (
    SELECT m.id FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.group_id = :group
)

-- name: forget_outgoing_words
DELETE FROM outbox_text WHERE rowid IN (
    SELECT o.id FROM outbox o JOIN chats c ON c.id = o.chat_id WHERE c.group_id = :group
)

-- name: erase_replies
DELETE FROM outbox WHERE chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: unlink_messages
UPDATE messages SET turn_id = NULL, question_id = NULL, about_message = NULL, about_reply = NULL
WHERE chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: erase_questions
DELETE FROM questions WHERE group_id = :group OR chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: erase_turns
DELETE FROM turns WHERE group_id = :group OR chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: erase_messages
DELETE FROM messages WHERE chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: keep_costs
-- Money that was really spent stays in the books, as the owner's.
UPDATE model_calls SET group_id = (SELECT id FROM groups WHERE is_main = 1)
WHERE group_id = :group AND cost_usd > 0 AND EXISTS (SELECT 1 FROM groups WHERE is_main = 1)

-- name: erase_calls
DELETE FROM model_calls WHERE group_id = :group

-- name: erase_session
DELETE FROM sessions WHERE group_id = :group

-- name: erase_chat_sessions
DELETE FROM chat_sessions WHERE chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: erase_changes
DELETE FROM changes WHERE chat_id IN (SELECT id FROM chats WHERE group_id = :group)

-- name: erase_roles
DELETE FROM people WHERE group_id = :group

-- name: erase_dropped
DELETE FROM dropped WHERE EXISTS (
    SELECT 1 FROM chats c WHERE c.group_id = :group AND c.channel = dropped.channel AND c.address = dropped.chat
)

-- name: erase_chats
DELETE FROM chats WHERE group_id = :group

-- name: erase_group
DELETE FROM groups WHERE id = :group
