"""The door for incoming messages."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw
import pytest

from nanoclaw.agents.prompt import write_prompt
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import MessageArrived
from nanoclaw.intake.admit import TEXT_LIMIT, ClosedError, Intake, MessageTooLongError
from nanoclaw.model.chats import Attachment, IncomingFile, Sender
from nanoclaw.model.options import with_option
from nanoclaw.store.errors import StoreError
from nanoclaw.store.groups import GroupChange
from tests.fakes.intake_desks import Notes, desks
from tests.unit.store.conftest import HERE, OWNER, Store, address, message, new_group, open_store


class Door:
    """An intake on a real store, and whom it woke."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.broadcast = Broadcast()
        self.woken: list[str] = []
        self.notes = Notes()
        self.intake = Intake(
            store.inbox, self.broadcast, desks(lambda group: self.woken.append(group.folder), self.notes)
        )

    async def texts(self) -> list[str]:
        query = "SELECT text FROM messages ORDER BY id"
        return [row[0] for row in await self.store.database.read(lambda connection: list(connection.execute(query)))]


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    store = await open_store(tmp_path / "messages.db")
    await store.groups.add(new_group("main", is_main=True))
    await store.add_group("family")
    await store.people.add(OWNER)
    yield Door(store)
    await store.database.close()


async def test_a_receipt_comes_only_once_the_message_is_on_disk(door: Door) -> None:
    disk = threading.Event()
    with door.broadcast.subscribe() as events:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(door.store.database.write(lambda _: disk.wait(10)), name="slow disk")
            accepting = tasks.create_task(door.intake.accept(message("hello")), name="accept")
            await asyncio.sleep(0.1)
            assert not accepting.done()
            assert door.woken == []
            disk.set()
        receipt = accepting.result()
        assert await events.next() == MessageArrived(address=HERE, message=receipt.message, sender="Ann", text="hello")
    assert (receipt.registered, receipt.duplicate) == (True, False)
    assert receipt.turn
    assert await door.texts() == ["hello"]
    assert door.woken == ["main"]


async def test_only_new_triggering_messages_wake(door: Door) -> None:
    family = address("family")
    plain = await door.intake.accept(message("hello", "1", family))
    assert (plain.turn, door.woken) == (None, [])
    triggering = await door.intake.accept(message("@Andy hello", "2", family))
    assert triggering.turn
    assert door.woken == ["family"]
    again = await door.intake.accept(message("@Andy hello", "2", family))
    assert (again.duplicate, again.message, again.turn) == (True, triggering.message, triggering.turn)
    await door.intake.accept(replace(message("@Andy said", "3", family), from_assistant=True))
    assert door.woken == ["family"]


async def test_an_unregistered_chat_wakes_nobody_and_nobody_hears_of_it(door: Door) -> None:
    with door.broadcast.subscribe() as events:
        receipt = await door.intake.accept(replace(message("@Andy", where=address("x")), mentions_assistant=True))
        assert not receipt.registered
        await door.intake.accept(message("hello"))
        event = await events.next()
        assert isinstance(event, MessageArrived)
        assert event.text == "hello"
    assert await door.texts() == ["hello"]


async def test_a_closed_intake_takes_nothing_in(door: Door) -> None:
    door.intake.close()
    with pytest.raises(ClosedError, match="shutting down") as caught:
        await door.intake.accept(message("hello"))
    assert caught.value.hint
    assert (await door.texts(), door.woken) == ([], [])


async def test_the_longest_text_is_taken_in_and_a_longer_one_refused(door: Door) -> None:
    assert (await door.intake.accept(message("x" * TEXT_LIMIT, "1"))).registered
    with pytest.raises(MessageTooLongError) as caught:
        await door.intake.accept(message("x" * (TEXT_LIMIT + 1), "2"))
    assert "1,048,577" in str(caught.value)
    assert len(await door.texts()) == 1
    (dropped,) = await door.store.people.dropped(10)
    assert (dropped.sender, dropped.reason, dropped.count) == ("u1", "the message is too long", 1)


async def test_what_cannot_be_stored_is_not_confirmed_and_wakes_nobody(door: Door) -> None:
    await door.store.database.write(lambda connection: connection.set_busy_timeout(20))
    other = apsw.Connection(str(door.store.database.path))
    other.execute("BEGIN IMMEDIATE")
    with door.broadcast.subscribe() as events:
        with pytest.raises(StoreError):
            await door.intake.accept(message("hello"))
        other.close()
        assert door.woken == []
        assert (await door.intake.accept(message("hello"))).turn
        await events.next()
    assert await door.texts() == ["hello"]


async def test_files_are_kept_of_those_who_may_write_and_only_named_of_a_stranger_who_waits(door: Door) -> None:
    family = address("family")
    group = await door.store.groups.find("family")
    assert group is not None
    change = GroupChange(options=with_option(group.options, "senders", "ask"))
    await door.store.groups.change(group.folder, change)
    files = (IncomingFile(name="../a b.png", media_type="image/png", path="/spool/x"),)
    await door.intake.accept(replace(message("mine", "1", family), files=files))
    assert door.notes.kept == [("family", 1)]
    stranger = replace(message("@Andy look", "2", family), sender=Sender(id="u2", name="Bob"), files=files)
    await door.intake.accept(stranger)
    assert door.notes.kept == [("family", 1)]
    assert door.notes.strangers == [("family", "u2")]
    await door.store.inbox.release(group, "local", "u2", lambda _: True)
    told = (await door.store.claim(group)).messages[-1]
    assert told.attachments == (Attachment(name="a_b.png", media_type="image/png", path=""),)
    assert '<attachment name="a_b.png" type="image/png" kept="no"/>' in write_prompt([told], ZoneInfo("UTC"))
