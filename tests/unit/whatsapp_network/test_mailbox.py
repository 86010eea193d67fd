"""What waits for a linked device."""

import asyncio

import pytest

from tests.fakes.whatsapp_network.addresses import GROUP, LID, Address
from tests.fakes.whatsapp_network.mailbox import WINDOW, Mailbox, confirmed_by
from tests.fakes.whatsapp_network.nodes import Node

_ANN, _GROUP = Address("2", LID), Address("9", GROUP)


def _message(number: int, source: Address = _ANN, **more: Address) -> Node:
    return Node("message", {"id": f"3A{number}", "from": source, **more})


def _receipt(number: int, to: Address = _ANN, **more: Address | str) -> Node:
    return Node("receipt", {"id": f"3A{number}", "to": to, **more})


async def _out_of(mailbox: Mailbox, count: int) -> list[str]:
    async with asyncio.timeout(5):
        return [(await mailbox.next()).text("id") for _ in range(count)]


async def test_what_was_not_confirmed_comes_again_in_order_marked_as_late() -> None:
    mailbox = Mailbox()
    for number in range(4):
        mailbox.put(_message(number))
    assert len(mailbox.begin()) == 4
    assert await _out_of(mailbox, 3) == ["3A0", "3A1", "3A2"]
    assert all(mailbox.confirm(key) for key in confirmed_by(_receipt(1)))
    mailbox.put(_message(4))
    assert [node.text("id") for node in mailbox.begin()] == ["3A0", "3A2", "3A3", "3A4"]
    late = await mailbox.next()
    assert (late.text("id"), late.text("offline")) == ("3A0", "0")
    assert not mailbox.backlog_is_out()
    assert await _out_of(mailbox, 3) == ["3A2", "3A3", "3A4"]
    assert mailbox.backlog_is_out()
    mailbox.put(_message(5))
    assert "offline" not in (await mailbox.next()).attributes


async def test_a_full_window_waits_for_confirmations() -> None:
    mailbox = Mailbox()
    mailbox.begin()
    for number in range(WINDOW + 1):
        mailbox.put(_message(number))
    await _out_of(mailbox, WINDOW)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await mailbox.next()
    mailbox.confirm(*confirmed_by(_receipt(7)))
    assert await _out_of(mailbox, 1) == [f"3A{WINDOW}"]


async def test_only_what_was_sent_is_confirmed_and_only_once() -> None:
    mailbox = Mailbox()
    mailbox.put(_message(1))
    mailbox.begin()
    (key,) = confirmed_by(_receipt(1))
    assert not mailbox.confirm(key)
    await _out_of(mailbox, 1)
    assert [mailbox.confirm(key), mailbox.confirm(key)] == [True, False]
    assert len(mailbox) == 0


async def test_two_members_may_use_one_id() -> None:
    mailbox = Mailbox()
    bob = Address("3", LID)
    mailbox.begin()
    mailbox.put(_message(1, _GROUP, participant=_ANN))
    mailbox.put(_message(1, _GROUP, participant=bob))
    await _out_of(mailbox, 2)
    assert mailbox.confirm(*confirmed_by(_receipt(1, _GROUP, participant=bob)))
    (left,) = mailbox.begin()
    assert left.address("participant") == _ANN


def test_a_read_receipt_confirms_all_that_it_lists_and_a_retry_nothing() -> None:
    listed = Node(
        "receipt", {"id": "3A1", "to": _ANN, "type": "read"}, [Node("list", {}, [Node("item", {"id": "3A2"})])]
    )
    assert [key.id for key in confirmed_by(listed)] == ["3A1", "3A2"]
    assert confirmed_by(_receipt(1, type="retry")) == []
    (key,) = confirmed_by(Node("ack", {"class": "notification", "id": "n1", "to": _GROUP}))
    assert (key.tag, key.id, key.source) == ("notification", "n1", str(_GROUP))
