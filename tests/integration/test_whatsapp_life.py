"""What becomes of the client: every end has a name, and none is a living process that does nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp import link
from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.channels.whatsapp.keeper import Patience
from tests.fakes.small_disk import fill, small_disk
from tests.fakes.whatsapp_rig import Rig, rig

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the client is made to trust our network by /proc")


@pytest.fixture
async def linked(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path, patience=Patience(pauses=(0, 0.2), silence=6, back=1)) as one:
        yield one


@pytest.mark.parametrize(
    ("code", "more", "state"),
    [(401, {}, "logged-out"), (402, {"code": 101, "expire": 3600}, "banned"), (405, {}, "outdated")],
)
async def test_a_login_that_is_refused_for_good_ends_the_child(
    linked: Rig, code: int, more: dict[str, int], state: str
) -> None:
    since = len(linked.heard)
    linked.network.fail_logins(code, **more)
    linked.network.cut()
    standing = await linked.state(state, since)
    assert standing.detail.startswith(str(code))
    assert bool(standing.until) == (code == 402)
    await linked.rests()
    assert linked.keeper.standing.state == state
    with pytest.raises(OrderFailedError):
        await linked.keeper.order(link.Probe(order=0))


async def test_another_program_with_the_same_session_is_not_fought_over(linked: Rig) -> None:
    since = len(linked.heard)
    await linked.network.stream_error(conflict="replaced")
    await linked.state("replaced", since)
    await linked.rests()
    await linked.keeper.order(link.Probe(order=0))
    assert linked.keeper.standing.state == "connected"


async def test_an_account_that_drops_the_device_can_be_linked_anew(linked: Rig) -> None:
    since = len(linked.heard)
    await linked.network.phone.remove_devices()
    await linked.state("logged-out", since)
    await linked.rests()
    since = len(linked.heard)
    await linked.keeper.order(link.Pair(order=0))
    code = await linked.next(link.Code, since=since)
    await linked.network.phone.scan(code.qr)
    await linked.state("connected", since)


async def test_a_network_that_goes_and_comes_back_is_waited_for(linked: Rig) -> None:
    ann = linked.network.contact("Ann", "491701112223", "222200000000002")
    since = len(linked.heard)
    linked.network.go_down()
    await linked.state("unreachable", since)
    linked.kill()  # also a child that cannot connect at all
    await linked.next(link.Standing, lambda said: said.detail == "the first connection failed", since)
    await ann.say("meanwhile")
    linked.network.come_back()
    await linked.until(lambda: linked.texts == ["meanwhile"])


async def test_the_server_may_be_busy(linked: Rig) -> None:
    since = len(linked.heard)
    linked.network.fail_logins(503)
    linked.network.cut()
    assert (await linked.next(link.Standing, lambda said: said.detail == "503", since)).state == "unreachable"
    linked.network.let_in()
    await linked.state("connected", since + 1)


async def test_a_child_that_hangs_is_killed_and_replaced(linked: Rig) -> None:
    since, pid = len(linked.heard), linked.keeper.pid
    os.kill(pid, signal.SIGSTOP)
    assert "hung" in (await linked.state("failed", since)).detail
    await linked.state("connected", since)
    assert linked.keeper.pid != pid


async def test_logging_out_ends_the_session_on_both_sides(linked: Rig) -> None:
    since = len(linked.heard)
    await linked.keeper.order(link.Logout(order=0))
    await linked.state("logged-out", since)
    assert linked.network.world.companions == {}


@pytest.mark.timeout(240)
async def test_ten_thousand_messages_are_heard_in_order_and_leave_the_child_small(linked: Rig) -> None:
    ann = linked.network.contact("Ann", "491701112223", "222200000000002")
    for number in range(10_000):
        await ann.say(str(number))
    await linked.until(lambda: len(linked.incoming) == 10_000, 200)
    assert linked.texts == [str(number) for number in range(10_000)]
    assert memory(linked.keeper.pid) <= 120
    await linked.network.journal.until(lambda: len(linked.network.receipts) >= 10_000, 20)


async def test_on_a_full_disk_nothing_is_confirmed_and_nothing_lost(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        async with rig(disk) as one:
            ann = one.network.contact("Ann", "491701112223", "222200000000002")
            await ann.say("before")
            await one.until(lambda: len(one.incoming) == 1)
            network = one.network
            await network.journal.until(lambda: bool(network.receipts), 10)
            one.keeps = False
            await asyncio.sleep(3)  # the spool begins a new segment when it is quiet, which makes room
            filler = fill(disk, leave=0)
            texts = [str(number) * 20_000 for number in range(5)]  # more than is left in the page that is written
            for text in texts:
                await ann.say(text)
            await asyncio.sleep(2)
            assert len(network.receipts) == 1
            filler.unlink()
            await one.until(lambda: set(texts) <= set(one.texts))
            await network.journal.until(lambda: len(network.receipts) == 6, 20)


async def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    environment = {"PATH": os.defpath, "HOME": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    for _ in range(100):
        if not lives(pid):
            return
        await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the child outlived its parent by five seconds")


_PARENT = """
import asyncio, sys
from pathlib import Path
from nanoclaw.channels.whatsapp.keeper import Keeper
from nanoclaw.model.clock import SystemClock

async def main():
    keeper = Keeper(Path(sys.argv[1]), environment={}, clock=SystemClock())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keeper.run())
        async for said in keeper.events():
            print(keeper.pid, flush=True)

asyncio.run(main())
"""


def lives(pid: int) -> bool:
    """Whether it is there, and no zombie that nobody has buried yet."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def memory(pid: int) -> int:
    """Resident megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024
