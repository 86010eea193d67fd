"""SIGKILL of the WhatsApp child at random moments, while people write and are written to."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.channels.whatsapp.keeper import Patience
from tests.fakes.whatsapp_rig import Rig, rig

pytestmark = pytest.mark.timeout(300)
_KILLS = 25
_SEED = 20261125
ANN = "222200000000002@lid"


async def kill_often(one: Rig, times: int, moments: random.Random) -> None:
    """Each time at another moment after it came up; now and then it lives long enough to look back."""
    since = 0
    for number in range(times):
        await one.state("connected", since)
        await asyncio.sleep(12 if number % 8 == 7 else moments.uniform(0.0, 0.4))
        since = len(one.heard)
        one.kill()
        await one.state("failed", since)


async def test_every_message_comes_and_in_order_although_the_client_is_killed(tmp_path: Path) -> None:
    async with rig(tmp_path, patience=Patience(pauses=(0,))) as one:
        ann, bob = (
            one.network.contact(name, f"4917011122{n}", f"22220000000000{n}") for n, name in ((2, "A"), (3, "B"))
        )
        group = one.network.group("Family", [ann, bob])
        said: list[str] = []
        stop = asyncio.Event()

        async def talk() -> None:
            while not stop.is_set():
                speaker = (ann, bob)[len(said) % 2]
                said.append(await speaker.say(str(len(said)), chat=group if len(said) % 3 == 0 else None))
                await asyncio.sleep(0.01)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk())
            await kill_often(one, _KILLS, random.Random(_SEED))  # noqa: S311 - moments, not secrets
            stop.set()
        await one.until(lambda: set(said) <= {message.id for message in one.incoming}, 60)
        first = {message.id: message for message in reversed(one.incoming)}
        unreadable = [message for message in first.values() if message.kind == "unreadable"]
        assert not unreadable, f"{len(unreadable)} of {len(said)}"
        for chat in {message.chat for message in first.values()}:
            order = [message.id for message in one.incoming if message.chat == chat]
            assert list(dict.fromkeys(order)) == [name for name in said if first[name].chat == chat]


async def test_no_message_of_ours_is_lost_or_sent_twice_although_the_client_is_killed(tmp_path: Path) -> None:
    async with rig(tmp_path, patience=Patience(pauses=(0,))) as one:
        ann = one.network.contact("Ann", "491701112223", "222200000000002")
        await ann.say("hi")
        stop = asyncio.Event()
        written: list[str] = []

        async def write(text: str) -> None:
            while True:
                try:
                    await one.write(text, client_id=text, chat=ANN)
                except OrderFailedError:
                    await asyncio.sleep(0.05)
                else:
                    return

        async def talk() -> None:
            while not stop.is_set():
                written.append(str(len(written)))
                await write(written[-1])

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk())
            await kill_often(one, _KILLS, random.Random(_SEED))  # noqa: S311 - moments, not secrets
            stop.set()
        network = one.network
        await network.journal.until(lambda: len(network.sent) >= len(written), 30)
        assert Counter(sent.text for sent in network.sent) == Counter(written)
        assert [sent.text for sent in network.sent] == written
