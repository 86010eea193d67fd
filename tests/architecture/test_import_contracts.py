import subprocess
import sys
from pathlib import Path

_LINT = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"


def test_imports_follow_the_message_one_way(repository: Path, scrubbed_environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", _LINT, "--no-cache"]
    environment = scrubbed_environment | {"PYTHONPATH": str(repository / "src")}
    ended = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, timeout=50, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
