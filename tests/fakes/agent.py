"""An agent in this process that does what a test tells it, and keeps the promises of the real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from nanoclaw.agents.outcomes import (
    AgentEvent,
    AgentLostError,
    Answered,
    Fault,
    FaultKind,
    Interrupted,
)
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import NO_USAGE, Lane, SessionId, SessionPosition, Turn, TurnId, Usage

GONE = Fault(kind=FaultKind.LOST, what="The agent is gone", hint="Look at the log.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A turn that was put before an agent."""

    turn: TurnId
    prompt: str


class ScriptedAgent:
    """One agent. A test waits for what it is given, and says what comes out."""

    def __init__(self, group: Group, crew: "Crew") -> None:
        self.group = group
        self.given: list[Given] = []
        self.position: SessionPosition | None = None
        self.closed: str = ""
        self.lane = Lane.GROUP
        self.compactions = 0
        self._crew = crew
        self._open: list[TurnId] = []
        self._events: asyncio.Queue[AgentEvent | Exception] = asyncio.Queue()

    async def start(self, position: SessionPosition | None) -> None:
        self.position = position
        self._crew.started.put_nowait(self)
        await self._crew.doors.wait()
        if self._crew.failures:
            raise self._crew.failures.pop(0)

    async def give(self, turn: Turn, prompt: str) -> None:
        if self.closed:
            raise AgentLostError(GONE)
        given = Given(turn=turn.id, prompt=prompt)
        self.given.append(given)
        self._open.append(turn.id)
        self._crew.given.put_nowait((self, given))
        if self._crew.reply is not None:
            self.answer(self._crew.reply(prompt))

    async def events(self) -> AsyncIterator[AgentEvent]:
        if self.closed:
            raise AgentLostError(GONE)
        while True:
            event = await self._events.get()
            if isinstance(event, Exception):
                raise event
            yield event

    async def interrupt(self) -> None:
        if self._open:
            turns, self._open = tuple(self._open), []
            self.say(Interrupted(turns=turns, position=self.at("stopped")))

    async def watch(self) -> None:
        await asyncio.get_running_loop().create_future()

    async def compact(self) -> None:
        self.compactions += 1

    async def close(self, *, gently: bool = True) -> None:
        await self._crew.closing.wait()
        self.closed = self.closed or ("gently" if gently else "at once")
        self._events.put_nowait(AgentLostError(GONE))

    def say(self, event: AgentEvent) -> None:
        """Something comes out of it."""
        self._events.put_nowait(event)

    def answer(self, text: str, *turns: TurnId, usage: Usage = NO_USAGE) -> None:
        """It answers these turns together, or all it has."""
        answered = turns or tuple(self._open)
        self._open = [turn for turn in self._open if turn not in answered]
        self.say(Answered(turns=answered, text=text, position=self.at(text), usage=usage, id=f"result-{text}"))

    def volunteer(self, text: str) -> None:
        """It speaks of its own accord."""
        self.say(Answered(turns=(), text=text, position=self.at(text), id=f"result-{text}"))

    def break_down(self, error: Exception | None = None) -> None:
        """It is lost."""
        self._events.put_nowait(error or AgentLostError(GONE))

    def at(self, entry: str) -> SessionPosition:
        return SessionPosition(session=SessionId(f"session-{self.group.folder}"), entry=entry)


def _open_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Crew:
    """Every agent that was made. ``reply``: what each answers at once; None: it waits for the test.

    ``failures`` are raised by the next starts; while ``doors`` is cleared nobody gets started, and while ``closing``
    is cleared nobody gets closed.
    """

    reply: Callable[[str], str] | None = None
    failures: list[Exception] = field(default_factory=list)
    agents: list[ScriptedAgent] = field(default_factory=list)
    started: asyncio.Queue[ScriptedAgent] = field(default_factory=asyncio.Queue)
    given: asyncio.Queue[tuple[ScriptedAgent, Given]] = field(default_factory=asyncio.Queue)
    doors: asyncio.Event = field(default_factory=_open_event)
    closing: asyncio.Event = field(default_factory=_open_event)

    async def make(self, group: Group, lane: Lane = Lane.GROUP) -> ScriptedAgent:
        agent = ScriptedAgent(group, self)
        agent.lane = lane
        self.agents.append(agent)
        return agent

    async def next_given(self) -> tuple[ScriptedAgent, Given]:
        """The next turn that any agent is given."""
        async with asyncio.timeout(10):
            return await self.given.get()
