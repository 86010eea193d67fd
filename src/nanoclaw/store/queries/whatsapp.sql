-- name: remember
CREATE TABLE IF NOT EXISTS nanoclaw_before (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL,
    account TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, old BLOB
);
CREATE TRIGGER IF NOT EXISTS nanoclaw_trim AFTER INSERT ON nanoclaw_before BEGIN
    DELETE FROM nanoclaw_before WHERE seq <= NEW.seq - 40;
END;
CREATE TRIGGER IF NOT EXISTS nanoclaw_session_changed BEFORE UPDATE ON whatsmeow_sessions BEGIN
    INSERT INTO nanoclaw_before (at, kind, account, subject, detail, old)
    VALUES (round((julianday('now') - 2440587.5) * 86400000), 'session', OLD.our_jid, OLD.their_id, '', OLD.session);
END;
CREATE TRIGGER IF NOT EXISTS nanoclaw_session_added AFTER INSERT ON whatsmeow_sessions BEGIN
    INSERT INTO nanoclaw_before (at, kind, account, subject, detail, old)
    VALUES (round((julianday('now') - 2440587.5) * 86400000), 'session', NEW.our_jid, NEW.their_id, '', NULL);
END;
CREATE TRIGGER IF NOT EXISTS nanoclaw_sender_key_changed BEFORE UPDATE ON whatsmeow_sender_keys BEGIN
    INSERT INTO nanoclaw_before (at, kind, account, subject, detail, old)
    VALUES (
        round((julianday('now') - 2440587.5) * 86400000), 'sender-key',
        OLD.our_jid, OLD.sender_id, OLD.chat_id, OLD.sender_key
    );
END;
CREATE TRIGGER IF NOT EXISTS nanoclaw_sender_key_added AFTER INSERT ON whatsmeow_sender_keys BEGIN
    INSERT INTO nanoclaw_before (at, kind, account, subject, detail, old)
    VALUES (
        round((julianday('now') - 2440587.5) * 86400000), 'sender-key',
        NEW.our_jid, NEW.sender_id, NEW.chat_id, NULL
    );
END;
CREATE TRIGGER IF NOT EXISTS nanoclaw_pre_key_used BEFORE DELETE ON whatsmeow_pre_keys BEGIN
    INSERT INTO nanoclaw_before (at, kind, account, subject, detail, old)
    VALUES (
        round((julianday('now') - 2440587.5) * 86400000), 'pre-key', OLD.jid, OLD.key_id, OLD.uploaded, OLD.key
    );
END;

-- name: has_table
SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = :name

-- name: devices
SELECT count(*) FROM whatsmeow_device

-- name: changes_since
SELECT kind, account, subject, detail, old FROM nanoclaw_before WHERE at >= :since ORDER BY seq

-- name: forget_changes
DELETE FROM nanoclaw_before

-- name: other_names
SELECT lid, pn FROM whatsmeow_lid_map

-- name: session_back
UPDATE whatsmeow_sessions SET session = :old WHERE our_jid = :account AND their_id = :subject

-- name: session_away
DELETE FROM whatsmeow_sessions WHERE our_jid = :account AND their_id = :subject

-- name: sender_key_back
UPDATE whatsmeow_sender_keys SET sender_key = :old
WHERE our_jid = :account AND sender_id = :subject AND chat_id = :detail

-- name: sender_key_away
DELETE FROM whatsmeow_sender_keys WHERE our_jid = :account AND sender_id = :subject AND chat_id = :detail

-- name: pre_key_back
INSERT OR IGNORE INTO whatsmeow_pre_keys (jid, key_id, key, uploaded)
VALUES (:account, CAST(:subject AS INTEGER), :old, CAST(:detail AS INTEGER))
