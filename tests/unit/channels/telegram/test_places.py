"""Chats, topics, and groups that move."""

from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.places import TELEGRAM, Place, Places
from nanoclaw.model.chats import ChatAddress


def at(chat: str) -> ChatAddress:
    return ChatAddress(channel=TELEGRAM, chat=chat)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_an_address_names_a_chat_or_a_topic(places: Places) -> None:
    assert places.address(-100200) == at("-100200")
    assert places.address(-100200, 7) == at("-100200/7")
    assert places.place(at("-100200/7")) == Place(chat=-100200, topic=7)
    assert places.place(at("1001")) == Place(chat=1001)


@pytest.mark.parametrize(
    "chat", ["", "main", "0", "1/", "1/0", "1/2/3", "+1", " 1", "1\n", "٣", "-", "1" * 40, "@name"]
)
def test_what_is_no_address_leads_nowhere(places: Places, chat: str) -> None:
    assert places.place(at(chat)) is None


def test_a_group_that_moved_stays_the_group_that_it_was(places: Places) -> None:
    assert places.moves(-55, -10055)
    assert not places.moves(-55, -10055)
    assert places.address(-10055) == at("-55")
    assert places.address(-10055, 3) == at("-55/3")
    assert places.place(at("-55")) == Place(chat=-10055)
    assert places.place(at("-10055")) == Place(chat=-10055)


def test_messages_before_and_after_a_move_are_told_apart(places: Places) -> None:
    assert places.name(-55, 3) == "3"
    places.moves(-55, -10055)
    assert places.name(-10055, 3) == "-10055:3"
    assert places.message("-10055:3", -10055) == 3
    assert places.message("3", -10055) is None
    assert places.message("-1:3", -10055) is None
    assert places.message("3", 1001) == 3
    assert places.message("press-1", 1001) is None


def test_a_group_that_moves_twice_or_in_a_circle_is_still_one(places: Places) -> None:
    places.moves(-1, -2)
    places.moves(-2, -3)
    assert places.address(-3) == at("-1")
    assert places.place(at("-1")) == Place(chat=-3)
    assert not places.moves(-3, -1)


async def test_what_was_learned_outlives_a_restart(places: Places, tmp_path: Path) -> None:
    places.moves(-55, -10055)
    places.in_topic(-100300, 12, 7)
    await places.save()
    again = Places(tmp_path)
    again.load()
    assert again.address(-10055) == at("-55")
    assert (again.topic_of(-100300, 12), again.topic_of(-100300, 13)) == (7, None)
    assert (tmp_path / "notes.json").stat().st_mode & 0o777 == 0o600


async def test_only_so_many_messages_of_topics_are_remembered(places: Places, tmp_path: Path) -> None:
    for message in range(1, 2_501):
        places.in_topic(-1, message, 7)
    assert (places.topic_of(-1, 500), places.topic_of(-1, 501)) == (None, 7)
    await places.save()
    assert (tmp_path / "notes.json").stat().st_size < 100_000


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"moved": {"a": 1}}', b"\xff\xfe"])
def test_torn_notes_are_none(places: Places, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notes.json").write_bytes(content)
    places.load()
    assert places.address(-2) == at("-2")


async def test_what_cannot_be_kept_is_said_and_tried_again(tmp_path: Path) -> None:
    places = Places(tmp_path / "later")
    places.moves(-55, -10055)
    with pytest.raises(ChannelError, match=r"notes\.json"):
        await places.save()
    (tmp_path / "later").mkdir()
    await places.save()
    assert (tmp_path / "later" / "notes.json").exists()
