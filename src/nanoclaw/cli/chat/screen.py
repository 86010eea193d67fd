"""What a conversation looks like: events and results go in, lines of a terminal come out.

Called from two threads: the one that listens to events, and the one that reads the keyboard.
"""

import threading
from collections import Counter
from collections.abc import Callable

from nanoclaw.cli.chat.preview import Preview
from nanoclaw.cli.render import Paint, one_line, visible
from nanoclaw.control.client import Document

_CLEAR_LINE = "\r\x1b[K"


class Screen:
    """The transcript. ``write`` prints and flushes; ``live`` where a line can be rewritten and text can stream."""

    def __init__(self, write: Callable[[str], object], paint: Paint, *, live: bool) -> None:
        self._write = write
        self._paint = paint
        self._live = live
        self._lock = threading.RLock()
        self._waiting = False
        self._indicator = False
        self._line_open = False
        self._preview = Preview()
        self._segment = ""
        self._streamed = ""
        self._own: Counter[str] = Counter()
        self._shown: Counter[str] = Counter()
        self._echoes: Counter[str] = Counter()

    def begin(self, text: str) -> None:
        """We sent this, and wait: what is being written may stream from now on."""
        with self._lock:
            self._own[text] += 1
            self._shown.clear()
            self._echoes.clear()
            self._waiting = True
            self._start_over()

    def has_shown(self, result: Document) -> bool:
        """Whether every reply of a result has come as an event."""
        with self._lock:
            return not Counter(reply["text"] for reply in result["replies"]) - self._shown

    def finish(self, result: Document | None) -> None:
        """The wait is over; whatever of the result did not come as an event is shown now."""
        with self._lock:
            self._clear_indicator()
            missing = Counter(reply["text"] for reply in result["replies"]) - self._shown if result else Counter()
            for text in missing.elements():
                self._show_reply(text)
                self._echoes[text] += 1
            self._close_line()
            self._waiting = False

    def tick(self, seconds: float) -> None:
        """Show that the assistant works."""
        with self._lock:
            if self._waiting and self._live and not self._line_open:
                self._indicator = True
                self._write(_CLEAR_LINE + self._paint.dim(f"working… {seconds:.0f} s"))

    def line(self, text: str) -> None:
        """A line of our own, made safe already."""
        with self._lock:
            self._clear_indicator()
            self._close_line()
            self._write(text + "\n")

    def show(self, event: Document) -> None:
        """What happened in the chat."""
        with self._lock:
            match event.get("kind"):
                case "message":
                    self._show_message(event)
                case "text" if self._waiting and self._live:
                    self._stream(event["text"])
                case "tool" if self._waiting:
                    self.line(self._paint.dim(f"  · {one_line(event['text'], 100)}"))
                    self._segment = ""
                case "reply":
                    self._take_reply(event["text"])
                case "turn" if not self._waiting and event["state"] == "failed":
                    self.line(self._paint.red("A turn failed; 'nanoclaw status' says more."))
                case _:
                    pass

    def _show_message(self, event: Document) -> None:
        text = event["text"]
        if self._own[text] > 0:
            self._own[text] -= 1
            return
        sender = one_line(event.get("sender") or event.get("state", ""), 40) or "someone"
        self.line(f"{self._paint.bold(sender + ':')} {visible(text)}")

    def _stream(self, piece: str) -> None:
        shown = visible(self._preview.feed(piece))
        if not shown:
            return
        self._clear_indicator()
        self._write(shown)
        self._line_open = not shown.endswith("\n")
        self._segment += shown
        self._streamed += shown

    def _take_reply(self, text: str) -> None:
        if self._echoes[text] > 0:
            self._echoes[text] -= 1
            return
        self._shown[text] += 1
        self._show_reply(text)

    def _show_reply(self, text: str) -> None:
        self._clear_indicator()
        whole = _bare(visible(text))
        if whole in {_bare(self._segment), _bare(self._streamed)}:
            self._close_line()  # It was streamed: the reader has it already.
        else:
            self.line(visible(text))
        self._start_over()

    def _start_over(self) -> None:
        self._preview = Preview()
        self._segment = self._streamed = ""

    def _close_line(self) -> None:
        if self._line_open:
            self._write("\n")
            self._line_open = False

    def _clear_indicator(self) -> None:
        if self._indicator:
            self._write(_CLEAR_LINE)
            self._indicator = False


def _bare(text: str) -> str:
    return "".join(text.split())
