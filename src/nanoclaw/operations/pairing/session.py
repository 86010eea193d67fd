"""One pairing: the channel's steps, kept so that any number of watchers can ask how far it has come."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum

from nanoclaw.channels.contract import ChannelError, Pairing, PairingCode, PairingDone, PairingError, PairingFault
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError

logger = logging.getLogger(__name__)

UNWATCHED_SECONDS = 60.0
"""A pairing that nobody asks about for so long is given up: whoever began it is gone."""


class PairingState(StrEnum):
    """How far a pairing has come."""

    STARTING = "starting"
    CODE = "code"
    """A code waits to be used."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingView:
    """A pairing at one moment. ``number`` grows with every change of it."""

    number: int
    state: PairingState
    code: PairingCode | None = None
    expires_at: float = 0.0
    """When the code is of no more use, by the monotonic clock."""
    done: PairingDone | None = None
    error: PairingError | None = None


class PairingSession:
    """Runs from :meth:`run` to its end. ``finish`` is what happens with a linked account before it is told."""

    def __init__(
        self, channel: Pairing, phone: str, clock: Clock, finish: Callable[[PairingDone], Awaitable[None]]
    ) -> None:
        self._channel = channel
        self._phone = phone
        self._clock = clock
        self._finish = finish
        self._view = PairingView(number=1, state=PairingState.STARTING)
        self._news = asyncio.Condition()
        self._asked_at = clock.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self._view.state in {PairingState.DONE, PairingState.FAILED}

    async def run(self) -> None:
        """Pair. Never raises for the network's sake: what went wrong is in the view. Cancelling gives it up."""
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._expire(), name="pairing-watched")
                await self._pair()
                watch.cancel()
        except* _UnwatchedError:
            await self._fail(
                PairingError("Nobody waited for it any more", hint="Begin again.", fault=PairingFault.TIMEOUT)
            )
        finally:
            if not self.is_over:
                await self._fail(PairingError("It was given up", hint="Begin again.", fault=PairingFault.BROKEN))

    async def view(self, after: int = 0, seconds: float = 0) -> PairingView:
        """How it is; once it has changed since number ``after``, or after so many seconds."""
        self._asked_at = self._clock.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self._view.number > after)
        except TimeoutError:
            pass
        return self._view

    async def _pair(self) -> None:
        try:
            async with aclosing(self._channel.pair(self._phone)) as steps:
                async for step in steps:
                    if isinstance(step, PairingCode):
                        expires_at = self._clock.monotonic() + step.expires
                        await self._show(state=PairingState.CODE, code=step, expires_at=expires_at)
                    else:
                        await self._finish(step)
                        await self._show(state=PairingState.DONE, done=step)
                        return
        except PairingError as error:
            await self._fail(error)
        except NanoclawError as error:
            await self._fail(PairingError(str(error), hint=error.hint, fault=PairingFault.BROKEN))
        except Exception as error:
            # The boundary around channels of others: the owner is told, and the log says how it broke.
            logger.exception("pairing broke")
            problem = f"The channel failed unexpectedly ({type(error).__name__})"
            await self._fail(PairingError(problem, hint="`nanoclaw logs` says more.", fault=PairingFault.BROKEN))
        if not self.is_over:
            await self._fail(PairingError("The channel broke off", hint="Try again.", fault=PairingFault.BROKEN))

    async def _fail(self, error: PairingError) -> None:
        await self._show(state=PairingState.FAILED, error=error)

    async def _show(
        self,
        *,
        state: PairingState,
        code: PairingCode | None = None,
        expires_at: float = 0.0,
        done: PairingDone | None = None,
        error: PairingError | None = None,
    ) -> None:
        async with self._news:
            self._view = PairingView(
                number=self._view.number + 1, state=state, code=code, expires_at=expires_at, done=done, error=error
            )
            self._news.notify_all()

    async def _expire(self) -> None:
        # Whoever asks moves the end on while it is slept towards.
        while (left := self._asked_at + UNWATCHED_SECONDS - self._clock.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)
        raise _UnwatchedError("nobody waits")


class _UnwatchedError(ChannelError):
    """Ends the task that pairs."""
