"""What people are told when something fails, and where the details of a defect go."""

import errno
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from nanoclaw.cli.context import Context
from nanoclaw.cli.render import Paint, visible
from nanoclaw.model.errors import NanoclawError


def complain(context: Context, error: NanoclawError) -> None:
    """Say what failed and what to do about it."""
    paint = Paint(context.stderr, context.environment)
    for word, text in ((paint.red("error:"), str(error)), (paint.dim("hint:"), error.hint)):
        if text:
            context.say(f"{word} {visible(text)}")


def no_room(error: Exception) -> NanoclawError | None:
    """A full disk in words, wherever it was met; None when this is something else."""
    if not isinstance(error, OSError) or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return None
    where = f" {error.filename}" if error.filename else ""
    return NanoclawError(
        f"Cannot write{where}: {error.strerror}", hint="Free space on that disk: `nanoclaw clean` may find some."
    )


def record_crash(context: Context, error: BaseException) -> str:
    """Write a defect's traceback to a file that only its owner can read, and say where it is."""
    now = datetime.fromtimestamp(context.clock.now() / 1000, UTC)
    path = context.home.log.parent / f"crash-{now:%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    try:
        _write_privately(path, "".join(traceback.format_exception(error)))
    except OSError as failure:
        return f"the details could not be written to {path}: {failure.strerror}"
    return f"the details are in {path}"


def _write_privately(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
