"""From a plan to bubblewrap's arguments: an empty world, and then what is let into it."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nanoclaw.sandboxes.contract import AGENT_HOME, GATEWAY, WORKSPACE, Mount, SandboxError, SandboxPlan
from nanoclaw.sandboxes.environment import agent_environment, expectations

OURS = PurePosixPath("/opt/nanoclaw")
"""Where the ``claude`` program and the entry script stand inside."""
_PATH = f"{OURS}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "ssl/certs",
    "ssl/openssl.cnf",
    "pki/tls/certs",
    "alternatives",
    "localtime",
)
"""What programs need of the host's /etc; nothing in it is private."""
_SYSTEM_PYTHON = Path("/usr/bin/python3")
_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is the same for every sandbox: host paths of the programs and made-up files for /etc."""

    claude: Path
    entry: Path
    etc: Path
    """Folder with ``passwd``, ``group``, ``hosts``, ``nsswitch.conf`` and ``resolv.conf``."""
    user: tuple[int, int]


def etc_files(user: tuple[int, int]) -> dict[str, str]:
    """Contents of the made-up files, by name."""
    uid, gid = user
    return {
        "passwd": f"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nagent:x:{uid}:{gid}:agent:{AGENT_HOME}:/bin/bash\n",
        "group": f"root:x:0:\nagent:x:{gid}:\n",
        "hosts": "127.0.0.1 localhost agent\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "resolv.conf": "",
    }


def bwrap_options(plan: SandboxPlan, world: World) -> tuple[str, ...]:
    """Everything between bwrap's own path and the program.

    Raises:
        SandboxError: a mount's source is missing or not absolute.
    """
    is_root = os.geteuid() == 0
    return (
        *_isolation(world.user, is_root=is_root),
        *_folders(plan),
        *_system(),
        *_fresh(plan, is_root=is_root),
        *_programs(world),
        *_mounts(plan),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *_environment(plan),
    )


def inside_command(plan: SandboxPlan, user: tuple[int, int]) -> tuple[str, ...]:
    """The first program inside and its arguments, ``--`` in front."""
    identity: tuple[str, ...] = ()
    if os.geteuid() == 0:
        identity = ("--as", f"{user[0]}:{user[1]}")
    elif _counts_apart():
        identity = ("--processes", str(plan.limits.processes))
    python = str(_SYSTEM_PYTHON) if _SYSTEM_PYTHON.exists() else sys.executable
    return (
        "--",
        python,
        "-I",
        "-S",
        f"{OURS}/entry.py",
        *identity,
        *expectations(plan),
        "--in",
        str(WORKSPACE),
        *plan.program,
    )


def _counts_apart() -> bool:
    """Since Linux 5.14 each user namespace has its own count of processes, so the sandbox's limit is its own."""
    version = re.match(r"(\d+)\.(\d+)", platform.release())
    return version is not None and (int(version[1]), int(version[2])) >= (5, 14)


def _isolation(user: tuple[int, int], *, is_root: bool) -> Iterator[str]:
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--hostname", "agent", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL")
    if is_root:
        # No user namespace, in which root's files would still be the agent's own. The entry script changes the user,
        # for which it holds these for a moment.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            yield from ("--cap-add", capability)
    else:
        yield from ("--unshare-user", "--uid", str(user[0]), "--gid", str(user[1]))


def _folders(plan: SandboxPlan) -> Iterator[str]:
    """Everything that will hold a mount. bwrap by itself would close them to all but their owner."""
    targets = [PurePosixPath("/etc/ssl/certs"), PurePosixPath("/etc/pki/tls/certs"), OURS / "bin" / "claude", GATEWAY]
    targets += [WORKSPACE, AGENT_HOME, *(mount.target for mount in plan.mounts)]
    parents = {parent for target in targets for parent in target.parents if not parent.is_relative_to(AGENT_HOME)}
    for folder in sorted(parents - {PurePosixPath("/")}):
        yield from ("--perms", "0755", "--dir", str(folder))


def _system() -> Iterator[str]:
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for name in _ETC:
        path = Path("/etc", name)
        if path.exists():
            yield from ("--ro-bind", str(path.resolve()), str(path))
    if not _SYSTEM_PYTHON.exists():
        for prefix in {sys.prefix, sys.base_prefix}:
            yield from ("--ro-bind", prefix, prefix)


def _fresh(plan: SandboxPlan, *, is_root: bool) -> Iterator[str]:
    """File systems of the sandbox's own. Made by root they are root's, so the home is open to all who are inside."""
    limits = plan.limits
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from ("--perms", "1777", "--size", str(64 * _MIB), "--tmpfs", "/dev/shm")  # noqa: S108 - the sandbox's own
    yield from ("--perms", "1777", "--size", str(limits.tmp_mib * _MIB), "--tmpfs", "/tmp")  # noqa: S108 - the same
    mode = "0777" if is_root else "0700"
    yield from ("--perms", mode, "--size", str(limits.home_mib * _MIB), "--tmpfs", str(AGENT_HOME))


def _programs(world: World) -> Iterator[str]:
    yield from ("--ro-bind", str(world.claude), f"{OURS}/bin/claude", "--ro-bind", str(world.entry), f"{OURS}/entry.py")
    for name in etc_files(world.user):
        yield from ("--ro-bind", str(world.etc / name), f"/etc/{name}")


def _mounts(plan: SandboxPlan) -> Iterator[str]:
    mounts = (*plan.mounts, Mount(source=plan.gateway, target=GATEWAY))
    for mount in sorted(mounts, key=lambda each: len(each.target.parts)):
        if not mount.source.is_absolute() or not mount.source.exists():
            raise SandboxError(
                f"Cannot mount {mount.source}: there is no such folder", hint="Create it, or remove the mount."
            )
        yield from ("--bind" if mount.writable else "--ro-bind", str(mount.source), str(mount.target))


def _environment(plan: SandboxPlan) -> Iterator[str]:
    variables = {"PATH": _PATH, "LANG": "C.UTF-8", "USER": "agent", "SHELL": "/bin/bash"} | agent_environment(plan)
    for name, value in variables.items():
        yield from ("--setenv", name, value)
