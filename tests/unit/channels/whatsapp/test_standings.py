from typing import get_args

import pytest

from nanoclaw.channels.contract import ChannelCondition, ChannelStatus
from nanoclaw.channels.whatsapp.link import Standing
from nanoclaw.channels.whatsapp.standings import show

DOWN = {
    "unpaired": ChannelCondition.UNPAIRED,
    "unreachable": ChannelCondition.UNREACHABLE,
    "logged-out": ChannelCondition.LOGGED_OUT,
    "replaced": ChannelCondition.REPLACED,
    "banned": ChannelCondition.BANNED,
    "outdated": ChannelCondition.OUTDATED,
    "passkey": ChannelCondition.REFUSED,
    "failed": ChannelCondition.BROKEN,
}


def test_every_state_of_the_client_is_shown() -> None:
    states = set(get_args(Standing.model_fields["state"].annotation))
    assert states == {*DOWN, "starting", "connecting", "connected"}


@pytest.mark.parametrize("state", DOWN)
def test_what_is_down_says_why_and_what_to_do(state: str) -> None:
    shown = show(Standing.model_validate({"says": "standing", "state": state}), 0)
    assert (shown.status, shown.condition) == (ChannelStatus.DOWN, DOWN[state])
    assert shown.detail.endswith(".")
    assert shown.hint.endswith(".")


def test_what_the_client_died_of_is_shown() -> None:
    shown = show(Standing(state="failed", detail="it ended by signal 9"), 0)
    assert shown.detail == "The WhatsApp client ended or hung: it ended by signal 9."


@pytest.mark.parametrize("state", ["starting", "connecting"])
def test_what_is_on_its_way_is_starting(state: str) -> None:
    assert show(Standing.model_validate({"says": "standing", "state": state}), 0).status is ChannelStatus.STARTING


@pytest.mark.parametrize(
    ("proven", "silent", "up"), [(1, 1, True), (50, 5, True), (50, 15, False), (61, 0, False), (1, 40, False)]
)
def test_it_is_up_only_while_something_has_just_proven_it(proven: float, silent: float, *, up: bool) -> None:
    shown = show(Standing(state="connected", proven=proven), silent)
    assert (shown.status is ChannelStatus.UP) == up
    assert up or shown.condition is ChannelCondition.UNREACHABLE


@pytest.mark.parametrize(
    ("until", "words"), [(0, "for good"), (1_800_000_000_000, "2027-01-15 08:00 UTC"), (10**20, "in no calendar")]
)
def test_a_ban_says_how_long(until: int, words: str) -> None:
    assert words in show(Standing(state="banned", until=until), 0).detail
