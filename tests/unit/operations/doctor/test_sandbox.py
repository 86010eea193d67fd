from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest

from nanoclaw.model.groups import GroupFolder
from nanoclaw.operations.doctor.checks import container_flags, container_limits, container_mounts, container_network
from nanoclaw.operations.doctor.checks.container_flags import CONTAINER_FLAGS
from nanoclaw.operations.doctor.checks.container_mounts import planned
from nanoclaw.operations.doctor.checks.image import IMAGE
from nanoclaw.operations.doctor.checks.orphans import ORPHANS
from nanoclaw.operations.doctor.containers import Inside, interfaces, parse
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.operations.doctor.ground import Engine, Fact
from nanoclaw.operations.doctor.secrets import KeyFinder
from nanoclaw.sandboxes.contract import (
    EngineUnavailableError,
    RunningSandbox,
    Sandbox,
    SandboxKind,
    SandboxReport,
)
from nanoclaw.settings.home import Home
from tests.unit.operations.doctor.conftest import Make, group, is_ok, known, mend, only, run

OK, WARNING, ERROR, SKIPPED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.SKIPPED
NOBODY = KeyFinder(None)
GOOD: dict[str, Any] = {
    "Name": "/nanoclaw-family-1",
    "State": {"Pid": 4321},
    "Config": {"User": "1000:1000", "Labels": {"nanoclaw.group": "family"}, "Env": ["ANTHROPIC_API_KEY=placeholder"]},
    "HostConfig": {
        "NetworkMode": "none",
        "CapDrop": ["ALL"],
        "CapAdd": None,
        "SecurityOpt": ["no-new-privileges", "seccomp={...}"],
        "ReadonlyRootfs": True,
        "Privileged": False,
        "Memory": 2 << 30,
        "PidsLimit": 512,
        "NanoCpus": 2_000_000_000,
        "RestartPolicy": {"Name": "no"},
        "PidMode": "",
        "IpcMode": "private",
    },
    "Mounts": [],
}


def _with(*path: str, value: object) -> dict[str, Any]:
    raw = deepcopy(GOOD)
    place = raw
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return raw


def test_a_container_as_we_start_it_is_fine() -> None:
    assert container_flags.judge(parse(GOOD), NOBODY) == []
    assert container_limits.judge(parse(GOOD)) == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (_with("HostConfig", "NetworkMode", value="bridge"), "network 'bridge'"),
        (_with("HostConfig", "Privileged", value=True), "privileged"),
        (_with("HostConfig", "CapDrop", value=[]), "capabilities"),
        (_with("HostConfig", "CapAdd", value=["SYS_ADMIN"]), "capabilities"),
        (_with("HostConfig", "SecurityOpt", value=["seccomp={}"]), "may gain privileges"),
        (_with("HostConfig", "SecurityOpt", value=["no-new-privileges", "seccomp=unconfined"]), "system calls"),
        (_with("HostConfig", "SecurityOpt", value=["no-new-privileges"]), "system calls"),
        (_with("HostConfig", "ReadonlyRootfs", value=False), "write its own system"),
        (_with("HostConfig", "PidMode", value="host"), "PidMode"),
        (_with("Config", "User", value=""), "root"),
        (_with("Config", "User", value="0:0"), "root"),
        (_with("Config", "Env", value=["KEY=sk-ant-api03-0123456789abcdefgh"]), "key in its environment"),
    ],
)
def test_each_privilege_that_a_container_has_is_an_error(raw: dict[str, Any], said: str) -> None:
    (finding,) = container_flags.judge(parse(raw), NOBODY)
    assert (finding.severity, said in finding.what.en) == (ERROR, True)
    assert "sk-ant" not in finding.what.en


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (_with("HostConfig", "Memory", value=0), "memory"),
        (_with("HostConfig", "PidsLimit", value=-1), "processes"),
        (_with("HostConfig", "PidsLimit", value=None), "processes"),
        (_with("HostConfig", "NanoCpus", value=0), "processors"),
        (_with("HostConfig", "RestartPolicy", value={"Name": "always"}), "restarted"),
    ],
)
def test_each_limit_that_a_container_lacks_is_an_error(raw: dict[str, Any], said: str) -> None:
    (finding,) = container_limits.judge(parse(raw))
    assert (finding.severity, said in finding.what.en) == (ERROR, True)


def test_podman_tells_what_came_of_the_capabilities() -> None:
    assert parse({**GOOD, "EffectiveCaps": []}).capabilities is False
    assert parse({**GOOD, "EffectiveCaps": ["CAP_CHOWN"]}).capabilities is True


def _bind(source: Path, target: str, *, writable: bool) -> dict[str, Any]:
    return {"Type": "bind", "Source": str(source), "Destination": target, "RW": writable}


def _seen(home: Home, *more: dict[str, Any]) -> dict[str, Any]:
    own = [
        _bind(home.group(GroupFolder("family")), "/workspace/group", writable=True),
        _bind(home.global_folder, "/workspace/global", writable=False),
        _bind(home.sessions(GroupFolder("family")), "/home/agent/.claude", writable=True),
        _bind(home.gateway(GroupFolder("family")), "/run/nanoclaw", writable=False),
    ]
    return {**GOOD, "Mounts": [*own, *more]}


def _plan(ground: Make, home: Home) -> Any:
    group(home, "family")
    (family,) = run(ground().roll.get()).groups
    return planned(home, family, Path("/nowhere/allowlist.json"))


def test_mounts_as_planned_are_fine_and_any_other_is_an_error(ground: Make, home: Home, tmp_path: Path) -> None:
    plan = _plan(ground, home)
    assert container_mounts.judge(parse(_seen(home)), plan, home) == []
    for strange in (
        _bind(tmp_path, "/workspace/extra/all", writable=False),
        _bind(Path("/var/run/docker.sock"), "/var/run/docker.sock", writable=True),
        _bind(home.gateway(GroupFolder("main")), "/run/nanoclaw", writable=False),
        _bind(home.global_folder, "/workspace/global", writable=True),
    ):
        (finding,) = container_mounts.judge(parse(_seen(home, strange)), plan, home)
        assert (finding.severity, strange["Destination"] in finding.what.en) == (ERROR, True)


def test_a_mount_that_is_missing_is_an_error(ground: Make, home: Home) -> None:
    raw = _seen(home)
    raw["Mounts"] = raw["Mounts"][1:]
    (finding,) = container_mounts.judge(parse(raw), _plan(ground, home), home)
    assert "lacks /workspace/group" in finding.what.en


def test_only_the_loopback_is_a_closed_network() -> None:
    assert container_network.judge("a", ("lo",)) is None
    opened = container_network.judge("a", ("eth0", "lo"))
    assert opened is not None
    assert (opened.severity, "eth0" in opened.what.en) == (ERROR, True)
    unknown = container_network.judge("a", None)
    assert unknown is not None
    assert unknown.severity is SKIPPED


def test_what_the_trial_inside_reached_is_an_error() -> None:
    assert container_network.judge_trial("a", "open:") is None
    reached = container_network.judge_trial("a", "open: 1.1.1.1")
    assert reached is not None
    assert (reached.severity, "1.1.1.1" in reached.what.en) == (ERROR, True)
    failed = container_network.judge_trial("a", "")
    assert failed is not None
    assert failed.severity is SKIPPED


def test_interfaces_are_read_as_the_kernel_shows_them() -> None:
    own = interfaces(Path("/proc"), 1)
    assert own is None or "lo" in own
    assert interfaces(Path("/proc"), 2**30) is None


def test_a_sandbox_without_an_engine_is_judged_by_what_runs_inside() -> None:
    good = Inside(name="a", pid=1, root=False, capabilities=False, new_privileges=False, unfiltered=False)
    assert container_flags.judge_inside(good) == []
    bad = Inside(name="a", pid=1, root=True, capabilities=True, new_privileges=True, unfiltered=True)
    assert len(container_flags.judge_inside(bad)) == 4


def test_without_running_agents_there_is_nothing_to_inspect(ground: Make) -> None:
    none = Engine(sandbox=None, report=SandboxReport(kind=SandboxKind.DOCKER, usable=True))
    assert only(CONTAINER_FLAGS, ground(engine=known(none))).severity is SKIPPED


def test_an_image_that_is_not_current_is_an_error_with_a_fix_that_builds_it(ground: Make) -> None:
    sandbox = _Builds()

    def engine() -> Fact[Engine]:
        return known(Engine(sandbox=cast("Sandbox", sandbox), report=sandbox.now()))

    assert only(IMAGE, ground(engine=engine())).severity is ERROR
    assert mend(IMAGE, ground(engine=engine())) == ["built the agent image for docker"]
    assert is_ok(IMAGE, ground(engine=engine()))
    assert mend(IMAGE, ground(engine=engine())) == []


class _Builds:
    """A sandbox whose image is missing until it is built, as far as the fix uses one."""

    kind = SandboxKind.DOCKER

    def __init__(self) -> None:
        self.built = False

    def now(self) -> SandboxReport:
        return SandboxReport(kind=self.kind, usable=True, ready=self.built, problem="" if self.built else "not built")

    async def report(self) -> SandboxReport:
        return self.now()

    async def prepare(self, _progress: object) -> None:
        self.built = True


def test_sandboxes_that_outlived_their_assistant_are_a_warning(ground: Make) -> None:
    left = RunningSandbox(name="nanoclaw-1", group=GroupFolder("family"))
    report = SandboxReport(kind=SandboxKind.DOCKER, usable=True)
    engine = Engine(sandbox=None, report=report, running=(left,))
    assert only(ORPHANS, ground(engine=known(engine))).severity is WARNING
    assert is_ok(ORPHANS, ground(engine=known(engine), status=known({"running": True})))
    assert is_ok(ORPHANS, ground(engine=known(Engine(sandbox=None, report=report))))
    none = Engine(sandbox=None, problem=EngineUnavailableError("none"))
    assert only(ORPHANS, ground(engine=known(none))).severity is SKIPPED
