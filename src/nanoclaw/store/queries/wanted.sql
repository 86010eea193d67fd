-- name: current_sessions
SELECT session FROM sessions UNION SELECT session FROM chat_sessions

-- name: files_to_send
SELECT json_extract(file, '$.path') FROM outbox WHERE file IS NOT NULL AND state IN ('pending', 'sending')

-- name: files_to_read
SELECT g.folder, json_extract(a.value, '$.path')
FROM chats c JOIN groups g ON g.id = c.group_id JOIN messages m ON m.chat_id = c.id, json_each(m.attachments) a
WHERE m.id > c.cursor AND m.attachments IS NOT NULL
UNION
SELECT g.folder, json_extract(a.value, '$.path')
FROM turns t JOIN messages m ON m.turn_id = t.id JOIN groups g ON g.id = t.group_id, json_each(m.attachments) a
WHERE t.state IN ('queued', 'running') AND m.attachments IS NOT NULL
