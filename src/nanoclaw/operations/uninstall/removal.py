"""The steps, each of which is quiet when there is nothing to remove."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from nanoclaw.model.clock import Clock
from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.containers.ending import prune
from nanoclaw.operations.containers.fleet import installed_engines, open_fleet
from nanoclaw.operations.doctor.checkout import find_lock
from nanoclaw.operations.service.breaker import breaker_file
from nanoclaw.operations.service.choose import find_installed
from nanoclaw.operations.service.errors import NotInstalledError
from nanoclaw.operations.service.machine import Machine
from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.image.build import REPOSITORY
from nanoclaw.sandboxes.image.stale import Needed, find_stale, remove_image
from nanoclaw.settings.home import Home, mount_allowlist
from nanoclaw.settings.load import SettingsError, load_settings
from nanoclaw.settings.schema import Settings
from nanoclaw.store.errors import StoreError

_NONE_NEEDED = Needed(current="", recipe="-", base="")
_OURS = ("store", "groups", "data", "logs", "backups", "replaced", "upgrades", "config.toml", ".env")
"""What a home is made of. Anything else in the folder is somebody else's."""

Hold = Callable[[Path], AbstractContextManager[None]]
"""Has a home's lock for a while; raises when somebody else has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """One thing that is gone: what kind of thing, and its name."""

    what: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One thing that is still there, and what would remove it."""

    what: str
    name: str
    hint: str


@dataclass(slots=True)
class Outcome:
    """What was done, as it is done."""

    removed: list[Removed] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much is to go."""

    images: bool = False
    data: bool = False
    repository: str = REPOSITORY
    """How agent images are called."""


def remove_services(machine: Machine, home: Home, outcome: Outcome) -> None:
    """Stop and remove this home's services, the account's own and the machine's.

    Raises:
        ServiceError: one cannot be removed; nothing else should be before it is.
    """
    while True:
        try:
            keeper = find_installed(machine, home.root)
        except NotInstalledError:
            return
        if not keeper.uninstall():
            return
        outcome.removed.append(Removed(what="service", name=keeper.name))


async def remove_rest(home: Home, wanted: Wanted, hold: Hold, clock: Clock, outcome: Outcome) -> None:
    """Everything but services. No daemon runs.

    Raises:
        NanoclawError: somebody has the home; nothing was removed.
    """
    if not home.root.is_dir():
        await _remove_images(home, Settings(), wanted, outcome)
        _name_the_rest(Settings(), outcome)
        return
    settings = _settings(home)
    if home.lock.parent.is_dir():
        with hold(home.lock):
            await _remove_containers(home, clock, outcome)
            await _remove_images(home, settings, wanted, outcome)
            _remove_made(home, outcome)
            if wanted.data:
                # The lock goes last but for the folder around it: until then no daemon can start.
                _remove_data(home, outcome)
    elif wanted.data:
        _remove_data(home, outcome)
    if home.root.is_dir() and not wanted.data and any((home.root / name).exists() for name in _OURS):
        outcome.left.append(Left(what="data", name=str(home.root), hint="`nanoclaw uninstall --data` removes it."))
    _name_the_rest(settings, outcome)


async def _remove_containers(home: Home, clock: Clock, outcome: Outcome) -> None:
    if not home.database.exists():
        return
    try:
        fleet = open_fleet(home)
        listing = await fleet.listed()
        cleared = await prune(fleet, listing, looked_after=False, clock=clock)
    except StoreError as error:
        # Without the database nobody knows which containers are this home's.
        outcome.left.append(Left(what="containers", name=str(error), hint=error.hint))
        return
    outcome.removed += [Removed(what="container", name=one.name) for one in cleared.removed]
    outcome.left += [Left(what="container", name=one.name, hint=problem) for one, problem in cleared.failed]
    outcome.left += [
        Left(what="containers", name=str(one.kind), hint=f"It did not answer: {one.problem}. {one.hint}")
        for one in listing.silent
        if one.expected
    ]


async def _remove_images(home: Home, settings: Settings, wanted: Wanted, outcome: Outcome) -> None:
    """Agent images bear no home's name: all homes of one version share one."""
    for sandbox in installed_engines(home, settings.sandbox):
        with suppress(SandboxError):
            for image in await find_stale(sandbox.client, _NONE_NEEDED, wanted.repository):
                if not wanted.images:
                    hint = "Shared by all homes of this machine; `nanoclaw uninstall --images` removes it."
                    outcome.left.append(Left(what="image", name=image.name, hint=hint))
                    continue
                try:
                    await remove_image(sandbox.client, image)
                except SandboxError as error:
                    outcome.left.append(Left(what="image", name=image.name, hint=str(error)))
                else:
                    outcome.removed.append(Removed(what="image", name=image.name))


def _remove_made(home: Home, outcome: Outcome) -> None:
    """What the daemon made for itself, and would make again."""
    for what, place in (("sockets", home.ipc), ("build files", home.image_cache)):
        if place.is_dir() and any(place.iterdir()):
            remove_tree(place)
            outcome.removed.append(Removed(what=what, name=str(place)))
    breaker_file(home).unlink(missing_ok=True)


def _remove_data(home: Home, outcome: Outcome) -> None:
    """The home's own parts, through no link; a folder with other things in it stays, with those."""
    there = [home.root / name for name in _OURS if os.path.lexists(home.root / name)]
    for place in there:
        if place.is_symlink():
            hint = "A link in the home led there; look, and remove it by hand."
            outcome.left.append(Left(what="folder", name=os.path.realpath(place), hint=hint))
        if place.is_dir() and not place.is_symlink():
            remove_tree(place)
        else:
            with suppress(OSError):
                place.unlink()
    with suppress(OSError):
        home.root.rmdir()
    stayed = [place.name for place in there if os.path.lexists(place)]
    if there and not stayed:
        outcome.removed.append(Removed(what="data", name=str(home.root)))
    if home.root.is_dir():
        others = sorted(entry.name for entry in home.root.iterdir())
        hint = f"It holds {', '.join(others[:5])}{' …' if len(others) > 5 else ''}; look, and remove it by hand."
        outcome.left.append(Left(what="data" if stayed else "folder", name=str(home.root), hint=hint))


def _name_the_rest(settings: Settings, outcome: Outcome) -> None:
    """What is not this home's alone, or cannot remove itself."""
    outcome.left += [
        Left(what="copies of backups", name=place, hint="Remove them by hand.") for place in settings.backup.copies
    ]
    allowlist = mount_allowlist()
    if allowlist.exists():
        outcome.left.append(Left(what="mount allowlist", name=str(allowlist), hint="All homes of this account use it."))
    lock = find_lock()
    if lock is not None:
        hint = "Remove the folder; .venv and .cache in it are all that it put anywhere."
        outcome.left.append(Left(what="program", name=str(lock.parents[1]), hint=hint))


def _settings(home: Home) -> Settings:
    """What is set; a configuration that cannot be read keeps nothing from being removed."""
    try:
        return load_settings(home)
    except SettingsError:
        return Settings()
