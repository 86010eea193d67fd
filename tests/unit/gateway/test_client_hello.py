import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.gateway.client_hello import MAX_HELLO, HelloState, read_hello
from tests.unit.gateway.stand_ins import PATIENT, client_hello

REAL = client_hello("api.example.org")


def record(payload: bytes) -> bytes:
    return b"\x16\x03\x01" + len(payload).to_bytes(2, "big") + payload


def hello_with(*extensions: tuple[int, bytes]) -> bytes:
    packed = b"".join(kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body for kind, body in extensions)
    body = (
        b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00" + len(packed).to_bytes(2, "big") + packed
    )
    return record(b"\x01" + len(body).to_bytes(3, "big") + body)


def names(*hosts: bytes) -> tuple[int, bytes]:
    entries = b"".join(b"\x00" + len(host).to_bytes(2, "big") + host for host in hosts)
    return 0, len(entries).to_bytes(2, "big") + entries


def test_the_name_in_a_real_hello_is_read() -> None:
    hello = read_hello(REAL)
    assert (hello.state, hello.server_name) == (HelloState.NAMED, "api.example.org")


def test_a_real_hello_without_a_name_is_unnamed() -> None:
    assert read_hello(client_hello(None)).state is HelloState.UNNAMED


def test_bytes_after_the_hello_do_not_matter() -> None:
    assert read_hello(REAL + b"\x17\x03\x03garbage").server_name == "api.example.org"


@PATIENT
@given(st.integers(0, len(REAL) - 1))
def test_every_beginning_of_a_hello_is_incomplete(size: int) -> None:
    assert read_hello(REAL[:size]).state is HelloState.INCOMPLETE


@PATIENT
@given(st.integers(1, len(REAL) - 6))
def test_a_hello_may_span_two_records(cut: int) -> None:
    message = REAL[5:]
    assert read_hello(record(message[:cut]) + record(message[cut:])).server_name == "api.example.org"


def test_a_hello_in_very_many_records_is_invalid() -> None:
    message = REAL[5:]
    assert read_hello(b"".join(record(message[i : i + 1]) for i in range(len(message)))).state is HelloState.INVALID


@PATIENT
@given(st.binary(max_size=600))
def test_garbage_never_raises(data: bytes) -> None:
    assert read_hello(data).state in HelloState
    assert read_hello(b"\x16\x03\x01" + data).state in HelloState


@PATIENT
@given(st.integers(0, len(REAL) - 1), st.integers(0, 255))
def test_a_flipped_byte_never_raises(at: int, value: int) -> None:
    assert read_hello(REAL[:at] + bytes([value]) + REAL[at + 1 :]).state in HelloState


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        record(b"\x02\x00\x00\x00"),
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\xff\xff",
        record(b"\x01\xff\xff\xff"),
        record(b"\x01\x00\x00\x02\x03\x03"),
        hello_with(names(b"a.example", b"b.example")),
        hello_with(names(b"a.example"), names(b"b.example")),
        hello_with(names(b"")),
        hello_with(names("ü.example".encode())),
        hello_with((0, b"")),
        hello_with((0, b"\x00\x05\x00\x00\xffab")),
    ],
)
def test_what_could_be_read_in_two_ways_or_not_at_all_is_invalid(data: bytes) -> None:
    assert read_hello(data).state is HelloState.INVALID


def test_a_crafted_hello_with_one_name_is_named() -> None:
    assert read_hello(hello_with((10, b"ab"), names(b"A.Example"))).server_name == "A.Example"


def test_a_hello_that_never_ends_is_invalid() -> None:
    endless = b"\x01" + MAX_HELLO.to_bytes(3, "big") + bytes(MAX_HELLO)
    data = record(endless[:16_384]) + record(endless[16_384:32_768])
    assert read_hello(data[:20_000]).state is HelloState.INCOMPLETE
    assert read_hello(data).state is HelloState.INVALID
