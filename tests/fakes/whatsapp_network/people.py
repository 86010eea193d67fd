"""Contacts of the account's owner, and the owner's own telephone: who writes to the client."""

from collections.abc import Sequence
from typing import Any

from tests.fakes.whatsapp_network import texts
from tests.fakes.whatsapp_network.addresses import LID, Address
from tests.fakes.whatsapp_network.device import Device
from tests.fakes.whatsapp_network.groups import Group
from tests.fakes.whatsapp_network.media import MediaKind, encrypt
from tests.fakes.whatsapp_network.nodes import Attributes
from tests.fakes.whatsapp_network.post import Post
from tests.fakes.whatsapp_network.texts import Quote, Sheet
from tests.fakes.whatsapp_network.world import World, new_id

_EDITED, _TAKEN_BACK, _TAKEN_BACK_BY_ADMIN = "1", "7", "8"


class Person:
    """Somebody with a telephone. ``lid`` and ``phone`` are their two ids.

    They write to the owner, or into the ``chat`` that is given. ``stanza`` holds unusual attributes of the stanza.
    """

    def __init__(self, world: World, *, name: str, phone: Address, lid: Address) -> None:
        self.name = name
        self.phone = phone
        self.lid = lid
        self.device = Device(lid)
        self.addressing = LID
        """Which of the two ids the network names this person by, in chats of two."""
        self.has_written = False
        self.receives = True
        self.garbles = False
        self.repeats = True
        self._world = world
        self._post = Post(world)

    async def say(
        self,
        text: str,
        *,
        id: str = "",  # noqa: A002 - the protocol's word
        quote: Quote | None = None,
        mentions: Sequence[str] = (),
        chat: "Group | Person | None" = None,
        stanza: Attributes | None = None,
    ) -> str:
        """Write a text. The message's id."""
        return await self.send(texts.text_message(text, quote, mentions), id=id, chat=chat, stanza=stanza)

    async def send_file(
        self,
        content: bytes,
        sheet: Sheet,
        *,
        id: str = "",  # noqa: A002 - the protocol's word
        quote: Quote | None = None,
        chat: "Group | Person | None" = None,
        damaged: bool = False,
    ) -> str:
        """Send a file as its media type says: an image, a video, a sound, or a document. The message's id."""
        return await self.send(self.enclose(content, sheet, quote, damaged=damaged), id=id, chat=chat)

    def enclose(self, content: bytes, sheet: Sheet, quote: Quote | None = None, *, damaged: bool = False) -> Any:
        """Put a file where it can be fetched; the message that tells of it."""
        kind = _KINDS.get(sheet.media_type.partition("/")[0], MediaKind.DOCUMENT)
        file = encrypt(content, kind)
        path = self._world.media.keep(file.data[:-1] + b"?" if damaged else file.data)
        return texts.file_message(kind, sheet, file, path, texts.context(quote, ()))

    async def react(
        self,
        emoji: str,
        target: str,
        *,
        by: "Person",
        chat: "Group | Person | None" = None,
        stanza: Attributes | None = None,
    ) -> str:
        """Put an emoji on what ``by`` wrote; an empty one takes it away. The reaction's own id."""
        message = texts.reaction(self._key(target, by, chat), emoji, self._world.now())
        return await self.send(message, chat=chat, stanza=stanza)

    async def edit(
        self, target: str, text: str, *, chat: "Group | Person | None" = None, stanza: Attributes | None = None
    ) -> str:
        """Replace what they wrote. The edit's own id."""
        about = self._key(target, self, chat)
        message = texts.edit(about, texts.text_message(text), self._world.now())
        return await self.send(message, chat=chat, stanza={"edit": _EDITED, **(stanza or {})})

    async def delete(
        self,
        target: str,
        *,
        by: "Person | None" = None,
        chat: "Group | Person | None" = None,
        stanza: Attributes | None = None,
    ) -> str:
        """Take back what they wrote or, as an admin of a group, what ``by`` wrote. The deletion's own id."""
        kind = _TAKEN_BACK if by in {None, self} else _TAKEN_BACK_BY_ADMIN
        message = texts.deletion(self._key(target, by or self, chat))
        return await self.send(message, chat=chat, stanza={"edit": kind, **(stanza or {})})

    async def send(
        self,
        message: Any,
        *,
        id: str = "",  # noqa: A002 - the protocol's word
        chat: "Group | Person | None" = None,
        stanza: Attributes | None = None,
    ) -> str:
        """As ``say``, for any protobuf, or for bytes that are none."""
        message_id = id or new_id()
        self.has_written = True
        await self._deliver(message, {"id": message_id, **(stanza or {})}, chat)
        return message_id

    async def send_unavailable(self, kind: str = "view_once") -> str:
        """Send something that only a telephone may show; the client is told no more than that. Its id."""
        message_id = new_id()
        self.has_written = True
        await self._post.unavailable(self, message_id, kind)
        return message_id

    async def has_received(self, *ids: str, chat: "Group | None" = None) -> None:
        """Tell the client that its messages arrived; by itself a telephone does when it ``receives``."""
        self._post.receipt(self, "", ids, chat)

    async def has_read(self, *ids: str, chat: "Group | None" = None) -> None:
        """Tell the client that its messages were read."""
        self._post.receipt(self, "read", ids, chat)

    def reinstall(self) -> None:
        """A new telephone: sessions and keys are gone, and what is under way for the old one cannot be read."""
        self.device = Device(self.lid)

    def _key(self, target: str, by: "Person", chat: "Group | Person | None") -> Any:
        place = chat.id if isinstance(chat, Group) else (chat or self._other()).lid
        participant = str(by.lid) if isinstance(chat, Group) else ""
        return texts.key(str(place), target, own=by is self, participant=participant)

    def _other(self) -> "Person":
        owner = self._world.owner
        assert isinstance(owner, Person)
        return owner

    async def _deliver(self, message: Any, attributes: Attributes, chat: "Group | Person | None") -> None:
        if chat is None:
            await self._post.from_contact(self, message, attributes, self.addressing)
        else:
            assert isinstance(chat, Group), "what two others write to each other never comes by here"
            await self._post.to_group(self, chat, message, attributes)


class Contact(Person):
    """Somebody who is not the owner."""


class Owner(Person):
    """The account's owner at their telephone; without a chat they write to themselves."""

    async def _deliver(self, message: Any, attributes: Attributes, chat: "Group | Person | None") -> None:
        if isinstance(chat, Group):
            await self._post.to_group(self, chat, message, attributes)
        else:
            await self._post.from_owner(chat or self, message, attributes, self.addressing)


_KINDS = {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
