from pathlib import Path

import pytest

from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.operations.backup.snapshot import Kind, SnapshotName
from nanoclaw.operations.backup.state import DRILL, VERIFY, Outcome, write_outcome
from nanoclaw.operations.doctor.checks import backup_fresh
from nanoclaw.operations.doctor.checks.backup_copies import BACKUP_COPIES, judge
from nanoclaw.operations.doctor.checks.backup_fresh import BACKUP_FRESH
from nanoclaw.operations.doctor.checks.backup_verified import BACKUP_VERIFIED
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.settings.home import Home
from tests.unit.operations.doctor.conftest import Make, is_ok, look, only

OK, WARNING, ERROR, SKIPPED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.SKIPPED
HOUR, DAY = 3_600_000, 86_400_000
NOW = Milliseconds(1_795_341_600_000)


def _made(hours: float, kind: Kind = Kind.HOURLY) -> SnapshotName:
    return SnapshotName(at=Milliseconds(int(NOW - hours * HOUR)), kind=kind, tag="aaaaaa")


@pytest.mark.parametrize(
    ("names", "enabled", "running", "severity"),
    [
        ([_made(0.5)], True, True, OK),
        ([_made(5), _made(0.5, Kind.MANUAL)], True, True, OK),
        ([], True, True, WARNING),
        ([_made(0.5, Kind.CHANGE)], True, True, WARNING),
        ([_made(5)], True, True, WARNING),
        ([_made(5)], True, False, OK),
        ([_made(30)], True, False, ERROR),
        ([_made(-48)], True, True, WARNING),
        ([_made(0.5)], False, True, WARNING),
    ],
)
def test_how_old_the_newest_whole_backup_may_be(
    names: list[SnapshotName],
    enabled: bool,  # noqa: FBT001 - a column of the table
    running: bool,  # noqa: FBT001
    severity: Severity,
) -> None:
    assert backup_fresh.judge(names, NOW, enabled=enabled, running=running)[0].severity is severity


def test_backups_are_found_by_their_names_alone(ground: Make, home: Home) -> None:
    assert only(BACKUP_FRESH, ground()).severity is WARNING
    now = SystemClock().now()
    name = SnapshotName(at=now, kind=Kind.HOURLY, tag="abcdef")
    (home.backups / "snapshots").mkdir()
    (home.backups / "snapshots" / str(name)).write_bytes(b"")
    assert is_ok(BACKUP_FRESH, ground())
    assert only(BACKUP_FRESH, ground(config="[backup]\nenabled = false\n")).severity is WARNING


def test_what_was_never_tried_is_a_warning_and_what_failed_an_error(ground: Make, home: Home) -> None:
    assert [one.severity for one in look(BACKUP_VERIFIED, ground())] == [WARNING, WARNING]
    now = SystemClock().now()
    write_outcome(home, VERIFY, Outcome(at=now, ok=True, text="3 snapshots"))
    write_outcome(home, DRILL, Outcome(at=now, ok=True, text="rows as counted"))
    assert is_ok(BACKUP_VERIFIED, ground())
    write_outcome(home, VERIFY, Outcome(at=now, ok=False, text="chunk 12 is damaged"))
    worst = look(BACKUP_VERIFIED, ground())[0]
    assert (worst.severity, "chunk 12 is damaged" in worst.what.en) == (ERROR, True)
    write_outcome(home, VERIFY, Outcome(at=Milliseconds(now - 20 * DAY), ok=True, text=""))
    assert "20 days ago" in look(BACKUP_VERIFIED, ground())[0].what.en


def test_copies_are_on_another_disk_and_there(ground: Make, home: Home, tmp_path: Path) -> None:
    assert only(BACKUP_COPIES, ground()).severity is WARNING
    assert only(BACKUP_COPIES, ground(config='[backup]\ncopies = ["/mnt/not-mounted"]\n')).severity is ERROR
    (tmp_path / "beside").mkdir()
    assert only(BACKUP_COPIES, ground(config=f'[backup]\ncopies = ["{tmp_path}/beside"]\n')).severity is WARNING
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system at /dev/shm")
    assert judge([str(shared_memory)], home.root)[0].severity is OK
