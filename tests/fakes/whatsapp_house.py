"""An installation at a loopback WhatsApp, with an account linked: Olga is its owner, Ann and Bob write to her."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.whatsapp_network.groups import Group
from tests.fakes.whatsapp_network.journal import Kind, Sent
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.people import Contact
from tests.fakes.whatsapp_network.server import OWNER_PHONE, WhatsAppNetwork
from tests.integration.installation import Installation

CONFIG = "[channels.whatsapp]\nchat_per_minute = 600\nall_per_minute = 600\n"
SELF = f"{OWNER_PHONE}@s.whatsapp.net"
_CHILD = b"nanoclaw.channels.whatsapp.child"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """``self``, the chat of Olga with herself, and ``family``, a group of all three, are there once it ``opens``."""

    network: WhatsAppNetwork
    installation: Installation
    ann: Contact
    bob: Contact
    family: Group

    async def opens(self) -> None:
        """Start the daemon, and register the chats and who may write there; a member's role is Ann's alone."""
        await self.starts()
        for folder, chat, trigger in (("self", SELF, False), ("family", str(self.family.id), True)):
            await self.installation.add_group(folder, channel="whatsapp", chat=chat, requires_trigger=trigger)
        await self.lets(SELF, "owner")
        await self.lets(str(self.ann.phone), "member", group="family")

    async def starts(self) -> None:
        """Start the daemon; returns when WhatsApp is up."""
        await self.installation.start()
        await self.reaches("up")

    async def lets(self, sender: str, role: str, **more: Any) -> None:
        """Give somebody a role."""
        body = {"channel": "whatsapp", "sender": sender, "role": role, **more}
        status, answer = await self.installation.request("POST", "/v1/people", body)
        assert status in {200, 201}, answer

    async def reaches(self, status: str, seconds: float = 20) -> dict[str, Any]:
        """Wait until the channel has this status; how it is shown."""
        one = "next(one for one in status['channels'] if one['name'] == 'whatsapp')"
        await self.installation.until(f"{one}['status'] == {status!r}", seconds)
        channels = (await self.installation.get("/v1/status"))["channels"]
        return next(one for one in channels if one["name"] == "whatsapp")

    async def receives(self, seconds: float = 60) -> Sent:
        """What the assistant wrote next, as people read it."""
        return await self.network.next_sent(seconds)

    def texts(self) -> list[str]:
        """Every text of the assistant, as often as people see it."""
        return [one.text for one in self.network.sent if one.kind is Kind.MESSAGE and not one.again]

    def kill_child(self) -> bool:
        """Kill -9 the process with the client in it; False when there is none."""
        process = self.installation.process
        assert process is not None
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == process.pid and _CHILD in (entry / "cmdline").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
                    return True
        return False


@asynccontextmanager
async def house(installation: Installation, account: KnownAccount, folder: Path) -> AsyncIterator[House]:
    """The network runs; the daemon is not started yet."""
    network = WhatsAppNetwork(folder / "network")
    auth = installation.home / "store" / "auth"
    auth.mkdir(mode=0o700, parents=True)
    account.plant(network, auth / "whatsapp")
    ann = network.contact("Ann", "491701112223", "222200000000002")
    bob = network.contact("Bob", "491704445556", "333300000000003")
    async with network:
        installation.environment = network.environment(installation.environment)
        installation.config += CONFIG
        yield House(
            network=network,
            installation=installation,
            ann=ann,
            bob=bob,
            family=network.group("Family", [ann, bob]),
        )
