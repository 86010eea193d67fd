"""The search of a group's history, and what it never finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.model.groups import Group
from nanoclaw.model.turns import TurnState
from nanoclaw.store.inbox import Admission
from nanoclaw.store.turns import Finish
from nanoclaw.store.words import match_expression
from tests.unit.store.conftest import Store, address, message, new_group, verdict


async def found(store: Store, group: Group, query: str) -> list[str]:
    return [line.text for line in await store.history.search(group, query, limit=10)]


async def test_all_words_a_phrase_and_a_beginning_are_found_in_either_direction(store: Store, main: Group) -> None:
    await store.receive("the red car is in the garage")
    turn = await store.claim(main)
    store.clock.value += 1
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("I moved the RED bicycle",)))
    assert await found(store, main, "red") == ["I moved the RED bicycle", "the red car is in the garage"]
    assert await found(store, main, "garage red") == ["the red car is in the garage"]
    assert await found(store, main, '"red car"') == ["the red car is in the garage"]
    assert await found(store, main, '"car red"') == []
    assert await found(store, main, "bicy*") == ["I moved the RED bicycle"]
    assert await found(store, main, "bicy") == []
    assert await found(store, main, "green") == []


async def test_other_scripts_are_found(store: Store, main: Group) -> None:
    await store.receive("明天去看牙医")
    await store.receive("Zoë trinkt Tee")
    assert await found(store, main, "牙医") == ["明天去看牙医"]
    assert await found(store, main, "zoe") == ["Zoë trinkt Tee"]


TRICKS = (
    "secret",
    '"secret"',
    "secret OR hello",
    "hello OR secret",
    "secret*",
    "s*",
    "*",
    '""',
    "",
    " ",
    "NEAR(secret hello)",
    "hello NEAR secret",
    "NOT hello",
    "hello NOT hello",
    "text:secret",
    "{text} : secret",
    "scope:g2",
    "scope : g2",
    "{scope text} : secret",
    "- {scope} : secret",
    "^secret",
    'hello" OR scope:"g2',
    '") OR (secret',
    "secret') --",
    "g2",
    "hello + secret",
    "secret\0",
    "\0",
    "hello\0 OR secret",
    "sec\ud800ret",
    "a" * 10_000,
    "secret " * 2_000,
    '"' * 10_000,
    "(" * 10_000,
    "牙" * 10_000,
)


@pytest.mark.parametrize("query", TRICKS, ids=range(len(TRICKS)))
async def test_no_trick_finds_the_text_of_another_group(store: Store, main: Group, query: str) -> None:
    await store.add_group("family")
    await store.receive("our secret is plums", address=address("family"))
    await store.receive("hello g2 scope text")
    assert "our secret is plums" not in await found(store, main, query)


@given(st.text(max_size=200))
def test_any_query_is_an_expression_of_its_own_scope_only(query: str) -> None:
    expression = match_expression(query, "g1")
    if expression is not None:
        head = '{scope} : "g1" AND {text} : ('
        assert expression.startswith(head)
        assert expression.endswith(")")
        # Outside of quotes there is nothing but the words and signs that we put there.
        outside = "".join(expression.removeprefix(head).removesuffix(")").split('"')[::2])
        assert set(outside) <= set(" AND*")


async def test_what_is_held_or_was_said_before_the_group_was_there_is_not_found(store: Store, main: Group) -> None:
    await store.inbox.add(message("plums are held"), verdict(Admission.HOLD))
    await store.inbox.add(message("plums elsewhere", where=address("club")), verdict(Admission.WAKE))
    assert await found(store, main, "plums") == []


async def test_a_removed_groups_history_is_its_own_when_it_comes_back(store: Store, main: Group) -> None:
    family = await store.add_group("family")
    await store.receive("plums", address=address("family"))
    await store.groups.remove(family.folder)
    work = await store.groups.add(new_group("work", chat=address("family")))  # the same chat, now another group's
    assert await found(store, work, "plums") == []
    assert await found(store, main, "plums") == []
