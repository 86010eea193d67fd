"""Files that came with messages, kept where the agent finds them: ``inbox/`` in the group's folder."""

from datetime import date
from pathlib import Path

from nanoclaw.model.chats import Attachment, IncomingFile
from nanoclaw.workspaces.files import copy_in, remove_in
from nanoclaw.workspaces.names import safe_name

FOLDER = "inbox"
_TRIES = 1000


def keep(
    root: Path, files: tuple[IncomingFile, ...], day: date, owner: tuple[int, int] | None = None
) -> tuple[Attachment, ...]:
    """Copy files into a group's folder under safe names that are not taken; what the agent is told of them. Blocks.

    After a crash a file may be kept a second time, under another name; none is ever replaced.

    Raises:
        WorkspaceFileError: the group's agent put something in the way.
        OSError: the disk is full, or the channel's copy is gone.
    """
    kept: list[Attachment] = []
    try:
        for file in files:
            kept.append(_keep(root, file, day, owner))  # noqa: PERF401 - what was kept before one that fails goes again
    except BaseException:
        discard(root, tuple(attachment.path for attachment in kept))
        raise
    return tuple(kept)


def discard(root: Path, paths: tuple[str, ...]) -> None:
    """Remove files that :func:`keep` kept. One that is gone, or that the agent put something in the way of, is left.

    Blocks. Nothing outside the inbox is touched, whatever the path says.
    """
    for path in paths:
        if path.startswith(f"{FOLDER}/"):
            remove_in(root, path)


def _keep(root: Path, file: IncomingFile, day: date, owner: tuple[int, int] | None) -> Attachment:
    name = safe_name(file.name)
    for number in range(1, _TRIES):
        place = f"{FOLDER}/{day.isoformat()}-{f'{number}-' if number > 1 else ''}{name}"
        try:
            copy_in(Path(file.path), root, place, owner)
        except FileExistsError:
            continue
        return Attachment(name=name, media_type=file.media_type, path=place)
    raise FileExistsError(f"{_TRIES} files of this name came on one day")
