"""What a turn puts before the model beside its text: the pictures that came with its messages."""

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nanoclaw.model.chats import Attachment
from nanoclaw.workspaces.files import WorkspaceFileError, read_file

IMAGE_LIMIT = 5 * 1024 * 1024
"""Bytes of one picture; the model's service takes no larger one."""
IMAGES_AT_MOST = 10
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def write_content(prompt: str, attachments: Iterable[Attachment], root: Path) -> str | list[dict[str, Any]]:
    """The content of a user message: the text alone, or with the newest pictures after it. Blocks.

    A picture that is too large, or is none, is left out: the text names every file, and the agent can look itself.
    """
    blocks = [block for one in attachments if one.media_type.startswith("image/") and (block := _image(one, root))]
    return [{"type": "text", "text": prompt}, *blocks[-IMAGES_AT_MOST:]] if blocks else prompt


def _image(attachment: Attachment, root: Path) -> dict[str, Any] | None:
    try:
        data = read_file(root, attachment.path, IMAGE_LIMIT)
    except (WorkspaceFileError, OSError):
        return None
    media_type = _media_type(data)
    if media_type is None:
        return None
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode("ascii")}
    return {"type": "image", "source": source}


def _media_type(data: bytes) -> str | None:
    """What the picture is by its own first bytes, whatever its sender called it."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
