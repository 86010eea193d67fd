"""What the WhatsApp channel asks of its child, and what it hears. ``keeper.Keeper`` does it with a process."""

from collections.abc import AsyncIterator
from typing import Protocol

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.whatsapp.link import Code, Done, Incoming, NotPaired, Order, Paired, Standing

Heard = Incoming | Standing | Code | Paired | NotPaired
"""What comes without being asked for."""


class OrderFailedError(ChannelError):
    """An order was not carried out, as far as anybody knows.

    ``again``: trying later may help. ``unsure``: it may have been carried out all the same; a write, reaction or edit
    that is given again with its ``client_id`` is not sent a second time. ``code``: the server's error, 0 without one.
    ``full``: the disk is.
    """

    def __init__(self, what: str, *, again: bool, unsure: bool = False, code: int = 0, full: bool = False) -> None:
        super().__init__(what, hint="It may work later." if again else "")
        self.again = again
        self.unsure = unsure
        self.code = code
        self.full = full


class Child(Protocol):
    """The process with the WhatsApp client in it, which is killed and started again behind this."""

    async def run(self) -> None:
        """Keep a child alive until cancelled; then stop it in order, and kill it when that takes long."""
        ...

    def events(self) -> AsyncIterator[Heard]:
        """All that the child says by itself, in order, for one reader. A child that died or hung is a ``Standing``.

        An ``Incoming`` that was not ``kept`` when a child ended is said again by the next one, under its number.
        Numbers grow in a chat; between chats a message may overtake one whose group's name is still being asked for.
        """
        ...

    async def order(self, order: Order) -> Done:
        """Have an order carried out; its number is given here, whatever it carries. Has a deadline of its own.

        ``Pair`` also wakes a child that rests because only the owner can help (logged out, replaced, banned, outdated).

        Raises:
            OrderFailedError: it was not, or nobody knows.
        """
        ...

    async def kept(self, number: int) -> None:
        """An ``Incoming`` is on disk, or refused for good: the child may forget it."""
        ...
