"""A home of its own, and the ground of real checks on it. Nothing outside the test's folder is looked at by chance."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Severity
from nanoclaw.operations.doctor.ground import Fact, Ground
from nanoclaw.operations.doctor.lay import lay_ground
from nanoclaw.operations.doctor.run import examine, repair
from nanoclaw.settings.home import Home

T = TypeVar("T")
Make = Callable[..., Ground]


def known(value: T) -> Fact[T]:
    """A fact that was found already."""

    async def find() -> T:
        return value

    return Fact(find)


def look(check: Check, ground: Ground) -> tuple[Finding, ...]:
    """What a check finds, by way of the real runner."""
    (examined,) = asyncio.run(examine(ground, [check], 20))
    return examined.findings


def only(check: Check, ground: Ground) -> Finding:
    """Its one finding."""
    (finding,) = look(check, ground)
    return finding


def is_ok(check: Check, ground: Ground) -> bool:
    """Nothing to complain of."""
    return all(finding.severity is Severity.OK for finding in look(check, ground))


def mend(check: Check, ground: Ground) -> list[str]:
    """Apply the fixes of a check; what they did."""

    async def both() -> list[str]:
        repairs = await repair(await examine(ground, [check], 20))
        assert not [one.problem for one in repairs if one.problem]
        return [words.en for one in repairs for words in one.done]

    return asyncio.run(both())


def run(work: Awaitable[T]) -> T:
    """Something to be awaited, from a plain test."""

    async def wait() -> T:
        return await work

    return asyncio.run(wait())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home as the program makes it."""
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def ground(home: Home) -> Make:
    """Make the ground: ``config`` and ``env`` are written first, the rest replaces fields of it."""

    def make(*, config: str | None = None, env: str | None = None, **changes: Any) -> Ground:
        for path, text in ((home.config, config), (home.env_file, env)):
            if text is not None:
                path.write_text(text)
                path.chmod(0o600)
        return replace(lay_ground(home, SystemClock()), **changes)

    return make
