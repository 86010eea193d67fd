"""How much a group's folders hold."""

import asyncio
import os
from pathlib import Path

from nanoclaw.workspaces.quota import Quota

MIB = 1024 * 1024


async def test_what_fits_is_no_excess_and_links_count_as_themselves(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1000)
    (tmp_path / "up").symlink_to("/")
    assert await Quota(bytes=MIB, entries=10).check([tmp_path]) is None


async def test_too_many_bytes_or_entries_are_an_excess_of_all_roots_together(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file").write_bytes(b"x" * MIB)
    roots = [tmp_path / "one", tmp_path / "two"]
    large = await Quota(bytes=MIB + 500_000, entries=100).check(roots)
    many = await Quota(bytes=100 * MIB, entries=3).check(roots)
    assert large is not None
    assert "of 1 MiB" in large.what
    assert many is not None
    assert "more than 3" in many.what


async def test_growth_is_noticed_while_it_is_watched(tmp_path: Path) -> None:
    quota = Quota(bytes=MIB, entries=100)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        (tmp_path / "first").write_bytes(b"x" * (MIB * 6 // 10))
        watching = tasks.create_task(quota.watch([tmp_path]), name="watch")
        await asyncio.sleep(0.2)
        assert not watching.done()
        (tmp_path / "second").write_bytes(b"x" * MIB)
    assert "MiB" in watching.result().what


async def test_a_folder_that_vanished_is_not_an_error(tmp_path: Path) -> None:
    assert await Quota(bytes=1, entries=1).check([tmp_path / "gone"]) is None


async def test_folders_nested_deeper_than_a_path_can_say_hide_nothing(tmp_path: Path) -> None:
    deep = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=deep)
        inner = os.open("d" * 250, os.O_RDONLY | os.O_DIRECTORY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    excess = await Quota(bytes=100 * MIB, entries=100).check([tmp_path])
    assert excess is not None
    assert "files and folders" in excess.what
