"""When the owner is told that a channel does not work."""

import random

import pytest

from nanoclaw.channels.contract import ChannelCondition, ChannelState, ChannelStatus
from nanoclaw.daemon.networks.outages import SETTLED, News, Outages, Record, Tone
from nanoclaw.daemon.networks.roster import Sighting
from nanoclaw.model.chats import ChannelName

PAGER = ChannelName("pager")
MINUTE, HOUR = 60_000, 3_600_000
UP = Sighting(state=ChannelState(status=ChannelStatus.UP))
STARTING = Sighting(state=ChannelState(status=ChannelStatus.STARTING))


def down(condition: ChannelCondition = ChannelCondition.UNREACHABLE, *, gave_up: bool = False) -> Sighting:
    return Sighting(state=ChannelState(status=ChannelStatus.DOWN, condition=condition), gave_up=gave_up)


class Days:
    """A channel over time: everything that was told, and when."""

    def __init__(self, records: dict[ChannelName, Record] | None = None, patience: int = 15 * MINUTE) -> None:
        self.now = 1_000_000_000
        self.outages = Outages(records or {}, patience)
        self.told: list[News] = []

    def is_(self, sighting: Sighting, span: int) -> None:
        """The channel is so for a while; news are taken the moment they are due."""
        end = self.now + span
        self.outages.see(PAGER, sighting, self.now)
        while True:
            self.told += self.outages.news(self.now)
            moment = self.outages.next_moment()
            if moment is None or moment > end:
                break
            self.now = max(self.now, moment)
        self.now = end

    @property
    def words(self) -> list[str]:
        return [f"{news.tone} {news.trouble}" for news in self.told]


@pytest.fixture
def days() -> Days:
    made = Days()
    made.is_(UP, HOUR)
    return made


@pytest.mark.parametrize("condition", [one for one in ChannelCondition if one.waits_for_owner])
def test_what_only_the_owner_can_mend_is_told_at_once(days: Days, condition: ChannelCondition) -> None:
    began = days.now
    days.is_(down(condition), 0)
    (news,) = days.told
    assert (news.tone, news.trouble, news.began, news.lasted) == (Tone.NEEDS_OWNER, condition.value, began, 0)


@pytest.mark.parametrize("condition", [one for one in ChannelCondition if not one.waits_for_owner])
def test_what_mends_itself_is_told_after_a_while_and_once(days: Days, condition: ChannelCondition) -> None:
    days.is_(down(condition), 15 * MINUTE - 1)
    assert days.words == []
    days.is_(down(condition), 20 * HOUR)
    assert days.words == ["down down"]
    assert days.told[0].lasted == 15 * MINUTE


def test_a_short_outage_is_not_told_and_neither_is_its_end(days: Days) -> None:
    days.is_(down(), 14 * MINUTE)
    days.is_(UP, HOUR)
    assert days.words == []


def test_who_heard_of_an_outage_hears_of_its_end_once_it_is_certain(days: Days) -> None:
    days.is_(down(), 20 * MINUTE)
    days.is_(UP, SETTLED - 1)
    assert days.words == ["down down"]
    days.is_(UP, HOUR)
    assert days.words == ["down down", "back down"]
    assert days.told[1].lasted == 20 * MINUTE


def test_another_trouble_in_the_same_outage_is_told_too(days: Days) -> None:
    days.is_(down(), HOUR)
    days.is_(down(ChannelCondition.LOGGED_OUT), HOUR)
    days.is_(down(), HOUR)
    days.is_(UP, HOUR)
    assert days.words == ["down down", "needs-owner logged-out", "back logged-out"]


def test_a_channel_that_gave_up_is_told_at_once(days: Days) -> None:
    days.is_(down(ChannelCondition.NONE, gave_up=True), HOUR)
    assert days.words == ["needs-owner gave-up"]


def test_an_account_that_never_was_linked_is_no_news_and_one_that_was_is() -> None:
    never = Days()
    never.is_(down(ChannelCondition.UNPAIRED), HOUR)
    assert never.words == []
    never.is_(UP, HOUR)
    never.is_(down(ChannelCondition.UNPAIRED), HOUR)
    assert never.words == ["needs-owner unpaired"]


def test_a_channel_that_never_comes_up_is_told_after_a_while() -> None:
    days = Days()
    days.is_(STARTING, 16 * MINUTE)
    assert days.words == ["down down"]


def test_a_channel_that_comes_and_goes_is_down_all_the_while(days: Days) -> None:
    for _ in range(60):
        days.is_(down(), 20_000)
        days.is_(UP, 20_000)
    assert days.words == ["down down"]
    days.is_(UP, HOUR)
    assert days.words == ["down down", "back down"]


@pytest.mark.parametrize("condition", [ChannelCondition.UNREACHABLE, ChannelCondition.REPLACED])
def test_a_channel_that_fails_every_hour_is_no_flood(days: Days, condition: ChannelCondition) -> None:
    for _ in range(24):
        days.is_(down(condition), 16 * MINUTE)
        days.is_(UP, 44 * MINUTE)
    assert 2 <= len(days.told) <= 12
    assert len([news for news in days.told if news.tone is Tone.BACK]) == len(days.told) // 2


def test_whatever_happens_there_is_no_flood(days: Days) -> None:
    chance = random.Random(4)  # noqa: S311 - a test's dice
    states = [UP, STARTING, *(down(condition) for condition in ChannelCondition), down(gave_up=True)]
    for _ in range(5_000):
        days.is_(chance.choice(states), chance.choice([1_000, 30_000, MINUTE, 2 * MINUTE]))
    hours = (days.now - 1_000_000_000) / HOUR
    per_day = len(days.told) / hours * 24
    assert per_day < 2 * 8 * 6  # eight troubles, each after pauses that double from one hour
    assert len({(news.trouble, news.began, news.tone) for news in days.told}) == len(days.told)


def test_a_logout_is_not_told_again_as_an_account_that_is_missing(days: Days) -> None:
    days.is_(down(ChannelCondition.LOGGED_OUT), HOUR)
    days.is_(down(ChannelCondition.UNPAIRED), HOUR)
    days.is_(UP, HOUR)
    assert days.words == ["needs-owner logged-out", "back logged-out"]


def test_a_restart_tells_nothing_twice_and_does_not_forget_the_end(days: Days) -> None:
    days.is_(down(ChannelCondition.LOGGED_OUT), HOUR)
    again = Days(days.outages.records)
    again.now = days.now
    again.is_(STARTING, 1_000)
    again.is_(down(ChannelCondition.LOGGED_OUT), HOUR)
    assert again.words == []
    again.is_(UP, HOUR)
    assert again.words == ["back logged-out"]


def test_while_nobody_looked_a_channel_was_not_down(days: Days) -> None:
    days.is_(down(), MINUTE)
    again = Days(days.outages.records)
    again.now = days.now + 72 * HOUR
    again.is_(STARTING, 5_000)
    again.is_(UP, HOUR)
    assert again.words == []


def test_an_outage_that_ended_while_nobody_looked_is_over(days: Days) -> None:
    days.is_(down(), HOUR)
    days.outages.see(PAGER, UP, days.now)
    days.now += 8 * HOUR
    days.is_(down(), 30 * MINUTE)
    assert [news.lasted for news in days.told] == [15 * MINUTE, 15 * MINUTE]
    assert days.told[1].began - days.told[0].began == 9 * HOUR


def test_a_clock_that_is_set_back_silences_nothing(days: Days) -> None:
    days.is_(down(ChannelCondition.LOGGED_OUT), HOUR)
    days.is_(UP, HOUR)
    days.now -= 48 * HOUR
    days.is_(UP, 5 * MINUTE)
    days.is_(down(ChannelCondition.LOGGED_OUT), 0)
    assert days.words == ["needs-owner logged-out", "back logged-out", "needs-owner logged-out"]


def test_a_channel_that_was_switched_off_is_no_outage(days: Days) -> None:
    days.is_(down(), MINUTE)
    days.outages.forget(PAGER)
    days.now += HOUR
    assert list(days.outages.news(days.now)) == []
    days.is_(UP, HOUR)
    assert days.words == []
