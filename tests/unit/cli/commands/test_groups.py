import pytest

from nanoclaw.cli.exits import Exit
from tests.fakes.control_thread import ServerThread
from tests.fakes.service import FakeService
from tests.unit.cli.conftest import Run


@pytest.fixture(params=["running", "stopped"])
def either(request: pytest.FixtureRequest, stored: FakeService) -> FakeService:
    if request.param == "stopped":
        return stored
    server: ServerThread = request.getfixturevalue("daemon")
    return server.service


def test_groups_are_added_shown_listed_and_removed(run: Run, either: FakeService) -> None:
    added = run("groups", "add", "Family", "--folder", "fam", "--channel", "web", "--chat", "x1", "--json")
    known = {"name": "Family", "last_activity": None, "primary": False}
    assert added.json["chats"][0] == {"channel": "web", "chat": "x1", **known}
    assert "Family" in run("groups", "show", "fam").out
    listed = run("groups", "list")
    assert "fam" in listed.out
    assert "<U+202E>Stranger" in listed.out
    assert [group["folder"] for group in run("groups", "list", "--json").json["groups"]] == ["main", "fam"]
    assert run("groups", "remove", "fam", "--json").json == {"changed": True}
    assert run("groups", "show", "fam").status == Exit.ERROR


def test_each_chat_of_a_group_has_a_line_of_its_own(run: Run, either: FakeService) -> None:
    run("groups", "add", "Family", "--folder", "fam", "--channel", "web", "--chat", "x1")
    run("groups", "chats", "fam", "add", "web:x2")
    row, more = [
        line for line in run("groups", "list").out.splitlines() if line.rstrip().endswith(("web:x1", "web:x2"))
    ]
    assert (row.split()[0], more.split()) == ("fam", ["web:x2"])
    assert row.index("web:x1") == more.index("web:x2")
    shown = run("groups", "show", "fam").out
    assert "chats:              web:x1\n                    web:x2\n" in f"{shown}\n"


@pytest.mark.parametrize("folder", ["../up", "global", "", "a b"])
def test_bad_folders_are_refused_in_words(run: Run, either: FakeService, folder: str) -> None:
    ran = run("groups", "add", "x", "--folder", folder)
    assert ran.status == Exit.ERROR
    assert "folder" in ran.err


def test_main_cannot_be_removed(run: Run, either: FakeService) -> None:
    assert run("groups", "remove", "main").status == Exit.ERROR


def test_a_main_group_needs_no_trigger(run: Run, either: FakeService) -> None:
    assert not run("groups", "add", "mine", "--main", "--json").json["requires_trigger"]


def test_chats_of_a_group_are_listed_added_preferred_and_taken_away(run: Run, either: FakeService) -> None:
    run("groups", "add", "Family", "--folder", "fam", "--channel", "web", "--chat", "x1")
    added = run("groups", "chats", "fam", "add", "telegram:-100:7")
    assert (added.status, added.out.splitlines()[0]) == (Exit.OK, "Added.")
    preferred = run("groups", "chats", "fam", "primary", "telegram:-100:7", "--json").json
    assert [(chat["channel"], chat["chat"], chat["primary"]) for chat in preferred["chats"]] == [
        ("web", "x1", False),
        ("telegram", "-100:7", True),
    ]
    assert "primary" in run("groups", "chats", "fam").out
    assert [chat["chat"] for chat in run("groups", "chats", "fam", "remove", "web:x1", "--json").json["chats"]] == [
        "-100:7"
    ]
    assert run("groups", "chats", "fam", "remove", "web:x1").status == Exit.ERROR


@pytest.mark.parametrize("words", [("add",), ("add", "telegram"), ("primary", ":5"), ("list", "telegram:5")])
def test_a_chat_is_named_by_its_channel_and_its_id(run: Run, either: FakeService, words: tuple[str, ...]) -> None:
    assert run("groups", "chats", "main", *words).status == Exit.USAGE
