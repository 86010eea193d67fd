"""Which files may be fetched, and which lie there. Fetching itself is tried with the real client, at our network."""

from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.contents import Part
from nanoclaw.channels.whatsapp.child.fetching import Where
from nanoclaw.channels.whatsapp.child.files import Files
from nanoclaw.channels.whatsapp.child.inbound import Arrival
from nanoclaw.channels.whatsapp.link import Done, Failed, Fetch
from tests.fakes.whatsapp_child import incoming

HUGE = 100 * 1024 * 1024


def part(size: int = 5, path: str = "") -> Part:
    """A file; without a path it is nowhere."""
    where = Where(path=path, kind="Image", key=b"", digest=b"", encrypted_digest=b"")
    return Part(name="n" * 1_000, media_type="image/png", size=size, voice=False, where=where)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    one = Files(tmp_path / "fetched", Calls())
    one.open([])
    return one


def order(number: int = 1, **more: str) -> Fetch:
    return Fetch(order=7, number=number, id=more.get("id", incoming(number).id))


def test_what_is_told_of_a_file_is_short_and_promises_only_what_can_be_had(files: Files) -> None:
    (media,) = files.offer(Arrival(incoming=incoming(1), part=part())).media
    assert (len(media.name), media.fetchable, media.path, media.problem) == (400, True, "", "")
    (media,) = files.offer(Arrival(incoming=incoming(2), part=part(HUGE))).media
    assert (media.fetchable, media.size, media.problem) == (False, HUGE, "larger than 25 MB")
    assert files.offer(Arrival(incoming=incoming(3))).media == ()


async def test_only_what_was_told_and_not_answered_for_can_be_fetched(files: Files) -> None:
    assert await files.fetch(order()) == Failed(
        order=7, why="the WhatsApp client has not read the message yet", again=True
    )
    files.offer(Arrival(incoming=incoming(1), part=part()))
    done = await files.fetch(order())
    assert isinstance(done, Done)
    assert done.media[0].problem == "its address is none"
    assert isinstance(await files.fetch(order(id="another's")), Failed)
    files.forget(1)
    files.forget(1)
    assert isinstance(await files.fetch(order()), Failed)
    files.offer(Arrival(incoming=incoming(2), part=part(HUGE)))
    assert isinstance(await files.fetch(order(2)), Failed)


def test_files_of_messages_that_wait_outlast_a_restart_and_all_others_go(tmp_path: Path) -> None:
    folder = tmp_path / "fetched"
    folder.mkdir()
    for name in ("7", "8", "7-half", "0123456789abcdef"):
        (folder / name).write_bytes(b"x")
    Files(folder, Calls()).open({7, 9})
    assert [path.name for path in folder.iterdir()] == ["7"]


async def test_a_folder_that_cannot_be_written_is_said_to_be_no_matter_of_room(files: Files, tmp_path: Path) -> None:
    (tmp_path / "fetched").rmdir()
    files.offer(Arrival(incoming=incoming(1), part=part()))
    failed = await files.fetch(order())
    assert isinstance(failed, Failed)
    assert (failed.again, failed.full) == (True, False)
