"""Stanzas to bytes and back. Words of the dictionary become one or two bytes, digits and hex half a byte each."""

import json
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tests.fakes.whatsapp_network.addresses import LID, PHONE, Address
from tests.fakes.whatsapp_network.nodes import Attribute, Node

_TOKENS = json.loads((Path(__file__).parent / "tokens.json").read_text())
_SINGLE: list[str] = _TOKENS["single"]
_DOUBLE: list[list[str]] = _TOKENS["double"]
_BYTES_OF = {
    **{word: bytes([236 + table, at]) for table, words in enumerate(_DOUBLE) for at, word in enumerate(words)},
    **{word: bytes([at]) for at, word in enumerate(_SINGLE) if word},
}
_EMPTY, _LIST_8, _LIST_16 = 0, 248, 249
_DICTIONARIES = range(236, 240)
_DEVICE, _PAIR, _HEX, _BINARY_8, _BINARY_20, _BINARY_32, _NIBBLE = 247, 250, 251, 252, 253, 254, 255
_ALPHABETS = {_NIBBLE: "0123456789-.", _HEX: "0123456789ABCDEF"}
_LONGEST_PACKED = 127
_AGENTS = {PHONE: 0, LID: 1}
_SERVERS = {agent: server for server, agent in _AGENTS.items()}


class CodecError(ValueError):
    """These bytes are no stanza."""


def encode(node: Node) -> bytes:
    """A stanza as it travels inside a frame: a flag for "not compressed", then the stanza."""
    return b"\0" + _node(node)


def decode(data: bytes) -> Node:
    """What ``encode`` made, or the client.

    Raises:
        CodecError: it ends too early, or names what does not exist.
    """
    try:
        plain = zlib.decompress(data[1:]) if data[0] & 2 else data[1:]
        reader = _Reader(plain)
        node = reader.node()
    except (IndexError, UnicodeDecodeError, zlib.error) as error:
        raise CodecError(f"no stanza: {error}") from error
    if reader.at != len(plain):
        raise CodecError("more than one stanza in a frame")
    return node


def _node(node: Node) -> bytes:
    attributes = {name: value for name, value in node.attributes.items() if value != ""}
    parts = [_list(1 + 2 * len(attributes) + (node.content is not None)), _string(node.tag)]
    for name, value in attributes.items():
        parts += [_string(name), _attribute(value)]
    if isinstance(node.content, bytes):
        parts.append(_binary(node.content))
    elif node.content is not None:
        parts += [_list(len(node.content)), *map(_node, node.content)]
    return b"".join(parts)


def _list(size: int) -> bytes:
    if size == 0:
        return bytes([_EMPTY])
    return bytes([_LIST_8, size]) if size < 256 else bytes([_LIST_16]) + size.to_bytes(2, "big")


def _binary(value: bytes) -> bytes:
    size = len(value)
    if size < 256:
        return bytes([_BINARY_8, size]) + value
    if size < 1 << 20:
        return bytes([_BINARY_20]) + size.to_bytes(3, "big") + value
    return bytes([_BINARY_32]) + size.to_bytes(4, "big") + value


@lru_cache(maxsize=4096)
def _string(value: str) -> bytes:
    if value in _BYTES_OF:
        return _BYTES_OF[value]
    if value and len(value) <= _LONGEST_PACKED:
        for kind, alphabet in _ALPHABETS.items():
            if all(character in alphabet for character in value):
                return _packed(kind, alphabet, value)
    return _binary(value.encode())


def _packed(kind: int, alphabet: str, value: str) -> bytes:
    halves = [alphabet.index(character) for character in value]
    odd = len(halves) % 2
    halves += [15] * odd
    pairs = bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))
    return bytes([kind, len(pairs) | odd << 7]) + pairs


def _attribute(value: Attribute) -> bytes:
    if not isinstance(value, Address):
        return _string(str(value))
    if value.device:
        return bytes([_DEVICE, _AGENTS[value.server], value.device]) + _string(value.user)
    return bytes([_PAIR]) + (_string(value.user) if value.user else bytes([_EMPTY])) + _string(value.server)


class _Reader:
    """Walks through the bytes of one stanza."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def node(self) -> Node:
        size = self._list_size(self._byte())
        tag = self._word()
        if not size or not tag:
            raise CodecError("a stanza without a tag")
        attributes = {self._word(): self._value(self._byte()) for _ in range((size - 1) // 2)}
        return Node(tag, attributes, self._content() if size % 2 == 0 else None)

    def _content(self) -> bytes | Sequence[Node]:
        kind = self._byte()
        if kind in {_EMPTY, _LIST_8, _LIST_16}:
            return tuple(self.node() for _ in range(self._list_size(kind)))
        if kind in {_BINARY_8, _BINARY_20, _BINARY_32}:
            return self._binary(kind)
        return str(self._value(kind)).encode()

    def _word(self) -> str:
        value = self._value(self._byte())
        if not isinstance(value, str):
            raise CodecError("an address where a word belongs")
        return value

    def _value(self, kind: int) -> str | Address:
        if kind in {_BINARY_8, _BINARY_20, _BINARY_32}:
            return self._binary(kind).decode()
        if kind in _DICTIONARIES:
            return _DOUBLE[kind - 236][self._byte()]
        if kind in _ALPHABETS:
            return self._packed(_ALPHABETS[kind])
        if kind == _PAIR:
            user = self._value(self._byte())
            return Address(str(user), self._word())
        if kind == _DEVICE:
            agent, device = self._byte(), self._byte()
            return Address(self._word(), _SERVERS.get(agent, PHONE), device)
        if kind < len(_SINGLE):
            return _SINGLE[kind]
        raise CodecError(f"unknown kind of value {kind}")

    def _packed(self, alphabet: str) -> str:
        size = self._byte()
        halves = [half for pair in self._take(size & 127) for half in (pair >> 4, pair & 15)]
        if size & 128:
            halves.pop()
        return "".join(alphabet[half] for half in halves)

    def _binary(self, kind: int) -> bytes:
        width = {_BINARY_8: 1, _BINARY_20: 3, _BINARY_32: 4}[kind]
        return self._take(int.from_bytes(self._take(width), "big"))

    def _list_size(self, kind: int) -> int:
        if kind == _EMPTY:
            return 0
        if kind not in {_LIST_8, _LIST_16}:
            raise CodecError(f"{kind} begins no list")
        return int.from_bytes(self._take(1 if kind == _LIST_8 else 2), "big")

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        taken = self._data[self.at : self.at + size]
        if len(taken) < size:
            raise CodecError("a stanza ends too early")
        self.at += size
        return taken
