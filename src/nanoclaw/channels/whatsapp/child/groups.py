"""What groups call themselves and who administers them: asked of the server once, and again when one was changed."""

import threading
from collections import Counter
from dataclasses import dataclass

from nanoclaw.channels.whatsapp.child.binding import Library, jid
from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.protobufs import neonize_pb2
from nanoclaw.model.clock import Clock

_DEADLINE = 4.0
_KNOWN_FOR = 6 * 3600.0
_UNKNOWN_FOR = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of one group, empty as far as the server did not tell. ``admins``: by each of their ids."""

    name: str = ""
    admins: frozenset[str] = frozenset()


NOTHING = Facts()


class Groups:
    """The groups, as far as they are known."""

    def __init__(self, library: Library, calls: Calls, clock: Clock) -> None:
        self._library = library
        self._calls = calls
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Facts, float]] = {}
        self._changes: Counter[str] = Counter()

    def forget(self, group: str) -> None:
        """Something about it changed. Called on Go's threads."""
        with self._lock:
            self._known.pop(group, None)
            self._changes[group] += 1

    def at_once(self, group: str) -> Facts | None:
        """What is known, if the server need not be asked."""
        known, until = self._known.get(group, (NOTHING, 0.0))
        return known if self._clock.monotonic() < until else None

    async def facts(self, group: str, *, connected: bool) -> Facts:
        """What is known; of a server that does not answer within 4 s, what it told before."""
        known, until = self._known.get(group, (NOTHING, 0.0))
        if self._clock.monotonic() < until or not connected:
            return known
        changes = self._changes[group]
        try:
            found = await self._calls.run(_DEADLINE, lambda: self._ask(group))
        except TimeoutError:
            found = known
        lasts = _KNOWN_FOR if found.name else _UNKNOWN_FOR
        with self._lock:
            # What changed while it was asked for is asked for again.
            if self._changes[group] == changes:
                self._known[group] = (found, self._clock.monotonic() + lasts)
        return found

    def _ask(self, group: str) -> Facts:
        answer = neonize_pb2.GetGroupInfoReturnFunction.FromString(self._library.ask("GetGroupInfo", jid(group)))
        return facts_from(answer.GroupInfo) if answer.HasField("GroupInfo") else NOTHING


def facts_from(info: neonize_pb2.GroupInfo) -> Facts:
    """As the library tells them."""
    admins = (one for one in info.Participants if one.IsAdmin or one.IsSuperAdmin)
    ids = (each for one in admins for each in (one.JID, one.LID, one.PhoneNumber))
    return Facts(
        name=str(info.GroupName.Name), admins=frozenset(f"{each.User}@{each.Server}" for each in ids if each.User)
    )
