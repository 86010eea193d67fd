"""The doctor on a whole installation with living agents, and on containers that are not as they should be."""

import asyncio
import json
import subprocess
from typing import Any

import pytest

from nanoclaw.store.survey import read_roll
from nanoclaw.stub_model.script import Rule
from tests.integration.installation import BASE_IMAGE, Installation

# Not --privileged: an engine that runs in a container itself cannot give that.
_OPEN = (
    *("--network", "bridge", "--pid", "host", "--restart", "on-failure"),
    *("--security-opt", "seccomp=unconfined"),
    *("--env", "KEY=sk-ant-api03-0123456789abcdefgh"),
)


async def _doctor(installation: Installation, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """Findings by check."""
    ran = await asyncio.to_thread(installation.run, "doctor", "--json", *arguments)
    assert ran.returncode in {0, 1, 2}, ran.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(ran.stdout)["findings"]:
        found.setdefault(finding["check"], []).append(finding)
    return found


def _bad(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    return {
        check: [one["what"] for one in findings if one["severity"] in {"warning", "error"}]
        for check, findings in found.items()
        if any(one["severity"] in {"warning", "error"} for one in findings)
    }


def _engine(*arguments: str) -> str:
    ran = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=40)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


async def _start_beside(installation: Installation, *arguments: str) -> str:
    """A container that claims to be the installation's, started by somebody else."""
    document = await asyncio.to_thread(read_roll, installation.home / "store" / "messages.db")
    labels = ("--label", f"nanoclaw.installation={document.installation}", "--label", "nanoclaw.group=main")
    return _engine("run", "--detach", *labels, *arguments, BASE_IMAGE, "sleep", "60")


def _remove(container: str) -> None:
    _engine("rm", "--force", container)


async def test_a_living_installation_is_in_order_in_every_part_that_is_its_own(installation: Installation) -> None:
    installation.script(Rule(when=".", reply="Hello."))
    await installation.start()
    await installation.answer("hello")
    for name in ("daemon.out", "config.toml"):
        (installation.home / name).chmod(0o600)  # the test made them, not the program
    found = await _doctor(installation, "--live")
    parts = ("credential", "running", "container-flags", "container-network", "database-lock", "database-integrity")
    assert {part: found[part][0]["severity"] for part in parts} == dict.fromkeys(parts, "ok"), found
    assert "1 running" in found["container-flags"][0]["what"]
    own = {"home-modes", "database-modes", "log-modes", "folders", "ipc", "triggers", "keys-in-logs", "keys-in-groups"}
    assert not own & set(_bad(found)), _bad(found)
    if installation.kind == "docker":
        assert [found[part][0]["severity"] for part in ("container-limits", "container-mounts")] == ["ok", "ok"]
        assert "tried from inside" in found["container-network"][0]["what"]


@pytest.mark.docker
async def test_a_container_with_privileges_a_network_and_strange_mounts_is_told_of_by_each_check(
    docker: Installation,
) -> None:
    docker.script(Rule(when=".", reply="Hello."))
    await docker.start()
    await docker.answer("hello")
    (ours,) = docker.containers()
    started = await _start_beside(docker, *_OPEN, "--volume", f"{docker.home}:/workspace/extra/home")
    try:
        bad = _bad(await _doctor(docker, "--live"))
    finally:
        _remove(started)
    flags = " ".join(bad["container-flags"])
    for said in ("network 'bridge'", "capabilities", "system calls", "as root", "PidMode", "a key in"):
        assert said in flags
    assert "sk-ant" not in flags
    assert len(bad["container-limits"]) == 4
    assert any("/workspace/extra/home" in line for line in bad["container-mounts"])
    assert any("eth0" in line for line in bad["container-network"])
    assert not any(ours in line for lines in bad.values() for line in lines), "our own is as it should be"


@pytest.mark.docker
async def test_after_a_kill_the_stale_sockets_are_found_and_removed_once(docker: Installation) -> None:
    docker.script(Rule(when=".", reply="Hello."))
    await docker.start()
    await docker.answer("hello")
    await docker.kill()
    assert {"running", "ipc"} <= set(_bad(await _doctor(docker)))
    assert "model.sock" in docker.run("doctor", "--fix").stdout
    assert "ipc" not in _bad(await _doctor(docker))
    assert "Repaired" not in docker.run("doctor", "--fix").stdout


@pytest.mark.docker
async def test_a_container_that_outlived_its_assistant_is_found(docker: Installation) -> None:
    await docker.start()
    await docker.stop()
    started = await _start_beside(docker)
    try:
        bad = _bad(await _doctor(docker))
    finally:
        _remove(started)
    assert "assistant that is gone" in bad["orphans"][0]
