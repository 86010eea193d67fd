"""All sandboxes of one home, whatever kinds they are of: the setting may have changed since some were started."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.operations.containers.errors import ContainersError, NoSuchContainerError
from nanoclaw.sandboxes.choose import AUTO, make_sandbox
from nanoclaw.sandboxes.contract import (
    Happening,
    ListedSandbox,
    SandboxError,
    SandboxKind,
    SandboxState,
    SandboxUsage,
    TendedSandbox,
)
from nanoclaw.sandboxes.engine import EngineClient
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.oci import OciSandbox
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError, engine_environment, load_settings
from nanoclaw.settings.schema import SandboxSettings
from nanoclaw.store.survey import read_installation

T = TypeVar("T")
_PROGRAMS = {SandboxKind.DOCKER: "docker", SandboxKind.PODMAN: "podman", SandboxKind.APPLE: "container"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A sandbox and the kind that it is of."""

    name: str
    group: GroupFolder
    kind: SandboxKind
    state: SandboxState
    since: str

    @property
    def alive(self) -> bool:
        """It runs, is about to, or could go on."""
        return self.state is not SandboxState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """An engine that is on this machine and did not answer."""

    kind: SandboxKind
    problem: str
    hint: str
    expected: bool
    """The configuration names this kind, so its containers are missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is there, as far as engines answered."""

    containers: tuple[Container, ...]
    silent: tuple[Silence, ...]


class Fleet:
    """The kinds of sandbox there are on this machine, as this installation uses them."""

    def __init__(self, sandboxes: Mapping[SandboxKind, TendedSandbox], configured: str = AUTO) -> None:
        self._sandboxes = dict(sandboxes)
        self._configured = configured

    @property
    def sandboxes(self) -> tuple[TendedSandbox, ...]:
        """One of each kind."""
        return tuple(self._sandboxes.values())

    def sandbox(self, container: Container) -> TendedSandbox:
        """The kind that runs it."""
        return self._sandboxes[container.kind]

    async def listed(self) -> Listing:
        """Every container, group by group."""
        found, silent = await self._ask(lambda sandbox: sandbox.listed())
        containers = [_container(kind, one) for kind, several in found for one in several]
        return Listing(
            containers=tuple(sorted(containers, key=lambda one: (one.group, one.since, one.name))), silent=silent
        )

    async def usage(self) -> tuple[tuple[SandboxUsage, ...], tuple[Silence, ...]]:
        """What running ones use."""
        found, silent = await self._ask(lambda sandbox: sandbox.usage())
        return tuple(one for _, several in found for one in several), silent

    async def happenings(self, since: Milliseconds) -> tuple[tuple[Happening, ...], tuple[Silence, ...]]:
        """What engines remember, oldest first."""
        found, silent = await self._ask(lambda sandbox: sandbox.happenings(since))
        return tuple(sorted((one for _, several in found for one in several), key=lambda one: one.at)), silent

    async def _ask(
        self, question: Callable[[TendedSandbox], Awaitable[T]]
    ) -> tuple[list[tuple[SandboxKind, T]], tuple[Silence, ...]]:
        async def one(kind: SandboxKind, sandbox: TendedSandbox) -> tuple[SandboxKind, T] | Silence:
            try:
                return kind, await question(sandbox)
            except SandboxError as error:
                return Silence(kind=kind, problem=str(error), hint=error.hint, expected=kind == self._configured)

        answers = await asyncio.gather(*(one(kind, sandbox) for kind, sandbox in self._sandboxes.items()))
        silent = tuple(answer for answer in answers if isinstance(answer, Silence))
        return [answer for answer in answers if not isinstance(answer, Silence)], silent


def open_fleet(home: Home) -> Fleet:
    """The kinds of sandbox that this home's agents may run in.

    Raises:
        ContainersError: there is no home yet, so nothing can be its own.
        StoreError: the database that says which containers are ours cannot be read.
    """
    if not home.database.exists():
        raise ContainersError(
            f"{home.root} has no containers: no assistant ever ran there",
            hint="Name another home with --home or NANOCLAW_HOME.",
        )
    identity = read_installation(home.database)
    if not identity:
        return Fleet({})
    box = _settings(home)
    installation = _installation(home, identity, box)
    kinds = (kind for kind in SandboxKind if kind == box.kind or _may_be_here(kind, installation))
    return Fleet({kind: make_sandbox(kind, installation) for kind in kinds}, box.kind)


def installed_engines(home: Home, box: SandboxSettings) -> tuple[OciSandbox, ...]:
    """The engines that are on this machine and keep images; they are asked nothing about containers."""
    installation = _installation(home, "images", box)
    kinds = (kind for kind in (SandboxKind.DOCKER, SandboxKind.PODMAN) if _may_be_here(kind, installation))
    made = (make_sandbox(kind, installation) for kind in kinds)
    return tuple(sandbox for sandbox in made if isinstance(sandbox, OciSandbox))


def chosen(listing: Listing, name: str) -> tuple[Container, ...]:
    """The container of this name, or those of the group with this folder.

    Raises:
        NoSuchContainerError: there is none. Another installation's is none of ours.
    """
    found = tuple(one for one in listing.containers if one.name == name)
    found = found or tuple(one for one in listing.containers if one.group.lower() == name.lower())
    if not found:
        unheard = "".join(f" {one.kind} did not answer: {one.problem}." for one in listing.silent)
        raise NoSuchContainerError(
            f"This installation has no container {name[:80]!r}, and no group of that folder has one.{unheard}",
            hint="See `nanoclaw containers list`.",
        )
    return found


def _container(kind: SandboxKind, one: ListedSandbox) -> Container:
    return Container(name=one.name, group=one.group, kind=kind, state=one.state, since=one.since)


def _installation(home: Home, identity: str, box: SandboxSettings) -> Installation:
    return Installation(
        id=identity,
        state=home.image_cache,
        environment=engine_environment(),
        base_image=box.base_image,
        runtime=box.runtime,
    )


def _settings(home: Home) -> SandboxSettings:
    """What is set; a configuration that cannot be read hides no container."""
    try:
        return load_settings(home).sandbox
    except SettingsError:
        return SandboxSettings()


def _may_be_here(kind: SandboxKind, installation: Installation) -> bool:
    """Whether sandboxes of this kind can be on this machine at all."""
    if kind is SandboxKind.BUBBLEWRAP:
        return Path(installation.state, "bubblewrap").is_dir()
    if kind is SandboxKind.APPLE and sys.platform != "darwin":
        return False
    return EngineClient(_PROGRAMS[kind], installation.environment).installed
