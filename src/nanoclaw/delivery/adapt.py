"""A reply as its channel can carry it: what a network cannot do becomes words, or is left out."""

import os
import stat
from dataclasses import replace

from nanoclaw.channels.contract import Capabilities, PermanentSendError
from nanoclaw.delivery.splitting import cut_text
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.turns import OutgoingFile, Reply, ReplyKind

_CORRECTED = "(corrected) "
_UNITS = ("bytes", "kB", "MB", "GB")
_STEP = 1000


def adapt(reply: Reply, capabilities: Capabilities, now: Milliseconds) -> Reply | None:
    """The reply to hand to a channel of these capabilities now; None when there is nothing to send.

    Blocks for a look at the file system.

    Raises:
        PermanentSendError: the file is gone, or larger than the channel carries.
    """
    match reply.kind:
        case ReplyKind.TEXT:
            return _as_shown(reply, capabilities)
        case ReplyKind.FILE:
            return _with_file(reply, capabilities)
        case ReplyKind.REACTION:
            return reply if capabilities.reactions and reply.target else None
        case ReplyKind.EDIT:
            if capabilities.edits and reply.target and _age(reply, now) <= capabilities.edit_seconds:
                return reply
            return _as_text(reply, _CORRECTED + reply.text, capabilities)


def plain_words(text: str, kind: ReplyKind, file: OutgoingFile | None = None) -> str:
    """What a reply says, whatever its kind, for one who reads nothing but text on this machine."""
    match kind:
        case ReplyKind.TEXT | ReplyKind.REACTION:
            return text
        case ReplyKind.FILE:
            return f"{text}\n{file_words(file)}".strip() if file else text
        case ReplyKind.EDIT:
            return _CORRECTED + text


def file_words(file: OutgoingFile) -> str:
    """A file's name, its size, and where it lies."""
    return f"[File {_flat(file.name)}, {show_size(file.size)}: {file.path}]"


def show_size(size: int) -> str:
    """Bytes as people say them: ``12 kB``, ``3.4 MB``."""
    value, unit = float(size), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 10 else f"{value:.0f} {_UNITS[unit]}"


def _age(reply: Reply, now: Milliseconds) -> float:
    """Seconds since the message was sent that the reply is about."""
    return 0 if reply.target_at is None else (now - reply.target_at) / 1000


def _as_shown(reply: Reply, capabilities: Capabilities) -> Reply:
    """A text without the buttons or the quote that the network has not."""
    choices = reply.choices if capabilities.choices else ()
    quote = reply.quote if capabilities.quotes else None
    return reply if (choices, quote) == (reply.choices, reply.quote) else replace(reply, choices=choices, quote=quote)


def _with_file(reply: Reply, capabilities: Capabilities) -> Reply:
    file = reply.file
    if file is None:
        raise PermanentSendError("A file was to be sent, and none is named")
    if not capabilities.files:
        note = f"[File {_flat(file.name)}, {show_size(file.size)}: this chat cannot carry files]"
        return _as_text(reply, f"{reply.text}\n\n{note}".strip(), capabilities)
    size = _size(file)
    if size > capabilities.file_limit:
        raise PermanentSendError(
            f"The file {file.name} of {show_size(size)} is larger than the {show_size(capabilities.file_limit)}"
            " that this channel carries",
            hint="Ask for it in parts or packed, or fetch it from the group's folder.",
        )
    return reply


def _flat(name: str) -> str:
    return " ".join(name.split())


def _size(file: OutgoingFile) -> int:
    try:
        found = os.lstat(file.path)
    except OSError as error:
        raise PermanentSendError(
            f"The file {file.name} is gone: {error.strerror}", hint="Ask for it once more."
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise PermanentSendError(f"{file.name} is no plain file", hint="Ask for it once more.")
    return found.st_size


def _as_text(reply: Reply, text: str, capabilities: Capabilities) -> Reply:
    """Cut rather than split: a reply is one message, and is sent again as one."""
    whole = cut_text(text, capabilities.text_limit, capabilities.measure)
    return replace(reply, kind=ReplyKind.TEXT, text=whole, target="", file=None, choices=())
