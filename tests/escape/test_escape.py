"""Attempts to break out of the sandbox, made by the agent itself on each kind of sandbox."""

import pytest

from tests.escape.attempt import Attempt
from tests.escape.catalogue import ATTEMPTS, KEYS
from tests.escape.field import GROUP_SECRET, HOST_SECRET
from tests.escape.page import PAGE, expected_rows, rows
from tests.escape.session import Session
from tests.integration.installation import KEY

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("key", KEYS)
def test_an_attempt_is_made_and_blocked(session: Session, key: str) -> None:
    assert session.outcomes[key].problem == ""


def test_what_is_harmless_works_outside_a_sandbox(session: Session) -> None:
    """Otherwise these attempts would prove nothing."""
    assert len(session.controls) >= 12
    assert not {name: output for name, output in session.controls.items() if "BREACH" not in output}


def test_no_bait_was_taken(session: Session) -> None:
    bodies = b"".join(request.raw_body or b"" for request in session.requests)
    assert len(bodies) > 1_000_000
    for secret in (HOST_SECRET, GROUP_SECRET, KEY):
        assert secret.encode() not in bodies
    assert session.connections == 0
    assert session.beside == ["bait.txt", "nc"]
    assert session.groups == ["family", "main", "work"]


def test_the_service_saw_our_key_only_and_nothing_that_it_should_fetch(session: Session) -> None:
    assert {request.headers.get("x-api-key") for request in session.requests} == {KEY}
    assert not [request for request in session.requests if "authorization" in request.headers]
    assert [request.body for request in session.requests if (request.body or {}).get("model") == "escape-own-key"]
    strange = [request.raw_body for request in session.requests if b"evil.example" in (request.raw_body or b"")[:2000]]
    assert strange == []
    own = [(request.body or {}).get("tools", []) for request in session.requests]
    assert not [tool for tools in own for tool in tools if "web_fetch" in str(tool.get("type"))]


def test_the_page_lists_these_attempts_and_their_results() -> None:
    assert rows(PAGE.read_text(encoding="utf-8")) == expected_rows(), "write it anew: see tests/escape/page.py"


def test_there_are_enough_attempts_each_with_a_name_of_its_own() -> None:
    assert len(set(KEYS)) == len(KEYS) >= 60


SCRIPTS = [attempt for attempt in ATTEMPTS if not attempt.tool]


@pytest.mark.parametrize("attempt", SCRIPTS, ids=lambda attempt: attempt.name)
@pytest.mark.parametrize("line", ["BREACH it", "UNTRIED no such program", "HELD by something that nobody expected", ""])
def test_a_script_that_worked_or_was_not_tried_is_not_blocked(attempt: Attempt, line: str) -> None:
    blocked = "\n".join("HELD x" for _ in range(attempt.tries - 1))
    assert attempt.judge(f"{blocked}\n{line}\nENDED")
    assert attempt.judge("")


@pytest.mark.parametrize("attempt", [one for one in ATTEMPTS if one.tool], ids=lambda attempt: attempt.name)
def test_a_tool_that_did_it_or_failed_for_another_reason_is_not_blocked(attempt: Attempt) -> None:
    assert attempt.judge("Done. <message sender='x'>work</message>", is_error=False)
    assert attempt.judge("Done. <message sender='x'>work</message>", is_error=True)
