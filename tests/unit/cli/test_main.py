import subprocess
import sys
from pathlib import Path

import pytest

from nanoclaw.cli.exits import Exit
from nanoclaw.cli.main import VERBS
from nanoclaw.settings.home import Home
from tests.fakes.control_thread import ServerThread, serving
from tests.unit.cli.conftest import Run


def test_the_versions_are_ours_the_sdks_and_the_programs(run: Run) -> None:
    ran = run("--version", "--json")
    assert ran.status == 0
    assert set(ran.json) == {"nanoclaw", "claude_agent_sdk", "claude"}
    assert run("--version").out.count("\n") == 3


def test_without_a_command_the_help_is_printed(run: Run) -> None:
    ran = run()
    assert ran.status == Exit.USAGE
    for verb in VERBS:
        assert verb in ran.out


@pytest.mark.parametrize(
    "argv", [["nonsense"], ["send"], ["groups"], ["send", "--nonsense", "x"], ["status", "--hom", "x"]]
)
def test_wrong_arguments_are_named_with_the_usage(run: Run, argv: list[str]) -> None:
    ran = run(*argv)
    assert ran.status == Exit.USAGE
    assert ran.err.startswith("error: ")
    assert "usage: nanoclaw" in ran.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(run: Run, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--help").status == 0
    assert "examples:" in capsys.readouterr().out


def test_the_home_may_stand_before_or_after_the_verb(run: Run, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    with serving(other.control_socket):
        assert run("--home", str(other.root), "status").status == 0
        assert run("status", "--home", str(other.root)).status == 0
        assert run("--home", "/nowhere", "--json", "status", f"--home={other.root}").json["running"]
        assert run("status").status == Exit.DAEMON_DOWN


def test_an_error_comes_with_its_hint_and_without_a_traceback(run: Run, daemon: ServerThread) -> None:
    ran = run("groups", "show", "nobody")
    assert ran.status == Exit.ERROR
    assert ran.err == "error: There is no such group\nhint: 'nanoclaw groups list' names them.\n"


def test_a_defect_is_one_line_and_a_private_file(run: Run, home: Home, stored: object) -> None:
    stored.status = None  # type: ignore[attr-defined]
    ran = run("status")
    assert ran.status == Exit.CRASHED
    assert ran.err.count("\n") == 1
    [details] = home.log.parent.iterdir()
    assert str(details) in ran.err
    assert "TypeError" in details.read_text()
    assert details.stat().st_mode & 0o777 == 0o600


def test_a_reader_that_goes_away_is_no_error(home: Home, daemon: ServerThread, scrubbed: dict[str, str]) -> None:
    command = f"{sys.executable} -m nanoclaw --home {home.root} openapi | head -c 10"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=scrubbed, timeout=30, check=True)
    assert len(ran.stdout) == 10
    assert ran.stderr == ""


@pytest.mark.parametrize("argv", [["--version"], ["status"], ["groups", "list"], ["messages", "list"], ["send", "hi"]])
def test_quick_commands_import_nothing_heavy(
    home: Home, daemon: ServerThread, scrubbed: dict[str, str], argv: list[str]
) -> None:
    program = (
        "import sys; from nanoclaw.cli.main import main; status = main(sys.argv[1:]);"
        "heavy = {'aiohttp', 'pydantic', 'prompt_toolkit', 'claude_agent_sdk', 'apsw'} & set(sys.modules);"
        "print(sorted(heavy), file=sys.stderr); sys.exit(status)"
    )
    command = [sys.executable, "-c", program, "--home", str(home.root), *argv]
    ran = subprocess.run(command, capture_output=True, text=True, env=scrubbed, timeout=30, check=True)
    assert ran.stderr == "[]\n"
