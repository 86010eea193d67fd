"""Files that came with a message: what the child fetched, under an honest name, and a note for what is not there.

What a file is called and what it says it is, its sender chose. An image that is none would be shown to a model, whose
service refuses the whole conversation for it: so what is no image does not go by the name of one.
"""

import mimetypes
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.channels.file_names import shorten
from nanoclaw.channels.spool import FILE_LIMIT
from nanoclaw.channels.whatsapp.link import Media
from nanoclaw.model.chats import IncomingFile

_ANY = "application/octet-stream"
_HEAD = 16
_LONGEST_NAME = 200
_IMAGES = {
    b"\xff\xd8\xff": ("image/jpeg", (".jpg", ".jpeg", ".jfif")),
    b"\x89PNG\r\n\x1a\n": ("image/png", (".png",)),
    b"GIF8": ("image/gif", (".gif",)),
    b"RIFF": ("image/webp", (".webp",)),
}
_IMAGE_NAMES = tuple(ending for _, endings in _IMAGES.values() for ending in endings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The files of a message, and what to say of those that are not there."""

    files: tuple[IncomingFile, ...]
    notes: tuple[str, ...]


def take(media: tuple[Media, ...], folder: Path) -> Taken:
    """Look at what the child put into ``folder`` or below. Blocks for a moment for each."""
    files, notes = [], []
    for one in media:
        found = _file(one, folder)
        if isinstance(found, IncomingFile):
            files.append(found)
        else:
            notes.append(f"[{_called(one)} could not be had: {found}]")
    return Taken(files=tuple(files), notes=tuple(notes))


def discard(media: tuple[Media, ...], folder: Path) -> None:
    """They are kept elsewhere now, or not wanted."""
    for one in media:
        if one.path and _inside(Path(one.path), folder):
            Path(one.path).unlink(missing_ok=True)


def _file(one: Media, folder: Path) -> IncomingFile | str:
    """The file, or why there is none."""
    if one.problem or not one.path:
        return one.problem or "it was not fetched"
    path = Path(one.path)
    if not _inside(path, folder):
        return "it is not where it should be"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            head = os.read(descriptor, _HEAD) if stat.S_ISREG(found.st_mode) else b""
        finally:
            os.close(descriptor)
    except OSError as error:
        return (error.strerror or "it cannot be read").lower()
    if found.st_size > FILE_LIMIT:
        return f"it is larger than {FILE_LIMIT // 1024 // 1024} MB"
    name, media_type = _honest(_called(one), one.media_type.partition(";")[0].strip().lower() or _ANY, head)
    return IncomingFile(name=name, media_type=media_type, path=str(path), voice=one.voice)


def _inside(path: Path, folder: Path) -> bool:
    return path.is_absolute() and path.parent.resolve().is_relative_to(folder.resolve())


def _called(one: Media) -> str:
    """Its name, or one for what it is."""
    if one.name.strip():
        return shorten(one.name, _LONGEST_NAME)
    plain = one.media_type.partition(";")[0].strip().lower()
    word = "voice" if one.voice else {"image": "photo", "video": "video", "audio": "audio"}.get(plain.partition("/")[0])
    return f"{word or 'file'}{mimetypes.guess_extension(plain) or '.bin'}"


def _honest(name: str, media_type: str, head: bytes) -> tuple[str, str]:
    """Name and type; those of an image only for what begins like that very image."""
    real, endings = next((kind for magic, kind in _IMAGES.items() if head.startswith(magic)), ("", ()))
    if real == "image/webp" and head[8:12] != b"WEBP":
        real, endings = "", ()
    if not real:
        as_image = media_type in {kind for kind, _ in _IMAGES.values()} or name.lower().endswith(_IMAGE_NAMES)
        return (f"{name}.bin", _ANY) if as_image else (name, media_type)
    return (name if name.lower().endswith(endings) else f"{name}{endings[0]}"), real
