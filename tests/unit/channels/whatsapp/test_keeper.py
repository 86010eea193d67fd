"""The keeper with a child that does as it is told: ``tests/fakes/stand_in_child.py``."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child_contract import Heard, OrderFailedError
from nanoclaw.channels.whatsapp.keeper import Keeper, Patience
from nanoclaw.channels.whatsapp.link import Incoming, Pair, Probe, Standing, Typing
from nanoclaw.model.clock import SystemClock
from tests.fakes.waiting import until

STAND_IN = (sys.executable, str(Path(__file__).parents[3] / "fakes" / "stand_in_child.py"))
QUICK = Patience(pauses=(0, 0.05), silence=0.6, start=5, stop=0.5, order=2, back=0.5)
CONNECTED = 'say {"says": "standing", "state": "connected"}'
LOGGED_OUT = 'say {"says": "standing", "state": "logged-out", "detail": "401"}'
INCOMING = json.dumps(
    {
        "says": "incoming", "number": 7, "kind": "message", "id": "3A1", "chat": "1@lid", "chat_is_group": False,
        "sender": {"lid": "1@lid"}, "from_me": False, "at": 1,
    }
)  # fmt: skip


class Kept:
    """A keeper that runs, and what it said."""

    def __init__(self, keeper: Keeper, folder: Path) -> None:
        self.keeper = keeper
        self.folder = folder
        self.heard: list[Heard] = []
        self._changed = asyncio.Event()

    async def hear(self) -> None:
        async for said in self.keeper.events():
            self.heard.append(said)
            self._changed.set()

    @property
    def starts(self) -> list[dict[str, object]]:
        path = self.folder / "starts"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def states(self) -> list[str]:
        return [said.state for said in self.heard if isinstance(said, Standing)]

    async def until(self, *states: str) -> None:
        async with asyncio.timeout(15):
            while not set(states) <= set(self.states):
                self._changed.clear()
                await self._changed.wait()

    async def starts_again(self, times: int) -> None:
        await until(lambda: len(self.starts) >= times, 15)


@asynccontextmanager
async def kept(folder: Path, *script: str, patience: Patience = QUICK) -> AsyncIterator[Kept]:
    (folder / "script").write_text("\n".join(script))
    environment = {"PATH": os.defpath, "SECRET": "x", "SSL_CERT_FILE": "/certificates"}
    keeper = Keeper(folder, environment=environment, clock=SystemClock(), program=STAND_IN, patience=patience)
    one = Kept(keeper, folder)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(keeper.run()), tasks.create_task(one.hear())]
        yield one
        for task in running:
            task.cancel()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_orders_are_numbered_and_answered(tmp_path: Path) -> None:
    async with kept(tmp_path, CONNECTED, "answer") as one:
        answers = await asyncio.gather(*(one.keeper.order(Typing(order=9, chat="c", on=True)) for _ in range(5)))
        assert sorted(answer.order for answer in answers) == [1, 2, 3, 4, 5]
        assert {answer.id for answer in answers} == {"typing"}


async def test_what_the_child_says_comes_out_and_what_is_kept_goes_in(tmp_path: Path) -> None:
    async with kept(tmp_path, CONNECTED, f"say {INCOMING}", "say nonsense", CONNECTED, "answer") as one:
        await one.keeper.order(Probe(order=0))
        assert [type(said) for said in one.heard] == [Standing, Incoming, Standing]
        await one.keeper.kept(7)
        await one.keeper.order(Probe(order=0))
        assert (tmp_path / "kept").read_text() == "7"


async def test_the_child_sees_little_of_the_environment_and_has_a_session_of_its_own(tmp_path: Path) -> None:
    async with kept(tmp_path, CONNECTED, "answer") as one:
        await one.until("connected")
        (start,) = one.starts
        assert start["paired"] == "new"
        assert start["session"] == one.keeper.pid != os.getsid(0)
        seen = start["environment"]
        assert isinstance(seen, list)
        assert "SSL_CERT_FILE" in seen
        assert "SECRET" not in seen


async def test_a_child_that_ends_is_started_again_and_its_last_words_are_told(tmp_path: Path) -> None:
    async with kept(tmp_path, CONNECTED, "print panic: nil map 491701112223", "sleep 0.1", "exit 2") as one:
        await one.starts_again(3)
        failed = next(said for said in one.heard if isinstance(said, Standing) and said.state == "failed")
        assert failed.detail == "it ended with code 2: panic: nil map #"


async def test_a_child_that_says_nothing_is_killed(tmp_path: Path) -> None:
    async with kept(tmp_path, CONNECTED, "mute") as one:
        await one.until("connected")
        first = one.keeper.pid
        await one.until("failed")
        await one.starts_again(2)
        assert not is_alive(first)
        assert any(isinstance(said, Standing) and "hung" in said.detail for said in one.heard)


async def test_starts_in_a_row_come_slower_and_slower(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with kept(tmp_path, "exit 1", patience=Patience(pauses=(0, 0.2, 0.4))) as one:
        begun = loop.time()
        await one.starts_again(4)
        assert loop.time() - begun >= 0.6


async def test_a_child_that_only_its_owner_can_help_rests_until_it_is_to_pair(tmp_path: Path) -> None:
    async with kept(tmp_path, LOGGED_OUT, "exit 3") as one:
        await one.until("logged-out")
        await asyncio.sleep(0.5)
        assert len(one.starts) == 1
        assert one.states == ["logged-out"]
        with pytest.raises(OrderFailedError, match="logged-out") as caught:
            await one.keeper.order(Probe(order=0))
        assert caught.value.again
        (tmp_path / "script").write_text(f"{CONNECTED}\nanswer")
        assert (await one.keeper.order(Pair(order=0))).id == "pair"


async def test_a_ban_that_ends_is_waited_for(tmp_path: Path) -> None:
    until = SystemClock().now() + 1_000
    banned = json.dumps({"says": "standing", "state": "banned", "until": until})
    async with kept(tmp_path, f"say {banned}", "exit 3") as one:
        await one.starts_again(2)
        assert SystemClock().now() >= until


async def test_another_order_to_pair_begins_with_another_child(tmp_path: Path) -> None:
    code = 'say {"says": "code", "qr": "x", "expires": 60}'
    async with kept(tmp_path, CONNECTED, code, "answer") as one:
        await one.keeper.order(Pair(order=0))
        await one.keeper.order(Pair(order=0))
        assert len(one.starts) == 2
        assert "failed" not in one.states


async def test_orders_that_nobody_answers_fail_as_unsure(tmp_path: Path) -> None:
    async with kept(tmp_path, CONNECTED, "sleep 0.5", "exit 1") as one:
        with pytest.raises(OrderFailedError, match="ended") as caught:
            await one.keeper.order(Probe(order=0))
        assert caught.value.unsure
        assert caught.value.again


async def test_an_order_has_a_deadline(tmp_path: Path) -> None:
    patience = Patience(order=0.3, silence=30)
    async with kept(tmp_path, CONNECTED, "mute", patience=patience) as one:
        with pytest.raises(OrderFailedError, match="in time"):
            await one.keeper.order(Typing(order=0, chat="c", on=True))


async def test_stopping_leaves_nobody_behind_not_even_a_stubborn_one(tmp_path: Path) -> None:
    for step in ("answer", "stubborn"):
        async with kept(tmp_path, CONNECTED, step) as one:
            await one.until("connected")
            pid = one.keeper.pid
        assert not is_alive(pid)


async def test_a_damaged_session_is_said_and_no_child_started(tmp_path: Path) -> None:
    (tmp_path / "session.db").write_bytes(b"no database" * 1000)
    async with kept(tmp_path, CONNECTED, "answer") as one:
        await one.until("failed")
        assert "session" in one.keeper.standing.detail
        assert one.starts == []
