"""A home of its own, and the ground of real checks on it. Nothing outside the test's folder is looked at by chance."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.options import options_from_text
from nanoclaw.model.tasks import NewTask, Schedule, ScheduleKind, TaskState
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Severity
from nanoclaw.operations.doctor.ground import Fact, Ground
from nanoclaw.operations.doctor.lay import lay_ground
from nanoclaw.operations.doctor.run import examine, repair
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database
from nanoclaw.store.groups import GroupChange, Groups, NewGroup
from nanoclaw.store.tasks import MIGRATIONS, Tasks

T = TypeVar("T")
Make = Callable[..., Ground]


def known(value: T) -> Fact[T]:
    """A fact that was found already."""

    async def find() -> T:
        return value

    return Fact(find)


def look(check: Check, ground: Ground) -> tuple[Finding, ...]:
    """What a check finds, by way of the real runner."""
    (examined,) = asyncio.run(examine(ground, [check], 20))
    return examined.findings


def only(check: Check, ground: Ground) -> Finding:
    """Its one finding."""
    (finding,) = look(check, ground)
    return finding


def is_ok(check: Check, ground: Ground) -> bool:
    """Nothing to complain of."""
    return all(finding.severity is Severity.OK for finding in look(check, ground))


def mend(check: Check, ground: Ground) -> list[str]:
    """Apply the fixes of a check; what they did."""

    async def both() -> list[str]:
        repairs = await repair(await examine(ground, [check], 20))
        assert not [one.problem for one in repairs if one.problem]
        return [words.en for one in repairs for words in one.done]

    return asyncio.run(both())


def run(work: Awaitable[T]) -> T:
    """Something to be awaited, from a plain test."""

    async def wait() -> T:
        return await work

    return asyncio.run(wait())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home as the program makes it."""
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def ground(home: Home) -> Make:
    """Make the ground: ``config`` and ``env`` are written first, the rest replaces fields of it."""

    def make(*, config: str | None = None, env: str | None = None, **changes: Any) -> Ground:
        for path, text in ((home.config, config), (home.env_file, env)):
            if text is not None:
                path.write_text(text)
                path.chmod(0o600)
        return replace(lay_ground(home, SystemClock()), **changes)

    return make


def group(home: Home, folder: str, *, trigger: str = "@Andy", **options: str) -> None:
    """Register a group in the real store, with the chat of its name. ``options`` as ``groups set`` takes them."""

    async def add() -> None:
        database = await Database.open(home.database)
        try:
            groups = Groups(database, SystemClock())
            await groups.installation()
            await groups.add(
                NewGroup(
                    folder=GroupFolder(folder),
                    name=folder.title(),
                    trigger=trigger,
                    requires_trigger=folder != "main",
                    is_main=folder == "main",
                    address=ChatAddress(channel=ChannelName("local"), chat=folder),
                )
            )
            if options:
                await groups.change(GroupFolder(folder), GroupChange(options=options_from_text(options)))
        finally:
            await database.close()

    asyncio.run(add())


def task(home: Home, folder: str, value: str, *, chat: str | None = None, next_at: int | None = None) -> None:
    """Put a cron task into the real store, unchecked, as a damaged or edited database might hold it."""

    async def add() -> None:
        database = await Database.open(home.task_database, MIGRATIONS)
        try:
            new = NewTask(
                group=GroupFolder(folder),
                address=ChatAddress(channel=ChannelName("local"), chat=chat or folder),
                prompt="Say good morning",
                schedule=Schedule(kind=ScheduleKind.CRON, value=value),
                name="morning",
            )
            tasks = Tasks(database, SystemClock())
            future = Milliseconds(SystemClock().now() + 60_000)
            added = await tasks.add(new, future)
            await tasks.set_state(added.id, TaskState.ACTIVE, None if next_at == 0 else Milliseconds(next_at or future))
        finally:
            await database.close()

    asyncio.run(add())
