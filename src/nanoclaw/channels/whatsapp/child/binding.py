"""The Go library, called directly: callbacks run on Go's own threads, before Go goes on.

neonize's own clients hand events to an event loop and let Go continue, which is too late for anything that must be on
disk first. A callback that raises would be ignored by ctypes, so each one ends the process instead: what was not
handled is then not confirmed either.
"""

import contextlib
import ctypes
import os
import platform
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.channels.whatsapp.child.protobufs import companion_pb2, neonize_folder, neonize_pb2

VERSION = "0.5.2"
"""The library that this was written for and is tested with."""
CRASHED = 70
"""The exit code of a process that could not handle a callback."""

_ID = b"nanoclaw"
_TEXT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_EVENT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
_LOG = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)
_ARCHITECTURES = {"aarch64": "arm64", "x86_64": "amd64"}
_B, _I, _P = ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p


class _Bytes(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t))


_ANSWERS = ctypes.POINTER(_Bytes)
_SIGNATURES = {
    # What gives a block of bytes, and what gives a text: an error, or nothing.
    "SendMessage": ([_B, _B, _I, _B, _I], _ANSWERS),
    "Upload": ([_B, _B, _I, _I], _ANSWERS),
    "DownloadAny": ([_B, _B, _I], _ANSWERS),
    "GetGroupInfo": ([_B, _B, _I], _ANSWERS),
    "GetLIDFromPN": ([_B, _B, _I], _ANSWERS),
    "GetPNFromLID": ([_B, _B, _I], _ANSWERS),
    "PairPhone": ([_B, _B, _I], _ANSWERS),
    "SendChatPresence": ([_B, _B, _I, _I, _I], _P),
    "SendPresence": ([_B, _B], _P),
    "MarkRead": ([_B, _B, _I, _B, _I, _B, _I, _B], _P),
    "SetPassive": ([_B, ctypes.c_bool], _P),
    "Logout": ([_B], _P),
    "Neonize": ([_B, _B, _B, _I, _I, _B, _TEXT, _TEXT, _EVENT, _LOG, _B, _I, _B, _I, _B, _I, _P], _P),
    "IsConnected": ([_B], ctypes.c_bool),
    "GetVersion": ([], _P),
    "FreeString": ([_P], None),
    "FreeBytesStruct": ([_ANSWERS], None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Called on Go's threads, each with bytes of its own. The client waits until they return.

    ``code`` is given a QR code's content, ``pairing`` a word on how pairing ended; ``event`` a kind and a protobuf;
    ``log`` the logger's name and a line, for the lines of one goroutine in their order.
    """

    code: Callable[[str], None]
    pairing: Callable[[str], None]
    event: Callable[[int, bytes], None]
    log: Callable[[bytes, bytes], None]


class Library:
    """The library, loaded. One client lives in it. All calls but ``is_connected`` need the client to be connected."""

    def __init__(self) -> None:
        self._go = ctypes.CDLL(str(library_path()))
        for name, (arguments, result) in _SIGNATURES.items():
            function = getattr(self._go, name)
            function.argtypes, function.restype = arguments, result
        self._living: list[object] = []

    def version(self) -> str:
        """The library's version."""
        return self._text(self._go.GetVersion())

    def live(self, database: str, callbacks: Callbacks, events: bytes) -> str:
        """Connect, and stay for as long as the client lives; the error that ended it. Blocks.

        A client without a session shows QR codes first. ``database`` goes into a URI after ``file:``, and ``events``
        are the kinds to be told of.
        """
        properties = companion_pb2.DeviceProps(os="NanoClaw", platformType=companion_pb2.DeviceProps.CHROME)
        props = properties.SerializeToString()
        functions = (
            _TEXT(_guarded(lambda _id, text: callbacks.code(_string(text)))),
            _TEXT(_guarded(lambda _id, text: callbacks.pairing(_string(text)))),
            _EVENT(_guarded(lambda _id, data, size, kind: callbacks.event(kind, ctypes.string_at(data, size)))),
            _LOG(_guarded(lambda data, size: callbacks.log(*_entry(ctypes.string_at(data, size))))),
        )
        self._living.extend(functions)
        return self._text(
            self._go.Neonize(
                database.encode(), _ID, b"", 0, 0, b"DEBUG", *functions, events, len(events),
                props, len(props), b"", 0, None,
            )
        )  # fmt: skip

    def is_connected(self) -> bool:
        """Whether there is a connection. Takes the client's lock: a client that hangs lets this hang."""
        return bool(self._go.IsConnected(_ID))

    def ask(self, function: str, *arguments: bytes | int | bool) -> bytes:
        """Call what answers with a protobuf. ``bytes`` are passed with their length."""
        result = getattr(self._go, function)(_ID, *_flat(arguments))
        if not result:
            return b""
        try:
            found = result.contents
            return ctypes.string_at(found.data, found.size) if found.data and found.size else b""
        finally:
            self._go.FreeBytesStruct(result)

    def tell(self, function: str, *arguments: bytes | int | bool | str) -> str:
        """Call what answers with an error, or with nothing. A ``str`` is passed as a text, without a length."""
        return self._text(getattr(self._go, function)(_ID, *_flat(arguments)))

    def _text(self, pointer: int | None) -> str:
        if not pointer:
            return ""
        try:
            return _string(pointer)
        finally:
            self._go.FreeString(pointer)


def library_path() -> Path:
    """The library's file for this machine.

    Raises:
        FileNotFoundError: neonize has none for it.
    """
    machine = platform.machine().lower()
    system = platform.system().lower()
    ending = "dylib" if system == "darwin" else "so"
    path = neonize_folder() / f"neonize-{system}-{_ARCHITECTURES.get(machine, machine)}.{ending}"
    if not path.is_file():
        raise FileNotFoundError(f"neonize has no library for this machine: {path.name}")
    return path


def jid(text: str) -> bytes:
    """An id of a chat or person as the library takes it."""
    user, _, server = text.partition("@")
    return bytes(
        neonize_pb2.JID(
            User=user, Server=server, RawAgent=0, Device=0, Integrator=0, IsEmpty=not server
        ).SerializeToString()
    )


def _flat(arguments: tuple[bytes | int | bool | str, ...]) -> list[object]:
    flat: list[object] = []
    for argument in arguments:
        match argument:
            case bytes():
                flat += [argument, len(argument)]
            case str():
                flat.append(argument.encode())
            case _:
                flat.append(argument)
    return flat


def _guarded(function: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: object) -> None:
        try:
            function(*arguments)
        except BaseException as error:  # noqa: BLE001  ctypes would print and ignore it, and a message would be lost
            with contextlib.suppress(BaseException):
                where = traceback.extract_tb(error.__traceback__)[-1]
                sys.stderr.write(f"panic: {type(error).__name__} at {Path(where.filename).name}:{where.lineno}\n")
                sys.stderr.flush()
            os._exit(CRASHED)

    return call


def _string(pointer: int) -> str:
    return ctypes.string_at(pointer).decode(errors="replace")


def _entry(data: bytes) -> tuple[bytes, bytes]:
    """Logger's name and line of a log entry. By hand: the line may hold bytes that are no UTF-8."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        field = data[at] >> 3
        length, at = _varint(data, at + 1)
        fields[field] = data[at : at + length]
        at += length
    return fields.get(3, b""), fields.get(1, b"")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
