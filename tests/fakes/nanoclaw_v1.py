"""A folder as NanoClaw v1, the TypeScript program, leaves it: of its first versions, or of its last."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

SESSION = "0c7a1f0e-5f5b-4f0a-9d3f-3a2b6f0c1d2e"

# The tables of the first versions: groups, conversations and cursors stood in files.
_FIRST = """
CREATE TABLE IF NOT EXISTS chats (jid TEXT PRIMARY KEY, name TEXT, last_message_time TEXT);
CREATE TABLE IF NOT EXISTS messages (
    id TEXT, chat_jid TEXT, sender TEXT, sender_name TEXT, content TEXT, timestamp TEXT, is_from_me INTEGER,
    PRIMARY KEY (id, chat_jid), FOREIGN KEY (chat_jid) REFERENCES chats(jid)
);
CREATE INDEX IF NOT EXISTS idx_timestamp ON messages(timestamp);
CREATE TABLE IF NOT EXISTS scheduled_tasks (
    id TEXT PRIMARY KEY, group_folder TEXT NOT NULL, chat_jid TEXT NOT NULL, prompt TEXT NOT NULL,
    schedule_type TEXT NOT NULL, schedule_value TEXT NOT NULL, next_run TEXT, last_run TEXT, last_result TEXT,
    status TEXT DEFAULT 'active', created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_next_run ON scheduled_tasks(next_run);
CREATE INDEX IF NOT EXISTS idx_status ON scheduled_tasks(status);
CREATE TABLE IF NOT EXISTS task_run_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT NOT NULL, run_at TEXT NOT NULL, duration_ms INTEGER NOT NULL,
    status TEXT NOT NULL, result TEXT, error TEXT, FOREIGN KEY (task_id) REFERENCES scheduled_tasks(id)
);
CREATE INDEX IF NOT EXISTS idx_task_run_logs ON task_run_logs(task_id, run_at);
"""
# What later versions added, in the order in which they did.
_LATER = """
CREATE TABLE IF NOT EXISTS router_state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (group_folder TEXT PRIMARY KEY, session_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS registered_groups (
    jid TEXT PRIMARY KEY, name TEXT NOT NULL, folder TEXT NOT NULL UNIQUE, trigger_pattern TEXT NOT NULL,
    added_at TEXT NOT NULL, container_config TEXT, requires_trigger INTEGER DEFAULT 1
);
ALTER TABLE scheduled_tasks ADD COLUMN context_mode TEXT DEFAULT 'isolated';
ALTER TABLE scheduled_tasks ADD COLUMN script TEXT;
ALTER TABLE messages ADD COLUMN is_bot_message INTEGER DEFAULT 0;
ALTER TABLE registered_groups ADD COLUMN is_main INTEGER DEFAULT 0;
ALTER TABLE chats ADD COLUMN channel TEXT;
ALTER TABLE chats ADD COLUMN is_group INTEGER DEFAULT 0;
ALTER TABLE messages ADD COLUMN reply_to_message_id TEXT;
ALTER TABLE messages ADD COLUMN reply_to_message_content TEXT;
ALTER TABLE messages ADD COLUMN reply_to_sender_name TEXT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Folder:
    """A folder of v1."""

    root: Path
    later: bool

    @property
    def database(self) -> Path:
        return self.root / "store" / "messages.db"

    def run(self, sql: str, rows: Iterable[tuple[Any, ...]] = ((),)) -> None:
        """Change its database."""
        connection = apsw.Connection(str(self.database))
        with connection:
            connection.executemany(sql, rows)
        connection.close()

    def write(self, path: str, text: str) -> None:
        """A file of it."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def group(self, jid: str, folder: str, **more: Any) -> None:
        """Register a chat, and give it a folder with a memory."""
        name, main = more.pop("name", folder.title()), more.pop("main", folder == "main")
        self.run("INSERT INTO chats (jid, name, last_message_time) VALUES (?, ?, ?)", [(jid, name, at(0))])
        if self.later:
            self.run(
                "INSERT INTO registered_groups (jid, name, folder, trigger_pattern, added_at, container_config,"
                " requires_trigger, is_main) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(jid, name, folder, "@Andy", at(0), more.get("config"), int(more.get("requires", 1)), int(main))],
            )
        else:
            path = self.root / "data" / "registered_groups.json"
            groups = json.loads(path.read_text()) if path.exists() else {}
            groups[jid] = {"name": name, "folder": folder, "trigger": "@Andy", "added_at": at(0)}
            self.write("data/registered_groups.json", json.dumps(groups))

    def say(self, jid: str, number: int, text: str | None, *, mine: bool = False, bot: bool = False) -> None:
        """A message, a minute after the one with the number before."""
        row = (f"M{number}", jid, "491@s.whatsapp.net", "Ann", text, at(number), int(mine or bot))
        self.run(
            "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp, is_from_me)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [row],
        )
        if self.later:
            self.run("UPDATE messages SET is_bot_message = ? WHERE id = ?", [(int(bot), row[0])])

    def task(self, name: str, jid: str, folder: str, kind: str, value: str, **more: Any) -> None:
        """A task."""
        row = (name, folder, jid, more.get("prompt", "Tell the news"), kind, value, more.get("status", "active"))
        self.run(
            "INSERT INTO scheduled_tasks (id, group_folder, chat_jid, prompt, schedule_type, schedule_value, status,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(*row, more.get("created", at(1)))],
        )
        if self.later:
            self.run(
                "UPDATE scheduled_tasks SET context_mode = ?, script = ? WHERE id = ?",
                [(more.get("context", "isolated"), more.get("script"), name)],
            )

    def session(self, folder: str, session: str = SESSION) -> None:
        """A conversation and its transcript, with what else Claude keeps there."""
        base = f"data/sessions/{folder}/.claude"
        self.write(f"{base}/projects/-workspace-group/{session}.jsonl", '{"type":"user"}\n')
        self.write(f"{base}/settings.json", '{"hooks":{}}')
        self.write(f"{base}/skills/browser/SKILL.md", "# Browser")
        if self.later:
            self.run("INSERT INTO sessions VALUES (?, ?)", [(folder, session)])
        else:
            path = self.root / "data" / "sessions.json"
            known = json.loads(path.read_text()) if path.exists() else {}
            self.write("data/sessions.json", json.dumps({**known, folder: session}))


FAMILY, MAIN = "1203630@g.us", "491@s.whatsapp.net"


def at(minute: int) -> str:
    """A time as JavaScript writes it."""
    return f"2026-01-05T{8 + minute // 60:02d}:{minute % 60:02d}:00.000Z"


def make_v1(root: Path, *, later: bool) -> V1Folder:
    """An empty folder of v1."""
    made = V1Folder(root=root, later=later)
    made.database.parent.mkdir(parents=True)
    connection = apsw.Connection(str(made.database))
    connection.execute(_FIRST + (_LATER if later else ""))
    connection.close()
    made.write("package.json", '{"name": "nanoclaw"}')
    made.write("store/auth/creds.json", "{}")
    made.write("groups/global/CLAUDE.md", "Be kind.")
    return made


def furnish(made: V1Folder) -> V1Folder:
    """The owner's own chat and a family, with messages, tasks, files and conversations."""
    made.group(MAIN, "main", name="Me")
    made.group(FAMILY, "family", name="The family")
    made.run("INSERT INTO chats (jid, name, last_message_time) VALUES (?, ?, ?)", [("77@g.us", "Choir", at(9))])
    made.run(
        "INSERT INTO chats (jid, name, last_message_time) VALUES ('__group_sync__', '__group_sync__', ?)", [(at(9),)]
    )
    made.say(FAMILY, 1, "@Andy when is the dentist?")
    made.say(FAMILY, 2, "Andy: On Tuesday at nine.", bot=True)
    made.say(FAMILY, 3, "thanks, see you at the café")
    made.say(FAMILY, 4, "")
    made.say(MAIN, 5, "remember the milk", mine=True)
    made.say(MAIN, 6, "Andy: Noted.", bot=True)
    made.task("task-1", FAMILY, "family", "cron", "0 9 * * 1", context="group", created=at(1))
    made.task("task-2", MAIN, "main", "interval", "3600000", status="paused", created=at(2), script="echo '{}'")
    made.task("task-3", MAIN, "main", "once", "2026-01-06T09:00:00", status="completed", created=at(3))
    made.run(
        "INSERT INTO task_run_logs (task_id, run_at, duration_ms, status, result, error) VALUES (?, ?, ?, ?, ?, ?)",
        [("task-1", at(30), 1500, "success", "Done.", None), ("task-1", at(40), 10, "error", None, "No network")],
    )
    made.write("groups/main/CLAUDE.md", "# Main\nI like tea.")
    made.write("groups/family/CLAUDE.md", "# Family\nThe dog is called Rex.")
    made.write("groups/family/notes/list.md", "milk")
    made.write("groups/family/logs/container-1.log", "prompt and all")
    made.write("groups/forgotten/CLAUDE.md", "nobody's")
    made.session("family")
    return made
