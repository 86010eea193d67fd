"""What `nanoclaw auth` adds to the environment of a checkout, on a small repository with the real launcher."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.fakes.small_checkout import SECONDS, Checkout, make_checkout

_LATE_IMPORT = "import sys; print('up', flush=True); sys.stdin.readline(); import greeting; print(greeting.WORD)"


@pytest.fixture
def checkout(tmp_path: Path, pytestconfig: pytest.Config, scrubbed_environment: dict[str, str]) -> Checkout:
    made = make_checkout(tmp_path, pytestconfig.rootpath, scrubbed_environment)
    for name in ("telegram", "whatsapp", "telegram+whatsapp"):
        made.lock(name, name)
    return made


def test_an_extra_is_installed_remembered_and_said_in_two_lines(checkout: Checkout) -> None:
    checkout.run()
    added = checkout.add("whatsapp")
    assert added.returncode == 0, added.stderr
    first, second = added.stderr.splitlines()
    assert first.startswith("Setting up NanoClaw and WhatsApp"), first
    assert second.startswith("Ready after")
    ended = checkout.run()
    assert (ended.stdout.split()[0], ended.stderr) == ("whatsapp", "")


def test_a_second_extra_comes_beside_the_first(checkout: Checkout) -> None:
    checkout.add("whatsapp")
    checkout.add("telegram")
    ended = checkout.run()
    assert (ended.stdout.split()[0], ended.stderr) == ("telegram+whatsapp", "")
    again = checkout.add("whatsapp")
    assert (again.returncode, again.stderr) == (0, "")


def test_an_upgrade_builds_the_environment_again_with_the_extras(checkout: Checkout) -> None:
    checkout.add("whatsapp")
    checkout.lock("plain-2")
    checkout.lock("whatsapp-2", "whatsapp")
    ended = checkout.run()
    assert ended.stdout.startswith("whatsapp-2 "), ended.stderr
    assert "WhatsApp" in ended.stderr


def test_a_removed_environment_comes_back_with_its_extras(checkout: Checkout) -> None:
    checkout.add("telegram")
    (checkout.root / ".venv").rename(checkout.root / "away")
    assert checkout.run().stdout.startswith("telegram ")


def test_what_cannot_be_installed_is_not_chosen_and_the_old_environment_works(checkout: Checkout) -> None:
    checkout.run()
    (checkout.root / "requirements" / "whatsapp.lock").write_text(f"greeting==77 --hash=sha256:{'0' * 64}\n")
    refused = checkout.add("whatsapp")
    assert refused.returncode == 1
    assert "check the network" in refused.stderr
    ended = checkout.run()
    assert (ended.stdout.split()[0], ended.stderr) == ("hello", "")


def test_an_unknown_extra_is_refused_in_words(checkout: Checkout) -> None:
    refused = checkout.add("pigeon")
    assert refused.returncode == 1
    assert "there is no requirements/pigeon.lock for pigeon" in refused.stderr
    assert not (checkout.root / ".extras").exists()


def test_a_kill_while_an_extra_is_installed_leaves_the_old_environment(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run()
    adding = subprocess.Popen(checkout.adding("whatsapp"), env=checkout.environment, start_new_session=True, stderr=-3)
    cache = checkout.root / ".cache"
    while not list(cache.glob("venv-new-*")):
        assert adding.poll() is None
    os.killpg(adding.pid, signal.SIGKILL)
    adding.wait(SECONDS)
    ended = checkout.run()
    assert (ended.stdout.split()[0], ended.stderr) == ("hello", "")
    assert checkout.add("whatsapp").returncode == 0
    assert not list(cache.glob("venv-new-*"))


def test_what_runs_in_the_old_environment_goes_on_in_the_new_one(checkout: Checkout) -> None:
    checkout.run()
    python = str(checkout.root / ".venv" / "bin" / "python")
    running = subprocess.Popen(
        [python, "-P", "-c", _LATE_IMPORT],
        env=checkout.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    checkout.add("whatsapp")
    said, _ = running.communicate("go\n", timeout=SECONDS)
    assert (said, running.returncode) == ("whatsapp\n", 0)
