"""Figures as Prometheus reads them: its text format, version 0.0.4.

Written here rather than by prometheus-client, whose global registry of live values knows nothing of a week on disk.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from nanoclaw import __version__
from nanoclaw.operations.figures.catalogue import FIGURES, PREFIX, Figure, Kind
from nanoclaw.operations.figures.counting import Counted, Key, Spans

ValueT = TypeVar("ValueT")


def exposition(gauges: Mapping[Key, float], counted: Counted) -> str:
    """All of it."""
    lines = [
        f"# HELP {PREFIX}build_info The version that runs",
        f"# TYPE {PREFIX}build_info gauge",
        f'{PREFIX}build_info{{version="{__version__}"}} 1',
    ]
    for figure in FIGURES:
        series = list(_series(figure, gauges, counted))
        if series:
            lines += [f"# HELP {PREFIX}{figure.name} {figure.about}", f"# TYPE {PREFIX}{figure.name} {figure.kind}"]
            lines += series
    return "\n".join(lines) + "\n"


def _series(figure: Figure, gauges: Mapping[Key, float], counted: Counted) -> Iterator[str]:
    name = PREFIX + figure.name
    if figure.kind is Kind.HISTOGRAM:
        for (_, label), spans in _own(figure, counted.spans):
            yield from _histogram(name, _labels(figure, label), spans, figure.buckets)
        return
    values = counted.counters if figure.kind is Kind.COUNTER else gauges
    for (_, label), value in _own(figure, values):
        yield f"{name}{_braced(_labels(figure, label))} {_number(value)}"


def _own(figure: Figure, values: Mapping[Key, ValueT]) -> list[tuple[Key, ValueT]]:
    return sorted((item for item in values.items() if item[0][0] == figure.name), key=lambda item: item[0])


def _histogram(name: str, labels: list[str], spans: Spans, buckets: tuple[float, ...]) -> Iterator[str]:
    below = 0
    for count, bound in zip(spans.counts, (*map(_number, buckets), "+Inf"), strict=True):
        below += count
        inner = _braced([*labels, f'le="{bound}"'])
        yield f"{name}_bucket{inner} {below}"
    yield f"{name}_sum{_braced(labels)} {_number(spans.total)}"
    yield f"{name}_count{_braced(labels)} {below}"


def _labels(figure: Figure, label: str) -> list[str]:
    escaped = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return [f'{figure.label}="{escaped}"'] if figure.label else []


def _braced(labels: list[str]) -> str:
    return f"{{{','.join(labels)}}}" if labels else ""


def _number(value: float) -> str:
    return repr(round(value, 9)) if isinstance(value, float) else str(value)
