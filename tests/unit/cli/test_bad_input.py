"""Wrong commands about groups, people and messages, on a real home: one line that says why, and a way out."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.main import main
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldWallClock

WRONG = (
    ("groups", "add", "Family", "--folder", "../up"),
    ("groups", "add", "Family", "--folder", "global"),
    ("groups", "add", "Family", "--folder", "a" * 65),
    ("groups", "add", ""),
    ("groups", "add", "Größe"),
    ("groups", "add", "two\nlines", "--folder", "two"),
    ("groups", "add", "Family", "--channel", "whats app"),
    ("groups", "add", "Family", "--trigger", ""),
    ("groups", "add", "Family", "--main"),
    ("groups", "add", "MAIN"),
    ("groups", "add", "Family", "--folder", "family", "--chat", "Main"),
    ("groups", "show", "nobody"),
    ("groups", "show", "../../etc/passwd"),
    ("groups", "remove", "nobody"),
    ("groups", "remove", "main"),
    ("groups", "set", "nobody", "model=x"),
    ("groups", "set", "main", "colour=red"),
    ("groups", "set", "main", "model"),
    ("groups", "set", "main", "model=a", "model=b"),
    ("groups", "set", "main", "=x"),
    ("groups", "set", "main", "network=open"),
    ("groups", "set", "main", "allow=http://example.org/"),
    ("groups", "set", "main", "mounts=notes"),
    ("groups", "set", "main", "memory_mib=1"),
    ("groups", "set", "main", "requires_trigger=maybe"),
    ("groups", "set", "main", "trigger="),
    ("groups", "set", "main", "name="),
    ("groups", "set", "main", "model=" + "x" * 5000),
    ("people", "add", "whatsapp", "1", "--role", "king"),
    ("people", "add", "whatsapp", "1", "--role", "owner", "--group", "main"),
    ("people", "add", "whatsapp", "1", "--role", "member", "--group", "nobody"),
    ("people", "add", "whats app", "1", "--role", "member"),
    ("people", "add", "local", "owner", "--role", "member"),
    ("people", "add", "whatsapp", "", "--role", "member"),
    ("people", "remove", "web", "owner"),
    ("messages", "search", ""),
    ("messages", "search", "x" * 401),
    ("messages", "list", "--group", "nobody"),
    ("messages", "search", "x", "--group", "nobody"),
    ("messages", "list", "--since", "yesterday"),
    ("messages", "dropped", "--limit", "0"),
)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Commands on a home whose daemon is stopped."""
    home = Home(tmp_path / "home")
    home.create()

    def run(*argv: str) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        context = Context(home=home, stdin=io.StringIO(), stdout=out, stderr=err, clock=HeldWallClock())
        return main(argv, context), out.getvalue() + err.getvalue()

    status, said = run("groups", "add", "Main", "--main")
    assert status == Exit.OK, said
    return run


@pytest.mark.parametrize("argv", WRONG, ids=lambda argv: " ".join(argv)[:50])
def test_a_wrong_command_says_why_and_what_to_do_instead(
    run: Callable[..., tuple[int, str]], argv: tuple[str, ...]
) -> None:
    before = run("groups", "list", "--json"), run("people", "list", "--json")
    status, said = run(*argv)
    assert status in {Exit.ERROR, Exit.USAGE}
    lines = said.splitlines()
    assert lines[0].startswith("error: ")
    assert len(lines[0]) < 200
    assert any(line.startswith(("hint: ", "see: ", "usage: ")) for line in lines[1:]), said
    assert not any(line.startswith("error: ") for line in lines[1:])
    assert (run("groups", "list", "--json"), run("people", "list", "--json")) == before


@pytest.mark.parametrize("words", ['"', "NEAR(", "a OR", "*", "text:x", "{text}:x", "^", "-", "\x07", "a\0b"])
def test_any_words_can_be_searched_for(run: Callable[..., tuple[int, str]], words: str) -> None:
    assert run("messages", "search", "--", words) == (Exit.OK, "No messages.\n")
