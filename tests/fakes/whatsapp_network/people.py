"""Contacts of the account's owner, and the owner's own telephone: who writes to the client."""

from collections.abc import Sequence
from typing import Any

from tests.fakes.whatsapp_network.addresses import LID, Address
from tests.fakes.whatsapp_network.device import Device
from tests.fakes.whatsapp_network.nodes import Attribute
from tests.fakes.whatsapp_network.post import Post
from tests.fakes.whatsapp_network.texts import Quote, text_message
from tests.fakes.whatsapp_network.world import Circle, World, new_id


class Person:
    """Somebody with a telephone. ``lid`` and ``phone`` are their two ids."""

    def __init__(self, world: World, *, name: str, phone: Address, lid: Address) -> None:
        self.name = name
        self.phone = phone
        self.lid = lid
        self.device = Device(lid)
        self.addressing = LID
        """Which of the two ids the network names this person by, in chats of two."""
        self.receives = True
        """Their telephone is on: it says that messages arrived."""
        self.has_written = False
        self._world = world
        self._post = Post(world)

    async def say(
        self,
        text: str,
        *,
        id: str = "",  # noqa: A002 - the protocol's word
        quote: Quote | None = None,
        mentions: Sequence[str] = (),
        chat: "Circle | Person | None" = None,
        **attributes: Attribute,
    ) -> str:
        """Write a text: to the owner, or into a group. The message's id."""
        return await self.send(text_message(text, quote, mentions), id=id, chat=chat, **attributes)

    async def send(
        self,
        message: Any,
        *,
        id: str = "",  # noqa: A002 - the protocol's word
        chat: "Circle | Person | None" = None,
        **attributes: Attribute,
    ) -> str:
        """As ``say``, for any protobuf."""
        message_id = id or new_id()
        self.has_written = True
        await self._deliver(message, {"id": message_id, **attributes}, chat)
        return message_id

    async def _deliver(self, message: Any, attributes: dict[str, Attribute], chat: "Circle | Person | None") -> None:
        if chat is None:
            await self._post.from_contact(self, message, attributes, self.addressing)
        else:
            assert not isinstance(chat, Person), "what two others write to each other never comes by here"
            await self._post.to_group(self, chat, message, attributes)


class Contact(Person):
    """Somebody who is not the owner."""


class Owner(Person):
    """The account's owner at their telephone; without a chat they write to themselves."""

    async def _deliver(self, message: Any, attributes: dict[str, Attribute], chat: "Circle | Person | None") -> None:
        if chat is None or isinstance(chat, Person):
            await self._post.from_owner(chat or self, message, attributes, self.addressing)
        else:
            await self._post.to_group(self, chat, message, attributes)
