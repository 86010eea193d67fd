import pytest

from nanoclaw.channels.contract import TemporarySendError
from nanoclaw.channels.whatsapp.pace import Pace
from tests.fakes.clocks import ShiftedClock


class _Time(ShiftedClock):
    """Stands still but for what is slept."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 100.0
        self.signs = 0

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds

    async def sign(self) -> None:
        self.signs += 1


def paced(time: _Time, *, chat: int = 20, everything: int = 60, chance: float = 0.0) -> Pace:
    return Pace(clock=time, chat_per_minute=chat, all_per_minute=everything, chance=lambda: chance, sleep=time.sleep)


async def test_a_few_go_at_once_and_then_one_in_each_interval() -> None:
    time = _Time()
    pace = paced(time)
    at = []
    for _ in range(9):
        await pace.turn("a", time.sign)
        at.append(time.at - 100)
    assert at == [0, 0, 0, 0, 0, 3, 6, 9, 12]
    assert time.signs == 4


async def test_an_hour_of_writing_stays_at_the_limit() -> None:
    time = _Time()
    pace = paced(time, chance=0.5)
    for _ in range(1_200):
        await pace.turn("a", time.sign)
    assert 3_500 < time.at - 100 < 4_800


async def test_all_chats_together_have_a_limit_too() -> None:
    time = _Time()
    pace = paced(time)
    for number in range(65):
        await pace.turn(f"chat-{number}", time.sign)
    assert 55 < time.at - 100 < 65


async def test_after_a_rest_a_few_go_at_once_again() -> None:
    time = _Time()
    pace = paced(time)
    for _ in range(8):
        await pace.turn("a", time.sign)
    time.at += 60
    before = time.at
    await pace.turn("a", time.sign)
    assert time.at == before


async def test_what_would_wait_too_long_is_put_off_rather_than_dropped() -> None:
    time = _Time()
    pace = paced(time, chat=1)
    for _ in range(6):
        await pace.turn("a", time.sign)
    time.at -= 60  # others are ahead of this one, all at the same moment
    with pytest.raises(TemporarySendError):
        await pace.turn("a", time.sign)
    await pace.turn("b", time.sign)


async def test_chats_of_long_ago_are_forgotten() -> None:
    time = _Time()
    pace = paced(time, everything=600)
    for number in range(3_000):
        await pace.turn(f"chat-{number}", time.sign)
        time.at += 1
    assert len(pace._chats) <= 1_000
