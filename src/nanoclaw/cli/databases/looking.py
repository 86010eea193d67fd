"""Look into the databases. Works while the daemon runs."""

import argparse
from pathlib import Path
from typing import Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.render import one_line, table, visible
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.databases.names import NamedDatabase, databases
from nanoclaw.store.errors import DatabaseCorruptError
from nanoclaw.store.survey import find_damage, log_size, read_state
from nanoclaw.store.upkeep import Answer, ask, dump, list_tables, read_schema

_CHECK_SECONDS = 3_600.0


class NotWrittenError(NanoclawError):
    """A file could not be written."""


def check(arguments: argparse.Namespace, context: Context) -> Result:
    """Every page and every index. Exit status 1 when something is damaged."""
    shapes = []
    lines = []
    for which in chosen_databases(arguments, context):
        damage = _damage(which)
        shapes.append({"database": which.name, "ok": not damage, "problems": list(damage)})
        lines.append(f"{which.name}: {'sound' if not damage else 'DAMAGED'}")
        lines += [f"  {one_line(problem)}" for problem in damage]
    sound = all(shape["ok"] for shape in shapes)
    if not sound:
        lines.append(
            "What to do: stop the assistant, then restore a backup (`nanoclaw backup restore`), or save what can be"
            " read (`nanoclaw db recover`)."
        )
    return Result(document={"databases": shapes}, text="\n".join(lines), exit=Exit.OK if sound else Exit.ERROR)


def _damage(which: NamedDatabase) -> tuple[str, ...]:
    """What is wrong; also where so much is that the check itself cannot be made."""
    try:
        return find_damage(which.path, _CHECK_SECONDS, thorough=True) or ()
    except DatabaseCorruptError as error:
        return (str(error),)


def stats(arguments: argparse.Namespace, context: Context) -> Result:
    """Sizes and rows."""
    shapes, blocks = [], []
    for which in chosen_databases(arguments, context):
        state, tables = read_state(which.path), list_tables(which.path, sizes=True)
        shape = {
            "database": which.name,
            "path": str(which.path),
            "bytes": state.bytes,
            "log_bytes": state.log_bytes,
            "schema": state.schema,
            "journal": state.journal,
            "tables": [{"name": one.name, "rows": one.rows, "bytes": one.bytes} for one in tables],
        }
        shapes.append(shape)
        heaviest = sorted(tables, key=lambda one: one.bytes, reverse=True)
        rows = [(one.name, f"{one.rows:,}", _mib(one.bytes)) for one in heaviest]
        head = f"{which.name}: {_mib(state.bytes)} MiB, log {_mib(log_size(which.path))} MiB, schema {state.schema}"
        blocks.append(f"{head}\n{table(('TABLE', 'ROWS', 'MiB'), rows)}")
    return Result(document={"databases": shapes}, text="\n\n".join(blocks))


def tables(arguments: argparse.Namespace, context: Context) -> Result:
    """The names of tables."""
    found = [(which.name, one) for which in chosen_databases(arguments, context) for one in list_tables(which.path)]
    document = {"tables": [{"database": name, "name": one.name, "rows": one.rows} for name, one in found]}
    text = table(("DATABASE", "TABLE", "ROWS"), [(name, one.name, f"{one.rows:,}") for name, one in found])
    return Result(document=document, text=text)


def schema(arguments: argparse.Namespace, context: Context) -> Result:
    """The statements that make the tables."""
    found = {which.name: read_schema(which.path, arguments.table) for which in chosen_databases(arguments, context)}
    found = {name: text for name, text in found.items() if text}
    if not found:
        return Result(document={"schema": {}}, text="There is no such table.", exit=Exit.ERROR)
    text = "\n\n".join(f"-- {name}\n{visible(sql)}" for name, sql in found.items())
    return Result(document={"schema": found}, text=text)


def query(arguments: argparse.Namespace, context: Context, *, write: bool = False) -> Result:
    """What a statement returns."""
    (which,) = chosen_databases(arguments, context)
    statement = context.stdin.read() if arguments.statement == "-" else arguments.statement
    answer = ask(which.path, statement, limit=arguments.limit, seconds=arguments.seconds, write=write)
    document = {
        "columns": list(answer.columns),
        "rows": [[_plain(value) for value in row] for row in answer.rows],
        "cut": answer.cut,
        "changed": answer.changed,
    }
    return Result(document=document, text=_answer_text(answer, write=write), notes=_cut(answer, arguments.limit))


def write_dump(arguments: argparse.Namespace, context: Context) -> Result:
    """The database as SQL, to a file that is not there yet or to standard output."""
    (which,) = chosen_databases(arguments, context)
    if arguments.output is None:
        dump(which.path, context.stdout)
        return Result()
    path = Path(arguments.output)
    try:
        with path.open("x", encoding="utf-8") as out:
            try:
                dump(which.path, out)
                out.flush()
            except BaseException:
                # Half a dump is none.
                path.unlink()
                raise
    except OSError as error:
        raise NotWrittenError(
            f"Cannot write {path}: {error.strerror}", hint="Name a new file with --output."
        ) from error
    size = path.stat().st_size
    return Result(document={"path": str(path), "bytes": size}, text=f"Written: {path}, {size:,} bytes.")


def chosen_databases(arguments: argparse.Namespace, context: Context) -> tuple[NamedDatabase, ...]:
    """The one that was named, or both."""
    named = getattr(arguments, "database", None)
    return tuple(one for one in databases(context.home) if named in {None, one.name})


def _answer_text(answer: Answer, *, write: bool) -> str:
    if not answer.columns:
        return f"{answer.changed:,} rows changed." if write else "Done."
    rows = [tuple(_shown(value) for value in row) for row in answer.rows]
    return table(answer.columns, rows)


def _cut(answer: Answer, limit: int) -> tuple[str, ...]:
    return (f"Only the first {limit:,} rows; --limit shows more.",) if answer.cut else ()


def _shown(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bytes():
            return f"<{len(value):,} bytes>"
        case _:
            return str(value)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f}"
