"""A program of the owner's writes a sound file down: real children."""

import asyncio
import os
from pathlib import Path

import pytest

from nanoclaw.intake.hearing import Hearing, NotHeardError
from tests.fakes.waiting import until

ENVIRONMENT = {"PATH": os.defpath, "ANTHROPIC_API_KEY": "secret", "LANG": "C.UTF-8"}


def hearing(script: str, seconds: float = 10) -> Hearing:
    return Hearing(command=("sh", "-c", script, "sh", "{file}"), seconds=seconds, environment=ENVIRONMENT)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "it's a $(sound).ogg"
    path.write_text("hello  from\nthe telephone\n")
    return path


async def test_what_the_program_prints_is_what_was_said(sound: Path) -> None:
    assert await hearing('cat "$1"; echo noise >&2').write_down(sound) == "hello from the telephone"


async def test_it_gets_nothing_of_ours_that_it_need_not_have(sound: Path) -> None:
    said = await hearing("env; cat").write_down(sound)
    assert "secret" not in said
    assert "LANG=C.UTF-8" in said


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "sh ended with status 3"),
        ("echo half; exit 1", "sh ended with status 1"),
        ("true", "sh printed nothing"),
        ("echo ' '", "sh printed nothing"),
        ("yes", "printed far more"),
        ("kill -9 $$", "ended with status -9"),
    ],
)
async def test_whatever_goes_wrong_is_said_in_words(sound: Path, script: str, why: str) -> None:
    with pytest.raises(NotHeardError, match=why):
        await hearing(script).write_down(sound)


async def test_a_program_that_is_not_there_is_named(sound: Path) -> None:
    absent = Hearing(command=("no-such-whisper", "{file}"), seconds=5, environment=ENVIRONMENT)
    with pytest.raises(NotHeardError, match="no-such-whisper cannot be started"):
        await absent.write_down(sound)


async def test_what_it_prints_may_be_no_text(sound: Path) -> None:
    assert "\ufffd" in await hearing(r"printf 'a\377b'").write_down(sound)


async def test_a_long_speech_is_cut(sound: Path) -> None:
    said = await hearing("head -c 60000 /dev/zero | tr '\\0' x").write_down(sound)
    assert len(said) == 20_001
    assert said.endswith("…")


@pytest.mark.parametrize(
    "hang", ["sleep 60", "sleep 60 & echo $! >child; wait", "sleep 60 >/dev/null & echo $! >child; echo hi; wait"]
)
async def test_a_program_that_takes_too_long_ends_with_all_that_it_started(sound: Path, hang: str) -> None:
    with pytest.raises(NotHeardError, match=r"longer than 0\.3 s"):
        await hearing(hang, seconds=0.3).write_down(sound)
    await gone(sound.parent / "child")


async def test_what_it_leaves_running_ends_with_it(sound: Path) -> None:
    assert await hearing("sleep 60 >/dev/null & echo $! >child; echo hi").write_down(sound) == "hi"
    await gone(sound.parent / "child")


async def test_who_is_no_longer_interested_ends_it(sound: Path) -> None:
    task = asyncio.ensure_future(hearing("echo $$ >child; sleep 60").write_down(sound))  # noqa: TID251 - cancelled below
    await until((sound.parent / "child").exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(sound.parent / "child")


async def gone(noted: Path) -> None:
    """Wait until the process whose number is noted there is no more; an orphan may take a moment to be buried."""
    await until(lambda: not _lives(noted))


def _lives(noted: Path) -> bool:
    number = noted.read_text().strip() if noted.exists() else ""
    status = Path("/proc") / number / "status"
    return bool(number) and status.exists() and "Z (zombie)" not in status.read_text()
