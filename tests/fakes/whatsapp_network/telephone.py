"""The owner's telephone: it links devices and drops them, hands over history, and writes."""

import asyncio
from collections.abc import Sequence

from tests.fakes.whatsapp_network import history, pairing
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.history import PastChat
from tests.fakes.whatsapp_network.nodes import Node
from tests.fakes.whatsapp_network.people import Owner
from tests.fakes.whatsapp_network.world import new_id

_WITHIN = 20.0


class Telephone(Owner):
    """Whatever its methods do, the server tells the devices."""

    async def scan(self, code: str) -> Companion:
        """Scan a code; returns when the device has confirmed the link.

        Raises:
            PairingError: it is not valid, or not any more, or the account wants a passkey.
        """
        return await pairing.scan(self._world, self.device.identity, code)

    async def enter(self, code: str) -> Companion:
        """Type a code that a device shows which was given this account's number.

        Raises:
            PairingError: no device waits for one.
            WrongCodeError: it is another code.
        """
        async with asyncio.timeout(_WITHIN):
            return await pairing.enter(self._world, self.device.identity, code)

    async def remove_devices(self) -> None:
        """Log all linked devices out; one that is not connected learns it at its next login."""
        self._world.drop(*self._world.companions)
        removed = Node("stream:error", {"code": 401}, [Node("conflict", {"type": "device_removed"})])
        for line in list(self._world.online()):
            await line.end(removed)

    async def hand_over(self, chats: Sequence[PastChat], kind: str = "RECENT") -> str:
        """Give the linked devices the chats of the past; the id of the message that tells them."""
        message_id = new_id()
        await self._post.peer(history.notification(self._world, chats, kind), message_id)
        return message_id
