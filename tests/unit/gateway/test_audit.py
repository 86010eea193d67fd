import json
import logging
import stat
from pathlib import Path

import pytest

from nanoclaw.gateway.audit import AuditLog
from nanoclaw.gateway.contract import Decision, ModelCallMetered, ModelRequestSent, Verdict
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import parse_folder
from tests.fakes.small_disk import fill, small_disk

GROUP = parse_folder("family")


def decision(target: str = "example.org:443") -> Decision:
    return Decision(at=Milliseconds(0), group=GROUP, verdict=Verdict.DENIED, target=target, reason="closed")


def test_decisions_and_calls_are_lines_of_json_that_only_the_owner_can_read(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    log = AuditLog(path)
    log(decision("evil\n{}:443"))
    log(ModelRequestSent(group=GROUP, at=Milliseconds(5)))
    log(
        ModelCallMetered(
            group=GROUP,
            model="m",
            status=200,
            started_at=Milliseconds(1_000),
            finished_at=Milliseconds(3_500),
            output_tokens=7,
        )
    )
    log.close()
    first, second = map(json.loads, path.read_text().splitlines())
    assert first == {
        "at": "1970-01-01T00:00:00.000+00:00",
        "event": "decision",
        "group": "family",
        "verdict": "denied",
        "target": "evil\n{}:443",
        "reason": "closed",
    }
    assert (second["event"], second["milliseconds"], second["output_tokens"]) == ("model_call", 2_500, 7)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_was_removed_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    log = AuditLog(path)
    log(decision("before:443"))
    path.unlink()
    log(decision("after:443"))
    log.close()
    assert [json.loads(line)["target"] for line in path.read_text().splitlines()] == ["after:443"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_log_is_bounded_by_rotation(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "gateway.log", max_bytes=1_000, files=2)
    for number in range(100):
        log(decision(f"host{number:03}:443"))
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["gateway.log", "gateway.log.1", "gateway.log.2"]
    assert all(file.stat().st_size <= 1_000 and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert "host099" in files[0].read_text()
    assert "host099" not in files[1].read_text()


def test_a_restart_goes_on_with_the_same_file(tmp_path: Path) -> None:
    for _ in range(2):
        log = AuditLog(tmp_path / "gateway.log")
        log(decision())
        log.close()
    assert len((tmp_path / "gateway.log").read_text().splitlines()) == 2


def test_a_log_that_cannot_be_written_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = AuditLog(tmp_path / "logs" / "gateway.log")
    with caplog.at_level(logging.ERROR):
        log(decision())
        log(decision())
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    (tmp_path / "logs").mkdir()
    log(decision())
    log.close()
    assert len((tmp_path / "logs" / "gateway.log").read_text().splitlines()) == 1


def test_on_a_full_disk_lines_are_lost_whole_and_told_of_once_and_it_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Whoever fills the disk, an agent for one, must not be able to stop the gateway.
    with small_disk(tmp_path / "small", 1) as place:
        log = AuditLog(place / "gateway.log")
        log(decision("before"))
        filler = fill(place, leave=0)
        for number in range(200):
            log(decision(f"{number} {'x' * 250}"))
        filler.unlink()
        log(decision("after"))
        log.close()
        targets = [json.loads(line)["target"] for line in (place / "gateway.log").read_text().splitlines()]
    assert (targets[0], targets[-1]) == ("before", "after")
    assert 2 < len(targets) < 50
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("")
    (tmp_path / "gateway.log").symlink_to(target)
    log = AuditLog(tmp_path / "gateway.log")
    log(decision())
    log.close()
    assert target.read_text() == ""
