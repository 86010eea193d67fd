"""Follows a group's events in a thread of its own, and comes back when the daemon does."""

import threading
from collections.abc import Callable

from nanoclaw.control.client import ControlClient, Document
from nanoclaw.control.errors import RequestRefusedError
from nanoclaw.model.errors import NanoclawError

_PAUSE = 1.0


class Listener:
    """Hands each event to ``show`` between :meth:`start` and :meth:`stop`; ``say`` is told of losses and returns."""

    def __init__(
        self, client: ControlClient, folder: str, show: Callable[[Document], None], say: Callable[[str], None]
    ) -> None:
        self._client = client
        self._folder = folder
        self._show = show
        self._say = say
        self._stopping = threading.Event()
        self._listening = threading.Event()
        self._lost = False

    def start(self) -> None:
        """Begin, and return once no event can be missed, or after 5 s."""
        # The thread waits in a read that cannot be interrupted: it must not keep the program from ending.
        threading.Thread(target=self._follow, name=f"events of {self._folder}", daemon=True).start()
        self._listening.wait(5)

    def stop(self) -> None:
        """Show nothing any more."""
        self._stopping.set()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except RequestRefusedError as error:
                self._say(str(error))
                return
            except NanoclawError:
                self._tell_loss()
            self._stopping.wait(_PAUSE)

    def _listen(self) -> None:
        for event in self._client.stream_events(self._folder):
            if self._stopping.is_set():
                return
            if not event:
                self._tell_return()
                self._listening.set()
            else:
                self._show(event)

    def _tell_loss(self) -> None:
        if not self._lost and self._listening.is_set() and not self._stopping.is_set():
            self._lost = True
            self._say("The daemon went away; waiting for it to come back.")

    def _tell_return(self) -> None:
        if self._lost:
            self._lost = False
            self._say("The daemon is back.")
