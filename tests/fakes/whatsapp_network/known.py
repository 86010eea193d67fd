"""An account that was linked once, to begin many tests with: nothing of it is shared between them."""

import asyncio
import copy
import shutil
from dataclasses import replace
from pathlib import Path

from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.device import Device
from tests.fakes.whatsapp_network.mailbox import Mailbox
from tests.fakes.whatsapp_network.noise import Authority
from tests.fakes.whatsapp_network.server import WhatsAppNetwork


class KnownAccount:
    """What a network and a client's folder hold after the link; ``folder`` keeps the client's part."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority: Authority | None = None
        self._telephone: Device | None = None
        self._companions: dict[int, Companion] = {}

    @property
    def is_linked(self) -> bool:
        """Whether there is something to plant."""
        return bool(self._companions)

    def remember(self, network: WhatsAppNetwork, session: Path) -> None:
        """Take it from a network whose client was linked and is stopped."""
        shutil.copytree(session, self._folder)
        self._authority = network.world.authority
        self._telephone = copy.deepcopy(network.phone.device)
        self._companions = dict(network.world.companions)

    def plant(self, network: WhatsAppNetwork, session: Path) -> None:
        """Give it to a network that no client came to yet, and to its client's new folder."""
        assert self._authority
        assert self._telephone
        shutil.copytree(self._folder, session)
        network.world.authority = self._authority
        network.phone.device = copy.deepcopy(self._telephone)
        for number, known in self._companions.items():
            has_keys = asyncio.Event()
            has_keys.set()
            network.world.companions[number] = replace(
                known, mailbox=Mailbox(), has_keys=has_keys, one_time=list(known.one_time), repeat={}
            )
