"""What an intake turns to, in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from nanoclaw.intake.admit import Desks
from nanoclaw.model.chats import Attachment, InboundMessage, IncomingFile
from nanoclaw.model.groups import Group
from nanoclaw.store.inbox import Stored


@dataclass
class Notes:
    """What came to each desk."""

    commands: list[str] = field(default_factory=list)
    strangers: list[tuple[str, str]] = field(default_factory=list)
    answers: list[bool] = field(default_factory=list)
    kept: list[tuple[str, int]] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)


def desks(wake: Callable[[Group], None], notes: Notes | None = None) -> Desks:
    """Desks that only note what comes, but for ``wake``."""
    noted = notes or Notes()

    async def command(_stored: Stored, message: InboundMessage) -> None:
        noted.commands.append(message.text)

    async def stranger(group: Group, message: InboundMessage) -> None:
        noted.strangers.append((group.folder, message.sender.id))

    async def keep(group: Group, files: tuple[IncomingFile, ...]) -> tuple[Attachment, ...]:
        noted.kept.append((group.folder, len(files)))
        return tuple(Attachment(name=file.name, media_type=file.media_type, path="inbox/it") for file in files)

    async def discard(_group: Group, paths: tuple[str, ...]) -> None:
        noted.discarded.extend(paths)

    return Desks(
        wake=wake,
        command=command,
        stranger=stranger,
        answered=lambda: noted.answers.append(True),
        keep=keep,
        discard=discard,
    )
