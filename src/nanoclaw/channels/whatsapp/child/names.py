"""What groups call themselves, asked of the server once and again when one was renamed."""

import threading

from nanoclaw.channels.whatsapp.child.binding import Library, jid
from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.protobufs import neonize_pb2
from nanoclaw.model.clock import Clock

_DEADLINE = 4.0
_KNOWN_FOR = 6 * 3600.0
_UNKNOWN_FOR = 300.0


class GroupNames:
    """The names, as far as they are known."""

    def __init__(self, library: Library, calls: Calls, clock: Clock) -> None:
        self._library = library
        self._calls = calls
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}

    def forget(self, group: str) -> None:
        """Something about it changed. Called on Go's threads."""
        with self._lock:
            self._known.pop(group, None)

    def at_once(self, group: str) -> str | None:
        """Its name if it need not be asked for."""
        known, until = self._known.get(group, ("", 0.0))
        return known if self._clock.monotonic() < until else None

    async def name(self, group: str, *, connected: bool) -> str:
        """Its name, empty when the server does not tell it within 4 s."""
        known, until = self._known.get(group, ("", 0.0))
        if self._clock.monotonic() < until or not connected:
            return known
        try:
            name = await self._calls.run(_DEADLINE, lambda: self._ask(group))
        except TimeoutError:
            name = known
        lasts = _KNOWN_FOR if name else _UNKNOWN_FOR
        with self._lock:
            self._known[group] = (name, self._clock.monotonic() + lasts)
        return name

    def _ask(self, group: str) -> str:
        answer = neonize_pb2.GetGroupInfoReturnFunction.FromString(self._library.ask("GetGroupInfo", jid(group)))
        return str(answer.GroupInfo.GroupName.Name) if answer.HasField("GroupInfo") else ""
