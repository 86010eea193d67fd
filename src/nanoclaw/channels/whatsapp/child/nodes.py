"""The client's log, read as what it is: every node that comes and goes, and what was not told otherwise.

Nodes are printed like ``<message from="49…:3@s.whatsapp.net" id="3A…" notify="Ann" …>``, attributes by name, nothing
escaped. What people choose (``notify``) may therefore look like anything; only attributes that stand before it, or
stand in nodes of ours, are believed.
"""

import re
from dataclasses import dataclass

_TAG = re.compile(rb"<([^\s/>]+)")
_IGNORED = re.compile(rb"Ignoring message (\S+) from ")
_DECRYPTING = re.compile(rb"Decrypting message from (\S+)")
_ITEM = re.compile(rb'<item id="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node's tag and the line that shows it."""

    tag: str
    line: bytes

    def attribute(self, name: str) -> str:
        """The first attribute of this name; empty without one."""
        found = re.search(rb' %s="([^"]*)"' % name.encode(), self.line)
        return found.group(1).decode(errors="replace") if found else ""

    def holds(self, tag: str) -> int:
        """How many nodes of this name are somewhere in it."""
        return len(re.findall(rb"<%s[\s/>]" % tag.encode(), self.line))

    def items(self) -> list[str]:
        """The ids in its list: of a receipt for many messages."""
        return [found.decode(errors="replace") for found in _ITEM.findall(self.line)]


def read(line: bytes) -> Node:
    """A line of the loggers ``Client/Recv`` and ``Client/Send``."""
    found = _TAG.match(line)
    return Node(tag=found.group(1).decode(errors="replace") if found else "", line=line)


def ignored(line: bytes) -> str:
    """The id of a message that the client says it ignores, having decrypted it before; else empty."""
    found = _IGNORED.match(line)
    return found.group(1).decode(errors="replace") if found else ""


def decrypting(line: bytes) -> str:
    """Whose message the client is about to decrypt; else empty."""
    found = _DECRYPTING.match(line)
    return user(found.group(1).decode(errors="replace")) if found else ""


def user(address: str) -> str:
    """The part of an address that names whom it is about, without device and server."""
    return re.split("[.:@]", address, maxsplit=1)[0]
