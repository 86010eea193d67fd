"""Who is who: one account has a telephone number and a LID, and the network names it now by one, now by the other.

An account's identity here is the first id under which it was seen, the telephone number where both were told at once.
It stays for good, because roles and registered chats hang on it; the other id is an alias. On disk is a journal of
lines, one for each thing learned, written and synced before the identity is used; opening it writes it anew, shorter.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.whatsapp.link import Person
from nanoclaw.settings.whole_files import append_whole, replace_file

PHONE, LID, GROUP = "@s.whatsapp.net", "@lid", "@g.us"

_FILE = "identities"
_ALIAS, _MET, _END = "is", "met", "."


@dataclass(slots=True)
class Identities:
    """The book of one account. Blocks for the disk when it learns something, which is rare."""

    folder: Path
    _same: dict[str, str] = field(default_factory=dict)
    """A LID or a number to the identity that it stands for. A number that stands for itself is not in it."""
    _others: dict[str, set[str]] = field(default_factory=dict)
    """The same the other way round."""
    _met: set[str] = field(default_factory=set)
    _journal: int = -1

    def open(self) -> None:
        """Read the book and put it in order.

        Raises:
            ChannelError: it cannot be read or written.
        """
        path = self.folder / _FILE
        try:
            if path.exists():
                for line in path.read_text("utf-8", "replace").split("\n"):
                    self._read(line)
            replace_file(path, self._whole().encode())
            self.close()
            self._journal = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise ChannelError(
                f"Cannot keep {path}: {error.strerror}", hint="Mend its mode, or free some space."
            ) from error

    def _whole(self) -> str:
        same = "".join(_line(_ALIAS, alias, identity) for alias, identity in self._same.items())
        return same + "".join(_line(_MET, identity) for identity in self._met)

    def close(self) -> None:
        """Let go of the file."""
        if self._journal >= 0:
            os.close(self._journal)
            self._journal = -1

    def settle(self, person: Person) -> str:
        """The identity of someone, from now on the same for each of their ids; "" for nobody.

        Raises:
            ChannelError: it cannot be written down.
        """
        lid, phone = person.lid, person.phone
        if not lid:
            return self._same.get(phone, phone)
        known = self._same.get(lid) or self._same.get(phone)
        identity = known or phone or lid
        self._learn(lid, identity)
        if phone and phone != identity:
            self._learn(phone, identity)
        return identity

    def identity(self, raw: str) -> str:
        """The identity behind one id; an id that was never seen is its own."""
        return self._same.get(raw, raw)

    def others(self, identity: str) -> tuple[str, ...]:
        """The other ids of someone, by their identity."""
        return tuple(sorted(self._others.get(identity, ())))

    def move(self, person: Person, identity: str) -> None:
        """Give someone another of their own ids as the identity: the owner has registered that one."""
        met = self.has_met(self.settle(person))
        for alias in (person.lid, person.phone):
            self._learn(alias, identity)
        if met:
            self.meet(identity)

    def has_met(self, identity: str) -> bool:
        """Whether there ever was a conversation with them."""
        return identity in self._met

    def meet(self, identity: str) -> None:
        """There was a message in the chat with them."""
        if identity not in self._met:
            self._write(_MET, identity)
            self._met.add(identity)

    def _learn(self, alias: str, identity: str) -> None:
        if self._same.get(alias) != identity:
            self._write(_ALIAS, alias, identity)
            self._remember(alias, identity)

    def _remember(self, alias: str, identity: str) -> None:
        self._others.get(self._same.get(alias, ""), set()).discard(alias)
        self._same[alias] = identity
        if alias != identity:
            self._others.setdefault(identity, set()).add(alias)

    def _read(self, line: str) -> None:
        match line.split("\t"):
            case [kind, alias, identity, end] if (kind, end) == (_ALIAS, _END):
                self._remember(alias, identity)
            case [kind, identity, end] if (kind, end) == (_MET, _END):
                self._met.add(identity)
            case _:
                pass  # A line that a crash or a full disk cut off: what it said was never used.

    def _write(self, *words: str) -> None:
        if any(not word.isprintable() for word in words):
            return
        try:
            append_whole(self._journal, _line(*words).encode())
            os.fdatasync(self._journal)
        except OSError as error:
            raise ChannelError(
                f"Cannot keep {self.folder / _FILE}: {error.strerror}", hint="Free some space."
            ) from error


def _line(*words: str) -> str:
    return "\t".join((*words, _END)) + "\n"
