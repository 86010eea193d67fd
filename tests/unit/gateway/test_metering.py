import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.gateway.metering import AnswerMeter, EventStreamMeter, Meter, TokenCounts, UncountedMeter, meter_for
from tests.unit.gateway.stand_ins import DELTA, PATIENT, START, STOP, TEXT

STREAM = START + TEXT + b": ping\r\n\r\n" + DELTA + STOP
COUNTS = TokenCounts(input=10, output=40, cache_read=30, cache_write=20)


def read(meter: Meter, data: bytes, size: int = 1 << 20) -> bool:
    for at in range(0, len(data), size):
        meter.feed(data[at : at + size])
    return meter.finish()


@PATIENT
@given(st.integers(1, 400))
def test_a_stream_is_read_wherever_it_is_cut(size: int) -> None:
    meter = EventStreamMeter()
    assert read(meter, STREAM, size)
    assert meter.tokens == COUNTS
    assert meter.model == "claude-test-1"


def test_a_stream_with_carriage_returns_is_read() -> None:
    meter = EventStreamMeter()
    assert read(meter, STREAM.replace(b"\n", b"\r\n"), 7)
    assert meter.tokens == COUNTS


def test_a_stream_without_its_last_event_is_not_whole_and_keeps_what_was_counted() -> None:
    meter = EventStreamMeter()
    assert not read(meter, START + TEXT)
    assert meter.tokens == TokenCounts(input=10, output=1, cache_read=30, cache_write=20)


def test_a_line_without_an_end_takes_bounded_memory() -> None:
    meter = EventStreamMeter()
    for _ in range(200):
        meter.feed(b"x" * 10_000)
        assert len(meter._line) <= 64 * 1024
    meter.feed(b"\n" + STREAM)
    assert meter.tokens == COUNTS


@PATIENT
@given(st.binary(max_size=300), st.integers(1, 50))
def test_garbage_in_a_stream_never_raises(data: bytes, size: int) -> None:
    read(EventStreamMeter(), b'data: {"usage"' + data + b'\ndata:"usage"' + data + b"\n", size)


@PATIENT
@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_usage_of_another_shape_counts_nothing_or_whole_numbers(usage: Any) -> None:
    meter = AnswerMeter()
    read(meter, json.dumps({"usage": usage}).encode())
    assert meter.tokens.input >= 0


def test_an_answer_in_one_piece_is_read() -> None:
    answer = {"model": "claude-test-2", "content": [], "usage": {"input_tokens": 3, "output_tokens": True}}
    meter = AnswerMeter()
    assert read(meter, json.dumps(answer).encode(), 5)
    assert (meter.model, meter.tokens) == ("claude-test-2", TokenCounts(input=3))


def test_an_answer_that_is_too_long_or_too_deep_counts_nothing() -> None:
    for text in (b" " * (9 << 20), b"[" * 200_000):
        meter = AnswerMeter()
        assert read(meter, text)
        assert meter.tokens == TokenCounts()


def test_the_kind_of_answer_chooses_the_meter() -> None:
    assert isinstance(meter_for("text/event-stream", 200), EventStreamMeter)
    assert isinstance(meter_for("application/json", 200), AnswerMeter)
    assert isinstance(meter_for("text/event-stream", 500), UncountedMeter)
