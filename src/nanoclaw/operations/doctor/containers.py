"""What an engine says of a running container, and what the kernel says of a process: raw data in, values out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nanoclaw.model.groups import GroupFolder
from nanoclaw.operations.doctor.contract import NotKnownError, Words
from nanoclaw.operations.doctor.ground import Engine, Ground
from nanoclaw.sandboxes.contract import SandboxError, SandboxKind
from nanoclaw.sandboxes.inside.confine import descendants
from nanoclaw.sandboxes.oci import OciSandbox
from nanoclaw.sandboxes.oci_arguments import GROUP_LABEL
from nanoclaw.sandboxes.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A host folder inside a container."""

    source: Path
    target: PurePosixPath
    writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A running container as its engine reports it. Memory in bytes, 0 for no limit."""

    name: str
    group: GroupFolder
    pid: int
    user: str
    privileged: bool
    network: str
    capabilities: bool
    """Whether it has any."""
    new_privileges: bool
    """Whether a program in it may gain some."""
    unfiltered: bool
    """Whether its system calls are unfiltered."""
    read_only: bool
    memory: int
    processes: int
    cpus: float
    restart: str
    shared: tuple[str, ...]
    """Namespaces of the host that it is in."""
    binds: tuple[Bind, ...]
    environment: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What runs in a sandbox without an engine, from ``/proc/<pid>/status``. ``pid`` is its first process."""

    name: str
    pid: int
    root: bool
    capabilities: bool
    new_privileges: bool
    unfiltered: bool


async def running(ground: Ground) -> Engine:
    """The engine, with at least one sandbox running. Raises NotKnownError when there is none to look at."""
    engine = await ground.engine.get()
    if engine.problem is not None:
        raise NotKnownError(Words("no sandbox can be used", "没有可用的沙箱"))
    if not engine.running:
        raise NotKnownError(Words("no agent is running to look at", "当前没有正在运行的智能体"))
    return engine


async def containers(ground: Ground) -> tuple[Container, ...]:
    """Every running container of this installation. Raises NotKnownError, also for kinds without containers."""
    engine = await running(ground)
    if not isinstance(engine.sandbox, OciSandbox):
        kind = engine.sandbox.kind if engine.sandbox else "?"
        raise NotKnownError(Words(f"{kind} has no containers to inspect", f"{kind} 没有可供检视的容器"))
    outcome = await engine.sandbox.client.call("inspect", *(one.name for one in engine.running))
    if not outcome.text.startswith("["):
        raise SandboxError(f"{engine.sandbox.kind} cannot inspect its containers: {outcome.error[-200:]}")
    return tuple(parse(each) for each in json.loads(outcome.text))  # one that ended meanwhile is not in it


def parse(raw: Mapping[str, Any]) -> Container:
    """One object of ``docker inspect`` or ``podman inspect``."""
    host, config = raw.get("HostConfig") or {}, raw.get("Config") or {}
    options = [str(option).replace("=true", "") for option in host.get("SecurityOpt") or ()]
    return Container(
        name=str(raw.get("Name", "")).lstrip("/"),
        group=GroupFolder(str((config.get("Labels") or {}).get(GROUP_LABEL, ""))),
        pid=int((raw.get("State") or {}).get("Pid") or 0),
        user=str(config.get("User") or ""),
        privileged=bool(host.get("Privileged")),
        network=str(host.get("NetworkMode") or ""),
        capabilities=_has_capabilities(raw, host),
        new_privileges="no-new-privileges" not in options,
        unfiltered="seccomp=unconfined" in options or not any(option.startswith("seccomp=") for option in options),
        read_only=bool(host.get("ReadonlyRootfs")),
        memory=int(host.get("Memory") or 0),
        processes=max(0, int(host.get("PidsLimit") or 0)),
        cpus=_cpus(host),
        restart=str((host.get("RestartPolicy") or {}).get("Name") or "no"),
        shared=tuple(space for space in ("PidMode", "IpcMode", "UTSMode", "UsernsMode") if host.get(space) == "host"),
        binds=tuple(_bind(mount) for mount in raw.get("Mounts") or () if mount.get("Type") == "bind"),
        environment=tuple(map(str, config.get("Env") or ())),
    )


def _has_capabilities(raw: Mapping[str, Any], host: Mapping[str, Any]) -> bool:
    if "EffectiveCaps" in raw:  # Podman says what came of it
        return bool(raw["EffectiveCaps"])
    dropped = {str(name).upper().removeprefix("CAP_") for name in host.get("CapDrop") or ()}
    return "ALL" not in dropped or bool(host.get("CapAdd"))


def _cpus(host: Mapping[str, Any]) -> float:
    if nano := int(host.get("NanoCpus") or 0):
        return nano / 1e9
    period = int(host.get("CpuPeriod") or 0)
    return int(host.get("CpuQuota") or 0) / period if period else 0.0


def _bind(mount: Mapping[str, Any]) -> Bind:
    return Bind(
        source=Path(str(mount.get("Source", ""))),
        target=PurePosixPath(str(mount.get("Destination", ""))),
        writable=bool(mount.get("RW")),
    )


def processes(ground: Ground, engine: Engine) -> tuple[Inside, ...]:
    """Each sandbox in bubblewrap; empty for other kinds. Blocks."""
    if engine.sandbox is None or engine.sandbox.kind is not SandboxKind.BUBBLEWRAP:
        return ()
    records = Records(ground.home.image_cache / "bubblewrap")
    found = (records.read(one.name) for one in engine.running)
    described = (_inside(ground.processes, record.name, record.first.pid) for record in found if record)
    return tuple(inside for inside in described if inside is not None)


def _inside(folder: Path, name: str, first: int) -> Inside | None:
    """What the kernel says of all processes below bubblewrap's own, which collects orphans and has no rights left."""
    below = descendants(first)
    found = [status for pid in below[1:] or below if (status := _status(folder, pid)) is not None]
    if not found:
        return None
    return Inside(
        name=name,
        pid=first,
        root=any(status.get("Uid", "0").split()[0] == "0" for status in found),
        capabilities=any(int(status.get("CapEff", "1"), 16) for status in found),
        new_privileges=any(status.get("NoNewPrivs", "0").strip() != "1" for status in found),
        unfiltered=any(status.get("Seccomp", "0").strip() != "2" for status in found),
    )


def _status(folder: Path, pid: int) -> dict[str, str] | None:
    try:
        lines = (folder / str(pid) / "status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def interfaces(folder: Path, pid: int) -> tuple[str, ...] | None:
    """The network interfaces that a process sees, from ``/proc/<pid>/net/dev``; None where they cannot be read."""
    try:
        lines = (folder / str(pid) / "net" / "dev").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return tuple(line.partition(":")[0].strip() for line in lines if ":" in line)
