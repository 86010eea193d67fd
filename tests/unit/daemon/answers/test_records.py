"""Groups and history of a home, as the control API shows them."""

from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.control.shapes import AddGroupRequest, ChangeChatsRequest, ChatVerb, MessageQuery
from nanoclaw.control.times import InvalidTimeError, iso, parse_time
from nanoclaw.daemon.answers.records import Records
from nanoclaw.intake.trigger import InvalidTriggerError
from nanoclaw.model.chats import Attachment
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import InvalidFolderError
from nanoclaw.model.options import InvalidOptionError
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import AssistantSettings, Settings
from tests.unit.store.conftest import WAKING, Store, address, message


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


@pytest.fixture
def records(store: Store, home: Home) -> Records:
    settings = Settings(assistant=AssistantSettings(name="Zoë"))
    return Records(home, settings, store.groups, store.history)


async def test_a_group_is_registered_with_the_assistants_trigger_and_gets_a_private_folder(
    records: Records, home: Home
) -> None:
    shape = await records.add_group(AddGroupRequest(name="Family", folder="family"))
    assert (shape.folder, shape.trigger, shape.requires_trigger) == ("family", "@Zoë", True)
    assert [(chat.channel, chat.chat) for chat in shape.chats] == [("local", "family")]
    assert (home.groups / "family").stat().st_mode & 0o777 == 0o700
    assert await records.group("family") == shape


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (AddGroupRequest(name="M", folder="MAIN"), ConflictError),
        (AddGroupRequest(name="M", folder="other", chat="main"), ConflictError),
        (AddGroupRequest(name="M", folder="other", is_main=True), ConflictError),
        (AddGroupRequest(name="M", folder="Global"), InvalidFolderError),
        (AddGroupRequest(name="M", folder="other", trigger=" \n "), InvalidTriggerError),
        (AddGroupRequest(name="a\nb", folder="other"), InvalidOptionError),
        (AddGroupRequest(name=" ", folder="other"), InvalidOptionError),
        (AddGroupRequest(name="M", folder="other", channel="whats app"), InvalidOptionError),
    ],
)
async def test_what_cannot_be_registered_is_refused_and_makes_no_folder(
    records: Records, home: Home, request_: AddGroupRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await records.add_group(request_)
    assert [entry.name for entry in home.groups.iterdir()] == ["global"]
    assert [group.folder for group in (await records.groups()).groups] == ["main"]


async def test_a_chat_that_wrote_but_is_not_registered_is_listed_so_that_it_can_be(
    records: Records, store: Store
) -> None:
    await store.inbox.add(message("hello", where=address("club", "whatsapp")), WAKING)
    listed = await records.groups()
    assert [(chat.channel, chat.chat) for chat in listed.unregistered] == [("whatsapp", "club")]
    await records.add_group(AddGroupRequest(name="Club", folder="club", channel="whatsapp", chat="club"))
    assert (await records.groups()).unregistered == []


async def test_a_group_can_be_removed_but_not_the_main_one_nor_one_that_is_not_there(records: Records) -> None:
    await records.add_group(AddGroupRequest(name="Family", folder="family"))
    assert (await records.remove_group("family")).changed
    with pytest.raises(NoSuchGroupError):
        await records.remove_group("family")
    with pytest.raises(ConflictError, match="main group"):
        await records.remove_group("main")


async def test_history_is_shown_with_times_and_of_a_known_group_only(records: Records, store: Store) -> None:
    await store.receive("one")
    (line,) = (await records.messages(MessageQuery(group="main", limit=10))).messages
    assert (line.id, line.text, line.group, line.time) == ("in-1", "one", "main", iso(store.clock.now()))
    assert (await records.messages(MessageQuery(limit=10, since="2026-01-01T00:00:00Z"))).messages == []
    with pytest.raises(NoSuchGroupError):
        await records.messages(MessageQuery(group="nobody", limit=10))


async def test_files_that_came_with_a_message_are_shown_with_it(records: Records, store: Store) -> None:
    kept = Attachment(name="note.ogg", media_type="audio/ogg", path="inbox/2026-01-01-note.ogg")
    lost = Attachment(name="list.txt", media_type="text/plain", path="")
    spoken = replace(message("", where=address("main")), attachments=(kept,))
    await store.inbox.add(spoken, WAKING)
    await store.inbox.add(replace(message("the list", "n", address("main")), attachments=(lost,)), WAKING)
    lines = (await records.messages(MessageQuery(group="main", limit=10))).messages
    assert [line.text for line in lines] == [
        "[File note.ogg: inbox/2026-01-01-note.ogg]",
        "the list\n[File list.txt: not kept]",
    ]


async def test_the_status_tells_the_newest_troubles(records: Records, store: Store) -> None:
    for number in range(7):
        await store.groups.note_trouble(f"trouble {number}", "hint")
    status = await records.status(model_key="ANTHROPIC_API_KEY in .env")
    assert not status.running
    assert status.groups == ["main"]
    assert status.model_key == "ANTHROPIC_API_KEY in .env"
    assert [error.what for error in status.last_errors] == [f"trouble {number}" for number in range(6, 1, -1)]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T01:00:01+01:00", 1_000),
        ("1970-01-01T00:00:01.5", 1_500),
        ("1970-01-02", 86_400_000),
    ],
)
def test_times_are_understood_with_and_without_an_offset(text: str, at: int) -> None:
    assert parse_time(text) == at
    assert parse_time(iso(Milliseconds(at))) == at


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-11-22T25:00Z", "x" * 10_000])
def test_what_is_no_time_is_refused_briefly(text: str) -> None:
    with pytest.raises(InvalidTimeError) as caught:
        parse_time(text)
    assert len(str(caught.value)) < 100
    assert caught.value.hint


async def test_chats_are_added_to_a_group_preferred_and_taken_away(records: Records, store: Store) -> None:
    await store.add_group("family")

    async def do(verb: str, chat: str, channel: str = "whatsapp", folder: str = "family") -> list[tuple[str, bool]]:
        request = ChangeChatsRequest(verb=ChatVerb(verb), channel=channel, chat=chat)
        return [(chat.chat, chat.primary) for chat in (await records.change_chats(folder, request)).chats]

    assert sorted(await do("add", "x@g.us")) == [("family", False), ("x@g.us", False)]
    assert sorted(await do("add", "x@g.us")) == [("family", False), ("x@g.us", False)]
    assert ("x@g.us", True) in await do("primary", "x@g.us")
    with pytest.raises(ConflictError, match="main"):
        await do("add", "main", "local")
    for verb in ("remove", "primary"):
        with pytest.raises(ConflictError, match="no chat of the group 'family'"):
            await do(verb, "main", "local")
    assert await do("remove", "family", "local") == [("x@g.us", True)]
    with pytest.raises(ConflictError, match="only chat"):
        await do("remove", "x@g.us")
    with pytest.raises(NoSuchGroupError):
        await do("add", "y@g.us", folder="nobody")
