"""``nanoclaw figures``, of what a daemon wrote down."""

from nanoclaw.events.measures import Measure
from nanoclaw.operations.figures.catalogue import BY_NAME
from nanoclaw.operations.figures.counting import Counting, Key
from nanoclaw.operations.figures.history import History
from nanoclaw.operations.figures.slots import Slot
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldWallClock
from tests.unit.cli.conftest import Run

HUGE = 987_654_321_987.0


def test_every_figure_fits_a_narrow_terminal(run: Run, home: Home) -> None:
    home.create()
    counting = Counting()
    for measure in Measure:
        for value in (0.000_123, 12.345, 1234.5):
            counting(measure, value, "a-label-that-is-rather-long" if BY_NAME[measure].label else "")
    counted, now = counting.take(), HeldWallClock().now() // 1000
    gauges: dict[Key, tuple[float, ...]] = {
        (name, "a-label-that-is-rather-long" if one.label else ""): (0.98765 if one.unit == "ratio" else HUGE,)
        for name, one in BY_NAME.items()
        if one.kind == "gauge"
    }
    slots = [
        Slot(at=now - 600 * back, gauges=gauges, counters=counted.counters, spans=counted.spans) for back in (3, 2, 1)
    ]
    History(home.figures).rewrite(slots)
    ran = run("figures")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    titles = [line for line in lines[2:] if not line.startswith("  ")]
    assert len(titles) == len(BY_NAME)


def test_without_any_it_says_so(run: Run, home: Home) -> None:
    home.create()
    assert run("figures").out == "No figures yet.\n"
