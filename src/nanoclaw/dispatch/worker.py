"""One group at work: claims turns, gives them to the agent, writes down what comes of them.

A worker is an actor: everything that happens to it arrives in one queue, so its state changes in one place. Its own
state is only about the present; what must survive is in the store before anything else happens.
"""

import asyncio
import logging
from contextlib import suppress

from nanoclaw.agents.outcomes import (
    AgentEvent,
    AgentLostError,
    Answered,
    Compacted,
    Failed,
    Fault,
    FaultKind,
    Interrupted,
    StaleSessionError,
    TextWritten,
    ToolUsed,
)
from nanoclaw.dispatch.ledger import Ledger
from nanoclaw.dispatch.limits import WorkLimits
from nanoclaw.dispatch.signals import (
    AgentState,
    Asked,
    Compact,
    Heard,
    Leave,
    Lost,
    Signal,
    Surface,
    Work,
    WorkingAgent,
)
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import TextStreamed, TurnChanged, TurnProgressed, TurnStep
from nanoclaw.model.chats import ChatAddress, ChatId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.options import Conversation
from nanoclaw.model.turns import Lane, SessionPosition, Turn, TurnState

logger = logging.getLogger(__name__)


class Worker:
    """Serves one group for as long as its agent lives."""

    def __init__(
        self, group: Group, ledger: Ledger, surface: Surface, broadcast: Broadcast, clock: Clock, *, limits: WorkLimits
    ) -> None:
        self.group = group
        self.state = AgentState.STARTING
        self.since = clock.now()
        self._ledger = ledger
        self._surface = surface
        self._broadcast = broadcast
        self._clock = clock
        self._limits = limits
        self._signals: asyncio.Queue[Signal] = asyncio.Queue()
        self._open: list[Turn] = []
        self._agent: WorkingAgent | None = None
        self._leaving = False
        self._unwanted = False
        self._typing_at: ChatAddress | None = None
        self._progress = clock.monotonic()
        self._alone = limits.lane is Lane.ISOLATED
        self._acted = False
        self._to_shorten = self._shortening = False
        self._shorten_for: ChatAddress | None = None

    def tell(self, signal: Signal) -> None:
        """Queue a signal; returns at once."""
        if isinstance(signal, Compact):
            self._to_shorten, self._shorten_for = True, signal.chat
        self._signals.put_nowait(signal)

    async def interrupt(self) -> bool:
        """Stop the running turns; False when nothing runs."""
        if not self._open:
            return False
        if self.state is AgentState.STARTING or self._agent is None:
            self._unwanted = True
        else:
            await self._agent.interrupt()
        return True

    def serves(self, chat: ChatId | None) -> bool:
        """Whether the conversation is that of a chat, which may have one of its own."""
        return self._ledger.serves(chat)

    async def run(self, *, ahead: bool = False, chat: ChatId | None = None) -> None:
        """Work until idle too long, told to leave, or the agent is lost.

        ``ahead``: start though nothing is due yet; for ``chat``, where that has a conversation of its own.
        """
        try:
            apart = not self._alone and self.group.options.conversation is Conversation.SEPARATE
            self._ledger.serve(chat, apart=apart)
            await self._claim()
            if self._open or (ahead and not self._leaving):
                await self._start()
                if self._unwanted:
                    await self._stopped(Interrupted(turns=tuple(turn.id for turn in self._open), position=None))
                else:
                    for turn in list(self._open):
                        await self._give(turn)
                await self._serve()
        except (AgentLostError, StaleSessionError) as error:
            await self._fail(list(self._open), _fault(error))
        except Exception:
            # A defect of ours, or a store that cannot be written. It counts like any failure, for a turn that was
            # merely put back would start agents for ever, one right after the other. The dispatcher says what it was.
            await self._fail(list(self._open), Fault(kind=FaultKind.LOST, what="Something inside nanoclaw broke"))
            raise
        finally:
            self._enter(AgentState.CLOSING)
            # Whatever ends a worker, its sandbox ends and its turns go back to wait.
            await asyncio.shield(self._wind_up())

    async def _wind_up(self) -> None:
        try:
            if self._agent is not None:
                # A conversation at rest is let finish its notes; a turn that is given up needs none of them.
                await self._agent.close(gently=not self._open)
        finally:
            self._show_typing(on=False)
            if self._open:
                await self._ledger.put_back(self._open, acted=self._acted)
            if self._to_shorten or self._shortening:
                await self._compacted(None)

    async def _start(self) -> None:
        position = None if self._alone else await self._ledger.position(self.group)
        while True:
            began = self._clock.monotonic()
            self._agent = await self._surface.make_agent(self.group, self._limits.lane)
            try:
                await self._agent.start(position)
            except StaleSessionError as error:
                if position is None:
                    raise
                position = await self._forget(position, error)
            except AgentLostError as error:
                self._ledger.not_started(error.fault)
                raise
            else:
                self._progress = self._clock.monotonic()
                self._ledger.started(self._progress - began)
                return

    async def _forget(self, position: SessionPosition | None, error: StaleSessionError) -> SessionPosition | None:
        logger.warning("conversation cannot be resumed", extra={"group": self.group.folder, "entry": error.entry_only})
        if error.entry_only and position is not None and position.entry is not None:
            return SessionPosition(session=position.session, entry=None)
        await self._ledger.set_position(self.group, None)
        return None

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            listener = tasks.create_task(self._listen(), name=f"listen-{self.group.folder}")
            watcher = tasks.create_task(self._agent_watch(), name=f"watch-{self.group.folder}")
            try:
                self._settle()
                while True:
                    signal = await self._next()
                    if signal is None or not await self._handle(signal):
                        return
            finally:
                listener.cancel()
                watcher.cancel()

    async def _listen(self) -> None:
        if self._agent is None:
            return
        try:
            async for event in self._agent.events():
                self.tell(Heard(event=event))
        except (AgentLostError, StaleSessionError) as error:
            self.tell(Lost(error=error))

    async def _agent_watch(self) -> None:
        if self._agent is not None:
            await self._agent.watch()

    async def _next(self) -> Signal | None:
        """The next signal; None when the agent has been idle, or a turn silent, for too long."""
        allowed = self._limits.turn_seconds if self._open else self._limits.idle_seconds
        while (left := self._progress + allowed - self._clock.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    return await self._signals.get()
        if self._open:
            minutes = self._limits.turn_seconds / 60
            fault = Fault(kind=FaultKind.SILENT, what=f"The agent showed no sign of life for {minutes:.0f} minutes")
            await self._fail(list(self._open), fault)
        return None

    async def _handle(self, signal: Signal) -> bool:
        """Act on a signal; False when the worker must end."""
        match signal:
            case Work():
                await self._take_more()
            case Asked(at=at):
                await self._asked(at)
            case Leave():
                self._leaving = True
            case Compact():
                pass
            case Lost(error=error):
                return await self._lose(error)
            case Heard(event=event):
                self._progress = self._clock.monotonic()
                if not await self._hear(event):
                    return False
        await self._shorten()
        self._settle()
        return bool(self._open) or self._shortening or not self._leaving

    async def _hear(self, event: AgentEvent) -> bool:
        """Act on what the agent did; False when it cannot go on."""
        match event:
            case ToolUsed(tool=tool, detail=detail):
                self._acted = True
                self._progressed(TurnStep.TOOL, ": ".join(filter(None, (tool, detail))))
            case Compacted(position=position):
                await self._compacted(position)
            case TextWritten(text=text):
                for turn in self._open[:1]:
                    self._broadcast.publish(TextStreamed(address=turn.address, turn=turn.id, text=text))
            case Answered() as answer:
                await self._answer(answer)
            case Interrupted() as stop:
                await self._stopped(stop)
            case Failed(fault=fault) as failure:
                await self._fail(self._named(failure.turns), fault)
            case _:
                pass
        return not isinstance(event, Failed)

    async def _answer(self, answer: Answered) -> None:
        turns = self._named(answer.turns)
        if turns:
            first = turns[0]
            texts = self._surface.compose(first.address, answer.text)
            await self._ledger.answered(turns, texts, answer)
            self._drop(turns)
            self._changed(turns, TurnState.ANSWERED)
            self._surface.deliver(first.address)
        elif not self._alone and not self._leaving:
            address = await self._ledger.volunteered(self.group, answer, self._surface.compose)
            if address is not None:
                self._surface.deliver(address)
        await self._take_more()

    async def _stopped(self, stop: Interrupted) -> None:
        turns = self._named(stop.turns)
        if turns:
            await self._ledger.stopped(turns, stop.position)
            self._drop(turns)
            self._changed(turns, TurnState.STOPPED)
        await self._take_more()

    async def _lose(self, error: AgentLostError | StaleSessionError) -> bool:
        turns = list(self._open)
        if isinstance(error, StaleSessionError):
            # Nothing was answered: the same turns start again in a conversation that exists.
            position = await self._forget(await self._ledger.position(self.group), error)
            await self._ledger.set_position(self.group, position)
            await self._ledger.put_back(turns)
            self._open.clear()
            return False
        await self._fail(turns, error.fault)
        return False

    async def _take_more(self) -> None:
        if not self._leaving:
            before = len(self._open)
            await self._claim()
            for turn in self._open[before:]:
                await self._give(turn)

    async def _claim(self) -> None:
        chat: ChatId | None = self._open[0].chat if self._open else None
        # The run of a task has the agent to itself, so that what it does and says is its own.
        while not self._runs_task() and (turn := await self._ledger.claim(self.group, chat)) is not None:
            self._acted = self._acted and bool(self._open)
            self._open.append(turn)
            chat = turn.chat
            self._leaving = self._leaving or self._alone
            self._changed([turn], TurnState.RUNNING)
        if self._open:
            self._show_typing(on=True)
        elif not self._leaving and await self._ledger.is_wanted_elsewhere(self.group):
            # One agent at a time works in the group's folder: the next one goes on in the other chat's conversation.
            self._leaving = True

    def _runs_task(self) -> bool:
        return any(turn.run is not None for turn in self._open)

    async def _shorten(self) -> None:
        """Have the conversation shortened if that was asked for and nothing else runs."""
        if self._to_shorten and self._agent is not None and not self._open and not self._leaving:
            self._to_shorten, self._shortening = False, True
            await self._agent.compact()

    async def _compacted(self, position: SessionPosition | None) -> None:
        self._to_shorten = self._shortening = False
        said = "The conversation is shorter now." if position else "The conversation could not be made shorter."
        address = await self._ledger.compacted(self.group, position, said, self._shorten_for)
        if address is not None:
            self._surface.deliver(address)

    async def _give(self, turn: Turn) -> None:
        if self._agent is None:
            return
        self._progress = self._clock.monotonic()
        try:
            await self._agent.give(turn, self._surface.prompt(turn))
        except AgentLostError as error:
            self.tell(Lost(error=error))

    async def _asked(self, at: Milliseconds) -> None:
        if self._open:
            turn = self._open[0]
            self._progressed(TurnStep.MODEL_REQUEST, "")
            await self._ledger.asked(turn, at)

    async def _fail(self, turns: list[Turn], fault: Fault) -> None:
        self._drop(turns)
        if turns:
            told = await self._ledger.failed(turns, fault, acted=self._acted)
            self._changed(turns, TurnState.FAILED if told else TurnState.QUEUED)
            for address in told:
                self._surface.deliver(address)

    def _named(self, ids: tuple[int, ...]) -> list[Turn]:
        """Open turns by their ids. They stay open until the store has what became of them."""
        return [turn for turn in self._open if turn.id in ids]

    def _drop(self, turns: list[Turn]) -> None:
        self._open = [turn for turn in self._open if turn not in turns]

    def _settle(self) -> None:
        state = AgentState.WORKING if self._open else AgentState.IDLE
        if state is not self.state:
            self._enter(state)
            if state is AgentState.IDLE:
                self._progress = self._clock.monotonic()
                self._show_typing(on=False)

    def _enter(self, state: AgentState) -> None:
        self.state = state
        self.since = self._clock.now()
        self._limits.changed()

    def _show_typing(self, *, on: bool) -> None:
        address = self._open[0].address if self._open else self._typing_at
        if address is not None:
            self._surface.typing(address, on)
        self._typing_at = address if on else None

    def _changed(self, turns: list[Turn], state: TurnState) -> None:
        for turn in turns:
            self._broadcast.publish(
                TurnChanged(address=turn.address, group=self.group.folder, turn=turn.id, state=state)
            )

    def _progressed(self, step: TurnStep, detail: str) -> None:
        for turn in self._open[:1]:
            self._broadcast.publish(
                TurnProgressed(address=turn.address, group=self.group.folder, turn=turn.id, step=step, detail=detail)
            )


def _fault(error: AgentLostError | StaleSessionError) -> Fault:
    if isinstance(error, AgentLostError):
        return error.fault
    return Fault(kind=FaultKind.LOST, what=str(error))
