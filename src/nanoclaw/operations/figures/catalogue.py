"""Every figure there is: its name for machines, what it says to people, how it is counted."""

from dataclasses import dataclass
from enum import StrEnum

from nanoclaw.events.measures import Measure

PREFIX = "nanoclaw_"

_WAITS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0)
_STARTS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 90.0)
_ANSWERS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 900.0)


class Kind(StrEnum):
    """As Prometheus names them."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Unit(StrEnum):
    """What a value counts."""

    SECONDS = "seconds"
    BYTES = "bytes"
    RATIO = "ratio"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. ``buckets`` are upper bounds; ``label`` names what tells its series apart, "" where there is one."""

    name: str
    title: str
    about: str
    kind: Kind
    unit: Unit
    label: str = ""
    buckets: tuple[float, ...] = ()


def _gauge(name: str, title: str, about: str, unit: Unit, label: str = "") -> Figure:
    return Figure(name=name, title=title, about=about, kind=Kind.GAUGE, unit=unit, label=label)


def _counter(measure: Measure, title: str, about: str, label: str = "") -> Figure:
    return Figure(name=measure, title=title, about=about, kind=Kind.COUNTER, unit=Unit.NUMBER, label=label)


def _spans(measure: Measure, title: str, about: str, buckets: tuple[float, ...], label: str = "") -> Figure:
    return Figure(
        name=measure,
        title=title,
        about=about,
        kind=Kind.HISTOGRAM,
        unit=Unit.SECONDS,
        label=label,
        buckets=buckets,
    )


FIGURES: tuple[Figure, ...] = (
    _gauge("process_resident_bytes", "memory", "Memory of the daemon that is in RAM", Unit.BYTES),
    _gauge("process_heap_blocks", "heap blocks", "Blocks that Python's allocator has given out", Unit.NUMBER),
    _gauge("process_cpu_ratio", "processors", "Processors that the daemon kept busy in the last minute", Unit.RATIO),
    _gauge("process_open_files", "open files", "File descriptors of the daemon", Unit.NUMBER),
    _gauge("process_threads", "threads", "Threads of the daemon", Unit.NUMBER),
    _gauge("children_resident_bytes", "children's memory", "Memory of all processes below the daemon", Unit.BYTES),
    _gauge("children_processes", "children", "Processes below the daemon", Unit.NUMBER),
    _gauge("machine_available_bytes", "machine's free memory", "Memory that the machine can still give", Unit.BYTES),
    _gauge("machine_load", "machine's load", "Load average of the machine over a minute", Unit.NUMBER),
    _gauge("disk_free_bytes", "disk free", "Free space on the disk of the home folder", Unit.BYTES),
    _gauge("database_bytes", "database size", "Size of a database file", Unit.BYTES, "database"),
    _gauge("database_wal_bytes", "write-ahead log", "Size of a database's write-ahead log", Unit.BYTES, "database"),
    _gauge("agents", "agents", "Agents that live", Unit.NUMBER),
    _gauge("turns_waiting", "turns waiting", "Turns that wait or run", Unit.NUMBER),
    _gauge("replies_undelivered", "replies undelivered", "Replies in the outbox", Unit.NUMBER),
    _spans(Measure.LOOP_LAG, "event loop lag", "How late the event loop came back from a short sleep", _WAITS),
    _spans(Measure.QUEUE_WAIT, "wait for the writer", "From a write's request to its transaction", _WAITS, "database"),
    _spans(Measure.LOCK_WAIT, "wait for the lock", "What a transaction waited for the file's lock", _WAITS, "database"),
    _spans(Measure.COMMIT, "commit", "A group of writes until it is on disk, lock and all", _WAITS, "database"),
    _spans(Measure.QUERY, "query", "One read of a database", _WAITS, "database"),
    _spans(Measure.REPLY, "message to reply", "From a message's time to its stored answer", _ANSWERS),
    _counter(Measure.TURN, "turns", "Turns that ended, by how", "outcome"),
    _counter(Measure.FAULT, "faults", "Tries of turns that failed, by why", "reason"),
    _spans(Measure.START, "agent's start", "Start of a sandbox until its program answers", _STARTS),
    _counter(Measure.START_FAILURE, "failed starts", "Sandboxes that did not start, by why", "reason"),
    _spans(Measure.SEND, "send", "Handing one reply to its network, successful or not", _ANSWERS),
    _counter(Measure.DELIVERY, "deliveries", "Tries to deliver a reply, by what came of them", "outcome"),
    _gauge("channel_up", "channel up", "Whether a channel carries messages: 1 or 0", Unit.NUMBER, "channel"),
    _counter(Measure.CHANNEL, "channel changes", "Changes of a channel's state, by what it changed to", "state"),
    _spans(Measure.CANARY, "canary", "A channel's proof that it works, there and back", _ANSWERS, "channel"),
    _counter(Measure.CANARY_OUTCOME, "canaries", "Proofs of channels, by what came of them", "outcome"),
    _spans(Measure.MODEL_CALL, "model call", "One call to the model's service", _ANSWERS),
    _counter(
        Measure.MODEL_STATUS, "model calls", "Calls to the model's service, by the class of their status", "status"
    ),
)
BY_NAME = {figure.name: figure for figure in FIGURES}
LABELS_AT_MOST = 24
"""Series of one figure; what comes beyond is counted as ``other``."""
