import json
import threading
import time
from pathlib import Path

from nanoclaw.operations.service.output import Line, followed, last, recent

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def log_line(at: str, event: str, **more: object) -> str:
    return json.dumps({"time": at, "level": "info", "where": "daemon.main", "event": event, **more}) + "\n"


def journal(folder: Path, *records: str, rest: str = "") -> tuple[str, ...]:
    """A command that says what journalctl would."""
    script = folder / "journal"
    script.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(records) + f"\nEND\n{rest}\n")
    script.chmod(0o755)
    return (str(script),)


def entry(seconds: int, message: object) -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": str((1_795_341_600 + seconds) * 1_000_000), "MESSAGE": message})


def test_the_log_and_the_managers_lines_come_in_the_order_of_time(tmp_path: Path) -> None:
    log = tmp_path / "nanoclaw.log"
    log.write_text(
        log_line("2026-11-22T10:00:01.000Z", "ready", version="1") + log_line("2026-11-22T10:00:03.000Z", "stopped")
    )
    command = journal(tmp_path, entry(0, "Started"), entry(2, [104, 105, 255]), entry(4, "Stopped"))
    found = recent(log, None, command, ENVIRONMENT)
    assert [(line.source, line.text) for line in found] == [
        ("manager", "Started"),
        ("log", "daemon.main: ready version=1"),
        ("manager", "hi\ufffd"),
        ("log", "daemon.main: stopped"),
        ("manager", "Stopped"),
    ]
    assert last(found, 2) == found[-2:]


def test_without_a_journal_the_files_are_enough(tmp_path: Path) -> None:
    log, printed = tmp_path / "nanoclaw.log", tmp_path / "service.out"
    log.write_text(log_line("2026-11-22T10:00:01.000Z", "ready") + "cut off {")
    printed.write_bytes(b"Traceback\n\xff\n")
    found = recent(log, printed, ("/no/such/journalctl",), ENVIRONMENT)
    assert [line.text for line in found] == ["cut off {", "Traceback", "\ufffd", "daemon.main: ready"]
    assert recent(tmp_path / "none", None, (), ENVIRONMENT) == []


def test_a_journal_that_talks_nonsense_is_passed_over(tmp_path: Path) -> None:
    command = journal(
        tmp_path, "-- No entries --", "[]", '{"MESSAGE": null}', '{"__REALTIME_TIMESTAMP": "99999999999999999999"}'
    )
    found = recent(tmp_path / "none", None, command, ENVIRONMENT)
    assert all(isinstance(line, Line) for line in found)
    assert len(found) == 2


def test_what_is_added_is_followed_through_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "nanoclaw.log"
    log.write_text(log_line("2026-11-22T10:00:01.000Z", "before"))
    command = journal(tmp_path, entry(5, "from the journal"), rest="exec sleep 60")

    def add() -> None:
        time.sleep(0.2)
        with log.open("a") as file:
            file.write(log_line("2026-11-22T10:00:02.000Z", "added")[:20])
            file.flush()
            time.sleep(0.4)
            file.write(log_line("2026-11-22T10:00:02.000Z", "added")[20:])
        time.sleep(0.5)
        log.rename(tmp_path / "nanoclaw.log.1")
        log.write_text(log_line("2026-11-22T10:00:03.000Z", "rotated"))

    adding = threading.Thread(target=add)
    with followed(log, None, command, ENVIRONMENT) as lines:
        adding.start()
        seen = {next(lines).text for _ in range(3)}
    adding.join()
    assert seen == {"from the journal", "daemon.main: added", "daemon.main: rotated"}


def test_what_the_journal_left_running_closes_the_pipe_when_it_ends(tmp_path: Path) -> None:
    # Unclosed, it would be told of where something else runs by then.
    command = journal(tmp_path, entry(5, "from the journal"), rest="sleep 1")
    with followed(tmp_path / "none", None, command, ENVIRONMENT) as lines:
        assert next(lines).text == "from the journal"
        [reading] = [thread for thread in threading.enumerate() if thread.name == "journal"]
    reading.join(20)
    assert not reading.is_alive()
