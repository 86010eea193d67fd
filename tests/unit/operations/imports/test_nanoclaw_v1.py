"""What NanoClaw v1 kept is taken over, once, and nothing of it is answered again."""

import hashlib
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw
import pytest

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.imports.errors import ImportConflictError
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from nanoclaw.store.history import History, HistoryFilter
from nanoclaw.store.turns import Turns
from tests.fakes.clocks import HeldClock
from tests.fakes.nanoclaw_v1 import FAMILY, MAIN, SESSION, V1Folder, at, furnish, make_v1
from tests.unit.operations.imports.conftest import Here


def _digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_groups_come_with_their_chats_and_triggers(here: Here, v1: V1Folder) -> None:
    report = here.take(v1)
    assert here.ask("SELECT folder, name, trigger, requires_trigger, is_main FROM groups ORDER BY folder") == [
        ("family", "The family", "@Andy", 1, 0),
        ("main", "Me", "@Andy", 0, 1),
    ]
    assert here.ask(
        "SELECT c.channel, c.address, g.folder FROM chats c LEFT JOIN groups g ON g.id = c.group_id ORDER BY c.address"
    ) == [
        ("whatsapp", FAMILY, "family"),
        ("whatsapp", MAIN, "main"),
        ("whatsapp", "77@g.us", None),
        ("local", "main", "main"),
    ]
    assert {(group.folder, group.done) for group in report.groups} == {("main", "added"), ("family", "added")}


async def test_messages_are_history_that_can_be_read_and_searched_and_are_never_answered(
    here: Here, v1: V1Folder
) -> None:
    report = here.take(v1)
    assert (report.counts["messages"], report.counts["replies"]) == (3, 2)
    database = await Database.open(here.home.database)
    groups, history = Groups(database, HeldClock()), History(database, assistant="Andy")
    family = await groups.find("family")
    assert family is not None
    lines = await history.newest(HistoryFilter(limit=10, folder="family"))
    assert [(line.direction, line.sender, line.text, line.at) for line in lines] == [
        ("in", "Ann", "@Andy when is the dentist?", _ms(1)),
        ("out", "Andy", "On Tuesday at nine.", _ms(2)),
        ("in", "Ann", "thanks, see you at the café", _ms(3)),
    ]
    assert [line.text for line in await history.search(family, "cafe", limit=5)] == ["thanks, see you at the café"]
    assert [line.text for line in await history.search(family, "tuesday", limit=5)] == ["On Tuesday at nine."]
    turns = Turns(database, HeldClock(), catch_up=100)
    assert await turns.claim(family.id) is None
    await database.close()
    assert here.ask("SELECT count(*) FROM outbox WHERE state <> 'sent'") == [(0,)]
    assert here.ask("SELECT count(*) FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id > c.cursor") == [(0,)]


def _ms(minute: int) -> Milliseconds:
    return Milliseconds(1_767_600_000_000 + minute * 60_000)


def test_tasks_come_with_their_times_states_and_runs(here: Here, v1: V1Folder) -> None:
    report = here.take(v1)
    found = here.ask(
        "SELECT name, folder, chat, kind, value, context, state, script, created_at, next_at FROM tasks ORDER BY id",
        tasks=True,
    )
    context, script = ("group", "echo '{}'") if v1.later else ("isolated", "")
    next_monday = int(datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)
    assert found == [
        ("task-1", "family", FAMILY, "cron", "0 9 * * 1", context, "active", "", _ms(1), next_monday),
        ("task-2", "main", MAIN, "interval", "3600000", "isolated", "paused", script, _ms(2), None),
        ("task-3", "main", MAIN, "once", "2026-01-06T09:00:00", "isolated", "done", "", _ms(3), None),
    ]
    assert here.ask(
        "SELECT state, scheduled_at, finished_at, result, error, told FROM runs ORDER BY id", tasks=True
    ) == [
        ("succeeded", _ms(30), _ms(30) + 1500, "Done.", "", 1),
        ("failed", _ms(40), _ms(40) + 10, "", "No network", 1),
    ]
    assert (report.counts["tasks"], report.counts["runs"]) == (3, 2)


def test_files_and_conversations_come_along_but_not_logs_settings_and_skills(here: Here, v1: V1Folder) -> None:
    report = here.take(v1)
    home = here.home
    assert (home.groups / "family/CLAUDE.md").read_text() == "# Family\nThe dog is called Rex."
    assert (home.groups / "family/notes/list.md").read_text() == "milk"
    assert (home.groups / "family/CLAUDE.md").stat().st_mode & 0o777 == 0o600
    assert (home.groups / "family/notes").stat().st_mode & 0o777 == 0o700
    assert (home.global_folder / "CLAUDE.md").read_text() == "Be kind."
    assert not (home.groups / "family/logs").exists()
    assert not (home.groups / "forgotten").exists()
    sessions = home.root / "data/sessions/family"
    assert [str(path.relative_to(sessions)) for path in sessions.rglob("*") if path.is_file()] == [
        f"projects/-workspace-group/{SESSION}.jsonl"
    ]
    assert here.ask("SELECT g.folder, s.session, s.entry FROM sessions s JOIN groups g ON g.id = s.group_id") == [
        ("family", SESSION, None)
    ]
    assert report.sessions == ["family"]
    assert ("folders", "no chat that was taken over had them") in report.left_out


def test_taken_over_twice_it_is_there_once(here: Here, v1: V1Folder) -> None:
    here.take(v1)
    before = here.everything()
    again = here.take(v1)
    assert here.everything() == before
    assert {name: again.counts[name] for name in ("chats", "messages", "replies", "tasks", "runs", "files")} == (
        dict.fromkeys(("chats", "messages", "replies", "tasks", "runs", "files"), 0)
    )
    assert again.counts["known_messages"] == 5
    assert {group.done for group in again.groups} == {"there already"}


def test_what_came_since_is_taken_over_the_second_time(here: Here, later: V1Folder) -> None:
    here.take(later)
    later.say(FAMILY, 50, "one more")
    later.task("task-9", FAMILY, "family", "cron", "0 8 * * *", created=at(50))
    again = here.take(later)
    assert (again.counts["messages"], again.counts["tasks"]) == (1, 1)
    assert here.ask("SELECT count(*) FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id > c.cursor") == [(0,)]


def test_a_task_that_was_ended_or_renamed_here_does_not_come_back(here: Here, later: V1Folder) -> None:
    here.take(later)
    connection = apsw.Connection(str(here.home.task_database))
    connection.execute("UPDATE tasks SET state = 'cancelled', name = 'other', prompt = 'p' WHERE name = 'task-1'")
    connection.close()
    assert here.take(later).counts["tasks"] == 0


def test_a_dry_run_says_the_same_and_changes_nothing(here: Here, v1: V1Folder, tmp_path: Path) -> None:
    shutil.rmtree(here.home.root)
    source = _digest(v1.root)
    dry = here.take(v1, dry_run=True)
    assert not here.home.root.exists()
    here.home.create()
    real = here.take(v1)
    assert {**dry.shape(), "dry_run": False} == real.shape()
    before = here.everything()
    v1.say(FAMILY, 60, "later")
    assert here.take(v1, dry_run=True).counts["messages"] == 1
    assert here.everything() == before
    assert _digest(v1.root) != source
    assert not list(tmp_path.glob("nanoclaw-import-*"))


def test_the_folder_of_v1_is_only_read(here: Here, v1: V1Folder) -> None:
    before = _digest(v1.root)
    here.take(v1)
    assert _digest(v1.root) == before


def test_v1s_main_becomes_the_main_group_that_is_there(here: Here, tmp_path: Path) -> None:
    source = make_v1(tmp_path / "v1", later=True)
    source.group(MAIN, "whatsapp_main", main=True)
    source.write("groups/whatsapp_main/CLAUDE.md", "mine")
    first = make_v1(tmp_path / "first", later=True)
    first.group("tg:5", "main", name="Here")
    here.take(first)
    report = here.take(source)
    assert [(group.folder, group.source, group.done) for group in report.groups] == [
        ("main", "whatsapp_main", "chat added")
    ]
    assert (here.home.groups / "main/CLAUDE.md").read_text() == "mine"
    assert here.ask("SELECT name FROM groups") == [("Here",)]


def test_groups_and_chats_in_the_way_are_all_named_and_nothing_changes(here: Here, later: V1Folder) -> None:
    other = make_v1(later.root.with_name("other"), later=True)
    other.group("99@g.us", "family", name="Another family")
    other.group(MAIN, "mine", main=False)
    here.take(other)
    before = here.everything()
    with pytest.raises(ImportConflictError) as caught:
        here.take(later)
    assert "there is a group 'family' here, with other chats" in str(caught.value)
    assert f"the chat {MAIN} belongs to the group 'mine' here" in str(caught.value)
    assert here.everything() == before


def test_files_that_are_there_stay_as_they_are(here: Here, later: V1Folder) -> None:
    (here.home.groups / "family").mkdir()
    (here.home.groups / "family/CLAUDE.md").write_text("my own")
    report = here.take(later)
    assert (here.home.groups / "family/CLAUDE.md").read_text() == "my own"
    assert report.names["files", "another is in its place here"] == ["groups/family/CLAUDE.md"]


def test_history_is_not_put_before_messages_that_wait(here: Here, later: V1Folder) -> None:
    here.take(later)
    here.change(
        "INSERT INTO messages"
        " (chat_id, external_id, sender_id, sender_name, text, from_assistant, sent_at, received_at)"
        " SELECT id, 'new', 'a', 'A', 'new', 0, 1, 1 FROM chats WHERE address LIKE '%@g.us' AND group_id IS NOT NULL"
    )
    assert here.take(later).counts["messages"] == 0
    later.say(FAMILY, 50, "from there")
    before = here.everything()
    with pytest.raises(ImportConflictError, match="wait for their answer"):
        here.take(later)
    assert here.everything() == before


def test_a_conversation_here_is_not_replaced(here: Here, later: V1Folder) -> None:
    here.take(later)
    other = "11111111-2222-3333-4444-555555555555"
    here.change("UPDATE sessions SET session = '11111111-2222-3333-4444-555555555555'")
    report = here.take(later)
    assert here.ask("SELECT session FROM sessions") == [(other,)]
    assert ("conversations", "their group has one here") in report.left_out


def test_messages_that_v1_had_not_answered_are_told_of(here: Here, later: V1Folder) -> None:
    later.run(
        "INSERT INTO router_state VALUES ('last_agent_timestamp', ?)",
        [(f'{{"{FAMILY}": "{at(1)}", "{MAIN}": "{at(5)}"}}',)],
    )
    assert any("In 1 chats v1 had not answered" in note for note in here.take(later).notes)


def test_a_task_whose_only_time_has_passed_is_not_run_late(here: Here, later: V1Folder) -> None:
    later.task("late", MAIN, "main", "once", "2026-01-07T10:00:00", created=at(20))
    report = here.take(later)
    assert here.ask("SELECT state, next_at FROM tasks WHERE name = 'late'", tasks=True) == [("done", None)]
    assert any("that has passed" in note for note in report.notes)


def test_other_networks_and_a_reply_keep_what_they_are(here: Here, tmp_path: Path) -> None:
    source = make_v1(tmp_path / "v1", later=True)
    source.group("tg:-100123", "club")
    source.run(
        "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp, is_from_me,"
        " reply_to_message_content, reply_to_sender_name)"
        " VALUES ('1', 'tg:-100123', '5', 'Bo', 'yes', ?, 0, 'coming?', 'Cy')",
        [(at(1),)],
    )
    here.take(source)
    assert here.ask("SELECT channel, address FROM chats") == [("telegram", "-100123")]
    assert here.ask("SELECT quote FROM messages") == [('{"sender": "Cy", "text": "coming?"}',)]


def test_a_hundred_thousand_messages(here: Here, tmp_path: Path) -> None:
    source = furnish(make_v1(tmp_path / "v1", later=True))
    source.run(
        "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp, is_from_me, is_bot_message)"
        " VALUES (?, ?, 'x', 'X', ?, ?, 0, ?)",
        (
            (
                f"big{number}",
                FAMILY,
                f"message {number} about tea",
                f"2026-02-{1 + number // 5000:02d}T10:00:00.000Z",
                number % 2,
            )
            for number in range(100_000)
        ),
    )
    report = here.take(source)
    assert report.counts["messages"] + report.counts["replies"] == 100_005
    assert here.ask("SELECT count(*) FROM messages_text('tea')") == [(50_000,)]
    again = here.take(source)
    assert again.counts["known_messages"] == 100_005
