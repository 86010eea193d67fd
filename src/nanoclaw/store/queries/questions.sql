-- name: ask
INSERT INTO questions (key, purpose, group_id, chat_id, text, options, subject, state, asked_at, expires_at)
SELECT :key, :purpose, g.id, c.id, :text, :options, :subject, 'open', :now, :expires_at
FROM groups g, chats c
WHERE g.folder = :folder AND g.removed_at IS NULL AND c.channel = :channel AND c.address = :address
ON CONFLICT (key) DO NOTHING

-- name: by_key
SELECT * FROM questions_shown
WHERE key = :key

-- name: get
SELECT * FROM questions_shown
WHERE id = :id

-- name: open_in
SELECT * FROM questions_shown
WHERE folder = :folder AND state = 'open' AND expires_at > :now ORDER BY id DESC

-- name: open_here
-- With the client ids of the messages that asked, for networks whose buttons name them.
SELECT s.*, (SELECT group_concat(o.client_id, ' ') FROM outbox o WHERE o.question_id = s.id)
FROM questions_shown s
WHERE s.chat_id = :chat AND s.state = 'open' AND s.expires_at > :now ORDER BY s.id DESC LIMIT 20

-- name: about
SELECT * FROM questions_shown
WHERE purpose = :purpose AND folder = :folder AND subject = :subject ORDER BY id DESC LIMIT 1

-- name: answered
SELECT * FROM questions_shown
WHERE state = 'answered' ORDER BY id

-- name: answer
UPDATE questions SET state = :state, answer = :answer, answered_by = :by, answered_at = :now
WHERE id = :id AND state = 'open'
RETURNING id

-- name: settle
UPDATE questions SET state = 'settled' WHERE id = :id AND state = 'answered'

-- name: expire
UPDATE questions SET state = 'expired' WHERE state = 'open' AND expires_at <= :now RETURNING id

-- name: next_expiry
SELECT min(expires_at) FROM questions WHERE state = 'open'
