"""Which lines are asked for."""

from datetime import datetime

import pytest

from nanoclaw.operations.logs.query import CountBy, LogQuery, LogQueryError, count, describe, read_pattern
from nanoclaw.operations.logs.reading import Line

DAY = "2026-11-25T"
LINES: list[Line] = [
    {"time": f"{DAY}08:10:00.000Z", "level": "info", "where": "daemon.main", "event": "ready"},
    {
        "time": f"{DAY}08:50:00.000Z",
        "level": "warning",
        "where": "agents",
        "event": "agent broke",
        "group": "main",
    },
    {
        "time": f"{DAY}09:00:00.000Z",
        "level": "error",
        "where": "store",
        "event": "full",
        "group": "family",
        "n": 2,
    },
    {"time": "garbage", "level": "odd", "event": "?", "group": "main"},
]


def found(query: LogQuery) -> list[str]:
    return [str(line["event"]) for line in LINES if query.wants(line)]


def test_lines_are_chosen_by_group_level_time_and_pattern() -> None:
    assert found(LogQuery()) == ["ready", "agent broke", "full", "?"]
    assert found(LogQuery(group="main")) == ["agent broke", "?"]
    assert found(LogQuery(least="warning")) == ["agent broke", "full"]
    assert found(LogQuery(since="2026-11-25T08:50:00.000Z", until="2026-11-25T09:00:00.000Z")) == ["agent broke"]
    assert found(LogQuery(pattern=read_pattern("BROKE|n=2$"))) == ["agent broke", "full"]


def test_a_line_is_described_with_its_fields() -> None:
    assert describe(LINES[2]) == "error store full group=family n=2"
    assert describe({"event": "x", "text": "two words", "none": ""}) == "x text='two words' none=''"


def test_lines_are_counted() -> None:
    def hour(moment: datetime) -> str:
        return f"{moment:%H}:00"

    assert count(LINES, CountBy.LEVEL, hour) == {"error": 1, "warning": 1, "info": 1}
    assert count(LINES, CountBy.GROUP, hour) == {"main": 2, "(none)": 1, "family": 1}
    assert count(LINES, CountBy.HOUR, hour) == {"08:00": 2, "09:00": 1, "(none)": 1}


def test_what_is_no_pattern_is_refused_with_a_hint() -> None:
    with pytest.raises(LogQueryError, match="not a regular expression") as caught:
        read_pattern("(")
    assert caught.value.hint
