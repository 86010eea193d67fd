"""The WhatsApp channel with the real client, at the loopback network of the tests.

The network runs in this process: what its encryption costs is in every figure.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, sample
from benchmarks.footprint import resident
from benchmarks.installation import Installation, Place, installation
from benchmarks.scripted import scripted_model

if TYPE_CHECKING:
    from tests.fakes.whatsapp_network.groups import Group
    from tests.fakes.whatsapp_network.people import Contact
    from tests.fakes.whatsapp_network.server import WhatsAppNetwork

_CONFIG = "[channels.whatsapp]\nchat_per_minute = 600\nall_per_minute = 600\n"
_ADDED_SECONDS, _AGAIN_SECONDS, _BURST_SECONDS = 0.1, 2.0, 3.0
_CHILD_MB, _GROWTH_MB = 120.0, 5.0
_BURST, _STEPS, _KILLS = 300, 10, 3
_HEALTHY_SECONDS = 65
_ALL_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """A daemon at a network: Olga's chat with herself is answered, the group of Ann's is only stored."""

    daemon: Installation
    network: "WhatsAppNetwork"
    ann: "Contact"
    family: "Group"

    @property
    def child(self) -> int:
        """The process with the client in it."""
        children = Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").read_text().split()
        found = [int(pid) for pid in children if b"whatsapp.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return found[0] if found else 0

    def stored(self) -> list[str]:
        """What the group's people wrote, as it is on disk."""
        query = "SELECT text FROM messages WHERE text LIKE 'line %' ORDER BY id"
        return [text for (text,) in self.daemon.rows(query)]

    async def connected(self) -> None:
        """Wait until the channel is up."""
        await self.daemon.until(lambda status: any(_is_up(one) for one in status["channels"]))

    async def write(self, first: int, count: int) -> None:
        """Lines of Ann's in the group; returns when all are on disk."""
        for number in range(first, first + count):
            await self.ann.say(f"line {number}", chat=self.family)
        query = "SELECT count(*) FROM messages WHERE text LIKE 'line %'"
        await _until(lambda: int(self.daemon.rows(query)[0][0]) >= first + count)


async def whatsapp(place: Place, rounds: int, messages: int) -> list[Figure]:
    """Latency beside the local channel, a burst, a killed client, and its memory over many messages."""
    if missing := [name for name in ("neonize", "xeddsa") if find_spec(name) is None]:
        return [Figure(benchmark="whatsapp", what="not measured", measured=f"{', '.join(missing)} not installed here")]
    async with _scene(place) as scene:
        return [
            *await _latency(scene, rounds),
            *await _burst(scene),
            *await _memory(scene, messages),
            *await _killed(scene),
        ]


async def _latency(scene: _Scene, rounds: int) -> list[Figure]:
    local, remote = [], []
    await scene.daemon.answered("warm up")
    await _asked(scene, "warm up")
    for number in range(rounds):
        began = time.perf_counter()
        await scene.daemon.answered(f"local {number}")
        local.append(time.perf_counter() - began)
        remote.append(await _asked(scene, f"remote {number}"))
    added = sample(remote).median - sample(local).median
    return [
        Figure(benchmark="whatsapp", what="message to reply, local channel, s", measured=str(sample(local))),
        Figure(benchmark="whatsapp", what="message to reply, telephone to telephone, s", measured=str(sample(remote))),
        Figure(
            benchmark="whatsapp",
            what="added by WhatsApp",
            measured=f"{added * 1000:.0f} ms",
            target=f"<= {_ADDED_SECONDS * 1000:.0f} ms",
            met=added <= _ADDED_SECONDS,
        ),
    ]


async def _asked(scene: _Scene, text: str) -> float:
    began = time.perf_counter()
    await scene.network.phone.say(text)
    while text not in (await scene.network.next_sent(60)).text:
        continue
    return time.perf_counter() - began


async def _burst(scene: _Scene) -> list[Figure]:
    began = time.perf_counter()
    await scene.write(0, _BURST)
    seconds = time.perf_counter() - began
    in_order = scene.stored() == [f"line {number}" for number in range(_BURST)]
    return [
        Figure(
            benchmark="whatsapp",
            what=f"{_BURST} messages in a burst, on disk in order, s",
            measured=f"{seconds:.2f}{'' if in_order else ', NOT in order'}",
            target=f"<= {_BURST_SECONDS:g} s",
            met=in_order and seconds <= _BURST_SECONDS,
        )
    ]


async def _memory(scene: _Scene, messages: int) -> list[Figure]:
    course, done = [], _BURST
    for _ in range(_STEPS):
        await scene.write(done, messages // _STEPS)
        done += messages // _STEPS
        course.append(resident(scene.child))
    growth = course[-1] - course[_STEPS // 3]
    whole = scene.stored() == [f"line {number}" for number in range(done)]
    return [
        Figure(
            benchmark="whatsapp",
            what=f"client's memory over {messages:,} messages, MB",
            measured=" ".join(f"{one:.0f}" for one in course),
            target=f"<= {_CHILD_MB:.0f} MB",
            met=max(course) <= _CHILD_MB,
        ),
        Figure(
            benchmark="whatsapp",
            what="its growth over the last two thirds, MB",
            measured=f"{growth:+.1f}",
            target=f"<= {_GROWTH_MB:g} MB",
            met=growth <= _GROWTH_MB,
        ),
        Figure(
            benchmark="whatsapp",
            what="all of them on disk, each once, in order",
            measured=f"{len(scene.stored()):,}",
            target=f"{done:,}",
            met=whole,
        ),
    ]


async def _killed(scene: _Scene) -> list[Figure]:
    again = []
    for number in range(_KILLS):
        # One that lived for long is started again at once.
        await asyncio.sleep(_HEALTHY_SECONDS if number else 0)
        before = scene.child
        began = time.perf_counter()
        os.kill(before, signal.SIGKILL)
        await _until(lambda before=before: scene.child not in {0, before})  # type: ignore[misc]
        await scene.connected()
        again.append(time.perf_counter() - began)
    found = sample(again)
    return [
        Figure(
            benchmark="whatsapp",
            what="client killed to connected again, s",
            measured=str(found),
            target=f"<= {_AGAIN_SECONDS:g} s",
            met=found.median <= _AGAIN_SECONDS,
        )
    ]


@asynccontextmanager
async def _scene(place: Place) -> AsyncIterator[_Scene]:
    # Only here: an installation without the tests' libraries has none of it.
    from tests.fakes.whatsapp_account import link_account  # noqa: PLC0415
    from tests.fakes.whatsapp_network.server import OWNER_PHONE, WhatsAppNetwork  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="nanoclaw-whatsapp-") as folder:
        account = await link_account(Path(folder))
        network = WhatsAppNetwork(Path(folder) / "network")
        ann = network.contact("Ann", "491701112223", "222200000000002")
        async with scripted_model() as model, installation(place, model.url, _CONFIG) as daemon:
            daemon.home.channel("whatsapp").parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            account.plant(network, daemon.home.channel("whatsapp"))
            async with network:
                daemon.environment = network.environment(daemon.environment)
                await daemon.start()
                scene = _Scene(daemon=daemon, network=network, ann=ann, family=network.group("Family", [ann]))
                await scene.connected()
                owner = f"{OWNER_PHONE}@s.whatsapp.net"
                await _register(scene, {"self": (owner, False), "family": (str(scene.family.id), True)})
                await _allow(scene, {owner: "owner", str(ann.phone): "member"})
                yield scene


async def _register(scene: _Scene, chats: dict[str, tuple[str, bool]]) -> None:
    for folder, (chat, trigger) in chats.items():
        request = {"name": folder, "folder": folder, "channel": "whatsapp", "chat": chat, "requires_trigger": trigger}
        await asyncio.to_thread(scene.daemon.client.add_group, request)


async def _allow(scene: _Scene, roles: dict[str, str]) -> None:
    for sender, role in roles.items():
        request = {"channel": "whatsapp", "sender": sender, "role": role}
        if role != "owner":
            request["group"] = "family"
        await asyncio.to_thread(scene.daemon.client.add_person, request)


def _is_up(channel: dict[str, str]) -> bool:
    return channel["name"] == "whatsapp" and channel["status"] == "up"


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_ALL_SECONDS):
        while not holds():  # noqa: ASYNC110 - what it waits for is in other processes
            await asyncio.sleep(0.02)
