from pathlib import Path

import pytest

from nanoclaw.operations.service.contract import Account, Scope
from nanoclaw.operations.service.names import label, unit_name

ALICE = Account(name="alice", uid=1000, home=Path("/home/alice"))
OWN = Path("/home/alice/.nanoclaw")


def test_an_accounts_own_home_has_the_plain_name() -> None:
    assert unit_name(OWN, ALICE, Scope.USER) == "nanoclaw"
    assert label(OWN, ALICE) == "com.nanoclaw"


def test_another_home_is_named_by_its_folder_and_never_like_another() -> None:
    names = [
        unit_name(Path(path), ALICE, Scope.USER)
        for path in ("/srv/work", "/opt/work", "/srv/Work Ü 100%", "/srv/" + "x" * 200, "/srv/日本", "/")
    ]
    assert len(set(names)) == len(names)
    assert names[0].startswith("nanoclaw-work-")
    assert all(name.isascii() and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)
    assert all(len(name) < 60 for name in names)
    assert label(Path("/srv/work"), ALICE).startswith("com.nanoclaw.work-")


@pytest.mark.parametrize(("account", "name"), [("nanoclaw", "nanoclaw"), ("alice", "nanoclaw-alice")])
def test_accounts_share_the_machines_units_without_meeting(account: str, name: str) -> None:
    home = Path("/home", account)
    assert unit_name(home / ".nanoclaw", Account(name=account, uid=1, home=home), Scope.SYSTEM) == name
