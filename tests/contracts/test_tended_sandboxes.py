"""What a person sees of sandboxes, and can do with them, is the same for every kind."""

import asyncio
import json
import os
import pty
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace

import pytest

from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.sandboxes.choose import make_sandbox
from nanoclaw.sandboxes.contract import SandboxError, SandboxKind, SandboxState, TendedSandbox
from tests.contracts.sandbox_lab import Lab

_WAITING = ("sh", "-c", "echo ready; cat >/dev/null")


def _tended(lab: Lab) -> TendedSandbox:
    return make_sandbox(lab.sandbox.kind, lab.installation)


async def _enter(lab: Lab, name: str, *program: str, sent: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = _tended(lab).entrance(name, program, terminal="")
    return await asyncio.to_thread(
        subprocess.run, command, input=sent, capture_output=True, check=False, env=lab.environment, timeout=40
    )


async def test_a_running_sandbox_is_listed_with_group_state_and_beginning(lab: Lab) -> None:
    plan = lab.plan(*_WAITING)
    async with lab.running(plan):
        (found,) = await _tended(lab).listed()
    assert (found.name, found.group, found.state) == (plan.name, "main", SandboxState.RUNNING)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", found.since)


async def test_what_it_uses_is_counted(lab: Lab) -> None:
    code = "import time; x = b'x' * 60_000_000; print('ready', flush=True)\nwhile True: pass"
    plan = lab.plan("python3", "-c", code)
    async with lab.running(plan):
        (used,) = await _tended(lab).usage()
    assert used.name == plan.name
    assert 50 << 20 < used.memory < 512 << 20
    assert used.memory_limit is None or used.memory_limit == pytest.approx(512 << 20, rel=0.001)
    assert used.cpu_percent is not None
    assert used.cpu_percent > 5
    assert 1 <= used.processes <= 8


async def test_nothing_that_runs_uses_nothing(lab: Lab) -> None:
    assert await _tended(lab).usage() == ()


async def test_what_the_engine_remembers_tells_of_an_end(lab: Lab) -> None:
    if lab.sandbox.kind is SandboxKind.BUBBLEWRAP:
        pytest.skip("no engine remembers ordinary ends of sandboxes in bubblewrap")
    began = Milliseconds(SystemClock().now() - 1000)
    plan = lab.plan("sh", "-c", "exit 7")
    await asyncio.to_thread(lab.run, plan)
    async with asyncio.timeout(10):
        while not (ends := [one for one in await _tended(lab).happenings(began) if one.what == "die"]):  # noqa: ASYNC110 - an engine's
            await asyncio.sleep(0.1)  # the end of the client can overtake the event
    told = {one.name: one.status for one in ends}
    assert told[plan.name] == "7"
    assert all(one.at.endswith("Z") for one in ends)


async def test_a_memory_hog_s_end_is_remembered(lab: Lab) -> None:
    if lab.sandbox.kind is not SandboxKind.BUBBLEWRAP:
        pytest.skip("engines are tried with an ordinary end")
    began = Milliseconds(SystemClock().now() - 1000)
    plan = lab.plan("python3", "-c", "x = []\nwhile True: x.append(b'x' * 5_000_000)", memory_mib=128)
    await asyncio.to_thread(lab.run, plan)
    assert (plan.name, "out of memory") in {(one.name, one.what) for one in await _tended(lab).happenings(began)}
    later = Milliseconds(SystemClock().now() + 60_000)
    assert await _tended(lab).happenings(later) == ()


_WHO = r"""
import json, os, resource
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
print(json.dumps({
    "uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(), "cwd": os.getcwd(),
    "capabilities": {status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd", "CapInh")}.pop().strip("0"),
    "privileges": status["NoNewPrivs"], "filter": status["Seccomp"],
    "key": os.environ.get("ANTHROPIC_API_KEY"), "secret": "SECRET" in os.environ, "home": os.environ["HOME"],
    "first": os.path.exists("/proc/1/status"), "pid": os.getpid(), "root": sorted(os.listdir("/workspace")),
    "files": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
    "devices": [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line],
}))
"""


async def test_a_program_that_is_run_inside_is_held_as_the_agent_is(lab: Lab) -> None:
    plan = lab.plan(*_WAITING, open_files=300)
    async with lab.running(plan):
        done = await _enter(lab, plan.name, "python3", "-c", _WHO)
        assert done.returncode == 0, done.stderr
        who = json.loads(done.stdout)
    expected = lab.sandbox.workspace_owner or (os.geteuid(), os.getegid())
    assert (who["uid"], who["gid"]) == expected
    assert set(who["groups"]) <= {expected[1]}
    assert (who["capabilities"], who["privileges"], who["filter"]) == ("", "1", "2")
    assert (who["cwd"], who["home"], who["key"]) == ("/workspace/group", "/home/agent", "placeholder")
    assert not who["secret"]
    assert who["root"] == ["global", "group"]
    assert who["pid"] < 100
    assert who["files"] == 300
    assert who["devices"] == ["lo"]


async def test_streams_and_status_of_a_program_run_inside_pass_through(lab: Lab) -> None:
    plan = lab.plan(*_WAITING)
    async with lab.running(plan):
        done = await _enter(lab, plan.name, "sh", "-c", "cat; echo aside >&2; exit 7", sent=b"x" * 200_000)
        assert (done.returncode, len(done.stdout), done.stderr.strip()) == (7, 200_000, b"aside")
        missing = await _enter(lab, plan.name, "no-such-program")
        assert missing.returncode in {126, 127}
        awkward = await _enter(lab, plan.name, "printf", "%s|", "a b", "$HOME", "--", "")
        assert awkward.stdout == b"a b|$HOME|--||"


async def test_a_terminal_inside_is_one_of_its_own(lab: Lab) -> None:
    plan = lab.plan(*_WAITING)
    async with lab.running(plan):
        code = "test -t 0 && test -t 1 && echo it is one: $TERM; stty size; exit 3"
        command = _tended(lab).entrance(plan.name, ("sh", "-c", code), terminal="vt100")
        said, status = await asyncio.to_thread(_on_a_terminal, command, lab.environment)
    assert "it is one: vt100" in said
    assert status == 3


def _on_a_terminal(command: Sequence[str], environment: dict[str, str]) -> tuple[str, int]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:
        pass  # how Linux says that nobody has the other end any more
    os.close(ours)
    return said.decode(errors="replace"), process.wait(timeout=30)


async def test_what_does_not_run_cannot_be_entered(lab: Lab) -> None:
    if lab.sandbox.kind is SandboxKind.BUBBLEWRAP:
        with pytest.raises(SandboxError, match="does not run"):
            _tended(lab).entrance("nanoclaw-test-never-was", ("true",), terminal="")
    else:
        assert (await _enter(lab, "nanoclaw-test-never-was", "true")).returncode != 0


async def test_another_installation_s_sandboxes_are_neither_listed_counted_nor_told_of(lab: Lab) -> None:
    began = Milliseconds(SystemClock().now() - 1000)
    async with lab.running(lab.plan(*_WAITING)):
        other = make_sandbox(lab.sandbox.kind, replace(lab.installation, id="other", state=lab.places / "of-another"))
        assert await other.listed() == ()
        assert await other.usage() == ()
        assert await other.happenings(began) == ()
