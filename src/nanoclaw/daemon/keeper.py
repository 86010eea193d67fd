"""The daemon as its service manager sees it: the way to a start, signs of life, and what an end means."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from nanoclaw.daemon.heartbeat import Heartbeat, Rhythm
from nanoclaw.daemon.lock import HomeInUseError, hold
from nanoclaw.daemon.notify import Notifier
from nanoclaw.model.clock import Clock
from nanoclaw.operations.service.breaker import HEALTHY_SECONDS, StartBreaker, next_start
from nanoclaw.operations.service.statuses import DaemonExit
from nanoclaw.settings.home import Home
from nanoclaw.settings.supervision import Supervision
from nanoclaw.store.database import Database

logger = logging.getLogger(__name__)

_STEP_SECONDS = 5.0
_EXTEND = "EXTEND_TIMEOUT_USEC=60000000"
"""The start goes on: systemd's own patience begins anew."""


class Keeper:
    """Stands between the daemon and whatever starts it again. Where a person started it, only ``announce`` is used."""

    def __init__(
        self,
        home: Home,
        supervision: Supervision,
        clock: Clock,
        announce: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.announce = announce
        self._home = home
        self._supervision = supervision
        self._notifier = Notifier(supervision.notify_socket)
        self._breaker = StartBreaker(home, clock)
        self._clock = clock
        self._sleep = sleep
        self._delay = ""

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Have the home to ourselves. A supervised daemon waits for whoever has it: to fail would not get it sooner.

        Raises:
            HomeInUseError: another process has it, and nobody would start us again.
        """
        with ExitStack() as stack:
            said = ""
            while True:
                try:
                    stack.enter_context(hold(self._home.lock))
                    break
                except HomeInUseError as error:
                    if not self._supervision.supervised:
                        raise
                    if str(error) != said:
                        said = str(error)
                        self.announce(f"{said}; waiting for it to end")
                    self._notifier.tell(f"STATUS=Waiting: {said}", _EXTEND)
                    self._sleep(_STEP_SECONDS)
            yield

    def brake(self, alarm: Callable[[str], object]) -> None:
        """Wait as long as earlier failed starts demand; the home is free meanwhile for commands that look into it.

        ``alarm`` is told that it waits.
        """
        if not self._supervision.supervised:
            return
        with self.hold():
            starts = self._breaker.approach()
            if not (seconds := starts.wait_seconds):
                return
            # The same words whatever the count: a crash loop is told of once a day.
            self._notifier.tell("STATUS=Telling of starts that failed", _EXTEND)
            alarm("Several starts of the assistant in a row failed. `nanoclaw service logs` may show why.")
        self._delay = (
            f"{starts.failures} starts in a row failed; the next begins in {seconds} s, at {next_start(starts)}"
        )
        self.announce(self._delay)
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            self._notifier.tell(f"STATUS=Waiting: {self._delay}", _EXTEND)
            self._sleep(min(left, _STEP_SECONDS))

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count this start as failed unless the block ends in order. The home is ours, and logging works."""
        if not self._supervision.supervised:
            yield
            return
        if self._delay:
            logger.warning("start delayed", extra={"reason": self._delay})
        self._breaker.begin()
        yield
        self._breaker.end()

    def patience(self, doing: str) -> Callable[[], None]:
        """To be called again and again while something before the start takes long: the manager goes on waiting."""
        last = float("-inf")

        def alive() -> None:
            nonlocal last
            if (now := self._clock.monotonic()) >= last + _STEP_SECONDS:
                last = now
                self._notifier.tell(f"STATUS={doing}", _EXTEND)

        return alive

    def ready(self, text: str) -> None:
        """It works now."""
        self.announce(text)
        self._notifier.tell("READY=1", "STATUS=Running")

    def stopping(self) -> None:
        """It has begun to stop."""
        self._notifier.tell("STOPPING=1", "STATUS=Stopping")

    def heartbeat(self, databases: Sequence[Database]) -> Heartbeat:
        """The task that gives signs of life."""
        rhythm = Rhythm(watchdog_seconds=self._supervision.watchdog_seconds, healthy_seconds=HEALTHY_SECONDS)
        worked = self._breaker.worked if self._supervision.supervised else None
        return Heartbeat(databases, self._notifier, rhythm, self._clock, worked)

    def ending(self, *, by_command: bool) -> DaemonExit:
        """What to say with the exit status: whoever says ``nanoclaw stop`` does not want systemd to start it again."""
        if by_command and self._supervision.notify_socket:
            return DaemonExit.STAY_DOWN
        return DaemonExit.STOPPED
