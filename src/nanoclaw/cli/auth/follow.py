"""From the first code to the end, within the time that the owner gives it."""

from nanoclaw.channels.contract import PairingFault
from nanoclaw.cli.auth.screen import Screen
from nanoclaw.cli.auth.sources import Source
from nanoclaw.control.client import Document
from nanoclaw.model.clock import Clock

_TICK_SECONDS = 1.0
_OVER = ("done", "failed", "none")


async def follow(source: Source, screen: Screen, phone: str, *, seconds: float, clock: Clock) -> Document:
    """Pair; the last ``PairingShape``. When the network gives out no more codes, it is asked again while there is time.

    Whatever ends this early gives the pairing up.
    """
    ends = clock.monotonic() + seconds
    try:
        while True:
            shape, seen = await _once(source, screen, phone, ends, clock)
            tired = shape["state"] == "failed" and shape["fault"] == PairingFault.TIMEOUT and seen
            if not tired or clock.monotonic() >= ends:
                return shape
    finally:
        screen.clear()
        await source.give_up()


async def _once(source: Source, screen: Screen, phone: str, ends: float, clock: Clock) -> tuple[Document, bool]:
    """One pairing, and whether there was a code in it."""
    shape, seen = await source.begin(phone), False
    while True:
        screen.show(shape)
        seen = seen or shape["state"] == "code"
        if shape["state"] in _OVER:
            return shape, seen
        if clock.monotonic() >= ends:
            return shape | _TOO_LATE, seen
        shape = await source.look(shape["number"], _TICK_SECONDS)


_TOO_LATE: Document = {
    "state": "failed",
    "fault": PairingFault.TIMEOUT.value,
    "problem": "Nobody used a code in time",
    "hint": "Have the telephone at hand, and give the command again; --timeout gives more time.",
}
