"""The service of a home as it is installed, and as it would be installed now."""

import asyncio
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.doctor.contract import NotKnownError, Words
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.service import choose, files, property_list, unit
from nanoclaw.operations.service.contract import Scope, ServiceKeeper, ServicePlan, ServiceReport
from nanoclaw.operations.service.errors import NotInstalledError
from nanoclaw.operations.service.machine import Machine, Runner
from nanoclaw.operations.service.systemd import Systemd, our_units

_SECONDS = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that is there. ``plan`` is None when the configuration cannot be read."""

    keeper: ServiceKeeper
    text: str
    report: ServiceReport
    plan: ServicePlan | None
    current: bool
    """The file says what it would say if it were written now."""
    lingers: bool
    """It goes on when nobody is logged in."""


async def find_service(ground: Ground) -> Service | None:
    """The service of this home; None when there is none.

    Raises:
        ServiceError: its file is another's, or cannot be read.
    """
    machine = await ground.machine.get()
    return await asyncio.to_thread(_find, ground, machine)


async def find_stray(ground: Ground) -> tuple[Path, Path] | None:
    """A unit of ours whose home is gone, as after a move, and that home."""
    machine = await ground.machine.get()
    if machine.platform == "darwin":
        return None
    found = await asyncio.to_thread(lambda: list(our_units(machine)))
    return next(((path, home) for path, home in found if not home.exists()), None)


async def need_service(ground: Ground) -> Service:
    """The same. Raises NotKnownError when there is none."""
    found = await find_service(ground)
    if found is None:
        raise NotKnownError(Words("no service is installed", "未安装系统服务"))
    return found


def _find(ground: Ground, machine: Machine) -> Service | None:
    home = ground.home.root
    try:
        # The manager's commands are given a short time: whoever looks must not hang with them.
        keeper = choose.find_installed(replace(machine, run=_shortly(machine)), home)
    except NotInstalledError:
        return None
    text = files.read(keeper.path) or ""
    plan = _plan(ground, keeper, machine)
    return Service(
        keeper=keeper,
        text=text,
        report=keeper.report(),
        plan=plan,
        current=plan is None or _is_current(keeper, text, plan),
        lingers=_lingers(keeper, machine),
    )


def _plan(ground: Ground, keeper: ServiceKeeper, machine: Machine) -> ServicePlan | None:
    program = (sys.executable, "-P", "-m", "nanoclaw")
    account = keeper.account if isinstance(keeper, Systemd) else machine.account
    try:
        plan = choose.draw_plan(ground.home, program, account, keeper.scope, ground.environment)
        return replace(plan, env_file=keeper.env_file())
    except NanoclawError:
        return None


def _is_current(keeper: ServiceKeeper, text: str, plan: ServicePlan) -> bool:
    same = unit.is_current if isinstance(keeper, Systemd) else property_list.is_current
    return same(text, keeper.text(plan))


def _lingers(keeper: ServiceKeeper, machine: Machine) -> bool:
    if isinstance(keeper, Systemd) and keeper.scope is Scope.USER:
        return machine.lingers(keeper.account)
    return True


def _shortly(machine: Machine) -> Runner:
    return lambda argv, seconds: machine.run(argv, min(seconds, _SECONDS))
