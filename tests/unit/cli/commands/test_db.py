"""``nanoclaw db``, on real databases."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.daemon.lock import hold
from nanoclaw.operations.backup.swap import is_pending, workshop
from nanoclaw.settings.home import Home
from tests.fakes.small_disk import fill, small_disk
from tests.unit.cli.conftest import Run
from tests.unit.operations.databases.conftest import MESSAGES, destroy, pages_of
from tests.unit.operations.databases.conftest import home as home  # noqa: PLC0414 - a fixture, for pytest to find


def test_check_finds_both_sound(run: Run) -> None:
    ran = run("db", "check")
    assert ran.status == 0
    assert ran.out == "messages: sound\ntasks: sound\n"


def test_check_names_the_damage_and_the_ways_back(run: Run, home: Home) -> None:
    destroy(home.database, pages_of(home.database, "messages")[2:4])
    ran = run("db", "check")
    assert ran.status == 1
    assert "messages: DAMAGED" in ran.out
    assert "tasks: sound" in ran.out
    assert "db recover" in ran.out
    assert not run("--json", "db", "check").json["databases"][0]["ok"]


def test_stats_tables_and_schema_say_what_is_there(run: Run) -> None:
    found = run("--json", "db", "stats").json["databases"][0]
    sizes = {table["name"]: table for table in found["tables"]}
    assert sizes["messages"]["rows"] == MESSAGES
    assert sizes["messages"]["bytes"] > MESSAGES * 200
    assert sum(table["bytes"] for table in found["tables"]) <= found["bytes"]
    assert f"{MESSAGES:,}" in run("db", "stats", "--database", "messages").out
    assert "task_runs" in run("db", "tables", "--database", "tasks").out or "runs" in run("db", "tables").out
    assert run("db", "schema", "chats").out.startswith("-- messages\nCREATE TABLE chats")
    assert run("db", "schema", "nothing").status == 1


def test_a_query_reads_and_cannot_write(run: Run, home: Home) -> None:
    assert run("--json", "db", "query", "SELECT folder, name FROM groups").json["rows"] == [["main", "Main"]]
    shown = run("db", "query", "SELECT id, text FROM messages", "--limit", "2")
    assert len(shown.out.splitlines()) == 3
    assert "Only the first 2 rows" in shown.err
    refused = run("db", "query", "DELETE FROM messages")
    assert refused.status == 1
    assert "--write" in refused.err
    assert run("db", "query", "-", stdin="SELECT count(*) AS n FROM messages").out.split() == ["n", str(MESSAGES)]


def test_a_query_with_leave_to_write_does_unless_a_daemon_runs(run: Run, home: Home) -> None:
    with hold(home.lock):
        held = run("db", "query", "--write", "DELETE FROM messages WHERE id = 1")
    assert held.status == 1
    assert "in use by process" in held.err
    assert run("db", "query", "--write", "DELETE FROM messages WHERE id = 1").out == "1 rows changed.\n"


def test_what_others_wrote_cannot_steer_the_terminal(run: Run) -> None:
    run("db", "query", "--write", "UPDATE groups SET name = 'a' || char(27) || '[2Jb'")
    assert "\x1b" not in run("db", "query", "SELECT name FROM groups").out


def test_upkeep_runs_and_says_so(run: Run, home: Home) -> None:
    run("db", "query", "--write", "DELETE FROM messages WHERE id > 10")
    before = home.database.stat().st_size
    assert run("db", "vacuum").status == 0
    assert home.database.stat().st_size < before
    assert run("db", "optimize").status == 0
    assert "the log is empty" in run("db", "checkpoint").out


def test_a_dump_is_loaded_again_and_what_was_there_is_kept(run: Run, home: Home, tmp_path: Path) -> None:
    script = tmp_path / "messages.sql"
    assert run("db", "dump", "--output", str(script)).status == 0
    assert run("db", "dump", "--output", str(script)).status == 1
    assert run("db", "dump").out.startswith("-- SQLite dump")
    run("db", "query", "--write", "DELETE FROM messages")
    loaded = run("--json", "db", "load", str(script))
    assert loaded.status == 0
    assert (Path(loaded.json["kept"]) / "messages.db").exists()
    assert run("--json", "db", "query", "SELECT count(*) FROM messages").json["rows"] == [[MESSAGES]]
    missing = run("db", "load", str(tmp_path / "none.sql"))
    assert missing.status == 1
    assert "hint:" in missing.err


def test_recover_saves_reports_and_replaces(run: Run, home: Home, tmp_path: Path) -> None:
    destroy(home.database, pages_of(home.database, "messages")[2:4])
    target = tmp_path / "saved.db"
    saved = run("--json", "db", "recover", "--output", str(target))
    assert saved.status == 1
    messages = next(table for table in saved.json["tables"] if table["name"] == "messages")
    assert messages["saved"] + messages["lost"] == MESSAGES
    assert 0 < messages["lost"] < 60
    assert target.exists()
    assert run("db", "check").status == 1
    other = run("db", "recover", "--database", "tasks", "--output", str(tmp_path / "tasks.db"))
    assert "`nanoclaw db recover --database tasks --replace`" in other.out
    replaced = run("db", "recover", "--replace")
    assert "kept in" in replaced.out
    assert run("db", "check").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("db",),
        ("db", "query"),
        ("db", "query", "SELECT 1", "--limit", "0"),
        ("db", "query", "SELECT 1", "--seconds", "-1"),
        ("db", "check", "--database", "other"),
        ("db", "load"),
    ],
)
def test_wrong_arguments_are_refused(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).status == 2


def test_without_a_home_nothing_is_made(run: Run, home: Home) -> None:
    home.database.unlink()
    for action in (("check",), ("stats",), ("tables",), ("query", "SELECT 1"), ("dump",), ("recover",)):
        ran = run("db", *action)
        assert ran.status == 1
        assert "not there" in ran.err
    assert not home.database.exists()


@pytest.fixture
def full(tmp_path: Path, home: Home) -> Iterator[Path]:
    """The home on a disk of 16 megabytes with next to nothing left."""
    with small_disk(tmp_path / "small", 16) as place:
        shutil.copytree(home.root, place / "home")
        yield place


@pytest.mark.parametrize(
    "action",
    [
        ("vacuum",),
        ("recover", "--replace"),
        ("recover", "--output", "{place}/saved.db"),
        ("dump", "--output", "{place}/dump.sql"),
        ("load", "{script}"),
    ],
    ids=lambda action: " ".join(action[:2]),
)
def test_a_full_disk_is_said_and_leaves_the_database_as_it_was(
    run: Run, full: Path, tmp_path: Path, action: tuple[str, ...]
) -> None:
    place = full / "home"
    script = tmp_path / "whole.sql"
    assert run("--home", str(place), "db", "dump", "--output", str(script)).status == 0
    fill(full, leave=300_000)
    before = run("--json", "--home", str(place), "db", "query", "SELECT count(*), sum(id) FROM messages").json
    ran = run("--home", str(place), "db", *(part.format(place=full, script=script) for part in action))
    assert ran.status == 1
    assert "hint:" in ran.err
    assert run("--json", "--home", str(place), "db", "query", "SELECT count(*), sum(id) FROM messages").json == before
    assert run("--home", str(place), "db", "check").status == 0
    assert not (full / "dump.sql").exists()


def test_a_restore_that_was_killed_in_the_middle_is_finished_before_anything_is_told(run: Run, home: Home) -> None:
    new = workshop(home) / "messages.db"
    new.parent.mkdir(parents=True)
    home.database.rename(new)
    swap = {"target": "store/messages.db", "new": "data/restoring/messages.db", "saved": "replaced/x/store/messages.db"}
    (home.root / "data" / "restore.json").write_text(json.dumps({"format": 1, "swaps": [swap]}))
    assert f"{MESSAGES:,}" in run("db", "stats").out
    assert not is_pending(home)
