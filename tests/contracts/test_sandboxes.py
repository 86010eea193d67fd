"""Every sandbox kind keeps the same promises, tried from inside with real programs and the real ``claude``."""

import ast
import asyncio
import os
import platform
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from socket import AF_UNIX, SHUT_WR, socket

import pytest

from nanoclaw.model.clock import SystemClock
from nanoclaw.sandboxes.choose import make_sandbox
from nanoclaw.sandboxes.contract import (
    EndReason,
    SandboxKind,
)
from nanoclaw.sandboxes.launcher import write_launcher
from tests.contracts.sandbox_lab import Lab

_MIB = 1 << 20


_WAITING = ("sh", "-c", "echo ready; cat >/dev/null")


def test_standard_streams_pass_both_ways(lab: Lab) -> None:
    done = lab.run(lab.plan("sh", "-c", "cat; echo aside >&2"), sent=b'{"type":"user"}\n')
    assert done.stdout == b'{"type":"user"}\n'
    assert done.stderr.strip() == b"aside"


def test_large_output_arrives_whole(lab: Lab) -> None:
    done = lab.run(lab.plan("python3", "-c", "import sys; sys.stdout.write('x' * 30_000_000 + '\\n')"))
    assert len(done.stdout) == 30_000_001


def test_the_exit_status_passes_through(lab: Lab) -> None:
    assert lab.run(lab.plan("sh", "-c", "exit 7")).returncode == 7


def test_arguments_are_appended_untouched(lab: Lab) -> None:
    command = [*lab.sandbox.command(lab.plan("printf", "%s|")), "--model", "a b", "--", "$HOME", ""]
    done = subprocess.run(command, capture_output=True, check=False, env=lab.environment, timeout=50)
    assert done.stdout.decode() == "--model|a b|--|$HOME||"


def test_the_real_claude_runs_behind_a_launcher(lab: Lab, tmp_path: Path) -> None:
    launcher = write_launcher(tmp_path / "launch", lab.sandbox.command(lab.plan("claude")))
    done = subprocess.run([launcher, "--version"], capture_output=True, check=False, env=lab.environment, timeout=50)
    assert b"Claude Code" in done.stdout, done.stderr


def test_the_agent_is_an_ordinary_user_without_any_capability(lab: Lab) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in lab.python("print(open('/proc/self/status').read())").splitlines()
        if ":\t" in line
    )
    assert "0" not in status["Uid"].split()
    assert {status[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {""}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_the_first_process_is_confined_like_all_others(lab: Lab) -> None:
    assert "Seccomp:\t2" in lab.python("print(open('/proc/1/status').read())")


def test_only_planned_places_are_mounted_from_the_host(lab: Lab) -> None:
    done = lab.run(
        lab.plan("sh", "-c", "ls -A /workspace /workspace/global /root /home 2>/dev/null; ls /var/lib/docker")
    )
    seen = set(done.stdout.decode().split())
    assert seen == {"/workspace:", "/workspace/global:", "group", "global", "CLAUDE.md", "/home:", "agent"} | (
        seen & {"/root:", ".bashrc", ".profile"}
    )


def test_what_the_agent_writes_is_on_the_host_under_the_promised_owner(lab: Lab) -> None:
    lab.python("open('/workspace/group/note', 'w').write('kept')")
    note = lab.places / "group" / "note"
    assert note.read_text() == "kept"
    assert (note.stat().st_uid, note.stat().st_gid) == (lab.sandbox.workspace_owner or (os.geteuid(), os.getegid()))


@pytest.mark.parametrize(
    "path", ["/x", "/usr/x", "/etc/x", "/dev/x", "/workspace/x", "/workspace/global/x", "/run/nanoclaw/x", "/opt/x"]
)
def test_nothing_else_can_be_written(lab: Lab, path: str) -> None:
    done = lab.run(lab.plan("sh", "-c", f"mkdir -p $(dirname {path}); echo x >{path}"))
    assert done.returncode != 0
    assert b"Read-only" in done.stderr or b"denied" in done.stderr


def test_there_is_no_network(lab: Lab) -> None:
    code = """
import os, socket, time
began = time.monotonic()
try:
    socket.create_connection(("1.1.1.1", 443), timeout=5)
    error = 0
except OSError as failure:
    error = failure.errno
print([error, time.monotonic() - began < 1, [name for _, name in socket.if_nameindex()]])
"""
    error, at_once, interfaces = ast.literal_eval(lab.python(code))
    assert error == 101
    assert at_once
    assert [name for name in interfaces if not name.startswith(("tunl", "sit", "ip6tnl", "gre", "erspan", "ip_"))] == [
        "lo"
    ]


_FORBIDDEN = {
    "ptrace": "libc.ptrace(16, 1, 0, 0)",
    "process_vm_readv": "libc.process_vm_readv(os.getpid(), None, 0, None, 0, 0)",
    "mkfifo": "os.mkfifo('/tmp/pipe')",
    "mknod": "os.mknod('/tmp/node', 0o100600)",
    "unshare": "libc.unshare(0x10000000)",
    "setns": "libc.setns(0, 0)",
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "personality": "libc.personality(0x0040000)",
    "AF_VSOCK": "socket.socket(40, socket.SOCK_STREAM)",
    "AF_PACKET": "socket.socket(17, socket.SOCK_RAW)",
    "AF_ALG": "socket.socket(38, socket.SOCK_SEQPACKET)",
    "AF_NETLINK but ROUTE": "socket.socket(16, socket.SOCK_RAW, 12)",
    "io_uring_setup": "libc.syscall(425, 1, 0)",
    "open_tree": "libc.syscall(428, -100, b'/', 0)",
    "fsopen": "libc.syscall(430, b'tmpfs', 0)",
    "open_by_handle_at": "libc.open_by_handle_at(0, None, 0)",
    "add_key": "libc.syscall(NUMBERS['add_key'], b'user', b'x', b'x', 1, -3)",
    "bpf": "libc.syscall(NUMBERS['bpf'], 0, 0, 0)",
    "userfaultfd": "libc.syscall(NUMBERS['userfaultfd'], 1)",
    "perf_event_open": "libc.syscall(NUMBERS['perf_event_open'], 0, 0, -1, -1, 0)",
    "clone with a new user namespace": "libc.syscall(NUMBERS['clone'], 0x10000011, 0, 0, 0, 0)",
}
_NUMBERS = {
    "x86_64": {"add_key": 248, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298, "clone": 56},
    "aarch64": {"add_key": 217, "bpf": 280, "userfaultfd": 282, "perf_event_open": 241, "clone": 220},
}


def test_dangerous_system_calls_are_refused(lab: Lab) -> None:
    code = f"""
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {_NUMBERS[platform.machine()]}
refused = {{}}
for name, attempt in {_FORBIDDEN}.items():
    try:
        result = eval(attempt)
        refused[name] = ctypes.get_errno() if result == -1 else 0
    except OSError as error:
        refused[name] = error.errno
print(refused)
"""
    if lab.run(lab.plan("python3", "-c", "import ctypes")).returncode:
        pytest.skip("the base image's Python has no ctypes, so the calls cannot be made")
    assert ast.literal_eval(lab.python(code)) == dict.fromkeys(_FORBIDDEN, 1)


def test_clone3_is_reported_missing_so_that_libraries_use_clone(lab: Lab) -> None:
    code = "import ctypes; l = ctypes.CDLL(None, use_errno=True); l.syscall(435, 0, 0); print(ctypes.get_errno())"
    if lab.run(lab.plan("python3", "-c", "import ctypes")).returncode:
        pytest.skip("the base image's Python has no ctypes, so the call cannot be made")
    assert lab.python(code) == "38"


def test_the_environment_holds_placeholders_only(lab: Lab) -> None:
    seen = ast.literal_eval(lab.python("import os; print(dict(os.environ))"))
    assert seen["ANTHROPIC_API_KEY"] == "placeholder"
    assert seen["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:8181"
    assert seen["HTTPS_PROXY"] == "http://127.0.0.1:8182"
    assert (seen["HOME"], seen["CLAUDE_CONFIG_DIR"]) == ("/home/agent", "/home/agent/.claude")
    assert (seen["GREETING"], seen["CLAUDE_CODE_ENTRYPOINT"]) == ("hello, you", "sdk-py")
    assert "SECRET" not in seen


def test_the_command_lines_inside_tell_nothing_of_the_host(lab: Lab) -> None:
    code = "import glob; print([open(p, 'rb').read() for p in glob.glob('/proc/[0-9]*/cmdline')])"
    assert str(lab.places) not in lab.python(code)


@pytest.mark.parametrize("folder", ["/tmp", "/home/agent"])
def test_temporary_folders_are_bounded(lab: Lab, folder: str) -> None:
    assert int(lab.python(f"import os; s = os.statvfs('{folder}'); print(s.f_frsize * s.f_blocks)")) == 16 * _MIB


def test_a_file_cannot_outgrow_its_limit(lab: Lab) -> None:
    done = lab.run(lab.plan("sh", "-c", "head -c 9000000 /dev/zero >big", file_size_mib=8))
    assert done.returncode != 0
    assert (lab.places / "group" / "big").stat().st_size == 8 * _MIB


def test_open_files_are_limited(lab: Lab) -> None:
    done = lab.run(lab.plan("sh", "-c", "ulimit -Hn; ulimit -Hc", open_files=300))
    assert done.stdout.split() == [b"300", b"0"]


def test_a_fork_bomb_is_stopped(lab: Lab) -> None:
    code = """
import os, time
born = 0
while born < 400:
    try:
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
        born += 1
    except OSError:
        break
print(born, flush=True)
time.sleep(3)
os.kill(-1, 9)
"""
    done = lab.run(lab.plan("python3", "-c", code, processes=96))
    born = int(done.stdout or b"400")
    assert born < 96 or b"too many processes" in done.stderr


async def test_a_memory_hog_is_stopped_and_the_reason_is_known(lab: Lab) -> None:
    plan = lab.plan("python3", "-c", "x = []\nwhile True: x.append(b'x' * 5_000_000)", memory_mib=128)
    began = SystemClock().now()
    done = await asyncio.to_thread(lab.run, plan)
    assert done.returncode == 137
    reason = await lab.sandbox.why_ended(plan.name, began)
    if lab.sandbox.kind is SandboxKind.PODMAN:
        assert reason in {EndReason.EXITED, EndReason.OUT_OF_MEMORY}  # older versions do not tell
    else:
        assert reason is EndReason.OUT_OF_MEMORY


async def test_an_ordinary_end_is_known_as_one(lab: Lab) -> None:
    plan = lab.plan("true")
    began = SystemClock().now()
    await asyncio.to_thread(lab.run, plan)
    assert await lab.sandbox.why_ended(plan.name, began) is EndReason.EXITED


@pytest.fixture
def gateway(lab: Lab) -> Iterator[Callable[[str], list[bytes]]]:
    """Makes a server that answers once the client has finished, on one of the two sockets."""
    listeners: list[socket] = []

    def serve(name: str) -> list[bytes]:
        received: list[bytes] = []
        listener = socket(AF_UNIX)
        listeners.append(listener)
        path = lab.places / "gateway" / name
        path.unlink(missing_ok=True)
        here = os.open(path.parent, os.O_RDONLY)  # the whole path may be too long for a socket
        try:
            listener.bind(f"/proc/self/fd/{here}/{name}")
        finally:
            os.close(here)
        path.chmod(0o666)
        listener.listen(300)
        threading.Thread(target=_answer, args=(listener, received), daemon=True).start()
        return received

    yield serve
    for listener in listeners:
        listener.close()


def _answer(listener: socket, received: list[bytes]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            request = b"".join(iter(lambda: client.recv(65_536), b""))  # noqa: B023 - called at once
            received.append(request)
            client.sendall(b"answer to " + request[:10] + b"." * len(request))
            client.shutdown(SHUT_WR)


_ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", PORT)) as connection:
    connection.sendall(b"a question" + b"?" * SIZE)
    connection.shutdown(socket.SHUT_WR)
    answer = b"".join(iter(lambda: connection.recv(65536), b""))
print(answer[:20].decode(), len(answer))
"""


@pytest.mark.parametrize(("name", "port"), [("model.sock", 8181), ("proxy.sock", 8182)])
@pytest.mark.parametrize("size", [1, 3_000_000])
def test_the_ports_inside_reach_the_gateways_sockets(
    lab: Lab, gateway: Callable[[str], list[bytes]], name: str, port: int, size: int
) -> None:
    received = gateway(name)
    said = lab.python(_ASK.replace("PORT", str(port)).replace("SIZE", str(size)))
    assert said == f"answer to a question {30 + size}"
    assert received == [b"a question" + b"?" * size]


def test_the_forwarder_outlives_many_clients(lab: Lab, gateway: Callable[[str], list[bytes]]) -> None:
    received = gateway("model.sock")
    code = _ASK.replace("PORT", "8181").replace("SIZE", "10").replace("\n", "\n    ")
    lab.python(f"import os\nfor _ in range(600):\n    {code}\n")
    assert len(received) == 600


def test_without_a_gateway_a_client_is_told_at_once(lab: Lab) -> None:
    (lab.places / "gateway" / "proxy.sock").unlink(missing_ok=True)
    code = "import socket; c = socket.create_connection(('127.0.0.1', 8182), 5); print(c.recv(10))"
    done = lab.run(lab.plan("python3", "-c", code))
    assert done.stdout.strip() == b"b''" or b"ConnectionReset" in done.stderr


async def test_a_running_sandbox_is_listed_and_stop_ends_all_of_it(lab: Lab) -> None:
    plan = lab.plan(
        "sh", "-c", f"sleep 31{os.getpid()} & (setsid sleep 31{os.getpid()} &) ; echo ready; cat >/dev/null"
    )
    async with lab.running(plan) as process:
        (found,) = await lab.sandbox.running()
        assert (found.name, found.group) == (plan.name, "main")
        assert _processes(f"31{os.getpid()}")
        began = time.monotonic()
        await lab.sandbox.stop(plan.name)
        assert time.monotonic() - began < 5
        assert not _processes(f"31{os.getpid()}")
        async with asyncio.timeout(5):
            assert await process.wait() != 0
    assert await lab.sandbox.running() == ()


async def test_stopping_what_is_gone_is_quiet(lab: Lab) -> None:
    await lab.sandbox.stop("nanoclaw-test-never-was")


async def test_it_ends_when_its_input_ends_and_leaves_nothing(lab: Lab) -> None:
    async with lab.running(lab.plan(*_WAITING)) as process:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    assert await lab.sandbox.running() == ()


async def test_what_a_killed_client_leaves_behind_is_reaped(lab: Lab) -> None:
    plan = lab.plan("sh", "-c", f"echo ready; sleep 32{os.getpid()}")
    async with lab.running(plan) as process:
        process.kill()
        await process.wait()
        later = make_sandbox(lab.sandbox.kind, lab.installation)
        await later.reap()
        assert not _processes(f"32{os.getpid()}")
        assert await later.running() == ()


async def test_another_installations_sandbox_survives_everything(lab: Lab) -> None:
    plan = lab.plan(*_WAITING)
    async with lab.running(plan):
        other = make_sandbox(lab.sandbox.kind, replace(lab.installation, id="other", state=lab.places / "other"))
        assert await other.running() == ()
        assert await other.reap() == ()
        await other.stop(plan.name)
        assert [each.name for each in await lab.sandbox.running()] == [plan.name]


async def test_the_report_says_that_it_is_ready(lab: Lab) -> None:
    report = await lab.sandbox.report()
    assert report.usable
    assert report.ready
    assert report.version
    assert report.notes


def _processes(word: str) -> list[str]:
    """Command lines on this machine that hold a word, but for ours."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if line.startswith("sleep\0") and word in line:
            found.append(line)
    return found
