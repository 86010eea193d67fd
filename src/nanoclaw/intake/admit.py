"""Take a message in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from nanoclaw.channels.contract import MessageRefusedError, Receipt
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import MessageArrived
from nanoclaw.intake.changes import as_message, refusal
from nanoclaw.intake.judge import judge
from nanoclaw.intake.trigger import text_wakes
from nanoclaw.model.chats import Attachment, ChangeKind, InboundChange, InboundMessage, IncomingFile
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group
from nanoclaw.store.changes import Target
from nanoclaw.store.errors import StoreError
from nanoclaw.store.inbox import UNREGISTERED, Admission, Inbox, Stored
from nanoclaw.workspaces.names import safe_name

TEXT_LIMIT = 1_048_576
"""The longest text taken in, in characters."""


class MessageTooLongError(MessageRefusedError):
    """A message is longer than anything a person writes; it was not taken in."""


class ClosedError(NanoclawError):
    """The daemon is shutting down: the message was not taken in, and the network must keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Who sees to what is not simply a message, as functions that the root passes in."""

    wake: Callable[[Group], None]
    command: Callable[[Stored, InboundMessage], Awaitable[None]]
    stranger: Callable[[Group, InboundMessage], Awaitable[None]]
    """A message waits until the owner has decided about its sender."""
    answered: Callable[[], None]
    """The owner has allowed or refused something."""
    keep: Callable[[Group, tuple[IncomingFile, ...]], Awaitable[tuple[Attachment, ...]]]
    """Copy files that came with a message into the group's folder."""
    discard: Callable[[Group, tuple[str, ...]], Awaitable[None]]
    """Remove such files again, by their paths below that folder."""
    spoken: Callable[[], None] | None = None
    """There is a voice note to write down; None where nobody does that."""


class Intake:
    """Where every channel hands its messages in."""

    def __init__(self, inbox: Inbox, broadcast: Broadcast, desks: Desks) -> None:
        self._inbox = inbox
        self._broadcast = broadcast
        self._desks = desks
        self._open = True

    def close(self) -> None:
        """Take nothing more in."""
        self._open = False

    async def accept(self, message: InboundMessage) -> Receipt:
        """Store a message and wake its group's agent if it triggers. When this returns, the message is on disk.

        Raises:
            ClosedError, MessageTooLongError, StoreError: it was not taken in.
            NanoclawError: nor was it where its files do not fit on the disk.
        """
        await self._check(message)
        complete = await self._with_attachments(message)
        try:
            stored = await self._inbox.add(complete, judge, voice=self._voice(complete))
        except StoreError:
            await self._without_attachments(complete)
            raise
        if stored.group is not None and not stored.duplicate:
            await self._follow(stored, stored.group, message)
        return Receipt(
            message=stored.message,
            duplicate=stored.duplicate,
            turn=stored.turn,
            registered=stored.group is not None,
        )

    async def change(self, change: InboundChange) -> None:
        """Take in what was done to an earlier message; what that means is in :mod:`nanoclaw.intake.changes`.

        Of what was never taken in there is nothing to change.

        Raises:
            ClosedError, MessageTooLongError, StoreError: it was not taken in.
        """
        await self._check(as_message(change))
        target = await self._inbox.target_of(change)
        if isinstance(target, Target):
            reason = refusal(change, target)
            if not reason:
                await self._carry_out(change, target)
                return
            await self._inbox.refuse(as_message(change), reason)
        elif target is None:
            await self._inbox.refuse(as_message(change), UNREGISTERED)

    async def _carry_out(self, change: InboundChange, target: Target) -> None:
        if change.kind is ChangeKind.REACTED and target.asked_as:
            answer = as_message(change, answers=target.asked_as)
            expected = await self._inbox.judged(answer, judge)
            if expected is not None and expected[1].question is not None:
                await self.accept(answer)
                return
        if change.kind is ChangeKind.DELETED:
            # Before the message itself goes: what a crash breaks off is done again when the change comes again.
            await self._desks.discard(target.group, target.files)
        if await self._inbox.change(change, text_wakes) is not None:
            self._desks.wake(target.group)
        elif change.kind is ChangeKind.DELETED:
            # What was deleted may be what others waited for.
            self._desks.wake(target.group)

    async def _check(self, message: InboundMessage) -> None:
        if not self._open:
            raise ClosedError("nanoclaw is shutting down", hint="Send it again when it is back.")
        if len(message.text) > TEXT_LIMIT:
            await self._inbox.refuse(message, "the message is too long")
            raise MessageTooLongError(
                f"A message of {len(message.text):,} characters is too long", hint=f"At most {TEXT_LIMIT:,} fit."
            )

    async def _with_attachments(self, message: InboundMessage) -> InboundMessage:
        """The files of a message are kept before the message is, and only of those who may write here."""
        if not message.files:
            return message
        expected = await self._inbox.judged(message, judge)
        if expected is None or expected[1].admission is Admission.DROP:
            return message
        if expected[1].admission is Admission.HOLD:
            # Nothing of a stranger's is put before the agent; should they be let in, it reads what it did not get.
            named = (
                Attachment(name=safe_name(file.name), media_type=file.media_type, path="") for file in message.files
            )
            return replace(message, attachments=tuple(named))
        return replace(message, attachments=await self._desks.keep(expected[0], message.files))

    async def _without_attachments(self, message: InboundMessage) -> None:
        """On a full disk the network offers a message again and again: each time its files would stay."""
        kept = tuple(attachment.path for attachment in message.attachments if attachment.path)
        expected = await self._inbox.judged(message, judge) if kept else None
        if expected is not None:
            await self._desks.discard(expected[0], kept)

    def _voice(self, message: InboundMessage) -> str:
        """Where a voice note of a message lies that somebody writes down; empty when there is none."""
        if self._desks.spoken is None or message.history or message.from_assistant:
            return ""
        both = zip(message.files, message.attachments, strict=False)
        return next((attachment.path for file, attachment in both if file.voice), "")

    async def _follow(self, stored: Stored, group: Group, message: InboundMessage) -> None:
        """What comes after a message is on disk; a crash in between loses a convenience, never the message."""
        match stored.verdict.admission:
            case Admission.DROP:
                return
            case Admission.HOLD:
                await self._desks.stranger(group, message)
                return
            case Admission.STORE | Admission.WAKE | Admission.COMMAND:
                self._broadcast.publish(
                    MessageArrived(
                        address=message.address, message=stored.message, sender=message.sender.name, text=message.text
                    )
                )
        if self._desks.spoken is not None and any(file.voice for file in message.files):
            self._desks.spoken()
        if stored.turn is not None:
            self._desks.wake(group)
        if stored.verdict.question is not None:
            self._desks.answered()
        elif stored.verdict.admission is Admission.COMMAND:
            await self._desks.command(stored, message)
