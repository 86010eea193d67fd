"""``nanoclaw import nanoclaw``, on a folder of v1."""

from pathlib import Path

import pytest

from nanoclaw.daemon.lock import hold
from nanoclaw.settings.home import Home
from tests.fakes.nanoclaw_v1 import FAMILY, V1Folder, furnish, make_v1
from tests.unit.cli.conftest import Run


@pytest.fixture
def v1(tmp_path: Path) -> V1Folder:
    return furnish(make_v1(tmp_path / "v1", later=True))


def test_a_dry_run_prints_the_report_and_makes_nothing(run: Run, v1: V1Folder, home: Home) -> None:
    ran = run("import", "nanoclaw", str(v1.root), "--dry-run")
    assert ran.status == 0
    assert ran.out.startswith("Nothing was changed. This would be taken over:\n")
    assert "3 messages" in ran.out
    assert f"family  The family  whatsapp:{FAMILY}" in ran.out
    assert "groups/forgotten" in ran.out
    assert "These networks are not set up here: whatsapp." in ran.out
    assert not home.root.exists()


def test_the_real_run_prints_what_it_did_and_the_second_that_there_is_nothing_new(
    run: Run, v1: V1Folder, home: Home
) -> None:
    ran = run("import", "nanoclaw", str(v1.root))
    assert ran.status == 0
    assert ran.out.startswith("Taken over:\n")
    assert home.database.exists()
    again = run("import", "nanoclaw", str(v1.root))
    assert "nothing new" in again.out
    assert "There already: 13 messages, tasks and files." in again.out


def test_the_document_has_every_count_and_reason(run: Run, v1: V1Folder) -> None:
    found = run("--json", "import", "nanoclaw", str(v1.root)).json
    assert found["counts"]["messages"] == 3
    assert found["counts"]["known_messages"] == 0
    assert found["groups"][0].keys() == {"folder", "source", "name", "chat", "done"}
    assert {one["what"] for one in found["left_out"]} == {"folders"}
    assert found["channels_missing"] == ["whatsapp"]
    assert found["sessions"] == ["family"]


def test_errors_are_told_with_what_to_do(run: Run, v1: V1Folder, home: Home, tmp_path: Path) -> None:
    wrong = run("import", "nanoclaw", str(tmp_path))
    assert wrong.status == 1
    assert "package.json" in wrong.err
    home.create()
    with hold(home.lock):
        held = run("import", "nanoclaw", str(v1.root))
        assert held.status == 1
        assert "nanoclaw stop" in held.err
        assert run("import", "nanoclaw", str(v1.root), "--dry-run").status == 0
    assert run("import").status == 2
