"""Stanzas as bytes."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.whatsapp_network.addresses import GROUP, LID, PHONE, SERVER, Address
from tests.fakes.whatsapp_network.codec import CodecError, decode, encode
from tests.fakes.whatsapp_network.frames import HEADER, FrameError, FrameReader, frame
from tests.fakes.whatsapp_network.nodes import Node

_WORDS = st.text(min_size=1, max_size=300) | st.from_regex(r"[0-9.\-]{1,130}|[0-9A-F]{1,130}", fullmatch=True)
_TOKENS = st.sampled_from(["message", "receipt", "pair-device", "s.whatsapp.net", "2:47DEQpj8", "1724"])
_DEVICES = st.builds(Address, _WORDS, st.sampled_from([PHONE, LID]), st.integers(1, 255))
_ACCOUNTS = st.builds(Address, _WORDS, st.sampled_from([PHONE, LID, GROUP, "broadcast"]))
_VALUES = _WORDS | _TOKENS | _DEVICES | _ACCOUNTS | st.just(SERVER)


def _nodes() -> st.SearchStrategy[Node]:
    attributes = st.dictionaries(_WORDS | _TOKENS, _VALUES, max_size=4)
    leaves = st.builds(Node, _WORDS | _TOKENS, attributes, st.none() | st.binary(max_size=600))
    return st.recursive(
        leaves, lambda inside: st.builds(Node, _TOKENS, attributes, st.lists(inside, max_size=3).map(tuple))
    )


@settings(max_examples=60)
@given(_nodes())
def test_what_was_encoded_decodes_to_the_same(node: Node) -> None:
    assert decode(encode(node)) == node


@settings(max_examples=60)
@given(_nodes())
def test_compressed_stanzas_are_read_too(node: Node) -> None:
    assert decode(b"\2" + zlib.compress(encode(node)[1:])) == node


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        decode(data)
    except CodecError:
        return


@settings(max_examples=60)
@given(_nodes(), st.data())
def test_what_ends_too_early_is_refused(node: Node, data: st.DataObject) -> None:
    whole = encode(node)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(CodecError):
        decode(whole[:cut])


@pytest.mark.parametrize(
    ("size", "head"), [(255, b"\xfc\xff"), (256, b"\xfd\x00\x01\x00"), (1 << 20, b"\xfe\x00\x10\x00\x00")]
)
def test_lengths_take_as_many_bytes_as_they_need(size: int, head: bytes) -> None:
    encoded = encode(Node("enc", {}, bytes(size)))
    assert encoded[-size - len(head) : -size] == head
    assert decode(encoded).content == bytes(size)


def test_known_words_digits_and_hex_are_short() -> None:
    # A list of six: the tag, two attributes; "message" is 19, "id" is 8, "t" is 26 in the dictionary.
    encoded = encode(Node("message", {"id": "3EB0", "t": 1700000000}))
    assert encoded == bytes([0, 248, 5, 19, 8, 251, 2, 0x3E, 0xB0, 26, 255, 5, 0x17, 0, 0, 0, 0])
    assert len(encode(Node("a", {"b": "x" * 10}))) > len(encode(Node("a", {"b": "9" * 18})))


def test_more_than_255_children_are_a_long_list() -> None:
    node = Node("list", {}, tuple(Node("item", {"id": str(number)}) for number in range(300)))
    assert decode(encode(node)) == node


@given(st.lists(st.binary(max_size=2000), max_size=5), st.data())
def test_frames_are_found_however_the_stream_is_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = HEADER + b"".join(frame(body) for body in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = FrameReader()
    found: list[bytes] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    assert found == bodies


def test_a_stream_with_another_beginning_is_refused() -> None:
    with pytest.raises(FrameError):
        FrameReader().feed(b"GET / HTTP/1.1")
