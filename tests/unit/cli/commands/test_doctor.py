import json
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.cli.columns import width
from nanoclaw.cli.diagnosis import show_report
from nanoclaw.cli.render import Paint
from nanoclaw.settings.home import Home
from nanoclaw.settings.sockets import bindable_path
from tests.unit.cli.conftest import Run
from tools.testing import surroundings

REPOSITORY = Path(__file__).parents[4]
FIELDS = {"check", "section", "section_title", "severity", "title", "what", "why", "todo", "fix", "seconds"}


def _chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_a_report_is_a_stable_document(run: Run, home: Home) -> None:
    report = run("doctor", "--json").json
    assert set(report) == {
        *("home", "checked_at", "language", "live", "status", "checks", "counts", "findings", "repairs")
    }
    assert report["home"] == str(home.root)
    assert report["checked_at"] == "2026-11-22T10:00:00.000Z"
    assert {frozenset(finding) for finding in report["findings"]} == {frozenset(FIELDS)}
    assert sum(report["counts"].values()) == len(report["findings"])
    assert set(report["counts"]) == {"ok", "warning", "error", "skipped"}


def test_the_exit_status_is_the_worst_finding(run: Run, home: Home) -> None:
    assert run("doctor").status == 2  # no key to the model
    assert run("doctor", "--section", "configuration").status == 1  # no home yet
    home.create()
    assert run("doctor", "--section", "configuration").status == 0
    home.ipc.rmdir()
    assert run("doctor", "--section", "configuration").status == 2
    assert run("doctor", "--section", "configuration", "--fix").status == 0


def test_only_the_section_that_was_named_is_looked_at(run: Run) -> None:
    sections = {finding["section"] for finding in run("doctor", "--section", "storage", "--json").json["findings"]}
    assert sections == {"storage"}
    refused = run("doctor", "--section", "weather")
    assert (refused.status, "--section" in refused.err) == (2, True)


def test_what_was_mended_is_told_and_a_second_time_there_is_nothing_to_do(run: Run, home: Home) -> None:
    home.create()
    home.log.write_text("")
    home.log.chmod(0o644)
    home.backups.rmdir()
    first = run("doctor", "--fix", "--json").json["repairs"]
    assert [line for repair in first for line in repair["done"]] == [
        f"{home.log}: mode 644 → 600",
        f"made {home.backups}",
    ]
    assert run("doctor", "--fix", "--json").json["repairs"] == []


def test_the_report_tells_people_what_why_and_how(run: Run, home: Home) -> None:
    home.create()
    home.log.write_text("")
    home.log.chmod(0o644)
    out = run("doctor", "--section", "security").out
    assert "ERROR Logs private" in out
    assert "Why: Logs tell who wrote when" in out
    assert "Do: Set folders to 700" in out
    assert "Fix: nanoclaw doctor --fix" in out


def test_what_several_lines_have_in_common_is_said_once(run: Run, home: Home) -> None:
    home.create()
    home.config.write_text("[channels.pigeon]\n[channels.drum]\n")
    home.config.chmod(0o600)
    lines = run("doctor", "--section", "channels").out.splitlines()
    assert sum("no channel" in line for line in lines) == 2
    assert sum("Do: Install its package" in line for line in lines) == 2  # each names another table
    report = run("doctor", "--json").json
    same = {"check": "a", "section_title": "A", "title": "A", "severity": "error", "why": "W", "todo": "T", "fix": None}
    report["findings"] = [{**same, "what": "one"}, {**same, "what": "two"}, {**same, "check": "b", "what": "three"}]
    text = show_report(report, Paint(sys.stdout, {"NO_COLOR": "1"}))
    assert [line.split()[0] for line in text.splitlines()[3:-2]] == [
        *("ERROR", "Why:", "ERROR", "Do:"),
        *("ERROR", "Why:", "Do:"),
    ]


@pytest.mark.parametrize("language", [[], ["--zh"]])
def test_no_line_is_wider_than_the_terminal_but_for_what_cannot_be_broken(
    run: Run, home: Home, language: list[str]
) -> None:
    home.create()
    for line in run("doctor", *language).out.splitlines():
        assert width(line) <= 80 or str(home.root) in line or "/" in line, line


def test_in_chinese_every_line_is_chinese(run: Run, home: Home) -> None:
    home.create()
    report = run("doctor", "--zh", "--json").json
    assert report["language"] == "zh"
    for finding in report["findings"]:
        assert _chinese(finding["title"]), finding
        assert _chinese(finding["why"]), finding
        assert finding["todo"] is None or _chinese(finding["todo"]), finding
    out = run("doctor", "--zh").out
    assert "检查报告" in out
    assert "Why:" not in out


def test_the_home_that_is_only_looked_at_is_not_made(run: Run, home: Home) -> None:
    run("doctor")
    assert not home.root.exists()


def _looked(home: Path, environment: dict[str, str], code: str = "") -> tuple[float, Any]:
    """Processor seconds of the command and of those it started, which other work on the machine does not change."""
    command = ["-c", code] if code else ["-m", "nanoclaw"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(
        [sys.executable, *command, "--home", str(home), "doctor", "--json"],
        env={**environment, "PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "Traceback" not in ran.stderr, ran.stderr
    assert ran.returncode in {0, 1, 2}, ran.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, json.loads(ran.stdout)


@pytest.mark.parametrize("state", ["missing", "empty", "broken"])
def test_it_is_quick_and_never_breaks_whatever_the_home_is_like(
    tmp_path: Path, scrubbed_environment: dict[str, str], state: str
) -> None:
    home = Home(tmp_path / "nc")
    if state != "missing":
        home.create()
    if state == "broken":
        home.config.write_text("[assistant\nname = ")
        home.env_file.write_bytes(b"\xff\xfe")
        home.database.write_text("no database")
        home.task_database.mkdir()
        home.ipc.rmdir()
        home.ipc.write_text("a file where a folder should be")
    taken, report = _looked(home.root, scrubbed_environment)
    assert taken < 3
    assert not [one for one in report["findings"] if "the check itself failed" in one["what"]]
    wrong = {one["check"] for one in report["findings"] if one["severity"] == "error"}
    assert state != "broken" or {"configuration", "folders", "ipc", "database-integrity"} <= wrong


AS_NOBODY = """
import os, sys
import importlib.metadata
import nanoclaw.operations.doctor.examination, nanoclaw.cli.commands.doctor, nanoclaw.control.wire
from nanoclaw.cli.main import main
importlib.metadata.version("aiohttp")  # what is imported late could not be read any more
os.setgroups([]); os.setgid(65534); os.setuid(65534)
raise SystemExit(main(sys.argv[1:]))
"""


def test_a_home_that_is_closed_to_us_is_an_error_and_no_crash(
    tmp_path: Path, scrubbed_environment: dict[str, str]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody who may not look")
    home = Home(tmp_path / "nc")
    home.create()
    # Who may look at nothing cannot write down what coverage measured either.
    environment = {name: value for name, value in scrubbed_environment.items() if name not in surroundings.COVERAGE}
    _, report = _looked(home.root, environment, AS_NOBODY)
    findings = {one["check"]: one for one in report["findings"]}
    assert findings["folders"]["severity"] == "error"
    assert findings["home-modes"]["severity"] == "skipped"
    assert not [one["what"] for one in findings.values() if "the check itself failed" in one["what"]]


def test_an_engine_and_a_daemon_that_hang_hold_nothing_up(tmp_path: Path, scrubbed_environment: dict[str, str]) -> None:
    home = Home(tmp_path / "nc")
    home.create()
    home.config.write_text('[sandbox]\nkind = "docker"\n')
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text("#!/bin/sh\nexec sleep 600\n")
    engine.chmod(0o755)
    environment = {**scrubbed_environment, "PATH": f"{engine.parent}:{scrubbed_environment['PATH']}"}
    with socket.socket(socket.AF_UNIX) as silent:
        with bindable_path(home.control_socket) as name:
            silent.bind(name)
        silent.listen()
        began = time.monotonic()
        _, report = _looked(home.root, environment)
        taken = time.monotonic() - began
    findings = {one["check"]: one for one in report["findings"]}
    assert (findings["engine"]["severity"], "did not finish" in findings["engine"]["what"]) == ("warning", True)
    assert findings["running"]["severity"] == "error"
    assert {findings[name]["severity"] for name in ("port", "channels", "orphans")} <= {"skipped", "warning"}
    assert max(one["seconds"] for one in report["findings"]) < 4
    assert taken < 15  # two seconds for the checks, on a machine that does other things too
