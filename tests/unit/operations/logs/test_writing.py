"""The log."""

import json
import logging
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.operations.logs.reading import rotated
from nanoclaw.operations.logs.writing import JsonFormatter, PrivateRotatingFile, start_logging
from nanoclaw.settings.schema import LogSettings
from tests.fakes.small_disk import fill, small_disk

SECRET = "my-own-secret-value"  # noqa: S105 - not one


def line(message: str = "ready", *arguments: object, **extra: object) -> dict[str, Any]:
    record = logging.LogRecord("nanoclaw.store.database", logging.INFO, "", 1, message, arguments, None)
    vars(record).update(extra)
    text = JsonFormatter([SECRET, "short"]).format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_is_one_json_object_with_its_fields() -> None:
    found = line("%d migrations", 3, group="family", count=2, path=Path("/x"))
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "info",
        "where": "store.database",
        "event": "3 migrations",
        "group": "family",
        "count": 2,
        "path": "/x",
    }


@pytest.mark.parametrize(
    "name", ["api_key", "ANTHROPIC_API_KEY", "oauth_token", "password", "Authorization", "cookie", "credential"]
)
def test_a_field_is_hidden_by_its_name(name: str) -> None:
    assert line(**{name: "anything"})[name] == "[hidden]"


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-api03-abcDEF_123-456",
        "Bearer abc.def-ghi_jkl",
        "authorization: bearer ABCDEFGHIJ",
        "http://user:S3cr3tpass@proxy:3128/",
        SECRET,
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(text: str) -> None:
    error = ValueError(f"failed with {text}")
    record = logging.LogRecord("x", logging.ERROR, "", 1, f"got {text}", (), (ValueError, error, None))
    vars(record)["detail"] = {"nested": [text]}
    found = JsonFormatter([SECRET]).format(record)
    for secret in (SECRET, "abcDEF_123", "abc.def", "ABCDEFGHIJ", "S3cr3tpass"):
        assert secret not in found
    assert "[hidden]" in found
    json.loads(found)


def test_ordinary_words_are_not_hidden() -> None:
    assert line("short story about a sky", note="risk-antique")["note"] == "risk-antique"
    assert "short" in line("short story")["event"]


def test_odd_values_make_a_line_all_the_same(tmp_path: Path) -> None:
    handler = PrivateRotatingFile(tmp_path / "x.log", LogSettings())
    handler.setFormatter(JsonFormatter())
    for value in ("a\nb\x00\x1b[2J\u2028", "\ud83d", object(), {1: 2}, b"\xff"):
        handler.emit(logging.makeLogRecord({"name": "x", "msg": "odd", "value": value}))
    handler.close()
    lines = (tmp_path / "x.log").read_text(encoding="utf-8").split("\n")
    assert len(lines) == 6
    assert all(json.loads(one)["event"] == "odd" for one in lines[:-1])


@pytest.fixture
def quiet() -> Iterator[None]:
    """Leaves logging as it was."""
    root = logging.getLogger()
    names = ("aiohttp", "asyncio", "claude_agent_sdk", "mcp", "httpx")
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    logging.raiseExceptions = raises


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("files", [1, 2, 3])
def test_the_log_stays_private_and_within_its_size_whatever_is_logged(tmp_path: Path, files: int) -> None:
    path = tmp_path / "nanoclaw.log"
    start_logging(path, LogSettings(file_mib=1, files=files))
    for number in range(60):
        logging.getLogger("nanoclaw.test").info("line", extra={"number": number, "filler": "x" * 100_000})
    found = sorted(entry.name for entry in tmp_path.iterdir())
    assert found == sorted(["nanoclaw.log", *(f"nanoclaw.log.{number}" for number in range(1, files))])
    for entry in tmp_path.iterdir():
        assert stat.S_IMODE(entry.stat().st_mode) == 0o600
        assert entry.stat().st_size <= 1024 * 1024
    assert '"number": 59' in path.read_text()


@pytest.mark.usefixtures("quiet")
def test_less_than_the_least_level_and_chatter_of_libraries_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "nanoclaw.log"
    start_logging(path, LogSettings(level="warning"), [SECRET])
    logging.getLogger("nanoclaw.test").info("too little")
    logging.getLogger("aiohttp.access").error("GET /secret")
    logging.getLogger("nanoclaw.test").warning("enough, %s", SECRET)
    (only,) = path.read_text().splitlines()
    assert json.loads(only)["event"] == "enough, [hidden]"


def record_at(days: float) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "x", "msg": "line", "created": 1_795_341_600 + days * 86_400})


def test_a_file_that_was_removed_or_moved_away_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "nanoclaw.log"
    handler = PrivateRotatingFile(path, LogSettings())
    handler.setFormatter(JsonFormatter())
    for number in range(3):
        handler.emit(logging.makeLogRecord({"name": "x", "msg": f"line {number}"}))
        if number == 0:
            path.unlink()
        elif number == 1:
            path.rename(tmp_path / "kept")
    handler.close()
    assert "line 1" in (tmp_path / "kept").read_text()
    assert [json.loads(text)["event"] for text in path.read_text().splitlines()] == ["line 2"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_whose_folder_was_gone_goes_on_when_there_is_one_again(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "nanoclaw.log"
    path.parent.mkdir()
    handler = PrivateRotatingFile(path, LogSettings())
    handler.setFormatter(JsonFormatter())
    for number in range(3):
        if number == 1:
            shutil.rmtree(path.parent)
        elif number == 2:
            path.parent.mkdir()
        handler.emit(logging.makeLogRecord({"name": "x", "msg": f"line {number}"}))
    handler.close()
    assert [json.loads(text)["event"] for text in path.read_text().splitlines()] == ["line 2"]


def test_a_file_is_rotated_when_its_first_line_is_old_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    for days in (0, 6, 8, 9):
        handler = PrivateRotatingFile(path, LogSettings(file_days=7))
        handler.setFormatter(JsonFormatter())
        handler.emit(record_at(days))
        handler.close()
    assert len(path.read_text().splitlines()) == 2
    assert len((tmp_path / "x.log.1").read_text().splitlines()) == 2


def test_rotated_files_that_are_too_old_go(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    handler = PrivateRotatingFile(path, LogSettings(file_days=7, keep_days=30, files=10))
    handler.setFormatter(JsonFormatter())
    for number in range(4):
        handler.emit(record_at(number * 8))
        for part in tmp_path.iterdir():
            day = 8 * (number - int(part.suffix.removeprefix(".") if part.suffix != ".log" else 0))
            os.utime(part, (0, 1_795_341_600 + day * 86_400))
    os.utime(path, (0, 1_795_341_600 + 40 * 86_400))
    handler.emit(record_at(40))
    handler.close()
    # The one of day 0 and the one of day 8 are more than 30 days older than the newest.
    assert sorted(part.name for part in tmp_path.iterdir()) == ["x.log", "x.log.1", "x.log.2"]


@pytest.mark.usefixtures("quiet")
def test_a_full_disk_stops_nobody_and_leaves_no_half_line(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 2) as place:
        path = place / "nanoclaw.log"
        start_logging(path, LogSettings(file_mib=1, files=3))
        filler = fill(place, leave=100_000)
        for number in range(300):
            logging.getLogger("nanoclaw.test").info("full", extra={"number": number, "filler": "x" * 1500})
        filler.unlink()
        for number in range(800):
            logging.getLogger("nanoclaw.test").info("room", extra={"number": number, "filler": "x" * 1500})
        found = [json.loads(line) for one in rotated(path) for line in one.read_text().splitlines()]
    full = [one["number"] for one in found if one["event"] == "full"]
    assert full == list(range(len(full)))
    assert 10 < len(full) < 100
    assert sorted(one["number"] for one in found if one["event"] == "room") == list(range(800))
