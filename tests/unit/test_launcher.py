"""The launcher on a small repository of its own: the real script, real environments, and a package made on the spot."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.fakes.small_checkout import SECONDS, Checkout, make_checkout
from tests.fakes.small_disk import fill, small_disk
from tools import environment

_SLOW_UV = """#!/bin/sh
for last; do :; done
case $1 in venv) exec python3 -m venv --without-pip "$last" ;; esac
touch {marker} && exec sleep 60
"""


@pytest.fixture
def checkout(tmp_path: Path, repository_root: Path, scrubbed_environment: dict[str, str]) -> Checkout:
    return make_checkout(tmp_path, repository_root, scrubbed_environment)


@pytest.fixture
def repository_root(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath


def test_the_first_start_sets_up_and_says_so_in_two_lines(checkout: Checkout) -> None:
    ended = checkout.run("say", "a b")
    assert ended.stdout.startswith("hello say a b "), ended.stderr
    first, second = ended.stderr.splitlines()
    assert first.startswith("Setting up NanoClaw")
    assert second.startswith("Ready after")


def test_the_second_start_installs_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.run()
    made = (checkout.root / ".venv").stat().st_ino
    ended = checkout.run("again")
    assert (ended.stdout.split()[:2], ended.stderr) == (["hello", "again"], "")
    assert (checkout.root / ".venv").stat().st_ino == made


def test_it_works_through_links_from_any_directory(checkout: Checkout, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "direct").symlink_to(checkout.root / "nanoclaw")
    (folder / "claw").symlink_to("direct")
    ended = checkout.run("x", launcher=folder / "claw")
    assert ended.stdout.startswith("hello x "), ended.stderr


def test_a_moved_repository_works_without_a_new_set_up(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run()
    moved = checkout.root.rename(tmp_path / "elsewhere")
    ended = checkout.run(launcher=moved / "nanoclaw")
    assert ended.stderr == ""
    assert ended.stdout.strip().endswith(str(moved / "src" / "nanoclaw" / "__main__.py"))


def test_a_changed_lock_file_renews_the_environment(checkout: Checkout) -> None:
    checkout.run()
    checkout.lock("goodbye")
    assert checkout.run().stdout.startswith("goodbye ")


def test_a_failed_renewal_leaves_the_old_environment_and_a_hint(checkout: Checkout) -> None:
    checkout.run()
    lock_file = checkout.root / "requirements" / "runtime.lock"
    good = lock_file.read_text()
    lock_file.write_text(f"greeting==1 --hash=sha256:{'0' * 64}\n")
    refused = checkout.run()
    assert refused.returncode == 1
    assert "check the network" in refused.stderr
    lock_file.write_text(good)
    assert (checkout.run().stderr, list((checkout.root / ".cache").glob("*-new-*"))) == ("", [])


def test_a_set_up_on_a_full_disk_leaves_nothing_half_made_and_says_what_to_do(
    tmp_path: Path, repository_root: Path, scrubbed_environment: dict[str, str]
) -> None:
    with small_disk(tmp_path / "a repository", 40) as disk:
        checkout = make_checkout(tmp_path, repository_root, scrubbed_environment)
        for room, told in ((0, f"No space left on device ({disk})"), (8_192, "The disk is full: it takes 600 MB")):
            filler = fill(disk, leave=room)
            refused = checkout.run()
            assert refused.returncode == 1
            assert told in refused.stderr
            assert not (disk / ".venv").exists()
            assert not list((disk / ".cache").glob("*-new-*"))
            filler.unlink()
        assert checkout.run().stdout.startswith("hello ")


def test_a_set_up_that_was_killed_is_repaired_by_the_next_start(checkout: Checkout, tmp_path: Path) -> None:
    marker, slow = tmp_path / "installing", tmp_path / "slow"
    slow.mkdir()
    (slow / "uv").write_text(_SLOW_UV.format(marker=marker))
    (slow / "uv").chmod(0o755)
    surroundings = checkout.environment | {"PATH": f"{slow}:{checkout.environment['PATH']}"}
    started = subprocess.Popen(
        checkout.command(),
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(marker)
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait(SECONDS)
    assert list((checkout.root / ".cache").glob("*-new-*"))
    ended = checkout.run("after")
    assert ended.stdout.startswith("hello after "), ended.stderr
    assert not list((checkout.root / ".cache").glob("*-new-*"))


def test_two_first_starts_at_once_both_work(checkout: Checkout) -> None:
    both = [
        subprocess.Popen(
            checkout.command(name), env=checkout.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    (first, first_said), (second, second_said) = (process.communicate(timeout=SECONDS) for process in both)
    assert (first.split()[:2], second.split()[:2]) == (["hello", "one"], ["hello", "two"]), first_said + second_said
    assert (first_said + second_said).count("Setting up") == 1


def test_modules_in_the_working_directory_and_pythonpath_are_not_loaded(checkout: Checkout) -> None:
    checkout.run()
    (Path(checkout.environment["HOME"]) / "greeting.py").write_text("WORD = 'hijacked'")
    hostile = checkout.environment | {"PYTHONPATH": checkout.environment["HOME"], "PYTHONHOME": "/nowhere"}
    said = subprocess.run(
        checkout.command(),
        cwd=hostile["HOME"],
        env=hostile,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    ).stdout
    assert said.startswith("hello None ")


def test_without_a_recent_python_it_says_what_to_install(checkout: Checkout, tmp_path: Path) -> None:
    programs = tmp_path / "few"
    programs.mkdir()
    for name in ("sh", "cat", "cmp", "readlink"):
        (programs / name).symlink_to(shutil.which(name) or name)
    without = Checkout(
        root=checkout.root, wheels=checkout.wheels, environment=checkout.environment | {"PATH": str(programs)}
    )
    ended = without.run()
    assert ended.returncode == 1
    assert "Python 3.11 or later" in ended.stderr
    assert "brew install" in ended.stderr


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Checkout) -> None:
    checkout.run()
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    ended = checkout.run()
    assert ended.stdout.startswith("hello "), ended.stderr


def test_a_python_that_cannot_install_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    plan = environment.Plan(repository=tmp_path, lock_file=tmp_path / "runtime.lock", environment=tmp_path / ".venv")
    with pytest.raises(environment.SetUpError, match="apt install python3-venv"):
        environment._commands(plan, tmp_path / "new", "/bin/false")


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)
