"""What was said, either direction."""

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import TurnState
from nanoclaw.store.history import HistoryFilter
from nanoclaw.store.turns import Finish
from tests.unit.store.conftest import HERE, Store, address, new_group


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


async def test_words_are_found_in_their_own_groups_history_newest_first(store: Store, main: Group) -> None:
    await store.add_group("family")
    await store.receive("the red car")
    await store.receive("a red car is the car of the family", address=address("family"))
    await store.receive("red, and a cart")

    async def found(query: str) -> list[str]:
        return [line.text for line in await store.history.search(main, query, limit=10)]

    assert await found("RED") == ["red, and a cart", "the red car"]
    assert await found('"red car"') == ["the red car"]
    assert await found("c*") == ["red, and a cart", "the red car"]
    assert await found("car* the") == ["the red car"]
    assert await found("famil*") == []
    assert await found("scope") == await found("g1") == []


async def test_words_are_found_everywhere_each_line_with_the_group_in_which_it_was_said(
    store: Store, main: Group
) -> None:
    family, work = await store.add_group("family"), await store.add_group("work")
    await store.receive("one red car")
    await store.receive("two red cars", address=address("family"))
    turn = await store.claim(family)
    store.clock.value += 10
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("a red answer",)))
    await store.receive("three red cars", address=address("work"))

    async def found(query: str, limit: int = 10) -> list[tuple[str | None, str]]:
        return [(line.folder, line.text) for line in await store.history.search_everywhere(query, limit=limit)]

    everything = [
        ("work", "three red cars"),
        ("family", "a red answer"),
        ("family", "two red cars"),
        ("main", "one red car"),
    ]
    assert await found("red") == everything
    assert await found("red", limit=2) == everything[:2]
    assert await found(f"g{work.id}") == await found('"') == []
    await store.groups.remove(work.folder)
    assert await found("red") == everything[1:]
    # A chat that another group takes over leaves its past where it was said.
    await store.groups.remove(family.folder)
    await store.groups.add(new_group("cousins", chat=address("family")))
    assert await found("red") == everything[3:]


async def test_a_quiet_chat_shows_its_lines_however_many_others_have_come_since(store: Store) -> None:
    family = await store.add_group("family")
    await store.groups.bind(family.folder, address("aunts"), "Aunts")
    await store.receive("quiet", address=address("family"))
    await store.receive("aunts", address=address("aunts"))
    for number in range(20):
        await store.receive(f"loud {number}", wakes=False)

    async def texts(wanted: HistoryFilter) -> list[str]:
        return [line.text for line in await store.history.newest(wanted)]

    assert await texts(HistoryFilter(limit=5, folder="family")) == ["quiet", "aunts"]
    assert await texts(HistoryFilter(limit=5, address=address("family"))) == ["quiet"]
    assert await texts(HistoryFilter(limit=2)) == ["loud 18", "loud 19"]
    assert await texts(HistoryFilter(limit=5, folder="nobody")) == []
