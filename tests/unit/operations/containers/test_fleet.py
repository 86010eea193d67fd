"""Which containers are ours, whatever engines are there and however they behave."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.operations.containers.errors import ContainersError
from nanoclaw.operations.containers.fleet import open_fleet
from nanoclaw.settings.home import Home
from nanoclaw.store.connection import open_connection
from nanoclaw.store.migrate import migrate

IDENTITY = "0123456789ab"
Ran = subprocess.CompletedProcess[str]
Command = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.create()
    connection = open_connection(found.database)
    migrate(connection, found.database)
    connection.execute("INSERT INTO installation (id) VALUES (?)", (IDENTITY,))
    connection.close()
    return found


@pytest.fixture
def engines(tmp_path: Path) -> Path:
    """The only folder where programs are looked for besides /usr/bin's own."""
    folder = tmp_path / "engines"
    folder.mkdir()
    return folder


@pytest.fixture
def command(tmp_path: Path, home: Home, engines: Path) -> Command:
    """``nanoclaw containers`` with made-up engines."""

    def run(*arguments: str, place: Path | None = None) -> Ran:
        return subprocess.run(
            [sys.executable, "-m", "nanoclaw", "--home", str(place or home.root), "containers", *arguments],
            env={
                "PATH": str(engines),
                "HOME": str(tmp_path),
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


def engine(folder: Path, name: str, script: str) -> None:
    """A program that stands where an engine's would."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def listing(*lines: str) -> str:
    text = "\n".join(lines)
    return f'case "$1" in ps) printf \'%s\\n\' "{text}";; *) exit 1;; esac'


def test_no_engine_and_no_container_is_no_trouble(command: Command) -> None:
    ran = command("list")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "No containers.\n", "")
    assert json.loads(command("list", "--json").stdout) == {"containers": [], "looked_after": False, "silent": []}
    assert command("stats").stdout == "No container runs.\n"


def test_containers_of_several_engines_are_listed_together(command: Command, engines: Path) -> None:
    engine(engines, "docker", listing("nanoclaw-a\tfamily\trunning\t2026-11-25 11:20:18 +0000 UTC"))
    engine(engines, "podman", listing("nanoclaw-b\tmain\texited\t2026-11-25 10:20:18.123 +0100 CET"))
    found = json.loads(command("list", "--json").stdout)["containers"]
    assert [(one["name"], one["group"], one["kind"], one["state"]) for one in found] == [
        ("nanoclaw-a", "family", "docker", "running"),
        ("nanoclaw-b", "main", "podman", "ended"),
    ]
    assert found[1]["since"] == "2026-11-25T09:20:18.000Z"


def test_only_this_installation_s_label_is_asked_for(command: Command, engines: Path, tmp_path: Path) -> None:
    engine(engines, "docker", f'echo "$@" >> {tmp_path}/asked')
    command("list")
    asked = (tmp_path / "asked").read_text()
    assert f"--filter label=nanoclaw.installation={IDENTITY}" in asked
    assert asked.count("\n") == 1


def test_an_engine_that_does_not_answer_is_named_and_the_others_are_shown(command: Command, engines: Path) -> None:
    engine(engines, "docker", "echo 'Cannot connect to the daemon' >&2; exit 1")
    engine(engines, "podman", listing("nanoclaw-b\tmain\trunning\t2026-11-25 10:20:18 +0000 UTC"))
    ran = command("list")
    assert ran.returncode == 0
    assert "nanoclaw-b" in ran.stdout
    assert "docker did not answer: docker cannot list its containers: Cannot connect to the daemon" in ran.stderr


def test_an_engine_that_the_configuration_names_must_answer(command: Command, engines: Path, home: Home) -> None:
    home.config.write_text('[sandbox]\nkind = "docker"\n')
    assert command("list").returncode == 1, "it is not even installed"
    engine(engines, "docker", "exit 1")
    assert command("list").returncode == 1
    engine(engines, "docker", "exit 0")
    assert command("list").returncode == 0


def test_a_broken_configuration_hides_no_container(command: Command, engines: Path, home: Home) -> None:
    home.config.write_text("[sandbox\n")
    engine(engines, "docker", listing("nanoclaw-a\tmain\trunning\t2026-11-25 11:20:18 +0000 UTC"))
    assert "nanoclaw-a" in command("list").stdout


def test_an_engine_that_dies_between_two_questions_is_told(command: Command, engines: Path, tmp_path: Path) -> None:
    once = f"test -e {tmp_path}/asked && {{ echo gone >&2; exit 1; }}; echo > {tmp_path}/asked; "
    engine(engines, "docker", once + listing("nanoclaw-a\tmain\trunning\t2026-11-25 11:20:18 +0000 UTC"))
    ran = command("stop", "main")
    assert ran.returncode == 1
    assert "docker cannot list its containers: gone" in ran.stderr


@pytest.mark.parametrize("name", ["nobody", "../../etc", "-f", "a b; rm -rf /", "\x1b[31mred", "é" * 300, "", "$(id)"])
def test_an_unknown_or_odd_name_reaches_no_engine(command: Command, engines: Path, tmp_path: Path, name: str) -> None:
    engine(engines, "docker", f'echo "$@" >> {tmp_path}/asked')
    for verb in ("stop", "rm"):
        ran = command(verb, "--", name)
        assert ran.returncode == 1
        assert "has no container" in ran.stderr
        assert "\x1b" not in ran.stderr
    assert {line.split()[0] for line in (tmp_path / "asked").read_text().splitlines()} == {"ps"}


def test_names_that_an_engine_reports_are_shown_safely(command: Command, engines: Path) -> None:
    engine(engines, "docker", listing("evil\x1b[2J\tmain\trunning\t2026-11-25 11:20:18 +0000 UTC", "half a line"))
    ran = command("list")
    assert "\x1b" not in ran.stdout
    assert "half a line" not in ran.stdout


def test_a_group_with_several_containers_is_not_entered_by_its_folder(command: Command, engines: Path) -> None:
    two = (f"nanoclaw-{one}\tmain\trunning\t2026-11-25 11:20:18 +0000 UTC" for one in "ab")
    engine(engines, "docker", listing(*two))
    ran = command("exec", "main")
    assert ran.returncode == 1
    assert "There are several: nanoclaw-a, nanoclaw-b" in ran.stderr


def test_nobody_enters_unrecorded(command: Command, engines: Path, home: Home, tmp_path: Path) -> None:
    home.log.mkdir()
    engine(
        engines,
        "docker",
        f'test "$1" = exec && echo > {tmp_path}/entered; '
        + listing("nanoclaw-a\tmain\trunning\t2026-11-25 11:20:18 +0000 UTC"),
    )
    ran = command("exec", "main", "--", "true")
    assert ran.returncode == 1
    assert "cannot be written" in ran.stderr
    assert not (tmp_path / "entered").exists()
    home.log.rmdir()
    command("exec", "main", "--", "true")
    assert (tmp_path / "entered").exists()


def test_a_home_where_nothing_ever_ran_is_named(command: Command, tmp_path: Path) -> None:
    ran = command("list", place=tmp_path / "nowhere")
    assert ran.returncode == 1
    assert "no assistant ever ran there" in ran.stderr
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(ContainersError):
        open_fleet(Home(tmp_path / "nowhere"))


def test_a_damaged_database_is_told_rather_than_everything_pruned(command: Command, home: Home, engines: Path) -> None:
    engine(engines, "docker", "exit 0")
    home.database.write_bytes(b"rubbish" * 1000)
    ran = command("prune")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr


def test_a_database_without_an_identity_owns_no_container(tmp_path: Path) -> None:
    home = Home(tmp_path / "fresh")
    home.create()
    connection = open_connection(home.database)
    migrate(connection, home.database)
    connection.close()
    found: Any = asyncio.run(open_fleet(home).listed())
    assert (found.containers, found.silent) == ((), ())
