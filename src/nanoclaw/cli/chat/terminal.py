"""The conversation of a person at a terminal."""

import contextlib
import queue
import sys
import threading
import uuid
from collections.abc import Callable

from nanoclaw.cli.chat.listener import Listener
from nanoclaw.cli.chat.prompt import LinePrompt
from nanoclaw.cli.chat.screen import Screen
from nanoclaw.cli.complaints import complain
from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.render import Paint, visible
from nanoclaw.control.client import Document
from nanoclaw.model.errors import NanoclawError

HELP = """Write a message and press Enter. Alt-Enter begins a new line, the arrow keys bring earlier messages back.
  Ctrl-C    stops what the assistant is doing; at the prompt it empties the line
  Ctrl-D    leaves, and so does /quit
  /stop     stops what the assistant is doing
  /new      begins a new conversation; files and memory stay
  /compact  shortens the conversation, keeping what matters
  /status   says how things are
  /help     shows this
To answer a question, write the number of an answer or its words. Files: nanoclaw send --file PATH TEXT"""

_TICK = 0.5
_PATIENCE_WITH_STOPPING = 3
_WAIT_SECONDS = 3600


class TerminalChat:
    """Reads, sends, shows, until the person leaves."""

    def __init__(self, context: Context, folder: str) -> None:
        self._context = context
        self._folder = folder
        paint = Paint(context.stdout, context.environment)
        self._screen = Screen(_write, paint, live=context.environment.get("TERM") != "dumb")
        self._listener = Listener(context.client, folder, self._screen.show, self._screen.line)
        self._prompt = LinePrompt(context.home.root / "data" / "chat_history", self._expect)
        self._asked_to_leave = False
        self._needs_trigger = False

    def run(self) -> Exit:
        """Go on until Ctrl-D, /quit, or Ctrl-C twice at an empty prompt."""
        self._needs_trigger = bool(self._context.client.group(self._folder)["requires_trigger"])
        self._listener.start()
        try:
            with contextlib.suppress(KeyboardInterrupt):
                while self._take_one():
                    pass
        finally:
            self._listener.stop()
        return Exit.OK

    def _take_one(self) -> bool:
        try:
            text = self._prompt.read().strip()
            self._asked_to_leave = False
            return self._act_on(text)
        except EOFError:
            return False
        except KeyboardInterrupt:
            if self._asked_to_leave:
                return False
            self._asked_to_leave = True
            self._screen.line("Ctrl-D or /quit leaves; so does Ctrl-C once more.")
            return True

    def _act_on(self, text: str) -> bool:
        match text:
            case "":
                pass
            case "/quit" | "/exit":
                return False
            case "/help":
                self._screen.line(HELP)
            case "/stop":
                self._interrupt()
            case _:
                self._converse(text)
        return True

    def _converse(self, text: str) -> None:
        self._screen.begin(text)
        answer = _in_background(lambda: self._send(text))
        result = self._wait(answer)
        if isinstance(result, NanoclawError):
            self._screen.finish(None)
            complain(self._context, result)
            return
        if result is not None:
            self._let_events_arrive(result)
        self._screen.finish(result)
        if result is not None:
            self._tell_outcome(result)

    def _send(self, text: str) -> Document:
        request = {"group": self._folder, "text": text, "wait_seconds": _WAIT_SECONDS, "client_id": uuid.uuid4().hex}
        return self._context.client.send(request)

    def _wait(self, answer: "queue.Queue[Document | NanoclawError]") -> Document | NanoclawError | None:
        """The answer, an error, or None when the person would not wait any longer."""
        began = self._context.clock.monotonic()
        interrupts = 0
        while interrupts < _PATIENCE_WITH_STOPPING:
            try:
                with contextlib.suppress(queue.Empty):
                    return answer.get(timeout=_TICK)
                self._screen.tick(self._context.clock.monotonic() - began)
            except KeyboardInterrupt:
                interrupts += 1
                self._interrupt()
        self._screen.line("No longer waiting; the answer will appear when it is there.")
        return None

    def _interrupt(self) -> None:
        try:
            changed = self._context.client.interrupt(self._folder)["changed"]
        except NanoclawError as error:
            complain(self._context, error)
            return
        self._screen.line("Stopping…" if changed else "There is nothing to stop.")

    def _let_events_arrive(self, result: Document) -> None:
        """Events travel over another connection, and may come a little after the result that they led to."""
        pause = threading.Event()
        for _ in range(10):
            if self._screen.has_shown(result):
                return
            pause.wait(0.05)

    def _tell_outcome(self, result: Document) -> None:
        match result["outcome"]:
            case "failed":
                self._screen.line(visible(result["error"] or "The turn failed."))
            case "stopped":
                self._screen.line("Stopped.")
            # Else it was a command, or the answer to a question.
            case "not_triggered" if self._needs_trigger:
                self._screen.line("Stored; it woke nobody: this group answers only to its trigger.")
            case "timed_out":
                self._screen.line("Still working; the answer will appear when it is there.")
            case _:
                pass

    def _expect(self) -> None:
        _in_background(lambda: self._context.client.expect(self._folder))


def _in_background(call: Callable[[], Document]) -> "queue.Queue[Document | NanoclawError]":
    """Call in a thread; its answer or its error comes out of the queue."""
    answer: queue.Queue[Document | NanoclawError] = queue.Queue(1)

    def work() -> None:
        try:
            answer.put(call())
        except NanoclawError as error:
            answer.put(error)

    threading.Thread(target=work, name="chat request", daemon=True).start()
    return answer


def _write(text: str) -> None:
    # Looked up each time: while the prompt is shown, sys.stdout prints above it.
    sys.stdout.write(text)
    sys.stdout.flush()
