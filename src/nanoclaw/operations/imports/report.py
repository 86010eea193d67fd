"""What an import did, or would do; and what it left out, and why."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutcome:
    """One group: where it came from, and what was done: ``added``, ``chat added`` or ``there already``."""

    folder: str
    source: str
    name: str
    chat: str
    done: str


@dataclass(slots=True)
class Report:
    """Counts as they grow. Not frozen: it is written while the import goes on."""

    dry_run: bool
    source: str
    groups: list[GroupOutcome] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    sessions: list[str] = field(default_factory=list)
    """Folders whose conversation goes on."""
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many of what, for which reason."""
    names: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Some of them by name."""
    notes: list[str] = field(default_factory=list)

    def count(self, what: str, many: int = 1) -> None:
        """So many more were taken over."""
        self.counts[what] += many

    def leave_out(self, what: str, why: str, name: str = "") -> None:
        """One was not."""
        self.left_out[what, why] += 1
        names = self.names.setdefault((what, why), [])
        if name and len(names) < _SHOWN and name not in names:
            names.append(name)

    def shape(self) -> dict[str, Any]:
        """As JSON; every count is there, also 0."""
        return {
            "dry_run": self.dry_run,
            "source": self.source,
            "groups": [
                {"folder": one.folder, "source": one.source, "name": one.name, "chat": one.chat, "done": one.done}
                for one in self.groups
            ],
            "counts": {name: self.counts[name] for name in COUNTS},
            "sessions": self.sessions,
            "left_out": [
                {"what": what, "why": why, "count": many, "names": self.names.get((what, why), [])}
                for (what, why), many in sorted(self.left_out.items())
            ],
            "notes": self.notes,
        }


COUNTS = (
    "chats",
    "messages",
    "replies",
    "tasks",
    "runs",
    "files",
    "bytes",
    "transcripts",
    "known_messages",
    "known_tasks",
    "known_files",
)
"""What is counted; ``known`` is what was there already."""
