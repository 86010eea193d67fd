"""A real systemd on a machine that has none as its first process: in namespaces of its own, beside everything else.

The machine's own manager is the first process of a process namespace; an account's manager runs beside a shell there.
Cgroups, /run and the list of accounts are its own too, so that nothing outside is touched. Needs root.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.integration.installation import REPOSITORY

_SYSTEMD = Path("/lib/systemd/systemd")
_TARGETS = ("sysinit", "basic", "shutdown", "multi-user", "network-online", "default")
ACCOUNT, UID = "clawtest", 1517

_SCRIPT = """set -eu
place=$1 mode=$2 python=$3 closed=$4
mount --make-rprivate /
mount --make-rshared /
umount -R -l /proc
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs "$place/run"
if [ -S /run/docker.sock ]; then
  touch "$place/run/docker.sock"
  mount --bind /run/docker.sock "$place/run/docker.sock"
fi
mount --rbind "$place/run" /run
mkdir -p /run/systemd/system /run/lock
mount --bind "$place/passwd" /etc/passwd
mount --bind "$place/group" /etc/group
if [ -n "$closed" ]; then
  # The interpreter is in a folder that other accounts cannot enter, such as root's own.
  mkdir "$place/python"
  mount --bind "$python" "$place/python"
  mount -t tmpfs -o mode=755 tmpfs "$closed"
  mkdir -p "$python"
  mount --bind "$place/python" "$python"
fi
mkdir -p "$place/units"
if [ "$mode" = system ]; then mount --bind "$place/units" /etc/systemd/system; fi
if [ -d /sys/fs/cgroup/unified ]; then
  mount -t tmpfs tmpfs /sys/fs/cgroup
  mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
elif [ -d /sys/fs/cgroup/systemd ]; then
  mount -t tmpfs tmpfs /sys/fs/cgroup
  mkdir /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
else
  umount -l /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
export container=nanoclaw-test
if [ "$mode" = system ]; then
  # Only these units: the real ones would do things to the machine.
  export SYSTEMD_UNIT_PATH=/etc/systemd/system
  exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
fi
mkdir -p "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
/lib/systemd/systemd --user --log-target=console &
wait
"""


def private_tmp() -> str:
    """What a closed-off unit says of /tmp: the program must see itself, also where it lies there."""
    return "no" if any(REPOSITORY.is_relative_to(place) for place in ("/tmp", "/var/tmp")) else "yes"


def why_not() -> str | None:
    """What is missing for a systemd of our own."""
    if os.geteuid() != 0:
        return "needs root, for a systemd in namespaces of its own"
    if not _SYSTEMD.exists() or shutil.which("systemctl") is None:
        return "needs the Debian package systemd"
    if any(shutil.which(program) is None for program in ("unshare", "nsenter")):
        return "needs unshare and nsenter"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "true"],
        capture_output=True,
        check=False,
        timeout=20,
    )
    return None if tried.returncode == 0 else "needs to be allowed to make namespaces"


@dataclass
class RealSystemd:
    """One manager. ``mode``: ``system`` or ``user``; ``place``: a folder that every account can enter."""

    mode: str
    place: Path
    process: subprocess.Popen[bytes] | None = None
    first: int = 0
    journald: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.place / "root"),
            "XDG_RUNTIME_DIR": "/run/user/0",
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        for name in ("run", "root", "units"):
            (self.place / name).mkdir()
        accounts = Path("/etc/passwd").read_text().rstrip("\n").replace(":/root:", f":{self.place / 'root'}:", 1)
        (self.place / "passwd").write_text(f"{accounts}\n{ACCOUNT}:x:{UID}:{UID}::{self.place / 'home'}:/bin/sh\n")
        groups = [
            line + ("," if line.split(":")[3] else "") + ACCOUNT if line.startswith("docker:") else line
            for line in Path("/etc/group").read_text().splitlines()
        ]
        (self.place / "group").write_text("\n".join([*groups, f"{ACCOUNT}:x:{UID}:"]) + "\n")
        (self.place / "home").mkdir(mode=0o700)
        os.chown(self.place / "home", UID, UID)
        if self.mode == "system":
            for target in _TARGETS:
                unit = f"[Unit]\nDescription={target}\nDefaultDependencies=no\n"
                (self.place / "units" / f"{target}.target").write_text(unit)
        (self.place / "begin").write_text(_SCRIPT)
        enter = "".join(f"echo $$ > {folder}/cgroup.procs; " for folder in self._cgroups(make=True))
        command = (
            f"{enter}exec unshare --mount --pid --fork --kill-child --uts --ipc --cgroup"
            f" sh {self.place}/begin {self.place} {self.mode} '{sys.base_prefix}' '{_closed(Path(sys.base_prefix))}'"
        )
        with (self.place / "console").open("wb") as console:
            self.process = subprocess.Popen(
                ["sh", "-ec", command], env=self.environment, stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        self._await()

    def run(self, *argv: str, seconds: float = 60, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command where the manager is."""
        return subprocess.run(
            [*self.enter(), *argv],
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def keep_journal(self) -> None:
        """Start the real journald there, too; services that start from now on write to it."""
        self.run("mkdir", "-p", "/run/systemd/journal", "/run/log/journal")
        quiet = subprocess.DEVNULL
        self.journald = subprocess.Popen(  # ends with the namespace's first process
            [*self.enter(), "/lib/systemd/systemd-journald"],
            env=self.environment,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
        )
        end = time.monotonic() + 20
        while self.run("test", "-S", "/run/systemd/journal/stdout").returncode:
            assert time.monotonic() < end, "journald does not start"
            time.sleep(0.1)

    def systemctl(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Ask the manager."""
        scope = ["--user"] if self.mode == "user" else []
        return self.run("systemctl", *scope, *arguments, seconds=seconds)

    def show(self, unit: str) -> Mapping[str, str]:
        """All properties of a unit."""
        shown = self.systemctl("show", unit).stdout
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)

    def console(self) -> str:
        """What the manager said."""
        return (self.place / "console").read_text(errors="replace")

    def stop(self) -> None:
        """End it and everything in it: its first process takes all others with it."""
        if self.process is not None:
            if self.first:
                os.kill(self.first, signal.SIGKILL)
            self.process.kill()
            self.process.wait(20)
        if self.journald is not None:
            self.journald.kill()
            self.journald.wait(20)
        for folder in self._cgroups(make=False):
            for inner in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
                _remove(inner)
            _remove(folder)

    def _await(self) -> None:
        assert self.process is not None
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert self.process.poll() is None, self.console()
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            if children:
                self.first = int(children[0])
                if "running" in self.systemctl("is-system-running").stdout + self.systemctl("list-units").stdout:
                    return
                if "UNIT" in self.systemctl("list-units").stdout:
                    return
            time.sleep(0.1)
        raise AssertionError(self.console())

    def enter(self) -> list[str]:
        """What to put before a command so that it runs where the manager is."""
        return ["nsenter", "--target", str(self.first), "--mount", "--pid", "--uts", "--ipc", "--cgroup"]

    def outside(self, inside: int) -> int:
        """A process of the manager's namespace by its number outside."""
        wanted = Path(f"/proc/{self.first}/ns/pid").readlink()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if (entry / "ns/pid").readlink() != wanted:
                    continue
                [line] = [line for line in (entry / "status").read_text().splitlines() if line.startswith("NSpid:")]
            except OSError:
                continue
            if line.split()[-1] == str(inside):
                return int(entry.name)
        raise AssertionError(f"no process {inside} in there")

    def _cgroups(self, *, make: bool) -> list[Path]:
        name = f"nanoclaw-test-{self.place.name}"
        top = Path("/sys/fs/cgroup")
        roots = [top / part for part in ("systemd", "unified") if (top / part / "cgroup.procs").exists()] or [top]
        folders = [root / name for root in roots]
        for folder in folders:
            if make:
                folder.mkdir(exist_ok=True)
        return [folder for folder in folders if folder.is_dir()]


def _closed(path: Path) -> str:
    """The first folder on the way to a path that other accounts cannot enter; empty when they can enter all."""
    for folder in reversed([path, *path.parents]):
        if not folder.stat().st_mode & 0o001:
            return str(folder)
    return ""


def _remove(folder: Path) -> None:
    for _ in range(20):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.05)
        else:
            return
