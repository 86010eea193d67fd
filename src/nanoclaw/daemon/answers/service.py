"""The control API's service on a running daemon."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nanoclaw.channels.contract import Receipt
from nanoclaw.channels.local.channel import LOCAL, LocalChannel, LocalMessage
from nanoclaw.control.service import NoSuchGroupError, StoppingError
from nanoclaw.control.shapes import (
    AddGroupRequest,
    AgentShape,
    ChangeChatsRequest,
    ChangeGroupRequest,
    Done,
    GroupList,
    GroupShape,
    LiveEvent,
    MessageList,
    MessageQuery,
    Outcome,
    QueueShape,
    ReplyShape,
    SendRequest,
    SendResult,
    Status,
    Timings,
)
from nanoclaw.control.times import iso
from nanoclaw.daemon.answers.desks import AtDesks, Desks
from nanoclaw.daemon.answers.records import Records
from nanoclaw.daemon.answers.views import Views
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.delivery.adapt import plain_words
from nanoclaw.events.broadcast import Broadcast, Subscription
from nanoclaw.events.kinds import (
    Event,
    MessageArrived,
    ReplySent,
    TextStreamed,
    TurnChanged,
    TurnProgressed,
    TurnStep,
    TypingChanged,
)
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import ReplyState, TurnId, TurnState
from nanoclaw.store.outcomes import Outcomes, TurnOutcome

_OPEN = {TurnState.QUEUED, TurnState.RUNNING}
_LOOK_AGAIN_SECONDS = 5
_OUTCOMES = {
    TurnState.ANSWERED: Outcome.ANSWERED,
    TurnState.FAILED: Outcome.FAILED,
    TurnState.STOPPED: Outcome.STOPPED,
}


class DaemonService(AtDesks):
    """Answers commands."""

    def __init__(  # noqa: PLR0913, PLR0917 - the daemon's parts that commands can see
        self,
        records: Records,
        desks: Desks,
        outcomes: Outcomes,
        lanes: Lanes,
        broadcast: Broadcast,
        clock: Clock,
        local: LocalChannel,
        views: Views,
        request_stop: Callable[[], None],
    ) -> None:
        super().__init__(desks)
        self._records = records
        self._outcomes = outcomes
        self._lanes = lanes
        self._broadcast = broadcast
        self._clock = clock
        self._local = local
        self._views = views
        self._request_stop = request_stop
        self._started_at = clock.now()
        self._stopping = False

    async def status(self) -> Status:
        """How everything is."""
        offline = await self._records.status(model_key=self._views.model_key)
        counts = await self._outcomes.counts()
        return offline.model_copy(
            update={
                "running": True,
                "pid": os.getpid(),
                "started_at": iso(self._started_at),
                "sandbox": self._views.sandbox(),
                "channels": self._views.channels(),
                "agents": [
                    AgentShape(group=worker.group.folder, state=worker.state, since=iso(worker.since))
                    for worker in self._lanes.workers
                ],
                "queue": QueueShape(
                    waiting_turns=counts.queued,
                    running_turns=counts.running,
                    undelivered_replies=counts.undelivered,
                    agents_at_once=self._views.at_once,
                ),
            }
        )

    async def send(self, request: SendRequest) -> SendResult:
        """Take a message in and wait for its answer."""
        if self._stopping:
            raise StoppingError("nanoclaw is shutting down", hint="Send it again when it is back.")
        address = await self._local_chat(await self._records.find(request.group))
        began = self._clock.now()
        message = LocalMessage(
            chat=address.chat,
            text=request.text,
            sender=request.sender,
            client_id=request.client_id,
            files=tuple(Path(path) for path in request.files),
        )
        with self._broadcast.subscribe() as subscription:
            receipt = await self._local.submit(message)
            accepted = self._clock.now()
            if receipt.turn is None:
                timings = Timings(accepted=accepted - began)
                return SendResult(outcome=Outcome.NOT_TRIGGERED, message_id=receipt.message, timings_ms=timings)
            outcome = await self._await_outcome(receipt.turn, address, subscription, request.wait_seconds)
        return _result(receipt, outcome, began, accepted)

    async def _await_outcome(
        self, turn: TurnId, address: ChatAddress, subscription: Subscription, seconds: float
    ) -> TurnOutcome | None:
        """The turn's outcome once its replies are delivered, or as far as it got in so many seconds."""
        deadline = self._clock.monotonic() + seconds
        outcome = await self._outcomes.outcome(turn)
        while not _settled(outcome) and (left := deadline - self._clock.monotonic()) > 0:
            # A lost event costs a look at the store, never the answer.
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LOOK_AGAIN_SECONDS)):
                    await _until_news(subscription, address)
            outcome = await self._outcomes.outcome(turn)
        return outcome

    async def groups(self) -> GroupList:
        """All groups."""
        return await self._records.groups()

    async def group(self, folder: str) -> GroupShape:
        """One group."""
        return await self._records.group(folder)

    async def add_group(self, request: AddGroupRequest) -> GroupShape:
        """Register a group."""
        return await self._records.add_group(request)

    async def remove_group(self, folder: str) -> Done:
        """Forget a group's registration, and close its agent."""
        group = await self._records.find(folder)
        done = await self._records.remove_group(folder)
        await self._lanes.interrupt(group.id)
        self._lanes.release(group.id)
        return done

    async def change_group(self, folder: str, request: ChangeGroupRequest) -> GroupShape:
        """Change a group's settings: at once in the gateway, for the rest at the next start of its agent."""
        group, shape = await self._records.change_group(folder, request)
        self._views.group_changed(group)
        self._lanes.release(group.id)
        return shape

    async def change_chats(self, folder: str, request: ChangeChatsRequest) -> GroupShape:
        """Add, take away or prefer a chat of a group; its agent starts anew for the others."""
        shape = await self._records.change_chats(folder, request)
        self._lanes.release((await self._records.find(folder)).id)
        return shape

    async def messages(self, query: MessageQuery) -> MessageList:
        """History."""
        return await self._records.messages(query)

    @contextmanager
    def watch(self, folder: str) -> Iterator[AsyncIterator[LiveEvent]]:
        """Events of a group's local chat."""
        with self._broadcast.subscribe() as subscription:
            yield self._live_events(folder, subscription)

    async def _live_events(self, folder: str, subscription: Subscription) -> AsyncIterator[LiveEvent]:
        address = await self._local_chat(await self._records.find(folder))
        async for event in subscription:
            if event.address == address:
                yield _live(event)

    async def expect(self, folder: str) -> Done:
        """Start a group's agent ahead."""
        self._lanes.expect(await self._records.find(folder))
        return Done()

    async def interrupt(self, folder: str) -> Done:
        """Stop what a group's agent does."""
        group = await self._records.find(folder)
        return Done(changed=await self._lanes.interrupt(group.id))

    async def stop(self) -> Done:
        """Begin to shut down."""
        changed, self._stopping = not self._stopping, True
        self._request_stop()
        return Done(changed=changed)

    async def _local_chat(self, group: Group) -> ChatAddress:
        for chat in (await self._records.group(group.folder)).chats:
            if chat.channel == LOCAL:
                return ChatAddress(channel=LOCAL, chat=chat.chat)
        raise NoSuchGroupError(f"The group {group.folder!r} has no local chat", hint="Write to it on its own channel.")


async def _until_news(subscription: Subscription, address: ChatAddress) -> None:
    async for event in subscription:
        if isinstance(event, TurnChanged | ReplySent) and event.address == address:
            return


def _settled(outcome: TurnOutcome | None) -> bool:
    if outcome is None:
        return True
    if outcome.state in _OPEN:
        return False
    return all(reply.state in {ReplyState.SENT, ReplyState.FAILED} for reply in outcome.replies)


def _result(receipt: Receipt, outcome: TurnOutcome | None, began: Milliseconds, accepted: Milliseconds) -> SendResult:
    if outcome is None:
        return SendResult(outcome=Outcome.TIMED_OUT, message_id=receipt.message, turn_id=receipt.turn)

    def since(at: int | None) -> float | None:
        return None if at is None else float(at - began)

    replies = outcome.replies
    delivered = [reply.sent_at for reply in replies if reply.sent_at is not None]
    finished = _settled(outcome)
    return SendResult(
        outcome=_OUTCOMES.get(outcome.state, Outcome.TIMED_OUT) if finished else Outcome.TIMED_OUT,
        message_id=receipt.message,
        turn_id=receipt.turn,
        replies=[
            ReplyShape(id=reply.id, text=plain_words(reply.text, reply.kind, reply.file), state=reply.state)
            for reply in replies
        ],
        timings_ms=Timings(
            accepted=since(accepted),
            turn_started=since(outcome.started_at),
            model_request=since(outcome.model_request_at),
            first_reply=since(replies[0].created_at if replies else None),
            delivered=since(max(delivered) if len(delivered) == len(replies) and delivered else None),
        ),
        error=outcome.error,
    )


def _live(event: Event) -> LiveEvent:
    match event:
        case MessageArrived():
            return LiveEvent(kind="message", message_id=event.message, sender=event.sender, text=event.text)
        case TurnChanged():
            return LiveEvent(kind="turn", turn_id=event.turn, state=event.state)
        case TurnProgressed():
            kind = "tool" if event.step is TurnStep.TOOL else "model_request"
            return LiveEvent(kind=kind, turn_id=event.turn, text=event.detail)
        case TextStreamed():
            return LiveEvent(kind="text", turn_id=event.turn, text=event.text)
        case TypingChanged():
            return LiveEvent(kind="typing", state="on" if event.typing else "off")
        case ReplySent():
            return LiveEvent(kind="reply", turn_id=event.turn, message_id=event.reply, text=event.text)
