"""An account that is linked by the product's own client, once, for many tests to begin with."""

import asyncio
from pathlib import Path

from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.link import Person
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.people import Contact
from tests.fakes.whatsapp_rig import rig


async def link_account(folder: Path) -> KnownAccount:
    """Link one, at a network that is gone afterwards. ``folder`` keeps the session."""
    async with rig(folder / "linking") as one:
        (companion,) = one.network.world.companions.values()
        await asyncio.wait_for(companion.has_keys.wait(), 10)
        await asyncio.sleep(0.5)
    known = KnownAccount(folder / "session")
    known.remember(one.network, one.folder)
    return known


def meet(folder: Path, *people: Contact) -> None:
    """Let the channel of this folder know that these wrote before: else it would not write to them."""
    book = Identities(folder)
    book.open()
    for one in people:
        book.meet(book.settle(Person(lid=str(one.lid), phone=str(one.phone))))
    book.close()
