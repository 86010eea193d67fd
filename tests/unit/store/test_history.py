"""What was said, either direction."""

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import TurnState
from nanoclaw.store.history import HistoryFilter
from nanoclaw.store.turns import Finish
from tests.unit.store.conftest import HERE, Store, address


async def test_history_holds_both_directions_oldest_first(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    store.clock.value += 10
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("hello",)))
    await store.receive("two", wakes=False)
    lines = await store.history.newest(HistoryFilter(limit=10))
    assert [(line.direction, line.sender, line.text, line.state) for line in lines] == [
        ("in", "Ann", "one", "answered"),
        ("out", "Andy", "hello", "pending"),
        ("in", "Ann", "two", "stored"),
    ]
    assert [line.id for line in lines] == ["in-1", "out-1", "in-2"]


async def test_history_can_be_of_one_group_one_chat_one_time_and_so_many_lines(store: Store) -> None:
    await store.add_group("family")
    await store.receive("one")
    await store.receive("two", address=address("family"))
    late = Milliseconds(store.clock.now() + 1)
    await store.receive("three")

    async def texts(wanted: HistoryFilter) -> list[str]:
        return [line.text for line in await store.history.newest(wanted)]

    assert await texts(HistoryFilter(limit=10, folder="family")) == ["two"]
    assert await texts(HistoryFilter(limit=10, address=HERE)) == ["one", "three"]
    assert await texts(HistoryFilter(limit=10, since=late)) == ["three"]
    assert await texts(HistoryFilter(limit=2)) == ["two", "three"]
