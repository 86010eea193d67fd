import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nanoclaw.sandboxes.apple import AppleSandbox, apple_arguments, parse_listing, parse_usage
from nanoclaw.sandboxes.contract import SandboxError, SandboxPlan
from nanoclaw.sandboxes.installation import Installation, agent_user


def test_each_socket_is_shared_by_itself_and_there_is_no_network(
    make_plan: Callable[..., SandboxPlan], tmp_path: Path
) -> None:
    line = " ".join(apple_arguments(make_plan(), installation="i1", image="img:1", user=(501, 20)))
    assert f"--volume {tmp_path}/gateway/model.sock:/run/nanoclaw/model.sock" in line
    assert f"--volume {tmp_path}/gateway/proxy.sock:/run/nanoclaw/proxy.sock" in line
    assert "--network none" in line
    assert "--cap-drop ALL" in line
    assert f"source={tmp_path}/claude,target=/home/agent/.claude,readonly" in line
    assert line.endswith("img:1 claude")


def test_a_gateway_path_with_a_colon_is_refused(make_plan: Callable[..., SandboxPlan], tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="colon"):
        apple_arguments(make_plan(tmp_path / "a:b"), installation="i1", image="img:1", user=(501, 20))


def test_only_our_own_containers_are_listed() -> None:
    def entry(name: str, installation: str) -> dict[str, object]:
        labels = {"nanoclaw.installation": installation, "nanoclaw.group": "main"}
        return {"status": "running", "configuration": {"id": name, "labels": labels}}

    text = json.dumps([entry("a", "i1"), entry("b", "i2"), {"configuration": {"id": "c"}}])
    assert parse_listing(text, "i1") == [("a", "main", "running")]


def test_what_its_containers_use_is_read_as_documented() -> None:
    text = json.dumps([{"id": "a", "memoryUsageBytes": 7, "memoryLimitBytes": 9, "numProcesses": 2, "cpuUsageUsec": 1}])
    (used,) = parse_usage(text)
    assert (used.name, used.memory, used.memory_limit, used.processes) == ("a", 7, 9, 2)
    assert used.cpu_percent is None
    assert parse_usage("") == ()


def test_a_container_is_entered_as_the_agent_s_user(tmp_path: Path) -> None:
    sandbox = AppleSandbox(Installation(id="i1", state=tmp_path, environment={"PATH": "/nowhere"}))
    user, group = agent_user()
    words = " ".join(sandbox.entrance("a", ("ls", "-la"), terminal="vt100"))
    assert words == f"container exec --interactive --tty --env TERM=vt100 --user {user}:{group} a ls -la"
    assert "--tty" not in sandbox.entrance("a", ("ls",), terminal="")
