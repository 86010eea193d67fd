-- name: add
INSERT INTO model_calls (group_id, model, status, started_at, finished_at, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, cost_usd)
SELECT id, :model, :status, :started_at, :finished_at, :input_tokens, :output_tokens, :cache_read_tokens,
    :cache_write_tokens, :cost_usd
FROM groups WHERE folder = :folder

-- name: spent
SELECT g.folder, sum(m.cost_usd) FROM model_calls m JOIN groups g ON g.id = m.group_id
WHERE m.started_at >= :since GROUP BY g.id

-- name: by_group
SELECT g.folder, count(*), sum(m.input_tokens), sum(m.output_tokens), sum(m.cache_read_tokens),
    sum(m.cache_write_tokens), sum(m.cost_usd)
FROM model_calls m JOIN groups g ON g.id = m.group_id WHERE m.started_at >= :since GROUP BY g.id

-- name: by_model
SELECT m.model, count(*), sum(m.input_tokens), sum(m.output_tokens), sum(m.cache_read_tokens),
    sum(m.cache_write_tokens), sum(m.cost_usd)
FROM model_calls m WHERE m.started_at >= :since GROUP BY m.model

-- name: by_quarter
-- Quarters of an hour: every zone's midnight is the beginning of one.
SELECT (m.started_at / 900000) * 900000, count(*), sum(m.input_tokens), sum(m.output_tokens), sum(m.cache_read_tokens),
    sum(m.cache_write_tokens), sum(m.cost_usd)
FROM model_calls m WHERE m.started_at >= :since GROUP BY 1 ORDER BY 1

-- name: by_turn
-- As the agent itself counts, the newest first.
SELECT t.id, 1, t.input_tokens, t.output_tokens, t.cache_read_tokens, t.cache_write_tokens, t.cost_usd,
    g.folder || CASE WHEN t.model = '' THEN '' ELSE ', ' || t.model END
FROM turns t JOIN groups g ON g.id = t.group_id
WHERE t.created_at >= :since AND t.input_tokens + t.output_tokens + t.cache_read_tokens + t.cache_write_tokens > 0
ORDER BY t.id DESC LIMIT 1000

-- name: by_task
-- As the agent itself counts, turn by turn: the gateway cannot know for which task a call is.
SELECT t.task_id, count(*), sum(t.input_tokens), sum(t.output_tokens), sum(t.cache_read_tokens),
    sum(t.cache_write_tokens), sum(t.cost_usd)
FROM turns t WHERE t.task_id IS NOT NULL AND t.created_at >= :since GROUP BY t.task_id
