"""The channel on a disk that takes nothing more: what was written arrives, now or when there is room."""

from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.places import Places
from tests.fakes.small_disk import fill, small_disk
from tests.unit.channels.telegram.conftest import FORUM, Scene
from tests.unit.channels.telegram.test_files import document


async def test_a_disk_that_fills_up_during_a_download_costs_the_file_and_not_the_message(scene: Scene) -> None:
    with small_disk(scene.folder / "incoming", 2) as incoming:
        scene.server.files["f1"] = bytes(5 << 20)
        async with scene.start():
            await scene.server.says(None, document=document(), caption="Read this")
            await scene.server.all_confirmed()
            assert scene.world.accepted[-1].text.startswith("Read this\n\n[File plan.pdf, not here: ")
            assert scene.world.accepted[-1].text.endswith("No space left on device]")
            assert not scene.world.accepted[-1].files
            assert not list(incoming.iterdir())
            scene.server.files["f1"] = bytes(1 << 20)
            await scene.server.says(None, document=document(), caption="A shorter one")
            await scene.server.all_confirmed()
            assert scene.world.received == {"plan.pdf": bytes(1 << 20)}


async def test_a_message_whose_topic_cannot_be_noted_comes_when_there_is_room(scene: Scene) -> None:
    token = scene.token_file.read_text().strip()
    scene.token_file.unlink()
    scene.folder.rmdir()
    with small_disk(scene.folder, 1) as folder:
        scene.write_token(token)
        async with scene.start():
            filler = fill(folder, leave=0)
            update = await scene.server.says("Hi", chat=FORUM, message_thread_id=7, is_topic_message=True)
            assert not await scene.server.fared(update)
            assert not scene.world.accepted
            filler.unlink()
            await scene.server.all_confirmed()
            assert [message.text for message in scene.world.accepted] == ["Hi"]


async def test_notes_that_do_not_fit_leave_those_that_are_there(tmp_path: Path) -> None:
    with small_disk(tmp_path / "telegram", 1) as folder:
        places = Places(folder)
        places.moves(-55, -10055)
        await places.save()
        before = (folder / "notes.json").read_bytes()
        filler = fill(folder, leave=0)
        for message in range(1, 1_000):
            places.in_topic(-1, message, 7)
        with pytest.raises(ChannelError, match="No space left"):
            await places.save()
        assert (folder / "notes.json").read_bytes() == before
        assert {path.name for path in folder.iterdir()} == {"notes.json", "filler"}
        filler.unlink()
        await places.save()
        again = Places(folder)
        again.load()
        assert again.topic_of(-1, 999) == 7
