-- name: known_tasks
SELECT id FROM tasks WHERE folder = :folder AND created_at = :created_at ORDER BY id

-- name: add_run
INSERT INTO runs (task_id, scheduled_at, state, started_at, finished_at, result, error, told)
VALUES (:task, :at, :state, :at, :finished_at, :result, :error, 1)
ON CONFLICT (task_id, scheduled_at) DO NOTHING
RETURNING id
