"""Agent images that nothing here needs any more: found and removed with an engine's own command line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nanoclaw.sandboxes.contract import EngineUnavailableError, SandboxError
from nanoclaw.sandboxes.engine import EngineClient, Outcome
from nanoclaw.sandboxes.image.build import REPOSITORY
from nanoclaw.sandboxes.oci_words import read_moment, read_size

_REMOVE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentImage:
    """One agent image. ``bytes`` is what removing it frees, as far as the engine says; ``created`` is ISO 8601."""

    name: str
    bytes: int
    created: str
    recipe: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What must stay: the image that this home's agents start with, and how it is made."""

    current: str | None
    """None: it is not built, or cannot be found; then every image of the same recipe stays."""
    recipe: str
    base: str


async def find_stale(client: EngineClient, needed: Needed, repository: str = REPOSITORY) -> tuple[AgentImage, ...]:
    """The agent images that this home does not start with and no container uses, oldest first.

    One that this very version made on another base stays: another home on this machine is set up so.

    Raises:
        EngineUnavailableError: the engine does not answer.
    """
    images = await list_images(client, repository)
    used = await _used(client)
    stale = (one for one in images if plain(one.name) not in used and not _stays(one, needed))
    return tuple(sorted(stale, key=lambda one: one.created))


async def remove_image(client: EngineClient, image: AgentImage) -> None:
    """Remove one; the engine itself refuses where a container uses it. Quiet when it is gone already.

    Raises:
        EngineUnavailableError: the engine does not answer.
        SandboxError: it does not remove it; says why.
    """
    outcome = await client.call("image", "rm", image.name, seconds=_REMOVE_SECONDS)
    if not outcome.ok and (await client.call("image", "inspect", "--format", "{{.Id}}", image.name)).ok:
        raise SandboxError(f"{client.program} does not remove {image.name}: {_last(outcome)}", hint="Is it in use?")


def plain(name: str) -> str:
    """An image's name without the place that Podman puts before its own."""
    return name.removeprefix("localhost/")


def _stays(image: AgentImage, needed: Needed) -> bool:
    if needed.current is None:
        return image.recipe == needed.recipe
    return plain(image.name) == plain(needed.current) or (image.recipe == needed.recipe and image.base != needed.base)


async def list_images(client: EngineClient, repository: str = REPOSITORY) -> tuple[AgentImage, ...]:
    """Every agent image that an engine has, whatever version it is of. Raises EngineUnavailableError."""
    listed = await client.call(
        "image", "ls", "--filter", f"reference={repository}", "--format", "{{.Repository}}:{{.Tag}}"
    )
    if not listed.ok:
        raise _unavailable(client, listed)
    names = {name for name in listed.text.split() if plain(name).startswith(f"{repository}:") and "<none>" not in name}
    if not names:
        return ()
    inspected = await client.call("image", "inspect", *sorted(names))
    try:
        found: list[Mapping[str, Any]] = json.loads(inspected.text)
    except ValueError:
        raise _unavailable(client, inspected) from None
    own = await _own_sizes(client)
    # One image may have several names, and one that was removed meanwhile is not in the answer.
    return tuple(_read(one, name, own) for one in found for name in one.get("RepoTags") or () if name in names)


def _read(one: Mapping[str, Any], name: str, own: Mapping[str, int]) -> AgentImage:
    labels = (one.get("Config") or {}).get("Labels") or {}
    return AgentImage(
        name=name,
        bytes=own.get(plain(name), int(one.get("Size") or 0)),
        created=read_moment(str(one.get("Created", ""))),
        recipe=str(labels.get("nanoclaw.recipe", "")),
        base=str(labels.get("nanoclaw.base", "")),
    )


async def _own_sizes(client: EngineClient) -> dict[str, int]:
    """Bytes of each image that it shares with no other. Docker alone says so; elsewhere nothing is known."""
    outcome = await client.call("system", "df", "--verbose", "--format", "{{json .Images}}", seconds=30)
    try:
        found = [one for one in json.loads(outcome.text) if isinstance(one, dict)]
    except (ValueError, TypeError):
        return {}
    sizes = {f"{one.get('Repository')}:{one.get('Tag')}": read_size(str(one.get("UniqueSize"))) for one in found}
    return {name: size for name, size in sizes.items() if size is not None}


async def _used(client: EngineClient) -> frozenset[str]:
    """Names of images that containers were made of, whoever's they are."""
    outcome = await client.call("ps", "--all", "--no-trunc", "--format", "{{.Image}}")
    if not outcome.ok:
        raise _unavailable(client, outcome)
    return frozenset(plain(name) for name in outcome.text.split())


def _unavailable(client: EngineClient, outcome: Outcome) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"{client.program} does not list its images: {_last(outcome)}", hint=f"Start {client.program}."
    )


def _last(outcome: Outcome) -> str:
    lines = (outcome.error or outcome.text).splitlines()
    return lines[-1][:300] if lines else f"status {outcome.code}"
