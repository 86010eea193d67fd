"""Take a message in."""

from collections.abc import Callable

from nanoclaw.channels.contract import Receipt
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import MessageArrived
from nanoclaw.intake.trigger import wakes
from nanoclaw.model.chats import InboundMessage
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group
from nanoclaw.store.inbox import Inbox

TEXT_LIMIT = 1_048_576
"""The longest text taken in, in characters."""


class MessageTooLongError(NanoclawError):
    """A message is longer than anything a person writes; it was not taken in."""


class ClosedError(NanoclawError):
    """The daemon is shutting down: the message was not taken in, and the network must keep it."""


class Intake:
    """Where every channel hands its messages in."""

    def __init__(self, inbox: Inbox, broadcast: Broadcast, wake: Callable[[Group], None]) -> None:
        self._inbox = inbox
        self._broadcast = broadcast
        self._wake = wake
        self._open = True

    def close(self) -> None:
        """Take nothing more in."""
        self._open = False

    async def accept(self, message: InboundMessage) -> Receipt:
        """Store a message and wake its group's agent if it triggers. When this returns, the message is on disk.

        Raises:
            ClosedError, MessageTooLongError, StoreError: it was not taken in.
        """
        if not self._open:
            raise ClosedError("nanoclaw is shutting down", hint="Send it again when it is back.")
        if len(message.text) > TEXT_LIMIT:
            raise MessageTooLongError(
                f"A message of {len(message.text):,} characters is too long", hint=f"At most {TEXT_LIMIT:,} fit."
            )
        stored = await self._inbox.add(message, wakes)
        if stored.group is not None and not stored.duplicate:
            self._broadcast.publish(
                MessageArrived(
                    address=message.address, message=stored.message, sender=message.sender.name, text=message.text
                )
            )
            if stored.turn is not None:
                self._wake(stored.group)
        return Receipt(
            message=stored.message,
            duplicate=stored.duplicate,
            turn=stored.turn,
            registered=stored.group is not None,
        )
