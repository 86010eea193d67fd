"""Conversations kept as Markdown before they are shortened: ``conversations/DATE-slug.md`` in the group's folder."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from nanoclaw.workspaces.files import read_file, write_in

FOLDER = "conversations"
_SLUG_LENGTH = 40
_TAGS = re.compile(r"<[^>]{0,300}>")
_LARGEST = 64 * 1024 * 1024


def archive_transcript(transcripts: Path, name: str, folder: Path, at: datetime, owner: tuple[int, int] | None) -> str:
    """Write a transcript of ``claude`` into a group's folder; the path below it. Blocks.

    Args:
        transcripts: the folder that the agent keeps them in, which it can write.
        name: the transcript's path below it.
        folder: the group's folder.
        at: when, in local time.
        owner: whom the file is given to.

    Raises:
        WorkspaceFileError: it cannot be read or written.
    """
    lines = tuple(read_transcript(read_file(transcripts, name, _LARGEST).decode("utf-8", "replace").splitlines()))
    place = f"{FOLDER}/{at:%Y-%m-%d-%H%M%S}-{_slug(lines)}.md"
    body = "\n\n".join(f"## {who}\n\n{text}" for who, text in lines)
    write_in(folder, place, f"# Conversation until {at:%Y-%m-%d %H:%M}\n\n{body}\n".encode(), owner)
    return place


def read_transcript(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Who said what, of the lines that are a message with text; others are left out."""
    for line in lines:
        try:
            record: Any = json.loads(line)
        except (ValueError, RecursionError):
            continue
        match record:
            case {"type": "user" | "assistant" as who, "message": {"content": content}}:
                text = _text(content)
                if text and not record.get("isMeta"):
                    yield ("People" if who == "user" else "Assistant"), text
            case _:
                pass


def _text(content: object) -> str:
    if isinstance(content, str):
        return content.strip()
    if not isinstance(content, list):
        return ""
    parts = [part.get("text", "") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    return "\n".join(part for part in parts if isinstance(part, str)).strip()


def _slug(lines: tuple[tuple[str, str], ...]) -> str:
    first = next((text for who, text in lines if who == "People"), "")
    words = re.findall(r"\w+", _TAGS.sub(" ", first).lower())
    return "-".join(words)[:_SLUG_LENGTH].strip("-") or "conversation"
