"""``nanoclaw upgrade``, on real databases of the first schema."""

import apsw
import pytest

from nanoclaw import __version__
from nanoclaw.daemon.lock import hold
from nanoclaw.settings.home import Home
from tests.unit.cli.conftest import Run
from tests.unit.operations.upgrade.conftest import NEWEST, make_old_home, schemas


@pytest.fixture
def old(home: Home) -> Home:
    return make_old_home(home.root)


@pytest.mark.usefixtures("old")
def test_check_says_what_would_change_and_changes_nothing(run: Run, home: Home) -> None:
    ran = run("upgrade", "--check")
    assert ran.status == 0
    assert f"This is nanoclaw {__version__}." in ran.out
    assert "MiB are free" in ran.out
    assert "`nanoclaw upgrade` does it now" in ran.out
    found = run("--json", "upgrade", "--check").json
    assert found["due"]
    assert found["possible"]
    assert not found["running"]
    assert found["databases"][0] == {
        "name": "messages",
        "schema": 1,
        "new_schema": NEWEST[0],
        "bytes": home.database.stat().st_size,
    }
    assert schemas(home) == (1, 1)


@pytest.mark.usefixtures("old")
def test_upgrade_and_back(run: Run, home: Home) -> None:
    done = run("upgrade")
    assert done.status == 0
    assert str(home.upgrades) in done.out
    assert schemas(home) == NEWEST
    assert run("upgrade").out == "Nothing is to be done.\n"
    assert "Nothing is to be done." in run("upgrade", "--check").out
    assert run("--json", "upgrade", "--check").json["last_version"] == __version__
    back = run("upgrade", "--rollback")
    assert back.status == 0
    assert "NOT in them" in back.out
    assert str(home.root / "replaced") in back.out
    assert schemas(home) == (1, 1)
    none = run("upgrade", "--rollback")
    assert none.status == 1
    assert "backup restore" in none.err


@pytest.mark.usefixtures("old")
def test_a_running_assistant_is_not_upgraded_under_its_feet(run: Run, home: Home) -> None:
    with hold(home.lock):
        for way in ((), ("--rollback",)):
            ran = run("upgrade", *way)
            assert ran.status == 1
            assert "nanoclaw stop" in ran.err
    assert schemas(home) == (1, 1)


@pytest.mark.usefixtures("old")
def test_a_newer_database_names_the_way_back(run: Run, home: Home) -> None:
    run("upgrade")
    connection = apsw.Connection(str(home.database))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    checked = run("upgrade", "--check")
    assert checked.status == 1
    assert "upgrade --rollback" in checked.out
    refused = run("upgrade")
    assert refused.status == 1
    assert "schema 999" in refused.err
    assert "upgrade --rollback" in refused.err
    assert run("upgrade", "--rollback").status == 0
    assert schemas(home) == (1, 1)


def test_a_home_that_is_not_there_is_not_made(run: Run, home: Home) -> None:
    assert run("upgrade").status == 0
    assert run("upgrade", "--check").status == 0
    assert run("upgrade", "--rollback").status == 1
    assert not home.root.exists()
