"""A temporary group leaves no row behind, and nobody else's rows are touched."""

from pathlib import Path

import apsw

from nanoclaw.model.chats import ChangeKind, ChannelName, ChatAddress, InboundChange, Sender
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import MAIN_FOLDER, GroupFolder
from nanoclaw.store.database import Database
from nanoclaw.store.erasing import Erasing
from nanoclaw.store.groups import NewGroup
from nanoclaw.store.tasks import MIGRATIONS
from nanoclaw.store.usage import ModelCall, UsageLedger
from tests.unit.store.conftest import HERE, Store

TEMPORARY = GroupFolder("verify-1-a")
THERE = ChatAddress(channel=ChannelName("local"), chat=TEMPORARY)


def _counts(connection: apsw.Connection) -> dict[str, int]:
    names = [
        str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    ]
    counted = [name for name in names if not name.startswith("sqlite_") and "_text_" not in name]
    return {name: int(str(connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])) for name in counted}  # noqa: S608


async def _register(store: Store, *, temporary: bool) -> None:
    new = NewGroup(
        folder=TEMPORARY,
        name="Verification",
        trigger="@V",
        requires_trigger=True,
        is_main=False,
        address=THERE,
        temporary=temporary,
    )
    await store.groups.add(new)


def _call(folder: GroupFolder, cost: float) -> ModelCall:
    return ModelCall(
        folder=folder,
        model="m",
        status=200,
        started_at=Milliseconds(1),
        finished_at=Milliseconds(2),
        input_tokens=1,
        output_tokens=1,
        cache_read_tokens=0,
        cache_write_tokens=0,
        cost_usd=cost,
    )


async def test_no_row_is_left_of_a_temporary_group(store: Store, tmp_path: Path) -> None:
    tasks = await Database.open(tmp_path / "tasks.db", MIGRATIONS)
    await store.receive("before", address=HERE)
    before = await store.database.read(_counts)
    await _register(store, temporary=True)
    await store.receive("hello", address=THERE)
    group = await store.groups.find(TEMPORARY)
    assert group is not None
    turn = await store.turns.claim(group.id)
    assert turn is not None
    await store.outbox.add(THERE, "an answer", client_id="x")
    reply = await store.outbox.take(THERE)
    assert reply is not None
    await store.outbox.sent(reply.id, "n1")
    for number, (kind, target) in enumerate(((ChangeKind.REACTED, "n1"), (ChangeKind.EDITED, "m2"))):
        change = InboundChange(
            address=THERE,
            external_id=f"c{number}",
            kind=kind,
            target=target,
            sender=Sender(id="u1", name="Ann"),
            text="+",
            at=Milliseconds(1),
        )
        await store.inbox.change(change, lambda _group, _text: False)
    await UsageLedger(store.database).add(_call(TEMPORARY, 0.0))
    assert await store.database.read(_counts) != before
    assert await Erasing(store.database, tasks).erase(TEMPORARY)
    assert await store.database.read(_counts) == before
    assert await store.database.read(lambda connection: connection.execute("PRAGMA foreign_key_check").fetchall()) == []
    await tasks.close()


async def test_money_that_was_spent_stays_in_the_books_of_the_owner(store: Store, tmp_path: Path) -> None:
    tasks = await Database.open(tmp_path / "tasks.db", MIGRATIONS)
    await _register(store, temporary=True)
    ledger = UsageLedger(store.database)
    await ledger.add(_call(TEMPORARY, 0.25))
    await Erasing(store.database, tasks).erase(TEMPORARY)
    assert await ledger.spent(Milliseconds(0)) == {MAIN_FOLDER: 0.25}
    await tasks.close()


async def test_a_group_that_is_there_to_stay_cannot_be_erased(store: Store, tmp_path: Path) -> None:
    tasks = await Database.open(tmp_path / "tasks.db", MIGRATIONS)
    await _register(store, temporary=False)
    before = await store.database.read(_counts)
    assert not await Erasing(store.database, tasks).erase(TEMPORARY)
    assert await store.database.read(_counts) == before
    await tasks.close()


async def test_a_temporary_group_is_in_no_list_and_nobody_can_take_its_folder(store: Store) -> None:
    await _register(store, temporary=True)
    assert [group.folder for group in await store.groups.all()] == [MAIN_FOLDER]
    assert [group.folder for group in await store.groups.temporary()] == [TEMPORARY]
