"""What an agent finds out about its own sandbox: a program that it runs, and the report that comes back.

The program uses nothing but the standard library of the sandbox's own Python.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

_BEGIN, _END = "PROBE<", ">PROBE"
_PROGRAM = r"""
import base64, json, os, socket
HOME, PORTS = @HOME@, @PORTS@
status = dict(line.rstrip("\n").split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
mounts = []
for line in open("/proc/self/mountinfo"):
    fields, _, rest = line.partition(" - ")
    place = fields.split(" ")[4]
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\134", "\\")):
        place = place.replace(code, sign)
    mounts.append([place, rest.split(" ")[0]])
def listing(place):
    try:
        return sorted(os.listdir(place))
    except OSError:
        return None
def readable(place):
    try:
        if os.path.isdir(place):
            os.listdir(place)
        else:
            open(place, "rb").close()
    except OSError:
        return False
    return True
def writable(place):
    try:
        handle = os.open(place + "/nanoclaw-verify", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except OSError:
        return False
    os.close(handle)
    os.unlink(place + "/nanoclaw-verify")
    return True
def reaches(host, port):
    try:
        socket.create_connection((host, port), 1).close()
    except ConnectionRefusedError:
        return host not in ("127.0.0.1", "::1")
    except OSError:
        return False
    return True
PRIVATE = [HOME, HOME + "/.env", HOME + "/store/messages.db", HOME + "/groups", "/etc/shadow", "/root/.ssh"]
PRIVATE += ["/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/proc/1/root/root/.ssh"]
HOSTS = [("1.1.1.1", 443), ("example.com", 443), ("169.254.169.254", 80), ("172.17.0.1", 22), ("10.0.2.2", 22)]
HOSTS += [("127.0.0.1", port) for port in PORTS]
report = {
    "user": [os.getuid(), os.geteuid(), os.getgid()],
    "capabilities": {name: status.get(name, "?").strip() for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")},
    "no_new_privileges": status.get("NoNewPrivs", "?").strip(),
    "seccomp": status.get("Seccomp", "?").strip(),
    "mounts": mounts,
    "root": listing("/"),
    "workspace": listing("/workspace"),
    "readable": [place for place in PRIVATE if readable(place)],
    "writable": [place for place in ("/", "/usr", "/etc", "/workspace/global", "/run/nanoclaw") if writable(place)],
    "reached": [f"{host}:{port}" for host, port in HOSTS if reaches(host, port)],
    "interfaces": [line.partition(":")[0].strip() for line in open("/proc/net/dev") if ":" in line],
}
print("PROBE<" + base64.b64encode(json.dumps(report).encode()).decode() + ">PROBE")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What an agent found. ``mounts`` are a place and its kind of file system."""

    user: tuple[int, ...]
    capabilities: dict[str, str]
    no_new_privileges: str
    seccomp: str
    mounts: tuple[tuple[str, str], ...]
    root: tuple[str, ...]
    workspace: tuple[str, ...]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    reached: tuple[str, ...]
    interfaces: tuple[str, ...]


def probe_command(home: str, ports: tuple[int, ...]) -> str:
    """The shell command that lists the root as `ls -la` does, and runs the program."""
    program = _PROGRAM.replace("@HOME@", json.dumps(home)).replace("@PORTS@", json.dumps(list(ports)))
    text = base64.b64encode(program.encode()).decode()
    return f"ls -la / /workspace >/dev/null; echo {text} | base64 -d | python3 -I -"


def read_report(said: str) -> Inside | None:
    """The report in an answer; None where there is none that can be read."""
    _, begin, rest = said.partition(_BEGIN)
    text, end, _ = rest.partition(_END)
    if not begin or not end:
        return None
    try:
        raw: dict[str, Any] = json.loads(base64.b64decode(text))
        return Inside(
            user=tuple(map(int, raw["user"])),
            capabilities={str(name): str(value) for name, value in raw["capabilities"].items()},
            no_new_privileges=str(raw["no_new_privileges"]),
            seccomp=str(raw["seccomp"]),
            mounts=tuple((str(place), str(kind)) for place, kind in raw["mounts"]),
            root=tuple(map(str, raw["root"] or ())),
            workspace=tuple(map(str, raw["workspace"] or ())),
            readable=tuple(map(str, raw["readable"])),
            writable=tuple(map(str, raw["writable"])),
            reached=tuple(map(str, raw["reached"])),
            interfaces=tuple(map(str, raw["interfaces"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
