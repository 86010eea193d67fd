from collections.abc import AsyncIterator

import pytest

from nanoclaw.channels.contract import PairingCode, PairingDone, PairingError, PairingFault, PairingStep
from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.channels.whatsapp.link import (
    Code,
    Done,
    Logout,
    NotPaired,
    Order,
    Pair,
    Paired,
    Person,
    Standing,
    StopPairing,
)
from nanoclaw.channels.whatsapp.pairing import PhonePairing

_ME = Person(phone="491701112223@s.whatsapp.net", lid="222200000000002@lid", name="Ann")


class _Child:
    """A child that says a given list of things as soon as it is told to pair."""

    def __init__(self, *says: Code | Paired | NotPaired | Standing, refuses: OrderFailedError | None = None) -> None:
        self.orders: list[Order] = []
        self._says = says
        self._refuses = refuses
        self.pairing = PhonePairing(self._take, silence=0.3)
        self.pairing.hear(Standing(state="unpaired"))

    async def _take(self, order: Order) -> Done:
        self.orders.append(order)
        if self._refuses:
            raise self._refuses
        for said in self._says:
            self.pairing.hear(said)
        return Done(order=order.order)


async def _all(steps: AsyncIterator[PairingStep]) -> list[PairingStep]:
    return [step async for step in steps]


async def test_codes_replace_each_other_until_an_account_is_linked() -> None:
    child = _Child(Code(qr="one", expires=60), Standing(state="unpaired"), Code(qr="two", expires=20), Paired(me=_ME))
    first, second, done = await _all(child.pairing.pair())
    assert isinstance(first, PairingCode)
    assert isinstance(second, PairingCode)
    assert (first.qr, first.expires, second.qr, second.expires) == ("one", 60, "two", 20)
    assert "Linked devices" in first.words
    assert done == PairingDone(account=_ME.phone, owner=_ME.phone, chat=_ME.phone, name="Ann")


async def test_a_telephone_number_is_asked_for_with_digits_and_its_code_shown_in_two_halves() -> None:
    child = _Child(Code(pairing="ABCD1234", expires=160), Paired(me=_ME))
    code, _done = await _all(child.pairing.pair("+49 170 111-22-23"))
    assert isinstance(code, PairingCode)
    assert (code.code, code.qr) == ("ABCD-1234", "")
    assert child.orders == [Pair(order=0, phone="491701112223")]


@pytest.mark.parametrize("phone", ["0170 1112223", "+49", "forty-nine", "+1234567890123456"])
async def test_what_is_no_telephone_number_is_refused_before_anything_is_asked(phone: str) -> None:
    child = _Child()
    with pytest.raises(PairingError, match="country code") as caught:
        await _all(child.pairing.pair(phone))
    assert (caught.value.fault, child.orders) == (PairingFault.REFUSED, [])


@pytest.mark.parametrize(
    ("said", "fault", "hint"),
    [
        (NotPaired(why="timeout"), PairingFault.TIMEOUT, "try again"),
        (NotPaired(why="outdated", detail="405"), PairingFault.OUTDATED, "Update NanoClaw"),
        (NotPaired(why="passkey"), PairingFault.PASSKEY, "Passkeys"),
        (NotPaired(why="unreachable"), PairingFault.UNREACHABLE, "network"),
        (NotPaired(why="refused", detail="429"), PairingFault.REFUSED, "wait some hours"),
        (NotPaired(why="failed"), PairingFault.BROKEN, "nanoclaw doctor"),
        (Standing(state="failed", detail="killed by signal 9"), PairingFault.BROKEN, "nanoclaw doctor"),
    ],
)
async def test_each_way_to_fail_says_what_to_do(said: NotPaired | Standing, fault: PairingFault, hint: str) -> None:
    child = _Child(Code(qr="one", expires=60), said)
    with pytest.raises(PairingError) as caught:
        await _all(child.pairing.pair())
    assert caught.value.fault is fault
    assert hint in caught.value.hint
    assert said.detail in str(caught.value)


async def test_silence_after_the_last_code_is_a_timeout() -> None:
    child = _Child(Code(qr="one", expires=0.05))
    with pytest.raises(PairingError) as caught:
        await _all(child.pairing.pair())
    assert caught.value.fault is PairingFault.TIMEOUT


async def test_a_child_that_never_starts_is_broken() -> None:
    async def order(_order: Order) -> Done:
        raise AssertionError("nothing can be ordered yet")

    with pytest.raises(PairingError, match="does not start") as caught:
        await _all(PhonePairing(order, silence=0.05).pair())
    assert caught.value.fault is PairingFault.BROKEN


async def test_a_linked_account_is_not_linked_again() -> None:
    child = _Child()
    child.pairing.hear(Standing(state="connected", me=_ME))
    with pytest.raises(PairingError, match="already") as caught:
        await _all(child.pairing.pair())
    assert (caught.value.fault, child.orders) == (PairingFault.ALREADY, [])


async def test_a_session_that_was_logged_out_can_be_replaced() -> None:
    child = _Child(Paired(me=_ME))
    child.pairing.hear(Standing(state="logged-out", me=_ME))
    assert [type(step) for step in await _all(child.pairing.pair())] == [PairingDone]


@pytest.mark.parametrize(("again", "fault"), [(True, PairingFault.UNREACHABLE), (False, PairingFault.REFUSED)])
async def test_a_refused_order_is_explained(again: bool, fault: PairingFault) -> None:  # noqa: FBT001 - a table
    child = _Child(refuses=OrderFailedError("no socket", again=again))
    with pytest.raises(PairingError, match="no socket") as caught:
        await _all(child.pairing.pair())
    assert caught.value.fault is fault


async def test_only_one_pairs_at_a_time_and_giving_up_makes_room() -> None:
    child = _Child(Code(qr="one", expires=60))
    first = child.pairing.pair()
    await anext(first)
    with pytest.raises(PairingError) as caught:
        await anext(child.pairing.pair())
    assert caught.value.fault is PairingFault.BUSY
    await first.aclose()
    assert child.orders[-1] == StopPairing(order=0)
    assert isinstance(await anext(child.pairing.pair()), PairingCode)


async def test_logging_out_is_an_order() -> None:
    child = _Child()
    await child.pairing.logout()
    assert child.orders == [Logout(order=0)]
