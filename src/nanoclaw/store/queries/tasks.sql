-- name: add
INSERT INTO tasks (folder, channel, chat, prompt, kind, value, context, missed, script, name, state, created_at, next_at)
VALUES (:folder, :channel, :chat, :prompt, :kind, :value, :context, :missed, :script, :name, :state, :now, :next_at)
RETURNING *

-- name: get
SELECT * FROM tasks WHERE id = :task

-- name: all
SELECT * FROM tasks WHERE state IN ('active', 'paused') AND (:folder IS NULL OR folder = :folder)
ORDER BY next_at IS NULL, next_at, id

-- name: change
UPDATE tasks SET prompt = :prompt, kind = :kind, value = :value, context = :context, missed = :missed, script = :script,
    name = :name, next_at = :next_at
WHERE id = :task AND state IN ('active', 'paused')
RETURNING *

-- name: set_state
UPDATE tasks SET state = :state, next_at = :next_at WHERE id = :task RETURNING *

-- name: due
-- A task whose earlier run is still open waits, and what passes meanwhile becomes one.
SELECT t.* FROM tasks t WHERE t.state = 'active' AND t.next_at <= :now
    AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.task_id = t.id AND r.state IN ('due', 'started') AND r.by_hand = 0)
ORDER BY t.next_at LIMIT :limit

-- name: next_due
SELECT min(t.next_at) FROM tasks t WHERE t.state = 'active' AND t.next_at > :now

-- name: advance
UPDATE tasks SET next_at = :next_at, state = CASE WHEN :next_at IS NULL THEN 'done' ELSE state END
WHERE id = :task AND state = 'active' AND next_at = :first
RETURNING id

-- name: add_run
INSERT INTO runs (task_id, scheduled_at, state, error, by_hand, finished_at, told)
VALUES (:task, :scheduled_at, :state, :error, :by_hand, :finished_at, :state <> 'missed')
ON CONFLICT (task_id, scheduled_at) DO NOTHING
RETURNING *

-- name: trim_runs
DELETE FROM runs WHERE task_id = :task AND state NOT IN ('due', 'started') AND told AND id <= (
    SELECT id FROM runs WHERE task_id = :task ORDER BY id DESC LIMIT 1 OFFSET 500
)

-- name: run
SELECT * FROM runs WHERE id = :run

-- name: runs
SELECT * FROM runs WHERE task_id = :task ORDER BY scheduled_at DESC, id DESC LIMIT :limit

-- name: open_runs
SELECT * FROM runs WHERE state IN ('due', 'started') ORDER BY +id

-- name: due_runs
-- The first condition is that of the index of open runs, which it must repeat to be used.
SELECT * FROM runs WHERE state IN ('due', 'started') AND state = 'due' ORDER BY +id

-- name: untold
SELECT * FROM runs WHERE told = 0 ORDER BY id LIMIT 100

-- name: told
UPDATE runs SET told = 1 WHERE id = :run

-- name: start_run
UPDATE runs SET state = 'started', started_at = :now WHERE id = :run AND state = 'due' RETURNING id

-- name: end_run
UPDATE runs SET state = :state, finished_at = :finished_at, result = :result, error = :error, cost_usd = :cost_usd,
    delivered = :delivered, told = NOT :tell
WHERE id = :run AND state IN ('due', 'started')
RETURNING *

-- name: looked_at
SELECT id, name, folder, channel, chat, kind, value, state, next_at FROM tasks
WHERE state IN ('active', 'paused') ORDER BY id

-- name: erase_runs
DELETE FROM runs WHERE task_id IN (SELECT id FROM tasks WHERE folder = :folder)

-- name: erase_tasks
DELETE FROM tasks WHERE folder = :folder
