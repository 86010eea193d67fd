"""The bounded record of requests."""

from nanoclaw.model.clock import Milliseconds
from nanoclaw.stub_model.recording import RecordedRequest, Recorder


def request(number: int, raw: bytes = b"{}") -> RecordedRequest:
    return RecordedRequest(at=Milliseconds(number), method="POST", path="/", headers={}, raw_body=raw)


def test_only_the_newest_thousand_requests_are_kept() -> None:
    recorder = Recorder()
    for number in range(1_010):
        recorder.add(request(number))
    assert [one.at for one in recorder.requests] == list(range(10, 1_010))


def test_only_the_newest_two_hundred_bodies_are_kept() -> None:
    recorder = Recorder()
    for number in range(1_010):
        recorder.add(request(number))
    kept = [one.at for one in recorder.requests if one.body is not None]
    assert kept == list(range(810, 1_010))


def test_large_bodies_push_each_other_out() -> None:
    recorder = Recorder()
    for number in range(4):
        recorder.add(request(number, b" " * 15_000_000 + b"{}"))
    assert [one.raw_body is not None for one in recorder.requests] == [False, False, True, True]


def test_a_body_that_is_no_object_is_none() -> None:
    assert request(1, b"[]").body is None
    assert request(1, b"{").body is None
