import subprocess
import sys
from pathlib import Path

import pytest

from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.launcher import write_launcher
from tests.fakes.small_disk import fill, small_disk

_SHOW = "import os, sys; print(sys.argv[1:], sorted(os.environ.items()))"


def test_arguments_and_only_the_kept_variables_reach_the_command(tmp_path: Path) -> None:
    launcher = write_launcher(tmp_path / "x y", [sys.executable, "-c", _SHOW, "it's", "$HOME"])
    given = {"PATH": "/usr/bin:/bin", "CLAUDE_CODE_ENTRYPOINT": "a b", "ANTHROPIC_API_KEY": "secret", "DOCKER_HOST": ""}
    done = subprocess.run(
        [launcher, "--model", "a b"], env=given, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.startswith("[\"it's\", '$HOME', '--model', 'a b']")
    assert "('CLAUDE_CODE_ENTRYPOINT', 'a b'), ('DOCKER_HOST', '')" in done.stdout
    assert "secret" not in done.stdout
    assert "'HOME'" not in done.stdout


def test_a_launcher_is_its_owners_alone_and_can_be_replaced(tmp_path: Path) -> None:
    first = write_launcher(tmp_path, ["true"])
    assert write_launcher(tmp_path, ["false"]) == first
    assert first.stat().st_mode & 0o777 == 0o700
    assert "false" in first.read_text()
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_a_launcher_that_a_full_disk_does_not_take_leaves_the_one_before(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        before = write_launcher(disk, ["true"])
        filler = fill(disk, leave=0)
        with pytest.raises(SandboxError, match="No space left"):
            write_launcher(disk, ["false"])
        assert "true" in before.read_text()
        assert set(disk.iterdir()) == {before, filler}
