"""Messages that wake nobody: how many a second are taken in, and that acknowledged means on disk."""

import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figure, ratio, sample
from benchmarks.installation import environment_for

_A_SECOND = 5_000
_MESSAGES = 40_000
_PRODUCERS = 200
_TRACED = 2_000
_SECONDS = 300
_MARK = re.compile(r'"([sa]) (\d+)\\n"')


@dataclass(slots=True)
class Proof:
    """What a trace of the system calls showed."""

    acknowledged: int = 0
    unsynced: int = 0
    """Acknowledged, and no sync of the log had begun after the message was handed in and ended before that."""
    syncs: int = 0
    handed_in: dict[str, int] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    finished: list[int] = field(default_factory=list)
    """When each finished sync had begun, as line numbers of the trace, in the order in which they finished."""


async def intake(rounds: int) -> list[Figure]:
    """The intake and the store with many producers, against SQLite alone with as large transactions, turn about."""
    folder = Path(tempfile.mkdtemp(prefix="nanoclaw-intake-"))
    environment = environment_for(folder, "http://127.0.0.1:9")
    try:
        ours, bare = [], []
        for number in range(rounds):
            ours.append(await _load(folder / f"ours-{number}.db", "ours", _MESSAGES, environment))
            bare.append(await _load(folder / f"bare-{number}.db", "bare", _MESSAGES, environment))
        proof = await _traced(folder, environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    mine, its = sample(ours), sample(bare)
    return [
        Figure(
            benchmark="intake",
            what=f"messages a second, {_PRODUCERS} producers",
            measured=str(mine),
            target=f">= {_A_SECOND:,}",
            met=mine.median >= _A_SECOND,
        ),
        Figure(
            benchmark="intake",
            what="SQLite alone, rows a second",
            measured=f"{its} (ratio {ratio(mine, its):.2f})",
        ),
        _shown(proof),
    ]


def _shown(proof: Proof | None) -> Figure:
    what = "acknowledged before a sync of the log"
    if proof is None:
        return Figure(benchmark="intake", what=what, measured="not counted: there is no strace")
    measured = f"{proof.unsynced} of {proof.acknowledged} ({proof.syncs} fdatasync)"
    met = proof.unsynced == 0 and proof.acknowledged == _TRACED
    return Figure(benchmark="intake", what=what, measured=measured, target="0", met=met)


async def _load(path: Path, kind: str, messages: int, environment: dict[str, str], *tracer: str) -> float:
    """Messages a second."""
    command = [*tracer, sys.executable, "-m", "benchmarks.intake_load"]
    process = await asyncio.create_subprocess_exec(
        *(*command, kind, str(path), str(messages), str(_PRODUCERS)),
        env=environment | {"PYTHONPATH": os.pathsep.join([environment["PYTHONPATH"], str(Path.cwd())])},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_SECONDS):
        out, _ = await process.communicate()
    return float(json.loads(out)["a_second"])


async def _traced(folder: Path, environment: dict[str, str]) -> Proof | None:
    if shutil.which("strace", path=environment["PATH"]) is None:
        return None
    trace = folder / "trace"
    calls = "trace=fdatasync,fsync,write"
    tracer = ("strace", "-f", "-y", "-s", "16", "-e", calls, "-e", "signal=none", "-o", str(trace))
    await _load(folder / "traced.db", "marked", _TRACED, environment, *tracer)
    proof = Proof()
    with trace.open(errors="replace") as lines:
        for number, line in enumerate(lines):
            _read(proof, number, line)
    return proof


def _read(proof: Proof, number: int, line: str) -> None:
    """One line of the trace: a sync's begin, its end, both, or a mark of a message."""
    thread = line.split(maxsplit=1)[0]
    if "sync(" in line and "-wal>" in line:
        proof.begun[thread] = number
    if "sync" in line and line.rstrip().endswith("= 0") and thread in proof.begun:
        proof.syncs += 1
        proof.finished.append(proof.begun.pop(thread))
    for kind, message in _marks(line):
        if kind == "s":
            proof.handed_in[message] = number
        else:
            proof.acknowledged += 1
            proof.unsynced += not (proof.finished and proof.finished[-1] > proof.handed_in[message])


def _marks(line: str) -> Iterator[tuple[str, str]]:
    if " write(" in line and (match := _MARK.search(line)):
        yield match[1], match[2]
