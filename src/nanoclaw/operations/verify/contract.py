"""What a verification is made of."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from nanoclaw.control.client import ControlClient, Document
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.home import Home
from nanoclaw.stub_model.server import StubModel


class Outcome(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepFailedError(NanoclawError):
    """Something is not as it must be. ``check`` is the doctor's check that says more, where there is one."""

    def __init__(self, what: str, *, hint: str, check: str = "") -> None:
        super().__init__(what, hint=hint)
        self.check = check


class StepSkippedError(NanoclawError):
    """There is nothing to try, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the table. ``facts`` is what was proven, or what was wrong; ``hint`` is what to do about it."""

    id: str
    title: str
    outcome: Outcome
    seconds: float
    facts: tuple[str, ...]
    hint: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be verified, and what that needs of whoever asks for it."""

    home: Home
    clock: Clock
    real_model: bool
    daemon: tuple[str, ...]
    """How a daemon is started; for the restore drill."""
    environment: Mapping[str, str]
    hold: Callable[[Path], AbstractContextManager[None]]
    mount_allowlist: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A temporary group. Its ``nonce`` stands in all that is said to it, its ``secret`` in what only it may read."""

    folder: str
    trigger: str
    nonce: str
    secret: str
    web: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The running installation with the temporary groups in it."""

    order: Order
    client: ControlClient
    status: Document
    model: StubModel
    first: Party
    second: Party
    real: Party | None

    def say(self, party: Party, what: str) -> str:
        """Send a message to a group on the local channel that must be answered; the answer.

        Raises:
            StepFailedError: it was not.
        """
        said = self.client.send(
            {"group": party.folder, "text": f"{party.trigger} {what}", "wait_seconds": ANSWER_SECONDS}
        )
        if said["outcome"] != "answered":
            why = said.get("error") or f"the outcome is {said['outcome']!r}"
            raise StepFailedError(f"A message was not answered: {why}", hint=_LOOK, check="recent-errors")
        return "\n".join(reply["text"] for reply in said["replies"])


ANSWER_SECONDS = 60
_LOOK = "`nanoclaw logs -n 50` says what the agent ran into; `nanoclaw status` whether its sandbox works."
