"""How the client is, as its nodes and events tell it: the words of ``Standing``."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from nanoclaw.channels.whatsapp.child.nodes import Node
from nanoclaw.channels.whatsapp.link import Person, Standing
from nanoclaw.model.clock import Clock

_FINAL = {"unpaired", "logged-out", "replaced", "banned", "outdated", "passkey"}
_LOGGED_OUT = {"401": "device removed", "403": "main device gone", "406": "logged out by the network"}
_TRIED_AGAIN = {"500", "503"}
_BANS = {
    "101": "sent to too many people",
    "102": "blocked by users",
    "103": "created too many groups",
    "104": "sent the same message too often",
    "106": "too many broadcasts",
}


@dataclass(slots=True, kw_only=True)
class _Now:
    state: str = "starting"
    detail: str = ""
    until: int = 0
    me: Person = field(default_factory=Person)
    traffic: float = 0.0
    since: float = 0.0


class Condition:
    """One client's state. Told by Go's threads, read by ours; a final state stays until the process ends."""

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._lock = threading.Lock()
        self._now = _Now(since=clock.monotonic())
        self.given_up = False
        """The client will not try to connect again by itself."""

    def standing(self) -> Standing:
        """To be said."""
        with self._lock:
            now = self._now
            proven = self._clock.monotonic() - now.traffic if now.traffic else 0.0
            return Standing.model_validate(
                {"state": now.state, "detail": now.detail, "until": now.until, "me": now.me, "proven": round(proven, 3)}
            )

    @property
    def state(self) -> str:
        """The bare word."""
        return self._now.state

    @property
    def is_final(self) -> bool:
        """Only the owner, or time, can help: there is no use in this process any more."""
        return self._now.state in _FINAL

    @property
    def me(self) -> Person:
        """The account, once it is known."""
        return self._now.me

    def lasts(self) -> float:
        """Seconds in this state."""
        return self._clock.monotonic() - self._now.since

    def set(self, state: str, detail: str = "", *, until: int = 0) -> None:
        """The client is in this state now."""
        with self._lock:
            if self.is_final or (state, detail) == (self._now.state, self._now.detail):
                return
            if state != self._now.state:
                self._now.since = self._clock.monotonic()
            self._now.state, self._now.detail, self._now.until = state, detail, until
        self._changed()

    def begin_again(self, state: str, detail: str = "") -> None:
        """Whatever the state was, a final one too, it is this one now."""
        with self._lock:
            self._now = _Now(state=state, detail=detail, since=self._clock.monotonic())
        self._changed()

    def is_account(self, me: Person) -> None:
        """Who we are."""
        self._now.me = me

    def received(self, node: Node) -> None:
        """A node came: a proof of life, and sometimes news."""
        self._now.traffic = self._clock.monotonic()
        match node.tag:
            case "failure":
                self._failure(node)
            case "stream:error":
                self._stream_error(node)
            case "notification" if node.attribute("type") == "passkey_prologue_request":
                self.set("passkey", "the account asks for a passkey, which this client cannot show")
            case _:
                pass

    def _failure(self, node: Node) -> None:
        # Attributes in front of "message" and "reason" come from the server, all of them.
        reason, words = node.attribute("reason"), _plain(node.attribute("message"))
        if reason in _LOGGED_OUT:
            self.set("logged-out", f"{reason} {words or _LOGGED_OUT[reason]}")
        elif reason == "402":
            expire, code = node.attribute("expire"), node.attribute("code")
            until = self._clock.now() + int(expire) * 1000 if expire.isdecimal() and int(expire) else 0
            self.set("banned", f"402 {_BANS.get(code, f'code {_plain(code)}')}", until=until)
        elif reason == "405":
            self.set("outdated", "405 this version of the client is not accepted any more")
        else:
            self.given_up = reason not in _TRIED_AGAIN
            self.set("unreachable", f"{_plain(reason)} {words}".strip())

    def _stream_error(self, node: Node) -> None:
        code = node.attribute("code")
        if code == "515":
            self.set("connecting", "515 the server asks to connect again")
        elif node.holds("conflict") and b'type="replaced"' in node.line:
            self.set("replaced", "another program took the session over")
        elif code == "401":
            self.set("logged-out", "401 the device was removed on the telephone")
        else:
            self.set("unreachable", f"stream error {_plain(code)}".strip())


def _plain(words: str) -> str:
    """Words of the server without ids."""
    return re.sub(r"\d{5,}", "#", words)[:200]
