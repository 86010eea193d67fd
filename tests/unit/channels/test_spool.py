"""Private copies of files that came in."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.spool import FILE_LIMIT, FileRefusedError, Spool
from tests.fakes.small_disk import fill, small_disk


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    opened = Spool(tmp_path)
    opened.open()
    return opened


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "incoming").iterdir())


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def test_a_file_is_private_and_no_part_of_its_path_was_sent(spool: Spool, tmp_path: Path) -> None:
    file = await spool.receive("../../evil\x00", "text/plain", pieces(b"a", b"", b"b"))
    [path] = kept(tmp_path)
    assert str(path) == file.path
    assert path.read_bytes() == b"ab"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert file.name == "../../evil\x00"
    spool.discard([file, file])
    assert not kept(tmp_path)


async def test_what_an_earlier_run_left_is_gone(spool: Spool, tmp_path: Path) -> None:
    await spool.receive("a", "text/plain", pieces(b"a"))
    spool.open()
    assert not kept(tmp_path)


async def test_a_stream_that_goes_on_for_ever_is_cut_off(spool: Spool, tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(FILE_LIMIT // 4)

    with pytest.raises(FileRefusedError, match="25 MB"):
        await spool.receive("big", "text/plain", endless())
    assert not kept(tmp_path)


async def test_nothing_stays_of_an_upload_that_breaks_off(spool: Spool, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await spool.receive("a", "text/plain", broken())
    assert not kept(tmp_path)


async def test_nothing_stays_of_an_upload_that_is_cancelled(spool: Spool, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def waiting() -> AsyncIterator[bytes]:
        yield b"half"
        begun.set()
        await asyncio.get_running_loop().create_future()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(spool.receive("a", "text/plain", waiting()), name="upload")
        await begun.wait()
        task.cancel()
    assert not kept(tmp_path)


async def test_a_full_or_missing_disk_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="No such file") as caught:
        await Spool(tmp_path).receive("a", "text/plain", pieces(b"a"))
    assert caught.value.hint


async def test_a_file_of_this_machine_is_copied_under_its_own_name(spool: Spool, tmp_path: Path) -> None:
    source = tmp_path / "note.txt"
    source.write_text("hello")
    file = await spool.copy(source, "text/plain")
    assert file.name == "note.txt"
    assert [path.read_text() for path in kept(tmp_path)] == ["hello"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "missing", "too large"])
async def test_what_is_no_ordinary_file_is_refused_and_leaves_nothing(spool: Spool, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "thing"
    match kind:
        case "folder":
            source.mkdir()
        case "pipe":
            os.mkfifo(source)
        case "too large":
            with source.open("wb") as file:
                file.truncate(FILE_LIMIT + 1)
        case _:
            pass
    with pytest.raises(FileRefusedError) as caught:
        await spool.copy(source, "text/plain")
    assert caught.value.hint
    assert not kept(tmp_path)


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ChannelError, match="incoming"):
        Spool(tmp_path / "file").open()


async def test_nothing_stays_of_a_file_that_a_full_disk_does_not_take(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(500_000))
    with small_disk(tmp_path / "small", 1) as place:
        spool = Spool(place)
        spool.open()
        filler = fill(place, leave=300_000)
        free = shutil.disk_usage(place).free
        with pytest.raises(FileRefusedError, match="No space left"):
            await spool.receive("a", "text/plain", pieces(bytes(250_000), bytes(250_000)))
        with pytest.raises(FileRefusedError, match="No space left"):
            await spool.copy(tmp_path / "big", "text/plain")
        assert shutil.disk_usage(place).free == free
        filler.unlink()
        await spool.copy(tmp_path / "big", "text/plain")
