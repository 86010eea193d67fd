"""``nanoclaw disk`` and ``nanoclaw clean``, as a person sees them."""

import os
from pathlib import Path

import pytest

from nanoclaw.daemon.lock import hold
from nanoclaw.settings.home import Home
from tests.unit.cli.conftest import Run
from tests.unit.operations.cleaning.conftest import OVER, Place
from tests.unit.operations.cleaning.conftest import place as place  # noqa: PLC0414 - a fixture, for pytest to find

QUIET = "[clean]\nimage_days = 0\n"


@pytest.fixture
def home(place: Place) -> Home:
    """The place's, where the images of this machine are left alone."""
    place.home.config.write_text(QUIET)
    return place.home


def test_disk_fits_a_terminal_and_names_the_largest(run: Run, place: Place) -> None:
    for number in range(14):
        place.put(f"groups/group{number:02}/file", content=b"x" * 50_000 * (number + 1))
    ran = run("disk")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["WHAT", "SIZE", "FILES"]
    assert any(line.startswith("group group13 ") for line in lines)
    assert any(line.startswith("group: 5 more") for line in lines), (
        "14 groups and the global one, of which 10 are shown"
    )
    assert lines[-1].endswith("are free on this disk.")
    assert "group group00" in run("disk", "--all").out


def test_disk_tells_a_script_everything(run: Run, place: Place) -> None:
    place.put("groups/main/file", content=b"x" * 50_000)
    found = run("disk", "--json").json
    assert found["complete"] is True
    assert found["bytes"] == sum(part["bytes"] for part in found["parts"])
    assert {"area", "name", "bytes", "entries", "complete"} == set(found["parts"][0])
    assert found["free_bytes"] > 0


def test_names_that_steer_a_terminal_are_shown_safely(run: Run, home: Home) -> None:
    odd = os.fsencode(home.groups) + b"/\x1b[31m\xff\nred"
    os.mkdir(odd)  # noqa: PTH102 - a name that is no text
    out = run("disk").out
    assert "\x1b" not in out
    assert "red" in out
    names = [part["name"] for part in run("disk", "--json").json["parts"]]
    assert any("red" in name for name in names)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9", "soon"])
def test_disk_refuses_odd_times(run: Run, home: Home, seconds: str) -> None:
    assert home.root.exists()
    assert run("disk", f"--seconds={seconds}").status == 2


@pytest.mark.parametrize("command", [("disk",), ("clean",), ("clean", "--dry-run")])
def test_a_home_that_is_missing_is_named_and_not_made(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    ran = run("--home", str(tmp_path / "nowhere"), *command)
    assert ran.status == 1
    assert "nowhere" in ran.err
    assert not (tmp_path / "nowhere").exists()


def test_clean_says_what_would_go_and_then_what_went(run: Run, place: Place, home: Home) -> None:
    old = place.put(f"data/sessions/main/projects/p/{OVER}.jsonl", days=400)
    planned = run("clean", "--dry-run")
    assert f"transcript  data/sessions/main/projects/p/{OVER}.jsonl" in planned.out
    assert "That would free 8.0 KiB." in planned.out
    assert old.exists()
    assert run("clean", "--dry-run", "--json").json["removed"][0]["path"] == str(old)
    done = run("clean")
    assert "1 removed" in done.out
    assert "Freed 8.0 KiB." in done.out
    assert not old.exists()
    assert run("clean").out == "Nothing to clean.\n"
    assert home.root.exists()


def test_clean_works_beside_a_daemon(run: Run, place: Place, home: Home) -> None:
    old = place.put("logs/crash-20200101T000000Z-1.txt", days=400)
    with hold(home.lock):
        assert run("clean").status == 0
    assert not old.exists()


def test_a_configuration_that_cannot_be_read_cleans_nothing(run: Run, place: Place, home: Home) -> None:
    old = place.put("logs/crash-20200101T000000Z-1.txt", days=400)
    home.config.write_text("[clean]\ntranscript_days = -1\n")
    ran = run("clean")
    assert ran.status == 1
    assert "clean.transcript_days" in ran.err
    assert old.exists()


def test_what_cannot_be_removed_is_named_and_is_a_failure(run: Run, place: Place, home: Home) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may remove everything")
    stuck = place.put("logs/crash-20200101T000000Z-1.txt", days=400)
    home.log.parent.chmod(0o500)
    ran = run("clean")
    home.log.parent.chmod(0o700)
    assert ran.status == 1
    assert stuck.name in ran.out
