"""Files that come with messages."""

from typing import Any

import pytest

from tests.unit.channels.telegram.conftest import Scene


def document(name: str = "plan.pdf", **more: Any) -> dict[str, Any]:
    return {"file_id": "f1", "file_unique_id": "u1", "file_name": name, "mime_type": "application/pdf", **more}


async def receive(live: Scene, **more: Any) -> str:
    await live.server.says(None, **more)
    await live.server.all_confirmed()
    assert not list(live.folder.rglob("incoming/*"))
    return live.world.accepted[-1].text


async def test_a_file_arrives_whole_with_its_caption(live: Scene) -> None:
    live.server.files["f1"] = bytes(range(256)) * 4_000
    assert await receive(live, document=document(), caption="Read this") == "Read this"
    assert live.world.received == {"plan.pdf": live.server.files["f1"]}
    assert live.world.accepted[-1].files[0].media_type == "application/pdf"


@pytest.mark.parametrize("name", ["../../x", "x" * 300, "a/b\\c:d", "\u202efdp.exe", "a\x00b\nc", "."])
async def test_a_name_is_handed_in_as_it_is_and_no_path_is_made_of_it(live: Scene, name: str) -> None:
    live.server.files["f1"] = b"content"
    before = {path for path in live.folder.parent.rglob("*") if path.is_file()}
    await receive(live, document=document(name))
    assert [file.name for file in live.world.accepted[-1].files] == [name[:255]]
    assert {path for path in live.folder.parent.rglob("*") if path.is_file()} - before <= {live.folder / "notes.json"}


async def test_a_file_that_telegram_does_not_hand_to_bots_is_named_and_not_asked_for(live: Scene) -> None:
    text = await receive(live, document=document("film.mkv", file_size=100 * 1024 * 1024), caption="Watch")
    assert text.startswith("Watch\n\n[File film.mkv, not here: larger than the 20 MB")
    assert "getfile" not in live.server.calls
    assert not live.world.accepted[-1].files


async def test_a_size_that_lies_does_not_fill_the_disk(live: Scene) -> None:
    live.server.files["f1"] = b"x" * (21 * 1024 * 1024)
    assert "not here: Telegram does not hand it out" in await receive(live, document=document(file_size=10))


async def test_a_file_that_is_gone_is_named(live: Scene) -> None:
    assert await receive(live, document=document()) == "[File plan.pdf, not here: Telegram does not hand it out]"


async def test_a_line_that_breaks_during_a_download_is_tried_again(live: Scene) -> None:
    live.server.files["f1"] = b"content"
    live.server.fails("file", "drop", "drop")
    assert await receive(live, document=document(), caption="Here") == "Here"
    assert live.world.received == {"plan.pdf": b"content"}


async def test_a_file_that_never_comes_does_not_hold_up_what_follows(live: Scene) -> None:
    live.server.files["f1"] = b"content"
    live.server.fails("file", *["drop"] * 9)
    assert await receive(live, document=document()) == "[File plan.pdf, not here: it could not be fetched]"
    live.server.faults.clear()
    await live.server.says("next")
    await live.server.all_confirmed()
    assert live.world.accepted[-1].text == "next"


@pytest.mark.parametrize("path", ["/etc/hostname", "../../bot1:x/getMe", "files/../../x"])
async def test_a_server_that_names_a_path_outside_is_not_followed(live: Scene, path: str) -> None:
    live.server.files["f1"] = b"content"
    live.server.paths["f1"] = path
    assert "not here: the server keeps it where" in await receive(live, document=document())
    assert not live.world.accepted[-1].files


async def test_nothing_is_fetched_for_a_chat_that_is_not_registered(live: Scene) -> None:
    live.server.files["f1"] = b"content"
    await live.server.says(None, chat=6, document=document())
    await live.server.all_confirmed()
    assert "getfile" not in live.server.calls
    assert not live.world.accepted
