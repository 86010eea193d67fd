"""``nanoclaw backup`` on a home without a daemon."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.cli.exits import Exit
from nanoclaw.daemon.lock import hold
from nanoclaw.settings.home import Home
from tests.unit.cli.conftest import Run


@pytest.fixture(autouse=True)
def _a_home(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    previous = os.umask(0o077)
    home.create()
    home.config.write_text("[backup]\nleave_free_mib = 0\n[assistant]\ntime_zone = 'UTC'\n")
    (home.global_folder / "CLAUDE.md").write_text("Be kind.\n")
    yield
    os.umask(previous)


def test_create_says_what_it_made(run: Run) -> None:
    made = run("backup", "create")
    assert made.status == Exit.OK
    assert "NOT encrypted" in made.out
    document = run("backup", "create", "--kind", "daily", "--json").json
    assert document["snapshot"]["kind"] == "daily"
    assert document["snapshot"]["files"] == 2
    assert document["new_chunks"] == 0
    assert document["copies"] == []


def test_list_and_show_and_verify(run: Run) -> None:
    assert run("backup", "list").out == "No backups.\n"
    nothing = run("backup", "verify")
    assert "There are no backups" in nothing.out
    assert nothing.status == Exit.ERROR
    name = run("backup", "create", "--json").json["snapshot"]["name"]
    assert name in run("backup", "list").out
    assert [one["name"] for one in run("backup", "list", "--json").json["snapshots"]] == [name]
    for given in ([], [name], [name[:18]], [name[-6:]]):
        assert name in run("backup", "show", *given).out
    assert "groups/global/CLAUDE.md" in run("backup", "show", "--files").out
    assert "config.toml" not in run("backup", "show", "--files", "groups").out
    assert run("backup", "verify").status == Exit.OK
    assert run("backup", "show", "none").status == Exit.ERROR


def test_verify_fails_where_something_is_missing_and_says_what(run: Run, home: Home) -> None:
    run("backup", "create")
    for path in (home.backups / "chunks").rglob("*"):
        if path.is_file():
            path.unlink()
    found = run("backup", "verify", "--json")
    assert found.status == Exit.ERROR
    assert not found.json["ok"]
    assert "NOT ALL WHOLE" in run("backup", "verify").out


def test_restore_puts_back_and_says_where_the_rest_is(run: Run, home: Home) -> None:
    run("backup", "create")
    (home.global_folder / "CLAUDE.md").write_text("other")
    done = run("backup", "restore")
    assert done.status == Exit.OK
    assert (home.global_folder / "CLAUDE.md").read_text() == "Be kind.\n"
    assert str(home.root / "replaced") in done.out
    assert "nanoclaw run" in done.out


def test_restore_is_told_which_one_only_once(run: Run) -> None:
    name = run("backup", "create", "--json").json["snapshot"]["name"]
    assert run("backup", "restore", name, "--at", "2031-01-01").status == Exit.USAGE
    assert run("backup", "restore", "--at", "2031-01-01").status == Exit.OK


def test_restore_refuses_while_the_home_is_in_use(run: Run, home: Home) -> None:
    run("backup", "create")
    with hold(home.lock):
        refused = run("backup", "restore")
    assert refused.status == Exit.ERROR
    assert "nanoclaw stop" in refused.err


def test_a_broken_configuration_does_not_keep_it_from_being_restored(run: Run, home: Home) -> None:
    run("backup", "create")
    good = home.config.read_text()
    home.config.write_text("[[[")
    assert run("backup", "create").status == Exit.ERROR
    done = run("backup", "restore", "--only", "config")
    assert done.status == Exit.OK
    assert "going on with the defaults" in done.err
    assert home.config.read_text() == good


def test_restore_beside_the_home(run: Run, tmp_path: Path) -> None:
    run("backup", "create")
    done = run("backup", "restore", "--only", "groups", "--to", str(tmp_path / "out"), "--json")
    assert done.json["replaced"] is None
    assert (tmp_path / "out/groups/global/CLAUDE.md").read_text() == "Be kind.\n"


@pytest.mark.parametrize("when", ["yesterday", "2001-01-01"])
def test_a_time_with_no_backup_is_refused(run: Run, when: str) -> None:
    run("backup", "create")
    assert run("backup", "restore", "--at", when).status == Exit.ERROR


def test_a_key_file_encrypts_and_must_be_private_and_long(run: Run, home: Home, tmp_path: Path) -> None:
    key = tmp_path / "key"
    home.config.write_text(f'[backup]\nleave_free_mib = 0\nkey_file = "{key}"\n')
    for content, mode, message in (
        (None, 0, "Cannot read"),
        (b"short", 0o600, "16 bytes"),
        (b"k" * 32, 0o644, "Others"),
    ):
        if content is not None:
            key.write_bytes(content)
            key.chmod(mode)
        refused = run("backup", "create")
        assert refused.status == Exit.ERROR
        assert message in refused.err
    key.chmod(0o600)
    assert run("backup", "create", "--json").json["snapshot"]["encrypted"]
    home.config.write_text("")
    assert "there is no passphrase or key file" in run("backup", "show").err
    assert run("backup", "show", "--key-file", str(key)).status == Exit.OK
    assert run("backup", "list").status == Exit.OK


def test_a_passphrase_in_the_env_file_encrypts(run: Run, home: Home) -> None:
    home.env_file.write_text("NANOCLAW_BACKUP_PASSPHRASE=correct horse\n")
    assert run("backup", "create", "--json").json["snapshot"]["encrypted"]
    home.env_file.write_text("NANOCLAW_BACKUP_PASSPHRASE=wrong\n")
    refused = run("backup", "verify")
    assert refused.status == Exit.ERROR
    assert "is not the one" in refused.err


def test_copies_are_made_and_one_that_is_missing_is_told(run: Run, home: Home, tmp_path: Path) -> None:
    (tmp_path / "nas").mkdir()
    copies = f'["{tmp_path / "nas"}", "{tmp_path / "unplugged"}"]'
    home.config.write_text(f"[backup]\nleave_free_mib = 0\ncopies = {copies}\n")
    made = run("backup", "create", "--json")
    assert made.status == Exit.ERROR
    assert [one["error"] is None for one in made.json["copies"]] == [True, False]
    assert "Is its disk mounted?" in made.err
    assert not (tmp_path / "unplugged").exists()
    assert run("backup", "verify", "--from", str(tmp_path / "nas")).status == Exit.OK
    assert len(run("backup", "prune", "--json").json["places"]) == 2


def test_the_schedule_shows_what_was_and_what_comes(run: Run) -> None:
    assert run("backup", "schedule", "--json").json["due"] == "weekly"
    shown = run("backup", "schedule").out.splitlines()
    assert [shown[line].split() for line in (3, 4, 5)] == [["weekly", "now"], ["verify", "now"], ["drill", "now"]]
    run("backup", "create", "--kind", "weekly")
    found = run("backup", "schedule", "--json").json
    assert found["due"] is None
    assert [one["kind"] for one in found["schedule"]] == ["hourly", "daily", "weekly", "verify", "drill"]
    assert found["schedule"][0]["next"] > found["schedule"][0]["last"]


def test_the_lines_for_cron_have_five_fields_and_a_command(run: Run, home: Home) -> None:
    lines = run("backup", "schedule", "--print-cron").out.splitlines()
    assert lines[0].startswith("#")
    for line in lines[1:]:
        assert all(field.isdigit() or field == "*" for field in line.split()[:5])
        assert f"--home {home.root}" in line


_SNAPSHOT = {
    *("name", "at", "kind", "parts", "encrypted", "program", "home"),
    *("files", "bytes", "databases", "skipped"),
}
_SHAPES: dict[str, set[str]] = {
    "create": {"snapshot", "read_bytes", "written_bytes", "new_chunks", "seconds", "copies"},
    "list": {"place", "snapshots"},
    "show": _SNAPSHOT,
    "show --files": {*_SNAPSHOT, "entries"},
    "verify": {"ok", "snapshots", "chunks", "bytes", "set_aside", "problems"},
    "restore": {"snapshot", "at", "paths", "files", "bytes", "replaced", "rows"},
    "prune": {"dry_run", "places"},
    "schedule": {"enabled", "due", "schedule", "copies"},
    "schedule --print-cron": {"lines"},
}


@pytest.mark.parametrize("command", _SHAPES)
def test_documents_keep_their_shape(run: Run, command: str) -> None:
    run("backup", "create")
    assert set(run("backup", *command.split(), "--json").json) == _SHAPES[command]


def test_parts_of_documents_keep_their_shape(run: Run) -> None:
    assert set(run("backup", "create", "--json").json["snapshot"]) == _SNAPSHOT
    assert set(run("backup", "list", "--json").json["snapshots"][0]) == {"name", "at", "kind", "parts", "encrypted"}
    entries = run("backup", "show", "--files", "--json").json["entries"]
    assert set(entries[0]) == {"path", "type", "mode", "bytes", "modified"}
    places = run("backup", "prune", "--json").json["places"]
    assert set(places[0]) == {"place", "removed", "kept", "chunks", "freed_bytes", "unreadable"}
