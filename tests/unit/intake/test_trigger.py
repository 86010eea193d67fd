"""Which messages wake the agent."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.intake.trigger import InvalidTriggerError, check_trigger, wakes
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from tests.unit.store.conftest import message

GROUP = Group(
    id=GroupId(2), folder=GroupFolder("family"), name="Family", trigger="@Andy", requires_trigger=True, is_main=False
)


def said(text: str, trigger: str = "@Andy") -> bool:
    return wakes(replace(GROUP, trigger=trigger), message(text))


@pytest.mark.parametrize(
    "text",
    [
        "@Andy hi",
        "@Andy",
        "  @andy",
        "\n\t@ANDY\nhello",
        "@Andy's turn",
        "@Andy, please",
        "@Andy: hi",
        "@aNdY!",
        "@Andy\u2026",
    ],
)
def test_the_trigger_at_the_start_as_a_whole_word_wakes(text: str) -> None:
    assert said(text)


@pytest.mark.parametrize(
    "text", ["hello @Andy", "@Andyextra", "@Andy2", "@Andy_x", "@Andyé", "Andy hi", "@ Andy", "", " ", "@And", ">@Andy"]
)
def test_anything_else_does_not_wake(text: str) -> None:
    assert not said(text)


@pytest.mark.parametrize(
    ("trigger", "text", "woken"),
    [
        ("@C.L.A.U.D.E", "@C.L.A.U.D.E hi", True),
        ("@C.L.A.U.D.E", "@c.l.a.u.d.e", True),
        ("@C.L.A.U.D.E", "@CxLxAxUxDxE hi", False),
        ("@(a+)+b", "@(a+)+b", True),
        ("@(a+)+b", "@aaaab", False),
        ("hey!", "hey! you", True),
        ("hey!", "hey!you", False),
        ("hey!", "hey!", True),
        ("hey!", "hey you", False),
        ("@🤖", "@🤖 hi", True),
        ("@🤖", "@🤖", True),
        ("@🤖", "@🤖hi", False),
        ("@安迪", "@安迪 你好", True),
        ("@安迪", "@安迪,你好", True),
        ("@Анди", "@анди привет", True),
        ("@Ζωή", "@ΖΩΉ, γεια", True),
        ("@राधा", "@राधा नमस्ते", True),
        ("@राधा", "@राधाकृष्ण", False),
        ("@أندي", "@أندي مرحبا", True),
        ("Hey Andy", "hey andy, are you there", True),
        ("Hey Andy", "hey  andy", False),
    ],
)
def test_a_trigger_is_literal_in_every_script(trigger: str, text: str, woken: bool) -> None:  # noqa: FBT001 - a table
    assert said(text, trigger) is woken


def test_the_main_group_and_groups_without_a_trigger_are_always_answered() -> None:
    assert wakes(replace(GROUP, is_main=True), message("hi"))
    assert wakes(replace(GROUP, requires_trigger=False), message("hi"))


def test_a_mention_or_a_reply_wakes_without_the_trigger() -> None:
    assert wakes(GROUP, replace(message("hi"), mentions_assistant=True))


def test_each_groups_own_trigger_is_honoured() -> None:
    assert said("@Bob hi", "@Bob")
    assert not said("@Andy hi", "@Bob")


@given(st.text(min_size=1, max_size=60), st.text())
def test_a_trigger_that_was_checked_always_works_and_never_matches_what_does_not_begin_so(
    trigger: str, text: str
) -> None:
    try:
        trigger = check_trigger(trigger)
    except InvalidTriggerError:
        return
    assert said(trigger, trigger)
    assert said(f" {trigger} {text}", trigger)
    if said(text, trigger):
        assert len(text.strip()) >= len(trigger)


@pytest.mark.parametrize("trigger", ["", "   ", "a" * 61, "@An\ndy", "@An\0dy", "@An\u202edy", "@\u200dAndy", "\ud800"])
def test_a_trigger_that_nobody_could_type_is_refused(trigger: str) -> None:
    with pytest.raises(InvalidTriggerError) as caught:
        check_trigger(trigger)
    assert caught.value.hint


def test_space_around_a_trigger_is_dropped() -> None:
    assert check_trigger("  Hey Andy ") == "Hey Andy"
