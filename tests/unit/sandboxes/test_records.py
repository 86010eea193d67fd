import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.inside.confine import start_time, write_record
from nanoclaw.sandboxes.records import ProcessMark, Records
from tests.fakes.small_disk import fill, small_disk


def _write(folder: Path, name: str, pid: int, start: int) -> None:
    folder.mkdir(exist_ok=True)
    record = {"pid": pid, "start": start, "group": "main", "since": "today"}
    (folder / name).write_text(json.dumps(record))


async def test_a_recorded_process_is_ended_and_forgotten(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec("sleep", "60")
    _write(tmp_path, "one", child.pid, start_time(child.pid))
    records = Records(tmp_path)
    assert records.all()[0].alive()
    await records.end("one")
    assert await child.wait() == -9
    assert records.all() == ()


async def test_a_process_that_only_got_the_same_id_is_left_alone(tmp_path: Path) -> None:
    _write(tmp_path, "one", os.getpid(), start_time(os.getpid()) - 1)
    records = Records(tmp_path)
    assert not records.all()[0].alive()
    await records.end("one")
    assert not (tmp_path / "one").exists()


def test_killing_checks_the_start_time() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        ProcessMark(pid=child.pid, start=start_time(child.pid) + 1).kill()
        assert child.poll() is None
        ProcessMark(pid=child.pid, start=start_time(child.pid)).kill()
        assert child.wait(10) == -9


def test_an_ended_but_uncollected_process_is_not_alive() -> None:
    child = subprocess.Popen(["true"])
    try:
        mark = ProcessMark(pid=child.pid, start=start_time(child.pid))
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not mark.alive()
    finally:
        child.wait()


def test_where_nothing_can_be_written_down_nothing_is_started(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        records = Records(disk / "records")
        assert records.path("one") == disk / "records" / "one"
        filler = fill(disk, leave=0)
        with pytest.raises(SandboxError, match=r"Cannot write .*one: No space left"):
            records.path("one")
        with pytest.raises(OSError, match="No space left"):
            write_record(str(disk / "records" / "one"), {"pid": 1})
        assert list((disk / "records").iterdir()) == []
        filler.unlink()
        write_record(str(records.path("one")), {"pid": 1})
        assert [path.name for path in (disk / "records").iterdir()] == ["one"]


def test_a_damaged_record_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "half").write_text('{"pid": 1')
    assert Records(tmp_path).all() == ()
    assert Records(tmp_path / "missing").all() == ()
