"""The line that a person writes, with editing and a history."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout


class ChatHistory(FileHistory):
    """Lines of earlier chats. What the disk does not take is remembered as long as this chat lasts."""

    def store_string(self, string: str) -> None:
        """Write a line down."""
        with suppress(OSError):
            super().store_string(string)


class LinePrompt:
    """Asks for one message at a time. ``on_first_key`` is called when the first character of each is written."""

    def __init__(self, history: Path, on_first_key: Callable[[], None]) -> None:
        os.close(os.open(history, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        self._on_first_key = on_first_key
        self._untouched = False
        self._session: PromptSession[str] = PromptSession(
            history=ChatHistory(str(history)),
            key_bindings=_key_bindings(),
            multiline=True,
            prompt_continuation="  ",
            enable_open_in_editor=False,
        )
        self._session.default_buffer.on_text_changed += lambda _buffer: self._touch()

    def read(self) -> str:
        """The next message.

        Raises:
            EOFError: Ctrl-D at an empty prompt.
            KeyboardInterrupt: Ctrl-C at an empty prompt; at another it empties it.
        """
        self._untouched = True
        # Whatever is printed meanwhile appears above the prompt.
        with patch_stdout(raw=True):
            return self._session.prompt("> ")

    def _touch(self) -> None:
        if self._untouched and self._session.default_buffer.text:
            self._untouched = False
            self._on_first_key()


def _key_bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter")
    def _send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @bindings.add("c-c")
    def _give_up(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt())

    return bindings
