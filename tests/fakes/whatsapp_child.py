"""A stand-in for the process with the WhatsApp client in it: says what a test wants, and notes what it is asked."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from nanoclaw.channels.whatsapp.child_contract import Heard, OrderFailedError
from nanoclaw.channels.whatsapp.link import Done, Fetch, Incoming, Media, Order, Person, Standing

ME = Person(lid="111100000000001@lid", phone="491700000001@s.whatsapp.net", name="Olga")
ANN = Person(lid="222200000000002@lid", phone="491701112223@s.whatsapp.net", name="Ann")
BOB = Person(lid="333300000000003@lid", phone="491704445556@s.whatsapp.net", name="Bob")
GROUP = "12036301234567890@g.us"


def incoming(number: int = 1, **more: Any) -> Incoming:
    """A message of Ann's in the chat with her."""
    given: dict[str, Any] = {
        "kind": "message",
        "id": f"3A{number:018X}",
        "chat": ANN.lid,
        "chat_is_group": False,
        "chat_person": Person() if more.get("chat_is_group") else ANN,
        "sender": ANN,
        "from_me": False,
        "at": 1_800_000_000_000 + number,
        "text": "Hello",
    }
    return Incoming(number=number, **{**given, **more})


def in_group(number: int = 1, sender: Person = ANN, **more: Any) -> Incoming:
    """A message of somebody's in a group."""
    return incoming(number, **{"chat": GROUP, "chat_is_group": True, "chat_name": "Family", "sender": sender, **more})


def to_self(number: int = 1, **more: Any) -> Incoming:
    """A message of the owner to themselves."""
    return incoming(number, **{"chat": ME.phone, "chat_person": ME, "sender": ME, "from_me": True, **more})


class FakeChild:
    """Keeps the promise of ``Child`` without a process. ``refusal``: what every order but a typing meets.

    ``files``: what a fetch brings, by the message's number; one that is not there never comes.
    """

    def __init__(self) -> None:
        self.files: dict[int, Media] = {}
        self.orders: list[Order] = []
        self.answered: list[int] = []
        self.refusal: OrderFailedError | None = None
        self.running = False
        self._said: asyncio.Queue[Heard] = asyncio.Queue()
        self._changed = asyncio.Event()

    def say(self, *said: Heard) -> None:
        """Let it say something by itself."""
        for one in said:
            self._said.put_nowait(one)

    def connect(self) -> None:
        """It is connected as Olga."""
        self.say(Standing(state="connected", me=ME, proven=0.5))

    async def run(self) -> None:
        self.running = True
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.running = False

    async def events(self) -> AsyncIterator[Heard]:
        while True:
            yield await self._said.get()

    async def order(self, order: Order) -> Done:
        self.orders.append(order)
        self._changed.set()
        if self.refusal is not None:
            raise self.refusal
        if isinstance(order, Fetch):
            await self._until(lambda: order.number in self.files, seconds=30)
            return Done(order=len(self.orders), media=(self.files[order.number],))
        client_id = getattr(order, "client_id", "")
        return Done(order=len(self.orders), id=f"3EB0-{client_id}" if client_id else "")

    async def kept(self, number: int) -> None:
        self.answered.append(number)
        self._changed.set()

    async def until_kept(self, number: int) -> None:
        """Wait until a message was answered for."""
        await self._until(lambda: number in self.answered)

    async def until_ordered(self, kind: type[Order]) -> list[Any]:
        """Wait for an order of this kind; all of them."""
        await self._until(lambda: any(isinstance(order, kind) for order in self.orders))
        return [order for order in self.orders if isinstance(order, kind)]

    def fetched(self, number: int, media: Media) -> None:
        """A message's file has come."""
        self.files[number] = media
        self._changed.set()

    @property
    def fetches(self) -> list[int]:
        """The numbers of the messages whose files were ordered, as often as they were."""
        return [order.number for order in self.orders if isinstance(order, Fetch)]

    async def _until(self, met: Any, seconds: float = 5) -> None:
        async with asyncio.timeout(seconds):
            while not met():
                self._changed.clear()
                await self._changed.wait()
