"""Rotated logs, read in order."""

import json
import threading
import time
from pathlib import Path

from nanoclaw.operations.logs.reading import added_lines, rotated, stored_lines


def write(path: Path, *numbers: int) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps({"n": number}) + "\n" for number in numbers)


def test_lines_come_from_the_oldest_file_on_and_what_is_no_line_is_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    for name, number in (("x.log.10", 1), ("x.log.2", 2), ("x.log.1", 3), ("x.log", 4)):
        write(tmp_path / name, number)
    (tmp_path / "x.log.old").write_text('{"n": 99}\n')
    with log.open("ab") as file:
        file.write(b'not json\n\xff\xfe\n[1]\n"text"\n' + b"[" * 100_000 + b"\n" + b'{"n": 5}')
    assert [line["n"] for line in stored_lines(log)] == [1, 2, 3, 4, 5]
    assert [part.name for part in rotated(log)] == ["x.log.10", "x.log.2", "x.log.1", "x.log"]


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert list(stored_lines(tmp_path / "none.log")) == []


def test_following_goes_on_over_a_rotation_and_half_a_line(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    write(log, 0)
    lines = added_lines(log)
    found: list[int] = []
    reader = threading.Thread(target=lambda: found.extend(next(lines)["n"] for _ in range(4)))
    reader.start()
    time.sleep(0.2)  # the reader begins at the end of what is there
    write(log, 1)
    with log.open("a") as file:
        file.write('{"n":')
        file.flush()
        time.sleep(0.7)
        file.write(" 2}\n")
    log.rename(tmp_path / "x.log.1")
    write(tmp_path / "x.log.1", 3)
    write(log, 4)
    reader.join(20)
    assert found == [1, 2, 3, 4]
