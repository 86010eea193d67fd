"""``nanoclaw gateway log``."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nanoclaw.gateway.audit import AuditLog
from nanoclaw.gateway.contract import Decision, ModelCallMetered, Verdict
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.settings.home import Home
from tests.unit.cli.conftest import Run

MAIN, FAMILY = GroupFolder("main"), GroupFolder("family")
AT = Milliseconds(1_795_341_600_000)


def decision(group: GroupFolder, verdict: Verdict, target: str) -> Decision:
    return Decision(at=AT, group=group, verdict=verdict, target=target, reason="a reason")


@pytest.fixture
def log(home: Home) -> AuditLog:
    """The log as the gateway writes it: of two groups, refused and not, and a call to the model."""
    home.create()
    made = AuditLog(home.audit_log)
    made(decision(MAIN, Verdict.ALLOWED, "a.example:443"))
    made(decision(FAMILY, Verdict.DENIED, "b.example:443"))
    made(decision(MAIN, Verdict.DENIED, "c.example:443"))
    made(ModelCallMetered(group=MAIN, model="m-1", status=200, started_at=AT, finished_at=AT, input_tokens=7))
    return made


def targets(out: str) -> list[str]:
    return [line.get("target", line.get("model")) for line in json.loads(out)["lines"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["a.example:443", "b.example:443", "c.example:443", "m-1"]),
        (("--denied",), ["b.example:443", "c.example:443"]),
        (("--group", "main"), ["a.example:443", "c.example:443", "m-1"]),
        (("--group", "main", "--denied"), ["c.example:443"]),
        (("--limit", "2"), ["c.example:443", "m-1"]),
        (("--limit", "1", "--denied"), ["c.example:443"]),
        (("--group", "nobody"), []),
    ],
)
def test_what_is_asked_for_is_printed_oldest_first(
    run: Run, log: AuditLog, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert targets(run("gateway", "log", *arguments, "--json").out) == expected


def test_lines_are_readable_and_steer_no_terminal(run: Run, log: AuditLog) -> None:
    log(decision(MAIN, Verdict.DENIED, "\x1b[31mevil.example:443\nmain allowed all"))
    lines = run("gateway", "log").out.splitlines()
    assert len(lines) == 5
    assert lines[1].endswith("family denied b.example:443: a reason")
    assert lines[3].endswith("main model m-1 status 200: 7 in, 0 out")
    assert "\x1b" not in lines[4]
    assert "evil.example" in lines[4]


def test_rotated_parts_come_first_and_broken_lines_are_passed_over(run: Run, home: Home) -> None:
    home.create()
    log = AuditLog(home.audit_log, max_bytes=300, files=5)
    for number in range(6):
        log(decision(MAIN, Verdict.DENIED, f"{number}.example:443"))
    with home.audit_log.open("a") as file:
        file.write('{"at":\n[1]\n')
    assert home.audit_log.with_name("gateway.log.1").exists()
    assert targets(run("gateway", "log", "--json").out) == [f"{number}.example:443" for number in range(6)]


def test_without_a_log_it_says_so_and_a_wrong_limit_is_refused(run: Run) -> None:
    assert run("gateway", "log").out.strip() == "Nothing in the log."
    assert run("gateway", "log", "--limit", "0").status == 2


def test_following_prints_what_is_there_and_what_is_added_also_after_a_rotation(
    home: Home, log: AuditLog, scrubbed: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "nanoclaw", "--home", str(home.root), "gateway", "log", "-f", "--denied"]
    with (home.root / "out").open("wb") as out:
        following = subprocess.Popen(command, env=scrubbed, stdout=out, stderr=subprocess.STDOUT)
    try:
        seen = _waiter(home.root / "out")
        seen("c.example")
        log(decision(FAMILY, Verdict.DENIED, "added.example:443"))
        log(decision(FAMILY, Verdict.ALLOWED, "fine.example:443"))
        seen("added.example")
        log(decision(FAMILY, Verdict.DENIED, "last.example:443"))
        log.close()
        home.audit_log.replace(home.audit_log.with_name("gateway.log.1"))
        for number in range(20):
            log(decision(FAMILY, Verdict.DENIED, f"after-{number}.example:443"))
        seen("after-19.example")
    finally:
        following.terminate()
        following.wait(10)
    printed = (home.root / "out").read_text()
    assert "fine.example" not in printed
    for name in ("added", "last", *(f"after-{number}" for number in range(20))):
        assert printed.count(f" {name}.example") == 1


def _waiter(path: Path) -> Callable[[str], None]:
    def wait(words: str) -> None:
        until = time.monotonic() + 20
        while words not in path.read_text():
            assert time.monotonic() < until, f"{words} did not come: {path.read_text()}"
            time.sleep(0.05)

    return wait
