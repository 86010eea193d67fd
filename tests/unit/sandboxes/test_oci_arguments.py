from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from nanoclaw.sandboxes.contract import Mount, SandboxError, SandboxPlan
from nanoclaw.sandboxes.oci_arguments import OciChoices, bind_mount, run_arguments

_TARGET = PurePosixPath("/workspace/group")


def _arguments(plan: SandboxPlan, **choices: str) -> str:
    chosen = OciChoices(installation="i1", image="img:1", user=(1000, 1000), seccomp=Path("/s.json"), **choices)  # type: ignore[arg-type]
    return " ".join(run_arguments(plan, chosen))


def test_a_comma_in_a_path_cannot_add_a_mount_option(tmp_path: Path) -> None:
    source = tmp_path / "a,readonly=false,source=x"
    source.mkdir()
    assert bind_mount(Mount(source=source, target=_TARGET)) == f'type=bind,"source={source}",target={_TARGET},readonly'


def test_a_quote_in_a_path_stays_part_of_it(tmp_path: Path) -> None:
    source = tmp_path / 'a"b'
    source.mkdir()
    assert f'"source={tmp_path}/a""b"' in bind_mount(Mount(source=source, target=_TARGET, writable=True))


@pytest.mark.parametrize("source", [Path("relative"), Path("/nonexistent/folder"), Path("/tmp/a\nb")])
def test_a_source_that_cannot_be_mounted_is_refused(source: Path) -> None:
    with pytest.raises(SandboxError, match="Cannot mount"):
        bind_mount(Mount(source=source, target=_TARGET))


def test_nothing_of_the_network_and_no_capability_is_given(make_plan: Callable[..., SandboxPlan]) -> None:
    line = _arguments(make_plan())
    for part in (
        "--network none",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--security-opt seccomp=/s.json",
        "--read-only",
        "--user 1000:1000",
        "--log-driver none",
        "--memory 2048m --memory-swap 2048m",
        "--pids-limit 512",
        "--ulimit core=0:0",
    ):
        assert part in line
    assert "--volume" not in line
    assert "--tty" not in line


def test_the_fixed_variables_win_over_the_plans(make_plan: Callable[..., SandboxPlan]) -> None:
    line = _arguments(make_plan(environment={"ANTHROPIC_API_KEY": "other", "HOME": "/root"}))
    assert "ANTHROPIC_API_KEY=placeholder" in line
    assert "other" not in line
    assert "HOME=/home/agent" in line


def test_a_configured_runtime_is_asked_for(make_plan: Callable[..., SandboxPlan]) -> None:
    assert "--runtime runsc" in _arguments(make_plan(), runtime="runsc")
    assert "--runtime" not in _arguments(make_plan())
