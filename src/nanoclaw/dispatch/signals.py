"""What a worker is told, and what it tells back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from nanoclaw.agents.outcomes import AgentEvent, AgentLostError, StaleSessionError
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import Lane, SessionPosition, Turn


class AgentState(StrEnum):
    """What a group's agent is about."""

    STARTING = "starting"
    IDLE = "idle"
    WORKING = "working"
    CLOSING = "closing"


class WorkingAgent(Protocol):
    """An agent as a worker uses it; :class:`nanoclaw.agents.agent.Agent` is the one there is."""

    async def start(self, position: SessionPosition | None) -> None:
        """Start, resuming a conversation."""
        ...

    async def give(self, turn: Turn, prompt: str) -> None:
        """Put a turn before it."""
        ...

    def events(self) -> AsyncIterator[AgentEvent]:
        """What it does."""
        ...

    async def watch(self) -> None:
        """See that it keeps within bounds, until cancelled; what it does is stopped when it does not."""
        ...

    async def interrupt(self) -> None:
        """Stop what it does."""
        ...

    async def compact(self) -> None:
        """Shorten the conversation; only while no turn is before it. What came of it is an event."""
        ...

    async def close(self, *, gently: bool = True) -> None:
        """End it; ``gently`` lets the program put its notes in order first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """There may be a turn to claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The agent did something."""

    event: AgentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The agent is gone."""

    error: AgentLostError | StaleSessionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Close: at once if idle; else after the running turns, and without taking new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compact:
    """Shorten the conversation, once nothing runs; ``chat`` is told what came of it."""

    chat: ChatAddress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request of the agent left for the model."""

    at: Milliseconds


Signal = Work | Heard | Lost | Leave | Compact | Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What a worker shows of its work, as functions that the root passes in."""

    compose: Callable[[ChatAddress, str], tuple[str, ...]]
    """An answer as the messages that its chat will get."""
    prompt: Callable[[Turn], str]
    deliver: Callable[[ChatAddress], None]
    """The outbox has something for this chat."""
    typing: Callable[[ChatAddress, bool], None]
    make_agent: Callable[[Group, Lane], Awaitable[WorkingAgent]]
