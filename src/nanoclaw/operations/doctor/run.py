"""Run checks side by side, each with a deadline, and apply the fixes that they offer."""

import asyncio
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import (
    Finding,
    NotKnownError,
    Severity,
    Words,
    error,
    fine,
    skipped,
    warning,
)
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.store.errors import DatabaseLockedError

SECONDS = 2.0
"""How long a check may take, with all that it waits for."""
LIVE_SECONDS = 30.0
"""The same when others are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A check and what it found, the worst first; never empty."""

    check: Check
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def severity(self) -> Severity:
        """The worst of its findings."""
        return self.findings[0].severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A fix that was tried: what it did, or why it could not."""

    check: Check
    done: tuple[Words, ...]
    problem: Words | None = None


_ORDER = (Severity.ERROR, Severity.WARNING, Severity.SKIPPED, Severity.OK)


async def examine(ground: Ground, checks: Sequence[Check], seconds: float | None = None) -> tuple[Examined, ...]:
    """Run the checks at once; what they found, in their order. Raises nothing that a check raises."""
    limit = seconds or (LIVE_SECONDS if ground.live else SECONDS)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(_examine(ground, check, limit), name=f"check {check.id}") for check in checks]
    return tuple(task.result() for task in running)


async def repair(examined: Sequence[Examined]) -> tuple[Repair, ...]:
    """Apply the fixes of whatever is not in order, one after the other."""
    return tuple(
        [
            await _apply(one.check, finding)
            for one in examined
            for finding in one.findings
            if finding.fix is not None and finding.severity in {Severity.WARNING, Severity.ERROR}
        ]
    )


def worst(examined: Sequence[Examined]) -> Severity:
    """The worst of all; what was skipped counts as in order."""
    found = {one.severity for one in examined}
    return next((severity for severity in _ORDER[:2] if severity in found), Severity.OK)


async def _examine(ground: Ground, check: Check, seconds: float) -> Examined:
    started = ground.clock.monotonic()
    findings = await _look(ground, check, seconds)
    ordered = sorted(findings or [_nothing_found()], key=lambda finding: _ORDER.index(finding.severity))
    return Examined(check=check, findings=tuple(ordered), seconds=ground.clock.monotonic() - started)


async def _look(ground: Ground, check: Check, seconds: float) -> Sequence[Finding]:
    """The supervision boundary of checks: whatever goes wrong in one becomes a finding, and the others go on."""
    try:
        async with asyncio.timeout(seconds):
            return await check.look(ground)
    except TimeoutError:
        return [_unfinished(seconds)]
    except (NanoclawError, OSError) as problem:
        return [_explained(problem)]
    except Exception as defect:  # noqa: BLE001 - a defect in one check must not hide what the others found
        return [_broken(defect)]


def _unfinished(seconds: float) -> Finding:
    return warning(
        Words(f"did not finish within {seconds:g} s", f"未能在 {seconds:g} 秒内完成"),
        Words(
            "Run it again when the machine is less busy, or with --live, which waits longer.",
            "请在机器空闲时重试，或加 --live（等待更久）。",
        ),
    )


def _explained(problem: NanoclawError | OSError) -> Finding:
    match problem:
        case NotKnownError():
            return skipped(problem.reason)
        case DatabaseLockedError():
            # The check of locks tells it, once.
            return skipped(Words("the database is locked by another process", "数据库被其他进程锁定"))
        case NanoclawError():
            what = str(problem)
            todo = Words(problem.hint or "See the message above.", problem.hint or "请根据上述信息处理。")
            return error(Words(what, f"无法完成检查：{what}"), todo)
        case PermissionError():
            return skipped(_unreadable(problem))
        case _:
            todo = Words(
                "Look at the disk, and at the file's owner and mode.", "请检查磁盘，以及该文件的所有者和权限。"
            )
            return error(_unreadable(problem), todo)


def _unreadable(problem: OSError) -> Words:
    what = f"{problem.filename}: {problem.strerror}"
    return Words(f"cannot look at {what}", f"无法访问 {what}")


def _broken(defect: Exception) -> Finding:
    frames = traceback.extract_tb(defect.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return error(
        Words(
            f"the check itself failed: {type(defect).__name__} at {place}",
            f"检查程序自身出错：{type(defect).__name__}（{place}）",
        ),
        Words("This is a defect of nanoclaw: please report it.", "这是 nanoclaw 的缺陷，请反馈。"),
    )


def _nothing_found() -> Finding:
    return fine(Words("in order", "正常"))


async def _apply(check: Check, finding: Finding) -> Repair:
    assert finding.fix is not None  # noqa: S101 - the caller chose those that have one
    try:
        return Repair(check=check, done=await finding.fix.apply())
    except NanoclawError as problem:
        text = f"{problem} {problem.hint}".strip()
        return Repair(check=check, done=(), problem=Words(text, text))
    except OSError as problem:
        text = f"{problem.filename or check.id}: {problem.strerror}"
        return Repair(check=check, done=(), problem=Words(text, text))
