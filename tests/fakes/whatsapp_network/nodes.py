"""The stanzas of WhatsApp's binary protocol: a tag, attributes, and bytes or further stanzas."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.fakes.whatsapp_network.addresses import Address

Attribute = str | int | Address
Attributes = dict[str, Attribute]


@dataclass(frozen=True, slots=True)
class Node:
    """One stanza, or a part of one. An attribute that is an empty string is not sent."""

    tag: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    content: "bytes | Sequence[Node] | None" = None

    def children(self, tag: str = "") -> "Iterator[Node]":
        """The stanzas inside, all or those of one tag."""
        inside = self.content if self.content is not None and not isinstance(self.content, bytes) else ()
        return (child for child in inside if not tag or child.tag == tag)

    def find(self, *path: str) -> "Node | None":
        """The first stanza at the end of a path of tags."""
        here: Node | None = self
        for tag in path:
            here = next(here.children(tag), None) if here else None
        return here

    def part(self, *path: str) -> "Node":
        """As ``find``, for one that must be there."""
        found = self.find(*path)
        assert found, f"<{self.tag}> has no {'/'.join(path)}"
        return found

    def text(self, name: str) -> str:
        """An attribute in its written form, or an empty string."""
        return str(self.attributes.get(name, ""))

    def address(self, name: str) -> Address | None:
        """An attribute that is an address, or None."""
        value = self.attributes.get(name)
        return value if isinstance(value, Address) else None

    def body(self) -> bytes:
        """The bytes inside."""
        assert isinstance(self.content, bytes), f"<{self.tag}> holds no bytes"
        return self.content
