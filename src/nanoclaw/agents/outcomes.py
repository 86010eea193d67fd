"""What comes out of an agent."""

import re
from dataclasses import dataclass
from enum import StrEnum

from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import NO_USAGE, SessionPosition, TurnId, Usage

_INTERNAL = re.compile(r"<internal>.*?(?:</internal>|\Z)", re.DOTALL | re.IGNORECASE)


class FaultKind(StrEnum):
    """Why a turn or an agent failed."""

    CREDENTIAL = "credential"
    REFUSED = "refused"
    OVERLOADED = "overloaded"
    START = "start"
    ENGINE = "engine"
    OUT_OF_MEMORY = "out of memory"
    BAD_OUTPUT = "bad output"
    SILENT = "silent"
    LOST = "lost"
    BUDGET = "budget"
    DISK = "disk"
    LOOP = "loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure in words fit for the chat. ``lasting``: trying again cannot help until the owner acts."""

    kind: FaultKind
    what: str
    hint: str = ""
    lasting: bool = False


class AgentLostError(NanoclawError):
    """The agent is gone, and with it whatever it had not answered."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what, hint=fault.hint)
        self.fault = fault


class StaleSessionError(NanoclawError):
    """The conversation to resume does not exist any more. ``entry_only``: it does, but not the entry in it."""

    def __init__(self, *, entry_only: bool) -> None:
        super().__init__("The conversation to resume is gone")
        self.entry_only = entry_only


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUsed:
    """The agent uses a tool. A helper of its own is a tool, too: ``detail`` says in a few words what it does."""

    tool: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWritten:
    """A piece of the answer, as the model writes it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breathed:
    """A sign of life that means nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The agent answered these turns with one text, which may be empty. With no turns, it spoke of its own accord."""

    turns: tuple[TurnId, ...]
    text: str
    position: SessionPosition
    usage: Usage = NO_USAGE
    id: str = ""
    """The program's own id of this result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A person stopped these turns. No position: the agent never saw them."""

    turns: tuple[TurnId, ...]
    position: SessionPosition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The agent could not answer these turns; it is alive, but what it remembers of them must be forgotten."""

    turns: tuple[TurnId, ...]
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """The conversation was shortened, as a person asked, or could not be: then there is no position."""

    position: SessionPosition | None


AgentEvent = ToolUsed | TextWritten | Breathed | Answered | Interrupted | Failed | Compacted


def public_text(text: str) -> str:
    """An answer without its internal parts and surrounding space; an unclosed internal part hides all that follows."""
    return _INTERNAL.sub("", text).strip()
