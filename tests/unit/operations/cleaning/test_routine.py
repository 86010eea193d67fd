"""The daemon cleans once a week."""

import asyncio
import json

from nanoclaw.operations.cleaning.routine import CleaningRoutine
from nanoclaw.settings.schema import Settings
from tests.fakes.clocks import HeldClock
from tests.unit.operations.cleaning.conftest import NOW, Place, settings

DAY = 86_400_000


async def test_it_cleans_at_once_and_then_after_a_week(place: Place) -> None:
    clock = HeldClock(int(NOW * 1000))
    routine = CleaningRoutine(place.home, settings(), clock)
    first = place.put("data/outgoing/" + "a" * 32)
    assert await routine.round()
    assert not first.exists()
    second = place.put("data/outgoing/" + "b" * 32)
    clock.value += 6 * DAY
    assert not await CleaningRoutine(place.home, settings(), clock).round(), "a restart does not begin the week anew"
    assert second.exists()
    clock.value += DAY * 11 // 10
    assert await routine.round()
    assert not second.exists()
    assert json.loads((place.home.root / "data" / "cleaned.json").read_text())["things"] == 1


async def test_a_clock_that_was_set_back_and_a_broken_note_do_not_put_it_off_for_ever(place: Place) -> None:
    clock = HeldClock(int(NOW * 1000))
    routine = CleaningRoutine(place.home, settings(), clock)
    assert await routine.round()
    clock.value -= 400 * DAY
    assert await routine.round()
    (place.home.root / "data" / "cleaned.json").write_text("[")
    assert await routine.round()


async def test_it_never_begins_where_it_is_switched_off(place: Place) -> None:
    off = Settings.model_validate({"clean": {"enabled": False}})
    async with asyncio.timeout(5):
        await CleaningRoutine(place.home, off, HeldClock(int(NOW * 1000))).run()
