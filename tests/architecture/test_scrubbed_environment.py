import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.testing import suites, surroundings

_TELL = "import json, os; print(json.dumps(dict(os.environ)))"
_SET_BY_THE_INTERPRETER = {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}


def test_a_child_process_sees_nothing_but_the_keep_list(scrubbed_environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", _TELL]
    said = subprocess.run(command, env=scrubbed_environment, capture_output=True, check=True, timeout=30).stdout
    seen = set(json.loads(said)) - _SET_BY_THE_INTERPRETER - set(surroundings.COVERAGE)
    assert {"PATH", "HOME"} <= seen <= {"PATH", "LANG", "TERM", "HOME", "TMPDIR"}


def test_a_child_process_has_a_home_of_its_own(scrubbed_environment: dict[str, str], tmp_path: Path) -> None:
    assert scrubbed_environment["HOME"] == str(tmp_path / "home")
    assert (tmp_path / "home").is_dir()


def test_this_process_sees_no_credentials_and_no_proxy() -> None:
    assert not [name for name in os.environ if surroundings.is_forbidden(name)]


@pytest.mark.parametrize(
    "name", ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDECODE", "https_proxy", "NO_PROXY"]
)
def test_credentials_and_proxies_are_not_passed_on(name: str, tmp_path: Path) -> None:
    assert surroundings.is_forbidden(name)
    assert surroundings.scrubbed({name: "secret", "PATH": "/bin"}, tmp_path) == {"PATH": "/bin", "HOME": str(tmp_path)}


def test_a_proxy_reaches_installers_but_a_credential_does_not(tmp_path: Path) -> None:
    given = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy", "ANTHROPIC_API_KEY": "secret", "PIP_CERT": "/certificates"}
    seen = surroundings.for_installs(given, tmp_path)
    assert (seen["HTTPS_PROXY"], seen["PIP_CERT"]) == ("http://proxy", "/certificates")
    assert "secret" not in seen.values()


def test_a_separate_suite_runs_only_when_asked_for(tmp_path: Path) -> None:
    test_file = tmp_path / "tests" / "crash" / "test_kill.py"
    assert suites.is_left_out(test_file, tmp_path, [])
    assert suites.is_left_out(test_file, tmp_path, ["tests/unit"])
    assert not suites.is_left_out(test_file, tmp_path, ["tests/crash"])
    assert not suites.is_left_out(test_file, tmp_path, ["tests/crash/test_kill.py::test_it"])
    assert not suites.is_left_out(tmp_path / "tests" / "unit", tmp_path, [])


def test_the_attempts_to_break_out_have_a_name_and_are_part_of_the_normal_run(tmp_path: Path) -> None:
    assert suites.SUITES["escape"].folder == "tests/escape"
    assert not suites.is_left_out(tmp_path / "tests" / "escape" / "test_escape.py", tmp_path, [])
