"""How patient the channel is, in one place, so that tests can be less so."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """Seconds."""

    pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
    """Between tries that fail, the last again and again."""
    margin: float = 10.0
    """How much later than promised an answer to a poll may come."""
    look: float = 2.0
    """Between looks at the file of the token, while there is none that is good."""
    up: float = 20.0
    """How long a pairing waits for the bot to be up."""


PATIENT = Tempo()
