"""Voice notes become text that the agent can read.

A voice note is stored as any message is, at once; until it is written down the turns of its chat wait, so that nothing
is read out of its order, and no other chat waits. Whatever goes wrong, the message is read, with its file and a note.
"""

import asyncio
import errno
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from nanoclaw.intake.hearing import Hearing, NotHeardError
from nanoclaw.intake.trigger import text_wakes
from nanoclaw.model.chats import MessageId
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.store.voices import VoiceNote, Voices
from nanoclaw.workspaces.files import WorkspaceFileError, copy_out

logger = logging.getLogger(__name__)

_LARGEST = 100 * 1024 * 1024
_LOOK_AGAIN_SECONDS = 60.0


class Transcriber:
    """Writes down what waits. ``hearing`` None: no program is configured, and what waits still is let go."""

    def __init__(
        self,
        voices: Voices,
        hearing: Hearing | None,
        wake: Callable[[Group], None],
        *,
        root: Callable[[GroupFolder], Path],
        scratch: Path,
        at_once: int,
    ) -> None:
        """``root``: a group's folder; ``scratch``: a folder of ours, which is emptied."""
        self._voices = voices
        self._hearing = hearing
        self._wake = wake
        self._root = root
        self._scratch = scratch
        self._at_once = at_once
        self._busy: set[MessageId] = set()
        self._look = asyncio.Event()

    def look(self) -> None:
        """There is something to write down."""
        self._look.set()

    async def run(self) -> None:
        """Write down until cancelled, beginning with what an earlier daemon left."""
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._look.clear()
                try:
                    for note in await self._voices.waiting():
                        if len(self._busy) < self._at_once and note.message not in self._busy:
                            self._busy.add(note.message)
                            tasks.create_task(self._serve(note), name=f"voice-{note.message}")
                except NanoclawError as error:
                    logger.error("cannot look for voice notes", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
                # The time limit repairs what a store that could not be read or written left lying.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                        await self._look.wait()

    async def _serve(self, note: VoiceNote) -> None:
        heard, words = "", ""
        try:
            heard = await self._heard(note)
            words = f"[transcript of the voice note] {heard}" if heard else ""
        except NotHeardError as error:
            logger.warning("voice note not written down", extra={"note": note.message, "error": str(error)})
            words = f"[the voice note could not be transcribed: {error}]"
        try:
            await self._voices.write_down(note, words, wakes=lambda group: bool(heard) and _is_for_us(group, heard))
        except NanoclawError as error:
            # It waits on, until the time limit of the loop above.
            logger.error("voice note not kept", extra={"note": note.message, "error": str(error)})  # noqa: TRY400 - no traceback needed
        else:
            self._wake(note.group)
            self._look.set()
        finally:
            self._busy.discard(note.message)

    async def _heard(self, note: VoiceNote) -> str:
        """What the program makes of a copy: the agent may put another file in the place of the first meanwhile."""
        if self._hearing is None:
            return ""
        copy = self._scratch / f"{note.message}{Path(note.path).suffix[:10]}"
        try:
            await asyncio.to_thread(self._copy, note, copy)
            return await self._hearing.write_down(copy)
        except (WorkspaceFileError, OSError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            full = isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT}
            raise NotHeardError("no room is left for a copy" if full else "its file cannot be read") from error
        finally:
            copy.unlink(missing_ok=True)

    def _copy(self, note: VoiceNote, copy: Path) -> None:
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_out(self._root(note.group.folder), note.path, copy, _LARGEST)


def _is_for_us(group: Group, words: str) -> bool:
    """By the trigger; nobody speaks the sign that it may begin with."""
    return text_wakes(group, words) or text_wakes(group, f"@{words}")
