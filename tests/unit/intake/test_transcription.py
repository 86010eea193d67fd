"""Voice notes become text: the real store, and real programs."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.events.broadcast import Broadcast
from nanoclaw.intake.admit import Intake
from nanoclaw.intake.hearing import Hearing
from nanoclaw.intake.transcription import Transcriber
from nanoclaw.model.chats import Attachment, ChangeKind, ChatAddress, InboundChange, IncomingFile, Sender
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.store.voices import Voices
from tests.fakes.intake_desks import desks
from tests.fakes.small_disk import fill, small_disk
from tests.unit.store.conftest import HERE, OWNER, Store, address, message, new_group, open_store

FAMILY = address("family")
READ = ("sh", "-c", 'cat "$1"', "sh", "{file}")


class Studio:
    """An intake with files of its own, and a transcriber that runs when told to."""

    def __init__(self, store: Store, folder: Path, *, command: Sequence[str] = READ, seconds: float = 10) -> None:
        self.store = store
        self.folder = folder
        self.woken: list[str] = []
        self.woke = asyncio.Event()
        self.voices = Voices(store.database, store.clock)
        hearing = Hearing(command=command, seconds=seconds, environment={"PATH": os.defpath}) if command else None
        self.transcriber = Transcriber(
            self.voices,
            hearing,
            self._wake,
            root=lambda name: folder / name,
            scratch=folder / "scratch",
            at_once=1,
        )
        own = replace(desks(self._wake), keep=self._keep, spoken=self.transcriber.look if command else None)
        self.intake = Intake(store.inbox, Broadcast(), own)

    def _wake(self, group: Group) -> None:
        self.woken.append(group.folder)
        self.woke.set()

    async def _keep(self, group: Group, files: tuple[IncomingFile, ...]) -> tuple[Attachment, ...]:
        return tuple(self._kept(group, file) for file in files)

    def _kept(self, group: Group, file: IncomingFile) -> Attachment:
        place = self.folder / group.folder / "inbox" / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.path)
        return Attachment(name=file.name, media_type=file.media_type, path=f"inbox/{file.name}")

    async def speak(
        self, words: str, name: str = "v", *, text: str = "", where: ChatAddress = HERE, **more: object
    ) -> None:
        file = IncomingFile(name=f"{name}.ogg", media_type="audio/ogg", path=words, voice=True)
        await self.intake.accept(replace(message(text, name, where), files=(file,), **more))  # type: ignore[arg-type]

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.transcriber.run(), name="transcriber")
            yield
            task.cancel()

    async def written(self) -> None:
        """Until nothing waits any more."""
        async with asyncio.timeout(10):
            while await self.voices.waiting():  # noqa: ASYNC110 - the store has no event
                await asyncio.sleep(0.01)

    async def prompt(self, folder: str = "main") -> list[str] | None:
        group = await self.store.groups.find(folder)
        assert group is not None
        turn = await self.store.turns.claim(group.id)
        return None if turn is None else [one.text for one in turn.messages]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "messages.db")
    await opened.groups.add(new_group("main", is_main=True))
    await opened.groups.add(new_group("family"))
    await opened.people.add(OWNER)
    yield opened
    await opened.database.close()


async def test_what_was_spoken_is_read_in_its_place_and_found(store: Store, tmp_path: Path) -> None:
    studio = Studio(store, tmp_path)
    await studio.intake.accept(message("before", "1"))
    await studio.speak("buy plums", text="listen")
    await studio.intake.accept(message("after", "2"))
    assert await studio.prompt() is None
    assert await store.turns.due() == ()
    async with studio.at_work():
        await studio.written()
    assert await studio.prompt() == ["before", "listen\n[transcript of the voice note] buy plums", "after"]
    main = await store.groups.find("main")
    assert main is not None
    assert len(await store.history.search(main, "plums", limit=5)) == 1
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_no_other_chat_waits_for_it(store: Store, tmp_path: Path) -> None:
    studio = Studio(store, tmp_path, command=("sh", "-c", "sleep 60", "{file}"))
    async with studio.at_work():
        await studio.speak("hello")
        await studio.intake.accept(message("@Andy hello", "1", FAMILY))
        assert await studio.prompt("family") == ["@Andy hello"]
        assert await studio.prompt() is None


@pytest.mark.parametrize(
    ("script", "why"),
    [("sleep 60", "it took longer than 0.3 s"), ("exit 1", "sh ended with status 1"), ("yes", "far more")],
)
async def test_whatever_goes_wrong_the_message_is_read_with_a_note(
    store: Store, tmp_path: Path, script: str, why: str
) -> None:
    studio = Studio(store, tmp_path, command=("sh", "-c", script, "{file}"), seconds=0.3 if "sleep" in script else 10)
    await studio.speak("hello", text="listen")
    async with studio.at_work():
        await studio.written()
    (text,) = await studio.prompt() or []
    assert text.startswith("listen\n[the voice note could not be transcribed: ")
    assert why in text
    assert "main" in studio.woken


async def test_on_a_full_disk_the_message_is_read_with_a_note_and_nothing_half_stays(
    store: Store, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        studio = Studio(store, disk)
        await studio.speak("hello")
        fill(disk, leave=0)
        async with studio.at_work():
            await studio.written()
        assert await studio.prompt() == ["[the voice note could not be transcribed: no room is left for a copy]"]
        assert list((disk / "scratch").iterdir()) == []


async def test_a_file_that_the_agent_replaced_by_a_link_is_not_read(store: Store, tmp_path: Path) -> None:
    studio = Studio(store, tmp_path)
    await studio.speak("hello")
    secret = tmp_path / "secret"
    secret.write_text("4711")
    place = tmp_path / "main" / "inbox" / "v.ogg"
    place.unlink()
    place.symlink_to(secret)
    async with studio.at_work():
        await studio.written()
    assert await studio.prompt() == ["[the voice note could not be transcribed: its file cannot be read]"]


async def test_a_restart_finds_what_waited(store: Store, tmp_path: Path) -> None:
    await Studio(store, tmp_path, command=("sh", "-c", "sleep 60", "{file}")).speak("hello")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "left").write_text("x")
    later = Studio(store, tmp_path)
    async with later.at_work():
        await later.written()
    assert await later.prompt() == ["[transcript of the voice note] hello"]
    assert not (tmp_path / "scratch" / "left").exists()


async def test_without_a_program_nothing_waits_and_what_waited_is_let_go(store: Store, tmp_path: Path) -> None:
    await Studio(store, tmp_path).speak("hello", "1", text="listen")
    bare = Studio(store, tmp_path, command=())
    async with bare.at_work():
        await bare.written()
        await bare.speak("again", "2", text="and this")
        assert await bare.voices.waiting() == ()
    assert await bare.prompt() == ["listen", "and this"]


async def test_who_speaks_to_the_assistant_by_its_name_is_answered(store: Store, tmp_path: Path) -> None:
    studio = Studio(store, tmp_path)
    await studio.speak("Bob, buy plums", "1", where=FAMILY)
    async with studio.at_work():
        await studio.written()
        assert await studio.prompt("family") is None
        await studio.speak("Andy, buy plums", "2", where=FAMILY)
        await studio.written()
    assert await studio.prompt("family") == [
        "[transcript of the voice note] Bob, buy plums",
        "[transcript of the voice note] Andy, buy plums",
    ]


async def test_a_voice_note_that_is_taken_back_holds_up_nobody(store: Store, tmp_path: Path) -> None:
    studio = Studio(store, tmp_path)
    await studio.speak("hello", "1")
    await studio.intake.accept(message("and?", "2"))
    studio.woken.clear()
    await studio.intake.change(
        InboundChange(
            address=HERE,
            external_id="c",
            kind=ChangeKind.DELETED,
            target="1",
            sender=Sender(id="u1", name="Ann"),
            text="",
            at=Milliseconds(2_000_000),
        )
    )
    assert studio.woken == ["main"]
    assert await studio.prompt() == ["and?"]


async def test_old_voice_notes_are_kept_as_they_are(store: Store, tmp_path: Path) -> None:
    studio = Studio(store, tmp_path)
    await studio.speak("long ago", history=True)
    assert await studio.voices.waiting() == ()
