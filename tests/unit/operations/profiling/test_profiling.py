"""Profiles of this very process, and of one whose event loop hangs."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nanoclaw.control.service import ConflictError
from nanoclaw.operations.profiling.profiler import Profiler
from nanoclaw.operations.profiling.stacks import tasks, threads
from tests.fakes.small_disk import fill, small_disk

HUNG = """
import asyncio, sys, time
from pathlib import Path
from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.profiling.profiler import Profiler
from nanoclaw.operations.profiling.signals import SignalledProfiles

async def waiting():
    secret = "sk-ant-do-not-tell"
    await asyncio.sleep(100)

async def main():
    profiles = SignalledProfiles(Path(sys.argv[1]), Profiler(asyncio.get_running_loop()), SystemClock(), seconds=0.3)
    with profiles.installed():
        task = asyncio.get_running_loop().create_task(waiting(), name="who-waits")
        await asyncio.sleep(0)
        print("ready", flush=True)
        while True:
            sum(range(1000))

asyncio.run(main())
"""


def burn(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


async def test_the_function_that_burns_is_found_and_who_waits_is_not() -> None:
    stop = threading.Event()
    worker = threading.Thread(target=burn, args=(stop,), name="the burner")
    worker.start()
    try:
        profile = await Profiler(asyncio.get_running_loop()).processor(1.0)
    finally:
        stop.set()
        worker.join()
    if not profile.by_processor:
        pytest.skip("this system does not say how much processor time a thread used")
    first = profile.functions(3)[0]
    assert first.function.endswith("test_profiling.py:burn")
    assert first.own > 0.2
    line = max(profile.collapsed().splitlines(), key=lambda line: int(line.rsplit(" ", 1)[1]))
    assert line.startswith("the_burner;")
    assert line.count(" ") == 1


async def test_what_grows_is_found() -> None:
    held: list[bytearray] = []

    async def grow() -> None:
        for _ in range(20):  # all the while, since the first and the last look take their time on a busy machine
            await asyncio.sleep(0.1)
            held.extend(bytearray(10_000) for _ in range(50))

    profiler = Profiler(asyncio.get_running_loop())
    profile, _ = await asyncio.gather(profiler.heap(1.0, 10), grow())
    assert "test_profiling.py" in profile.places[0].place
    assert profile.places[0].bytes > 1_000_000
    assert len(held) == 1_000


async def test_one_profile_at_a_time_and_one_that_nobody_waits_for_ends() -> None:
    profiler = Profiler(asyncio.get_running_loop())
    async with asyncio.TaskGroup() as group:
        first = group.create_task(profiler.processor(60), name="first")
        await asyncio.sleep(0.1)
        with pytest.raises(ConflictError):
            await profiler.heap(1, 1)
        first.cancel()
    for _ in range(100):
        await asyncio.sleep(0.02)
        if not any(thread.name == "profiler" for thread in threading.enumerate()):
            break
    assert (await profiler.processor(0.05)).looks >= 0


async def test_stacks_name_threads_and_tasks() -> None:
    async def inner() -> None:
        await asyncio.sleep(30)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(inner(), name="sleeper")
        await asyncio.sleep(0)
        found = {one.name: one.calls for one in tasks(asyncio.get_running_loop())}
        assert any("inner" in call for call in found["sleeper"])
        assert any("sleep" in call for call in found["sleeper"])
        assert "MainThread" in {one.name for one in threads()}
        task.cancel()


@contextmanager
def hung(logs: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process whose loop hangs, and that writes its profiles there."""
    command = [sys.executable, "-c", HUNG, str(logs)]
    path = {"PYTHONPATH": str(Path(__file__).parents[4] / "src")}
    with subprocess.Popen(command, env=environment | path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
            assert process.poll() is None
        finally:
            process.kill()


def test_signals_are_answered_though_the_loop_hangs(tmp_path: Path, scrubbed_environment: dict[str, str]) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    with hung(logs, scrubbed_environment) as process:
        process.send_signal(signal.SIGQUIT)
        text = until(logs / "stacks.txt", "task who-waits")
        process.send_signal(signal.SIGUSR2)
        until_there(logs, "profile-cpu-*.collapsed")
        process.send_signal(signal.SIGUSR1)
        until_there(logs, "profile-memory-*.txt")
    assert "most recent call first" in text
    assert ":waiting:" in text
    written = list(logs.iterdir())
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    assert not any("sk-ant" in path.read_text() for path in written)


def test_a_profile_that_a_full_disk_does_not_take_harms_nothing(
    tmp_path: Path, scrubbed_environment: dict[str, str]
) -> None:
    with small_disk(tmp_path / "small", 1) as logs, hung(logs, scrubbed_environment) as process:
        filler = fill(logs, leave=0)
        process.send_signal(signal.SIGUSR2)
        assert process.stderr is not None
        assert process.stderr.readline() == b"a profile failed\n"
        assert [path.name for path in logs.iterdir() if path.name.startswith((".", "profile"))] == []
        filler.unlink()
        process.send_signal(signal.SIGUSR2)
        until_there(logs, "profile-cpu-*.collapsed")


def until(path: Path, what: str) -> str:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if path.exists() and what in (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(path.read_text())


def until_there(folder: Path, pattern: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if any(path.stat().st_size for path in folder.glob(pattern)):
            return
        time.sleep(0.05)
    raise AssertionError([path.name for path in folder.iterdir()])
