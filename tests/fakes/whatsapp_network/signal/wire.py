"""The few protobufs of Signal, written by hand: numbered fields that are numbers or bytes."""

from collections.abc import Mapping

Fields = dict[int, int | bytes]


class WireError(ValueError):
    """These bytes are no such message."""


def write(fields: Mapping[int, int | bytes]) -> bytes:
    """The fields as a protobuf."""
    parts = []
    for number, value in fields.items():
        if isinstance(value, int):
            parts += [_varint(number << 3), _varint(value)]
        else:
            parts += [_varint(number << 3 | 2), _varint(len(value)), value]
    return b"".join(parts)


def read(data: bytes) -> Fields:
    """The fields of a protobuf; of a repeated one the last.

    Raises:
        WireError: it ends too early or holds other kinds of fields.
    """
    fields: Fields = {}
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        match key & 7:
            case 0:
                fields[key >> 3] = value
            case 2:
                if at + value > len(data):
                    raise WireError("a field is longer than the message")
                fields[key >> 3] = data[at : at + value]
                at += value
            case kind:
                raise WireError(f"field {key >> 3} is of kind {kind}")
    return fields


def number(fields: Mapping[int, int | bytes], at: int) -> int:
    """A field that is a number, 0 when absent."""
    value = fields.get(at, 0)
    if not isinstance(value, int):
        raise WireError(f"field {at} is no number")
    return value


def content(fields: Mapping[int, int | bytes], at: int) -> bytes:
    """A field that is bytes and must be there."""
    value = fields.get(at)
    if not isinstance(value, bytes):
        raise WireError(f"field {at} is missing")
    return value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            raise WireError("it ends too early")
        value |= (data[at] & 127) << shift
        at += 1
        if not data[at - 1] & 128:
            return value, at
    raise WireError("a number is too long")
