import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.gateway.connect_head import Refusal, Target, read_head
from tests.unit.gateway.stand_ins import PATIENT


def test_a_plain_connect_is_read() -> None:
    head = b"CONNECT Example.Org:443 HTTP/1.1\r\nHost: Example.Org:443\r\nUser-Agent: x\r\n\r\n"
    assert read_head(head) == Target(host="example.org", port=443)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET http://example.org/?secret=1 HTTP/1.1", 403),
        (b"POST / HTTP/1.1", 403),
        (b"CONNECT example.org:443", 400),
        (b"CONNECT example.org:443 HTTP/2.0", 400),
        (b"CONNECT  example.org:443 HTTP/1.1", 400),
        (b"connect example.org:443 HTTP/1.1", 400),
        (b"\x16\x03\x01\x02", 400),
        (b"CONNECT example.org:443 HTTP/1.1\r\nBad Header: 1", 400),
        (b"CONNECT example.org:443 HTTP/1.1\r\nA: 1\nB: 2", 400),
        (b"CONNECT example.org:443 HTTP/1.1\r\n folded", 400),
        (b"CONNECT example.org:443 HTTP/1.1\r\nContent-Length: 5", 400),
        (b"CONNECT example.org:443 HTTP/1.1\r\nTransfer-Encoding: chunked", 400),
        (b"CONNECT example.org:443 HTTP/1.1" + b"\r\nA: 1" * 65, 431),
        (b"CONNECT example.org:70000 HTTP/1.1", 400),
        (b"CONNECT example.org:0443 HTTP/1.1", 400),
        (b"CONNECT example.org HTTP/1.1", 403),
        (b"CONNECT :443 HTTP/1.1", 403),
        (b"CONNECT user@example.org:443 HTTP/1.1", 403),
        (b"CONNECT example.org%00.evil.test:443 HTTP/1.1", 403),
        (b"CONNECT 127.0.0.1:443 HTTP/1.1", 403),
        (b"CONNECT 2130706433:443 HTTP/1.1", 403),
        (b"CONNECT 0x7f000001:443 HTTP/1.1", 403),
        (b"CONNECT 0177.0.0.1:443 HTTP/1.1", 403),
        (b"CONNECT [::1]:443 HTTP/1.1", 403),
        (b"CONNECT [::ffff:127.0.0.1]:443 HTTP/1.1", 403),
        (b"CONNECT ::1:443 HTTP/1.1", 403),
        (b"CONNECT \xff\xfe:443 HTTP/1.1", 400),
    ],
)
def test_another_request_is_refused(line: bytes, status: int) -> None:
    refusal = read_head(line + b"\r\n\r\n")
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    assert "secret" not in refusal.target


@PATIENT
@given(st.binary(max_size=400))
def test_garbage_never_raises_and_is_shown_in_printable_characters(data: bytes) -> None:
    for head in (data, b"CONNECT " + data + b" HTTP/1.1"):
        outcome = read_head(head + b"\r\n\r\n")
        if isinstance(outcome, Refusal):
            assert outcome.target.isascii()
            assert outcome.target.isprintable()
            assert len(outcome.target) <= 300
