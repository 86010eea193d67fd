"""What the network knows: the account and its linked devices, people and groups, and who is connected."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from tests.fakes.whatsapp_network.addresses import GROUP, Address
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.device import Device
from tests.fakes.whatsapp_network.faults import Faults
from tests.fakes.whatsapp_network.journal import Journal, Sent
from tests.fakes.whatsapp_network.media import MediaStore
from tests.fakes.whatsapp_network.nodes import Node
from tests.fakes.whatsapp_network.noise import Authority
from tests.fakes.whatsapp_network.pairing_code import CodePairing

FIRST_COMPANION = 7


class Account(Protocol):
    """Somebody with a telephone."""

    name: str
    lid: Address
    phone: Address
    device: Device
    has_written: bool
    """Nobody the owner writes to first."""
    receives: bool
    """Their telephone is on: it says that messages arrived."""
    garbles: bool
    """What they write cannot be read at first."""
    repeats: bool
    """They answer a device that could not read them, and asks for it once more."""


class Circle(Protocol):
    """A group."""

    id: Address
    name: str
    addressing: str
    admins: list[Account]

    def members(self) -> list[Account]:
        """Everybody in it, the account's owner among them."""


class Line(Protocol):
    """A connection of the client."""

    noise: bytes
    companion: Companion | None
    """Who logged in on it."""
    refs: list[str]
    """Which codes may be scanned."""
    linking: Companion | None
    linked: asyncio.Event
    """The device has confirmed the link."""
    typed_code: CodePairing | None
    """The device shows a code to be typed."""

    async def send(self, node: Node) -> None:
        """Send a stanza."""

    async def garble(self, data: bytes) -> None:
        """Send a frame that holds no stanza."""

    async def end(self, node: Node) -> None:
        """Say why, then hang up."""


class World:
    """All of it, for one account."""

    def __init__(self) -> None:
        self.authority = Authority()
        self.journal = Journal()
        self.faults = Faults()
        self.media = MediaStore(self.faults, self.journal.woke)
        self.companions: dict[int, Companion] = {}
        self.accounts: list[Account] = []
        """The owner comes first."""
        self.groups: dict[Address, Circle] = {}
        self.lines: list[Line] = []
        self.seen: dict[tuple[str, str], Sent] = {}
        """What the client sent, by chat and id."""
        self.asked_again: Counter[tuple[str, str]] = Counter()
        """How often somebody could not read one of the client's messages."""
        self.clock_skew = 0
        self._next_device = FIRST_COMPANION

    @property
    def owner(self) -> Account:
        """Whose account it is."""
        return self.accounts[0]

    def now(self) -> int:
        """Seconds since 1970, as the network counts them."""
        return time.time_ns() // 1_000_000_000 + self.clock_skew

    def next_device(self) -> int:
        """A number for a device that is being linked; none is used twice."""
        number = max(self._next_device, *(number + 1 for number in self.companions), 0)
        self._next_device = number + 1
        return number

    def drop(self, *numbers: int) -> None:
        """Let linked devices belong to the account no more."""
        for number in numbers:
            self.companions.pop(number, None)
            self._next_device = max(self._next_device, number + 1)

    def account_of(self, address: Address) -> Account | None:
        """Who has this phone number or LID."""
        wanted = address.account
        return next((account for account in self.accounts if wanted in {account.lid, account.phone}), None)

    def devices_of(self, account: Account) -> list[int]:
        """The numbers of somebody's devices."""
        return [0, *self.companions] if account is self.owner else [0]

    def line_of(self, companion: Companion) -> Line | None:
        """The connection of a linked device, when it has one."""
        return next((line for line in self.lines if line.companion is companion), None)

    def put(self, node: Node) -> None:
        """Put a stanza into every linked device's mailbox."""
        for companion in self.companions.values():
            companion.mailbox.put(node)

    def online(self) -> Iterator[Line]:
        """Connections of linked devices that have logged in."""
        return (line for line in self.lines if line.companion is not None)


def new_id(prefix: str = "3A") -> str:
    """An id as telephones make them."""
    return prefix + secrets.token_hex(9).upper()


def group_address() -> Address:
    """An id for a new group."""
    return Address(f"1203630{secrets.randbelow(10**11):011d}", GROUP)
