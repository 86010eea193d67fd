import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from nanoclaw.cli.exits import Exit
from tests.unit.cli.conftest import Run


def test_it_serves_until_interrupted(scrubbed: dict[str, str]) -> None:
    command = [sys.executable, "-m", "nanoclaw", "model-stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=scrubbed) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        body = b'{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}'
        request = urllib.request.Request(f"{address}/v1/messages", body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            assert response.status == 200
        server.send_signal(signal.SIGINT)
        _, complaints = server.communicate(timeout=10)
    assert server.returncode == Exit.INTERRUPTED
    assert complaints == ""


def test_a_missing_script_is_an_error_in_words(run: Run, tmp_path: Path) -> None:
    ran = run("model-stub", "--script", str(tmp_path / "none.toml"))
    assert ran.status == Exit.ERROR
    assert "none.toml" in ran.err


def test_an_impossible_port_is_a_usage_error(run: Run) -> None:
    assert run("model-stub", "--port", "70000").status == Exit.USAGE
