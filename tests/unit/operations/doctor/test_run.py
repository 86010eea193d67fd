import asyncio
import errno
from pathlib import Path

from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import (
    Finding,
    Fix,
    NotKnownError,
    Section,
    Severity,
    Words,
    error,
    fine,
    warning,
)
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.run import Repair, examine, repair, worst
from tests.unit.operations.doctor.conftest import Make, only, run


def _check(name: str, look: object) -> Check:
    return Check(
        id=name,
        section=Section.PREFLIGHT,
        title=Words(name, name),
        why=Words("why", "why"),
        look=look,  # type: ignore[arg-type]
    )


async def _divides(_ground: Ground) -> list[Finding]:
    return [fine(Words(str(1 // 0), ""))]


async def _refuses(_ground: Ground) -> list[Finding]:
    raise NanoclawError("The store is shut", hint="Open it.")


async def _cannot_know(_ground: Ground) -> list[Finding]:
    raise NotKnownError(Words("no engine here", "此处没有引擎"))


async def _hangs(_ground: Ground) -> list[Finding]:
    await asyncio.sleep(60)
    return []


async def _in_order(_ground: Ground) -> list[Finding]:
    return []


def test_a_check_that_breaks_is_a_finding_that_says_where_and_hides_no_other(ground: Make) -> None:
    broken, good = run(examine(ground(), [_check("broken", _divides), _check("good", _in_order)]))
    assert broken.severity is Severity.ERROR
    assert "ZeroDivisionError at test_run.py:" in broken.findings[0].what.en
    assert good.severity is Severity.OK


def test_an_error_with_a_hint_becomes_the_finding(ground: Make) -> None:
    finding = only(_check("refused", _refuses), ground())
    assert (finding.severity, finding.what.en) == (Severity.ERROR, "The store is shut")
    assert finding.todo is not None
    assert finding.todo.en == "Open it."


def test_what_cannot_be_known_is_skipped_with_its_reason(ground: Make) -> None:
    finding = only(_check("unknown", _cannot_know), ground())
    assert (finding.severity, finding.what.zh) == (Severity.SKIPPED, "此处没有引擎")


def test_what_is_closed_to_us_is_skipped_and_a_failing_disk_is_an_error(ground: Make, tmp_path: Path) -> None:
    async def closed(_ground: Ground) -> list[Finding]:
        raise PermissionError(errno.EACCES, "Permission denied", "/srv/home")

    async def failing(_ground: Ground) -> list[Finding]:
        raise OSError(errno.EIO, "Input/output error", "/srv/home")

    assert only(_check("closed", closed), ground()).severity is Severity.SKIPPED
    finding = only(_check("failing", failing), ground())
    assert (finding.severity, finding.what.en) == (Severity.ERROR, "cannot look at /srv/home: Input/output error")


def test_a_check_that_hangs_is_left_behind_at_its_deadline(ground: Make) -> None:
    (examined,) = run(examine(ground(), [_check("slow", _hangs)], 0.05))
    assert examined.severity is Severity.WARNING
    assert "0.05 s" in examined.findings[0].what.en
    assert examined.seconds < 5


def test_the_worst_finding_stands_first_and_decides(ground: Make) -> None:
    async def several(_ground: Ground) -> list[Finding]:
        return [fine(Words("a", "a")), error(Words("b", "b"), Words("", "")), warning(Words("c", "c"), Words("", ""))]

    examined = run(examine(ground(), [_check("several", several), _check("good", _in_order)]))
    assert [finding.what.en for finding in examined[0].findings] == ["b", "c", "a"]
    assert worst(examined) is Severity.ERROR
    assert worst(examined[1:]) is Severity.OK


def test_a_fix_that_fails_says_so_and_the_next_is_tried(ground: Make, tmp_path: Path) -> None:
    async def fails() -> tuple[Words, ...]:
        (tmp_path / "no" / "such").write_text("")
        return ()

    async def works() -> tuple[Words, ...]:
        return (Words("mended", "已修复"),)

    async def both(_ground: Ground) -> list[Finding]:
        todo = Words("do", "做")
        return [
            error(Words("a", "a"), todo, Fix(description=todo, apply=fails)),
            error(Words("b", "b"), todo, Fix(description=todo, apply=works)),
        ]

    first, second = run(_mended(ground(), _check("both", both)))
    assert first.problem is not None
    assert "No such file" in first.problem.en
    assert [words.en for words in second.done] == ["mended"]


async def _mended(ground: Ground, check: Check) -> tuple[Repair, ...]:
    return await repair(await examine(ground, [check]))
