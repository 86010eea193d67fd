"""Which chats the owner has registered, by whichever id of theirs."""

from dataclasses import dataclass

from nanoclaw.channels.contract import Conversations
from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.inbound import WHATSAPP
from nanoclaw.channels.whatsapp.link import Incoming, Person
from nanoclaw.model.chats import InboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Asks the store each time: a chat may be registered at any moment."""

    book: Identities
    conversations: Conversations

    async def has(self, said: Incoming, read: InboundMessage) -> bool:
        """Whether a message's chat is registered. It may be another chat afterwards: see ``moved``."""
        return read.address.chat in await self._chats() or await self.moved(said, read)

    async def moved(self, said: Incoming, read: InboundMessage) -> bool:
        """Whether the owner registered this chat by another id than the one under which it was known here."""
        person = said.chat_person
        if said.chat_is_group or not (person.lid and person.phone):
            return False
        other = person.phone if read.address.chat == person.lid else person.lid
        if other not in await self._chats():
            return False
        self.book.move(Person(lid=person.lid, phone=person.phone), other)
        return True

    async def _chats(self) -> set[str]:
        return {card.chat for card in await self.conversations.chats(WHATSAPP)}
