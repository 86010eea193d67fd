"""Figures: counted, kept, folded into hours, told; the file is whole or begun anew."""

import asyncio
import logging
import shutil
import subprocess
from pathlib import Path

import pytest

from nanoclaw.events.measures import Measure
from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.figures.catalogue import BY_NAME, LABELS_AT_MOST
from nanoclaw.operations.figures.counting import Counted, Counting, empty
from nanoclaw.operations.figures.errors import HistoryUnreadableError
from nanoclaw.operations.figures.exposition import exposition
from nanoclaw.operations.figures.history import History
from nanoclaw.operations.figures.machine import parse_ps, parse_vm_stat
from nanoclaw.operations.figures.recorder import Recorder
from nanoclaw.operations.figures.report import report
from nanoclaw.operations.figures.slots import HOUR, MOST_SLOTS, Slot, compact
from nanoclaw.settings.home import Home
from tests.fakes.small_disk import fill, small_disk
from tests.fakes.waiting import until

NOW = 1_764_072_000
MEMORY = ("process_resident_bytes", "")
COMMIT = (str(Measure.COMMIT), "messages")


def minute(at: int, memory: float, commits: tuple[float, ...] = ()) -> Slot:
    counting = Counting()
    for seconds in commits:
        counting(Measure.COMMIT, seconds, "messages")
    counted = counting.take()
    return Slot(at=at, gauges={MEMORY: (memory,)}, counters={("turns_total", "answered"): 1}, spans=counted.spans)


def test_what_was_counted_is_taken_once_and_kept_in_all() -> None:
    counting = Counting()
    counting(Measure.TURN, label="answered")
    counting(Measure.COMMIT, 0.003, "messages")
    assert counting.take().counters == {("turns_total", "answered"): 1}
    assert counting.take().counters == {("turns_total", "answered"): 0}
    assert counting.all().spans[COMMIT].number == 1


def test_labels_without_end_become_one() -> None:
    counting = Counting()
    for number in range(200):
        counting(Measure.FAULT, label=f"fault {number}")
    counters = counting.all().counters
    assert len(counters) == LABELS_AT_MOST + 1
    assert sum(counters.values()) == 200


def test_percentiles_lie_between_the_least_and_the_most() -> None:
    counting = Counting()
    for value in range(1, 101):
        counting(Measure.COMMIT, value / 10_000, "messages")
    spans = counting.all().spans[COMMIT]
    bounds = BY_NAME[Measure.COMMIT].buckets
    assert spans.at(0.5, bounds) == pytest.approx(0.005, abs=0.001)
    assert spans.at(0.95, bounds) == pytest.approx(0.0095, abs=0.001)
    assert spans.least <= spans.at(0.0, bounds) <= spans.at(1.0, bounds) <= spans.most


def test_the_minutes_of_an_ended_hour_become_an_hour_and_what_is_old_goes() -> None:
    minutes = [minute(NOW - 2 * HOUR + 60 * n, n, (0.002,)) for n in range(1, 61)]
    ancient = [minute(NOW - 30 * HOUR, 5), minute(NOW - 9 * 24 * HOUR, 5), minute(NOW + HOUR, 5)]
    kept = compact([*ancient, *minutes], NOW)
    hours = [slot for slot in kept if slot.hour]
    assert hours[-1].gauges[MEMORY] == (1, 30.5, 57, 60)
    assert hours[-1].spans[COMMIT].number == 60
    assert hours[-1].counters["turns_total", "answered"] == 60
    assert [slot.at for slot in hours] == [NOW - 31 * HOUR, NOW - 2 * HOUR]
    assert [slot.at for slot in kept if not slot.hour] == [slot.at for slot in minutes]
    assert compact(kept, NOW) == kept


def test_the_file_never_grows_beyond_its_bound() -> None:
    assert len(compact([minute(NOW - n, n) for n in range(2 * MOST_SLOTS)], NOW)) == MOST_SLOTS


def test_what_is_written_is_read_again_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    history = History(tmp_path / "figures.jsonl")
    assert history.read() == []
    slots = compact([minute(NOW - HOUR, 3, (0.5,)), minute(NOW - 60, 7.5)], NOW)
    history.rewrite(slots)
    history.append(minute(NOW, 9))
    assert history.read() == [*slots, minute(NOW, 9)]
    assert history.path.stat().st_mode & 0o777 == 0o600
    history.path.write_bytes(history.path.read_bytes()[:-5])
    assert history.read() == slots


NOT_OURS = (
    b"nonsense\n",
    b'{"figures":2}\n',
    b'{"figures":1}\n[1]\n',
    b'{"figures":1}\n{"m":1,"g":{"a":[1,2]},"c":{},"s":{}}\n',
    b'{"figures":1}\n{"m":1,"g":{"a":[NaN]},"c":{},"s":{}}\n',
    b"\xff\xfe\n",
    b"[" * 100_000 + b"\n",
)


@pytest.mark.parametrize("content", NOT_OURS)
async def test_a_file_that_is_not_ours_is_refused_and_a_daemon_begins_anew(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home(tmp_path)
    home.create()
    home.figures.write_bytes(content)
    with pytest.raises(HistoryUnreadableError):
        History(home.figures).read()

    async def facts() -> dict[tuple[str, str], float]:
        return {("agents", ""): 2}

    recorder = Recorder(home, Counting(), SystemClock(), facts, minute_seconds=0.1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.6):
            await recorder.run()
    slots = History(home.figures).read()
    assert list(slots[0].gauges["agents", ""]) == [2]
    assert slots[0].gauges[MEMORY][0] > 10_000_000
    assert "begin anew" in caplog.text


async def test_on_a_full_disk_figures_pause_are_told_of_once_and_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def facts() -> dict[tuple[str, str], float]:
        return {(f"figure {number}", ""): number for number in range(200)}

    with caplog.at_level(logging.INFO), small_disk(tmp_path / "small", 1) as place:
        home = Home(place / "nc")
        home.create()
        history = History(home.figures)
        async with asyncio.TaskGroup() as group:
            recorder = Recorder(home, Counting(), SystemClock(), facts, minute_seconds=0.05)
            running = group.create_task(recorder.run(), name="figures")
            await until(lambda: len(history.read()) > 1)
            # Less than a slot: the disk takes a part of a line.
            filler = fill(place, leave=4096)
            await until(lambda: "figures cannot be written" in caplog.messages)
            before = len(history.read())
            await asyncio.sleep(0.3)
            assert len(history.read()) == before
            filler.unlink()
            await until(lambda: len(history.read()) > before + 1)
            running.cancel()
    said = [message for message in caplog.messages if "written" in message]
    assert said == ["figures cannot be written", "figures are written again"]


def test_a_report_tells_the_hour_and_the_window_also_without_a_daemon() -> None:
    slots = compact([minute(NOW - 60 * n, n, (0.002, 0.004)) for n in range(1, 200)], NOW)
    document = report(slots, NOW, NOW - 24 * HOUR, None)
    rows = {(row["name"], row["label"]): row for row in document["figures"]}
    assert (document["running"], rows[MEMORY]["now"]) == (False, None)
    assert rows[MEMORY]["hour"] == {"count": 59, "minimum": 1, "median": 30, "p95": 57, "maximum": 59}
    assert rows[MEMORY]["window"]["maximum"] == 199
    assert rows[COMMIT]["window"]["count"] == 2 * 199
    week = report(slots, NOW, NOW - 7 * 24 * HOUR, None)
    assert {(row["name"], row["label"]): row["window"]["maximum"] for row in week["figures"]}[MEMORY] == 199


def test_prometheus_finds_nothing_to_complain_of() -> None:
    if (promtool := shutil.which("promtool")) is None:
        pytest.skip("needs promtool, of the Debian package prometheus")
    counting = Counting()
    for measure in Measure:
        counting(measure, 0.02, "a" if BY_NAME[measure].label else "")
    gauges = {(name, "x" if figure.label else ""): 1.5 for name, figure in BY_NAME.items() if figure.kind == "gauge"}
    text = exposition(gauges, counting.all())
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert text.count("# TYPE") == len(BY_NAME) + 1
    broken = subprocess.run([promtool, "check", "metrics"], input="a{ 1\n", capture_output=True, text=True, check=False)
    assert broken.returncode != 0


def test_a_histogram_is_cumulative() -> None:
    spans = empty(BY_NAME[Measure.START].buckets)
    spans.counts = [1, 2, 0, 0, 0, 0, 0, 0, 3]
    text = exposition({}, Counted(counters={}, spans={(str(Measure.START), ""): spans}))
    assert 'nanoclaw_sandbox_start_seconds_bucket{le="0.5"} 3' in text
    assert 'nanoclaw_sandbox_start_seconds_bucket{le="+Inf"} 6' in text


def test_what_macos_says_is_understood() -> None:
    assert parse_vm_stat("Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free: 10.\n") == 163_840
    assert parse_vm_stat("") is None
    (one,) = parse_ps("  10 1 20\nnonsense\n")
    assert (one.pid, one.parent, one.resident) == (10, 1, 20_480)
