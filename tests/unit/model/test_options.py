"""What each group may set for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.model.options import (
    NO_OPTIONS,
    OPTION_NAMES,
    ExtraMount,
    GroupOptions,
    InvalidOptionError,
    describe_option,
    options_as_text,
    options_from_text,
    with_option,
)

GOOD = {
    "model": "claude-haiku-4-5",
    "fallback_model": "claude-sonnet-4-5",
    "effort": "high",
    "catch_up_messages": "50",
    "idle_minutes": "0.5",
    "turn_minutes": "10",
    "senders": "ask",
    "conversation": "separate",
    "network": "none",
    "allow": "example.org,*.example.org:8443",
    "mounts": "~/notes=notes:rw,/srv/photos=pictures:ro",
    "disallowed_tools": "Bash,WebFetch",
    "memory_mib": "512",
    "cpus": "1.5",
    "processes": "100",
    "disk_mib": "64",
    "budget_day_usd": "2.5",
    "budget_month_usd": "40",
}


def test_every_option_is_written_as_it_is_read() -> None:
    assert tuple(GOOD) == OPTION_NAMES
    assert options_as_text(options_from_text(GOOD)) == GOOD


@pytest.mark.parametrize("name", OPTION_NAMES)
def test_nothing_puts_every_option_back_to_its_default(name: str) -> None:
    changed = with_option(NO_OPTIONS, name, GOOD[name])
    assert changed != NO_OPTIONS
    assert with_option(changed, name, "") == NO_OPTIONS


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("model", bad) for bad in ("two words", "-x", "a" * 101, "a\nb")),
        *(("effort", bad) for bad in ("huge", "HIGH")),
        *(("catch_up_messages", bad) for bad in ("0", "-1", "2001", "1.5", "many", "1e3")),
        *(("idle_minutes", bad) for bad in ("0", "nan", "inf", "-1", "1441")),
        *(("senders", bad) for bad in ("everyone", "Anyone")),
        *(("conversation", bad) for bad in ("own", "Shared")),
        *(("network", bad) for bad in ("open", "sometimes")),
        *(("mounts", bad) for bad in ("notes", "~/a=x,~/b=x", "/a=../b", "/a=.b", "/", "/a=", "/a\nb")),
        *(("disallowed_tools", bad) for bad in ("-Bash", "a" * 101)),
        *(("memory_mib", bad) for bad in ("0", "255", "9" * 400)),
        *(("cpus", bad) for bad in ("0", "0.05", "257")),
        *(("processes", bad) for bad in ("1", "99999")),
        *(("disk_mib", bad) for bad in ("0", "15")),
        *(("budget_day_usd", bad) for bad in ("-1", "free", "1e9")),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(InvalidOptionError) as caught:
        with_option(NO_OPTIONS, name, text)
    assert name in str(caught.value)
    assert caught.value.hint == f"It is {describe_option(name)}."
    assert len(str(caught.value)) < 120


def test_an_option_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidOptionError) as caught:
        with_option(NO_OPTIONS, "colour", "red")
    assert all(name in (caught.value.hint or "") for name in OPTION_NAMES)


def test_a_budget_of_zero_is_a_budget() -> None:
    assert with_option(NO_OPTIONS, "budget_day_usd", "0").budget_day_usd == 0
    assert options_as_text(with_option(NO_OPTIONS, "budget_day_usd", "0")) == {"budget_day_usd": "0"}


def test_a_mount_is_shown_under_its_last_name_and_read_only_unless_said_otherwise() -> None:
    shown = with_option(NO_OPTIONS, "mounts", " ~/a/notes/ , /srv/x:rw").mounts
    assert shown == (
        ExtraMount(source="~/a/notes/", name="notes"),
        ExtraMount(source="/srv/x", name="x", writable=True),
    )


@given(st.sampled_from(OPTION_NAMES), st.text(max_size=120))
def test_any_text_is_understood_or_refused_and_survives_the_store(name: str, text: str) -> None:
    try:
        options = with_option(NO_OPTIONS, name, text)
    except InvalidOptionError:
        return
    assert isinstance(options, GroupOptions)
    assert options_from_text(options_as_text(options)) == options
