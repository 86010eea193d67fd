"""Reactions: told with the next prompt, or answers to questions."""

from nanoclaw.model.chats import ChangeKind
from nanoclaw.store.history import HistoryFilter
from tests.unit.intake.room import BEN, FAMILY, Room


async def test_reactions_are_told_with_the_next_prompt_and_wake_nobody(room: Room) -> None:
    await room.say("@Andy hello", "1")
    await room.prompt()
    await room.answer("The first line\nof a long answer " + "x" * 200)
    room.woken.clear()
    (sent,) = room.said
    await room.react(sent, "👍")
    await room.react("1", "❤️", who=BEN)
    assert room.woken == []
    assert await room.claim() is None
    await room.say("@Andy well?", "2")
    first, second, _ = await room.prompt()
    assert first.startswith('<reaction sender="Ann"')
    assert 'emoji="👍" message="out-1">The first line of a long answer x' in first
    assert first.endswith("…</reaction>")
    assert 'emoji="❤️" message="in-1">@Andy hello</reaction>' in second
    lines = await room.store.history.newest(HistoryFilter(limit=9, address=FAMILY))
    assert [(line.kind, line.target) for line in lines if line.kind == "reaction"] == [
        ("reaction", "out-1"),
        ("reaction", "in-1"),
    ]


async def test_of_a_persons_reactions_to_a_message_only_the_last_is_told(room: Room) -> None:
    await room.say("a question", "1")
    await room.react("1", "👍")
    await room.react("1", "🎉")
    await room.react("1", "🎉", who=BEN)
    await room.react("1", "", who=BEN)
    await room.say("@Andy hello", "2")
    assert [line.split('emoji="')[1][0] for line in await room.prompt() if "<reaction" in line] == ["🎉"]
    await room.answer()
    await room.react("1", "👍")
    await room.react("1", "")
    await room.say("@Andy well?", "3")
    first, _ = await room.prompt()
    assert 'taken_back="yes"' in first


async def test_taking_back_what_was_never_told_says_nothing(room: Room) -> None:
    await room.say("a question", "1")
    await room.react("1", "👍")
    await room.react("1", "")
    await room.react("1", "")
    await room.say("@Andy hello", "2")
    assert len(await room.prompt()) == 2


async def test_a_reaction_on_a_question_answers_it(room: Room) -> None:
    await room.ask()
    await room.react("their-name", "👍")
    assert room.woken == ["family"]
    (line,) = await room.prompt()
    assert "<answers>Shall I?</answers>👍" in line
    await room.change(ChangeKind.REACTED, "their-name", "👍", external_id="c1")
    await room.answer()
    assert await room.claim() is None


async def test_a_reaction_that_answers_no_question_is_told_like_any_other(room: Room) -> None:
    await room.ask()
    await room.react("their-name", "🎉")
    assert room.woken == []
    await room.say("@Andy hello", "2")
    assert 'emoji="🎉" message="out-1">Shall I?</reaction>' in (await room.prompt())[0]
