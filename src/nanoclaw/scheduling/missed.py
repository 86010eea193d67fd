"""What becomes of times that passed while nothing could run."""

import re
from dataclasses import dataclass

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Milliseconds

SKIP, ONCE = "skip", "once"
_WINDOW = re.compile(r"window:([1-9][0-9]{0,5})(s|m|h|d)", re.ASCII)
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_GRACE = 60_000
"""A run that begins within a minute of its time is on time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedPolicy:
    """How late a run may begin, in milliseconds; None: however late."""

    late: int | None

    def allows(self, at: Milliseconds, now: Milliseconds) -> bool:
        """Whether a time that has come may still be run."""
        return self.late is None or now - at <= max(_GRACE, self.late)


def read_policy(text: str) -> MissedPolicy:
    """``skip``, ``once`` or ``window:`` and a span such as ``2h``.

    Raises:
        InvalidTaskError: it is none of these.
    """
    if text == SKIP:
        return MissedPolicy(late=0)
    if text == ONCE:
        return MissedPolicy(late=None)
    if match := _WINDOW.fullmatch(text):
        return MissedPolicy(late=int(match[1]) * _UNITS[match[2]])
    raise InvalidTaskError(
        f"{text[:40]!r} does not say what to do with missed runs", hint="It is skip, once, or window:2h (s, m, h, d)."
    )
