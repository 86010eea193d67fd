"""The host's half of a bubblewrap sandbox: sets limits, starts bwrap, writes down who runs, and watches.

Usage: ``python3 -I -S confine.py [--OPTION VALUE]… -- BWRAP ARGUMENT…``. The first ``--hidden N`` of the arguments are
bwrap's options; they travel in a nameless file, because the sandbox can read the command line of its first process,
and the host's paths are none of its business. Standard streams are bwrap's. When this process ends, however it ends,
the kernel kills the sandbox. Where no control group holds memory and processes, it counts both a few times a second
and kills a sandbox that uses more than it may.
"""

from __future__ import annotations  # Python 3.9

import argparse
import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1
_CALM = 0.5
_ALERT = 0.1
OUT_OF_MEMORY = "out of memory"
TOO_MANY_PROCESSES = "too many processes"


def start_time(pid: int) -> int:
    """When a process started, in clock ticks since boot: with its id, this names it for ever. 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib costs 15 ms at each start
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def write_record(path: str, record: dict[str, Any]) -> None:
    """Replace a record in one step. Raises OSError, and leaves then what was there."""
    partial = f"{path}.partial"
    try:
        with open(partial, "w", encoding="utf-8") as file:  # noqa: PTH123 - see above
            json.dump(record, file)
        os.replace(partial, path)  # noqa: PTH105 - see above
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(partial)  # noqa: PTH108 - see above
        raise


def descendants(pid: int) -> list[int]:
    """A process and all below it. The first process of a process namespace has all of the namespace below it."""
    found, unseen = [], [pid]
    while unseen:
        current = unseen.pop()
        found.append(current)
        with contextlib.suppress(OSError, ValueError):
            for thread in os.listdir(f"/proc/{current}/task"):  # noqa: PTH208 - see above
                with open(f"/proc/{current}/task/{thread}/children", "rb") as file:  # noqa: PTH123 - see above
                    unseen += [int(child) for child in file.read().split()]
    return found


def _field(path: str, name: bytes) -> int:
    """Kilobytes in a line of a file of /proc; 0 when the process is gone."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(path, "rb") as file:  # noqa: PTH123 - see above
        for line in file:
            if line.startswith(name):
                return int(line.split()[1])
    return 0


def memory_kib(processes: list[int], limit: int) -> int:
    """Memory that is the processes' own. Pages shared after a fork are counted apart only when it matters."""
    rough = sum(_field(f"/proc/{pid}/status", b"RssAnon:") for pid in processes)
    if rough <= limit:
        return rough
    return sum(_field(f"/proc/{pid}/smaps_rollup", b"Pss_Anon:") for pid in processes)


def excess(init: int, options: argparse.Namespace) -> tuple[str, float]:
    """What the sandbox has too much of, or nothing, and the seconds until the next look."""
    processes = descendants(init)
    if options.processes and len(processes) > options.processes + 2:  # its first process and the forwarder are ours
        return TOO_MANY_PROCESSES, 0.0
    limit = options.memory << 10
    used = memory_kib(processes, limit) if limit else 0
    if limit and used > limit:
        return OUT_OF_MEMORY, 0.0
    return "", _ALERT if used > limit // 3 or len(processes) > options.processes // 3 else _CALM


def watch(bwrap: int, init: int, options: argparse.Namespace) -> str:
    """Look at the sandbox until bwrap ends; why it was killed, or an empty text when it ended by itself."""
    if not init or not (options.memory or options.processes):
        os.waitid(os.P_PID, bwrap, os.WEXITED | os.WNOWAIT)
        return ""
    ending = select.poll()
    ending.register(os.pidfd_open(bwrap), select.POLLIN)
    pause = _ALERT
    while not ending.poll(pause * 1000):
        reason, pause = excess(init, options)
        if reason:
            os.kill(bwrap, signal.SIGKILL)
            return reason
    return ""


def _start(command: list[str], descriptors: dict[str, int], parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    for name in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(name, signal.SIG_DFL)
    passed = []
    for option, descriptor in descriptors.items():
        os.set_inheritable(descriptor, True)
        passed += [option, str(descriptor)]
    os.execv(command[0], ["bwrap", *passed, *command[1:]])  # noqa: S606 - no shell is the point


def _hide(arguments: list[str]) -> int:
    """A file without a name that holds bwrap's options as it reads them."""
    descriptor = os.memfd_create("arguments")
    os.write(descriptor, b"".join(argument.encode() + b"\0" for argument in arguments))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _first_process(info: int) -> int:
    """The sandbox's first process as bwrap names it; 0 when bwrap failed before it had one."""
    with os.fdopen(info, "rb") as file:
        text = file.read()
    with contextlib.suppress(ValueError, KeyError):
        return int(json.loads(text)["child-pid"])
    return 0


def _limit(options: argparse.Namespace) -> None:
    for kind, value in ((resource.RLIMIT_NOFILE, options.files), (resource.RLIMIT_FSIZE, options.file_size << 20)):
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options.cpus:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cpus])
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - see above
        file.write("500")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="confine")
    for name in ("record", "group", "since", "filter"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("files", "file-size", "memory", "processes", "cpus", "hidden"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--setenv", nargs=2, action="append", default=[])
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run one sandbox to its end; its exit status, or 128 and the signal that ended it."""
    end = arguments.index("--")
    options, command = _options(arguments[:end]), arguments[end + 1 :]
    parent = os.getpid()
    record = {"pid": parent, "start": start_time(parent), "group": options.group, "since": options.since}
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{options.record}.ended")  # noqa: PTH108 - see above
    write_record(options.record, record)
    reader, writer = os.pipe()
    given = [part for name, value in options.setenv for part in ("--setenv", name, value)]
    hidden = _hide([*command[1 : options.hidden + 1], *given])
    descriptors = {"--seccomp": os.open(options.filter, os.O_RDONLY), "--info-fd": writer, "--args": hidden}
    bwrap = os.fork()
    if bwrap == 0:
        try:
            _limit(options)
            _start([command[0], *command[options.hidden + 1 :]], descriptors, parent)
        except OSError as error:
            sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        finally:
            os._exit(127)
    for descriptor in descriptors.values():
        os.close(descriptor)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    init = _first_process(reader)
    write_record(options.record, {**record, "init": init, "init_start": start_time(init)})
    reason = watch(bwrap, init, options)
    status = os.waitstatus_to_exitcode(os.waitpid(bwrap, 0)[1])
    if reason:
        sys.stderr.write(f"sandbox ended: {reason}\n")
        # On a full disk the reason is lost, but not the end itself.
        with contextlib.suppress(OSError), open(f"{options.record}.ended", "w", encoding="utf-8") as file:  # noqa: PTH123 - see above
            file.write(reason)
    os.unlink(options.record)  # noqa: PTH108 - see above
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
