"""The two databases of a home."""

from pathlib import Path

from nanoclaw.operations.doctor.contract import NotKnownError, Words
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS


def existing(ground: Ground) -> tuple[tuple[Path, str], ...]:
    """Each that is there, with the folder of its migrations. Raises NotKnownError when none is."""
    home = ground.existing_home()
    both = ((home.database, "migrations"), (home.task_database, TASK_MIGRATIONS))
    found = tuple((path, of) for path, of in both if path.exists())
    if not found:
        raise NotKnownError(Words("there is no database yet", "数据库尚未创建"))
    return found
