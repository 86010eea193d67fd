"""A message, its trigger and its answer, on every channel."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from nanoclaw.control.client import Document
from nanoclaw.operations.verify.contract import ANSWER_SECONDS, Field, StepFailedError, StepSkippedError
from nanoclaw.operations.verify.page import PageVisit, visit

_LOCAL, _WEB, _UP, _STARTING = "local", "web", "up", "starting"
CONNECT_SECONDS = 15.0
_NOT_TRIED = "no message was sent, because somebody would get it: write to it yourself, or `nanoclaw channels test`"


def channel_steps(status: dict[str, Any]) -> list[tuple[str, str, Callable[[Field], list[str]]]]:
    """A step for each channel that is enabled."""
    names = [str(channel["name"]) for channel in status["channels"]]
    speakers = {_LOCAL: _speak_locally, _WEB: _speak_on_the_page}
    return [
        (
            f"channel-{name}",
            f"Message, trigger, answer on {name}",
            partial(_try, name, speakers.get(name, partial(_probe, name))),
        )
        for name in names
    ]


def _try(name: str, speak: Callable[[Field], list[str]], field: Field) -> list[str]:
    channel = _settled(name, field)
    if channel is None or channel["status"] != _UP:
        found = channel or {}
        why = found.get("condition") or found.get("status") or "gone"
        raise StepFailedError(
            f"The channel {name} is not up ({why}): {found.get('detail') or 'it does not say why'}",
            hint=found.get("hint") or "`nanoclaw doctor --section channels` says more.",
            check="channels",
        )
    return speak(field)


def _settled(name: str, field: Field) -> Document | None:
    """The channel once it has connected, which it may be about to."""
    end = time.monotonic() + CONNECT_SECONDS
    while True:
        channel = next((one for one in field.client.status()["channels"] if one["name"] == name), None)
        if channel is None or channel["status"] != _STARTING or time.monotonic() > end:
            return channel
        time.sleep(0.2)


def _speak_locally(field: Field) -> list[str]:
    first, second = field.first, field.second
    silent = field.client.send({"group": first.folder, "text": f"{first.nonce} nobody is called", "wait_seconds": 5})
    _woke_nobody(silent["turn_id"])
    for party in (first, second):
        began = time.monotonic()
        answer = field.say(party, f"{party.nonce}-say")
        if answer.strip() != f"Said {party.nonce}.":
            raise StepFailedError(f"{party.folder} got another answer: {answer[:200]!r}", hint=_ROUTE, check="triggers")
        took = time.monotonic() - began
    _went_to_its_own_group(field)
    return [f"without the trigger nobody woke; with it both groups got their own answer, the second in {took:.1f} s"]


_ROUTE = "`nanoclaw groups list` shows which chat belongs to which group."


def _woke_nobody(turn: object) -> None:
    if turn is not None:
        raise StepFailedError(
            "A message without the trigger woke the agent", hint="See `nanoclaw groups show`.", check="triggers"
        )


def _went_to_its_own_group(field: Field) -> None:
    for party, other in ((field.first, field.second), (field.second, field.first)):
        lines = field.client.messages({"group": party.folder, "limit": 1000})["messages"]
        if not any(party.nonce in line["text"] for line in lines):
            raise StepFailedError(f"The history of {party.folder} lacks what was said there", hint=_ROUTE)
        if any(other.nonce in line["text"] for line in lines):
            raise StepFailedError(f"A message for {other.folder} came to {party.folder}", hint=_ROUTE)


def _speak_on_the_page(field: Field) -> list[str]:
    link = next((one.get("link") for one in field.client.status()["channels"] if one["name"] == _WEB), None)
    if not link:
        raise StepFailedError("The page is up and has no login link", hint="Restart the assistant.", check="channels")
    with visit(str(link)) as page:
        return _spoken(field, page)


def _spoken(field: Field, page: PageVisit) -> list[str]:
    party = field.second
    if party.folder in json.dumps(page.get("/api/chats")):
        raise StepFailedError("The page lists a temporary chat", hint="This is a defect of nanoclaw; please report it.")
    _woke_nobody(page.post(party.folder, f"{party.nonce} nobody is called")["turn"])
    began = time.monotonic()
    if page.post(party.folder, f"{party.trigger} {party.nonce}-say")["turn"] is None:
        raise StepFailedError("The trigger did not wake the agent on the page", hint=_ROUTE, check="triggers")
    while time.monotonic() - began < ANSWER_SECONDS:
        answers = [line for line in page.lines(party.folder) if line["direction"] == "out"]
        if any(line["text"].strip() == f"Said {party.nonce}." for line in answers):
            return [f"without the trigger nobody woke; with it the answer came in {time.monotonic() - began:.1f} s"]
        time.sleep(0.1)
    raise StepFailedError(
        f"No answer on the page within {ANSWER_SECONDS} s",
        hint="`nanoclaw logs -n 50` says why.",
        check="recent-errors",
    )


def _probe(name: str, field: Field) -> list[str]:
    found = field.client.probe(name)
    match found["outcome"]:
        case "passed":
            return [str(found["detail"]), _NOT_TRIED]
        case "skipped":
            raise StepSkippedError(f"it is up, and {found['detail']}; {_NOT_TRIED}")
        case _:
            raise StepFailedError(
                f"{name}: {found['detail']}", hint=found["hint"] or "See `nanoclaw status`.", check="channels"
            )
