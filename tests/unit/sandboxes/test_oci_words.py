"""What engines print, as they really print it, and worse."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.sandboxes.contract import SandboxState
from nanoclaw.sandboxes.oci_words import read_happenings, read_listing, read_moment, read_size, read_usage


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("running", SandboxState.RUNNING),
        ("Up 2 minutes ago", SandboxState.RUNNING),
        ("paused", SandboxState.PAUSED),
        ("created", SandboxState.STARTING),
        ("Created", SandboxState.STARTING),
        ("exited", SandboxState.ENDED),
        ("Exited (137) 2 minutes ago", SandboxState.ENDED),
        ("dead", SandboxState.ENDED),
        ("removing", SandboxState.ENDED),
    ],
)
def test_states_are_known_by_each_engine_s_own_word(said: str, state: SandboxState) -> None:
    (found,) = read_listing(f"n\tmain\t{said}\t2026-11-25 11:57:14.779345623 +0000 UTC")
    assert (found.state, found.since) == (state, "2026-11-25T11:57:14.000Z")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-25 12:20:18 +0100 CET", "2026-11-25T11:20:18.000Z"),
        ("2026-11-25T11:56:24.442772093Z", "2026-11-25T11:56:24.000Z"),
        ("2026-11-25T06:56:24-05:00", "2026-11-25T11:56:24.000Z"),
        ("2026-13-45 11:20:18 +0000 UTC", ""),
        ("0001-01-01 00:00:00 +1400 X", ""),
        ("2 minutes ago", ""),
        ("", ""),
    ],
)
def test_moments_become_utc_and_nonsense_becomes_nothing(text: str, moment: str) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "size"),
    [("692KiB", 708_608), ("1.5 GB", 1_500_000_000), ("0B", 0), ("kB", None), ("1.2.3MB", None), ("--", None)],
)
def test_sizes_are_read_in_either_unit(text: str, size: int | None) -> None:
    assert read_size(text) == size


def test_a_container_that_ended_while_it_was_counted_is_left_out() -> None:
    text = "gone\t--\t-- / --\t--\nhere\t105.88%\t68.23MB / 536.9MB\t2"
    (found,) = read_usage(text)
    assert (found.name, found.memory, found.memory_limit) == ("here", 68_230_000, 536_900_000)
    assert (found.cpu_percent, found.processes) == (105.88, 2)


def test_events_of_both_engines_tell_the_same() -> None:
    docker = {"Action": "die", "Actor": {"Attributes": {"name": "n", "exitCode": "137"}}, "timeNano": 10**18}
    podman = {"Status": "died", "Name": "n", "ContainerExitCode": 137, "Time": "2001-09-09T01:46:40.5Z"}
    for one in (docker, podman):
        (found,) = read_happenings(json.dumps(one))
        assert (found.name, found.what, found.status) == ("n", "die", "137")
        assert found.at.startswith("2001-09-09T01:46:40.")


def test_what_was_run_inside_is_not_told() -> None:
    event = {"Action": "exec_create: sh -c 'cat secret'", "Actor": {"Attributes": {"name": "n"}}, "timeNano": 10**18}
    (found,) = read_happenings(json.dumps(event))
    assert found.what == "exec_create"


@given(
    st.dictionaries(
        st.sampled_from(["Action", "Status", "Actor", "Attributes", "Name", "time", "timeNano", "Time"]),
        st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists)
        | st.dictionaries(st.sampled_from(["Attributes", "name", "exitCode"]), st.integers() | st.text()),
    )
)
def test_no_event_of_any_shape_breaks_the_reader(event: dict[str, object]) -> None:
    for found in read_happenings(json.dumps(event)):
        assert found.name


@given(st.text())
def test_no_text_at_all_breaks_the_readers(text: str) -> None:
    read_listing(text)
    read_usage(text)
    read_happenings(text)
    read_moment(text)
    read_size(text)
