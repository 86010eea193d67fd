"""What does or proves each line, from ``proof.txt``."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]


class Kind(StrEnum):
    """How a line is met."""

    CHECK = "c"
    COMMAND = "n"
    FILE = "f"
    OPEN = "o"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One thing that does or proves a line: an id of a check, a command without ``nanoclaw``, or a path."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line's row. ``english`` says the line itself, the notes what is different here."""

    number: int
    english: str
    proofs: tuple[Proof, ...]
    note: str
    note_zh: str


def read_rows(text: str | None = None) -> tuple[Row, ...]:
    """All rows, in their order."""
    text = (FOLDER / "proof.txt").read_text(encoding="utf-8") if text is None else text
    return tuple(_row(line) for line in text.splitlines() if line and not line.startswith("#"))


def _row(line: str) -> Row:
    number, english, proofs, note, note_zh = (part.strip() for part in line.split("|"))
    found = (part.strip().partition(":") for part in proofs.split(";"))
    return Row(
        number=int(number),
        english=english,
        proofs=tuple(Proof(kind=Kind(kind), name=name.strip()) for kind, _, name in found),
        note=note,
        note_zh=note_zh,
    )
