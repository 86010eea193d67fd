"""Unit files on the disk."""

import shutil
from pathlib import Path

import pytest

from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.service.breaker import StartBreaker
from nanoclaw.operations.service.errors import ServiceError
from nanoclaw.operations.service.files import write
from nanoclaw.settings.home import Home
from tests.fakes.small_disk import fill, small_disk


def test_on_a_full_disk_the_old_unit_stays(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        unit = place / "units" / "nanoclaw.service"
        write(unit, "[Unit]\n", 0o644)
        fill(place, leave=0)
        free = shutil.disk_usage(place).free
        with pytest.raises(ServiceError, match="No space left"):
            write(unit, "[Unit]\n" * 1000, 0o644)
        assert unit.read_text() == "[Unit]\n"
        assert [path.name for path in unit.parent.iterdir()] == ["nanoclaw.service"]
        assert shutil.disk_usage(place).free == free


def test_starts_that_a_full_disk_does_not_let_count_stop_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        home = Home(place)
        home.create()
        breaker = StartBreaker(home, SystemClock())
        breaker.begin()
        filler = fill(place, leave=0)
        assert breaker.approach().failures == 1
        breaker.end()
        assert breaker.look().open, "what was known before"
        assert set(caplog.messages) == {"cannot note this start"}
        filler.unlink()
        breaker.end()
        assert not breaker.look().open
