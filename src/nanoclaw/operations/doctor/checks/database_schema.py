"""The databases have the schema of this program."""

import asyncio
from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.databases import existing
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.store.survey import DatabaseState, read_state


def judge(name: str, state: DatabaseState) -> Finding:
    """Older ones are upgraded at the next start; newer ones are refused there."""
    here = f"{name} {state.schema}"
    if state.schema > state.newest_schema:
        return error(
            Words(
                f"{here}; this program knows up to {state.newest_schema}",
                f"{here}，高于本程序支持的 {state.newest_schema}",
            ),
            Words(
                "Use the newer program, or go back with `nanoclaw upgrade --rollback`.",
                "请使用更新版本的程序，或运行 `nanoclaw upgrade --rollback` 恢复升级前的数据库。",
            ),
        )
    if state.schema < state.newest_schema:
        return fine(
            Words(
                f"{here}, brought to {state.newest_schema} at the next start",
                f"{here}，下次启动时升级到 {state.newest_schema}",
            )
        )
    return fine(Words(f"{here}, current", f"{here}，为当前版本"))


async def _look(ground: Ground) -> Sequence[Finding]:
    places = existing(ground)
    states = await asyncio.gather(*(asyncio.to_thread(read_state, path, of) for path, of in places))
    return [judge(path.name, state) for (path, _), state in zip(places, states, strict=True)]


DATABASE_SCHEMA = Check(
    id="database-schema",
    section=Section.STORAGE,
    title=Words("Database schema", "数据库结构版本"),
    why=Words("The assistant does not start on a newer one.", "数据库版本高于程序时，助手无法启动。"),
    look=_look,
)
