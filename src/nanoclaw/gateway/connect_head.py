"""The head of a request to the proxy, read strictly: what two readers could take in two ways is refused."""

import re
from dataclasses import dataclass

from nanoclaw.gateway.policy import normalise_host

MAX_HEAD = 8 * 1024
MAX_HEADERS = 64
_REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) (\S{1,2000}) HTTP/1\.[01]")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[^\x00-\x08\x0a-\x1f\x7f]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_LAST_PORT = 65_535
_BODY_HEADERS = {b"content-length", b"transfer-encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request goes no further. ``target`` and ``reason`` are fit for the audit log and for the agent."""

    status: int
    target: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A host, normalised, and a port to connect to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_head(head: bytes) -> Target | Refusal:
    """Read a request head that ends with its empty line."""
    line, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        return Refusal(status=400, target="(unreadable)", reason="not an HTTP request")
    method, target = match[1], match[2]
    shown = _printable(target)
    if method != b"CONNECT":
        # The path of a plain request may carry data, so only its method is kept.
        return Refusal(status=403, target=f"{method.decode('ascii')} request", reason="only HTTPS goes through")
    if len(headers) > MAX_HEADERS:
        return Refusal(status=431, target=shown, reason="too many headers")
    for header in headers:
        field = _HEADER.fullmatch(header)
        if field is None or field[1].lower() in _BODY_HEADERS:
            return Refusal(status=400, target=shown, reason="a header that CONNECT cannot have")
    return _read_authority(target, shown)


def _read_authority(authority: bytes, shown: str) -> Target | Refusal:
    try:
        host, _, port = authority.decode("utf-8").rpartition(":")
    except UnicodeDecodeError:
        return Refusal(status=400, target=shown, reason="not a host name")
    name = normalise_host(host)
    if name is None:
        return Refusal(status=403, target=shown, reason="not a host name; addresses are refused")
    if not _PORT.fullmatch(port) or int(port) > _LAST_PORT:
        return Refusal(status=400, target=shown, reason="not a port")
    return Target(host=name, port=int(port))


def _printable(target: bytes) -> str:
    return target[:260].decode("ascii", "backslashreplace").encode("unicode_escape").decode("ascii")[:300]
