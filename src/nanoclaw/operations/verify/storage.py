"""The databases are whole, and their write-ahead logs are what readers see."""

from pathlib import Path

from nanoclaw.operations.doctor.checks.database_integrity import DATABASE_INTEGRITY
from nanoclaw.operations.doctor.checks.database_log import DATABASE_LOG, MOST
from nanoclaw.operations.verify.contract import Field, StepFailedError
from nanoclaw.store.errors import StoreError
from nanoclaw.store.survey import find_damage, read_roll, read_state

_SECONDS = 20.0
_TODO = "Keep the files; `nanoclaw db check`, then `nanoclaw backup restore` or `nanoclaw db recover`."


def look_at_databases(field: Field) -> list[str]:
    """Both, from outside, while the daemon has them open."""
    home = field.order.home
    facts = []
    for path, of in ((home.database, "migrations"), (home.task_database, "task_migrations")):
        try:
            facts.append(_look(path, of))
        except StoreError as error:
            raise StepFailedError(str(error), hint=error.hint or _TODO, check=DATABASE_INTEGRITY.id) from error
    _readers_see_the_newest(field)
    return [*facts, "another reader sees what the assistant wrote a moment ago"]


def _look(path: Path, of: str) -> str:
    damage = find_damage(path, _SECONDS, thorough=True)
    if damage:
        raise StepFailedError(f"{path.name} is damaged: {damage[0]}", hint=_TODO, check=DATABASE_INTEGRITY.id)
    state = read_state(path, of)
    if state.journal != "wal" or state.log_bytes > MOST:
        what = f"{path.name}: journal {state.journal}, {state.log_bytes / 2**20:.1f} MiB of write-ahead log"
        raise StepFailedError(
            what, hint="`nanoclaw doctor --section storage --fix` folds it in.", check=DATABASE_LOG.id
        )
    whole = "whole" if damage is not None else f"not checked to the end in {_SECONDS:.0f} s: `nanoclaw db check` does"
    return (
        f"{path.name}: {whole}, {state.bytes / 2**20:.1f} MiB and {state.log_bytes / 2**10:.0f} KiB of write-ahead log"
    )


def _readers_see_the_newest(field: Field) -> None:
    known = {group.folder for group in read_roll(field.order.home.database).groups}
    if not {field.first.folder, field.second.folder} <= known:
        raise StepFailedError(
            "Another reader of the database does not see what the assistant wrote",
            hint="The -wal and -shm files must lie beside the database, on a local disk.",
            check=DATABASE_LOG.id,
        )
