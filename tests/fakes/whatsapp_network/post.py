"""Encrypts what somebody writes for each linked device of the account, and puts it into their mailboxes."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.whatsapp_network.addresses import LID
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.nodes import Attribute, Attributes, Node
from tests.fakes.whatsapp_network.protobufs import e2e
from tests.fakes.whatsapp_network.texts import media_kind, stanza_type
from tests.fakes.whatsapp_network.world import Account, Circle, World

_KEYS_WITHIN = 20.0


class Post:
    """Stanzas from people to the client. ``addressing`` says by which kind of id somebody is named as the sender."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def from_contact(
        self, sender: Account, message: Any, attributes: Mapping[str, Attribute], addressing: str
    ) -> None:
        """In the chat of the account's owner with ``sender``."""
        source, other = (sender.lid, sender.phone) if addressing == LID else (sender.phone, sender.lid)
        named: Attributes = {
            "from": source,
            "sender_pn" if addressing == LID else "sender_lid": other,
            "addressing_mode": addressing,
        }
        await self._direct(sender, message, {**named, "notify": sender.name, **attributes})

    async def from_owner(
        self, chat: Account, message: Any, attributes: Mapping[str, Attribute], addressing: str
    ) -> None:
        """Written by the owner on their telephone, in the chat with ``chat``, who may be themselves."""
        owner = self._world.owner
        source = owner.lid if addressing == LID else owner.phone
        recipient, other = (chat.lid, chat.phone) if addressing == LID else (chat.phone, chat.lid)
        wrapped = e2e.Message(deviceSentMessage=e2e.DeviceSentMessage(destinationJID=str(recipient), message=message))
        named: Attributes = {"from": source, "recipient": recipient}
        named["peer_recipient_pn" if addressing == LID else "peer_recipient_lid"] = other
        await self._direct(owner, wrapped, {**named, "notify": owner.name, **attributes})

    async def to_group(self, sender: Account, group: Circle, message: Any, attributes: Mapping[str, Attribute]) -> None:
        """To all members, the owner's linked devices among them."""
        named: dict[str, Attribute] = {"from": group.id, "notify": sender.name, "addressing_mode": group.addressing}
        if group.addressing == LID:
            named |= {"participant": sender.lid, "participant_pn": sender.phone}
        else:
            named |= {"participant": sender.phone, "participant_lid": sender.lid}
        key = e2e.SenderKeyDistributionMessage(
            groupID=str(group.id), axolotlSenderKeyDistributionMessage=sender.device.distribution(group.id)
        )
        opening = e2e.Message(senderKeyDistributionMessage=key).SerializeToString()
        body = sender.device.encrypt_to_group(group.id, message.SerializeToString())
        for companion in await self._with_keys():
            parts = [
                self._encrypted(sender, companion, opening),
                Node("enc", {"v": 2, "type": "skmsg", "mediatype": media_kind(message)}, body),
            ]
            self._put(companion, message, {**named, **attributes}, parts)

    async def peer(self, message: Any, message_id: str) -> None:
        """From the owner's telephone to their linked devices, about themselves: no person reads it."""
        owner = self._world.owner
        named: Attributes = {"from": owner.phone, "id": message_id, "category": "peer", "type": "protocol"}
        for companion in await self._with_keys():
            data = self._encrypted(owner, companion, message.SerializeToString())
            companion.mailbox.put(Node("message", {**named, "t": self._world.now()}, [data]))

    async def _direct(self, sender: Account, message: Any, attributes: Mapping[str, Attribute]) -> None:
        for companion in await self._with_keys():
            kind = {"mediatype": media_kind(message)}
            data = self._encrypted(sender, companion, message.SerializeToString(), kind)
            self._put(companion, message, attributes, [data])

    def _put(
        self, companion: Companion, message: Any, attributes: Mapping[str, Attribute], parts: Sequence[Node]
    ) -> None:
        filled = {"t": self._world.now(), "type": stanza_type(message), **attributes}
        companion.mailbox.put(Node("message", filled, parts))

    def _encrypted(
        self, sender: Account, companion: Companion, plain: bytes, more: Mapping[str, Attribute] | None = None
    ) -> Node:
        kind, data = sender.device.encrypt(companion.lid, plain, companion.bundle)
        return Node("enc", {"v": 2, "type": kind, **(more or {})}, data)

    async def _with_keys(self) -> list[Companion]:
        companions = list(self._world.companions.values())
        async with asyncio.timeout(_KEYS_WITHIN):
            for companion in companions:
                await companion.has_keys.wait()
        return companions
