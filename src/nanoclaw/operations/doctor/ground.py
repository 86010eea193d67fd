"""What checks stand on: facts that several of them need, each found out once, and only if somebody asks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from nanoclaw.control.client import Document
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.doctor.contract import NotKnownError, Words
from nanoclaw.operations.service.machine import Machine
from nanoclaw.sandboxes.contract import RunningSandbox, Sandbox, SandboxReport
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings, Upstream
from nanoclaw.store.survey import Roll, StoredTask

T = TypeVar("T")


class Fact(Generic[T]):
    """Found out at the first asking, for all who ask; an error that explains itself is remembered too."""

    def __init__(self, find: Callable[[], Awaitable[T]]) -> None:
        self._find = find
        self._lock = asyncio.Lock()
        self._found: tuple[T] | None = None
        self._problem: NanoclawError | None = None

    async def get(self) -> T:
        """The value. Raises what finding it raised."""
        async with self._lock:
            if self._problem is not None:
                raise self._problem
            if self._found is None:
                try:
                    self._found = (await self._find(),)
                except NanoclawError as error:
                    self._problem = error
                    raise
            return self._found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The sandbox in use. ``sandbox`` is None when none can be used, and ``problem`` says why."""

    sandbox: Sandbox | None
    report: SandboxReport | None = None
    running: tuple[RunningSandbox, ...] = ()
    problem: NanoclawError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One home folder, and what is known of it.

    ``settings`` and ``upstream`` are None when they cannot be read; the problem beside them says why. ``status`` is
    the daemon's own, None while it is down.
    """

    home: Home
    settings: Settings | None
    settings_problem: NanoclawError | None
    upstream: Upstream | None
    upstream_problem: NanoclawError | None
    mount_allowlist: Path
    environment: Mapping[str, str]
    """What engines' clients need, and nothing more."""
    clock: Clock
    live: bool
    """Whether others may be asked: the model's service, a proxy, an agent."""
    status: Fact[Document | None]
    engine: Fact[Engine]
    roll: Fact[Roll]
    tasks: Fact[tuple[StoredTask, ...]]
    machine: Fact[Machine]
    processes: Path = Path("/proc")

    def known_settings(self) -> Settings:
        """The settings. Raises NotKnownError when they cannot be read."""
        if self.settings is None:
            raise NotKnownError(Words("the configuration cannot be read", "无法读取配置文件"))
        return self.settings

    def existing_home(self) -> Home:
        """The home. Raises NotKnownError when it is not there, or is closed to us."""
        try:
            if not self.home.root.is_dir():
                raise NotKnownError(Words("there is no home folder yet", "主目录尚未创建"))
            next(self.home.root.iterdir(), None)
        except OSError as error:
            raise NotKnownError(
                Words(f"the home folder cannot be read: {error.strerror}", f"无法读取主目录：{error.strerror}")
            ) from error
        return self.home

    async def seen_status(self) -> Document | None:
        """The daemon's status, None while it is down. Raises NotKnownError when it hangs, which is told once."""
        try:
            return await self.status.get()
        except NanoclawError as error:
            raise NotKnownError(Words("the assistant does not answer", "助手没有响应")) from error

    async def known_roll(self) -> Roll:
        """Groups and chats. Raises NotKnownError when the database cannot be read, which is told once."""
        return await _readable(self.roll)

    async def known_tasks(self) -> tuple[StoredTask, ...]:
        """Tasks. Raises NotKnownError when the database cannot be read."""
        return await _readable(self.tasks)


async def _readable(fact: Fact[T]) -> T:
    try:
        return await fact.get()
    except NotKnownError:
        raise
    except NanoclawError as error:
        raise NotKnownError(Words("the database cannot be read", "无法读取数据库")) from error
