-- name: tasks
SELECT id, name, folder, channel, chat, kind, value, state, next_at FROM tasks
WHERE state IN ('active', 'paused') ORDER BY id
