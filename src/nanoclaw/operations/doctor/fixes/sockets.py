"""Remove sockets that nobody listens on any more."""

import asyncio
from pathlib import Path

from nanoclaw.operations.doctor.contract import Fix, Words
from nanoclaw.operations.doctor.listening import is_stale


def remove_sockets(sockets: tuple[Path, ...]) -> Fix:
    """Remove them, after asking each once more: one that answers by now belongs to somebody."""
    return Fix(
        description=Words("remove the sockets that nobody listens on", "删除无人监听的套接字"),
        apply=lambda: asyncio.to_thread(_remove, sockets),
    )


def _remove(sockets: tuple[Path, ...]) -> tuple[Words, ...]:
    done = []
    for path in sockets:
        if is_stale(path):
            path.unlink(missing_ok=True)
            done.append(Words(f"removed {path}", f"已删除 {path}"))
    return tuple(done)
