"""Run one more program in a bubblewrap sandbox that runs: the host's half of ``nanoclaw containers exec``.

Usage: ``python3 -I -S join.py --pid PID --start TICKS --filter FILE --in FOLDER [--as UID:GID] [--terminal KIND] --
PROGRAM [ARGUMENT…]``. The program gets what the agent has: namespaces, user, limits, system call filter, no capability,
and its environment. It gets a terminal or pipes of its own, never the streams of whoever calls: what is inside could
reach through them. Where the sandbox is in a control group of its own, so is the program.
"""

from __future__ import annotations  # Python 3.9

import argparse
import contextlib
import ctypes
import fcntl
import os
import pty
import resource
import signal
import sys
import termios
import threading
import tty
from array import array

_NS_GET_USERNS = 0xB701
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_FILTER_BYTES = 8
_KINDS = ("mnt", "pid", "net", "ipc", "uts", "cgroup")
_LIMITS = {
    "Max open files": resource.RLIMIT_NOFILE,
    "Max file size": resource.RLIMIT_FSIZE,
    "Max core file size": resource.RLIMIT_CORE,
    "Max processes": resource.RLIMIT_NPROC,
}
_DRAIN_SECONDS = 1.0

libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class Target:
    """The sandbox as its first process shows it. Everything is opened before anything is entered."""

    def __init__(self, pid: int, start: int, filter_file: str) -> None:
        self.namespaces = [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in _KINDS]
        inside = _child(pid) or pid
        self.user = os.open(f"/proc/{inside}/ns/user", os.O_RDONLY)
        self.environment = _environment(inside)
        self.limits = _limits(inside)
        self.group = _control_group(inside)
        with open(filter_file, "rb") as file:  # noqa: PTH123 - pathlib costs 15 ms at each start
            self.filter = file.read()
        if _start_time(pid) != start:
            raise ProcessLookupError(f"process {pid} is another one by now")

    def enter(self) -> None:
        """Join everything; children of this process are then inside."""
        if self.group:
            with contextlib.suppress(OSError), open(self.group, "w") as file:  # noqa: PTH123 - see above
                file.write(str(os.getpid()))
        own = os.open("/proc/self/ns/user", os.O_RDONLY)
        with contextlib.suppress(OSError):  # where it is of our own user namespace, the kernel need not tell
            owner = fcntl.ioctl(self.namespaces[0], _NS_GET_USERNS)
            if not _same(owner, own):
                _setns(owner)
        for namespace in self.namespaces:
            _setns(namespace)
        if not _same(self.user, own):
            with contextlib.suppress(OSError):  # it is the one that was entered above
                _setns(self.user)


def _setns(descriptor: int) -> None:
    if libc.setns(descriptor, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _same(first: int, second: int) -> bool:
    return os.fstat(first).st_ino == os.fstat(second).st_ino


def _child(pid: int) -> int:
    """The first program below bubblewrap's own process."""
    path = f"/proc/{pid}/task/{pid}/children"
    with contextlib.suppress(OSError, ValueError, IndexError), open(path, "rb") as file:  # noqa: PTH123 - see above
        return int(file.read().split()[0])
    return 0


def _environment(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 - see above
        pairs = (part.partition(b"=") for part in file.read().split(b"\0") if b"=" in part)
        return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def _limits(pid: int) -> list[tuple[int, int]]:
    """What the sandbox sets, and how low; to ask the kernel directly needs more rights than to read."""
    found = []
    with open(f"/proc/{pid}/limits") as file:  # noqa: PTH123 - see above
        for line in file:
            name, hard = line[:25].strip(), line[47:67].strip()
            if name in _LIMITS:
                found.append((_LIMITS[name], resource.RLIM_INFINITY if hard == "unlimited" else int(hard)))
    return found


def _control_group(pid: int) -> str:
    """The file that takes processes into the process's own control group (version 2); empty where it has ours."""
    places = []
    for whose in (str(pid), "self"):
        with contextlib.suppress(OSError), open(f"/proc/{whose}/cgroup") as file:  # noqa: PTH123 - see above
            places += [line[3:].strip() for line in file if line.startswith("0::")]
    return f"/sys/fs/cgroup{places[0]}/cgroup.procs" if len(set(places)) > 1 else ""


def _start_time(pid: int) -> int:
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - see above
        return int(file.read().rpartition(b")")[2].split()[19])


def _confine(target: Target, identity: str) -> None:
    """Become what the agent is: its user, no capability, its limits and its filter."""
    for kind, most in target.limits:
        with contextlib.suppress(OSError, ValueError):  # ours may already be lower
            resource.setrlimit(kind, (most, most))
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if identity:
        user, group = (int(part) for part in identity.split(":"))
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    header = array("I", (_CAPABILITY_VERSION, 0)).tobytes()
    if libc.capset(header, bytes(24)) != 0 or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "rights cannot be given up")
    program = _Program(len(target.filter) // _FILTER_BYTES, target.filter)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter cannot be set")


def _inside(target: Target, options: argparse.Namespace, command: list[str]) -> None:
    """Enter, and run the program to its end; never returns."""
    try:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        target.enter()
        program = os.fork()
        if program == 0:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            _confine(target, options.identity)
            os.chdir(options.folder)
            os.closerange(3, 256)
            for name in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and an ignored signal survives exec
                signal.signal(name, signal.SIG_DFL)
            term = {"TERM": options.terminal} if options.terminal else {}
            os.execvpe(command[0], command, {**target.environment, **term})  # noqa: S606 - no shell is the point
        for name in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(name, signal.SIG_IGN)  # they are the program's to heed
        status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
        os._exit(status if status >= 0 else 128 - status)
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]} in there: {error.strerror or error}\n")
        sys.stderr.flush()
    finally:
        os._exit(127)


def _copy(source: int, sink: int, *, close: bool = False) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(source, 65_536):
            while data:
                data = data[os.write(sink, data) :]
    if close:
        os.close(sink)


def _start_copy(source: int, sink: int, *, close: bool = False) -> threading.Thread:
    thread = threading.Thread(target=_copy, args=(source, sink), kwargs={"close": close}, daemon=True)
    thread.start()
    return thread


def _ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def with_pipes(target: Target, options: argparse.Namespace, command: list[str]) -> int:
    """Run it on pipes; its exit status."""
    inputs, outputs, errors = os.pipe(), os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        for number, descriptor in enumerate((inputs[0], outputs[1], errors[1])):
            os.dup2(descriptor, number)
        for descriptor in (*inputs, *outputs, *errors):
            os.close(descriptor)  # whoever holds a pipe's other end keeps it from ending
        _inside(target, options, command)
    for descriptor in (inputs[0], outputs[1], errors[1]):
        os.close(descriptor)
    _start_copy(0, inputs[1], close=True)
    said = [_start_copy(outputs[0], 1), _start_copy(errors[0], 2)]
    status = _ended(child)
    for thread in said:
        thread.join(_DRAIN_SECONDS)  # what was left running in there may hold them open
    return status


def with_terminal(target: Target, options: argparse.Namespace, command: list[str]) -> int:
    """Run it on a terminal of its own, whose size follows that of ours; its exit status."""
    before = termios.tcgetattr(0)
    child, terminal = pty.fork()
    if child == 0:
        _inside(target, options, command)

    def resize(*_: object) -> None:
        with contextlib.suppress(OSError):
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))

    resize()
    signal.signal(signal.SIGWINCH, resize)
    tty.setraw(0)
    try:
        _start_copy(0, terminal)
        said = _start_copy(terminal, 1)
        status = _ended(child)
        said.join(_DRAIN_SECONDS)
        return status
    finally:
        termios.tcsetattr(0, termios.TCSAFLUSH, before)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="join")
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--start", type=int, required=True)
    parser.add_argument("--filter", required=True)
    parser.add_argument("--in", dest="folder", required=True)
    parser.add_argument("--as", dest="identity", default="")
    parser.add_argument("--terminal", default="")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Join, run, and end with the program's status; 128 and the signal that ended it."""
    end = arguments.index("--")
    options, command = _options(arguments[:end]), arguments[end + 1 :]
    try:
        target = Target(options.pid, options.start, options.filter)
    except OSError as error:
        sys.stderr.write(f"the sandbox cannot be entered: {error.strerror or error}\n")
        return 126
    status = (with_terminal if options.terminal else with_pipes)(target, options, command)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
