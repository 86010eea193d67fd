"""A linked device, as the server knows it: its keys, what others need to write to it, and its mailbox."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.whatsapp_network.addresses import Address
from tests.fakes.whatsapp_network.mailbox import Mailbox
from tests.fakes.whatsapp_network.nodes import Node
from tests.fakes.whatsapp_network.signal.keys import KEY_TYPE, verify
from tests.fakes.whatsapp_network.signal.session import Bundle


@dataclass(slots=True, kw_only=True)
class Companion:
    """``lid`` and ``phone`` are the account's, with this device's number."""

    lid: Address
    phone: Address
    noise: bytes
    identity: bytes
    mailbox: Mailbox = field(default_factory=Mailbox)
    has_keys: asyncio.Event = field(default_factory=asyncio.Event)
    one_time: list[tuple[int, bytes]] = field(default_factory=list)
    repeat: dict[str, Callable[[int], None]] = field(default_factory=dict)
    """By a message's id: what its writer does when the device cannot read it, given how often that was."""
    registration: int = 0
    signed_id: int = 0
    signed: bytes = b""
    signature: bytes = b""

    def upload(self, request: Node) -> None:
        """Take the keys that the device publishes."""
        signed = request.part("skey")
        self.identity = request.part("identity").body()
        self.registration = int.from_bytes(request.part("registration").body(), "big")
        self.signed_id, self.signed = _key(signed)
        self.signature = signed.part("signature").body()
        assert verify(self.identity, KEY_TYPE + self.signed, self.signature), "a signed key of somebody else"
        self.one_time += [_key(key) for key in request.part("list").children("key")]
        self.has_keys.set()

    def bundle(self) -> Bundle:
        """For one other device; the one-time key is used up by it."""
        one_time = self.one_time.pop(0) if self.one_time else (None, None)
        return Bundle(
            registration=self.registration,
            identity=self.identity,
            signed_id=self.signed_id,
            signed=self.signed,
            signature=self.signature,
            one_time_id=one_time[0],
            one_time=one_time[1],
        )


def _key(node: Node) -> tuple[int, bytes]:
    return int.from_bytes(node.part("id").body(), "big"), node.part("value").body()
