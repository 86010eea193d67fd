"""From a plan to the arguments of ``run``, which Docker and Podman share word for word."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.sandboxes.contract import AGENT_HOME, GATEWAY, WORKSPACE, Limits, Mount, SandboxError, SandboxPlan
from nanoclaw.sandboxes.environment import INHERITED, agent_environment, expectations

INSTALLATION_LABEL = "nanoclaw.installation"
GROUP_LABEL = "nanoclaw.group"


@dataclass(frozen=True, slots=True, kw_only=True)
class OciChoices:
    """What differs between engines and installations. ``extra`` are an engine's own arguments.

    With a ``runtime`` of the owner's choice, folders are not looked at again inside: a virtual machine or gVisor
    numbers files anew.
    """

    installation: str
    image: str
    user: tuple[int, int]
    seccomp: Path
    runtime: str = ""
    home_is_owned: bool = True
    extra: tuple[str, ...] = ()


def run_arguments(plan: SandboxPlan, choices: OciChoices) -> tuple[str, ...]:
    """Everything after the engine's name.

    Raises:
        SandboxError: a mount's source is not an absolute path of an existing folder or file, or cannot be written down.
    """
    user, group = choices.user
    return (
        "run",
        *("--interactive", "--rm"),
        *("--name", plan.name, "--hostname", "agent"),
        *("--label", f"{INSTALLATION_LABEL}={choices.installation}", "--label", f"{GROUP_LABEL}={plan.group}"),
        *("--network", "none", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges", "--security-opt", f"seccomp={choices.seccomp}"),
        *("--user", f"{user}:{group}", "--read-only"),
        *(
            "--log-driver",
            "none",
        ),  # what an agent says is not for the engine's disk; attached streams work all the same
        *_limits(plan.limits),
        *_places(plan, choices),
        *("--workdir", str(WORKSPACE)),
        *(("--runtime", choices.runtime) if choices.runtime else ()),
        *choices.extra,
        *_environment(plan),
        choices.image,
        *(() if choices.runtime else expectations(plan)),
        *plan.program,
    )


def _limits(limits: Limits) -> tuple[str, ...]:
    memory = f"{limits.memory_mib}m"
    file_size = limits.file_size_mib << 20
    return (
        *("--memory", memory, "--memory-swap", memory, "--cpus", f"{limits.cpus:g}"),
        *("--pids-limit", str(limits.processes), "--oom-score-adj", "500"),
        *("--ulimit", f"nofile={limits.open_files}:{limits.open_files}"),
        *("--ulimit", f"fsize={file_size}:{file_size}", "--ulimit", "core=0:0"),
        *("--shm-size", "64m", "--ipc", "private"),
    )


def _places(plan: SandboxPlan, choices: OciChoices) -> tuple[str, ...]:
    user, group = choices.user
    owner = f"mode=700,uid={user},gid={group}" if choices.home_is_owned else "mode=1777"
    limits = plan.limits
    home = f"{AGENT_HOME}:rw,exec,nosuid,nodev,size={limits.home_mib}m,{owner}"
    mounts = (*plan.mounts, Mount(source=plan.gateway, target=GATEWAY))
    return (
        *("--tmpfs", f"/tmp:rw,exec,nosuid,nodev,mode=1777,size={limits.tmp_mib}m"),  # noqa: S108 - the agent's own
        *("--tmpfs", home),
        *(part for mount in mounts for part in ("--mount", bind_mount(mount))),
    )


def bind_mount(mount: Mount) -> str:
    """A bind mount as the engines' comma-separated notation, quoted where the path needs it.

    Raises:
        SandboxError: the source is missing, not absolute, or holds a line break.
    """
    source = str(mount.source)
    if not mount.source.is_absolute() or any(character in source for character in "\n\r\0"):
        raise SandboxError(f"Cannot mount {source!r}", hint="Use an absolute path without line breaks.")
    if not mount.source.exists():
        raise SandboxError(f"Cannot mount {source}: there is no such folder", hint="Create it, or remove the mount.")
    fields = ["type=bind", f"source={source}", f"target={mount.target}"]
    if not mount.writable:
        fields.append("readonly")
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def _environment(plan: SandboxPlan) -> tuple[str, ...]:
    given = (f"{name}={value}" for name, value in sorted(agent_environment(plan).items()))
    return tuple(part for variable in (*given, *INHERITED) for part in ("--env", variable))
