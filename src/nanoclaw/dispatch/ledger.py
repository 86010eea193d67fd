"""What a worker writes down: every outcome of a turn as one transaction, and when a failed turn is tried again."""

import logging
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nanoclaw.agents.outcomes import Answered, Fault, FaultKind
from nanoclaw.dispatch.limits import Outlets
from nanoclaw.events.measures import Measure
from nanoclaw.model.chats import ChatAddress, ChatId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import SessionPosition, Turn, TurnState
from nanoclaw.store.groups import Groups
from nanoclaw.store.outbox import ALSO, Outbox
from nanoclaw.store.turns import BROKEN_OFF, Finish, Retry, Turns

logger = logging.getLogger(__name__)

_JITTER = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Waits in seconds before each retry; after the last, a turn has failed for good. ``random`` in [0, 1)."""

    seconds: tuple[float, ...]
    random: Callable[[], float] = random.random

    def wait(self, attempt: int) -> float | None:
        """How long to wait after failure number ``attempt`` (from 0); None when it was the last."""
        if attempt >= len(self.seconds):
            return None
        return self.seconds[attempt] * (1 - _JITTER + 2 * _JITTER * self.random())


class Ledger:
    """The store as workers use it."""

    def __init__(
        self,
        turns: Turns,
        groups: Groups,
        outbox: Outbox,
        clock: Clock,
        *,
        retries: RetryPolicy,
        outlets: Outlets,
    ) -> None:
        self._turns = turns
        self._groups = groups
        self._outbox = outbox
        self._clock = clock
        self._retries = retries
        self._outlets = outlets
        self._last_chat: dict[int, ChatAddress] = {}
        self._apart = False
        self._own: ChatId | None = None

    def serve(self, chat: ChatId | None, *, apart: bool) -> None:
        """Which conversation it is: with ``apart`` that of one chat, the one that is claimed first if none is given."""
        self._apart = apart
        self._own = chat if apart else None

    def serves(self, chat: ChatId | None) -> bool:
        """Whether the conversation is that of a chat."""
        return not self._apart or self._own in {None, chat}

    async def position(self, group: Group) -> SessionPosition | None:
        """Where the conversation stands."""
        return await self._groups.session(group.id, self._own)

    async def set_position(self, group: Group, position: SessionPosition | None) -> None:
        """Correct where the conversation stands, or forget it."""
        if position is None:
            await self._groups.clear_session(group.id, self._own)
        else:
            await self._groups.set_session(group.id, position, self._own)

    async def claim(self, group: Group, chat: ChatId | None) -> Turn | None:
        """The group's next due turn, now running; none of another chat that has a conversation of its own."""
        turn = await self._turns.claim(group.id, chat=chat, only=self._own)
        if turn is not None:
            self._last_chat[group.id] = turn.address
            self.serve(turn.chat, apart=self._apart)
        return turn

    async def is_wanted_elsewhere(self, group: Group) -> bool:
        """Whether the next due turn is of another chat, whose conversation is not this one."""
        return self._own is not None and await self._turns.next_chat(group.id) not in {None, self._own}

    async def asked(self, turn: Turn, at: Milliseconds) -> None:
        """The turn's first request left for the model."""
        await self._turns.mark_model_request(turn.id, at)

    async def answered(self, turns: Sequence[Turn], messages: tuple[str, ...], answer: Answered) -> None:
        """Cursor, session, usage and replies, together."""
        finish = Finish(
            turns=tuple(turn.id for turn in turns),
            state=TurnState.ANSWERED,
            messages=messages,
            position=answer.position,
            usage=answer.usage,
            apart=self._apart,
        )
        if not await self._turns.finish(finish):
            logger.warning("an answer came for a turn that had ended", extra={"turn": turns[0].id})
        self._count(turns, TurnState.ANSWERED)
        self._tell(turns)

    def _count(self, turns: Sequence[Turn], state: TurnState) -> None:
        now = self._clock.now()
        for turn in turns:
            self._outlets.observe(Measure.TURN, label=state)
            if state is TurnState.ANSWERED and turn.run is None:
                newest = max((message.sent_at for message in turn.messages), default=now)
                self._outlets.observe(Measure.REPLY, max(0.0, (now - newest) / 1000))

    def started(self, seconds: float) -> None:
        """An agent started in so long."""
        self._outlets.observe(Measure.START, seconds)

    def not_started(self, fault: Fault) -> None:
        """An agent did not start."""
        self._outlets.observe(Measure.START_FAILURE, label=fault.kind)

    def _tell(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            if turn.run is not None:
                self._outlets.run_ended(turn.run)

    async def compacted(
        self, group: Group, position: SessionPosition | None, text: str, asked_in: ChatAddress | None
    ) -> ChatAddress | None:
        """The conversation was shortened, or could not be; the chat that is told, which is the one that asked."""
        if position is not None:
            await self._groups.set_session(group.id, position, self._own)
        address = asked_in or self._last_chat.get(group.id) or await self._groups.chat_of(group.folder)
        if address is not None:
            await self._outbox.add(address, text, client_id=f"compacted-{uuid.uuid4().hex}")
        return address

    async def volunteered(
        self, group: Group, answer: Answered, compose: Callable[[ChatAddress, str], tuple[str, ...]]
    ) -> ChatAddress | None:
        """Keep what the agent said of its own accord; the chat it goes to, or None when it said nothing."""
        await self._groups.set_session(group.id, answer.position, self._own)
        address = self._last_chat.get(group.id)
        if address is None or not answer.text:
            return None
        name = answer.id or uuid.uuid4().hex
        for number, text in enumerate(compose(address, answer.text)):
            await self._outbox.add(address, text, client_id=f"said-{name}-{number}")
        return address

    async def stopped(self, turns: Sequence[Turn], position: SessionPosition | None) -> None:
        """A person stopped them."""
        ids = tuple(turn.id for turn in turns)
        stopped = Finish(turns=ids, state=TurnState.STOPPED, position=position, error="stopped", apart=self._apart)
        await self._turns.finish(stopped)
        self._count(turns, TurnState.STOPPED)
        self._tell(turns)

    async def put_back(self, turns: Sequence[Turn], *, acted: bool = False) -> None:
        """They start again; it was not their fault. The run of a task in which the agent ``acted`` ends instead."""
        if acted and turns[0].run is not None:
            await self._end_run(turns[0], BROKEN_OFF)
            return
        ids = tuple(turn.id for turn in turns)
        await self._turns.retry(Retry(turns=ids, not_before=self._clock.now(), error="its worker ended", counts=False))

    async def failed(self, turns: Sequence[Turn], fault: Fault, *, acted: bool = False) -> tuple[ChatAddress, ...]:
        """Let failed turns wait for a retry; after the last one tell the chat and the owner, and say which chats.

        The run of a task is not tried again once the agent ``acted``: an occurrence happens at most once. Whoever
        keeps the tasks tells the owner of it.
        """
        first = turns[0]
        logger.warning(
            "turn failed",
            extra={"turn": first.id, "group": first.group.folder, "fault": fault.kind, "attempt": first.attempt},
        )
        self._outlets.observe(Measure.FAULT, label=fault.kind)
        spent = fault.lasting or (acted and first.run is not None)
        wait = None if spent else self._retries.wait(first.attempt)
        ids = tuple(turn.id for turn in turns)
        if wait is not None:
            at = Milliseconds(self._clock.now() + int(wait * 1000))
            await self._turns.retry(Retry(turns=ids, not_before=at, error=fault.what))
            return ()
        return await self._give_up(turns, fault)

    async def _give_up(self, turns: Sequence[Turn], fault: Fault) -> tuple[ChatAddress, ...]:
        first = turns[0]
        self._count(turns, TurnState.FAILED)
        if first.run is not None:
            await self._end_run(first, fault.what)
            return ()
        refused = fault.kind is FaultKind.REFUSED
        finish = Finish(
            turns=tuple(turn.id for turn in turns),
            state=TurnState.FAILED,
            messages=(_notice(first.group, fault, forgotten=refused),),
            error=fault.what,
            # Put before the model again, they would be refused again, and every later message with them.
            skips=refused,
        )
        await self._turns.finish(finish)
        if first.group.temporary:
            return (first.address,)  # whoever verifies sees for themselves
        await self._outlets.trouble(f"{first.group.folder}: {fault.what}", fault.hint)
        return (first.address, *(() if first.group.is_main else await self._tell_owner(first, fault)))

    async def _tell_owner(self, turn: Turn, fault: Fault) -> list[ChatAddress]:
        """Beside the chat itself, which was told already; the chats."""
        told, names = [], (f"failed-{turn.id}", f"failed-{turn.id}{ALSO}")
        text = f"The group {turn.group.name} got no answer: {fault.what}. {fault.hint}".strip()
        for owner, name in zip(await self._outlets.owner_chats(), names, strict=False):
            if owner != turn.address and await self._outbox.add(owner, text, client_id=name):
                told.append(owner)
        return told

    async def _end_run(self, turn: Turn, error: str) -> None:
        await self._turns.finish(Finish(turns=(turn.id,), state=TurnState.FAILED, error=error))
        self._tell([turn])


def _notice(group: Group, fault: Fault, *, forgotten: bool) -> str:
    """What the chat is told; how to mend it only where the owner reads."""
    parts = [f"I could not answer: {fault.what}."]
    if group.is_main and fault.hint:
        parts.append(fault.hint)
    parts.append(
        "I leave your message out from now on."
        if forgotten
        else "Your message is kept; write again to have it answered."
    )
    return " ".join(parts)
