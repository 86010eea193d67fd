"""Folders that are none of v1, are damaged, in use, or made by somebody who means harm."""

import json
import os
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from nanoclaw.operations.imports.errors import ImportSourceError
from nanoclaw.operations.imports.groups import address_of
from nanoclaw.settings.home import Home
from nanoclaw.store.errors import DatabaseCorruptError, DatabaseLockedError, OlderSchemaError
from nanoclaw.store.v1 import NotV1Error, moment
from tests.fakes.nanoclaw_v1 import FAMILY, MAIN, SESSION, V1Folder, at, make_v1
from tests.fakes.small_disk import fill, small_disk
from tests.unit.operations.imports.conftest import Here
from tests.unit.operations.upgrade.conftest import make_old_home


def _nothing_came(here: Here) -> bool:
    return not here.home.database.exists() or here.ask("SELECT count(*) FROM groups") == [(0,)]


def test_a_folder_that_is_none_of_v1_is_refused(here: Here, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for place in ("empty", "file", "nothing"):
        with pytest.raises(ImportSourceError, match=place):
            here.take(tmp_path / place)
    assert not here.home.database.exists()


@pytest.mark.parametrize(
    "tables",
    [
        "",
        "CREATE TABLE chats (jid TEXT); CREATE TABLE other (x)",
        "CREATE TABLE chats (chat_id INTEGER); CREATE TABLE messages (id INTEGER, chat_id INTEGER, content, timestamp)",
        "CREATE VIEW messages AS SELECT 1 AS id; CREATE TABLE chats (jid TEXT)",
    ],
)
def test_other_tables_are_said_to_be_so(here: Here, tmp_path: Path, tables: str) -> None:
    (tmp_path / "v1/store").mkdir(parents=True)
    connection = apsw.Connection(str(tmp_path / "v1/store/messages.db"))
    connection.execute(f"CREATE TABLE x (y); {tables}")
    connection.close()
    with pytest.raises(NotV1Error, match="not a database of NanoClaw v1"):
        here.take(tmp_path / "v1")
    assert _nothing_came(here)


def test_tables_that_came_later_may_be_missing(here: Here, tmp_path: Path) -> None:
    source = make_v1(tmp_path / "v1", later=False)
    for table in ("task_run_logs", "scheduled_tasks"):
        source.run(f"DROP TABLE {table}")
    source.group(FAMILY, "family")
    source.say(FAMILY, 1, "hello")
    assert here.take(source).counts["messages"] == 1


def test_a_damaged_database_is_refused(here: Here, later: V1Folder) -> None:
    content = bytearray(later.database.read_bytes())
    content[8192:12288] = os.urandom(4096)
    later.database.write_bytes(content)
    with pytest.raises(DatabaseCorruptError, match=r"v1/store/messages\.db is damaged"):
        here.take(later)
    later.database.write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseCorruptError):
        here.take(later)
    assert _nothing_came(here)


def test_a_database_that_v1_writes_to_is_locked(
    here: Here, later: V1Folder, scrubbed_environment: dict[str, str]
) -> None:
    # Locks of one process do not stand in each other's way: another one must hold it.
    code = (
        "import apsw, sys; c = apsw.Connection(sys.argv[1]);"
        "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(later.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=scrubbed_environment,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(DatabaseLockedError, match="locked by another process") as caught:
        here.take(later)
    assert "Stop NanoClaw v1" in caught.value.hint
    holder.communicate()
    assert here.take(later).counts["messages"] == 3


def test_what_stands_in_a_log_beside_the_database_is_taken_along(here: Here, later: V1Folder) -> None:
    writer = apsw.Connection(str(later.database))
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute(
        "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp)"
        " VALUES ('w', ?, 's', 'S', 'in the log', ?)",
        (FAMILY, at(50)),
    )
    assert here.take(later).counts["messages"] == 4
    writer.close()


@pytest.mark.parametrize("folder", ["../x", "..", "/etc", "a/b", "", "global", ".hidden", "x" * 65, "a\nb", "é"])
@pytest.mark.parametrize("main", [False, True])
def test_a_folder_that_leads_elsewhere_is_left_out(here: Here, tmp_path: Path, folder: str, *, main: bool) -> None:
    source = make_v1(tmp_path / "v1", later=True)
    source.group(FAMILY, folder, main=main)
    source.group(MAIN, "good", main=False)
    outside = tmp_path / "x"
    outside.mkdir()
    (outside / "CLAUDE.md").write_text("outside")
    report = here.take(source)
    assert [group.folder for group in report.groups] == ["good"]
    assert report.left_out["groups", "its folder's name cannot be used"] == 1
    assert not [path for path in here.home.root.rglob("*") if path.is_file() and path.read_bytes() == b"outside"]


def test_links_and_other_things_are_not_followed(here: Here, later: V1Folder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("outside")
    family = later.root / "groups/family"
    (family / "link.md").symlink_to(secret / "key")
    (family / "folder").symlink_to(secret)
    os.mkfifo(family / "pipe")
    (later.root / "groups/main/CLAUDE.md").unlink()
    (later.root / "groups/main/CLAUDE.md").symlink_to(secret / "key")
    transcripts = later.root / "data/sessions/main/.claude"
    transcripts.parent.mkdir(parents=True)
    transcripts.symlink_to(secret)
    report = here.take(later)
    assert report.left_out["files", "a link"] == 3
    assert report.left_out["files", "no plain file"] == 1
    assert report.names["folders", "not a directory"] == ["data/sessions/main/.claude"]
    assert not [path for path in here.home.root.rglob("*") if path.is_file() and path.read_bytes() == b"outside"]
    assert not (here.home.groups / "main/CLAUDE.md").exists()


def test_links_in_the_home_are_not_followed_either(here: Here, later: V1Folder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (here.home.groups / "family").mkdir()
    (here.home.groups / "family/notes").symlink_to(tmp_path / "elsewhere")
    report = here.take(later)
    assert not list((tmp_path / "elsewhere").iterdir())
    assert report.names["files", "something else is in its place here"] == ["groups/family/notes/list.md"]
    assert (here.home.groups / "family/CLAUDE.md").exists()


def test_a_database_that_is_a_link_is_not_read(here: Here, later: V1Folder) -> None:
    later.database.rename(later.root / "real.db")
    later.database.symlink_to(later.root / "real.db")
    with pytest.raises(ImportSourceError):
        here.take(later)


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "[" * 100_000, '"x"'])
@pytest.mark.parametrize("name", ["registered_groups.json", "sessions.json", "router_state.json"])
def test_files_of_state_that_are_no_objects_are_named(here: Here, tmp_path: Path, name: str, content: str) -> None:
    source = make_v1(tmp_path / "v1", later=False)
    source.write(f"data/{name}", content)
    with pytest.raises(ImportSourceError, match=name):
        here.take(source)
    assert _nothing_came(here)


def test_state_that_is_not_what_v1_wrote_is_left_out(here: Here, tmp_path: Path) -> None:
    source = make_v1(tmp_path / "v1", later=False)
    groups = {
        "1@g.us": None,
        "2@g.us": {"folder": ["x"], "trigger": {}},
        "3@g.us": {"folder": "fine", "trigger": "\x1b[2J", "name": "a\nb", "requiresTrigger": "no"},
    }
    source.write("data/registered_groups.json", json.dumps(groups))
    source.write("data/sessions.json", json.dumps({"fine": 7, "other": None}))
    source.write("data/router_state.json", json.dumps({"last_agent_timestamp": {"1@g.us": 5}}))
    report = here.take(source)
    assert here.ask("SELECT folder, name, trigger, requires_trigger FROM groups") == [("fine", "a b", "@Andy", 1)]
    assert report.left_out["groups", "its folder's name cannot be used"] == 2


def test_rows_that_make_no_sense_are_left_out_and_the_rest_comes(here: Here, later: V1Folder) -> None:
    later.run(
        "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp) VALUES (?, ?, ?, ?, ?, ?)",
        [
            ("b1", FAMILY, None, None, "no time", None),
            ("b2", FAMILY, 5, b"\xff", "blob and number", at(51)),
            ("", FAMILY, "s", "S", "no id", at(52)),
            ("b4", FAMILY, "s", "S", "nul \x00 and \x1b", at(53)),
            ("b5", FAMILY, "s", "S", "far", "9999-99-99"),
            ("b6", "77@g.us", "s", "S", "not registered", at(54)),
        ],
    )
    for number, (kind, value) in enumerate([("hourly", "1"), ("cron", "x"), ("interval", "-5"), ("once", "soon")]):
        later.task(f"bad-{number}", FAMILY, "family", kind, value, created=at(20 + number))
    later.task("bad-time", FAMILY, "family", "cron", "* * * * *", created="whenever")
    later.task("bad-group", FAMILY, "nowhere", "cron", "* * * * *")
    later.task("bad-state", FAMILY, "family", "cron", "* * * * *", status="odd")
    later.task("bad-context", FAMILY, "family", "cron", "* * * * *", context="odd")
    later.task("bad-prompt", FAMILY, "family", "cron", "* * * * *", prompt="  ")
    report = here.take(later)
    assert report.counts["messages"] == 5
    assert report.left_out["messages", "they have no id or no time"] == 3
    assert report.left_out["messages", "their chat is not registered"] == 1
    assert report.counts["tasks"] == 3
    assert sum(many for (what, _), many in report.left_out.items() if what == "tasks") == 9


def test_two_folders_that_differ_in_capitals_do_not_become_one(here: Here, tmp_path: Path) -> None:
    source = make_v1(tmp_path / "v1", later=True)
    source.group("1@g.us", "Family")
    source.group("2@g.us", "family")
    report = here.take(source)
    assert [group.folder for group in report.groups] == ["Family"]
    assert report.left_out["groups", "its folder differs from another's by nothing but capitals"] == 1


@pytest.mark.parametrize("session", ["--help", "../x", "", f"{SESSION}/../x"])
def test_only_a_conversations_id_is_taken_for_one(here: Here, tmp_path: Path, session: str) -> None:
    source = make_v1(tmp_path / "v1", later=True)
    source.group(FAMILY, "family")
    source.run("INSERT INTO sessions VALUES ('family', ?)", [(session,)])
    assert here.take(source).sessions == []
    assert here.ask("SELECT count(*) FROM sessions") == [(0,)]


def test_a_home_of_an_older_version_is_upgraded_first(here: Here, later: V1Folder) -> None:
    make_old_home(here.home.root)
    for dry_run in (True, False):
        with pytest.raises(OlderSchemaError, match="nanoclaw needs"):
            here.take(later, dry_run=dry_run)


def test_a_full_disk_keeps_nothing_half_and_the_next_time_goes_on(later: V1Folder, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(small)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs to mount a tmpfs, which only root can do here")
    try:
        here = Here(Home(small))
        here.home.create()
        later.write("groups/family/zz-large", "x" * 12 * 2**20)
        with pytest.raises(ImportSourceError, match="No space left"):
            here.take(later)
        assert _nothing_came(here)
        assert not list(small.rglob(".nanoclaw-import"))
        (later.root / "groups/family/zz-large").unlink()
        assert here.take(later).counts["messages"] == 3
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_a_disk_without_room_for_a_look_at_the_database_is_named(later: V1Folder, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 2) as place:
        here = Here(Home(place))
        here.home.create()
        fill(place, leave=0)
        with pytest.raises(ImportSourceError, match="No room left for a copy"):
            here.take(later)
        assert _nothing_came(here)


@pytest.mark.parametrize(
    ("jid", "channel", "address"),
    [
        ("1@g.us", "", ("whatsapp", "1@g.us")),
        ("49@s.whatsapp.net", "telegram", ("whatsapp", "49@s.whatsapp.net")),
        ("tg:-5", "", ("telegram", "-5")),
        ("dc:7", "discord", ("discord", "7")),
        ("slack:C1", "slack", ("slack", "C1")),
        ("local:main", "", None),
        ("main", "local", None),
        ("web:x", "web", None),
        ("x", "", None),
        ("", "telegram", None),
        ("tg:", "", None),
        ("x" * 300, "telegram", None),
        ("../x", "../y", None),
    ],
)
def test_a_chat_has_the_name_that_its_network_gives_it(jid: str, channel: str, address: tuple[str, str] | None) -> None:
    found = address_of(jid, channel)
    assert (found and (found.channel, found.chat)) == address


@pytest.mark.parametrize(
    "text", [None, 5, b"x", "", "soon", "2026-13-01", "0001-01-01T00:00:00Z", "1969-01-01T00:00:00Z"]
)
def test_what_is_no_time_is_none(text: object) -> None:
    assert moment(text) is None
