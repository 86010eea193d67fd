"""Messages coming in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.model.chats import Attachment, Quote, Sender
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import TurnState
from nanoclaw.store.history import HistoryFilter
from nanoclaw.store.inbox import Admission, Arrival, Verdict
from nanoclaw.store.rows import storable
from nanoclaw.store.turns import Finish
from tests.unit.store.conftest import WAKING, Store, address, message


async def test_of_an_unregistered_chat_only_name_and_time_are_kept(store: Store) -> None:
    somewhere = address("elsewhere", "whatsapp")
    stored = await store.inbox.add(replace(message("secret", where=somewhere), chat_name="Club"), WAKING)
    assert (stored.message, stored.group, stored.turn, stored.duplicate) == (0, None, None, False)
    chat = next(chat for chat in await store.groups.chats() if chat.address == somewhere)
    assert (chat.name, chat.last_activity, chat.folder) == ("Club", store.clock.now(), None)
    assert await store.history.newest(HistoryFilter(limit=10)) == ()


async def test_a_chat_keeps_its_name_when_a_message_brings_none(store: Store) -> None:
    await store.inbox.add(replace(message("one", "1"), chat_name="Club"), WAKING)
    await store.inbox.add(message("two", "2"), WAKING)
    assert [chat.name for chat in await store.groups.chats()] == ["Club"]


async def test_the_same_id_in_another_chat_is_another_message(store: Store) -> None:
    await store.add_group("family")
    first = await store.receive("one", external_id="x")
    second = await store.receive("one", external_id="x", address=address("family"))
    assert not second.duplicate
    assert second.message > first.message


async def test_a_duplicate_wakes_nobody_a_second_time_even_after_its_turn(store: Store, main: Group) -> None:
    first = await store.receive("one", external_id="x")
    turn = await store.claim(main)
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED))
    again = await store.receive("one, edited", external_id="x")
    assert (again.duplicate, again.turn) == (True, first.turn)
    assert await store.turns.claim(main.id) is None


async def test_what_the_assistant_itself_wrote_wakes_nobody_and_is_put_before_nobody(store: Store, main: Group) -> None:
    own = replace(message("@Andy from my other phone"), from_assistant=True)
    assert (await store.inbox.add(own, WAKING)).turn is None
    await store.receive("and?")
    assert [one.text for one in (await store.claim(main)).messages] == ["and?"]


async def test_a_trigger_judges_with_the_group_as_it_is(store: Store) -> None:
    seen: list[tuple[str, str]] = []

    def judge(arrival: Arrival) -> Verdict:
        seen.append((arrival.group.folder, arrival.group.trigger))
        return Verdict(admission=Admission.STORE)

    assert (await store.inbox.add(message("one"), judge)).turn is None
    assert seen == [("main", "@Andy")]


async def test_a_message_comes_back_as_it_went_in(store: Store, main: Group) -> None:
    incoming = replace(
        message("See <this> & that \u202e 👩\u200d👩"),
        sender=Sender(id="49@s.whatsapp.net", name='Ann "the boss"'),
        quote=Quote(sender="Bob", text="what?"),
        attachments=(Attachment(name="a.png", media_type="image/png", path="groups/main/a.png"),),
    )
    await store.inbox.add(incoming, WAKING)
    (kept,) = (await store.claim(main)).messages
    assert (kept.text, kept.sender, kept.quote) == (incoming.text, incoming.sender, incoming.quote)
    assert (kept.attachments, kept.sent_at) == (incoming.attachments, incoming.sent_at)


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ("be\0fore", "be\ufffdfore"),
        ("be\ud83dfore", "be\ufffdfore"),
        ("end\udc00", "end\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ufeffmarked", "\ufeffmarked"),
        ("", ""),
        ("ä" * 1_048_576, "ä" * 1_048_576),
    ],
    ids=["NUL", "high surrogate", "low surrogate", "pair", "byte order mark", "empty", "a megabyte"],
)
async def test_odd_texts_are_kept_wherever_they_stand(store: Store, main: Group, odd: str, kept: str) -> None:
    incoming = replace(
        message(odd, f"id-{odd[:9]}"),
        sender=Sender(id=f"s{odd[:9]}", name=odd[:99]),
        chat_name=odd[:99],
        quote=Quote(sender=odd[:99], text=odd),
        attachments=(Attachment(name=odd[:99], media_type="text/plain", path=odd[:99]),),
    )
    await store.inbox.add(incoming, WAKING)
    (found,) = (await store.claim(main)).messages
    assert found.text == kept
    assert found.sender.name == kept[:99]
    assert found.quote == Quote(sender=kept[:99], text=kept)
    assert found.attachments[0].name == kept[:99]


@given(st.text(st.characters()))
def test_storable_text_differs_only_where_nothing_could_hold_it(text: str) -> None:
    kept = storable(text)
    kept.encode()
    assert storable(kept) == kept
    if not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        assert kept == text
