"""Where the space goes, counted on real folders."""

import os
import time
from pathlib import Path

import pytest

from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.cleaning.disk import Area, Part, Space, measure
from tests.unit.operations.cleaning.conftest import Place

MIB = 1 << 20


def looked(place: Place, seconds: float = 10.0) -> Space:
    return measure(place.home, time.monotonic, seconds)


def part(space: Space, area: Area, name: str) -> Part:
    (found,) = (one for one in space.parts if (one.area, one.name) == (area, name))
    return found


def test_each_part_is_counted_once_and_nothing_is_left_out(place: Place) -> None:
    place.put("groups/main/big", content=b"x" * 3 * MIB)
    place.put("groups/family/deep/er/file", content=b"x" * MIB)
    place.put("data/sessions/main/projects/p/a.jsonl", content=b"x" * 2 * MIB)
    place.put("data/outgoing/a", content=b"x" * MIB)
    place.put("logs/nanoclaw.log", content=b"x" * MIB)
    place.put("backups/chunks/aa/aa", content=b"x" * MIB)
    place.put("replaced/x/store/messages.db", content=b"x" * MIB)
    place.put("data/chat_history", content=b"x" * MIB)
    place.put("config.toml", content=b"#" * MIB)
    space = looked(place)
    assert space.complete
    assert part(space, Area.GROUP, "main").bytes // MIB == 3
    assert part(space, Area.GROUP, "family").entries == 4
    assert part(space, Area.CONVERSATIONS, "main").bytes // MIB == 2
    assert part(space, Area.OTHER, "other").bytes // MIB == 2
    for area, name in ((Area.LOGS, "logs"), (Area.BACKUPS, "backups"), (Area.REPLACED, "replaced")):
        assert part(space, area, name).bytes // MIB == 1
    counted = sum(
        path.lstat().st_blocks * 512
        for path in place.home.root.rglob("*")
        if path not in {place.home.root / "data", place.home.root / "store", place.home.groups}
        and path != place.home.root / "data" / "sessions"
    )
    assert space.bytes == counted
    assert 0 < space.free <= space.disk


def test_links_are_not_followed_and_further_names_count_once(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"x" * 8 * MIB)
    first = place.put("groups/main/first", content=b"x" * MIB)
    os.link(first, first.with_name("second"))
    first.with_name("link").symlink_to(outside)
    first.with_name("loop").symlink_to(first.parent)
    assert part(looked(place), Area.GROUP, "main").bytes // MIB == 1


def test_a_huge_folder_ends_in_time_and_says_that_it_was_not_counted_whole(place: Place) -> None:
    folder = place.put("groups/main/file").parent
    for number in range(20_000):
        os.close(os.open(folder / f"{number}", os.O_WRONLY | os.O_CREAT))
    place.put("groups/other/file", content=b"x" * MIB)
    began = time.monotonic()
    space = looked(place, seconds=0.005)
    assert time.monotonic() - began < 1
    assert not space.complete
    assert not part(space, Area.GROUP, "main").complete
    assert part(space, Area.GROUP, "other").bytes >= MIB, "one part does not take the time of all others"
    assert looked(place).complete


def test_folders_deeper_than_any_recursion_are_counted_as_far_as_paths_go(place: Place) -> None:
    deep = os.open(place.put("groups/main/file").parent, os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY | os.O_DIRECTORY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    found = part(looked(place), Area.GROUP, "main")
    assert found.entries > 1_500
    assert not found.complete, "what no path reaches was not counted, and that is told"
    # The test runner's own way of clearing up recurses.
    remove_tree(place.home.root)


def test_a_home_that_is_not_there_is_told(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        measure(type(place.home)(place.home.root / "nowhere"), time.monotonic, 1)
