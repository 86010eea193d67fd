"""Lay the ground for checks of a home: read what can be read, and note why the rest cannot."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from nanoclaw.control.client import ControlClient, Document
from nanoclaw.control.errors import DaemonDownError
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.doctor.contract import NotKnownError, Words
from nanoclaw.operations.doctor.ground import Engine, Fact, Ground
from nanoclaw.operations.service.machine import this_machine
from nanoclaw.sandboxes.choose import choose_sandbox
from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.settings.home import Home, mount_allowlist
from nanoclaw.settings.load import engine_environment, load_settings, load_upstream
from nanoclaw.settings.schema import Settings
from nanoclaw.store.survey import Roll, StoredTask, read_roll, read_tasks

T = TypeVar("T")
_STATUS_SECONDS = 1.5
_NO_DATABASE = Words("there is no database yet", "数据库尚未创建")


def lay_ground(home: Home, clock: Clock, *, live: bool = False) -> Ground:
    """What checks of this home stand on. Reads the two small files; all else is found when a check asks for it."""
    settings, settings_problem = _read(load_settings, home)
    upstream, upstream_problem = _read(load_upstream, home)
    environment = engine_environment()
    roll = Fact(partial(asyncio.to_thread, _roll, home))
    return Ground(
        home=home,
        settings=settings,
        settings_problem=settings_problem,
        upstream=upstream,
        upstream_problem=upstream_problem,
        mount_allowlist=mount_allowlist(),
        environment=environment,
        clock=clock,
        live=live,
        status=Fact(partial(asyncio.to_thread, _status, home)),
        engine=Fact(partial(_engine, home, settings or Settings(), environment, roll)),
        roll=roll,
        tasks=Fact(partial(asyncio.to_thread, _tasks, home)),
        machine=Fact(partial(asyncio.to_thread, this_machine, environment)),
    )


def _read(load: Callable[[Home], T], home: Home) -> tuple[T | None, NanoclawError | None]:
    try:
        return load(home), None
    except NanoclawError as error:
        return None, error


def _status(home: Home) -> Document | None:
    try:
        return ControlClient(home.control_socket, timeout=_STATUS_SECONDS).status()
    except DaemonDownError:
        return None


def _roll(home: Home) -> Roll:
    if not home.database.exists():
        raise NotKnownError(_NO_DATABASE)
    return read_roll(home.database)


def _tasks(home: Home) -> tuple[StoredTask, ...]:
    if not home.task_database.exists():
        raise NotKnownError(_NO_DATABASE)
    return read_tasks(home.task_database)


async def _engine(home: Home, settings: Settings, environment: Mapping[str, str], roll: Fact[Roll]) -> Engine:
    """The sandbox as the daemon would choose it. Without a database no sandbox is ours, and none is listed."""
    try:
        identity = (await roll.get()).installation
    except (NanoclawError, OSError):
        identity = ""
    installation = Installation(
        id=identity or "doctor",
        state=home.image_cache,
        environment=environment,
        base_image=settings.sandbox.base_image,
        runtime=settings.sandbox.runtime,
    )
    try:
        sandbox = await choose_sandbox(settings.sandbox.kind, installation)
        report = await sandbox.report()
        return Engine(sandbox=sandbox, report=report, running=await sandbox.running() if identity else ())
    except SandboxError as error:
        return Engine(sandbox=None, problem=error)
