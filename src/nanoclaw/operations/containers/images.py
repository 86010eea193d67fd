"""Clear away agent images of earlier versions, on every engine that is here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nanoclaw.operations.containers.fleet import Silence, installed_engines
from nanoclaw.sandboxes.choose import AUTO
from nanoclaw.sandboxes.contract import EngineUnavailableError, SandboxError, SandboxKind
from nanoclaw.sandboxes.image.build import REPOSITORY, read_recipe
from nanoclaw.sandboxes.image.stale import AgentImage, Needed, find_stale, list_images, remove_image
from nanoclaw.sandboxes.oci import OciSandbox
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from nanoclaw.settings.schema import SandboxSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """An image of no more use, and the engine that has it."""

    sandbox: OciSandbox
    image: AgentImage

    @property
    def kind(self) -> SandboxKind:
        """The engine."""
        return self.sandbox.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What was found, as far as engines answered."""

    stale: tuple[Stale, ...]
    silent: tuple[Silence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """What was removed, and what could not be."""

    removed: tuple[Stale, ...]
    failed: tuple[tuple[Stale, str], ...]


async def seek(home: Home, *, before: float | None = None, repository: str = REPOSITORY) -> Sought:
    """Agent images that this home needs no more and no container uses. ``before``: only older ones, a POSIX time.

    Raises:
        SettingsError: the configuration cannot be read, so nobody knows which image is needed.
        ImageBuildError: this version's own recipe cannot be read.
    """
    box, recipe = load_settings(home).sandbox, read_recipe().digest
    stale: list[Stale] = []
    silent: list[Silence] = []
    for sandbox in installed_engines(home, box):
        try:
            needed = Needed(current=await sandbox.images.find(), recipe=recipe, base=box.base_image)
            found = await find_stale(sandbox.client, needed, repository)
        except EngineUnavailableError as error:
            expected = box.kind != AUTO and sandbox.kind == box.kind
            silent.append(Silence(kind=sandbox.kind, problem=str(error), hint=error.hint, expected=expected))
        else:
            stale += [Stale(sandbox=sandbox, image=one) for one in found if before is None or _older(one, before)]
    return Sought(stale=tuple(stale), silent=tuple(silent))


async def all_images(home: Home) -> tuple[tuple[SandboxKind, AgentImage], ...]:
    """Every agent image on this machine; engines that do not answer have none to show."""
    found: list[tuple[SandboxKind, AgentImage]] = []
    for sandbox in installed_engines(home, SandboxSettings()):
        try:
            found += [(sandbox.kind, one) for one in await list_images(sandbox.client)]
        except EngineUnavailableError:
            continue
    return tuple(found)


async def free(stale: Iterable[Stale]) -> Freed:
    """Remove them one by one; one that cannot be removed does not keep the others."""
    removed: list[Stale] = []
    failed: list[tuple[Stale, str]] = []
    for one in stale:
        try:
            await remove_image(one.sandbox.client, one.image)
        except SandboxError as error:
            failed.append((one, str(error)))
        else:
            removed.append(one)
    return Freed(removed=tuple(removed), failed=tuple(failed))


def _older(image: AgentImage, before: float) -> bool:
    try:
        return datetime.fromisoformat(image.created).timestamp() < before
    except (ValueError, OverflowError):
        return False
