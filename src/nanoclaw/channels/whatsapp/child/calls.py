"""Calls into the library, which cannot be interrupted: each on a thread of its own, given up at its deadline."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_Answer = TypeVar("_Answer")


class Calls:
    """The calls of one process."""

    def __init__(self) -> None:
        self._given_up: set[Future[object]] = set()

    @property
    def stuck(self) -> int:
        """Calls that were given up and have not come back. Only the end of the process ends them."""
        self._given_up = {future for future in self._given_up if not future.done()}
        return len(self._given_up)

    async def run(self, seconds: float, function: Callable[[], _Answer]) -> _Answer:
        """What the function returns or raises.

        Raises:
            TimeoutError: it did not come back in time, and goes on behind our back.
        """
        future: Future[_Answer] = Future()
        threading.Thread(target=_call, args=(future, function), name="call", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), seconds)
        except (TimeoutError, asyncio.CancelledError):
            self._given_up.add(future)  # type: ignore[arg-type]  # only asked whether it is done
            raise


def _call(future: Future[_Answer], function: Callable[[], _Answer]) -> None:
    try:
        future.set_result(function())
    except BaseException as error:  # noqa: BLE001  handed to the one who waits
        future.set_exception(error)
