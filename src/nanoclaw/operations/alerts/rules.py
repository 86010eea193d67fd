"""What is accepted, what is sent when, and what becomes of it: changes of the state, nothing else.

The same trouble is told once, and again only after a while. A few alerts go out one by one; more become one digest. A
route that fails is tried again after growing pauses, and gets then what it missed, as a digest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from nanoclaw.operations.alerts.contract import Alert, Level, Message, Sent
from nanoclaw.operations.alerts.state import Entry, Fate, RouteState, State, Told

WAITING_AT_MOST = 200
"""Of more, a storm, only their number is kept."""
KEPT = 200
"""Alerts in the history."""
_KEYS_AT_MOST = 1000
_SINGLY = 3
"""So many go out one by one; of more at once there is a digest."""
BURST, WINDOW = 5, 600_000
"""Messages on a route in so many milliseconds, after which it rests as long."""
_LISTED = 20
_FIRST_PAUSE, _LONGEST_PAUSE = 30_000, 3_600_000
_USELESS_AFTER = 7 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What goes out by one route next."""

    route: str
    message: Message
    entries: tuple[str, ...]
    left_out: int


def accept(state: State, alert: Alert, now: int, repeat: int, *, sent: bool) -> bool:
    """Keep an alert; whether it is new. ``repeat`` is how many milliseconds the same one is not told again.

    ``sent`` is False for one that only the log gets.
    """
    known = state.told.get(alert.key)
    # Not believed when it lies ahead: the clock was set back.
    if known is not None and 0 <= now - known.at < repeat:
        known.again += 1
        return False
    if known is not None and known.again:
        alert = replace(alert, text=f"{alert.text} (It came {known.again} times more since it was told last.)")
    _note_told(state, alert.key, now, repeat)
    entry = Entry(id=uuid4().hex[:12], alert=alert, at=now)
    if not sent:
        _end(state, entry, Fate.LOGGED, now)
    elif len(state.waiting) >= WAITING_AT_MOST:
        state.left_out += 1
    else:
        state.waiting.append(entry)
    return True


def next_parcel(state: State, routes: Sequence[str], now: int, host: str) -> Parcel | None:
    """What may go out now."""
    for route in routes:
        pending = _pending(state, route)
        if pending and _free_at(state.routes.get(route), now) <= now:
            return _pack(state, route, pending, now, host)
    return None


def next_moment(state: State, routes: Sequence[str], now: int) -> int | None:
    """When something may go out; None: nothing waits."""
    moments = [_free_at(state.routes.get(route), now) for route in routes if _pending(state, route)]
    return min(moments, default=None)


def note_sent(state: State, parcel: Parcel, sent: Sent, routes: Collection[str], now: int) -> None:
    """What became of a parcel. An alert that all routes took has ended."""
    route = state.routes.setdefault(parcel.route, RouteState())
    if not sent.ok:
        route.fails += 1
        route.problem = sent.problem
        route.next_at = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(route.fails - 1, 20))
        return
    route.fails, route.next_at, route.problem = 0, 0, ""
    route.sent_at = [*route.sent_at, now][-BURST:]
    state.left_out = max(0, state.left_out - parcel.left_out)
    for entry in state.waiting:
        if entry.id in parcel.entries:
            entry.sent.append(parcel.route)
    tidy(state, routes, now)


def tidy(state: State, routes: Collection[str], now: int) -> None:
    """End what every route took, and what has waited for so long that nobody wants it. Forget routes that are gone."""
    waiting, state.waiting = state.waiting, []
    for entry in waiting:
        if routes and set(routes) <= set(entry.sent):
            _end(state, entry, Fate.SENT, now)
        elif now - entry.at > _USELESS_AFTER:
            _end(state, entry, Fate.EXPIRED, now)
        else:
            state.waiting.append(entry)
    if routes:
        state.routes = {name: one for name, one in state.routes.items() if name in routes}


def _note_told(state: State, key: str, now: int, repeat: int) -> None:
    state.told = {name: one for name, one in state.told.items() if 0 <= now - one.at < repeat and name != key}
    state.told[key] = Told(at=now)
    while len(state.told) > _KEYS_AT_MOST:
        del state.told[next(iter(state.told))]


def _end(state: State, entry: Entry, fate: Fate, now: int) -> None:
    entry.fate, entry.ended = fate, now
    state.history = [*state.history, entry][-KEPT:]


def _pending(state: State, route: str) -> list[Entry]:
    return [entry for entry in state.waiting if route not in entry.sent]


def _free_at(route: RouteState | None, now: int) -> int:
    """When a route may be used; a moment that lies too far ahead was set by a clock that was wrong."""
    if route is None:
        return now
    moment = route.next_at
    recent = [at for at in route.sent_at if now - WINDOW < at <= now]
    if len(recent) >= BURST:
        moment = max(moment, recent[-1] + WINDOW)
    return moment if now < moment <= now + _LONGEST_PAUSE else now


def _pack(state: State, route: str, pending: list[Entry], now: int, host: str) -> Parcel:
    known = state.routes.get(route, RouteState())
    recent = [at for at in known.sent_at if now - WINDOW < at <= now]
    if not state.left_out and len(pending) <= _SINGLY and len(recent) + len(pending) <= BURST:
        first = pending[0]
        title = f"NanoClaw on {host}: {first.alert.level}"
        message = Message(level=first.alert.level, title=title, text=first.alert.text)
        return Parcel(route=route, message=message, entries=(first.id,), left_out=0)
    return Parcel(
        route=route,
        message=_digest(pending, state.left_out, host),
        entries=tuple(entry.id for entry in pending),
        left_out=state.left_out,
    )


def _digest(pending: list[Entry], left_out: int, host: str) -> Message:
    """The worst first; who wants all of them looks here."""
    worst = sorted(pending, key=lambda entry: -entry.alert.level.rank)
    lines = [f"{entry.alert.level}: {entry.alert.text}" for entry in worst[:_LISTED]]
    if more := len(worst) - len(lines) + left_out:
        lines.append(f"And {more} more: `nanoclaw alerts history` and `nanoclaw logs` have them.")
    level = worst[0].alert.level if worst else Level.WARNING
    return Message(
        level=level, title=f"NanoClaw on {host}: {len(worst) + left_out} alerts, {level}", text="\n".join(lines)
    )
