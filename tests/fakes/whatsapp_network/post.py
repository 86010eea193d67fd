"""Encrypts what somebody writes for each linked device of the account, and puts it into their mailboxes."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.fakes.whatsapp_network.addresses import LID, Address
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.nodes import Attribute, Attributes, Node
from tests.fakes.whatsapp_network.protobufs import e2e
from tests.fakes.whatsapp_network.reading import media_kind, stanza_type
from tests.fakes.whatsapp_network.world import Account, Circle, World

_KEYS_WITHIN = 20.0


class Post:
    """Stanzas from people to the client. ``addressing`` says by which kind of id somebody is named as the sender.

    A message is an E2E protobuf, or bytes in its place. Each is kept for the devices that cannot read it at first.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def from_contact(self, sender: Account, message: Any, attributes: Attributes, addressing: str) -> None:
        """In the chat of the account's owner with ``sender``."""
        by_lid = addressing == LID
        source, other = (sender.lid, sender.phone) if by_lid else (sender.phone, sender.lid)
        named: Attributes = {"from": source, "sender_pn" if by_lid else "sender_lid": other, "notify": sender.name}
        await self._direct(sender, message, {**named, "addressing_mode": addressing, **attributes})

    async def from_owner(self, chat: Account, message: Any, attributes: Attributes, addressing: str) -> None:
        """Written by the owner on their telephone, in the chat with ``chat``, who may be themselves."""
        owner = self._world.owner
        by_lid = addressing == LID
        recipient, other = (chat.lid, chat.phone) if by_lid else (chat.phone, chat.lid)
        named: Attributes = {
            "from": owner.lid if by_lid else owner.phone,
            "recipient": recipient,
            "peer_recipient_pn" if by_lid else "peer_recipient_lid": other,
            "notify": owner.name,
        }
        copy = e2e.DeviceSentMessage(destinationJID=str(recipient), message=message)
        await self._direct(owner, e2e.Message(deviceSentMessage=copy), {**named, **attributes})

    async def to_group(self, sender: Account, group: Circle, message: Any, attributes: Attributes) -> None:
        """To all members, the owner's linked devices among them."""
        if self._world.owner not in group.members():
            return
        named: Attributes = {"from": group.id, "notify": sender.name, "addressing_mode": group.addressing}
        if group.addressing == LID:
            named |= {"participant": sender.lid, "participant_pn": sender.phone}
        else:
            named |= {"participant": sender.phone, "participant_lid": sender.lid}
        key = e2e.Message(senderKeyDistributionMessage=_key(sender, group))
        body = sender.device.encrypt_to_group(group.id, _plain(message))
        for companion in await self._with_keys():
            parts = [Node("enc", {"v": 2, "type": "skmsg", "mediatype": _media_kind(message)}, body)]
            if sender.device.hands_out(group.id, companion.lid):
                parts.insert(0, self._encrypted(sender, companion, key))
            self._put(sender, companion, message, {"type": _type(message), **named, **attributes}, parts)

    async def unavailable(self, sender: Account, message_id: str, kind: str) -> None:
        """A message without its content."""
        about: Attributes = {"from": sender.lid, "sender_pn": sender.phone, "notify": sender.name, "type": "media"}
        parts = [Node("unavailable", {"type": kind})]
        self._world.put(Node("message", {**about, "id": message_id, "t": self._world.now()}, parts))

    async def peer(self, message: Any, message_id: str) -> None:
        """From the owner's telephone to their linked devices, about themselves: no person reads it."""
        owner = self._world.owner
        named: Attributes = {"from": owner.phone, "id": message_id, "category": "peer", "type": "peer_msg"}
        for companion in await self._with_keys():
            self._put(owner, companion, message, named, [self._encrypted(owner, companion, message)])

    def receipt(self, sender: Account, kind: str, ids: Sequence[str], group: Circle | None) -> None:
        """Somebody has the client's messages, or has read them."""
        named: Attributes = {"from": group.id, "participant": sender.lid} if group else {"from": sender.lid}
        first, *others = ids
        listed = [Node("list", {}, [Node("item", {"id": other}) for other in others])] if others else None
        self._world.put(Node("receipt", {"id": first, "type": kind, "t": self._world.now(), **named}, listed))

    async def _direct(self, sender: Account, message: Any, attributes: Attributes) -> None:
        for companion in await self._with_keys():
            data = self._encrypted(sender, companion, message, {"mediatype": _media_kind(message)})
            self._put(sender, companion, message, {"type": _type(message), **attributes}, [data])

    def _put(
        self, sender: Account, companion: Companion, message: Any, attributes: Attributes, parts: Sequence[Node]
    ) -> None:
        filled = {"t": self._world.now(), **attributes}
        if sender.garbles:
            parts = [Node("enc", {"v": 2, "type": part.text("type")}, secrets.token_bytes(60)) for part in parts]
        companion.mailbox.put(Node("message", filled, parts))
        companion.repeat[str(attributes["id"])] = self._once_more(sender, companion, message, filled)

    def _once_more(
        self, sender: Account, companion: Companion, message: Any, attributes: Attributes
    ) -> Callable[[int], None]:
        group = self._world.groups.get(source) if isinstance(source := attributes["from"], Address) else None

        def repeat(count: int) -> None:
            if not sender.repeats:
                return
            whole = message
            if group:
                whole = e2e.Message(senderKeyDistributionMessage=_key(sender, group))
                whole.MergeFrom(message)
            sender.device.forget(companion.lid)
            data = self._encrypted(sender, companion, whole, {"count": count})
            companion.mailbox.put(Node("message", attributes, [data]))

        return repeat

    def _encrypted(
        self, sender: Account, companion: Companion, message: Any, more: Mapping[str, Attribute] | None = None
    ) -> Node:
        kind, data = sender.device.encrypt(companion.lid, _plain(message), companion.bundle)
        return Node("enc", {"v": 2, "type": kind, **(more or {})}, data)

    async def _with_keys(self) -> list[Companion]:
        companions = list(self._world.companions.values())
        async with asyncio.timeout(_KEYS_WITHIN):
            for companion in companions:
                await companion.has_keys.wait()
        return companions


def _key(sender: Account, group: Circle) -> Any:
    return e2e.SenderKeyDistributionMessage(
        groupID=str(group.id), axolotlSenderKeyDistributionMessage=sender.device.distribution(group.id)
    )


def _plain(message: Any) -> bytes:
    return message if isinstance(message, bytes) else bytes(message.SerializeToString())


def _type(message: Any) -> str:
    return "text" if isinstance(message, bytes) else stanza_type(message)


def _media_kind(message: Any) -> str:
    return "" if isinstance(message, bytes) else media_kind(message)
